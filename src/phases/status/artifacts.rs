//! How far each artifact is that a release needs.

use std::collections::BTreeMap;

use super::answer::{ArtifactEntry, ArtifactKind};
use super::see::StatusSeen;
use crate::domain::{Digest, ImageRef};
use crate::plan::{Artifact, Artifacts, Awaited, ReleasePlan};
use crate::release::artifact_state::{self, ArtifactState};
use crate::release::image_check::ImageOrigin;

/// An artifact that the release needs, and how far it is.
pub(super) struct StatusArtifact {
    pub(super) awaited: Awaited,
    pub(super) state: Result<ArtifactState, String>,
}

impl StatusArtifact {
    /// `asset a` or `image r.example/a:1`.
    pub(super) fn subject(&self) -> String {
        match &self.awaited {
            Awaited::Asset(asset) => format!("asset {asset}"),
            Awaited::Image { image, .. } => format!("image {image}"),
        }
    }

    pub(super) fn entry(&self) -> ArtifactEntry {
        let (word, why, digest) = match &self.state {
            Ok(ArtifactState::Ready(artifact)) => ("ready", String::new(), Some(artifact.digest())),
            Ok(state) => (state.word(), state.why(), None),
            Err(why) => ("unknown", why.clone(), None),
        };
        let (kind, image) = match &self.awaited {
            Awaited::Asset(_) => (ArtifactKind::Asset, None),
            Awaited::Image { image, .. } => (ArtifactKind::Image, Some(image.to_string())),
        };
        ArtifactEntry {
            name: self.awaited.name().to_owned(),
            kind,
            image,
            state: word,
            digest: digest.map(|digest| digest.to_string()),
            why: Some(why).filter(|why| !why.is_empty()),
        }
    }

    fn ready(&self) -> Option<&Artifact> {
        match &self.state {
            Ok(ArtifactState::Ready(artifact)) => Some(artifact),
            _ => None,
        }
    }
}

/// The artifacts that the only release of the tag needs.
pub(super) fn artifacts(seen: &StatusSeen) -> Vec<StatusArtifact> {
    let ([release], Some((plan, _))) = (seen.release.releases.as_slice(), &seen.plan) else {
        return Vec::new();
    };
    let state = |awaited: &Awaited| match awaited {
        Awaited::Asset(name) => Ok(artifact_state::of_asset(plan, release, &seen.release, name)),
        Awaited::Image { name, .. } if !release.draft => as_published(seen, name),
        Awaited::Image { name, image } => image_state(plan, seen, (name, image)),
    };
    let awaited = plan.awaited().into_iter();
    awaited
        .map(|awaited| StatusArtifact {
            state: state(&awaited),
            awaited,
        })
        .collect()
}

fn image_state(
    plan: &ReleasePlan,
    seen: &StatusSeen,
    (name, image): (&str, &ImageRef),
) -> Result<ArtifactState, String> {
    if let Some(why) = seen.unread_images.get(name) {
        return Err(why.clone());
    }
    let Some(mark) = &seen.mark else {
        return Err(
            "the draft is not of btp-release, which would say what was there before".into(),
        );
    };
    let origin = origin(seen, name);
    Ok(artifact_state::of_image(
        plan,
        mark,
        &seen.release,
        (name, image),
        origin,
    ))
}

/// Whether the evidence says that the builder named its digest.
fn origin(seen: &StatusSeen, name: &str) -> ImageOrigin {
    let evidence = seen.evidence.as_ref();
    match evidence.and_then(|it| it.predicate.artifacts.0.get(name)) {
        Some(Artifact::Image { expected: true, .. }) => ImageOrigin::ToldByBuilder,
        _ => ImageOrigin::Unknown,
    }
}

/// An image of a published release, which only `verify` reads.
fn as_published(seen: &StatusSeen, name: &str) -> Result<ArtifactState, String> {
    let verified = seen.verified.as_ref();
    let artifact = verified.and_then(|verified| verified.artifacts.0.get(name));
    artifact
        .map(|artifact| ArtifactState::Ready(Box::new(artifact.clone())))
        .ok_or_else(|| "`verify` says what is known of it".into())
}

/// Names all digests at once, as verdicts do; `None` until all are known.
pub(super) fn digest_of_all(artifacts: &[StatusArtifact]) -> Option<Digest> {
    let ready = ready(artifacts);
    (ready.0.len() == artifacts.len() && !artifacts.is_empty()).then(|| ready.digest())
}

/// Those whose digests are known.
pub(super) fn ready(artifacts: &[StatusArtifact]) -> Artifacts {
    let ready = artifacts.iter().filter_map(|it| {
        let name = it.awaited.name().to_owned();
        Some((name, it.ready()?.clone()))
    });
    Artifacts::from(ready.collect::<BTreeMap<_, _>>())
}
