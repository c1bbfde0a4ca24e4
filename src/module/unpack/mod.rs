//! Unpacking archives from outside: bounded in every way, and never a name that leads out of the folder.

mod bounds;
mod single;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use tar::EntryType;

use bounds::{Bounded, Counted, Hashed};

pub use single::single_file;

use super::FormatError;
use crate::domain::Digest;

/// What an archive may hold at most.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub entries: usize,
    pub file_bytes: u64,
    /// All of the archive once decompressed.
    pub total_bytes: u64,
    /// Whether `/name` counts as `name`.
    pub absolute_names: bool,
}

impl Default for Limits {
    /// Far above any chart or manifest.
    fn default() -> Self {
        Self {
            entries: 10_000,
            file_bytes: 32 * MIB,
            total_bytes: 256 * MIB,
            absolute_names: false,
        }
    }
}

const MIB: u64 = 1024 * 1024;

/// What a tar may spend on one entry beside its content: headers and long names.
const MAX_HEADERS: u64 = 64 * 1024;

const MAX_NAME: usize = 1024;
const MAX_DEPTH: usize = 32;

/// Why an archive was not unpacked.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    #[error(transparent)]
    Archive(#[from] FormatError),
    /// Whoever was handed a file failed, say for want of space.
    #[error("cannot write a file of the archive: {0}")]
    Consumer(#[source] io::Error),
}

/// A file in an archive.
pub struct File<'a> {
    pub path: &'a EntryPath,
    pub size: u64,
    pub content: &'a mut dyn Read,
}

/// A path below the folder that is unpacked to: relative, plain parts only, `/` between them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryPath(String);

impl EntryPath {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn parse(name: &[u8], absolute: bool) -> Result<Option<Self>, String> {
        let name = std::str::from_utf8(name).map_err(|_| "is not UTF-8".to_owned())?;
        let relative = match name.strip_prefix('/') {
            Some(rest) if absolute => rest,
            Some(_) => return Err("is absolute".into()),
            None => name,
        };
        let parts: Vec<_> = relative
            .split('/')
            .filter(|part| !matches!(*part, "" | "."))
            .collect();
        if parts.contains(&"..") {
            return Err("leads out of the folder".into());
        }
        if parts.len() > MAX_DEPTH || name.len() > MAX_NAME {
            return Err("is nested too deep or named too long".into());
        }
        if name
            .chars()
            .any(|c| c.is_control() || matches!(c, '\\' | ':'))
        {
            return Err("has characters that mean something else to some file systems".into());
        }
        Ok(Some(parts.join("/"))
            .filter(|path| !path.is_empty())
            .map(Self))
    }

    fn folders(&self) -> impl Iterator<Item = &str> {
        self.0
            .match_indices('/')
            .filter_map(|(at, _)| self.0.get(..at))
    }

    /// macOS keeps its extended attributes beside each file, under its name with `._` in front.
    fn is_resource_fork(&self) -> bool {
        self.0
            .rsplit('/')
            .next()
            .is_some_and(|name| name.starts_with("._"))
    }
}

impl fmt::Display for EntryPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Hands each file of a tar, compressed or not, to `each`.
///
/// Links, devices and names that lead elsewhere end it. A file that stands twice is handed on once if both are equal:
/// the Kyma CLI wrote every file of a sub-folder twice.
pub fn files(
    archive: impl Read,
    limits: &Limits,
    each: &mut dyn FnMut(File<'_>) -> io::Result<()>,
) -> Result<(), UnpackError> {
    let packed = Cell::new(0);
    let mut input = BufReader::new(Counted {
        from: archive,
        count: &packed,
    });
    let gzip = input
        .fill_buf()
        .map_err(|e| refuse(&e))?
        .starts_with(&[0x1f, 0x8b]);
    let plain: Box<dyn Read + '_> = if gzip {
        Box::new(MultiGzDecoder::new(input))
    } else {
        Box::new(input)
    };
    let unpacked = Cell::new(0);
    let allowance = Cell::new(MAX_HEADERS);
    let bounded = Bounded {
        from: plain,
        unpacked: &unpacked,
        packed: gzip.then_some(&packed),
        allowance: &allowance,
        total: limits.total_bytes,
    };
    Unpacker {
        limits,
        allowance: &allowance,
        seen: BTreeMap::new(),
    }
    .run(bounded, each)
}

struct Unpacker<'a> {
    limits: &'a Limits,
    allowance: &'a Cell<u64>,
    /// Files by digest, folders without.
    seen: BTreeMap<String, Option<Digest>>,
}

impl Unpacker<'_> {
    fn run(
        mut self,
        archive: impl Read,
        each: &mut dyn FnMut(File<'_>) -> io::Result<()>,
    ) -> Result<(), UnpackError> {
        let mut archive = tar::Archive::new(archive);
        for (count, entry) in archive.entries().map_err(|e| refuse(&e))?.enumerate() {
            let entry = entry.map_err(|e| refuse(&e))?;
            if count >= self.limits.entries {
                return Err(
                    refused(format!("holds more than {} files", self.limits.entries)).into(),
                );
            }
            // The content, and the header of the next one.
            self.allowance.set(
                entry
                    .size()
                    .min(self.limits.file_bytes)
                    .saturating_add(MAX_HEADERS),
            );
            self.entry(entry, each)?;
        }
        Ok(())
    }

    fn entry<R: Read>(
        &mut self,
        mut entry: tar::Entry<'_, R>,
        each: &mut dyn FnMut(File<'_>) -> io::Result<()>,
    ) -> Result<(), UnpackError> {
        let name = entry.path_bytes().into_owned();
        let wrong = |why: &str| {
            refused(format!(
                "holds {:?}, which {why}",
                String::from_utf8_lossy(&name)
            ))
        };
        let kind = entry.header().entry_type();
        let size = entry.size();
        if size > self.limits.file_bytes {
            return Err(wrong(&format!(
                "is {size} bytes long; {} are the limit",
                self.limits.file_bytes
            ))
            .into());
        }
        match kind {
            // `git archive` writes its commit there.
            EntryType::XGlobalHeader => return Ok(()),
            EntryType::Regular | EntryType::Continuous | EntryType::Directory => {}
            EntryType::Symlink | EntryType::Link => return Err(wrong("is a link").into()),
            _ => return Err(wrong("is neither a file nor a folder").into()),
        }
        let path =
            EntryPath::parse(&name, self.limits.absolute_names).map_err(|why| wrong(&why))?;
        let Some(path) = path.filter(|path| !path.is_resource_fork()) else {
            return Ok(());
        };
        let folder = kind == EntryType::Directory;
        if self.contradicts(&path, folder) {
            return Err(wrong("is both a file and a folder").into());
        }
        if folder {
            self.seen.insert(path.0, None);
            return Ok(());
        }
        let known = self.seen.get(path.as_str()).copied().flatten();
        let mut content = Hashed::new(&mut entry);
        if known.is_none() {
            let file = File {
                path: &path,
                size,
                content: &mut content,
            };
            each(file).map_err(|e| {
                if content.failed {
                    refuse(&e).into()
                } else {
                    UnpackError::Consumer(e)
                }
            })?;
        }
        // Who was handed the file may have stopped early; the digest is of all of it.
        io::copy(&mut content, &mut io::sink()).map_err(|e| refuse(&e))?;
        if content.read != size {
            return Err(wrong(&format!("ends after {} of {size} bytes", content.read)).into());
        }
        let digest = content.hasher.finish();
        if known.is_some_and(|known| known != digest) {
            return Err(wrong("stands twice with different content").into());
        }
        self.seen.insert(path.0, Some(digest));
        Ok(())
    }

    /// Whether a path was something else before: a file where there is a folder now, or a folder where there is a file.
    fn contradicts(&self, path: &EntryPath, folder: bool) -> bool {
        let is_file = |path: &str| self.seen.get(path).is_some_and(Option::is_some);
        let inside = format!("{path}/");
        let mut below = self.seen.range(inside.clone()..);
        let is_folder = self.seen.get(path.as_str()) == Some(&None)
            || below
                .next()
                .is_some_and(|(name, _)| name.starts_with(&inside));
        path.folders().any(is_file)
            || if folder {
                is_file(path.as_str())
            } else {
                is_folder
            }
    }
}

fn refused(why: impl Into<String>) -> FormatError {
    refuse(&bad(why))
}

fn bad(why: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.into())
}

fn refuse(error: &io::Error) -> FormatError {
    // What we refuse says so in its own words; the tar and gzip readers only state what they found.
    let why = match error.kind() {
        io::ErrorKind::InvalidData => error.to_string(),
        _ => format!("cannot be read: {error}"),
    };
    FormatError::new(
        "archive-invalid",
        "archive",
        why,
        "nothing of it is used: build the module image anew, or look at the layer with `tar tvf`",
    )
}

#[cfg(test)]
mod tests;
