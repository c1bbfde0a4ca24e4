//! The files of a repository that somebody else wrote, as far as they were read.

use std::collections::BTreeMap;

/// Paths below the top folder, with `/` between their parts, and the texts of those that were wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepositoryFiles {
    texts: BTreeMap<String, Option<String>>,
    /// Whether files were left out because there are too many, or too much to read.
    pub is_cut: bool,
}

impl RepositoryFiles {
    /// Adds a file; without a text, only its path counts.
    pub fn add(&mut self, path: impl Into<String>, text: Option<String>) {
        self.texts.insert(path.into(), text);
    }

    pub fn has(&self, path: &str) -> bool {
        self.texts.contains_key(path)
    }

    /// The text of a file; `None` also for one that was not read.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path)?.as_deref()
    }

    /// All paths, in order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.texts.keys().map(String::as_str)
    }

    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// The files of a folder, by their paths below it.
    #[must_use]
    pub fn below(&self, folder: &str) -> Self {
        let inside = self.texts.iter().filter_map(|(path, text)| {
            let path = path.strip_prefix(folder)?.strip_prefix('/')?;
            Some((path.to_owned(), text.clone()))
        });
        Self {
            texts: inside.collect(),
            is_cut: self.is_cut,
        }
    }
}
