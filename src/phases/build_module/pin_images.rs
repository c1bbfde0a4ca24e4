//! `pin-images`: the manifest and the descriptor name the release's images by the digests that their tags have now.
//!
//! Images are often built beside the module, from the same tag. One that is not there yet is waited for until the phase's
//! deadline, as `await` does, and so is one that another commit left under the tag.

use std::time::Duration;

use super::inputs::{ManagerCheck, Sources};
use super::manifest::ManifestCache;
use crate::domain::{FormatCode, ImageRef};
use crate::plan::ReleasePlan;
use crate::protocol::{Reader, ServiceError, WaitTime, Waiting};
use crate::release::image_check;
use crate::release::image_reader::{ImageCache, ImageQuery, ImageState, Trust, read_image};
use crate::release::manifest_images::ReleaseImages;
use ocm_module::oci::ImageName;
use ocm_module::raw_manifest::ImagePin;

/// The longest pause between two reads of the images.
const POLL: Duration = Duration::from_secs(10);

/// The digests of the plan's container images.
#[derive(Debug)]
pub(super) enum Pins {
    Known(Vec<ImagePin>),
    /// Some of the images do not exist yet.
    Awaited(Waiting),
}

impl Pins {
    /// Reads what the tags of the plan's images resolve to. An image that the plan names by digest is pinned already.
    pub(super) async fn read(reader: Reader<'_>, plan: &ReleasePlan) -> Result<Self, ServiceError> {
        let (mut pins, mut on) = (Vec::new(), Vec::new());
        for image in images(plan).filter(|image| image.tag().is_some()) {
            let query = ImageQuery {
                name: image.to_string(),
                image: image.clone(),
                platforms: Vec::new(),
            };
            let mut cache = ImageCache::default();
            let state = read_image(reader, &query, Trust::DigestsOnly, &mut cache).await?;
            match usable(plan, &state) {
                Ok(digest) => pins.extend(ImagePin::new(image, digest)),
                Err(why) => on.push(format!("image {image}: {why}")),
            }
        }
        let poll_after = POLL;
        Ok(if on.is_empty() {
            Self::Known(pins)
        } else {
            let time = WaitTime::Counted;
            Self::Awaited(Waiting {
                on,
                poll_after,
                time,
            })
        })
    }
}

fn images(plan: &ReleasePlan) -> impl Iterator<Item = &ImageRef> {
    let wanted = &plan.wanted;
    wanted.binary_image.iter().chain(&wanted.extra_images)
}

/// The digest of an image that is complete and, by its labels, of this release; or why it is not to be used.
fn usable(plan: &ReleasePlan, state: &ImageState) -> Result<crate::domain::Digest, String> {
    match state {
        ImageState::Absent => Err("absent".into()),
        ImageState::Incomplete { why, .. } => Err(format!("incomplete, {why}")),
        ImageState::Complete { digest, contents } => {
            let found = image_check::mismatches(plan, &ReleaseImages::default(), contents);
            let found: Vec<_> = found.iter().map(ToString::to_string).collect();
            if found.is_empty() {
                Ok(*digest)
            } else {
                Err(format!("stale, {}", found.join("; ")))
            }
        }
    }
}

impl Sources {
    /// Adds the digests to the manifest and to the images that the scanners' configuration lists for the descriptor.
    pub(super) fn pin(
        &mut self,
        plan: &ReleasePlan,
        pins: &[ImagePin],
        manifests: &mut ManifestCache,
    ) {
        let binary = plan.wanted.binary_image.as_ref();
        self.manager = match binary.and_then(|binary| Some((binary, pin_of(binary, pins)?))) {
            Some((binary, pin)) => {
                ManagerCheck::Image(binary.repository().pinned(pin.digest()).into())
            }
            None => ManagerCheck::Planned,
        };
        for image in self.security.iter_mut().flat_map(|scan| &mut scan.images) {
            let name = ImageName::parse(image).filter(|name| name.digest().is_none());
            let pin = name.and_then(|name| pins.iter().find(|pin| pin.names(&name)));
            if let Some(pin) = pin {
                *image = pin.pinned();
            }
        }
        // What cannot be read is reported when the module is assembled.
        if !matches!(self.manifest, Some(Ok(_))) {
            return;
        }
        let Some(pinned) = manifests.pin(pins) else {
            return;
        };
        match pinned {
            Ok(pinned) => {
                let file = pinned.manifest.file();
                let left = &pinned.unpinned;
                let left = (!left.is_empty()).then(|| unpinned(left).at(file, None));
                self.broken_rules.extend(left);
                self.manifest = Some(Ok(pinned.manifest));
            }
            Err(found) => {
                // The manifest keeps its tags, and that they have no digests is not said again.
                self.manager = ManagerCheck::Planned;
                self.broken_rules.extend(found);
            }
        }
    }
}

fn pin_of<'p>(image: &ImageRef, pins: &'p [ImagePin]) -> Option<&'p ImagePin> {
    let name = ImageName::parse(&image.to_string())?;
    pins.iter().find(|pin| pin.names(&name))
}

fn unpinned(images: &[String]) -> ocm_module::Diagnostic {
    ocm_module::Diagnostic::warning(
        FormatCode::ImageNotPinned,
        format!(
            "pin-images leaves {} as the manifest has it: the plan does not name it",
            images.join(", ")
        ),
        "name it in `extra-images` of the phase `plan`, or write its digest into the manifest",
    )
}
