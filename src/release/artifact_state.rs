//! How far an artifact of a release is, decided from what was read.

use super::asset_image_refs;
use super::image_check::{self, ImageOrigin};
use super::image_reader::ImageState;
use super::mismatch::Mismatch;
use super::view::ReleaseView;
use crate::domain::{AssetName, ImageRef};
use crate::plan::{Artifact, Mark, ReleasePlan};
use crate::protocol::{AssetState, SeenRelease};

/// The state of an artifact.
#[derive(Debug, PartialEq)]
pub(crate) enum ArtifactState {
    Absent,
    /// It exists in part, and is not usable yet.
    Incomplete(String),
    /// It is complete, and lacks an attestation that the plan requires.
    Unattested(String),
    /// It exists, and is of another build.
    Stale(Vec<Mismatch>),
    /// It is complete. One look does not prove that it stays so.
    Ready(Box<Artifact>),
}

impl ArtifactState {
    /// One word for the state, as logs and pages have it.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Incomplete(_) => "incomplete",
            Self::Unattested(_) => "unattested",
            Self::Stale(_) => "stale",
            Self::Ready(_) => "ready",
        }
    }

    /// Why it is not ready; empty where the word says it.
    pub(crate) fn why(&self) -> String {
        match self {
            Self::Absent | Self::Ready(_) => String::new(),
            Self::Incomplete(why) | Self::Unattested(why) => why.clone(),
            Self::Stale(why) => {
                let why: Vec<_> = why.iter().map(ToString::to_string).collect();
                why.join("; ")
            }
        }
    }
}

/// The state of an asset. Its digest and, where it names images, its text have been read before.
pub(crate) fn of_asset(
    plan: &ReleasePlan,
    release: &SeenRelease,
    view: &ReleaseView,
    name: &AssetName,
) -> ArtifactState {
    let mut assets = release.assets.iter();
    let Some(asset) = assets.find(|asset| asset.name == name.as_str()) else {
        return ArtifactState::Absent;
    };
    if asset.state == AssetState::Unfinished {
        return ArtifactState::Incomplete("its upload is not finished".into());
    }
    let Some(digest) = view.digest(asset) else {
        return ArtifactState::Incomplete("GitHub has not told its digest yet".into());
    };
    let planned = plan.wanted.planned_digest(name.as_str());
    if let Some(planned) = planned.filter(|planned| *planned != digest) {
        return ArtifactState::Incomplete(format!(
            "it is {}, and the phase `draft` makes it as {}: run that again",
            digest.short(),
            planned.short()
        ));
    }
    let text = view.asset_texts.get(&asset.id);
    let images = view.release_images(plan);
    let mismatches = text
        .map(|text| asset_image_refs::mismatches(&images, &asset.name, text, view.module(plan)));
    match mismatches {
        Some(mismatches) if !mismatches.is_empty() => ArtifactState::Stale(mismatches),
        _ => ArtifactState::Ready(Box::new(Artifact::Asset {
            digest,
            size: asset.size,
            waited: 0,
            ready_at: None,
        })),
    }
}

/// The state of the image that is called `name` among the artifacts; `mark` is that of the draft.
pub(crate) fn of_image(
    plan: &ReleasePlan,
    mark: &Mark,
    view: &ReleaseView,
    (name, image): (&str, &ImageRef),
    origin: ImageOrigin,
) -> ArtifactState {
    let (digest, contents) = match view.images.get(name) {
        None | Some(ImageState::Absent) => return ArtifactState::Absent,
        Some(ImageState::Incomplete { why, .. }) => {
            return ArtifactState::Incomplete(why.clone());
        }
        Some(ImageState::Complete { digest, contents }) => (*digest, contents),
    };
    if let Some(differs) = view.other_module_image(name, digest) {
        return ArtifactState::Incomplete(differs.to_string());
    }
    let images = view.release_images(plan);
    let stale = image_check::staleness(plan, &images, &mark.leftovers, digest, origin, contents);
    if !stale.is_empty() {
        return ArtifactState::Stale(stale);
    }
    ArtifactState::Ready(Box::new(Artifact::Image {
        digest,
        tagged: image.clone(),
        image: image.repository().pinned(digest),
        platforms: contents.platforms.clone(),
        size: contents.size,
        waited: 0,
        expected: origin == ImageOrigin::ToldByBuilder,
        ready_at: None,
    }))
}
