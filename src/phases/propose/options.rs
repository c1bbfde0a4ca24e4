//! What is to be proposed, where, and who merges it.

use std::path::PathBuf;

use ocm_module::yaml::YamlEdit;

use super::change::ProposedChange;
use super::scanned_file::ScannedFile;
use crate::domain::{BranchName, ChannelName, Code, CommitSha, Diagnostic, RepositoryPath, Tag};
use crate::plan::ProposalKind;
use crate::protocol::{FilesReader, ServiceError};
use crate::release::base_files::LARGEST_FILE;

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
    pub scanned: Vec<ScannedFile>,
    pub edits: Vec<ScalarChange>,
    pub merge: MergeMode,
    pub guard: MergeGuard,
}

impl ProposeOptions {
    /// The changes, in the order in which they are made: whole files, then what is set in files. The inner error is which files
    /// are missing.
    pub(super) async fn changes(
        &self,
        reader: &dyn FilesReader,
    ) -> Result<Result<Vec<ProposedChange>, Vec<Diagnostic>>, ServiceError> {
        let (mut changes, mut missing) = (Vec::new(), Vec::new());
        for file in &self.files {
            match reader.read(&file.from, LARGEST_FILE).await? {
                Some(bytes) => changes.push(ProposedChange::File {
                    path: file.to.clone(),
                    bytes,
                    is_executable: reader.is_executable(&file.from).await?,
                }),
                None => missing.push(file.missing()),
            }
        }
        changes.extend(self.scanned.iter().cloned().map(ProposedChange::Scanned));
        // Last, so that a value that is given by its path counts.
        changes.extend(self.edits.iter().map(|change| ProposedChange::Scalar {
            path: change.file.clone(),
            edit: change.edit.clone(),
        }));
        Ok(if missing.is_empty() {
            Ok(changes)
        } else {
            Err(missing)
        })
    }
}

/// A file of the working folder, and where it is to be in the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalChange {
    pub from: PathBuf,
    pub to: RepositoryPath,
}

impl LocalChange {
    fn missing(&self) -> Diagnostic {
        Diagnostic::error(
            Code::FileMissing,
            format!(
                "{} is not there, and {} is to have its bytes",
                self.from.display(),
                self.to
            ),
            "write it in a step before, or name another path in `files`",
        )
    }
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
