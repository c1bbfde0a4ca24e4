//! The module of a rehearsal: its files, as a build would find them, and everything that a build would refuse.

use std::ops::Range;

use ocm_module::build::{GitSource, ModuleInputs, NamedFile, assemble};
use ocm_module::config::{ModuleConfig, SecurityScan};
use ocm_module::oci::ComponentRegistry;
use ocm_module::raw_manifest::RawManifest;
use ocm_module::values::ModuleForm;
use ocm_module::yaml::{self, PathStep, YamlDocument};

use super::super::input_parser::InputParser;
use super::manager::{FoundManager, ManagerHints, manager_image, places_of, short_name};
use super::sources::{RehearsalSources, SourceFile, refuse_all};
use crate::domain::{ComponentName, ImageRef, Version};

/// The word for a module without an image of its own.
pub(super) const NO_IMAGE: &str = "none";

/// A commit, for a check that needs any.
pub(super) const ANY_COMMIT: &str = "0000000000000000000000000000000000000000";

/// The files of the module, as they are before a build renders them for a release.
#[derive(Clone, Debug)]
pub struct RehearsedModule {
    pub manifest: RehearsedManifest,
    pub default_cr: Option<String>,
    /// The module's configuration, with the version of the release.
    pub config: Option<String>,
    /// The configuration of the security scanners.
    pub security: Option<String>,
}

/// A manifest, and where it names the manager's image.
#[derive(Clone, Debug)]
pub struct RehearsedManifest {
    text: String,
    places: Vec<Range<usize>>,
}

impl RehearsedManifest {
    /// The manifest with this image in place of the manager's, as `kustomize edit set image` would have rendered it.
    pub fn with_image(&self, image: &str) -> String {
        let mut written = String::new();
        let mut from = 0;
        for place in &self.places {
            written.push_str(self.text.get(from..place.start).unwrap_or_default());
            written.push_str(image);
            from = place.end;
        }
        written.push_str(self.text.get(from..).unwrap_or_default());
        written
    }
}

/// The manifest, read, with the manager that it runs.
pub(super) struct ManifestWithManager {
    file: SourceFile,
    pub(super) manager: Option<FoundManager>,
    places: Vec<Range<usize>>,
}

impl ManifestWithManager {
    /// Finds the manager's image; `--image none` says that there is none. `None` where something is wrong, and the parser
    /// has the reasons.
    pub(super) fn find(
        parser: &mut InputParser<'_>,
        sources: &RehearsalSources,
        typed: Option<&str>,
    ) -> Option<Self> {
        let file = sources.manifest.clone()?;
        let parsed = RawManifest::parse(&file.name, file.text.as_bytes());
        let parsed = parser.take("--manifest", parsed)?;
        let input = |name: &str| sources.workflow.as_ref()?.get(name);
        let workflow = input("binary-image");
        if typed.or(workflow) == Some(NO_IMAGE) {
            return Some(Self {
                file,
                manager: None,
                places: Vec::new(),
            });
        }
        let documents: Vec<YamlDocument> = yaml::read(&file.text).unwrap_or_default();
        let config = sources.config.as_ref().map(|(_, config)| config);
        let object = config.and_then(|config| config.manager.as_ref());
        let module = input("module-name").or(config.map(|config| config.name.as_str()));
        let hints = ManagerHints {
            typed,
            workflow,
            object: object.map(|object| (object.gvk.kind.as_str(), object.name.as_str())),
            module: module.map(short_name),
        };
        let manager = manager_image(&documents, &parsed.images(), &hints);
        let manager = parser.take("--image", manager)?;
        let places = places_of(&file.text, &documents, &manager.image).map_err(|unclear| {
            let position = unclear.position();
            unclear.at(&file.name, position)
        });
        Some(Self {
            places: parser.take("--manifest", places)?,
            manager: Some(manager),
            file,
        })
    }

    fn rehearsed(&self) -> RehearsedManifest {
        RehearsedManifest {
            text: self.file.text.clone(),
            places: self.places.clone(),
        }
    }
}

/// What a module is built as.
pub(super) struct BuiltAs<'a> {
    pub(super) component: &'a str,
    pub(super) registry: &'a str,
    pub(super) form: ModuleForm,
    pub(super) version: &'a Version,
    /// The manager's image by the name that it has in a release.
    pub(super) image: Option<ImageRef>,
}

/// The module, if a build would not refuse its files. The parser has the reasons, with the names of the files as they were
/// typed.
pub(super) fn checked_module(
    parser: &mut InputParser<'_>,
    sources: &RehearsalSources,
    manifest: &ManifestWithManager,
    built: &BuiltAs<'_>,
) -> Option<RehearsedModule> {
    let config = sources
        .config
        .as_ref()
        .map(|(file, config)| of_version(file, config, built.version));
    let security = match &sources.security {
        Some(file) => {
            let (security, found) = SecurityScan::parse(&file.name, file.text.as_bytes());
            refuse_all(parser, "security-config", found);
            security
        }
        None => None,
    };
    let module = RehearsedModule {
        manifest: manifest.rehearsed(),
        default_cr: sources.default_cr.as_ref().map(|file| file.text.clone()),
        config: config.as_ref().map(|(text, _)| text.clone()),
        security: sources.security.as_ref().map(|file| file.text.clone()),
    };
    let component: ComponentName =
        parser.parse("module-name", Some(&built.component.to_owned()))?;
    let registry: ComponentRegistry = parser.take("module-registry", built.registry.parse())?;
    let source = GitSource {
        repo_url: "https://github.com/kyma-project/example".to_owned(),
        commit: ANY_COMMIT.parse().ok()?,
        reference: None,
    };
    let image = built.image.as_ref().map(ToString::to_string);
    let text = module.manifest.with_image(&image.unwrap_or_default());
    let file = &manifest.file.name;
    let rendered = parser.take("--manifest", RawManifest::parse(file, text.as_bytes()))?;
    let both = built.form == ModuleForm::Both;
    let inputs = ModuleInputs {
        style: built.form.descriptor_style(),
        template: built.form.template(),
        kyma_cli_2_template: both.then_some(ModuleForm::KymaCli2.template()),
        namespace: None,
        component: component.as_str(),
        version: built.version,
        registry: &registry,
        channel: config
            .as_ref()
            .and_then(|(_, config)| config.channel.as_deref())
            .unwrap_or("regular"),
        source: &source,
        default_cr: sources.default_cr.as_ref().map(|file| NamedFile {
            name: &file.name,
            bytes: file.text.as_bytes(),
        }),
        config: sources
            .config
            .as_ref()
            .zip(config.as_ref())
            .map(|((file, _), (_, config))| (file.name.as_str(), config)),
        security: security.as_ref(),
        manager: built.image.as_ref(),
    };
    if let Err(found) = assemble(&inputs, &rendered) {
        refuse_all(parser, "release", found);
        return None;
    }
    Some(module)
}

/// The configuration with the version of the release, as a release has to have it.
fn of_version(
    file: &SourceFile,
    config: &ModuleConfig,
    version: &Version,
) -> (String, ModuleConfig) {
    let version = version.to_string();
    let path = [PathStep::Key("version".to_owned())];
    let documents = yaml::read(&file.text).unwrap_or_default();
    let end = documents
        .first()
        .and_then(|document| document.end_of(&file.text, &path, &config.version));
    let mut text = file.text.clone();
    if let Some(end) = end {
        text.replace_range(end.saturating_sub(config.version.len())..end, &version);
    }
    let mut config = config.clone();
    config.version = version;
    (text, config)
}
