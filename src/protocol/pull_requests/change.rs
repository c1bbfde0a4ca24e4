//! The changes that a phase may ask for in the repository in which it proposes something.

use std::fmt;

use bytes::Bytes;

use super::NodeId;
use crate::domain::{BranchName, CommitSha, EntryMode, ObjectId, RepositoryPath};

/// A file as it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    pub path: RepositoryPath,
    pub bytes: Bytes,
    pub mode: EntryMode,
    /// The bytes on the base branch; `None` for a new file. They are shown, and change nothing.
    pub before: Option<Bytes>,
}

/// A commit with one parent that a branch is to point at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRevision {
    pub branch: BranchName,
    /// The commit that the branch points at, where it exists. It is left behind, whatever it has.
    pub replaces: Option<CommitSha>,
    pub parent: CommitSha,
    /// The tree of the parent.
    pub parent_tree: ObjectId,
    /// The tree that the changes make of it.
    pub tree: ObjectId,
    pub files: Vec<FileChange>,
    pub message: String,
}

/// A pull request to open (<https://docs.github.com/en/rest/pulls/pulls#create-a-pull-request>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPullRequest {
    pub head: BranchName,
    pub base: BranchName,
    pub title: String,
    pub body: String,
}

/// A merge that is only wanted of the head that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMerge {
    pub number: u64,
    pub node: NodeId,
    pub head: CommitSha,
}

/// One change in the repository in which something is proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PullRequestAction {
    Push(NewRevision),
    Open(NewPullRequest),
    Edit {
        number: u64,
        title: String,
        body: String,
    },
    /// Merges at once, by squashing.
    Merge(NewMerge),
    /// Lets GitHub merge, as soon as nothing is in the way.
    MergeWhenReady(NewMerge),
    /// Lets the merge queue of the base branch merge.
    Enqueue(NewMerge),
    DeleteBranch {
        branch: BranchName,
        /// What it points at.
        head: CommitSha,
    },
}

impl fmt::Display for PullRequestAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Push(revision) => {
                let (branch, files) = (&revision.branch, revision.files.len());
                let parent = revision.parent.short();
                let files = if files == 1 {
                    "1 file".to_owned()
                } else {
                    format!("{files} files")
                };
                match &revision.replaces {
                    None => write!(
                        f,
                        "create the branch {branch} with a change of {files} on {parent}"
                    ),
                    Some(old) => write!(
                        f,
                        "move the branch {branch} from {} to a change of {files} on {parent}",
                        old.short()
                    ),
                }
            }
            Self::Open(new) => {
                write!(f, "open a pull request of {} into {}", new.head, new.base)
            }
            Self::Edit { number, .. } => write!(f, "edit the text of pull request #{number}"),
            Self::Merge(merge) => {
                write!(
                    f,
                    "merge pull request #{} at {}",
                    merge.number,
                    merge.head.short()
                )
            }
            Self::MergeWhenReady(merge) => {
                write!(f, "enable auto-merge for pull request #{}", merge.number)
            }
            Self::Enqueue(merge) => {
                write!(f, "add pull request #{} to the merge queue", merge.number)
            }
            Self::DeleteBranch { branch, .. } => write!(f, "delete the merged branch {branch}"),
        }
    }
}
