//! Names in an archive, as they may be used below a folder.

use std::fmt;

const MAX_NAME: usize = 1024;
const MAX_DEPTH: usize = 32;

/// How a name that begins with `/` is handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AbsolutePaths {
    /// It is refused.
    Refused,
    /// It is read without the `/`.
    Relative,
}

/// A path below the folder that is unpacked to: relative, plain parts only, `/` between them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryPath(String);

impl EntryPath {
    /// The path with `/` between its parts.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `None` for the folder itself; otherwise what is wrong with the name.
    pub(super) fn parse(
        name: &[u8],
        absolute: AbsolutePaths,
    ) -> Result<Option<Self>, &'static str> {
        let name = std::str::from_utf8(name).map_err(|_| "is not UTF-8")?;
        let relative = match (name.strip_prefix('/'), absolute) {
            (Some(rest), AbsolutePaths::Relative) => rest,
            (Some(_), AbsolutePaths::Refused) => return Err("is absolute"),
            (None, _) => name,
        };
        let parts: Vec<_> = relative
            .split('/')
            .filter(|part| !matches!(*part, "" | "."))
            .collect();
        if parts.contains(&"..") {
            return Err("leads out of the folder");
        }
        if parts.len() > MAX_DEPTH || name.len() > MAX_NAME {
            return Err("is nested too deep or named too long");
        }
        if name
            .chars()
            .any(|c| c.is_control() || matches!(c, '\\' | ':'))
        {
            return Err("has characters that mean something else to some file systems");
        }
        Ok(Some(parts.join("/"))
            .filter(|path| !path.is_empty())
            .map(Self))
    }

    /// The folders that it is in, outermost first.
    pub(super) fn folders(&self) -> impl Iterator<Item = &str> {
        self.0
            .match_indices('/')
            .filter_map(|(at, _)| self.0.get(..at))
    }

    /// The last part.
    pub(super) fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// Whether macOS made the file: it stores extended attributes in a second file, named like the first with a `._`
    /// prefix.
    pub(super) fn is_resource_fork(&self) -> bool {
        self.file_name().starts_with("._")
    }
}

impl fmt::Display for EntryPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
