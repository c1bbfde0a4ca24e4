//! Media types of the layers and manifests that make a component version.
//!
//! The first of each list is written; the others are those of older tools, which the OCM library still reads
//! (`ocm:api/ocm/extensions/repositories/genericocireg/componentmapping/constants.go`).

/// An image manifest of the OCI.
pub const IMAGE_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// An image index of the OCI.
pub const IMAGE_INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// What Docker's registry called them before the OCI did.
pub(crate) const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
pub(crate) const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";

/// Whether bytes of this type name other bytes, so that they are no blob.
pub(crate) fn is_document(media_type: &str) -> bool {
    [IMAGE_MANIFEST, IMAGE_INDEX, DOCKER_MANIFEST, DOCKER_LIST].contains(&media_type)
}

/// The config of a component version.
pub const COMPONENT_CONFIG: [&str; 3] = [
    "application/vnd.ocm.software.component.config.v1+json",
    "application/vnd.gardener.cloud.cnudie.component.config.v1+json",
    "application/vnd.oci.gardener.cloud.cnudie.component-descriptor-metadata.config.v2+json",
];

pub(crate) const DESCRIPTOR_TAR: [&str; 3] = [
    "application/vnd.ocm.software.component-descriptor.v2+yaml+tar",
    "application/vnd.gardener.cloud.cnudie.component-descriptor.v2+yaml+tar",
    "application/vnd.oci.gardener.cloud.cnudie.component-descriptor.config.v2+yaml+tar",
];

pub(crate) const DESCRIPTOR_PLAIN: [&str; 4] = [
    "application/vnd.ocm.software.component-descriptor.v2+yaml",
    "application/vnd.ocm.software.component-descriptor.v2+json",
    "application/vnd.gardener.cloud.cnudie.component-descriptor.v2+yaml",
    "application/vnd.gardener.cloud.cnudie.component-descriptor.v2+json",
];

/// Any bytes: plain layers.
pub const OCTET_STREAM: &str = "application/octet-stream";
/// A tar: layers that hold a file in it.
pub const TAR: &str = "application/x-tar";
