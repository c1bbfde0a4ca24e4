//! The assets that lead people to the images: templates name the module image, and the rendered manifest the binary image.

use bytes::Bytes;

use super::usable::ModuleContents;
use crate::domain::Code;
use crate::plan::ReleasePlan;
use crate::ports::{AssetState, Look, PortError, SeenAsset};
use ocm_module::raw_manifest::RawManifest;
use ocm_module::template::disagreements_with;

const TEMPLATES: [&str; 2] = ["template.yaml", "template_control_plane.yaml"];
const MANIFEST: &str = "rendered.yaml";
const MAX_BYTES: u64 = 32 * 1024 * 1024;

/// Why an asset is not of this release.
#[derive(Debug, PartialEq)]
pub(super) struct Misleading {
    pub(super) code: Code,
    pub(super) why: String,
}

/// The bytes of an asset that leads somewhere; `None` for any other.
pub(super) async fn read(
    look: Look<'_>,
    plan: &ReleasePlan,
    asset: &SeenAsset,
) -> Result<Option<Bytes>, PortError> {
    let leads = TEMPLATES.contains(&asset.name.as_str()) || asset.name == MANIFEST;
    let readable = asset.state == AssetState::Uploaded && asset.size <= MAX_BYTES;
    if !(leads && readable && plan.module.is_some()) {
        return Ok(None);
    }
    look.github.read_asset(asset.id, MAX_BYTES).await.map(Some)
}

/// Whether the templates lead to this module image, and the manifest to the binary image of the release.
pub(super) fn misleading(
    plan: &ReleasePlan,
    name: &str,
    bytes: &[u8],
    module: Option<&ModuleContents>,
) -> Vec<Misleading> {
    if name == MANIFEST {
        return manifest(plan, bytes).into_iter().collect();
    }
    let found = module.map(|module| disagreements_with(bytes, &module.descriptor));
    let found = found.unwrap_or_default().into_iter();
    found
        .map(|why| Misleading {
            code: Code::TemplateDiffers,
            why: format!("it does not lead to the module image: {why}"),
        })
        .collect()
}

fn manifest(plan: &ReleasePlan, bytes: &[u8]) -> Option<Misleading> {
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
    Some(Misleading {
        code: Code::ManifestDiffers,
        why,
    })
}
