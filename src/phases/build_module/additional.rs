//! The inputs of the files that are written beside the release's: the channels, and the list of the scanners.

use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::{BuildOptions, ModuleTarget};
use crate::domain::{Code, Diagnostic};
use crate::protocol::{Reader, ServiceError};
use ocm_module::Severity;
use ocm_module::build::{
    AdditionalInputs, Assembled, COMPONENT_CONFIG, ExistingComponentConfig, ScannedBy,
    TEMPLATE_NAMESPACE,
};
use ocm_module::config::{ReleaseMeta, ScannedComponent};
use ocm_module::oci::ImageName;

/// Far above any such file.
const MAX_CONFIG: u64 = 1024 * 1024;

/// The inputs, as they were given.
#[derive(Clone, Debug, Default)]
pub struct AdditionalOptions {
    /// The channels for a `ModuleReleaseMeta`.
    pub release_meta: Option<ReleaseMetaInput>,
    /// The list of the scanners; without it, `component-config.yaml` in the working folder is used if it exists.
    pub component_config: Option<PathBuf>,
    /// Images that are released with the module, beside those that its manifest runs.
    pub other_images: Vec<ImageName>,
}

/// Where the channels are from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReleaseMetaInput {
    /// A file in the format of `module-releases.yaml`.
    File(PathBuf),
    /// Pairs such as `fast=1.2.0`.
    Pairs(String),
}

/// What was read.
#[derive(Default)]
pub(super) struct AdditionalSources {
    release_meta: Option<ReleaseMeta>,
    /// Name, text and content of the file.
    component_config: Option<(String, String, ScannedComponent)>,
}

/// What is wrong with the files.
#[derive(Default)]
pub(super) struct AdditionalProblems {
    /// Files that do not exist.
    pub(super) missing: Vec<Diagnostic>,
    pub(super) broken_rules: Vec<ocm_module::Diagnostic>,
}

/// What of the module the files depend on.
pub(super) struct ModuleFacts<'a> {
    pub(super) target: &'a ModuleTarget,
    pub(super) default_cr: Option<&'a [u8]>,
    /// The team that the module's configuration names.
    pub(super) team: Option<&'a str>,
}

impl AdditionalSources {
    /// Reads the files.
    pub(super) async fn read(
        reader: Reader<'_>,
        target: &ModuleTarget,
        options: &AdditionalOptions,
    ) -> Result<(Self, AdditionalProblems), ServiceError> {
        let (mut sources, mut problems) = (Self::default(), AdditionalProblems::default());
        let release = target.version.to_string();
        let (read, found) = match &options.release_meta {
            None => (None, Vec::new()),
            Some(ReleaseMetaInput::Pairs(pairs)) => {
                ReleaseMeta::parse_pairs("release-meta", pairs, &release)
            }
            Some(ReleaseMetaInput::File(path)) => {
                match problems.file(reader, path, "release-meta").await? {
                    Some(bytes) => {
                        ReleaseMeta::parse_file(&path.display().to_string(), &bytes, &release)
                    }
                    None => (None, Vec::new()),
                }
            }
        };
        problems.broken_rules.extend(found);
        sources.release_meta = read;
        let given = options.component_config.as_deref();
        sources.component_config = problems.component_config(reader, given).await?;
        Ok((sources, problems))
    }

    /// Adds the files to those of the release.
    pub(super) fn add_files(
        &self,
        assembled: &mut Assembled,
        facts: &ModuleFacts<'_>,
        options: &BuildOptions,
    ) {
        let file = self.component_config.as_ref();
        let of_file = file.map(|(name, text, config)| {
            ScannedBy::File(ExistingComponentConfig { name, text, config })
        });
        let namespace = options.forms.namespace.as_deref();
        assembled.add_files(&AdditionalInputs {
            component: facts.target.component.as_str(),
            namespace: namespace.unwrap_or(TEMPLATE_NAMESPACE),
            default_cr: facts.default_cr,
            release_meta: self.release_meta.as_ref(),
            scanned_by: of_file.or(facts.team.map(ScannedBy::Team)),
            other_images: &options.additional.other_images,
        });
    }
}

impl AdditionalProblems {
    /// A file that an input names.
    async fn file(
        &mut self,
        reader: Reader<'_>,
        path: &Path,
        input: &str,
    ) -> Result<Option<Bytes>, ServiceError> {
        let bytes = reader.files.read(path, MAX_CONFIG).await?;
        if bytes.is_none() {
            self.missing.push(file_missing(path, input));
        }
        Ok(bytes)
    }

    /// The list of the scanners. One that no input names must not fail the build.
    async fn component_config(
        &mut self,
        reader: Reader<'_>,
        given: Option<&Path>,
    ) -> Result<Option<(String, String, ScannedComponent)>, ServiceError> {
        let path = given.unwrap_or(Path::new(COMPONENT_CONFIG));
        let bytes = match given {
            Some(path) => self.file(reader, path, "component-config").await?,
            None => reader.files.read(path, MAX_CONFIG).await?,
        };
        let Some(bytes) = bytes else {
            return Ok(None);
        };
        let name = path.display().to_string();
        let (config, mut found) = ScannedComponent::parse(&name, &bytes);
        if given.is_none() {
            for problem in &mut found {
                problem.severity = Severity::Warning;
            }
        }
        self.broken_rules.extend(found);
        let text = String::from_utf8(bytes.to_vec()).ok();
        Ok(text.zip(config).map(|(text, config)| (name, text, config)))
    }
}

/// That a file does not exist that an input names.
pub(super) fn file_missing(path: &Path, input: &str) -> Diagnostic {
    let path = path.display();
    Diagnostic::error(
        Code::FileMissing,
        format!("{input}: the file {path} does not exist"),
        "give the path relative to the working folder",
    )
}
