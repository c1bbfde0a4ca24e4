//! GitHub's state as plain data: repositories, git objects, releases, checks, issues, tokens.

mod app;
mod attestations;
mod blobs;
mod git_object;
mod git_tree;
mod merging;
mod operator;
mod pulls;
mod releases;
mod requirements;
mod rule;
mod seed;
mod settling;
mod token;
mod world;

pub use app::{StoredApp, StoredInstallation};
pub use attestations::StoredAttestation;
pub(crate) use git_object::{CommittedFile, CommittedFiles, FOLDER, kind_of};
pub use git_object::{StoredObject, StoredSignature, StoredTreeEntry};
pub(crate) use merging::{MergeOrder, MergeVerdict, PullFile, signature, web};
pub use pulls::{
    Pull, StoredAutoMerge, StoredComment, StoredMergeSettings, StoredQueueEntry, StoredReview,
};
pub(crate) use releases::untagged_name;
pub(crate) use requirements::{CheckVerdict, UnmetRequirement};
pub use rule::{Enforcement, Rule, StoredReviewRule};
pub(crate) use token::Right;
pub use token::{Level, Rights, Token, TokenKind};
pub(crate) use world::ObjectKind;
pub use world::{
    CheckRun, Commit, GitHubWorld, GitRepository, Issue, Sha, StoredAsset, StoredJob,
    StoredMilestone, StoredRelease, StoredRun, StoredStatus, StoredTag,
};
