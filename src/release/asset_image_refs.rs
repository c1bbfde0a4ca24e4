//! The assets that lead people to the images: templates name the module image, and the rendered manifest the binary image.

use bytes::Bytes;

use super::image_check::ModuleContents;
use crate::domain::Code;
use crate::plan::ReleasePlan;
use crate::protocol::{AssetState, Reader, SeenAsset, ServiceError};
use ocm_module::raw_manifest::RawManifest;
use ocm_module::template::disagreements_with;

const TEMPLATES: [&str; 2] = ["template.yaml", "template_control_plane.yaml"];
const MANIFEST: &str = "rendered.yaml";
const MAX_BYTES: u64 = 32 * 1024 * 1024;

/// Why an asset is not of this release.
#[derive(Debug, PartialEq)]
pub(crate) struct WrongReference {
    pub(crate) code: Code,
    pub(crate) why: String,
}

/// The bytes of an asset that leads somewhere; `None` for any other.
pub(crate) async fn read(
    reader: Reader<'_>,
    plan: &ReleasePlan,
    asset: &SeenAsset,
) -> Result<Option<Bytes>, ServiceError> {
    let leads = TEMPLATES.contains(&asset.name.as_str()) || asset.name == MANIFEST;
    let readable = asset.state == AssetState::Uploaded && asset.size <= MAX_BYTES;
    if !(leads && readable && plan.module.is_some()) {
        return Ok(None);
    }
    reader.github.read_asset(asset, MAX_BYTES).await.map(Some)
}

/// Whether the templates lead to this module image, and the manifest to the binary image of the release.
pub(crate) fn wrong_references(
    plan: &ReleasePlan,
    name: &str,
    bytes: &[u8],
    module: Option<&ModuleContents>,
) -> Vec<WrongReference> {
    if name == MANIFEST {
        return manifest(plan, bytes).into_iter().collect();
    }
    let found = module.map(|module| disagreements_with(bytes, &module.descriptor));
    let found = found.unwrap_or_default().into_iter();
    found
        .map(|why| WrongReference {
            code: Code::TemplateDiffers,
            why: format!("it does not lead to the module image: {why}"),
        })
        .collect()
}

fn manifest(plan: &ReleasePlan, bytes: &[u8]) -> Option<WrongReference> {
    let binary = plan.binary_image.as_ref()?.to_string();
    let why = match RawManifest::parse(MANIFEST, bytes) {
        Err(violation) => violation.seen,
        Ok(parsed) => {
            let images: Vec<_> = parsed.images().into_iter().map(|i| i.text).collect();
            if images.contains(&binary) {
                return None;
            }
            let images = if images.is_empty() {
                "no image".to_owned()
            } else {
                images.join(", ")
            };
            format!("it runs {images}, and not {binary}")
        }
    };
    Some(WrongReference {
        code: Code::ManifestDiffers,
        why,
    })
}
