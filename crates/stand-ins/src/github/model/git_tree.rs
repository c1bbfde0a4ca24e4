//! What a commit holds, and new objects.

use super::git_object::{
    CommittedFile, CommittedFiles, FOLDER, StoredObject, StoredSignature, object_id, tree, trees,
};
use super::world::{Commit, GitRepository, Sha};
use crate::text::stable_hex;
use std::collections::BTreeMap;
use std::sync::Arc;

const WORKFLOWS: &str = ".github/workflows/";

/// The end of what GitHub signs a commit with. It is no signature: clients read only that there is one.
const SIGNATURE: &str =
    "-----BEGIN PGP SIGNATURE-----\n\nc3RhbmQtaW4=\n-----END PGP SIGNATURE-----";

impl GitRepository {
    /// A blob or a tree. Those of [`GitRepository::files`] are made when they are asked for.
    pub(crate) fn git_object(&self, sha: &str) -> Option<StoredObject> {
        let stored = self.objects.get(sha).cloned();
        stored.or_else(|| self.seeded().1.remove(sha))
    }

    /// The root tree of [`GitRepository::files`], and all objects below it.
    fn seeded(&self) -> (Sha, BTreeMap<Sha, StoredObject>) {
        let mut objects = BTreeMap::new();
        let mut files = CommittedFiles::new();
        for (path, text) in &self.files {
            let sha = object_id("blob", text.as_bytes());
            let blob = StoredObject::Blob(text.as_bytes().into());
            objects.insert(sha.clone(), blob);
            let mode = "100644".to_owned();
            files.insert(path.clone(), CommittedFile { mode, sha });
        }
        let root = trees(&files, &mut objects);
        (root, objects)
    }

    /// The id of a commit's tree; a seeded commit has that of [`GitRepository::files`].
    pub(crate) fn tree_of(&self, commit: &str) -> Sha {
        match self.commits.get(commit) {
            Some(commit) if !commit.tree.is_empty() => commit.tree.clone(),
            _ => self.seeded().0,
        }
    }

    /// All files of a commit, in its folders too.
    pub(crate) fn files_at(&self, commit: &str) -> CommittedFiles {
        self.flat(&self.tree_of(commit)).unwrap_or_default()
    }

    /// All files of a tree; `None` where there is no such tree.
    pub(crate) fn flat(&self, tree: &str) -> Option<CommittedFiles> {
        let (_, seeded) = self.seeded();
        let mut files = CommittedFiles::new();
        let mut open = vec![(String::new(), tree.to_owned())];
        while let Some((inside, sha)) = open.pop() {
            let found = self.objects.get(&sha).or_else(|| seeded.get(&sha));
            let Some(StoredObject::Tree(entries)) = found else {
                return None;
            };
            for entry in entries {
                let path = format!("{inside}{}", entry.name);
                if entry.mode == FOLDER {
                    open.push((format!("{path}/"), entry.sha.clone()));
                } else {
                    let (mode, sha) = (entry.mode.clone(), entry.sha.clone());
                    files.insert(path, CommittedFile { mode, sha });
                }
            }
        }
        Some(files)
    }

    pub(crate) fn blob(&self, sha: &str) -> Option<Arc<[u8]>> {
        match self.git_object(sha)? {
            StoredObject::Blob(bytes) => Some(bytes),
            StoredObject::Tree(_) => None,
        }
    }

    /// The bytes of a file at a branch, a tag or a commit.
    pub fn file_at(&self, reference: &str, path: &str) -> Option<Vec<u8>> {
        let commit = self.resolve(reference)?;
        let files = self.files_at(&commit);
        self.blob(&files.get(path)?.sha).map(|bytes| bytes.to_vec())
    }

    pub(crate) fn store_blob(&mut self, bytes: &[u8]) -> Sha {
        let sha = object_id("blob", bytes);
        let blob = StoredObject::Blob(bytes.into());
        self.objects.insert(sha.clone(), blob);
        sha
    }

    /// The tree of these files, with all that is below it, as objects that stay when the seeded files change.
    pub(crate) fn store_files(&mut self, files: &CommittedFiles) -> Sha {
        let (_, seeded) = self.seeded();
        for file in files.values() {
            if let Some(blob) = seeded.get(&file.sha) {
                self.objects
                    .entry(file.sha.clone())
                    .or_insert_with(|| blob.clone());
            }
        }
        let root = trees(files, &mut self.objects);
        if files.is_empty() {
            let (sha, empty) = tree(Vec::new());
            self.objects.insert(sha, empty);
        }
        root
    }

    /// Stores a commit that has a tree, under git's own id.
    pub(crate) fn store_commit(&mut self, mut commit: Commit) -> Sha {
        commit.workflows = self.workflows_of(&commit);
        let sha = commit.git_id();
        self.commits.insert(sha.clone(), commit);
        sha
    }

    /// Those of the first parent while the files are the same, else a name of their own.
    fn workflows_of(&self, commit: &Commit) -> String {
        let below = |files: CommittedFiles| -> Vec<(String, CommittedFile)> {
            let files = files.into_iter();
            files
                .filter(|(path, _)| path.starts_with(WORKFLOWS))
                .collect()
        };
        let own = below(self.flat(&commit.tree).unwrap_or_default());
        let parent = commit.parents.first();
        if let Some((sha, parent)) = parent.and_then(|sha| Some((sha, self.commits.get(sha)?)))
            && below(self.files_at(sha)) == own
        {
            return parent.workflows.clone();
        }
        if own.is_empty() {
            return String::new();
        }
        stable_hex(&format!("{own:?}"), 40)
    }
}

impl Commit {
    /// The object without its signature, which is what a signature is made of.
    pub(crate) fn payload(&self) -> String {
        self.text("")
    }

    /// The signature of a commit that GitHub signed.
    pub(crate) fn signature(&self) -> Option<&'static str> {
        self.verified.then_some(SIGNATURE)
    }

    fn text(&self, signature: &str) -> String {
        let parents = self.parents.iter().map(|sha| format!("parent {sha}\n"));
        let parents = parents.collect::<Vec<_>>().concat();
        let person = |of: &StoredSignature| format!("{} <{}> {} +0000", of.name, of.email, of.date);
        let (author, committer) = (self.author(), self.committer());
        format!(
            "tree {}\n{parents}author {}\ncommitter {}\n{signature}\n{}",
            self.tree,
            person(&author),
            person(&committer),
            self.message
        )
    }

    pub(crate) fn git_id(&self) -> Sha {
        let signature = self.signature().map(|lines| {
            // Lines after the first one are continued by a space.
            format!("gpgsig {}\n", lines.replace('\n', "\n "))
        });
        let text = self.text(&signature.unwrap_or_default());
        object_id("commit", text.as_bytes())
    }
}
