//! Git's objects, with the ids that git itself computes.
//! <https://git-scm.com/book/en/v2/Git-Internals-Git-Objects>

use crate::text::hex;
use ring::digest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A blob or a tree by its id in [`GitRepository::objects`](super::GitRepository::objects).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoredObject {
    /// In Base64 where the state is saved.
    Blob(#[serde(with = "base64_text")] Arc<[u8]>),
    /// In git's order.
    Tree(Vec<StoredTreeEntry>),
}

/// An entry of a tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredTreeEntry {
    pub name: String,
    /// Six digits, as in the API: `040000` is a folder.
    pub mode: String,
    pub sha: String,
}

/// A file of a commit: its mode and the id of its blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommittedFile {
    pub(crate) mode: String,
    pub(crate) sha: String,
}

/// Who made a commit, and when, in seconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredSignature {
    pub name: String,
    pub email: String,
    pub date: u64,
}

/// The files of a commit by path.
pub(crate) type CommittedFiles = BTreeMap<String, CommittedFile>;

pub(crate) const FOLDER: &str = "040000";

impl StoredTreeEntry {
    /// What the API calls the type of the entry.
    pub(crate) fn kind(&self) -> &'static str {
        kind_of(&self.mode)
    }
}

pub(crate) fn kind_of(mode: &str) -> &'static str {
    match mode {
        FOLDER => "tree",
        "160000" => "commit",
        _ => "blob",
    }
}

/// SHA-1 of the header and the content.
pub(crate) fn object_id(kind: &str, content: &[u8]) -> String {
    let mut hash = digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY);
    hash.update(format!("{kind} {}\0", content.len()).as_bytes());
    hash.update(content);
    hex(hash.finish().as_ref())
}

/// A tree of entries in git's order, in which a folder sorts as if its name ended with `/`.
pub(crate) fn tree(mut entries: Vec<StoredTreeEntry>) -> (String, StoredObject) {
    entries.sort_by_key(|entry| {
        let end = if entry.mode == FOLDER { "/" } else { "" };
        format!("{}{end}", entry.name).into_bytes()
    });
    let mut content = Vec::new();
    for entry in &entries {
        let mode = entry.mode.trim_start_matches('0');
        content.extend(format!("{mode} {}\0", entry.name).into_bytes());
        content.extend(bytes_of(&entry.sha));
    }
    (object_id("tree", &content), StoredObject::Tree(entries))
}

/// The trees of these files, added to `objects`; the id of the root.
pub(crate) fn trees(
    files: &CommittedFiles,
    objects: &mut BTreeMap<String, StoredObject>,
) -> String {
    let mut entries = Vec::new();
    let mut folders: BTreeMap<&str, CommittedFiles> = BTreeMap::new();
    for (path, file) in files {
        match path.split_once('/') {
            Some((folder, rest)) => {
                let inside = folders.entry(folder).or_default();
                inside.insert(rest.to_owned(), file.clone());
            }
            None => entries.push(StoredTreeEntry {
                name: path.clone(),
                mode: file.mode.clone(),
                sha: file.sha.clone(),
            }),
        }
    }
    for (name, inside) in folders {
        entries.push(StoredTreeEntry {
            name: name.to_owned(),
            mode: FOLDER.to_owned(),
            sha: trees(&inside, objects),
        });
    }
    let (sha, tree) = tree(entries);
    objects.insert(sha.clone(), tree);
    sha
}

fn bytes_of(sha: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or_default();
    let pairs = sha.as_bytes().chunks_exact(2);
    pairs
        .filter_map(|pair| match pair {
            [high, low] => u8::try_from(digit(*high) * 16 + digit(*low)).ok(),
            _ => None,
        })
        .collect()
}

mod base64_text {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer, de};
    use std::sync::Arc;

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Arc<[u8]>, D::Error> {
        let text = String::deserialize(from)?;
        let bytes = STANDARD.decode(text).map_err(de::Error::custom)?;
        Ok(bytes.into())
    }
}
