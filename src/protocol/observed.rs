//! The values that are read from GitHub, registries and files, independent of the requests.

use std::fmt;
use std::path::PathBuf;

use crate::domain::{Diagnostic, Digest, RepoSlug};

/// A release's number on GitHub: unlike its tag it is unique, and it works for drafts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReleaseId(pub u64);

impl fmt::Display for ReleaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An asset's number on GitHub, unique over all releases of the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AssetId(pub u64);

impl fmt::Display for AssetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A repository on GitHub
/// (<https://docs.github.com/en/rest/repos/repos#get-a-repository>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenRepository {
    /// As GitHub spells it now; differs from what was asked for after a rename.
    pub slug: RepoSlug,
    pub default_branch: String,
    pub private: bool,
    /// Whether the token may push, if GitHub returns it (it does not for every kind of token).
    pub may_push: Option<bool>,
}

/// A release on GitHub, draft or published
/// (<https://docs.github.com/en/rest/releases/releases>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenRelease {
    pub id: ReleaseId,
    /// As GitHub has it: a draft's may be `untagged-…`.
    pub tag: String,
    pub name: String,
    pub body: String,
    /// A branch or a full commit hash; GitHub ignores it once the tag exists.
    pub target: String,
    pub draft: bool,
    pub prerelease: bool,
    /// `false` also where the server does not know immutable releases.
    pub immutable: bool,
    /// The page for people; of a draft it is a temporary one.
    pub url: String,
    /// In RFC 3339, as returned by GitHub.
    pub created_at: String,
    /// Every asset, also those that were never finished.
    pub assets: Vec<SeenAsset>,
}

impl SeenRelease {
    pub fn kind(&self) -> ReleaseKind {
        if self.draft {
            ReleaseKind::Draft
        } else {
            ReleaseKind::Published
        }
    }
}

/// Whether everyone can see a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleaseKind {
    Draft,
    Published,
}

impl fmt::Display for ReleaseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Draft => "draft",
            Self::Published => "published",
        })
    }
}

/// Which published releases count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountedReleases {
    All,
    /// Only those that GitHub does not show as prereleases.
    NoPrereleases,
}

/// An asset of a release
/// (<https://docs.github.com/en/rest/releases/assets>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenAsset {
    pub id: AssetId,
    pub name: String,
    pub state: AssetState,
    /// Bytes; of an unfinished asset what was announced, not what arrived.
    pub size: u64,
    /// Computed by GitHub; absent on old assets and for a while after an upload.
    pub digest: Option<Digest>,
    /// The public download URL, valid once the release is published and if the repository is public.
    pub download_url: String,
}

/// Whether all bytes of an asset have arrived (`state` in the API).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssetState {
    Uploaded,
    /// `starter`, or any state that is not `uploaded`: the bytes never arrived in full.
    Unfinished,
}

/// Release notes as GitHub generates them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notes {
    pub body: String,
}

/// A manifest as a registry answers for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenManifest {
    pub digest: Digest,
    pub media_type: String,
    /// In bytes, if the registry returns it.
    pub size: Option<u64>,
}

/// A file of the workspace with what its bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalFile {
    pub path: PathBuf,
    pub size: u64,
    pub digest: Digest,
}

/// A layer of a module image that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenLayer {
    /// Of the layer.
    pub digest: Digest,
    pub holds: LayerHolds,
}

/// What a layer of a module image holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LayerHolds {
    /// A text with this digest: the layer itself, or what is compressed or in a tar.
    File(Digest),
    /// A Helm chart in a tar.
    Chart,
    /// Nothing that can be used, and why.
    Nothing(Diagnostic),
}

/// An answer of GitHub, by the name that GitHub's support finds it under
/// (<https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api>, `X-GitHub-Request-Id`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenAnswer {
    /// Such as `GET /repos/kyma-project/btp-manager/releases`.
    pub request: String,
    pub status: u16,
    pub id: String,
}

/// A check run, a commit status or a workflow run at a commit, each under the newest of its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenCheck {
    /// The check run's or workflow's name, or the status' context.
    pub name: String,
    pub state: CheckState,
    /// The description of a status; `None` for check runs.
    pub description: Option<String>,
    /// The page with its log.
    pub url: Option<String>,
    pub times: CheckTimes,
}

/// When a check ran, in seconds since 1970, as far as GitHub tells. A commit status only has an end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CheckTimes {
    pub began: Option<u64>,
    pub ended: Option<u64>,
}

/// The state of a check
/// (<https://docs.github.com/en/rest/checks/runs>, `status` and `conclusion`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CheckState {
    /// Queued, waiting or running.
    Pending,
    Success,
    /// `neutral`: neither a success nor a failure.
    Neutral,
    Skipped,
    /// Anything else that is over: failed, cancelled, timed out, stale, action required.
    Failure,
}

impl fmt::Display for CheckState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pending => "pending",
            Self::Success => "success",
            Self::Neutral => "neutral",
            Self::Skipped => "skipped",
            Self::Failure => "failure",
        })
    }
}
