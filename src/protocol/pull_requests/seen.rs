//! What is seen of a repository, its commits and its pull requests. Titles, texts and messages are anybody's.

use crate::domain::{BranchName, CommitSha, ObjectId, RepoSlug};
use crate::protocol::CheckState;

/// The repository in which a change is proposed (<https://docs.github.com/en/rest/repos/repos#get-a-repository>). GitHub shows the
/// settings only to whoever may write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenTarget {
    pub slug: RepoSlug,
    pub default_branch: String,
    /// Whether GitHub itself deletes the branch of a pull request that was merged.
    pub deletes_merged_branches: Option<bool>,
    pub allows_auto_merge: Option<bool>,
}

/// A commit with its tree and its message (<https://docs.github.com/en/rest/git/commits#get-a-commit-object>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenRevision {
    pub commit: CommitSha,
    pub tree: ObjectId,
    /// In git's order: what it was merged into comes first.
    pub parents: Vec<CommitSha>,
    pub message: String,
}

/// What became of a pull request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PullRequestState {
    Open,
    /// Without being merged.
    Closed,
    Merged,
}

/// A pull request as a list has it (<https://docs.github.com/en/rest/pulls/pulls#list-pull-requests>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenProposal {
    pub number: u64,
    /// Its page.
    pub url: String,
    /// Whether the token of a workflow's job opened it, so that none of its workflows begins without an approval
    /// (<https://docs.github.com/en/actions/concepts/security/github_token>).
    pub is_of_job: bool,
    pub body: String,
    pub state: PullRequestState,
    /// The commit that was proposed last.
    pub head: CommitSha,
    /// The branch that it is to be merged into.
    pub base: BranchName,
    /// The commit that it was merged as.
    pub merge_commit: Option<CommitSha>,
}

/// GitHub's name of an object for GraphQL (<https://docs.github.com/en/graphql/guides/using-global-node-ids>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeId(pub String);

/// Whether git can merge it (<https://docs.github.com/en/graphql/reference/enums#mergeablestate>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mergeable {
    Yes,
    Conflicting,
    /// GitHub works it out, which takes a moment after each change.
    Unknown,
}

/// What the rules of the base branch say (<https://docs.github.com/en/graphql/reference/enums#mergestatestatus>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MergeStatus {
    /// The head must have what the base has, and has not.
    Behind,
    /// A rule is not fulfilled.
    Blocked,
    Clean,
    Dirty,
    Draft,
    /// As clean, on a GitHub Enterprise Server with pre-receive hooks.
    HasHooks,
    Unknown,
    /// As clean, with checks that did not succeed, or not yet, and that no rule requires.
    Unstable,
}

/// What the reviews say together (<https://docs.github.com/en/graphql/reference/enums#pullrequestreviewdecision>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewState {
    /// None are required.
    NotRequired,
    Approved,
    ChangesRequested,
    Required,
}

/// How many checks of a head are read.
pub const MOST_CHECKS: usize = 100;

/// A check of the head of a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenPullCheck {
    pub name: String,
    pub state: CheckState,
    /// By the rules of the base branch.
    pub is_required: bool,
}

/// The place in the merge queue of the base branch (<https://docs.github.com/en/graphql/reference/objects#mergequeueentry>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuePlace {
    /// Counted from 1.
    pub position: u64,
    /// In GitHub's words, such as `AWAITING_CHECKS`.
    pub state: String,
}

/// All that decides about the merge of a pull request (<https://docs.github.com/en/graphql/reference/objects#pullrequest>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenMergeState {
    pub node: NodeId,
    pub state: PullRequestState,
    pub head: CommitSha,
    pub is_draft: bool,
    pub mergeable: Mergeable,
    pub status: MergeStatus,
    pub review: ReviewState,
    /// Whether GitHub is to merge it as soon as nothing is in the way.
    pub has_auto_merge: bool,
    /// Whether the base branch is merged into by a queue only.
    pub has_queue: bool,
    pub queue: Option<QueuePlace>,
    /// The first [`MOST_CHECKS`].
    pub checks: Vec<SeenPullCheck>,
    pub merge_commit: Option<CommitSha>,
}
