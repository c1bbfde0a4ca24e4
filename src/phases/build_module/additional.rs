//! The inputs of the files that are written beside the release's: the channels, and the list of the scanners.

use std::path::{Path, PathBuf};

use super::inputs::Sources;
use super::{BuildOptions, ModuleTarget};
use crate::protocol::{Reader, ServiceError};
use ocm_module::build::{
    AdditionalInputs, Assembled, COMPONENT_CONFIG, ExistingComponentConfig, ScannedBy,
    TEMPLATE_NAMESPACE,
};
use ocm_module::config::{ComponentConfig, ReleaseMeta};
use ocm_module::oci::ImageName;
use ocm_module::{Diagnostic, Severity};

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
    component_config: Option<(String, String, ComponentConfig)>,
}

impl Sources {
    /// Reads the files, and keeps what is wrong with them.
    pub(super) async fn read_additional(
        &mut self,
        reader: Reader<'_>,
        target: &ModuleTarget,
        options: &AdditionalOptions,
    ) -> Result<(), ServiceError> {
        let release = target.version.to_string();
        let (read, found) = match &options.release_meta {
            None => (None, Vec::new()),
            Some(ReleaseMetaInput::Pairs(pairs)) => {
                ReleaseMeta::parse_pairs("release-meta", pairs, &release)
            }
            Some(ReleaseMetaInput::File(path)) => {
                match self
                    .file_up_to(MAX_CONFIG, reader, path, "release-meta")
                    .await?
                {
                    Some((name, bytes)) => ReleaseMeta::parse_file(&name, &bytes, &release),
                    None => (None, Vec::new()),
                }
            }
        };
        self.broken_rules.extend(found);
        self.additional.release_meta = read;
        self.read_component_config(reader, options.component_config.as_deref())
            .await
    }

    /// A file that nobody named must not fail the build.
    async fn read_component_config(
        &mut self,
        reader: Reader<'_>,
        given: Option<&Path>,
    ) -> Result<(), ServiceError> {
        let named = match given {
            Some(path) => {
                self.file_up_to(MAX_CONFIG, reader, path, "component-config")
                    .await?
            }
            None => {
                let there = reader
                    .files
                    .read(Path::new(COMPONENT_CONFIG), MAX_CONFIG)
                    .await?;
                there.map(|bytes| (COMPONENT_CONFIG.to_owned(), bytes))
            }
        };
        let Some((name, bytes)) = named else {
            return Ok(());
        };
        let (config, found) = ComponentConfig::parse(&name, &bytes);
        let severity = |found: Diagnostic| match given {
            Some(_) => found,
            None => Diagnostic {
                severity: Severity::Warning,
                ..found
            },
        };
        self.broken_rules.extend(found.into_iter().map(severity));
        let text = String::from_utf8(bytes.to_vec()).ok();
        self.additional.component_config =
            text.zip(config).map(|(text, config)| (name, text, config));
        Ok(())
    }

    /// Adds the files to those of the release.
    pub(super) fn add_files(
        &self,
        assembled: &mut Assembled,
        target: &ModuleTarget,
        options: &BuildOptions,
    ) {
        let file = self.additional.component_config.as_ref();
        let of_file = file.map(|(name, text, config)| {
            ScannedBy::File(ExistingComponentConfig { name, text, config })
        });
        let team = self.config().and_then(|config| config.team.as_deref());
        assembled.add_files(&AdditionalInputs {
            component: target.component.as_str(),
            namespace: options
                .forms
                .namespace
                .as_deref()
                .unwrap_or(TEMPLATE_NAMESPACE),
            default_cr: self.default_cr.as_ref().map(|(_, bytes)| bytes.as_ref()),
            release_meta: self.additional.release_meta.as_ref(),
            scanned_by: of_file.or(team.map(ScannedBy::Team)),
            other_images: &options.additional.other_images,
        });
    }
}
