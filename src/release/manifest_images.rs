//! Whether a manifest runs the images of the release: by tag, or by tag and the digest that the tag has.

use crate::domain::{Digest, ImageRef};
use crate::plan::ReleasePlan;
use ocm_module::oci::ImageName;

/// The container images of the release, as far as they are known in this step.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReleaseImages {
    binary: Option<ImageRef>,
    /// The digest of each image of the plan that the registry has.
    digests: Vec<(ImageRef, Digest)>,
}

/// What a manifest runs instead of the release's image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OtherImage {
    /// Such as `runs r.example/manager:1.1.0`.
    pub(crate) seen: String,
    pub(crate) wanted: String,
}

impl ReleaseImages {
    /// `digest` gives that of an image by its name among the artifacts.
    pub(crate) fn new(plan: &ReleasePlan, digest: impl Fn(&str) -> Option<Digest>) -> Self {
        let images = plan.images();
        let digests = images.filter_map(|(name, image)| Some((image, digest(&name)?)));
        Self {
            digests: digests.collect(),
            binary: plan.wanted.binary_image.clone(),
        }
    }

    /// The container image of the module's manager.
    pub(crate) fn binary(&self) -> Option<&ImageRef> {
        self.binary.as_ref()
    }

    /// The image by which these are not the release's: it runs no binary image, or one of the release by another digest.
    pub(crate) fn other(&self, images: &[ImageName]) -> Option<OtherImage> {
        let of_another_build = images.iter().find_map(|image| {
            let (planned, digest) = self
                .digests
                .iter()
                .find(|(planned, _)| names(image, planned))?;
            (image.digest()? != *digest).then(|| OtherImage {
                seen: format!("runs {}", image.text),
                wanted: format!("{planned}@{digest}"),
            })
        });
        of_another_build.or_else(|| {
            let binary = self.binary.as_ref()?;
            let is_run = |image: &ImageName| names(image, binary) || self.has_digest(image, binary);
            (!images.iter().any(is_run)).then(|| {
                let texts: Vec<_> = images.iter().map(|image| image.text.as_str()).collect();
                let texts = if texts.is_empty() {
                    "no image".to_owned()
                } else {
                    texts.join(", ")
                };
                OtherImage {
                    seen: format!("runs {texts}"),
                    wanted: binary.to_string(),
                }
            })
        })
    }

    /// Whether a name is this image by the digest that its tag has, whatever its own tag is.
    fn has_digest(&self, image: &ImageName, planned: &ImageRef) -> bool {
        let mut digests = self.digests.iter();
        let known = digests.find(|(known, _)| known == planned);
        known.is_some_and(|(_, digest)| {
            image.digest() == Some(*digest)
                && image.repository() == planned.repository().to_string()
        })
    }
}

/// Whether a name in a manifest is this image: by its tag, with a digest or without, or by its digest.
fn names(image: &ImageName, planned: &ImageRef) -> bool {
    let by = match planned.tag() {
        Some(tag) => image.tag() == Some(tag),
        None => image.digest() == planned.digest(),
    };
    by && image.repository() == planned.repository().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_the_releases_by_tag_or_by_the_digest_of_the_tag() {
        let (ours, other) = (Digest::of(b"ours"), Digest::of(b"other"));
        let image = |text: &str| text.parse::<ImageRef>().unwrap();
        let known = ReleaseImages {
            binary: Some(image("r.example/manager:1.0.0")),
            digests: vec![
                (image("r.example/manager:1.0.0"), ours),
                (image("r.example/proxy:2.0.0"), other),
            ],
        };
        let not_yet = ReleaseImages {
            digests: vec![],
            ..known.clone()
        };
        let manager = "r.example/manager:1.0.0".to_owned();
        let by = |digest: Digest| format!("{manager}@{digest}");
        for (images, of_known, of_unknown) in [
            (vec![manager.clone()], None, None),
            (vec![by(ours)], None, None),
            (
                vec!["r.example/a:1".into(), manager.clone(), by(ours)],
                None,
                None,
            ),
            (
                vec![by(other)],
                Some(("runs r.example/manager:1.0.0@", by(ours))),
                None,
            ),
            (
                vec![manager.clone(), format!("r.example/proxy:2.0.0@{ours}")],
                Some((
                    "runs r.example/proxy:2.0.0@",
                    format!("r.example/proxy:2.0.0@{other}"),
                )),
                None,
            ),
            (
                vec![manager.clone(), format!("r.example/proxy:2.0.0@{other}")],
                None,
                None,
            ),
            (
                vec!["r.example/manager:1.0.1".into()],
                Some(("runs r.example/manager:1.0.1", manager.clone())),
                Some("runs r.example/manager:1.0.1"),
            ),
            (
                vec![format!("r.example/manager@{ours}")],
                None,
                Some("runs r.example/manager@"),
            ),
            (
                vec![format!("r.example/manager@{other}")],
                Some(("runs r.example/manager@", manager.clone())),
                Some("runs r.example/manager@"),
            ),
            (
                vec!["mirror.example/manager:1.0.0".into()],
                Some(("runs mirror.example", manager.clone())),
                Some("runs mirror.example"),
            ),
            (
                vec![],
                Some(("runs no image", manager.clone())),
                Some("runs no image"),
            ),
        ] {
            let names: Vec<_> = images
                .iter()
                .map(|text| ImageName::parse(text).unwrap())
                .collect();
            let found = known.other(&names);
            assert_eq!(
                found.as_ref().map(|found| found.wanted.clone()),
                of_known.as_ref().map(|(_, wanted)| wanted.clone()),
                "{images:?}"
            );
            assert!(
                found
                    .zip(of_known)
                    .is_none_or(|(found, (seen, _))| found.seen.starts_with(seen)),
                "{images:?}"
            );
            let found = not_yet.other(&names);
            assert_eq!(found.is_some(), of_unknown.is_some(), "{images:?}");
        }
        let none = ReleaseImages::default();
        assert_eq!(none.other(&[]), None);
    }
}
