//! What the engine needs of the world, in our own words: looking and touching are kept apart.

mod clock;
mod error;
mod hands;
mod look;
mod runner;
mod seen;

pub use clock::{Clock, Interrupt};
pub use error::{Cause, PortError};
pub use hands::{
    Blob, BlobSource, FilesHands, GitHubHands, Hands, NewDraft, NewStatus, Publication,
    RegistryHands,
};
pub use look::{ByteStream, FilesLook, GitHubLook, Look, MOST_ANSWERS, RegistryLook};
pub use runner::Runner;
pub use seen::{
    AssetId, AssetState, CheckState, LocalFile, Notes, ReleaseId, SeenAnswer, SeenAsset, SeenCheck,
    SeenManifest, SeenRelease, SeenRepository,
};
