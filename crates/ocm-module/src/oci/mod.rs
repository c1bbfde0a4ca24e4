//! OCI images as a registry stores them: manifests, media types, image names, and where a component version lives.

mod component_registry;
mod image_name;
mod manifest;
pub mod media;

pub(crate) use component_registry::COMPONENT_FOLDER;
pub use component_registry::{ComponentRegistry, component_tag};
pub use image_name::ImageName;
pub use manifest::{
    ComponentConfig, ContentDescriptor, ImageDocument, ImageIndex, ImageManifest, IndexEntry,
    MAX_CONFIG, MAX_MANIFEST, Platform,
};
