//! The changes that a phase may ask for: data, until the engine carries them out.

use std::fmt;
use std::path::PathBuf;

use bytes::Bytes;

use crate::domain::{AssetName, CommitSha, Digest, ImageRef, ImageRepository, Lock, Tag};
use crate::protocol::{
    AssetId, Blob, CommentId, LocalFile, NewAttestation, NewDraft, NewLock, NewStatus, NewTag,
    Publication, PullRequestAction, ReleaseId, ReleaseKind,
};

/// The lock of a tag as a phase asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockRequest {
    pub lock: NewLock,
    /// The lock of an owner that has ended, where it is taken over.
    pub from: Option<Lock>,
    /// Distinguishes requests of one process: one that lost against another owner may be sent again.
    pub attempt: u32,
    /// The purpose of the lock.
    pub purpose: String,
}

/// A layer of a module image, and the path of the file in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerFile {
    pub layer: Digest,
    /// Of the layer, in bytes.
    pub size: u64,
    pub to: PathBuf,
}

/// One change. Two equal actions are the same change, which the engine never repeats without a read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    CreateDraft(NewDraft),
    CreateTag(NewTag),
    /// Sets the text of a draft; the tag goes along, since GitHub may otherwise rebind the draft.
    EditDraft {
        release: ReleaseId,
        tag: Tag,
        body: String,
    },
    UploadAsset {
        release: ReleaseId,
        name: AssetName,
        file: LocalFile,
    },
    RenameAsset {
        asset: AssetId,
        from: String,
        to: AssetName,
    },
    DeleteAsset {
        asset: AssetId,
        name: String,
        why: &'static str,
    },
    SaveBlob {
        repository: ImageRepository,
        digest: Digest,
        size: u64,
        to: PathBuf,
    },
    /// Uploads blobs side by side.
    PushBlobs {
        to: ImageRepository,
        blobs: Vec<Blob>,
    },
    PushManifest {
        to: ImageRef,
        media_type: String,
        bytes: Bytes,
    },
    WriteFile {
        to: PathBuf,
        bytes: Bytes,
    },
    /// Reads layers of a module image side by side, and writes the file in each.
    TakeFromLayers {
        repository: ImageRepository,
        files: Vec<LayerFile>,
    },
    MoveFile {
        from: PathBuf,
        to: PathBuf,
    },
    UnpackChart {
        archive: PathBuf,
        to: PathBuf,
    },
    RemoveFolder {
        folder: PathBuf,
    },
    SetStatus(NewStatus),
    /// Signs a statement, and stores its bundle at GitHub.
    Attest(NewAttestation),
    Publish(Publication),
    DeleteRelease {
        release: ReleaseId,
        tag: Tag,
        kind: ReleaseKind,
    },
    DeleteTag {
        tag: Tag,
        commit: CommitSha,
    },
    TakeLock(LockRequest),
    ReleaseLock {
        tag: Tag,
    },
    /// Writes a comment on an issue or a pull request.
    CreateComment {
        issue: u64,
        body: String,
    },
    EditComment {
        issue: u64,
        comment: CommentId,
        body: String,
    },
    DeleteComment {
        issue: u64,
        comment: CommentId,
    },
    /// Something in the repository in which a change is proposed.
    PullRequest(PullRequestAction),
}

impl Action {
    /// Whether it only concerns the lock, and nothing of the release.
    pub fn is_lock(&self) -> bool {
        matches!(self, Self::TakeLock(_) | Self::ReleaseLock { .. })
    }

    /// Whether it cannot be undone.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Publish(_))
    }

    /// Whether it changes nothing but files of the working folder. Such an action leaves nothing behind when it is dropped
    /// half-way.
    pub fn is_local(&self) -> bool {
        matches!(
            self,
            Self::SaveBlob { .. }
                | Self::WriteFile { .. }
                | Self::TakeFromLayers { .. }
                | Self::MoveFile { .. }
                | Self::UnpackChart { .. }
                | Self::RemoveFolder { .. }
        )
    }
}

impl Action {
    /// The sentence of an action on a comment.
    fn about_comment(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateComment { issue, .. } => write!(f, "comment on #{issue}"),
            Self::EditComment { issue, comment, .. } => {
                write!(f, "edit our comment on #{issue} (id {comment})")
            }
            Self::DeleteComment { issue, comment } => {
                write!(f, "delete our second comment on #{issue} (id {comment})")
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateDraft(draft) => {
                write!(
                    f,
                    "create the draft release {} at {}",
                    draft.tag,
                    draft.target.short()
                )
            }
            Self::CreateTag(NewTag {
                tag,
                commit,
                message,
            }) => {
                let kind = message.as_ref().map_or("", |_| "annotated ");
                write!(f, "create the {kind}tag {tag} at {}", commit.short())
            }
            Self::EditDraft { tag, .. } => {
                write!(f, "set the text of the draft release {tag}")
            }
            Self::UploadAsset { name, file, .. } => {
                write!(f, "upload {name} ({} bytes)", file.size)
            }
            Self::RenameAsset { from, to, .. } => write!(f, "rename the asset {from} to {to}"),
            Self::DeleteAsset { name, why, .. } => write!(f, "delete the asset {name}, {why}"),
            Self::SaveBlob {
                digest, size, to, ..
            } => {
                write!(
                    f,
                    "save {} ({size} bytes) as {}",
                    digest.short(),
                    to.display()
                )
            }
            Self::PushBlobs { blobs, .. } => about_blobs(blobs, f),
            Self::PushManifest { to, .. } => write!(f, "push the manifest {to}"),
            Self::WriteFile { to, bytes } => {
                write!(f, "write {} ({} bytes)", to.display(), bytes.len())
            }
            Self::TakeFromLayers { files, .. } => {
                for (nth, file) in files.iter().enumerate() {
                    let LayerFile { layer, size, to } = file;
                    let begin = if nth == 0 { "take" } else { ", and" };
                    let (to, layer) = (to.display(), layer.short());
                    write!(f, "{begin} {to} from the layer {layer} ({size} bytes)")?;
                }
                Ok(())
            }
            Self::MoveFile { from, to } => {
                write!(f, "move {} to {}", from.display(), to.display())
            }
            Self::UnpackChart { archive, to } => {
                write!(f, "unpack {} into {}", archive.display(), to.display())
            }
            Self::RemoveFolder { folder } => write!(f, "remove {}", folder.display()),
            Self::SetStatus(status) => {
                write!(
                    f,
                    "record {} of {} at {}",
                    status.state.as_str(),
                    status.context,
                    status.commit.short()
                )
            }
            Self::Attest(attestation) => {
                let (about, kind) = (attestation.subjects.len(), &attestation.predicate_type);
                write!(f, "sign a statement about {about} artifacts: {kind}")
            }
            Self::Publish(publication) => write!(f, "publish {}", publication.tag),
            Self::DeleteRelease { release, tag, kind } => {
                write!(f, "delete the {kind} release {tag} (id {release})")
            }
            Self::DeleteTag { tag, commit } => {
                write!(f, "delete the tag {tag} at {}", commit.short())
            }
            Self::TakeLock(LockRequest {
                lock: NewLock { tag, .. },
                from,
                purpose,
                ..
            }) => match from {
                None => write!(f, "take the lock of {tag}, to {purpose}"),
                Some(from) => write!(
                    f,
                    "take over the lock of {tag} from {}, which has ended, to {purpose}",
                    from.owner
                ),
            },
            Self::ReleaseLock { tag } => write!(f, "release the lock of {tag}"),
            Self::CreateComment { .. } | Self::EditComment { .. } | Self::DeleteComment { .. } => {
                self.about_comment(f)
            }
            Self::PullRequest(action) => action.fmt(f),
        }
    }
}

fn about_blobs(blobs: &[Blob], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (nth, blob) in blobs.iter().enumerate() {
        let begin = if nth == 0 { "" } else { ", and " };
        let (short, size) = (blob.digest.short(), blob.size);
        match &blob.mount_from {
            None => write!(f, "{begin}push the blob {short} ({size} bytes)")?,
            Some(from) => write!(
                f,
                "{begin}mount the blob {short} from {from}, or push it ({size} bytes)"
            )?,
        }
    }
    Ok(())
}
