//! Pull requests: what is stored of them.
//! <https://docs.github.com/en/rest/pulls/pulls>

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A pull request, by number in [`GitRepository::pulls`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pull {
    pub title: String,
    pub body: String,
    pub login: String,
    pub labels: Vec<String>,
    /// `open` or `closed`.
    pub state: String,
    pub base: String,
    pub head: String,
    /// The tips as they were last seen while it was open. A seeded pull request has none.
    pub head_sha: String,
    pub base_sha: String,
    pub draft: bool,
    pub created_at: u64,
    pub updated_at: u64,
    pub closed_at: Option<u64>,
    pub merge_commit: Option<String>,
    pub merged_at: Option<u64>,
    pub merged_by: Option<String>,
    /// Oldest first.
    pub reviews: Vec<StoredReview>,
    /// Logins.
    pub requested_reviewers: Vec<String>,
    pub auto_merge: Option<StoredAutoMerge>,
    pub queue_entry: Option<StoredQueueEntry>,
    /// When its tips last moved, in milliseconds of the server's clock: whether it can be merged is known a while after.
    pub moved_at: u64,
    /// Comments on it, oldest first.
    pub comments: Vec<StoredComment>,
}

/// A comment on an issue or a pull request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredComment {
    /// Unique within the repository.
    pub id: u64,
    /// Who wrote it.
    pub login: String,
    pub body: String,
    pub created_at: u64,
    pub updated_at: u64,
}

/// A review. Of each person's the last one counts that is no comment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredReview {
    pub id: u64,
    pub login: String,
    /// `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED` or `DISMISSED`.
    pub state: String,
    pub body: String,
    /// The head that was reviewed.
    pub commit: String,
    pub submitted_at: u64,
}

/// A merge that happens once the requirements are met.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredAutoMerge {
    pub enabled_by: String,
    /// `merge`, `squash` or `rebase`.
    pub method: String,
    pub title: Option<String>,
    pub message: Option<String>,
    pub enabled_at: u64,
}

/// A place in the merge queue of the base branch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredQueueEntry {
    pub login: String,
    pub enqueued_at: u64,
    /// In milliseconds of the server's clock.
    pub since: u64,
}

/// The settings of a repository about merging.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredMergeSettings {
    /// The ways to merge that are allowed, of `merge`, `squash` and `rebase`.
    pub methods: BTreeSet<String>,
    /// Off as in a new repository.
    pub auto_merge: bool,
    pub delete_branch_on_merge: bool,
    /// *Allow GitHub Actions to create and approve pull requests*; off as in a new repository.
    pub actions_create_pulls: bool,
}

impl Default for StoredMergeSettings {
    fn default() -> StoredMergeSettings {
        StoredMergeSettings {
            methods: ["merge", "squash", "rebase"].map(str::to_owned).into(),
            auto_merge: false,
            delete_branch_on_merge: false,
            actions_create_pulls: false,
        }
    }
}

impl StoredMergeSettings {
    pub(crate) fn allows(&self, method: &str) -> bool {
        self.methods.contains(method)
    }
}
