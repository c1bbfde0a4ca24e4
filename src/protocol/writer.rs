//! The write interfaces to GitHub, registries and files: only the engine has them.
//!
//! Every method sends its write once.
//!
//! # Errors
//!
//! Every method fails with a [`ServiceError`]. After [`Cause::Unknown`](super::Cause::Unknown) the write may have been
//! done or not, and the engine reads before it sends anything again.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use bytes::Bytes;

use super::{
    AssetId, ByteStream, CheckState, CommentId, LocalFile, PullRequestWriter, ReleaseId,
    ServiceError, Signer,
};
use crate::domain::{
    AssetName, CommitSha, Digest, ImageRef, ImageRepository, Lock, LockOwner, Tag,
};
use crate::plan::Wanted;

/// What the engine carries out actions with. Without it, a run is a dry run.
#[derive(Clone, Copy)]
pub struct Writer<'a> {
    pub github: &'a dyn GitHubWriter,
    pub target: &'a dyn PullRequestWriter,
    pub registry: &'a dyn RegistryWriter,
    pub files: &'a dyn FilesWriter,
    pub signer: &'a dyn Signer,
}

/// A draft release to create
/// (<https://docs.github.com/en/rest/releases/releases#create-a-release>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDraft {
    pub tag: Tag,
    /// Without it, publishing would tag the default branch should the tag have vanished.
    pub target: CommitSha,
    pub name: String,
    pub body: String,
    pub prerelease: bool,
}

/// A tag to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTag {
    pub tag: Tag,
    pub commit: CommitSha,
    /// Of an annotated tag; `None` for a lightweight one.
    pub message: Option<String>,
}

impl NewTag {
    /// The tag of a planned release.
    pub fn planned(wanted: &Wanted) -> Self {
        Self {
            tag: wanted.tag.clone(),
            commit: wanted.commit.clone(),
            message: wanted.tag_message.clone(),
        }
    }
}

/// The content of the one PATCH that sets the final text and publishes. The tag is always sent: without it GitHub may rebind
/// a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    pub release: ReleaseId,
    pub tag: Tag,
    pub body: String,
    pub prerelease: bool,
    pub make_latest: bool,
}

/// A commit status
/// (<https://docs.github.com/en/rest/commits/statuses#create-a-commit-status>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewStatus {
    pub commit: CommitSha,
    pub context: String,
    pub state: StatusState,
    /// At most 140 characters.
    pub description: String,
    pub url: Option<String>,
}

/// The two states of a commit status that are written here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusState {
    Success,
    Failure,
}

impl StatusState {
    /// As GitHub spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }
}

impl From<StatusState> for CheckState {
    fn from(state: StatusState) -> Self {
        match state {
            StatusState::Success => Self::Success,
            StatusState::Failure => Self::Failure,
        }
    }
}

/// A lock to take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLock {
    pub tag: Tag,
    /// The commit that the lock's tag object points to.
    pub commit: CommitSha,
    pub owner: LockOwner,
    pub claim: LockClaim,
}

/// Whether the lock is created or taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockClaim {
    /// There is no lock.
    CreateIfAbsent,
    /// Its owner has ended.
    TakeOver,
}

impl LockClaim {
    /// The claim against the lock of an owner that has ended, or against none.
    pub fn of(dead: Option<&Lock>) -> Self {
        match dead {
            Some(_) => Self::TakeOver,
            None => Self::CreateIfAbsent,
        }
    }
}

/// Changes of the repository that is released. Each method sends one write, once.
#[async_trait]
pub trait GitHubWriter: Send + Sync {
    async fn create_draft(&self, draft: &NewDraft) -> Result<ReleaseId, ServiceError>;
    /// Sets a draft's body. The tag goes along: without it GitHub may rebind the draft to `untagged-…`.
    async fn edit_draft(
        &self,
        release: ReleaseId,
        tag: &Tag,
        body: &str,
    ) -> Result<(), ServiceError>;
    /// Creates the tag if there is none; `Cause::Conflict` if it exists, at any commit. The object of an annotated tag is created
    /// before: without the tag it is no change, and nobody sees it.
    async fn create_tag(&self, tag: &NewTag) -> Result<(), ServiceError>;
    async fn upload_asset(
        &self,
        release: ReleaseId,
        name: &AssetName,
        file: &LocalFile,
    ) -> Result<AssetId, ServiceError>;
    async fn rename_asset(&self, asset: AssetId, name: &AssetName) -> Result<(), ServiceError>;
    /// Succeeds as well when the asset is already deleted; so do the other deletions.
    async fn delete_asset(&self, asset: AssetId) -> Result<(), ServiceError>;
    /// Sets a commit status; of one context, the newest counts.
    async fn set_status(&self, status: &NewStatus) -> Result<(), ServiceError>;
    async fn publish(&self, publication: &Publication) -> Result<(), ServiceError>;
    async fn delete_release(&self, release: ReleaseId) -> Result<(), ServiceError>;
    async fn delete_tag(&self, tag: &Tag) -> Result<(), ServiceError>;
    /// Takes the lock of a tag; `Cause::Conflict` where there is one that was to be created, or none that was to be taken
    /// over.
    async fn take_lock(&self, lock: &NewLock) -> Result<(), ServiceError>;
    async fn release_lock(&self, tag: &Tag) -> Result<(), ServiceError>;
    /// Writes a comment on an issue or a pull request.
    async fn create_comment(&self, issue: u64, body: &str) -> Result<CommentId, ServiceError>;
    /// `Cause::Conflict` where the comment was deleted meanwhile.
    async fn edit_comment(&self, comment: CommentId, body: &str) -> Result<(), ServiceError>;
    async fn delete_comment(&self, comment: CommentId) -> Result<(), ServiceError>;
    /// Stores a Sigstore bundle for each artifact that its statement names. GitHub keeps one that it has a second time.
    async fn store_attestation(&self, bundle: &Bytes) -> Result<(), ServiceError>;
}

/// Pushes to any OCI registry, and streams of blobs from it.
#[async_trait]
pub trait RegistryWriter: Send + Sync {
    /// A blob of any size as a stream that ends in an error unless it had exactly this size and digest. It carries on
    /// where it stopped when a connection breaks.
    fn open_blob(&self, repository: &ImageRepository, digest: Digest, size: u64) -> ByteStream;
    /// Uploads a blob, streamed where it comes from a file. Safe to repeat: a registry keeps a blob once.
    async fn push_blob(&self, to: &ImageRepository, blob: &Blob) -> Result<(), ServiceError>;
    /// Pushes a manifest under its digest or under a tag. Its blobs must exist before.
    async fn push_manifest(
        &self,
        to: &ImageRef,
        media_type: &str,
        bytes: Bytes,
    ) -> Result<(), ServiceError>;
}

/// A blob to push: what it is, and where its bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    pub digest: Digest,
    pub size: u64,
    pub bytes: BlobSource,
    /// A repository of the same registry that may hold the blob already, so that no bytes need to be sent.
    pub mount_from: Option<ImageRepository>,
}

/// Where the bytes of a blob are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlobSource {
    Memory(Bytes),
    File(PathBuf),
}

/// What an archive has to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchiveContent {
    /// Any files.
    Files,
    /// A Helm chart: a `Chart.yaml`, in its folder or the one below.
    Chart,
}

/// Changes of files below the working folder.
#[async_trait]
pub trait FilesWriter: Send + Sync {
    /// Writes a stream to a file, which appears under its name only when the stream has ended well.
    async fn save(&self, path: &Path, bytes: ByteStream) -> Result<(), ServiceError>;
    /// Writes a whole file, which appears under its name only when it is complete.
    async fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), ServiceError>;
    /// Writes the file that a layer of a module image holds, decompressed and taken out of its tar, while the layer's bytes
    /// come. It appears under its name only when the stream has ended well, which proves the layer's digest. For a layer
    /// without a file nothing is written; [`FilesReader::layer`](super::FilesReader::layer) then says what it holds.
    async fn take_from_layer(
        &self,
        layer: Digest,
        bytes: ByteStream,
        file: &Path,
    ) -> Result<(), ServiceError>;
    /// Gives a file another name, over whatever file has it.
    async fn rename(&self, from: &Path, to: &Path) -> Result<(), ServiceError>;
    /// Unpacks a tar or gzipped tar into a folder, which appears only when all of it has been unpacked. Nothing is ever
    /// written outside of it, and nothing beyond fixed limits.
    async fn unpack(
        &self,
        archive: &Path,
        folder: &Path,
        content: ArchiveContent,
    ) -> Result<(), ServiceError>;
    /// Removes a folder with its content, or a file; succeeds as well if it does not exist.
    async fn remove(&self, path: &Path) -> Result<(), ServiceError>;
}
