//! The files of a commit that a change touches, and the folders on the way to them.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::domain::{EntryMode, ObjectId, RepositoryPath, TreeEntry};
use crate::protocol::{FileChange, PullRequestReader, ServiceError};

/// The most bytes of a file that is changed or replaced.
pub(crate) const LARGEST_FILE: u64 = 1 << 20;

/// What a commit has at the paths of a change.
#[derive(Clone, Debug, Default)]
pub(crate) struct BaseFiles {
    /// The entries of each folder that was read, by its path; the root has none.
    folders: BTreeMap<String, Vec<TreeEntry>>,
    contents: BTreeMap<RepositoryPath, Bytes>,
}

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SeenAtPath {
    Nothing,
    File(TreeEntry),
    /// Something else, or something on the way that is no folder: its path.
    Other(String),
}

impl BaseFiles {
    /// Reads the folders on the way to each path.
    ///
    /// # Errors
    ///
    /// As those of [`PullRequestReader`].
    pub(crate) async fn see(
        target: &dyn PullRequestReader,
        tree: &ObjectId,
        paths: &[&RepositoryPath],
    ) -> Result<Self, ServiceError> {
        let mut files = Self::default();
        files
            .folders
            .insert(String::new(), target.folder(tree).await?);
        for path in paths {
            let (folder, _) = path.split();
            let ends = folder.match_indices('/').map(|(at, _)| at);
            let ends = ends.chain([folder.len()]).filter(|end| *end > 0);
            for end in ends {
                let on_the_way = folder.get(..end).unwrap_or_default();
                if files.folders.contains_key(on_the_way) {
                    continue;
                }
                let Some(entry) = files.entry(on_the_way) else {
                    break;
                };
                if entry.mode != EntryMode::Folder {
                    break;
                }
                let entries = target.folder(&entry.id.clone()).await?;
                files.folders.insert(on_the_way.to_owned(), entries);
            }
        }
        Ok(files)
    }

    /// Reads the bytes of a file, unless there is none.
    ///
    /// # Errors
    ///
    /// As those of [`PullRequestReader`].
    pub(crate) async fn read(
        &mut self,
        target: &dyn PullRequestReader,
        path: &RepositoryPath,
    ) -> Result<(), ServiceError> {
        if let SeenAtPath::File(entry) = self.at(path)
            && !self.contents.contains_key(path)
        {
            let bytes = target.blob(&entry.id, LARGEST_FILE).await;
            let bytes =
                bytes.map_err(|error| ServiceError::new(format!("read {path}"), error.cause))?;
            self.contents.insert(path.clone(), bytes);
        }
        Ok(())
    }

    pub(crate) fn at(&self, path: &RepositoryPath) -> SeenAtPath {
        let mut at = "";
        let whole = path.as_str();
        let ends = whole.match_indices('/').map(|(at, _)| at);
        for end in ends.chain([whole.len()]) {
            at = whole.get(..end).unwrap_or_default();
            match self.entry(at) {
                None => return SeenAtPath::Nothing,
                Some(entry) if at == whole && entry.mode.is_file() => {
                    return SeenAtPath::File(entry.clone());
                }
                Some(entry) if at != whole && entry.mode == EntryMode::Folder => {}
                Some(_) => break,
            }
        }
        SeenAtPath::Other(at.to_owned())
    }

    /// The bytes that were read of a file.
    pub(crate) fn content(&self, path: &RepositoryPath) -> Option<&Bytes> {
        self.contents.get(path)
    }

    /// The tree that these changes make.
    pub(crate) fn tree_with(&self, files: &[FileChange]) -> ObjectId {
        let files: Vec<_> = files
            .iter()
            .map(|file| (file.path.as_str(), file))
            .collect();
        self.folder_with("", &files)
    }

    /// The tree of a folder, with changes by their paths in it.
    fn folder_with(&self, folder: &str, files: &[(&str, &FileChange)]) -> ObjectId {
        let mut entries = self.folders.get(folder).cloned().unwrap_or_default();
        let mut below: BTreeMap<&str, Vec<(&str, &FileChange)>> = BTreeMap::new();
        for (path, file) in files {
            match path.split_once('/') {
                Some((name, rest)) => below.entry(name).or_default().push((rest, file)),
                None => put(
                    &mut entries,
                    path,
                    file.mode,
                    ObjectId::of_blob(&file.bytes),
                ),
            }
        }
        for (name, files) in below {
            let path = if folder.is_empty() {
                name.to_owned()
            } else {
                format!("{folder}/{name}")
            };
            let id = self.folder_with(&path, &files);
            put(&mut entries, name, EntryMode::Folder, id);
        }
        ObjectId::of_tree(&entries)
    }

    fn entry(&self, path: &str) -> Option<&TreeEntry> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let entries = self.folders.get(folder)?;
        entries.iter().find(|entry| entry.name == name)
    }
}

fn put(entries: &mut Vec<TreeEntry>, name: &str, mode: EntryMode, id: ObjectId) {
    entries.retain(|entry| entry.name != name);
    let name = name.to_owned();
    entries.push(TreeEntry { name, mode, id });
}
