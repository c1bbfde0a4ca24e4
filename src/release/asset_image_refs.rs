//! The assets that name images: templates name the module image, and the rendered manifest the binary image.

use super::image_check::ModuleContents;
use super::mismatch::Mismatch;
use crate::domain::Code;
use crate::plan::ReleasePlan;
use crate::protocol::{AssetState, SeenAsset};
use ocm_module::build::KYMA_CLI_2_TEMPLATE;
use ocm_module::raw_manifest::RawManifest;
use ocm_module::read::template_mismatches;

const TEMPLATES: [&str; 3] = [
    "template.yaml",
    "template_control_plane.yaml",
    KYMA_CLI_2_TEMPLATE,
];
const MANIFEST: &str = "rendered.yaml";
/// Larger assets are not read.
pub(crate) const MAX_BYTES: u64 = 32 * 1024 * 1024;

/// Whether an asset is one that names images, and can be read.
pub(crate) fn names_images(plan: &ReleasePlan, asset: &SeenAsset) -> bool {
    let names_images = TEMPLATES.contains(&asset.name.as_str()) || asset.name == MANIFEST;
    let readable = asset.state == AssetState::Uploaded && asset.size <= MAX_BYTES;
    names_images && readable && plan.wanted.module.is_some()
}

/// Whether the templates name this module image, and the manifest the binary image of the release.
pub(crate) fn mismatches(
    plan: &ReleasePlan,
    name: &str,
    bytes: &[u8],
    module: Option<&ModuleContents>,
) -> Vec<Mismatch> {
    if name == MANIFEST {
        return in_manifest(plan, bytes).into_iter().collect();
    }
    let found = module.map(|module| template_mismatches(bytes, &module.descriptor));
    let found = found.unwrap_or_default().into_iter();
    found
        .map(|found| Mismatch {
            code: found.code.into(),
            seen: format!("it does not describe the module image: {}", found.seen),
            wanted: found.wanted,
        })
        .collect()
}

fn in_manifest(plan: &ReleasePlan, bytes: &[u8]) -> Option<Mismatch> {
    let binary = plan.wanted.binary_image.as_ref()?.to_string();
    let (seen, wanted) = match RawManifest::parse(MANIFEST, bytes) {
        Err(violation) => (violation.seen, None),
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
            (format!("it runs {images}"), Some(binary))
        }
    };
    Some(Mismatch {
        code: Code::ManifestDiffers,
        seen,
        wanted,
    })
}
