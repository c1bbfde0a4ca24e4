//! Objects of git, by the ids that git gives them
//! (<https://git-scm.com/book/en/v2/Git-Internals-Git-Objects>). GitHub's repositories have SHA-1.
//!
//! The id of a tree follows from its content. So it is known beforehand which tree a change makes, and a commit has exactly this
//! change if it has this tree.

use std::fmt;
use std::fmt::Write as _;
use std::str::FromStr;

use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};

use super::{Code, Diagnostic};

/// The id of a blob or a tree.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId(String);

impl ObjectId {
    /// 40 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of a file's bytes.
    pub fn of_blob(bytes: &[u8]) -> Self {
        Self::of("blob", bytes)
    }

    /// The id of a folder with these entries, in any order.
    pub fn of_tree(entries: &[TreeEntry]) -> Self {
        let mut sorted: Vec<_> = entries.iter().collect();
        sorted.sort_by_cached_key(|entry| entry.sorted_as());
        let mut content = Vec::new();
        for entry in sorted {
            content.extend_from_slice(entry.mode.as_git().as_bytes());
            content.push(b' ');
            content.extend_from_slice(entry.name.as_bytes());
            content.push(0);
            content.extend(entry.id.bytes());
        }
        Self::of("tree", &content)
    }

    fn of(kind: &str, content: &[u8]) -> Self {
        let mut hasher = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
        hasher.update(format!("{kind} {}\0", content.len()).as_bytes());
        hasher.update(content);
        let mut text = String::with_capacity(40);
        for byte in hasher.finish().as_ref() {
            // Writing to memory cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        Self(text)
    }

    fn bytes(&self) -> impl Iterator<Item = u8> {
        let pairs = self.0.as_bytes().chunks(2);
        pairs.map(|pair| pair.iter().fold(0, |value, digit| value << 4 | hex(*digit)))
    }
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => digit - b'a' + 10,
    }
}

impl FromStr for ObjectId {
    type Err = Diagnostic;

    fn from_str(text: &str) -> Result<Self, Diagnostic> {
        let is_hex = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !is_hex || text.len() != 40 {
            return Err(Diagnostic::value(
                Code::ContentBroken,
                "object id",
                text,
                "is not the SHA-1 of an object of git",
                "look at the repository with `git fsck`",
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an entry of a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryMode {
    File,
    ExecutableFile,
    /// A file that git of long ago wrote as writable by the group.
    GroupWritableFile,
    SymbolicLink,
    Folder,
    Submodule,
}

impl EntryMode {
    const ALL: [Self; 6] = [
        Self::File,
        Self::ExecutableFile,
        Self::GroupWritableFile,
        Self::SymbolicLink,
        Self::Folder,
        Self::Submodule,
    ];

    /// The six digits of GitHub's API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::File => "100644",
            Self::ExecutableFile => "100755",
            Self::GroupWritableFile => "100664",
            Self::SymbolicLink => "120000",
            Self::Folder => "040000",
            Self::Submodule => "160000",
        }
    }

    /// What GitHub's API calls it.
    pub fn from_api(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text)
    }

    /// In a tree, a number has no zero before it.
    fn as_git(self) -> &'static str {
        self.as_str().trim_start_matches('0')
    }

    /// Whether it is a file with bytes of its own.
    pub fn is_file(self) -> bool {
        matches!(
            self,
            Self::File | Self::ExecutableFile | Self::GroupWritableFile
        )
    }
}

/// An entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeEntry {
    pub name: String,
    pub mode: EntryMode,
    pub id: ObjectId,
}

impl TreeEntry {
    /// Git sorts a folder as if its name ended with a slash.
    fn sorted_as(&self) -> Vec<u8> {
        let mut key = self.name.clone().into_bytes();
        if self.mode == EntryMode::Folder {
            key.push(b'/');
        }
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By `git hash-object -t blob --stdin`.
    #[test]
    fn ids_of_blobs_are_those_of_git() {
        for (bytes, id) in [
            (&b""[..], "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"),
            (b"hello\n", "ce013625030ba8dba906f756967f9e9ca394464a"),
        ] {
            assert_eq!(ObjectId::of_blob(bytes).as_str(), id);
        }
    }

    /// By `git mktree`.
    #[test]
    fn ids_of_trees_are_those_of_git_whatever_the_order() {
        let entry = |name: &str, mode, id: &str| TreeEntry {
            name: name.to_owned(),
            mode,
            id: id.parse().unwrap(),
        };
        let (hello, empty) = (
            "ce013625030ba8dba906f756967f9e9ca394464a",
            "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
        );
        assert_eq!(ObjectId::of_tree(&[]).as_str(), empty);
        let mut entries = vec![
            entry("a", EntryMode::Folder, empty),
            entry("a.b", EntryMode::File, hello),
            entry("a0", EntryMode::ExecutableFile, hello),
            entry("z", EntryMode::SymbolicLink, hello),
        ];
        let id = ObjectId::of_tree(&entries);
        assert_eq!(id.as_str(), "2c469c37a18b1d58bc3390c3bef8ebb3148716b8");
        entries.reverse();
        assert_eq!(ObjectId::of_tree(&entries), id);
    }

    #[test]
    fn only_full_ids_are_ids() {
        for text in ["", "ce01362", "CE013625030BA8DBA906F756967F9E9CA394464A"] {
            assert!(text.parse::<ObjectId>().is_err(), "{text}");
        }
    }
}
