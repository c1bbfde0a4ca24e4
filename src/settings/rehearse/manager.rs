//! Finds the image of the module's manager in a rendered manifest, and the places that name it.

use std::collections::BTreeSet;
use std::ops::Range;

use ocm_module::oci::ImageName;
use ocm_module::yaml::{PathStep, YamlDocument};
use serde_json::Value;

use crate::domain::{Code, Diagnostic};

/// The kinds among whose containers the manager is.
const WORKLOADS: [&str; 3] = ["Deployment", "StatefulSet", "DaemonSet"];

/// The annotation of a pod that names its main container; kubebuilder's template has it.
const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

/// The name that kubebuilder gives to the manager's container.
const MANAGER: &str = "manager";

/// What is known of the manager beside the manifest.
#[derive(Clone, Copy, Default)]
pub(super) struct ManagerHints<'a> {
    /// The option `--image`: an image with or without its tag, or the last part of its path.
    pub(super) typed: Option<&'a str>,
    /// The input `binary-image` of the workflow.
    pub(super) workflow: Option<&'a str>,
    /// Kind and name of the object `manager` in the module's configuration.
    pub(super) object: Option<(&'a str, &'a str)>,
    /// The module's short name.
    pub(super) module: Option<&'a str>,
}

/// The manager's image, and where it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FoundManager {
    pub(super) image: ImageName,
    /// Such as `Deployment btp-manager, container manager`; empty where the image is no container's.
    pub(super) place: String,
}

/// A container of a workload.
struct ManifestContainer<'a> {
    kind: &'a str,
    workload: &'a str,
    name: &'a str,
    /// Whether the pod's annotation names it.
    is_default: bool,
    image: ImageName,
}

impl ManifestContainer<'_> {
    fn place(&self) -> String {
        format!("{} {}, container {}", self.kind, self.workload, self.name)
    }
}

/// The manager's image. `images` are all that the manifest runs.
///
/// # Errors
///
/// If there is none, or if it is not clear which one it is; the help lists them.
pub(super) fn manager_image(
    documents: &[YamlDocument],
    images: &[ImageName],
    hints: &ManagerHints<'_>,
) -> Result<FoundManager, Diagnostic> {
    let containers = containers(documents);
    if let Some(typed) = hints.typed {
        return typed_image(&containers, images, typed);
    }
    let of_workflow = hints.workflow.map(repository_of);
    let named_after_module = |container: &ManifestContainer<'_>| {
        let module = hints.module.unwrap_or_default();
        let rest = short_name(container.image.repository()).strip_prefix(module);
        let suffixes = ["", "-manager", "-operator", "-controller"];
        !module.is_empty() && rest.is_some_and(|rest| suffixes.contains(&rest))
    };
    // From what was said to what is usual.
    let subsets: [&dyn Fn(&ManifestContainer<'_>) -> bool; 5] = [
        &|container| of_workflow == Some(container.image.repository()),
        &|container| hints.object == Some((container.kind, container.workload)),
        &named_after_module,
        &|_| true,
        &|container| {
            let name = container.workload;
            name == MANAGER || name.ends_with("-manager") || name.ends_with("-operator")
        },
    ];
    let found = subsets.iter().find_map(|is_in| {
        let subset: Vec<_> = containers.iter().filter(|one| is_in(one)).collect();
        main_container(&subset)
    });
    match found {
        Some(container) => Ok(FoundManager {
            place: container.place(),
            image: container.image.clone(),
        }),
        None => Err(not_clear(&containers, images)),
    }
}

/// The container of a subset that has the only image, or the only one among the main containers of the pods.
fn main_container<'c, 'a>(
    subset: &[&'c ManifestContainer<'a>],
) -> Option<&'c ManifestContainer<'a>> {
    let main: [&dyn Fn(&ManifestContainer<'_>) -> bool; 3] =
        [&|_| true, &|container| container.is_default, &|container| {
            container.name == MANAGER
        }];
    main.iter().find_map(|is_main| {
        let mut containers = subset.iter().filter(|one| is_main(one));
        let first = containers.next()?;
        containers
            .all(|other| other.image.text == first.image.text)
            .then_some(*first)
    })
}

fn typed_image(
    containers: &[ManifestContainer<'_>],
    images: &[ImageName],
    typed: &str,
) -> Result<FoundManager, Diagnostic> {
    let is = |image: &&ImageName| {
        let repository = image.repository();
        image.text == typed || repository == typed || short_name(repository) == typed
    };
    let exact = images.iter().find(|image| image.text == typed);
    let mut named = images.iter().filter(is);
    let image = match (exact, named.next(), named.next()) {
        (Some(image), ..) | (None, Some(image), None) => image,
        (None, Some(_), Some(_)) => {
            return Err(refused(
                containers,
                images,
                format!("image {typed:?} is more than one of the manifest's images"),
            ));
        }
        (None, None, _) => {
            return Err(refused(
                containers,
                images,
                format!("image {typed:?} is none of the manifest's images"),
            ));
        }
    };
    let mut places = containers.iter().filter(|one| one.image == *image);
    let place = places.next().map(ManifestContainer::place);
    Ok(FoundManager {
        image: image.clone(),
        place: place.unwrap_or_default(),
    })
}

fn not_clear(containers: &[ManifestContainer<'_>], images: &[ImageName]) -> Diagnostic {
    if images.is_empty() {
        return Diagnostic::error(
            Code::InputMissing,
            "the manifest runs no image, so that it has no manager",
            "render it with the manager's Deployment; for a module without one: --image none",
        );
    }
    let seen = format!(
        "the manifest runs {} images, and it is not clear which one is the manager's",
        images.len()
    );
    Diagnostic {
        code: Code::InputMissing,
        ..refused(containers, images, seen)
    }
}

/// With the images that can be named: those of containers, or else all.
fn refused(containers: &[ManifestContainer<'_>], images: &[ImageName], seen: String) -> Diagnostic {
    let mut known = BTreeSet::new();
    let of_containers = containers.iter().filter_map(|container| {
        let image = container.image.text.as_str();
        let option = || format!("--image {image}  ({})", container.place());
        known.insert(image).then(option)
    });
    let mut options: Vec<String> = of_containers.collect();
    if options.is_empty() {
        options = images
            .iter()
            .map(|image| format!("--image {}", image.text))
            .collect();
    }
    let help = if options.is_empty() {
        "leave --image out: the manifest runs no image".to_owned()
    } else {
        format!("name it as one of\n{}", options.join("\n"))
    };
    Diagnostic::error(Code::ChoiceInvalid, seen, help)
}

fn containers(documents: &[YamlDocument]) -> Vec<ManifestContainer<'_>> {
    let mut objects = Vec::new();
    for document in documents {
        collect_objects(&document.value, &mut objects);
    }
    objects
        .into_iter()
        .filter_map(|object| {
            let kind = text(object, "/kind");
            let kind = WORKLOADS.into_iter().find(|known| *known == kind)?;
            Some((kind, object))
        })
        .flat_map(|(kind, object)| {
            let default = object
                .pointer("/spec/template/metadata/annotations")
                .and_then(|annotations| annotations.get(DEFAULT_CONTAINER));
            let containers = object.pointer("/spec/template/spec/containers");
            let containers = containers.and_then(Value::as_array).into_iter().flatten();
            containers.filter_map(move |container| {
                let name = text(container, "/name");
                Some(ManifestContainer {
                    kind,
                    workload: text(object, "/metadata/name"),
                    name,
                    is_default: default.and_then(Value::as_str) == Some(name),
                    image: ImageName::parse(text(container, "/image"))?,
                })
            })
        })
        .collect()
}

/// The objects of a document, those in lists too. The reader of YAML limits the depth.
fn collect_objects<'v>(value: &'v Value, objects: &mut Vec<&'v Value>) {
    match value.get("items").and_then(Value::as_array) {
        Some(items) => items.iter().for_each(|item| collect_objects(item, objects)),
        None => objects.push(value),
    }
}

fn text<'v>(object: &'v Value, pointer: &str) -> &'v str {
    let value = object.pointer(pointer).and_then(Value::as_str);
    value.unwrap_or_default()
}

/// An image's name without tag and digest, whatever placeholders these have.
pub(super) fn repository_of(image: &str) -> &str {
    let name = image.split('@').next().unwrap_or(image);
    let last = name.rfind('/').map_or(0, |at| at + 1);
    let colon = name.get(last..).and_then(|last| last.find(':'));
    colon.and_then(|at| name.get(..last + at)).unwrap_or(name)
}

/// The last part of a path.
pub(super) fn short_name(repository: &str) -> &str {
    repository.rsplit('/').next().unwrap_or(repository)
}

/// Where the text names exactly this image: in an `image`, in the `value` of a variable or in the `reference` of a volume.
/// Definitions of custom resources name none.
///
/// # Errors
///
/// If an image is written in a way that it cannot be replaced alone, such as over two lines.
pub(super) fn places_of(
    text: &str,
    documents: &[YamlDocument],
    image: &ImageName,
) -> Result<Vec<Range<usize>>, ocm_module::Diagnostic> {
    let mut ranges = Vec::new();
    for document in documents {
        let mut search = ImageSearch {
            image,
            path: Vec::new(),
            found: Vec::new(),
        };
        search.visit(&document.value);
        for path in search.found {
            let Some(end) = document.end_of(text, &path, &image.text) else {
                let unclear = ocm_module::Diagnostic::error(
                    ocm_module::FormatCode::ImagePinUnclear,
                    format!(
                        "{} cannot be replaced here by the release's image",
                        image.text
                    ),
                    "write the image in one line, without escapes",
                );
                return Err(unclear.at("", Some(document.position(&path))));
            };
            ranges.push(end.saturating_sub(image.text.len())..end);
        }
    }
    // What an alias repeats is written once.
    ranges.sort_by_key(|range| range.start);
    ranges.dedup();
    Ok(ranges)
}

struct ImageSearch<'s> {
    image: &'s ImageName,
    path: Vec<PathStep>,
    found: Vec<Vec<PathStep>>,
}

impl ImageSearch<'_> {
    /// The reader of YAML limits the depth.
    fn visit(&mut self, value: &Value) {
        match value {
            Value::Object(map) => {
                if text(value, "/kind") == "CustomResourceDefinition" {
                    return;
                }
                for (key, value) in map {
                    self.path.push(PathStep::Key(key.clone()));
                    if value.as_str() == Some(&self.image.text) && self.names_image(key) {
                        self.found.push(self.path.clone());
                    }
                    self.visit(value);
                    self.path.pop();
                }
            }
            Value::Array(items) => {
                for (nth, value) in items.iter().enumerate() {
                    self.path.push(PathStep::Index(nth));
                    self.visit(value);
                    self.path.pop();
                }
            }
            _ => {}
        }
    }

    /// A value that has neither tag nor digest may be any word.
    fn names_image(&self, key: &str) -> bool {
        let is_versioned = self.image.tag().is_some() || self.image.digest().is_some();
        key == "image" || is_versioned && matches!(key, "value" | "reference")
    }
}
