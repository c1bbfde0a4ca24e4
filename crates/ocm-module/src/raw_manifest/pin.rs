//! Adds the digests of a release's images to the places of a manifest that name them by tag.
//!
//! Nothing else in the text changes: `image: repo:tag` becomes `image: repo:tag@sha256:…`, with its quotes, comments and line
//! ends. Container runtimes pull such an image by its digest; Lifecycle Manager compares names and tags and takes the digest
//! along where it relocates an image (`kyma-project/lifecycle-manager:internal/imagerewrite/rewrite.go`).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::RawManifest;
use super::images::UsedImage;
use super::objects::ObjectPlace;
use crate::oci::ImageName;
use crate::values::{Digest, ImageRef, ImageTag};
use crate::yaml::{PathStep, ScalarSpans};
use crate::{Diagnostic, FormatCode};

/// An image by tag, and the digest that the tag has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImagePin {
    repository: String,
    tag: ImageTag,
    digest: Digest,
}

/// A manifest with the digests of the release's images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinnedManifest {
    /// The text.
    pub text: String,
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
        let spans = ScalarSpans::of(&self.text);
        let mut found = Vec::new();
        let mut unpinned = Vec::new();
        // By where it is inserted, so that the scalar of an anchor is changed once.
        let mut digests = BTreeMap::new();
        let mut pinned = Vec::new();
        for used in self.used_images() {
            let Some(image) = &used.image else { continue };
            match (pins.iter().find(|pin| pin.names(image)), image.digest()) {
                (Some(pin), Some(digest)) if digest != pin.digest => {
                    found.push(self.pinned_elsewhere(&used, pin));
                }
                (_, Some(_)) => {}
                (None, None) => unpinned.push(used.text),
                (Some(pin), None) => {
                    let place = &used.place;
                    match spans.end_of(place.document, &place.path, &used.text) {
                        Some(at) => {
                            digests.insert(at, pin.digest);
                            pinned.push((used.place, pin.pinned()));
                        }
                        None => found.push(self.pin_unclear(place, &used.text)),
                    }
                }
            }
        }
        if !found.is_empty() {
            return Err(found);
        }
        let text = inserted(&self.text, &digests);
        self.check_pinned(&text, &pinned)
            .map_err(|diagnostic| vec![diagnostic])?;
        let mut known = BTreeSet::new();
        unpinned.retain(|text| known.insert(text.clone()));
        Ok(PinnedManifest { text, unpinned })
    }

    fn pinned_elsewhere(&self, used: &UsedImage, pin: &ImagePin) -> Diagnostic {
        let differs = Diagnostic::error(
            FormatCode::ImagePinDiffers,
            format!("the manifest runs {}", used.text),
            "render the manifest with the tag alone, or build the image again",
        );
        self.located(&used.place, &[], differs.wanted(pin.pinned()))
    }

    fn pin_unclear(&self, place: &ObjectPlace, image: &str) -> Diagnostic {
        let unclear = Diagnostic::error(
            FormatCode::ImagePinUnclear,
            format!("the digest of {image} cannot be added here"),
            "write the image in one line, without escapes",
        );
        self.located(place, &[], unclear)
    }

    /// That the text means the same as before, but for these places.
    fn check_pinned(&self, text: &str, pinned: &[(ObjectPlace, String)]) -> Result<(), Diagnostic> {
        let now = Self::parse(&self.file, text.as_bytes())?;
        let mut of_documents: HashMap<usize, Vec<_>> = HashMap::new();
        for (place, image) in pinned {
            let of_document = of_documents.entry(place.document).or_default();
            of_document.push((place, image));
        }
        for (nth, document) in self.documents.iter().enumerate() {
            let mut wanted = document.value.clone();
            for (place, image) in of_documents.remove(&nth).unwrap_or_default() {
                if let Some(value) = at_mut(&mut wanted, &place.path) {
                    *value = Value::from(image.as_str());
                }
            }
            let seen = now
                .documents
                .get(nth)
                .map_or(&Value::Null, |now| &now.value);
            if let Some(path) = first_difference(&wanted, seen) {
                let shared = Diagnostic::error(
                    FormatCode::ImagePinUnclear,
                    "an alias or a merge key uses the text of an image here, where it is none",
                    "write the text out here instead of the alias",
                );
                let place = ObjectPlace {
                    document: nth,
                    path,
                };
                return Err(self.located(&place, &[], shared));
            }
        }
        Ok(())
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

fn at_mut<'v>(value: &'v mut Value, path: &[PathStep]) -> Option<&'v mut Value> {
    path.iter().try_fold(value, |value, step| match step {
        PathStep::Key(key) => value.get_mut(key),
        PathStep::Index(nth) => value.get_mut(nth),
    })
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
