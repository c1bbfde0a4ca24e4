//! Values of the release, parsed once at the door: whoever holds one need not check it again.

mod asset;
mod commit;
mod component;
mod deadline;
mod digest;
mod exit;
mod image;
mod jobs;
mod lock;
mod repo;
mod tag;
mod version;

pub use asset::AssetName;
pub use commit::CommitSha;
pub use component::ComponentName;
pub use deadline::{Deadline, Moment};
pub use digest::{Digest, DigestHasher};
pub use exit::Exit;
pub use image::{ImageRef, ImageTag, PinnedImage, Repository};
pub use jobs::JobResults;
pub use lock::{Lock, LockOwner, SeenLock};
pub use repo::RepoSlug;
pub use tag::{Tag, TagFormat};
pub use version::Version;

/// Why a text is not the value it should be: what was seen, what was wanted, and what to type instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} {seen:?} {why}")]
pub struct Invalid {
    /// Stable, kebab case; listed in `docs/errors.md`.
    pub code: &'static str,
    pub what: &'static str,
    pub seen: String,
    pub why: String,
    pub help: String,
}

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
