//! Adds the digests of a release's images to the places of a manifest that name them by tag.
//!
//! Nothing else in the text changes: `image: repo:tag` becomes `image: repo:tag@sha256:…`, with its quotes, comments and line
//! ends. Container runtimes pull such an image by its digest; Lifecycle Manager compares names and tags and takes the digest
//! along where it relocates an image (`kyma-project/lifecycle-manager:internal/imagerewrite/rewrite.go`).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::RawManifest;
use super::facts::at_mut;
use super::images::UsedImage;
use super::objects::ObjectPlace;
use crate::oci::ImageName;
use crate::values::{Digest, ImageRef, ImageTag};
use crate::yaml::{self, PathStep};
use crate::{Diagnostic, FormatCode, Position};

/// An image by tag, and the digest that the tag has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImagePin {
    repository: String,
    tag: ImageTag,
    digest: Digest,
}

/// A manifest with the digests of the release's images.
#[derive(Clone, Debug)]
pub struct PinnedManifest {
    /// The manifest itself, read already.
    pub manifest: RawManifest,
    /// The images without a digest, each once: those that no pin is for.
    pub unpinned: Vec<String>,
}

impl ImagePin {
    /// An image by tag with its digest; nothing for an image that is named by digest already.
    pub fn new(image: &ImageRef, digest: Digest) -> Option<Self> {
        Some(Self {
            repository: image.repository().to_string(),
            tag: image.tag()?.clone(),
            digest,
        })
    }

    /// Whether a name is this image by its tag, with a digest or without.
    pub fn names(&self, image: &ImageName) -> bool {
        image.repository() == self.repository && image.tag() == Some(&self.tag)
    }

    /// The name with the digest: `repo:tag@sha256:…`.
    pub fn pinned(&self) -> String {
        format!("{}:{}@{}", self.repository, self.tag, self.digest)
    }

    /// The digest.
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

impl RawManifest {
    /// The manifest with the digests of these images. What has its digest already stays as it is.
    ///
    /// # Errors
    ///
    /// [`FormatCode::ImagePinDiffers`] where the manifest names another digest beside one of the tags, and
    /// [`FormatCode::ImagePinUnclear`] where an image is written in a way that a digest cannot be added without changing
    /// something else.
    pub fn pin(&self, pins: &[ImagePin]) -> Result<PinnedManifest, Vec<Diagnostic>> {
        let mut found = Vec::new();
        let mut unpinned = Vec::new();
        // By where it is inserted, so that the scalar of an anchor is changed once.
        let mut digests = BTreeMap::new();
        let mut wanted = Vec::new();
        for used in &self.facts.images {
            let mut text = Cow::from(&used.text);
            if let Some(image) = &used.image {
                match (pins.iter().find(|pin| pin.names(image)), image.digest()) {
                    (Some(pin), Some(digest)) if digest != pin.digest => {
                        found.push(self.pinned_elsewhere(used, pin));
                    }
                    (_, Some(_)) => {}
                    (None, None) => unpinned.push(used.text.clone()),
                    (Some(pin), None) => match used.end {
                        Some(at) => {
                            digests.insert(at, pin.digest);
                            text = pin.pinned().into();
                        }
                        None => found.push(self.pin_unclear(used)),
                    },
                }
            }
            wanted.push(text);
        }
        if !found.is_empty() {
            return Err(found);
        }
        let mut known = BTreeSet::new();
        unpinned.retain(|text| known.insert(text.clone()));
        let manifest = if digests.is_empty() {
            self.clone()
        } else {
            let text = inserted(&self.text, &digests);
            let pinned = Self::read(&self.file, text, &self.facts.keys);
            let pinned = pinned.map_err(|unreadable| vec![unreadable])?;
            self.check_pinned(&pinned, &wanted)
                .map_err(|shared| vec![shared])?;
            pinned
        };
        Ok(PinnedManifest { manifest, unpinned })
    }

    fn pinned_elsewhere(&self, used: &UsedImage, pin: &ImagePin) -> Diagnostic {
        let differs = Diagnostic::error(
            FormatCode::ImagePinDiffers,
            format!("the manifest runs {}", used.text),
            "render the manifest with the tag alone, or build the image again",
        );
        self.at(used.at, differs.wanted(pin.pinned()))
    }

    fn pin_unclear(&self, used: &UsedImage) -> Diagnostic {
        let unclear = Diagnostic::error(
            FormatCode::ImagePinUnclear,
            format!("the digest of {} cannot be added here", used.text),
            "write the image in one line, without escapes",
        );
        self.at(used.at, unclear)
    }

    /// That the pinned text means the same as before, but for the texts of its images, which are to be `wanted`.
    fn check_pinned(&self, pinned: &Self, wanted: &[Cow<'_, str>]) -> Result<(), Diagnostic> {
        let (before, now) = (&self.facts, &pinned.facts);
        let places = before.images.iter().map(|used| &used.place);
        let wanted_images = places.zip(wanted.iter().map(|text| &**text));
        let images = now.images.iter();
        let images = images.map(|used| (&used.place, used.text.as_str()));
        if before.fingerprints == now.fingerprints && images.eq(wanted_images.clone()) {
            return Ok(());
        }
        let position = self.first_shared(pinned, wanted_images);
        let shared = Diagnostic::error(
            FormatCode::ImagePinUnclear,
            "an alias or a merge key uses the text of an image here, where it is none",
            "write the text out here instead of the alias",
        );
        Err(self.at(position, shared))
    }

    /// Where the pinned text first means something else than it should. Both texts are read again, since only few are refused.
    fn first_shared<'w>(
        &self,
        pinned: &Self,
        wanted: impl Iterator<Item = (&'w ObjectPlace, &'w str)>,
    ) -> Position {
        let mut documents = yaml::read(&self.text).unwrap_or_default();
        for (place, text) in wanted {
            let document = documents.get_mut(place.document);
            if let Some(value) = document.and_then(|one| at_mut(&mut one.value, &place.path)) {
                *value = text.into();
            }
        }
        let now = yaml::documents(&pinned.text).unwrap_or_default();
        let both = documents.iter().zip(&now);
        let mut different = both.filter_map(|(document, now)| {
            let path = first_difference(&document.value, now)?;
            Some(document.position(&path))
        });
        different.next().unwrap_or(self.facts.begin)
    }
}

/// The text with each digest at its place.
fn inserted(text: &str, digests: &BTreeMap<usize, Digest>) -> String {
    let mut written = String::new();
    let mut from = 0;
    for (at, digest) in digests {
        written.push_str(text.get(from..*at).unwrap_or_default());
        written.push('@');
        written.push_str(&digest.to_string());
        from = *at;
    }
    written.push_str(text.get(from..).unwrap_or_default());
    written
}

/// The path to the first value that is not equal. The reader of YAML limits the depth.
fn first_difference(one: &Value, other: &Value) -> Option<Vec<PathStep>> {
    let below = |step: PathStep, one: &Value, other: Option<&Value>| {
        let path = first_difference(one, other.unwrap_or(&Value::Null))?;
        Some([vec![step], path].concat())
    };
    match (one, other) {
        (Value::Object(map), Value::Object(others)) if map.len() == others.len() => map
            .iter()
            .find_map(|(key, value)| below(PathStep::Key(key.clone()), value, others.get(key))),
        (Value::Array(items), Value::Array(others)) if items.len() == others.len() => items
            .iter()
            .enumerate()
            .find_map(|(nth, value)| below(PathStep::Index(nth), value, others.get(nth))),
        _ => (one != other).then(Vec::new),
    }
}
