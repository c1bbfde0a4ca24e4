//! Pods in the form of Kubernetes' API, as far as it is about their images
//! (<https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#PodStatus>).

use std::fmt;

use serde::Deserialize;

use crate::domain::{Code, Diagnostic};

/// The largest list that is read, in bytes. A pod takes 5 to 20 kB.
pub const LARGEST: u64 = 64 << 20;

/// All pods of a cluster.
#[derive(Debug, Deserialize)]
pub struct Pods {
    items: Vec<Pod>,
}

#[derive(Debug, Default, Deserialize)]
struct Pod {
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    spec: Spec,
    #[serde(default)]
    status: PodStatus,
}

#[derive(Debug, Default, Deserialize)]
struct Metadata {
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    name: String,
}

/// The desired state.
#[derive(Debug, Default, Deserialize)]
struct Spec {
    #[serde(rename = "initContainers")]
    init: Option<Vec<ContainerSpec>>,
    #[serde(rename = "containers")]
    usual: Option<Vec<ContainerSpec>>,
    #[serde(rename = "ephemeralContainers")]
    ephemeral: Option<Vec<ContainerSpec>>,
}

#[derive(Debug, Deserialize)]
struct ContainerSpec {
    #[serde(default)]
    name: String,
    #[serde(default)]
    image: String,
}

/// The state that the node reports.
#[derive(Debug, Default, Deserialize)]
struct PodStatus {
    #[serde(rename = "initContainerStatuses")]
    init: Option<Vec<ContainerStatus>>,
    #[serde(rename = "containerStatuses")]
    usual: Option<Vec<ContainerStatus>>,
    #[serde(rename = "ephemeralContainerStatuses")]
    ephemeral: Option<Vec<ContainerStatus>>,
}

#[derive(Debug, Deserialize)]
struct ContainerStatus {
    #[serde(default)]
    name: String,
    #[serde(default)]
    image: String,
    #[serde(default, rename = "imageID")]
    image_id: String,
}

/// A container with a status. One without is not started by any node yet, and runs nothing.
pub(super) struct Container<'a> {
    pod: &'a Metadata,
    name: &'a str,
    /// The image in the pod's specification; empty where it has none.
    spec_image: &'a str,
    /// The image in the status: any of the names that the node has for it.
    image: &'a str,
    /// The image's digest, with or without repository; empty until the image is pulled.
    pub(super) image_id: &'a str,
}

impl Pods {
    /// Reads what `kubectl get pods --all-namespaces -o json` prints.
    ///
    /// # Errors
    ///
    /// The text is no list as JSON, or is larger than [`LARGEST`].
    pub fn from_json(json: &[u8]) -> Result<Self, Diagnostic> {
        let help = "pass what `kubectl get pods --all-namespaces -o json` prints";
        let invalid =
            |why: String| Diagnostic::error(Code::PodsUnreadable, format!("the pods {why}"), help);
        if json.len() as u64 > LARGEST {
            return Err(invalid(format!("are more than {LARGEST} bytes")));
        }
        serde_json::from_slice(json).map_err(|error| invalid(format!("cannot be read: {error}")))
    }

    /// The containers of every kind, init and ephemeral ones included.
    pub(super) fn containers(&self) -> impl Iterator<Item = Container<'_>> {
        self.items.iter().flat_map(|pod| {
            let PodStatus {
                init,
                usual,
                ephemeral,
            } = &pod.status;
            [init, usual, ephemeral]
                .into_iter()
                .flatten()
                .flatten()
                .map(|status| Container {
                    pod: &pod.metadata,
                    name: &status.name,
                    spec_image: pod.spec.image_of(&status.name),
                    image: &status.image,
                    image_id: &status.image_id,
                })
        })
    }
}

impl Spec {
    /// Names are unique over all containers of a pod.
    fn image_of(&self, container: &str) -> &str {
        [&self.init, &self.usual, &self.ephemeral]
            .into_iter()
            .flatten()
            .flatten()
            .find(|spec| spec.name == container)
            .map_or("", |spec| &spec.image)
    }
}

impl<'a> Container<'a> {
    /// The digest that the node reports. `imageID` is `repository@digest`, with a scheme in front of it or only the digest,
    /// depending on the container runtime.
    pub(super) fn digest(&self) -> &'a str {
        self.image_id.rsplit(['@', '/']).next().unwrap_or_default()
    }

    /// Every name of its image.
    pub(super) fn images(&self) -> impl Iterator<Item = &'a str> {
        [self.spec_image, self.image, self.image_id].into_iter()
    }

    /// The command that shows more.
    pub(super) fn describe(&self) -> String {
        let Metadata { namespace, name } = self.pod;
        format!("kubectl describe pod {name} --namespace {namespace}")
    }
}

impl fmt::Display for Container<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Metadata { namespace, name } = self.pod;
        write!(f, "the container {} of {namespace}/{name}", self.name)
    }
}

/// The repository of an image that is named by tag, by digest, by both or by none:
/// `docker-pullable://registry.example:5000/path:tag@sha256:…` is of `registry.example:5000/path`.
pub(super) fn repository(image: &str) -> &str {
    let name = image.split_once("://").map_or(image, |(_, name)| name);
    let name = name.split('@').next().unwrap_or(name);
    match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => name,
    }
}
