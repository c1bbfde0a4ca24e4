//! The input files of the module: those that the inputs name, and those that its configuration names.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use super::additional::{AdditionalSources, ModuleFacts, file_missing};
use super::manifest::ManifestCache;
use super::{BuildOptions, ModuleSource, ModuleTarget};
use crate::domain::{Code, Diagnostic, ImageRef, Version};
use crate::protocol::{Reader, ServiceError};
use ocm_module::archive::MAX_FILE;
use ocm_module::build::GitSource;
use ocm_module::build::{Assembled, ModuleInputs, NamedFile, assemble, check_names};
use ocm_module::config::{ConfigDialect, FileKey, FileRef, ModuleConfig, SecurityScan};
use ocm_module::raw_manifest::RawManifest;

/// A file with its name in the messages.
type Named = (String, Bytes);

/// The image that the manifest has to run as the module's manager.
#[derive(Clone, Debug, Default)]
pub(super) enum ManagerCheck {
    /// The plan's binary image, by its tag.
    #[default]
    Planned,
    /// This one.
    Image(ImageRef),
    /// Any: its digest is not known yet.
    Any,
}

/// The files, read; and what is wrong with them so far.
#[derive(Default)]
pub(super) struct Sources {
    /// Why it cannot be read, or else what is in it.
    pub(super) manifest: Option<Result<Arc<RawManifest>, ocm_module::Diagnostic>>,
    pub(super) default_cr: Option<Named>,
    config: Option<(String, ModuleConfig)>,
    pub(super) security: Option<SecurityScan>,
    pub(super) manager: ManagerCheck,
    additional: AdditionalSources,
    /// The problems in the module's own files.
    pub(super) broken_rules: Vec<ocm_module::Diagnostic>,
    findings: Vec<Diagnostic>,
}

impl Sources {
    pub(super) async fn read(
        reader: Reader<'_>,
        target: &ModuleTarget,
        options: &BuildOptions,
        manifests: &mut ManifestCache,
    ) -> Result<Self, ServiceError> {
        let mut sources = Self::default();
        if let Some(path) = &options.config
            && let Some((name, bytes)) = sources.file(reader, path, "module-config").await?
        {
            let (config, violations) = ModuleConfig::parse(&name, &bytes);
            sources.broken_rules.extend(violations);
            sources.config = config.map(|config| (name, config));
        }
        if let Some(path) = sources.manifest_path(options) {
            let file = sources.file(reader, &path, "manifest").await?;
            sources.manifest = file.map(|(name, bytes)| manifests.read(&name, &bytes));
        }
        if let Some(path) = sources.default_cr_path(options) {
            sources.default_cr = sources.file(reader, &path, "default-cr").await?;
        }
        if let Some(path) = sources.security_path(options)
            && let Some((name, bytes)) = sources.file(reader, &path, "security-config").await?
        {
            let (security, violations) = SecurityScan::parse(&name, &bytes);
            sources.broken_rules.extend(violations);
            sources.security = security;
        }
        let (additional, problems) =
            AdditionalSources::read(reader, target, &options.additional).await?;
        sources.additional = additional;
        sources.findings.extend(problems.missing);
        sources.broken_rules.extend(problems.broken_rules);
        Ok(sources)
    }

    async fn file(
        &mut self,
        reader: Reader<'_>,
        path: &Path,
        input: &str,
    ) -> Result<Option<Named>, ServiceError> {
        let bytes = reader.files.read(path, MAX_FILE).await?;
        if bytes.is_none() {
            self.findings.push(file_missing(path, input));
        }
        Ok(bytes.map(|bytes| (path.display().to_string(), bytes)))
    }

    /// Takes this version in place of the one in the configuration, which is that of a release.
    pub(super) fn set_config_version(&mut self, version: &Version) {
        if let Some((_, config)) = &mut self.config {
            config.version = version.to_string();
        }
    }

    fn config(&self) -> Option<&ModuleConfig> {
        self.config.as_ref().map(|(_, config)| config)
    }

    /// An input takes precedence over the configuration, whose paths are relative to its own folder, and are not judged where
    /// they are not used.
    fn path(
        &mut self,
        (input, key): (&str, FileKey),
        given: Option<&PathBuf>,
        named: Option<FileRef>,
    ) -> Option<PathBuf> {
        if let Some(given) = given {
            return Some(given.clone());
        }
        let (name, config) = self.config.as_ref()?;
        match named? {
            FileRef::Path(path) => match config.path(name, key, &path) {
                Ok(path) => Some(path),
                Err(outside) => {
                    self.broken_rules.push(outside);
                    None
                }
            },
            FileRef::Url(url) => {
                let broken = config.address_problem(name, key, &url);
                self.broken_rules.extend(broken);
                self.findings.push(Diagnostic::error(
                    Code::FileByUrl,
                    format!(
                        "the module configuration names {url}, and this phase downloads nothing"
                    ),
                    format!("download it in a step before, and give its path as `{input}`"),
                ));
                None
            }
        }
    }

    fn manifest_path(&mut self, options: &BuildOptions) -> Option<PathBuf> {
        let given = options.manifest.as_ref();
        if given.is_none() && options.config.is_none() {
            self.findings.push(Diagnostic::error(
                Code::ManifestUnnamed,
                "neither `manifest` nor a module configuration names the rendered manifest",
                "render it, say with `kustomize build config/default`, and give its path as `manifest`",
            ));
        }
        let named = self.config().map(|config| config.manifest.clone());
        self.path(("manifest", FileKey::Manifest), given, named)
    }

    fn default_cr_path(&mut self, options: &BuildOptions) -> Option<PathBuf> {
        let given = options.default_cr.as_ref();
        let named = self.config().and_then(|config| config.default_cr.clone());
        self.path(("default-cr", FileKey::DefaultCr), given, named)
    }

    /// The Kyma CLI used the configuration's `security`; modulectl ignores it.
    fn security_path(&mut self, options: &BuildOptions) -> Option<PathBuf> {
        let given = options.security.as_ref();
        let config = self
            .config()
            .filter(|config| config.dialect == ConfigDialect::KymaCli2);
        let named = config.and_then(|config| config.security.clone());
        self.path(
            ("security-config", FileKey::Security),
            given,
            named.map(FileRef::Path),
        )
    }

    /// The module image and the files of the release, or all that is wrong.
    pub(super) fn assemble(
        self,
        target: &ModuleTarget,
        options: &BuildOptions,
    ) -> Result<Assembled, Vec<Diagnostic>> {
        let mut assembled = self.with_rules(target, options)?;
        let facts = ModuleFacts {
            target,
            default_cr: self.default_cr.as_ref().map(|(_, bytes)| bytes.as_ref()),
            team: self.config().and_then(|config| config.team.as_deref()),
        };
        self.additional.add_files(&mut assembled, &facts, options);
        assembled.warnings.splice(0..0, self.broken_rules);
        let built = &assembled.version.target;
        if !target.images.contains(built) {
            let awaited: Vec<_> = target.images.iter().map(ToString::to_string).collect();
            return Err(vec![Diagnostic::error(
                Code::ModuleImageDiffers,
                format!(
                    "this style of component descriptor is pushed as {built}, and the plan awaits {}",
                    awaited.join(", ")
                ),
                "give `module-form` to the phase `plan`, and leave `module-tag` and `descriptor-style` out: they follow it",
            )]);
        }
        Ok(assembled)
    }

    fn with_rules(
        &self,
        target: &ModuleTarget,
        options: &BuildOptions,
    ) -> Result<Assembled, Vec<Diagnostic>> {
        let broken = |rules: &[ocm_module::Diagnostic]| {
            let findings = self.broken_rules.iter().chain(rules).cloned();
            self.findings
                .iter()
                .cloned()
                .chain(findings.map(ocm_module::Diagnostic::with_code))
                .collect::<Vec<_>>()
        };
        let channel = options
            .channel
            .as_deref()
            .or_else(|| self.config()?.channel.as_deref());
        let source = source(&target.source);
        let inputs = ModuleInputs {
            style: options.forms.style,
            template: options.forms.template,
            kyma_cli_2_template: options.forms.kyma_cli_2_template,
            namespace: options.forms.namespace.as_deref(),
            component: target.component.as_str(),
            version: &target.version,
            registry: &target.registry,
            channel: channel.unwrap_or("regular"),
            source: &source,
            default_cr: self.default_cr.as_ref().map(named),
            config: self
                .config
                .as_ref()
                .map(|(name, config)| (name.as_str(), config)),
            security: self.security.as_ref(),
            manager: match &self.manager {
                ManagerCheck::Planned => target.manager.as_ref(),
                ManagerCheck::Image(image) => Some(image),
                ManagerCheck::Any => None,
            },
        };
        let manifest = match &self.manifest {
            Some(Ok(manifest)) => manifest,
            None => return Err(broken(&check_names(&inputs))),
            Some(Err(unreadable)) => {
                let mut found = check_names(&inputs);
                found.push(unreadable.clone());
                return Err(broken(&found));
            }
        };
        match assemble(&inputs, manifest) {
            Ok(_)
                if !self.findings.is_empty()
                    || self
                        .broken_rules
                        .iter()
                        .any(ocm_module::Diagnostic::is_error) =>
            {
                Err(broken(&[]))
            }
            Ok(assembled) => Ok(assembled),
            Err(found) => Err(broken(&found)),
        }
    }
}

fn named((name, bytes): &Named) -> NamedFile<'_> {
    NamedFile { name, bytes }
}

fn source(source: &ModuleSource) -> GitSource {
    GitSource {
        repo_url: source.repository_url.clone(),
        commit: source.commit.clone(),
        reference: source.reference.clone(),
    }
}
