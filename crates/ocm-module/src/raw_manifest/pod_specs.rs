//! Where the objects of a manifest describe pods.
//!
//! A pod's specification is known by its shape: a map with a list of containers, at least one of which names an image
//! (Kubernetes' `core/v1.PodSpec`). Any object may hold some at any depth, so that workload kinds need not be known:
//! Deployments and cron jobs hold them as well as an Argo Rollout or an operator's own kind. Definitions of custom
//! resources hold none: what looks like one there is a part of a schema.

use serde_json::{Map, Value};

use super::crd::is_crd;
use super::objects::{ManifestObject, ObjectPlace};
use crate::yaml::PathStep;

/// The lists of containers in a pod's specification.
pub(super) const CONTAINERS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

/// The kinds of Kubernetes that hold pods: every `image` of their containers is one. In other kinds a map may look like a
/// pod and be none, such as a pattern in a policy.
const WORKLOADS: [&str; 9] = [
    "Pod",
    "PodTemplate",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "ReplicationController",
    "Job",
    "CronJob",
];

/// A pod's specification.
pub(super) struct PodSpec<'a> {
    pub(super) spec: &'a Map<String, Value>,
    pub(super) place: ObjectPlace,
    /// Whether it is certain that it is one.
    pub(super) of_workload: bool,
}

/// All that an object holds.
pub(super) fn pod_specs<'a>(object: &ManifestObject<'a>) -> Vec<PodSpec<'a>> {
    if is_crd(object) {
        return Vec::new();
    }
    let mut search = PodSearch {
        object,
        path: Vec::new(),
        found: Vec::new(),
    };
    search.visit(object.value);
    search.found
}

struct PodSearch<'s, 'a> {
    object: &'s ManifestObject<'a>,
    path: Vec<BorrowedStep<'a>>,
    found: Vec<PodSpec<'a>>,
}

/// One step of the path, borrowed: most paths lead to no pod.
enum BorrowedStep<'a> {
    Key(&'a str),
    Index(usize),
}

impl<'a> PodSearch<'_, 'a> {
    /// The reader of YAML limits the depth.
    fn visit(&mut self, value: &'a Value) {
        match value {
            Value::Object(spec) if has_containers(spec) => self.add(spec),
            Value::Object(map) => {
                for (key, value) in map {
                    self.path.push(BorrowedStep::Key(key));
                    self.visit(value);
                    self.path.pop();
                }
            }
            Value::Array(items) => {
                for (nth, value) in items.iter().enumerate() {
                    self.path.push(BorrowedStep::Index(nth));
                    self.visit(value);
                    self.path.pop();
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, spec: &'a Map<String, Value>) {
        let steps = self.path.iter().map(|step| match step {
            BorrowedStep::Key(key) => PathStep::Key((*key).to_owned()),
            BorrowedStep::Index(nth) => PathStep::Index(*nth),
        });
        let path: Vec<_> = steps.collect();
        self.found.push(PodSpec {
            spec,
            place: self.object.place.below(&path),
            of_workload: WORKLOADS.contains(&self.object.kind.as_ref()),
        });
    }
}

fn has_containers(spec: &Map<String, Value>) -> bool {
    CONTAINERS.iter().any(|list| {
        let containers = spec.get(*list).and_then(Value::as_array);
        containers.is_some_and(|containers| {
            let mut images = containers.iter().map(|container| container.get("image"));
            images.any(|image| image.is_some_and(Value::is_string))
        })
    })
}
