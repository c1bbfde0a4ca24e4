//! The images that the pods of a manifest run.
//!
//! What counts: the images of containers of every kind, image volumes, and values of environment variables that name an
//! image, as modulectl lists them and Lifecycle Manager relocates them. `docs/module-images.md` says it for users.

use std::collections::HashSet;

use serde_json::Value;

use super::RawManifest;
use super::objects::{ManifestObject, ObjectPlace, text};
use super::pod_specs::{CONTAINERS, PodSpec, pod_specs};
use super::source::Source;
use crate::Position;
use crate::oci::ImageName;
use crate::yaml::PathStep;

/// An image in the manifest, and where it is.
#[derive(Clone, Debug)]
pub(super) struct UsedImage {
    /// Nothing where the text is no image.
    pub(super) image: Option<ImageName>,
    pub(super) text: String,
    pub(super) place: ObjectPlace,
    pub(super) at: Position,
    /// Where in the file a digest would be inserted; nothing if it is not written in one piece.
    pub(super) end: Option<usize>,
}

/// An image in an object.
struct NamedImage {
    image: Option<ImageName>,
    text: String,
    place: ObjectPlace,
}

impl RawManifest {
    /// The images that the manifest runs, each once, in its order.
    pub fn images(&self) -> Vec<ImageName> {
        let used = self.facts.images.iter();
        let mut known = HashSet::new();
        used.filter_map(|used| used.image.as_ref())
            .filter(|image| known.insert(image.text.as_str()))
            .cloned()
            .collect()
    }
}

/// Every place in an object that names an image.
pub(super) fn used_images(source: &Source<'_>, object: &ManifestObject<'_>) -> Vec<UsedImage> {
    let mut named = Vec::new();
    for pod in pod_specs(object) {
        for list in CONTAINERS {
            for (at, container) in items(pod.spec.get(list)) {
                let place = pod.place.below(&[key(list), PathStep::Index(at)]);
                named.extend(in_container(&pod, container, &place));
            }
        }
        named.extend(in_volumes(&pod));
    }
    let used = named.into_iter().map(|named| UsedImage {
        at: source.position(&named.place),
        end: source
            .document
            .end_of(source.text, &named.place.path, &named.text),
        image: named.image,
        text: named.text,
        place: named.place,
    });
    used.collect()
}

fn in_container(pod: &PodSpec<'_>, container: &Value, place: &ObjectPlace) -> Vec<NamedImage> {
    let image = container.get("image").and_then(Value::as_str);
    let image = image.and_then(|text| in_field(pod, text, place.below(&[key("image")])));
    let variables = items(container.get("env")).filter_map(|(at, variable)| {
        let place = place.below(&[key("env"), PathStep::Index(at), key("value")]);
        let value = text(variable, "value");
        if is_related_image(text(variable, "name")) && !is_computed(value) {
            return in_field(pod, value, place);
        }
        Some(NamedImage {
            image: Some(in_variable(text(variable, "name"), value)?),
            text: value.to_owned(),
            place,
        })
    });
    image.into_iter().chain(variables).collect()
}

/// Volumes that are the content of an image (`core/v1.ImageVolumeSource`).
fn in_volumes(pod: &PodSpec<'_>) -> Vec<NamedImage> {
    let volumes = items(pod.spec.get("volumes")).filter_map(|(at, volume)| {
        let reference = volume.pointer("/image/reference").and_then(Value::as_str)?;
        let path = [
            key("volumes"),
            PathStep::Index(at),
            key("image"),
            key("reference"),
        ];
        in_field(pod, reference, pod.place.below(&path))
    });
    volumes.collect()
}

/// A field that holds an image and nothing else. Where it is not certain that there is a pod around it, a text that is no
/// image is nothing.
fn in_field(pod: &PodSpec<'_>, text: &str, place: ObjectPlace) -> Option<NamedImage> {
    let image = ImageName::parse(text);
    (image.is_some() || pod.of_workload).then(|| NamedImage {
        image,
        text: text.to_owned(),
        place,
    })
}

/// Whether a variable holds an image by the convention of the Operator SDK.
fn is_related_image(name: &str) -> bool {
    name.starts_with("RELATED_IMAGE_")
}

/// Whether Kubernetes, or nobody yet, fills the value in: `$(REGISTRY)/proxy:1.0.0`.
fn is_computed(value: &str) -> bool {
    value.is_empty() || value.contains("$(")
}

/// The image that a variable names. modulectl takes every text with a colon that could be an image, addresses such as
/// `redis:6379` too. Here a name without a registry counts only if nothing else can be meant: by the variable's name, by a
/// digest, or by a tag that is a semantic version.
fn in_variable(name: &str, value: &str) -> Option<ImageName> {
    let image = ImageName::parse(value)?;
    let is_pinned = image.digest().is_some();
    let is_versioned = image.tag().is_some_and(|tag| {
        let tag = tag.as_str();
        semver::Version::parse(tag.strip_prefix('v').unwrap_or(tag)).is_ok()
    });
    let is_meant = is_pinned
        || image.tag().is_some() && names_image(name)
        || is_versioned
        || ImageName::parse_full(value).is_some();
    is_meant.then_some(image)
}

/// Whether one of the words of a variable's name is "image": `HELPER_IMAGE`.
fn names_image(name: &str) -> bool {
    let mut words = name.split(['_', '-', '.']);
    words.any(|word| {
        ["image", "img"]
            .iter()
            .any(|image| word.eq_ignore_ascii_case(image))
    })
}

/// The items of a list, with their places.
fn items(list: Option<&Value>) -> impl Iterator<Item = (usize, &Value)> {
    let items = list.and_then(Value::as_array);
    items.into_iter().flatten().enumerate()
}

fn key(name: &str) -> PathStep {
    PathStep::Key(name.to_owned())
}
