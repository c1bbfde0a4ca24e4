//! Pull requests, and the repository in which they are opened: what is seen of it, and what may be changed there.

mod change;
mod seen;

use std::collections::BTreeSet;

use async_trait::async_trait;
use bytes::Bytes;

use super::ServiceError;
use crate::domain::{BranchName, CommitSha, ObjectId, TreeEntry};

pub use change::{FileChange, NewMerge, NewPullRequest, NewRevision, PullRequestAction};
pub use seen::{
    MOST_CHECKS, MergeStatus, Mergeable, NodeId, PullRequestState, QueuePlace, ReviewState,
    SeenMergeState, SeenProposal, SeenPullCheck, SeenRevision, SeenTarget,
};

/// The repository in which a change is proposed, read-only. It need not be the one that is released.
///
/// # Errors
///
/// As those of [`super::GitHubReader`]: an answer that is not known.
#[async_trait]
pub trait PullRequestReader: Send + Sync {
    async fn target(&self) -> Result<SeenTarget, ServiceError>;
    /// The commit that a branch points at, as fresh as git itself.
    async fn head_of(&self, branch: &BranchName) -> Result<Option<CommitSha>, ServiceError>;
    /// A commit that exists. It is read once in a process.
    async fn revision(&self, commit: &CommitSha) -> Result<SeenRevision, ServiceError>;
    /// The entries of a folder that exists, all of them: together they have the id. It is read once in a process.
    async fn folder(&self, id: &ObjectId) -> Result<Vec<TreeEntry>, ServiceError>;
    /// The bytes of a file that exists, which have the id; refused beyond `limit` bytes. They are read once in a process.
    async fn blob(&self, id: &ObjectId, limit: u64) -> Result<Bytes, ServiceError>;
    /// The pull requests of a branch of this repository, whatever became of them, the newest first. The list may lag behind.
    async fn proposals(&self, head: &BranchName) -> Result<Vec<SeenProposal>, ServiceError>;
    /// What keeps a pull request from being merged.
    async fn merge_state(&self, number: u64) -> Result<SeenMergeState, ServiceError>;
    /// The names of the checks that the rules of a branch require of what is merged into it; `None` where they may not be read.
    async fn required_checks(
        &self,
        branch: &BranchName,
    ) -> Result<Option<BTreeSet<String>>, ServiceError>;
    /// Whether a commit is on a branch; both exist.
    async fn has_on_branch(
        &self,
        branch: &BranchName,
        commit: &CommitSha,
    ) -> Result<bool, ServiceError>;
    /// The commits that one commit has and another has not, as `4e4b9d4 Fix the probe`: the newest of them, and how many there are.
    async fn commits_between(
        &self,
        from: &CommitSha,
        to: &CommitSha,
    ) -> Result<(Vec<String>, u64), ServiceError>;
}

/// Changes of the repository in which a change is proposed. Each method sends one write, once.
#[async_trait]
pub trait PullRequestWriter: Send + Sync {
    /// Makes a branch point at a new commit. What the commit consists of is created before: without the branch it is no change,
    /// and nobody sees it. `Cause::Conflict` where the branch exists and was to be created, or is gone and was to be moved.
    async fn push(&self, revision: &NewRevision) -> Result<(), ServiceError>;
    /// `Cause::Conflict` where the branch has an open pull request.
    async fn open(&self, new: &NewPullRequest) -> Result<(), ServiceError>;
    async fn edit(&self, number: u64, title: &str, body: &str) -> Result<(), ServiceError>;
    /// Merges by squashing, if the head is still the one that was seen; `Cause::Conflict` if not.
    async fn merge(&self, merge: &NewMerge) -> Result<(), ServiceError>;
    /// Lets GitHub merge, by squashing, as soon as nothing is in the way.
    async fn merge_when_ready(&self, merge: &NewMerge) -> Result<(), ServiceError>;
    /// Adds a pull request to the merge queue of its base branch.
    async fn enqueue(&self, merge: &NewMerge) -> Result<(), ServiceError>;
    /// Succeeds as well when there is no such branch any more.
    async fn delete_branch(&self, branch: &BranchName) -> Result<(), ServiceError>;
}
