//! The images that the workloads of a manifest run.

use serde_json::Value;

use super::RawManifest;
use crate::oci::ImageName;
use crate::yaml::PathStep;

/// An image in the manifest, and where it is.
pub(super) struct UsedImage {
    /// Nothing where the text is no image.
    pub(super) image: Option<ImageName>,
    pub(super) text: String,
    pub(super) document: usize,
    pub(super) path: Vec<PathStep>,
}

/// Kinds that run containers, and the path to their pod's spec.
const WORKLOADS: [(&str, &[&str]); 8] = [
    ("Deployment", &["spec", "template", "spec"]),
    ("StatefulSet", &["spec", "template", "spec"]),
    ("DaemonSet", &["spec", "template", "spec"]),
    ("ReplicaSet", &["spec", "template", "spec"]),
    ("ReplicationController", &["spec", "template", "spec"]),
    ("Job", &["spec", "template", "spec"]),
    (
        "CronJob",
        &["spec", "jobTemplate", "spec", "template", "spec"],
    ),
    ("Pod", &["spec"]),
];

impl RawManifest {
    /// The images that the manifest runs, each once, in its order. Values of environment variables count where they are
    /// images written in full; addresses and URLs are none.
    pub fn images(&self) -> Vec<ImageName> {
        let mut images: Vec<ImageName> = Vec::new();
        for image in self.used_images().into_iter().filter_map(|used| used.image) {
            if !images.contains(&image) {
                images.push(image);
            }
        }
        images
    }

    /// Every place in the manifest that names an image.
    pub(super) fn used_images(&self) -> Vec<UsedImage> {
        let mut used = Vec::new();
        for (document, object) in self.objects() {
            let Some((pod, to_pod)) = pod_spec(object) else {
                continue;
            };
            for list in ["initContainers", "containers"] {
                for (at, container) in items(pod, list) {
                    let mut path = to_pod.clone();
                    path.extend([key(list), PathStep::Index(at)]);
                    used.extend(images_of(container, document, &path));
                }
            }
        }
        used
    }
}

/// The spec of the pod that an object runs, and the path to it.
fn pod_spec(object: &Value) -> Option<(&Value, Vec<PathStep>)> {
    let kind = object.get("kind").and_then(Value::as_str)?;
    let (_, path) = WORKLOADS.iter().find(|(workload, _)| *workload == kind)?;
    let pod = path
        .iter()
        .try_fold(object, |value, name| value.get(name))?;
    Some((pod, path.iter().map(|name| key(name)).collect()))
}

fn images_of(container: &Value, document: usize, path: &[PathStep]) -> Vec<UsedImage> {
    let used = |image: Option<ImageName>, text: &str, below: &[PathStep]| UsedImage {
        image,
        text: text.to_owned(),
        document,
        path: [path, below].concat(),
    };
    let image = container.get("image").and_then(Value::as_str);
    let image = image.map(|text| used(ImageName::parse(text), text, &[key("image")]));
    let variables = items(container, "env").filter_map(|(at, variable)| {
        let text = variable.get("value").and_then(Value::as_str)?;
        let image = ImageName::parse_full(text)?;
        let below = [key("env"), PathStep::Index(at), key("value")];
        Some(used(Some(image), text, &below))
    });
    image.into_iter().chain(variables).collect()
}

/// The items of a list, with their places.
fn items<'v>(object: &'v Value, list: &str) -> impl Iterator<Item = (usize, &'v Value)> {
    let items = object.get(list).and_then(Value::as_array);
    items.into_iter().flatten().enumerate()
}

fn key(name: &str) -> PathStep {
    PathStep::Key(name.to_owned())
}
