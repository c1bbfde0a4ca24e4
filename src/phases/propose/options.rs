//! What is to be proposed, where, and who merges it.

use std::path::PathBuf;

use ocm_module::yaml::YamlEdit;

use crate::domain::{BranchName, ChannelName, CommitSha, RepositoryPath, Tag};
use crate::plan::ProposalKind;

/// The inputs of `propose`.
#[derive(Clone, Debug)]
pub struct ProposeOptions {
    pub kind: ProposalKind,
    /// Of a promotion.
    pub channel: Option<ChannelName>,
    /// The tag of the release.
    pub tag: Tag,
    /// The branch that is proposed.
    pub head: BranchName,
    /// The branch that it is to be merged into; `None` is the default branch.
    pub base: Option<BranchName>,
    pub title: String,
    pub body: String,
    pub files: Vec<LocalChange>,
    pub edits: Vec<ScalarChange>,
    pub merge: MergeMode,
    pub guard: MergeGuard,
}

/// A file of the working folder, and where it is to be in the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalChange {
    pub from: PathBuf,
    pub to: RepositoryPath,
}

/// A value of a YAML file of the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScalarChange {
    pub file: RepositoryPath,
    pub edit: YamlEdit,
}

/// Who merges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MergeMode {
    /// Nobody is waited for.
    #[default]
    None,
    /// A person, or another program.
    Wait,
    /// This run, by squashing, once nothing is in the way.
    Squash,
    /// GitHub: by auto-merge, or by the merge queue where the base branch has one.
    Auto,
}

/// What else may have been merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MergeGuard {
    Anything,
    /// Nothing since this commit.
    OnlyOurs(CommitSha),
}
