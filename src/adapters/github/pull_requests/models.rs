//! GitHub's JSON of repositories, pull requests and git's objects, as far as it is used.

use serde::{Deserialize, Serialize};

use crate::domain::{CommitSha, EntryMode, ObjectId, RepoSlug, TreeEntry};
use crate::protocol::{Cause, PullRequestState, SeenProposal, SeenRevision, SeenTarget};

/// What is not as GitHub documents it.
pub(super) fn broken(why: impl std::fmt::Display) -> Cause {
    Cause::Broken {
        detail: why.to_string(),
    }
}

/// <https://docs.github.com/en/rest/repos/repos#get-a-repository>
#[derive(Deserialize)]
pub(super) struct TargetRepository {
    full_name: String,
    default_branch: String,
    delete_branch_on_merge: Option<bool>,
    allow_auto_merge: Option<bool>,
}

impl TargetRepository {
    pub(super) fn seen(self) -> Result<SeenTarget, Cause> {
        Ok(SeenTarget {
            slug: self.full_name.parse().map_err(broken)?,
            default_branch: self.default_branch,
            deletes_merged_branches: self.delete_branch_on_merge,
            allows_auto_merge: self.allow_auto_merge,
        })
    }
}

#[derive(Deserialize)]
pub(super) struct ListedPullRequest {
    number: u64,
    html_url: String,
    /// None for an account that was deleted.
    user: Option<AccountName>,
    body: Option<String>,
    state: String,
    merged_at: Option<String>,
    merge_commit_sha: Option<String>,
    pub(super) head: PullRequestEnd,
    base: PullRequestEnd,
}

/// The branch of a pull request, or the one that it is to be merged into.
#[derive(Deserialize)]
pub(super) struct PullRequestEnd {
    #[serde(rename = "ref")]
    pub(super) name: String,
    sha: String,
    /// None for a repository that was deleted.
    repo: Option<RepositoryName>,
}

#[derive(Deserialize)]
struct AccountName {
    login: String,
}

/// Whoever acts with the token of a workflow's job.
const OF_JOBS: &str = "github-actions[bot]";

#[derive(Deserialize)]
struct RepositoryName {
    full_name: String,
}

impl ListedPullRequest {
    pub(super) fn is_of(&self, repository: &RepoSlug) -> bool {
        let own = self.head.repo.as_ref();
        let own = own.and_then(|repo| repo.full_name.parse::<RepoSlug>().ok());
        own.is_some_and(|own| own.is_same(repository))
    }

    pub(super) fn seen(self) -> Result<SeenProposal, Cause> {
        let is_merged = self.merged_at.is_some();
        let state = match self.state.as_str() {
            "open" => PullRequestState::Open,
            _ if is_merged => PullRequestState::Merged,
            _ => PullRequestState::Closed,
        };
        // While it is open, this is a commit that GitHub makes to try the merge.
        let merge_commit = self.merge_commit_sha.filter(|_| is_merged);
        let merge_commit = merge_commit.map(|sha| sha.parse().map_err(broken));
        Ok(SeenProposal {
            number: self.number,
            url: self.html_url,
            is_of_job: self.user.is_some_and(|user| user.login == OF_JOBS),
            body: self.body.unwrap_or_default(),
            state,
            head: self.head.sha.parse().map_err(broken)?,
            base: self.base.name.parse().map_err(broken)?,
            merge_commit: merge_commit.transpose()?,
        })
    }
}

#[derive(Serialize)]
pub(super) struct CreatePullRequest<'a> {
    pub(super) title: &'a str,
    pub(super) head: &'a str,
    pub(super) base: &'a str,
    pub(super) body: &'a str,
}

#[derive(Serialize)]
pub(super) struct EditPullRequest<'a> {
    pub(super) title: &'a str,
    pub(super) body: &'a str,
}

#[derive(Deserialize)]
pub(super) struct NumberedPullRequest {
    #[serde(rename = "number")]
    _number: u64,
}

/// <https://docs.github.com/en/rest/pulls/pulls#merge-a-pull-request>
#[derive(Serialize)]
pub(super) struct MergePullRequest<'a> {
    pub(super) sha: &'a str,
    pub(super) merge_method: &'static str,
}

#[derive(Deserialize)]
pub(super) struct Merged {
    #[serde(rename = "sha")]
    _sha: String,
}

/// <https://docs.github.com/en/rest/commits/commits#compare-two-commits>: without pages, the first 250 commits, the oldest first.
#[derive(Deserialize)]
pub(super) struct ComparedCommits {
    pub(super) total_commits: u64,
    pub(super) commits: Vec<ComparedCommit>,
}

#[derive(Deserialize)]
pub(super) struct ComparedCommit {
    sha: String,
    commit: CommitMessage,
}

#[derive(Deserialize)]
struct CommitMessage {
    message: String,
}

impl ComparedCommit {
    /// Such as `4e4b9d4 Fix the probe`.
    pub(super) fn line(&self) -> String {
        let subject = self.commit.message.lines().next().unwrap_or_default();
        format!("{} {subject}", self.sha.get(..7).unwrap_or(&self.sha))
    }
}

/// <https://docs.github.com/en/rest/git/commits#get-a-commit-object>
#[derive(Deserialize)]
pub(super) struct CommitObject {
    sha: String,
    message: String,
    tree: ObjectSha,
    #[serde(default)]
    parents: Vec<ObjectSha>,
}

#[derive(Deserialize)]
pub(super) struct ObjectSha {
    pub(super) sha: String,
}

impl CommitObject {
    pub(super) fn seen(self) -> Result<SeenRevision, Cause> {
        let parents = self.parents.iter().map(|parent| parent.sha.parse());
        Ok(SeenRevision {
            commit: self.sha.parse().map_err(broken)?,
            tree: self.tree.sha.parse().map_err(broken)?,
            parents: parents
                .collect::<Result<Vec<CommitSha>, _>>()
                .map_err(broken)?,
            message: self.message,
        })
    }
}

/// <https://docs.github.com/en/rest/git/trees#get-a-tree>
#[derive(Deserialize)]
pub(super) struct TreeObject {
    tree: Vec<TreeObjectEntry>,
    #[serde(default)]
    pub(super) truncated: bool,
}

#[derive(Deserialize)]
struct TreeObjectEntry {
    path: String,
    mode: String,
    sha: String,
}

impl TreeObject {
    pub(super) fn seen(self) -> Result<Vec<TreeEntry>, Cause> {
        let entry = |entry: TreeObjectEntry| {
            let mode = EntryMode::from_api(&entry.mode)
                .ok_or_else(|| broken(format!("{} has the mode {}", entry.path, entry.mode)))?;
            let id: ObjectId = entry.sha.parse().map_err(broken)?;
            let name = entry.path;
            Ok(TreeEntry { name, mode, id })
        };
        self.tree.into_iter().map(entry).collect()
    }
}

/// <https://docs.github.com/en/rest/git/blobs#get-a-blob>
#[derive(Deserialize)]
pub(super) struct BlobObject {
    /// In base64, with line ends.
    pub(super) content: String,
    pub(super) encoding: String,
    pub(super) size: u64,
}

#[derive(Serialize)]
pub(super) struct CreateBlob<'a> {
    pub(super) content: &'a str,
    pub(super) encoding: &'static str,
}

#[derive(Serialize)]
pub(super) struct CreateTree<'a> {
    pub(super) base_tree: &'a str,
    pub(super) tree: Vec<NewTreeEntry<'a>>,
}

#[derive(Serialize)]
pub(super) struct NewTreeEntry<'a> {
    pub(super) path: &'a str,
    pub(super) mode: &'static str,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) sha: String,
}

/// Without author and committer, which are then the token's: so GitHub signs a commit of an App
/// (<https://docs.github.com/en/authentication/managing-commit-signature-verification/about-commit-signature-verification#signature-verification-for-bots>).
#[derive(Serialize)]
pub(super) struct CreateCommit<'a> {
    pub(super) message: &'a str,
    pub(super) tree: &'a str,
    pub(super) parents: [&'a str; 1],
}
