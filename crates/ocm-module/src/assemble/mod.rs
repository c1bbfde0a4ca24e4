//! From the files of a module to everything that its release publishes: the image, and the files beside it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::build::{self, ComponentVersion, DescriptorStyle, GitSource, Module, ModuleImage};
use super::config::ModuleConfig;
use super::descriptor::Label;
use super::images::{self, ImageName};
use super::layout::Registry;
use super::raw_manifest::RawManifest;
use super::rules;
use super::security::SecurityScan;
use super::template::{self, Target, Template2023, TemplateForm, TemplateOfConfig, TemplateToday};
use crate::values::{ImageRef, Version};
use crate::{Diagnostic, FormatCode, Severity};

/// A file by name, for messages.
#[derive(Clone, Copy, Debug)]
pub struct NamedFile<'a> {
    pub name: &'a str,
    pub bytes: &'a [u8],
}

/// What a module is released from.
#[derive(Clone, Debug)]
pub struct Inputs<'a> {
    pub style: DescriptorStyle,
    pub template: TemplateForm,
    pub component: &'a str,
    pub version: &'a Version,
    pub registry: &'a Registry,
    pub channel: &'a str,
    pub source: &'a GitSource,
    pub manifest: NamedFile<'a>,
    pub default_cr: Option<NamedFile<'a>>,
    pub config: Option<(&'a str, &'a ModuleConfig)>,
    pub security: Option<&'a SecurityScan>,
    /// The binary image that this release built and tested.
    pub manager: Option<&'a ImageRef>,
}

/// What is published.
#[derive(Clone, Debug)]
pub struct Assembled {
    pub version: ComponentVersion,
    /// `template.yaml`, `template_control_plane.yaml` and `rendered.yaml`, by name.
    pub files: BTreeMap<&'static str, Vec<u8>>,
    pub warnings: Vec<Diagnostic>,
}

/// Why there is nothing to publish.
#[derive(Debug, thiserror::Error)]
pub enum AssembleError {
    /// All of them, warnings included.
    #[error("the module breaks {} rules", .0.iter().filter(|v| v.severity == Severity::Error).count())]
    Violations(Vec<Diagnostic>),
    #[error(transparent)]
    Format(#[from] Diagnostic),
}

pub fn assemble(inputs: &Inputs<'_>) -> Result<Assembled, AssembleError> {
    let mut found = check_names(inputs);
    found.extend(check_template(inputs));
    let (manifest, violations) = read(&inputs.manifest);
    found.extend(violations);
    let mut crd = None;
    let mut default_cr = None;
    if let Some(manifest) = &manifest {
        found.extend(manifest.check(inputs.manager));
        if let Some(file) = &inputs.default_cr {
            let (object, violations) = read(file);
            found.extend(violations);
            if let Some(object) = object {
                let (defined_by, violations) = object.check_default_cr(&manifest.crds());
                found.extend(violations);
                crd = defined_by;
                default_cr = Some(object);
            }
        }
    }
    let broken = |found: &[Diagnostic]| {
        found
            .iter()
            .any(|violation| violation.severity == Severity::Error)
    };
    let Some(manifest) = manifest.filter(|_| !broken(&found)) else {
        return Err(AssembleError::Violations(found));
    };
    let parts = Parts {
        inputs,
        images: image_resources(inputs, &manifest),
        default_cr: default_cr.as_ref(),
        cluster_scoped: crd.is_some_and(|crd| crd.cluster_scoped),
    };
    let (version, files) = parts.assemble()?;
    found.extend(rules::installable(&version.descriptor));
    if broken(&found) {
        return Err(AssembleError::Violations(found));
    }
    Ok(Assembled {
        version,
        files,
        warnings: found,
    })
}

fn read(file: &NamedFile<'_>) -> (Option<RawManifest>, Option<Diagnostic>) {
    match RawManifest::parse(file.name, file.bytes) {
        Ok(manifest) => (Some(manifest), None),
        Err(violation) => (None, Some(violation)),
    }
}

/// Names and version, and that the configuration means the same release.
fn check_names(inputs: &Inputs<'_>) -> Vec<Diagnostic> {
    let version = inputs.version.to_string();
    let mut found = rules::version(&version);
    found.extend(rules::module_name(inputs.component));
    found.extend(rules::channel(inputs.channel));
    if let Some((file, config)) = inputs.config {
        let mut same = |code, what: &str, theirs: &str, ours: &str, place| {
            if theirs != ours {
                let message = format!("{what} {theirs} is not the release's, which is {ours}");
                found.push(
                    Diagnostic::error(code, message, format!("write {ours}")).at(file, place),
                );
            }
        };
        let (name, ours) = (config.name.as_str(), inputs.component);
        same(
            FormatCode::ConfigNameDiffers,
            "name",
            name,
            ours,
            config.name_at,
        );
        let theirs = config.version.strip_prefix('v').unwrap_or(&config.version);
        let at = config.version_at;
        same(
            FormatCode::ConfigVersionDiffers,
            "version",
            theirs,
            &version,
            at,
        );
    }
    found
}

/// That the template is one which Kubernetes takes, and which leads to this module image.
fn check_template(inputs: &Inputs<'_>) -> Option<Diagnostic> {
    let config = inputs.config.map(|(_, config)| config);
    let name = match inputs.template {
        TemplateForm::Today if inputs.style == DescriptorStyle::Cli2023 => {
            return Some(Diagnostic::error(
                FormatCode::TemplateFormUnfit,
                "today's template names the module image's tag as its version, which has no v; the form of 2023 is tagged with it",
                "use `descriptor-style: local-blob`, or another `template-form`",
            ));
        }
        TemplateForm::Today => template::name_today(inputs.component, &inputs.version.to_string()),
        TemplateForm::OfConfig => config?.resource_name.clone()?,
        TemplateForm::V1Beta1 | TemplateForm::V1Beta2 => return None,
    };
    (!rules::is_object_name(&name)).then(|| {
        let message = format!("the template would be named {name}, which Kubernetes does not take");
        let help =
            "use small letters, digits, - and . in the version's pre-release, or in resourceName";
        Diagnostic::error(FormatCode::TemplateNameInvalid, message, help)
    })
}

/// In 2023 the images that scanners were told of; today all that the manifest runs.
fn image_resources(inputs: &Inputs<'_>, manifest: &RawManifest) -> Vec<ModuleImage> {
    let named = match inputs.style {
        DescriptorStyle::LocalBlob => manifest.images(),
        DescriptorStyle::Cli2023 => {
            let told = inputs.security.iter().flat_map(|scan| &scan.images);
            told.filter_map(|image| ImageName::parse(image)).collect()
        }
    };
    images::resources(&named)
}

/// What the image and the template are made from, once all of it is known to be good.
struct Parts<'a> {
    inputs: &'a Inputs<'a>,
    images: Vec<ModuleImage>,
    default_cr: Option<&'a RawManifest>,
    cluster_scoped: bool,
}

impl Parts<'_> {
    fn assemble(&self) -> Result<(ComponentVersion, BTreeMap<&'static str, Vec<u8>>), Diagnostic> {
        let inputs = self.inputs;
        // Today's template is a layer of the image; those of 2023 repeat the image's descriptor.
        let today = (inputs.template == TemplateForm::Today).then(|| self.today());
        let version = build::build(&Module {
            style: inputs.style,
            component: inputs.component,
            version: inputs.version,
            registry: inputs.registry,
            source: inputs.source,
            manifest: inputs.manifest.bytes,
            default_cr: inputs.default_cr.map(|file| file.bytes),
            settings: None,
            template: today.as_deref().map(str::as_bytes),
            images: &self.images,
            security: inputs.security,
            labels: &self.labels(),
        })?;
        let (template, control_plane) = match (today, inputs.template) {
            (Some(today), _) => (today.clone(), today),
            (None, TemplateForm::V1Beta1) => (
                self.of_2023(&version, Some(Target::Remote)),
                self.of_2023(&version, Some(Target::ControlPlane)),
            ),
            (None, _) => {
                let only = self.of_2023(&version, None);
                (only.clone(), only)
            }
        };
        let files = BTreeMap::from([
            ("template.yaml", template.into_bytes()),
            ("template_control_plane.yaml", control_plane.into_bytes()),
            ("rendered.yaml", inputs.manifest.bytes.to_vec()),
        ]);
        Ok((version, files))
    }

    fn of_2023(&self, version: &ComponentVersion, target: Option<Target>) -> String {
        let inputs = self.inputs;
        let default_cr = self.default_cr.map(RawManifest::text);
        match (inputs.template, inputs.config) {
            (TemplateForm::OfConfig, Some((_, config))) => TemplateOfConfig {
                config,
                version: &version.descriptor.component.version,
                channel: inputs.channel,
                descriptor_yaml: &version.descriptor_yaml,
                default_cr,
                cluster_scoped: self.cluster_scoped,
            }
            .render(),
            _ => Template2023 {
                component: inputs.component,
                channel: inputs.channel,
                descriptor_yaml: &version.descriptor_yaml,
                default_cr,
            }
            .render(target),
        }
    }

    fn today(&self) -> String {
        let inputs = self.inputs;
        let version = inputs.style.component_version(inputs.version);
        let config = inputs.config.map(|(_, config)| config);
        let text =
            |get: fn(&ModuleConfig) -> &Option<String>| config.and_then(|c| get(c).as_deref());
        let mut labels = config
            .map(|config| config.labels.clone())
            .unwrap_or_default();
        for (flag, label) in self.flags().into_iter().take(2).filter(|(flag, _)| *flag) {
            labels.insert(label.to_owned(), flag.to_string());
        }
        let template = TemplateToday {
            component: inputs.component,
            version: &version,
            labels,
            annotations: config
                .map(|config| config.annotations.clone())
                .unwrap_or_default(),
            requires_downtime: config.is_some_and(|config| config.requires_downtime),
            repository: text(|config| &config.repository).unwrap_or(&inputs.source.repo_url),
            documentation: text(|config| &config.documentation).unwrap_or(&inputs.source.repo_url),
            icons: config
                .map(|config| config.icons.clone())
                .unwrap_or_default(),
            associated_resources: config
                .map(|config| config.associated_resources.clone())
                .unwrap_or_default(),
            manager: config.and_then(|config| config.manager.clone()),
            resources: config.map(ModuleConfig::all_resources).unwrap_or_default(),
            cluster_scoped: self.cluster_scoped,
        };
        template.render(self.default_cr)
    }

    fn flags(&self) -> [(bool, &'static str); 4] {
        let config = self.inputs.config.map(|(_, config)| config);
        let is = |flag: fn(&ModuleConfig) -> bool| config.is_some_and(flag);
        [
            (is(|config| config.beta), "operator.kyma-project.io/beta"),
            (
                is(|config| config.internal),
                "operator.kyma-project.io/internal",
            ),
            (
                is(|config| config.requires_downtime),
                "operator.kyma-project.io/requiresDowntime",
            ),
            (
                self.cluster_scoped,
                "operator.kyma-project.io/is-cluster-scoped",
            ),
        ]
    }

    /// The component's labels in the order of modulectl's constructor.
    fn labels(&self) -> Vec<Label> {
        let mut labels: Vec<_> = self
            .flags()
            .into_iter()
            .map(|(flag, name)| Label::new(name, flag.to_string()))
            .collect();
        if let Some((_, config)) = self
            .inputs
            .config
            .filter(|(_, config)| config.security_scan)
        {
            labels.push(Label::new("security.kyma-project.io/scan", "enabled"));
            labels.extend(config.team.as_deref().map(responsibles));
        }
        labels
    }
}

fn responsibles(team: &str) -> Label {
    let team: Value =
        json!([{"github_hostname": "github.tools.sap", "teamname": team, "type": "githubTeam"}]);
    Label::new("cloud.gardener.cnudie/responsibles", team)
}

#[cfg(test)]
mod tests;
