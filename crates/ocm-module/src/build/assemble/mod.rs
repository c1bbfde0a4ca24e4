//! Makes everything that a release publishes from the files of a module: the image and the release assets.

mod check;
mod render;

use std::collections::BTreeMap;

use super::image_resources::image_resources;
use super::installable::check_installable;
use super::{ComponentVersion, DescriptorStyle, GitSource, ImageResource, TemplateForm};
use crate::Diagnostic;
use crate::config::{ModuleConfig, SecurityScan};
use crate::oci::{ComponentRegistry, ImageName};
use crate::raw_manifest::{CrdRule, CustomResourceDefinition, RawManifest};
use crate::values::{ImageRef, Version};
use render::Renderer;

/// A file by name, for messages.
#[derive(Clone, Copy, Debug)]
pub struct NamedFile<'a> {
    /// As messages call it.
    pub name: &'a str,
    /// Its content.
    pub bytes: &'a [u8],
}

/// What a module is released from.
#[derive(Clone, Debug)]
pub struct ModuleInputs<'a> {
    /// The form of descriptor and layers.
    pub style: DescriptorStyle,
    /// The form of `template.yaml` and `template_control_plane.yaml`.
    pub template: TemplateForm,
    /// The form of [`KYMA_CLI_2_TEMPLATE`], beside a template of modulectl 3 for the same image: the image has to get the tags of
    /// both. It has no target, and so is not [`TemplateForm::V1Beta1`].
    pub kyma_cli_2_template: Option<TemplateForm>,
    /// The namespace of the templates; without it they have the one that their tool writes: none for modulectl 3, and for the
    /// Kyma CLI 2 `kcp-system` or the configuration's.
    pub namespace: Option<&'a str>,
    /// The component's name, such as `kyma-project.io/module/btp-operator`.
    pub component: &'a str,
    /// The version that is released.
    pub version: &'a Version,
    /// Where the module image is to be pushed.
    pub registry: &'a ComponentRegistry,
    /// The channel of the ModuleTemplate, in all forms but [`TemplateForm::Modulectl3`].
    pub channel: &'a str,
    /// The commit that the module was built from.
    pub source: &'a GitSource,
    /// The default custom resource.
    pub default_cr: Option<NamedFile<'a>>,
    /// The module's configuration, with the name of its file.
    pub config: Option<(&'a str, &'a ModuleConfig)>,
    /// The configuration of the security scanners.
    pub security: Option<&'a SecurityScan>,
    /// The binary image that this release built and tested; if given, the manifest has to run it.
    pub manager: Option<&'a ImageRef>,
}

/// The file with the template of the Kyma CLI 2 where `template.yaml` is that of modulectl 3.
pub const KYMA_CLI_2_TEMPLATE: &str = "template-kyma-cli-2.yaml";

/// What is published.
#[derive(Clone, Debug)]
pub struct Assembled {
    /// The module image.
    pub version: ComponentVersion,
    /// `template.yaml`, `template_control_plane.yaml` and `rendered.yaml`, by name, and [`KYMA_CLI_2_TEMPLATE`] where it is
    /// asked for.
    pub files: BTreeMap<&'static str, Vec<u8>>,
    /// Files beside those of the release, by name; none before [`Assembled::add_files`].
    pub additional: BTreeMap<&'static str, Vec<u8>>,
    /// The images that the manifest runs, each once.
    pub images: Vec<ImageName>,
    /// Problems that do not fail the build.
    pub warnings: Vec<Diagnostic>,
}

/// Checks the files of a module, and builds its image and its release assets. `manifest` is the rendered manifest.
///
/// # Errors
///
/// Everything that is wrong, all of it at once, warnings included.
pub fn assemble(
    inputs: &ModuleInputs<'_>,
    manifest: &RawManifest,
) -> Result<Assembled, Vec<Diagnostic>> {
    let mut found = check_names(inputs);
    let default_cr = DefaultCr::check(inputs, manifest, &mut found);
    if has_errors(&found) {
        return Err(found);
    }
    let images = manifest.images();
    let renderer = Renderer {
        inputs,
        manifest: manifest.text(),
        images: image_resources_of(inputs, &images),
        default_cr: default_cr.file.as_ref(),
        cluster_scoped: default_cr.crd.is_some_and(|crd| crd.cluster_scoped),
    };
    let (version, files) = match renderer.render() {
        Ok(published) => published,
        Err(error) => {
            found.push(error);
            return Err(found);
        }
    };
    found.extend(check_installable(&version.descriptor));
    found.extend(check::never_installed(inputs));
    if has_errors(&found) {
        return Err(found);
    }
    Ok(Assembled {
        version,
        files,
        additional: BTreeMap::new(),
        images,
        warnings: found,
    })
}

/// Checks names, version and forms. This needs no file of the module, so that it can be told beside a file that is missing.
pub fn check_names(inputs: &ModuleInputs<'_>) -> Vec<Diagnostic> {
    let mut found = check::names(inputs);
    found.extend(check::templates(inputs));
    found
}

fn has_errors(found: &[Diagnostic]) -> bool {
    found.iter().any(Diagnostic::is_error)
}

/// The default custom resource, and its definition in the manifest.
#[derive(Default)]
struct DefaultCr {
    file: Option<RawManifest>,
    crd: Option<CustomResourceDefinition>,
}

impl DefaultCr {
    /// Checks the manifest and the default custom resource, as far as the latter can be read.
    fn check(
        inputs: &ModuleInputs<'_>,
        manifest: &RawManifest,
        found: &mut Vec<Diagnostic>,
    ) -> Self {
        let rule = match inputs.style {
            DescriptorStyle::KymaCli2 => CrdRule::Required,
            DescriptorStyle::Modulectl3 => CrdRule::Usual,
        };
        found.extend(manifest.check(rule, inputs.manager));
        let Some(file) = &inputs.default_cr else {
            return Self::default();
        };
        match RawManifest::parse(file.name, file.bytes) {
            Ok(default_cr) => {
                let (crd, broken) = default_cr.check_default_cr(&manifest.crds());
                found.extend(broken);
                let file = Some(default_cr);
                Self { file, crd }
            }
            Err(unreadable) => {
                found.push(unreadable);
                Self::default()
            }
        }
    }
}

/// The images for the descriptor: those of the scanner configuration, or all that the manifest runs.
fn image_resources_of(inputs: &ModuleInputs<'_>, run: &[ImageName]) -> Vec<ImageResource> {
    match inputs.style {
        DescriptorStyle::Modulectl3 => image_resources(run),
        DescriptorStyle::KymaCli2 => {
            let scanned = inputs.security.iter().flat_map(|scan| &scan.images);
            let named: Vec<_> = scanned
                .filter_map(|image| ImageName::parse(image))
                .collect();
            image_resources(&named)
        }
    }
}

#[cfg(test)]
mod tests;
