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
    /// Set as soon as somebody deletes the pod, long before it is gone.
    #[serde(rename = "deletionTimestamp")]
    deleted: Option<String>,
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
    volumes: Option<Vec<Volume>>,
}

#[derive(Debug, Deserialize)]
struct ContainerSpec {
    #[serde(default)]
    name: String,
    #[serde(default)]
    image: String,
}

#[derive(Debug, Deserialize)]
struct Volume {
    #[serde(default)]
    name: String,
    image: Option<ImageVolume>,
}

#[derive(Debug, Deserialize)]
struct ImageVolume {
    #[serde(default)]
    reference: String,
}

/// The state that the node reports.
#[derive(Debug, Default, Deserialize)]
struct PodStatus {
    #[serde(default)]
    phase: String,
    #[serde(rename = "initContainerStatuses")]
    init: Option<Vec<ContainerStatus>>,
    #[serde(rename = "containerStatuses")]
    usual: Option<Vec<ContainerStatus>>,
    #[serde(rename = "ephemeralContainerStatuses")]
    ephemeral: Option<Vec<ContainerStatus>>,
}

/// Its `image` is not read: it is any of the names that the node has for the same content.
#[derive(Debug, Deserialize)]
struct ContainerStatus {
    #[serde(default)]
    name: String,
    #[serde(default, rename = "imageID")]
    image_id: String,
    #[serde(rename = "volumeMounts")]
    mounts: Option<Vec<MountStatus>>,
}

#[derive(Debug, Deserialize)]
struct MountStatus {
    #[serde(default)]
    name: String,
    /// Since Kubernetes 1.35, behind the feature gate `ImageVolumeWithDigest`.
    #[serde(rename = "volumeStatus")]
    volume: Option<VolumeStatus>,
}

#[derive(Debug, Deserialize)]
struct VolumeStatus {
    image: Option<ImageVolumeStatus>,
}

#[derive(Debug, Deserialize)]
struct ImageVolumeStatus {
    #[serde(default, rename = "imageRef")]
    image_ref: String,
}

/// What a pod has an image for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A container of any kind, init and ephemeral ones included.
    Container,
    /// A volume with the files of an image.
    Volume,
}

/// One image of one pod.
pub(super) struct PodImage<'a> {
    pod: &'a Pod,
    pub(super) purpose: Purpose,
    /// The container's or the volume's.
    name: &'a str,
    /// The image in the pod's specification.
    pub(super) wanted: &'a str,
    /// The image's digest, with or without repository, as the node reports it; empty until the image is pulled.
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

    /// The images of all pods but those that are being deleted: after an upgrade, these still run the previous release.
    pub(super) fn images(&self) -> impl Iterator<Item = PodImage<'_>> {
        let staying = |pod: &&Pod| pod.metadata.deleted.is_none();
        self.items.iter().filter(staying).flat_map(Pod::images)
    }
}

impl Pod {
    fn images(&self) -> impl Iterator<Item = PodImage<'_>> {
        let Spec {
            init,
            usual,
            ephemeral,
            volumes,
        } = &self.spec;
        let containers = [init, usual, ephemeral].into_iter().flatten().flatten();
        let containers = containers.map(|container| PodImage {
            pod: self,
            purpose: Purpose::Container,
            name: &container.name,
            wanted: &container.image,
            image_id: self.status.image_id(&container.name),
        });
        let volumes = volumes.iter().flatten().filter_map(|volume| {
            Some(PodImage {
                pod: self,
                purpose: Purpose::Volume,
                name: &volume.name,
                wanted: &volume.image.as_ref()?.reference,
                image_id: self.status.volume_image(&volume.name),
            })
        });
        containers.chain(volumes)
    }
}

impl PodStatus {
    fn containers(&self) -> impl Iterator<Item = &ContainerStatus> {
        let kinds = [&self.init, &self.usual, &self.ephemeral];
        kinds.into_iter().flatten().flatten()
    }

    /// Names are unique over all containers of a pod.
    fn image_id(&self, container: &str) -> &str {
        self.containers()
            .find(|status| status.name == container)
            .map_or("", |status| &status.image_id)
    }

    fn volume_image(&self, volume: &str) -> &str {
        self.containers()
            .flat_map(|status| status.mounts.iter().flatten())
            .filter(|mount| mount.name == volume)
            .find_map(|mount| mount.volume.as_ref()?.image.as_ref())
            .map_or("", |image| &image.image_ref)
    }
}

impl<'a> PodImage<'a> {
    /// The digest that the node reports. `imageID` is `repository@digest`, with a scheme in front of it or only the digest,
    /// depending on the container runtime.
    pub(super) fn digest(&self) -> &'a str {
        self.image_id.rsplit(['@', '/']).next().unwrap_or_default()
    }

    /// Whether the node names the image by another repository than the pod's specification does.
    pub(super) fn is_reported_by_another_name(&self) -> bool {
        let name = self
            .image_id
            .split_once("://")
            .map_or(self.image_id, |(_, name)| name);
        name.contains('@') && repository(name) != repository(self.wanted)
    }

    /// The digest in the pod's specification, if it names one.
    pub(super) fn wanted_digest(&self) -> Option<&'a str> {
        Some(self.wanted.split_once('@')?.1)
    }

    /// Whether the pod has ended, so that a container without an image never gets one.
    pub(super) fn has_ended(&self) -> bool {
        matches!(self.pod.status.phase.as_str(), "Succeeded" | "Failed")
    }

    /// The command that shows more.
    pub(super) fn describe(&self) -> String {
        let Metadata {
            namespace, name, ..
        } = &self.pod.metadata;
        format!("kubectl describe pod {name} --namespace {namespace}")
    }
}

impl fmt::Display for PodImage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.purpose {
            Purpose::Container => "container",
            Purpose::Volume => "image volume",
        };
        let Metadata {
            namespace, name, ..
        } = &self.pod.metadata;
        write!(f, "the {what} {} of {namespace}/{name}", self.name)
    }
}

/// The repository of an image that is named by tag, by digest, by both or by none, with the parts that may be left out:
/// `registry.example:5000/path:tag@sha256:…` is of `registry.example:5000/path`, and `nginx` of `docker.io/library/nginx`.
///
/// The rules are those of container runtimes (<https://pkg.go.dev/github.com/distribution/reference#ParseNormalizedNamed>).
pub(super) fn repository(image: &str) -> String {
    let name = image.split('@').next().unwrap_or(image);
    let name = match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => name,
    };
    let is_registry = |part: &str| part.contains(['.', ':']) || part == "localhost";
    match name.split_once('/') {
        Some(("docker.io" | "index.docker.io", path)) => docker_hub(path),
        Some((first, _)) if is_registry(first) => name.to_owned(),
        _ => docker_hub(name),
    }
}

/// Docker Hub's own images are in `library`.
fn docker_hub(path: &str) -> String {
    if path.contains('/') {
        format!("docker.io/{path}")
    } else {
        format!("docker.io/library/{path}")
    }
}
