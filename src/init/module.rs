//! What a repository says about its module: its configuration, its default custom resource, and how its manifest is rendered.

use ocm_module::config::{FileRef, ModuleConfig};

use super::makefile::Makefile;
use super::names::{folder_of, has_extension, is_plain_path, last_part, plain_path};
use crate::domain::RepositoryFiles;

/// Where the configuration is looked for.
const CONFIGS: [&str; 3] = [
    "module-config.yaml",
    "module-config.yml",
    "module_config.yaml",
];
/// Files from which a configuration is made.
const TEMPLATES: [&str; 2] = ["module-config-template.yaml", "module-config.yaml.tpl"];
/// Where the scanners' configuration is.
const SECURITY: &str = "sec-scanners-config.yaml";
/// The targets that render a manifest, the best one first.
const RENDERING: [&str; 7] = [
    "render",
    "render-manifest",
    "create-manifest",
    "generate-manifests",
    "generate-manifest",
    "build-manifests",
    "build-installer",
];
/// What kubebuilder's layout has, and how a manifest is rendered from it.
const KUSTOMIZED: [&str; 2] = [
    "config/manager/kustomization.yaml",
    "config/default/kustomization.yaml",
];
const KUSTOMIZE: &str = "mkdir -p build && (cd config/manager && kustomize edit set image controller=\"$IMAGE\") && kustomize build config/default > build/manifest.yaml";
/// Where the workflows expect the rendered manifest.
pub(super) const RENDERED: &str = "build/manifest.yaml";
/// The API group of modules' own resources.
const MODULE_GROUP: &str = "operator.kyma-project.io/";

/// How a manifest is rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RenderedBy {
    Target(String),
    Kustomize,
}

/// What is known of the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FoundModule {
    /// Path, and what it says.
    pub(super) config: Option<(String, ConfigFacts)>,
    /// A configuration that cannot be read, or from which one is made.
    pub(super) unusable_config: Option<String>,
    pub(super) default_cr: Option<String>,
    pub(super) security: Option<String>,
    pub(super) rendered_by: Option<RenderedBy>,
    pub(super) has_crd: bool,
}

/// What a configuration says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ConfigFacts {
    pub(super) name: String,
    pub(super) version: String,
    /// The manifest, where it is a file.
    pub(super) manifest: Option<String>,
    pub(super) has_default_cr: bool,
}

impl FoundModule {
    pub(super) fn read(files: &RepositoryFiles, makefile: &Makefile) -> Self {
        let mut facts = Self {
            default_cr: default_cr(files),
            security: files.has(SECURITY).then(|| SECURITY.to_owned()),
            has_crd: files
                .paths()
                .any(|path| path.starts_with("config/crd") || path == "PROJECT"),
            ..Self::default()
        };
        for path in CONFIGS.into_iter().filter(|path| files.has(path)) {
            match config(path, files.text(path).unwrap_or_default()) {
                Some(config) => {
                    facts.config = Some((path.to_owned(), config));
                    break;
                }
                None => facts.unusable_config = Some(path.to_owned()),
            }
        }
        if facts.config.is_none() && facts.unusable_config.is_none() {
            let mut templates = TEMPLATES.into_iter().filter(|path| files.has(path));
            facts.unusable_config = templates.next().map(str::to_owned);
        }
        let target = makefile.first_of(&RENDERING);
        let is_kustomized = KUSTOMIZED.iter().all(|path| files.has(path));
        facts.rendered_by = match target {
            Some(target) => Some(RenderedBy::Target(target.to_owned())),
            None => is_kustomized.then_some(RenderedBy::Kustomize),
        };
        facts
    }

    /// Whether the repository is a module's, as far as its files say.
    pub(super) fn is_module(&self) -> bool {
        self.rendered_by.is_some()
            && (self.config.is_some() || self.default_cr.is_some() || self.has_crd)
    }
}

impl RenderedBy {
    pub(super) fn command(&self, makefile: &Makefile) -> String {
        match self {
            Self::Target(target) => makefile.command(target),
            Self::Kustomize => KUSTOMIZE.to_owned(),
        }
    }
}

fn config(path: &str, text: &str) -> Option<ConfigFacts> {
    let (config, _) = ModuleConfig::parse(path, text.as_bytes());
    let config = config?;
    Some(ConfigFacts {
        name: config.name.clone(),
        version: config.version.clone(),
        manifest: match &config.manifest {
            FileRef::Path(path) => plain_path(path).map(str::to_owned),
            FileRef::Url(_) => None,
        },
        has_default_cr: config.default_cr.is_some(),
    })
}

/// The file that is called so, or else the only sample of a module's own resource.
fn default_cr(files: &RepositoryFiles) -> Option<String> {
    let is_sample = |path: &&str| {
        let folder = folder_of(path);
        let is_yaml = has_extension(path, &["yaml", "yml"]);
        let is_near = matches!(
            folder,
            "" | "config" | "config/samples" | "examples" | "samples"
        );
        is_yaml && is_near && is_plain_path(path) && last_part(path) != "kustomization.yaml"
    };
    let samples: Vec<&str> = files.paths().filter(is_sample).collect();
    let is_default = |path: &&&str| {
        let name = last_part(path).replace('_', "-");
        name.contains("default-cr") || name.contains("default.yaml")
    };
    let mut named = samples.iter().filter(is_default);
    if let Some(path) = named.next() {
        return Some((*path).to_owned());
    }
    let is_own = |path: &&&str| {
        let text = files.text(path).unwrap_or_default();
        let mut lines = text
            .lines()
            .filter_map(|line| line.strip_prefix("apiVersion:"));
        lines.any(|version| version.trim().starts_with(MODULE_GROUP))
    };
    let own: Vec<_> = samples.iter().filter(is_own).collect();
    match own.as_slice() {
        [only] => Some((**only).to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(files: &[(&str, &str)], makefile: &str) -> FoundModule {
        let mut all = RepositoryFiles::default();
        for (path, text) in files {
            all.add(*path, Some((*text).to_owned()));
        }
        FoundModule::read(&all, &Makefile::parse(makefile))
    }

    #[test]
    fn default_custom_resources_are_found_by_name_or_group() {
        let own = "apiVersion: operator.kyma-project.io/v1\nkind: A\n";
        for (files, wanted) in [
            (
                vec![
                    ("config/samples/a-default-cr.yaml", ""),
                    ("examples/a.yaml", own),
                ],
                Some("config/samples/a-default-cr.yaml"),
            ),
            (
                vec![("examples/a.yaml", own), ("examples/b.yaml", "kind: B")],
                Some("examples/a.yaml"),
            ),
            (vec![("examples/a.yaml", own), ("config/b.yaml", own)], None),
            (vec![("deep/er/default-cr.yaml", own)], None),
            (vec![("config/samples/a b-default-cr.yaml", own)], None),
        ] {
            assert_eq!(facts(&files, "").default_cr.as_deref(), wanted, "{files:?}");
        }
    }

    #[test]
    fn a_template_is_no_configuration() {
        let template = [("module-config-template.yaml", "name: {{.Name}}\n")];
        let found = facts(&template, "render:\n");
        assert!(found.config.is_none() && !found.is_module());
        assert!(found.unusable_config.is_some());
        let broken = [("module-config.yaml", "a: [")];
        assert!(facts(&broken, "").unusable_config.is_some());
        let config = "name: kyma-project.io/module/a\nversion: 1.2.0\nmanifest: a.yaml\n";
        let found = facts(&[("module-config.yaml", config)], "render:\n");
        assert!(found.is_module());
        let (_, config) = found.config.unwrap();
        assert_eq!(config.manifest.as_deref(), Some("a.yaml"));
    }
}
