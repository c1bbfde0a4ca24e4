//! GitHub's state as plain data: repositories, git objects, releases, checks, issues, tokens.

mod app;
mod attestations;
mod blobs;
mod releases;
mod seed;
mod token;
mod world;

pub use app::{StoredApp, StoredInstallation};
pub use attestations::StoredAttestation;
pub(crate) use releases::untagged_name;
pub(crate) use token::Right;
pub use token::{Level, Rights, Token, TokenKind};
pub(crate) use world::ObjectKind;
pub use world::{
    CheckRun, Commit, Enforcement, GitHubWorld, GitRepository, Issue, Pull, Rule, Sha, StoredAsset,
    StoredComment, StoredJob, StoredMilestone, StoredRelease, StoredRun, StoredStatus, StoredTag,
};
