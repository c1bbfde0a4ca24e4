//! What a registry holds: an index in memory, bytes in files named by digest.

use crate::text::hex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// All of a registry's state. Digests are written `sha256:<hex>`.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Store {
    pub repositories: BTreeMap<String, StoredRepository>,
    #[serde(skip)]
    folder: PathBuf,
    /// Deletes the folder when the store is dropped, where none was named in the options.
    #[serde(skip)]
    temporary: Option<TempDir>,
}

/// The images below one name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredRepository {
    /// By digest.
    pub manifests: BTreeMap<String, StoredManifest>,
    pub tags: BTreeMap<String, String>,
    /// Digests of the blobs that were pushed or mounted here.
    pub blobs: BTreeSet<String>,
}

/// What is known of a manifest without reading its bytes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredManifest {
    pub media_type: String,
    pub size: u64,
    /// The digest this manifest refers to, such as that of a signed image.
    pub subject: Option<String>,
    pub artifact_type: Option<String>,
}

pub(crate) fn digest_of(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(&Sha256::digest(bytes)))
}

/// Whether it is a digest of the algorithm that this registry supports.
pub(crate) fn is_digest(text: &str) -> bool {
    let digits = text.strip_prefix("sha256:").unwrap_or_default();
    digits.len() == 64
        && digits
            .bytes()
            .all(|digit| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit))
}

impl Store {
    pub(crate) fn open(dir: Option<&Path>) -> io::Result<Store> {
        let mut store = match dir.map(|dir| std::fs::read(dir.join("index.json"))) {
            Some(Ok(index)) => serde_json::from_slice(&index)?,
            _ => Store::default(),
        };
        if let Some(dir) = dir {
            dir.clone_into(&mut store.folder);
        } else {
            let made = TempDir::with_prefix("stand-in-registry-")?;
            made.path().clone_into(&mut store.folder);
            store.temporary = Some(made);
        }
        std::fs::create_dir_all(store.folder.join("blobs"))?;
        std::fs::create_dir_all(store.folder.join("uploads"))?;
        Ok(store)
    }

    /// Writes the index, if it is to outlive the server.
    pub(crate) fn keep(&self) -> io::Result<()> {
        if self.temporary.is_some() {
            return Ok(());
        }
        let new = self.folder.join("index.json.new");
        std::fs::write(&new, serde_json::to_vec_pretty(self)?)?;
        std::fs::rename(new, self.folder.join("index.json"))
    }

    pub(crate) fn path(&self, digest: &str) -> PathBuf {
        self.folder
            .join("blobs")
            .join(digest.trim_start_matches("sha256:"))
    }

    pub(crate) fn upload_path(&self, id: &str) -> PathBuf {
        self.folder.join("uploads").join(id)
    }

    /// The bytes of a blob or manifest.
    ///
    /// # Errors
    ///
    /// Nothing of that digest was pushed, or its file cannot be read.
    pub fn bytes(&self, digest: &str) -> io::Result<Vec<u8>> {
        std::fs::read(self.path(digest))
    }

    /// Digest of what a tag or a digest names in a repository.
    pub fn resolve(&self, name: &str, reference: &str) -> Option<String> {
        let repository = self.repositories.get(name)?;
        let digest = repository
            .tags
            .get(reference)
            .map_or(reference, String::as_str);
        repository
            .manifests
            .contains_key(digest)
            .then(|| digest.to_owned())
    }

    /// Stores a blob like a push, and returns its digest.
    ///
    /// # Errors
    ///
    /// The folder cannot be written.
    pub fn put_blob(&mut self, name: &str, bytes: &[u8]) -> io::Result<String> {
        let digest = digest_of(bytes);
        std::fs::write(self.path(&digest), bytes)?;
        self.repositories
            .entry(name.to_owned())
            .or_default()
            .blobs
            .insert(digest.clone());
        self.keep()?;
        Ok(digest)
    }

    /// Stores a manifest under a tag or its digest without checking its references, and returns its digest.
    ///
    /// # Errors
    ///
    /// The folder cannot be written.
    pub fn put_manifest(
        &mut self,
        name: &str,
        reference: &str,
        media_type: &str,
        bytes: &[u8],
    ) -> io::Result<String> {
        let digest = digest_of(bytes);
        std::fs::write(self.path(&digest), bytes)?;
        let content: serde_json::Value = serde_json::from_slice(bytes).unwrap_or_default();
        let text = |pointer: &str| content.pointer(pointer)?.as_str().map(str::to_owned);
        let manifest = StoredManifest {
            media_type: media_type.to_owned(),
            size: bytes.len() as u64,
            subject: text("/subject/digest"),
            artifact_type: text("/artifactType").or_else(|| text("/config/mediaType")),
        };
        let repository = self.repositories.entry(name.to_owned()).or_default();
        repository.manifests.insert(digest.clone(), manifest);
        if !is_digest(reference) {
            repository.tags.insert(reference.to_owned(), digest.clone());
        }
        self.keep()?;
        Ok(digest)
    }
}
