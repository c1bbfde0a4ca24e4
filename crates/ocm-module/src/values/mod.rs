//! Values of the format. They are checked when they are parsed, so that a value is always valid.

mod commit;
mod component;
mod digest;
mod image;
mod module_form;
mod version;

pub use commit::CommitSha;
pub use component::{ComponentName, is_component_name, short_name};
pub use digest::{Digest, DigestHasher};
pub use image::{ImageRef, ImageRepository, ImageTag, PinnedImage};
pub use module_form::ModuleForm;
pub use version::Version;

/// Serialises a value as the text that it is parsed from.
macro_rules! serde_as_text {
    ($($type:ty),+) => {$(
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}
use serde_as_text;
