//! What is to be changed, and what follows from it for the files of one commit. A kind of proposal with files of its own adds a
//! variant of [`ProposedChange`]: the paths that it needs to see, and the bytes that it makes of them.

use std::collections::BTreeMap;

use bytes::Bytes;
use ocm_module::yaml::{self, YamlEdit};

use super::module_change::ModuleChange;
use super::scanned_file::ScannedFile;
use crate::domain::{Code, Diagnostic, Digest, DigestHasher, EntryMode, ObjectId, RepositoryPath};
use crate::protocol::{FileChange, PullRequestReader, SeenRevision, ServiceError};
use crate::release::base_files::{BaseFiles, SeenAtPath};

/// One change, whatever it is based on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ProposedChange {
    /// A file with these bytes. One that exists keeps its mode.
    File {
        path: RepositoryPath,
        bytes: Bytes,
        is_executable: bool,
    },
    /// One scalar of a YAML file that is there.
    Scalar {
        path: RepositoryPath,
        edit: YamlEdit,
    },
    /// The images of the release in a file of the security scanners.
    Scanned(ScannedFile),
    /// A file of the repository of all modules.
    Module {
        path: RepositoryPath,
        change: ModuleChange,
    },
}

impl ProposedChange {
    /// The file that it changes.
    pub(super) fn path(&self) -> &RepositoryPath {
        match self {
            Self::File { path, .. } | Self::Scalar { path, .. } | Self::Module { path, .. } => path,
            Self::Scanned(file) => &file.path,
        }
    }

    /// The bytes that it makes of those before it, and the mode of a new file.
    fn apply(&self, before: Option<&Bytes>) -> Result<(Bytes, EntryMode), Diagnostic> {
        match self {
            Self::File {
                bytes,
                is_executable,
                ..
            } => {
                let mode = if *is_executable {
                    EntryMode::ExecutableFile
                } else {
                    EntryMode::File
                };
                Ok((bytes.clone(), mode))
            }
            Self::Scalar { path, edit } => {
                let before = before.ok_or_else(|| not_there(path))?;
                let edited = yaml::edit(before, &edit.path, &edit.value);
                let edited = edited.map_err(|error| error.diagnostic(path.as_str()).with_code())?;
                Ok((edited.into(), EntryMode::File))
            }
            Self::Scanned(file) => Ok((file.apply(before)?, EntryMode::File)),
            Self::Module { path, change } => Ok((change.apply(path, before)?, EntryMode::File)),
        }
    }

    /// Whether its result depends on the bytes before it.
    fn needs_content(&self) -> bool {
        match self {
            Self::File { .. } => false,
            Self::Scalar { .. } | Self::Scanned(_) | Self::Module { .. } => true,
        }
    }

    /// All that makes it another change, for the digest.
    fn parts(&self) -> Vec<Vec<u8>> {
        match self {
            Self::File {
                path,
                bytes,
                is_executable,
            } => {
                let mode = if *is_executable { "x" } else { "-" };
                vec![
                    text("file"),
                    text(path.as_str()),
                    text(mode),
                    bytes.to_vec(),
                ]
            }
            Self::Scalar { path, edit } => vec![
                text("scalar"),
                text(path.as_str()),
                text(&edit.path.to_string()),
                text(&edit.value),
            ],
            Self::Scanned(file) => {
                let mut parts = vec![text("scanned")];
                parts.extend(file.parts());
                parts
            }
            Self::Module { path, change } => {
                let mut parts = vec![text("module"), text(path.as_str())];
                parts.extend(change.parts());
                parts
            }
        }
    }
}

fn text(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

/// What the changes are together, whatever they are based on.
pub(super) fn digest(changes: &[ProposedChange]) -> Digest {
    let mut hasher = DigestHasher::default();
    for part in changes.iter().flat_map(ProposedChange::parts) {
        // With its length, so that no two lists of parts have the same bytes.
        hasher.update(&(part.len() as u64).to_be_bytes());
        hasher.update(&part);
    }
    hasher.finish()
}

/// The changes on top of one commit.
#[derive(Clone, Debug)]
pub(super) struct ChangeOnCommit {
    pub(super) on: SeenRevision,
    /// Only the files that differ.
    pub(super) files: Vec<FileChange>,
    /// The tree that a commit with these changes has.
    pub(super) tree: ObjectId,
    /// What the commit has at the paths of the changes.
    before: Vec<SeenAtPath>,
}

impl ChangeOnCommit {
    /// Reads what the changes need of a commit, and works them out. The inner error is why they cannot be made.
    ///
    /// # Errors
    ///
    /// As those of [`PullRequestReader`].
    pub(super) async fn see(
        target: &dyn PullRequestReader,
        on: SeenRevision,
        changes: &[ProposedChange],
    ) -> Result<Result<Self, Vec<Diagnostic>>, ServiceError> {
        let paths: Vec<_> = changes.iter().map(ProposedChange::path).collect();
        let mut base = BaseFiles::see(target, &on.tree, &paths).await?;
        for change in changes {
            let is_same = match (change, base.at(change.path())) {
                (ProposedChange::File { bytes, .. }, SeenAtPath::File(entry)) => {
                    entry.id == ObjectId::of_blob(bytes)
                }
                _ => false,
            };
            if change.needs_content() || !is_same {
                base.read(target, change.path()).await?;
            }
        }
        Ok(resolve(on, &base, changes))
    }

    /// The changes of these files, without any folder.
    #[cfg(test)]
    pub(super) fn example(on: SeenRevision, files: Vec<FileChange>) -> Self {
        Self {
            tree: on.tree.clone(),
            before: vec![],
            files,
            on,
        }
    }

    /// Whether the commit has them already.
    pub(super) fn is_nothing(&self) -> bool {
        self.files.is_empty()
    }

    /// Whether both commits have the same at the paths of the changes.
    pub(super) fn has_same_base(&self, other: &Self) -> bool {
        self.before == other.before
    }
}

/// The pure part of [`ChangeOnCommit::see`].
fn resolve(
    on: SeenRevision,
    base: &BaseFiles,
    changes: &[ProposedChange],
) -> Result<ChangeOnCommit, Vec<Diagnostic>> {
    let mut findings = Vec::new();
    // Several changes of one file are made one after the other.
    let mut results: BTreeMap<&RepositoryPath, (Bytes, EntryMode)> = BTreeMap::new();
    for change in changes {
        let path = change.path();
        let mode = match base.at(path) {
            SeenAtPath::Other(at) => {
                findings.push(occupied(path, &at, &on));
                continue;
            }
            SeenAtPath::File(entry) => Some(entry.mode),
            SeenAtPath::Nothing => None,
        };
        let before = results.get(path).map(|(bytes, _)| bytes);
        match change.apply(before.or_else(|| base.content(path))) {
            Err(finding) => findings.push(finding),
            Ok((bytes, new)) => {
                results.insert(path, (bytes, mode.unwrap_or(new)));
            }
        }
    }
    if !findings.is_empty() {
        return Err(findings);
    }
    let is_new = |path: &RepositoryPath, bytes: &Bytes| match base.at(path) {
        SeenAtPath::File(entry) => entry.id != ObjectId::of_blob(bytes),
        SeenAtPath::Nothing | SeenAtPath::Other(_) => true,
    };
    let files = results
        .into_iter()
        .filter(|(path, (bytes, _))| is_new(path, bytes))
        .map(|(path, (bytes, mode))| FileChange {
            path: path.clone(),
            bytes,
            mode,
            before: base.content(path).cloned(),
        });
    let files: Vec<_> = files.collect();
    Ok(ChangeOnCommit {
        tree: base.tree_with(&files),
        files,
        before: changes
            .iter()
            .map(|change| base.at(change.path()))
            .collect(),
        on,
    })
}

fn occupied(path: &RepositoryPath, at: &str, on: &SeenRevision) -> Diagnostic {
    let what = if at == path.as_str() {
        "is no file"
    } else {
        "is no folder"
    };
    Diagnostic::error(
        Code::RepositoryPathOccupied,
        format!(
            "{path} cannot be written: {at} {what} at {}",
            on.commit.short()
        ),
        format!(
            "name another path than {path}: a folder, a symbolic link and a submodule are not replaced"
        ),
    )
}

fn not_there(path: &RepositoryPath) -> Diagnostic {
    Diagnostic::error(
        Code::FileMissing,
        format!("{path} is not there, and `set` changes a value of a file that is"),
        format!("correct the path, or write the whole file with `files`: NEW-FILE={path}"),
    )
}
