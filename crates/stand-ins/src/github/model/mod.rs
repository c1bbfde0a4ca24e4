//! GitHub's state as plain data: repositories, git objects, releases, checks, issues, tokens.

mod blobs;
mod releases;
mod seed;
mod token;
mod world;

pub(crate) use releases::untagged_name;
pub(crate) use token::Right;
pub use token::{Level, Rights, Token, TokenKind};
pub(crate) use world::ObjectKind;
pub use world::{
    CheckRun, Commit, GitHubWorld, GitRepository, Issue, Pull, Rule, Sha, StoredAsset, StoredJob,
    StoredMilestone, StoredRelease, StoredRun, StoredStatus, StoredTag,
};
