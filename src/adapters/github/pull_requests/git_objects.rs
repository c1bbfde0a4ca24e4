//! Git's objects (<https://docs.github.com/en/rest/git>): they never change, so that each is read once. What is read has to have the
//! id that it was asked for by.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::models::{
    BlobObject, CommitObject, CreateBlob, CreateCommit, CreateTree, NewTreeEntry, ObjectSha,
    TreeObject, broken,
};
use crate::adapters::github::client::success;
use crate::adapters::github::rate_limit::RequestKind;
use crate::adapters::github::{GitHub, failure};
use crate::domain::{CommitSha, ObjectId, TreeEntry};
use crate::protocol::{Cause, NewRevision, SeenRevision};

/// The objects that were read.
#[derive(Default)]
pub(in crate::adapters::github) struct GitObjects {
    commits: ObjectsById<CommitSha, SeenRevision>,
    trees: ObjectsById<ObjectId, Vec<TreeEntry>>,
    blobs: ObjectsById<ObjectId, Bytes>,
}

struct ObjectsById<K, V>(Mutex<HashMap<K, V>>);

impl<K, V> Default for ObjectsById<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: std::hash::Hash + Eq + Clone, V: Clone> ObjectsById<K, V> {
    fn get(&self, key: &K) -> Option<V> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(key).cloned()
    }

    fn put(&self, key: &K, value: V) -> V {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(key.clone(), value.clone());
        value
    }
}

impl GitHub {
    pub(super) async fn git_commit(&self, commit: &CommitSha) -> Result<SeenRevision, Cause> {
        if let Some(known) = self.objects.commits.get(commit) {
            return Ok(known);
        }
        let object: CommitObject = self.git_object("commits", commit.as_str()).await?;
        let seen = object.seen()?;
        if seen.commit != *commit {
            return Err(broken(format!(
                "GitHub gives the commit {} instead",
                seen.commit
            )));
        }
        Ok(self.objects.commits.put(commit, seen))
    }

    pub(super) async fn git_tree(&self, id: &ObjectId) -> Result<Vec<TreeEntry>, Cause> {
        if let Some(known) = self.objects.trees.get(id) {
            return Ok(known);
        }
        let object: TreeObject = self.git_object("trees", id.as_str()).await?;
        if object.truncated {
            return Err(broken(
                "GitHub gives a part of the folder only, because it is too large",
            ));
        }
        let entries = object.seen()?;
        if ObjectId::of_tree(&entries) != *id {
            return Err(broken("GitHub's entries of the folder do not have its id"));
        }
        Ok(self.objects.trees.put(id, entries))
    }

    pub(super) async fn git_blob(&self, id: &ObjectId, limit: u64) -> Result<Bytes, Cause> {
        if let Some(known) = self.objects.blobs.get(id) {
            return Ok(known);
        }
        let object: BlobObject = self.git_object("blobs", id.as_str()).await?;
        if object.size > limit {
            return Err(broken(format!("it has more than {limit} bytes")));
        }
        if object.encoding != "base64" {
            return Err(broken(format!(
                "GitHub gives it in the encoding {}",
                object.encoding
            )));
        }
        let text: String = object.content.split_whitespace().collect();
        let bytes = STANDARD.decode(text).map_err(broken)?;
        if ObjectId::of_blob(&bytes) != *id {
            return Err(broken("GitHub's bytes of the file do not have its id"));
        }
        Ok(self.objects.blobs.put(id, bytes.into()))
    }

    /// Not kept for a conditional request, since it is never asked for again.
    async fn git_object<T: DeserializeOwned>(&self, kind: &str, id: &str) -> Result<T, Cause> {
        let answer = self.client.read(&self.url(&["git", kind, id])).await?;
        success(&answer)?.json()
    }

    /// Creates the objects of a commit, then points the branch to it: the branch is the write.
    pub(super) async fn push_revision(&self, revision: &NewRevision) -> Result<(), Cause> {
        let mut entries = Vec::with_capacity(revision.files.len());
        for file in &revision.files {
            let content = STANDARD.encode(&file.bytes);
            let blob = CreateBlob {
                content: &content,
                encoding: "base64",
            };
            entries.push(NewTreeEntry {
                path: file.path.as_str(),
                mode: file.mode.as_str(),
                kind: "blob",
                sha: self.create_object("blobs", &blob).await?,
            });
            // It is read again after the merge.
            let id = ObjectId::of_blob(&file.bytes);
            self.objects.blobs.put(&id, file.bytes.clone());
        }
        let tree = CreateTree {
            base_tree: revision.parent_tree.as_str(),
            tree: entries,
        };
        let made = self.create_object("trees", &tree).await?;
        if made != revision.tree.as_str() {
            return Err(broken(format!(
                "GitHub made the tree {made} of the changes, and it would have to be {}",
                revision.tree
            )));
        }
        let commit = CreateCommit {
            message: &revision.message,
            tree: &made,
            parents: [revision.parent.as_str()],
        };
        let commit = self.create_object("commits", &commit).await?;
        let name = revision.branch.to_ref();
        let written = match &revision.replaces {
            None => self.create_reference(&name, &commit).await,
            Some(_) => self.move_reference(&name, &commit).await,
        };
        written.map_err(failure::gone_is_conflict)
    }

    /// Creates an object, and returns its id. It may be created again and again, as it changes nothing while nothing refers to it.
    async fn create_object<B: Serialize + Sync>(
        &self,
        kind: &str,
        object: &B,
    ) -> Result<String, Cause> {
        let url = self.url(&["git", kind]);
        let answer = self
            .client
            .send(RequestKind::ReadByPost, Method::POST, &url, Some(object))
            .await?;
        let created: ObjectSha = success(&answer)?.json()?;
        Ok(created.sha)
    }
}
