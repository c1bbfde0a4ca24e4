//! The rendered manifest and the default custom resource: Kubernetes objects, and what consumers ask of them.

use serde_json::{Map, Value};

use super::images::ImageName;
use super::yaml::{self, Step};
use crate::values::ImageRef;
use crate::{Diagnostic, FormatCode};

/// A file of Kubernetes objects.
#[derive(Clone, Debug)]
pub struct RawManifest {
    file: String,
    text: String,
    documents: Vec<Value>,
}

/// A custom resource's definition, as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crd {
    pub group: String,
    pub kind: String,
    pub versions: Vec<String>,
    pub cluster_scoped: bool,
}

/// An image in the manifest, and where it stands.
struct Used {
    image: Option<ImageName>,
    text: String,
    document: usize,
    path: Vec<Step>,
}

/// Kinds that run containers, and the way to their pod's spec.
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
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, Diagnostic> {
        let refuse = |message: String, place| {
            Diagnostic::error(
                FormatCode::ManifestUnreadable,
                message,
                "render it anew, say with `kustomize build`",
            )
            .at(file, place)
        };
        let text = std::str::from_utf8(bytes)
            .map_err(|_| refuse("the manifest is not UTF-8".into(), None))?;
        let documents = yaml::documents(text)
            .map_err(|e| refuse(format!("the manifest is not YAML: {}", e.message), e.place))?;
        Ok(Self {
            file: file.to_owned(),
            text: text.to_owned(),
            documents,
        })
    }

    /// Every rule that the manifest breaks. `manager` is the binary image that this release built and tested.
    pub fn check(&self, manager: Option<&ImageRef>) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for (nth, document) in self
            .documents
            .iter()
            .enumerate()
            .filter(|(_, document)| !document.is_null())
        {
            for key in ["apiVersion", "kind"] {
                if document
                    .get(key)
                    .and_then(Value::as_str)
                    .is_none_or(str::is_empty)
                {
                    let message = format!(
                        "document {} has no {key}, so it is no Kubernetes object",
                        nth + 1
                    );
                    found.push(self.at(
                        nth,
                        &[],
                        Diagnostic::error(
                            FormatCode::ManifestNoObject,
                            message,
                            "take it out, or complete it",
                        ),
                    ));
                }
            }
        }
        if self.crds().is_empty() {
            found.push(self.at(
                0,
                &[],
                Diagnostic::error(
                    FormatCode::ManifestWithoutCrd,
                    "the manifest has no CustomResourceDefinition, by which its consumers know it",
                    "render it with the module's CRDs",
                ),
            ));
        }
        let used = self.used();
        for place in &used {
            let violation = match &place.image {
                Some(image) => image.moving(),
                None => Some(Diagnostic::error(
                    FormatCode::ImageInvalid,
                    format!("{:?} is no image", place.text),
                    "write registry, path and tag or digest",
                )),
            };
            found
                .extend(violation.map(|violation| self.at(place.document, &place.path, violation)));
        }
        found.extend(manager.and_then(|manager| self.check_manager(manager, &used)));
        found
    }

    /// The manager's image must be there, and everywhere exactly that of the release.
    fn check_manager(&self, manager: &ImageRef, used: &[Used]) -> Option<Diagnostic> {
        let repository = manager.repository().to_string();
        let is_same = |image: &ImageName| match manager.digest() {
            Some(digest) => image.digest() == Some(digest),
            None => image.tag() == manager.tag() && image.digest().is_none(),
        };
        let named = || {
            used.iter().filter(|place| {
                place
                    .image
                    .as_ref()
                    .is_some_and(|image| image.repository() == repository)
            })
        };
        if let Some(place) = named().find(|place| !place.image.as_ref().is_some_and(is_same)) {
            let message = format!(
                "the manager's image is {}, and the release's is {manager}",
                place.text
            );
            let help =
                "render the manifest with the release's image, say with `kustomize edit set image`";
            return Some(self.at(
                place.document,
                &place.path,
                Diagnostic::error(FormatCode::ManagerImageDiffers, message, help),
            ));
        }
        if named().next().is_some() {
            return None;
        }
        let mut others: Vec<_> = used.iter().map(|place| place.text.as_str()).collect();
        others.dedup();
        let message = match others.as_slice() {
            [] => format!("nothing in the manifest runs {manager}"),
            others => format!(
                "nothing in the manifest runs {manager}; it runs {}",
                others.join(", ")
            ),
        };
        let help =
            "render the manifest with the release's image, say with `kustomize edit set image`";
        Some(self.at(
            0,
            &[],
            Diagnostic::error(FormatCode::ManagerImageMissing, message, help),
        ))
    }

    /// The images that the manifest runs, each once, in its order. Values of the environment count where they are images
    /// written in full; addresses and URLs are none.
    pub fn images(&self) -> Vec<ImageName> {
        let mut images: Vec<ImageName> = Vec::new();
        for image in self.used().into_iter().filter_map(|used| used.image) {
            if !images.contains(&image) {
                images.push(image);
            }
        }
        images
    }

    fn used(&self) -> Vec<Used> {
        let mut used = Vec::new();
        for (nth, document) in self.documents.iter().enumerate() {
            let kind = document.get("kind").and_then(Value::as_str);
            let Some((_, way)) = WORKLOADS
                .iter()
                .find(|(workload, _)| Some(*workload) == kind)
            else {
                continue;
            };
            let Some(pod) = way.iter().try_fold(document, |value, key| value.get(key)) else {
                continue;
            };
            let way: Vec<_> = way.iter().map(|key| Step::Key((*key).to_owned())).collect();
            for list in ["initContainers", "containers"] {
                let containers = pod
                    .get(list)
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten();
                for (at, container) in containers.enumerate() {
                    let mut path = way.clone();
                    path.extend([Step::Key(list.into()), Step::Index(at)]);
                    images_of(container, nth, &path, &mut used);
                }
            }
        }
        used
    }

    pub fn crds(&self) -> Vec<Crd> {
        self.documents.iter().filter_map(Crd::read).collect()
    }

    /// The only object of the file, for a default custom resource, and how it fits the CRDs of the manifest.
    pub fn check_default_cr(&self, crds: &[Crd]) -> (Option<Crd>, Vec<Diagnostic>) {
        let objects: Vec<_> = self
            .documents
            .iter()
            .enumerate()
            .filter(|(_, document)| !document.is_null())
            .collect();
        let [(nth, object)] = objects.as_slice() else {
            let message = format!(
                "the default custom resource holds {} objects instead of one",
                objects.len()
            );
            let violation = Diagnostic::error(
                FormatCode::DefaultCrNotOne,
                message,
                "keep one object in the file",
            );
            return (None, vec![self.at(0, &[], violation)]);
        };
        let text = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
        let mut found = Vec::new();
        let mut note = |key: &str, violation: Diagnostic| {
            found.push(self.at(*nth, &[Step::Key(key.into())], violation))
        };
        let (group, version) = text("apiVersion").split_once('/').unwrap_or_default();
        let crd = crds
            .iter()
            .find(|crd| crd.group == group && crd.kind == text("kind"));
        match crd {
            None => {
                let known: Vec<_> = crds
                    .iter()
                    .map(|crd| format!("{} in {}", crd.kind, crd.group))
                    .collect();
                let message = format!(
                    "no CRD of the manifest defines {:?} in {:?}",
                    text("kind"),
                    text("apiVersion")
                );
                note(
                    "kind",
                    Diagnostic::error(
                        FormatCode::DefaultCrUnknown,
                        message,
                        format!("it defines {}", known.join(", ")),
                    ),
                );
            }
            Some(crd) if !crd.versions.iter().any(|known| known == version) => {
                let message = format!("{} has no version {version:?}", crd.kind);
                note(
                    "apiVersion",
                    Diagnostic::error(
                        FormatCode::DefaultCrVersion,
                        message,
                        format!("it has {}", crd.versions.join(", ")),
                    ),
                );
            }
            Some(_) => {}
        }
        let name = object
            .pointer("/metadata/name")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if name.is_empty() {
            let help = "write metadata: name: …";
            note(
                "metadata",
                Diagnostic::error(
                    FormatCode::DefaultCrUnnamed,
                    "the default custom resource has no name",
                    help,
                ),
            );
        }
        (crd.cloned(), found)
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The object of a file that holds one, for a template to repeat.
    pub(super) fn only_object(&self) -> Option<&Value> {
        self.documents.iter().find(|document| !document.is_null())
    }

    fn at(&self, document: usize, path: &[Step], violation: Diagnostic) -> Diagnostic {
        let place = yaml::locate(&self.text, document, path);
        violation.at(&self.file, place)
    }
}

fn images_of(container: &Value, document: usize, path: &[Step], used: &mut Vec<Used>) {
    let mut add = |image: Option<ImageName>, text: &str, more: &[Step]| {
        used.push(Used {
            image,
            text: text.to_owned(),
            document,
            path: [path, more].concat(),
        });
    };
    if let Some(text) = container.get("image").and_then(Value::as_str) {
        add(ImageName::parse(text), text, &[Step::Key("image".into())]);
    }
    let environment = container
        .get("env")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    for (at, variable) in environment.enumerate() {
        let text = variable
            .get("value")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if let Some(image) = ImageName::parse_full(text) {
            add(
                Some(image),
                text,
                &[
                    Step::Key("env".into()),
                    Step::Index(at),
                    Step::Key("value".into()),
                ],
            );
        }
    }
}

impl Crd {
    fn read(document: &Value) -> Option<Self> {
        if document.get("kind").and_then(Value::as_str) != Some("CustomResourceDefinition") {
            return None;
        }
        let text = |pointer: &str| {
            document
                .pointer(pointer)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let versions = document
            .pointer("/spec/versions")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        let names = versions.filter_map(|version: &Value| {
            version
                .as_object()
                .and_then(|fields: &Map<_, _>| fields.get("name"))
        });
        Some(Self {
            group: text("/spec/group"),
            kind: text("/spec/names/kind"),
            versions: names.filter_map(Value::as_str).map(str::to_owned).collect(),
            cluster_scoped: text("/spec/scope") == "Cluster",
        })
    }
}

#[cfg(test)]
mod tests;
