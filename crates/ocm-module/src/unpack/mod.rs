//! Unpacking archives from outside: bounded in every way, and never a name that leads out of the folder.

mod ahead;
mod bounds;
mod held;
mod path;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::rc::Rc;

use tar::EntryType;

use ahead::Ahead;
use bounds::{Hashed, Plain};

pub use held::Held;
pub(super) use held::is_tar;
pub use path::EntryPath;

use crate::values::Digest;
use crate::{Diagnostic, FormatCode};

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

/// How everything compressed begins ([RFC 1952](https://www.rfc-editor.org/rfc/rfc1952#section-2.3.1), 2.3.1).
pub(super) const GZIP: [u8; 2] = [0x1f, 0x8b];

/// What a tar may spend on one entry beside its content: headers and long names.
const MAX_HEADERS: u64 = 64 * 1024;

/// Why an archive was not unpacked.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    #[error(transparent)]
    Archive(#[from] Diagnostic),
    /// Whoever was handed a file failed, say for want of space.
    #[error("cannot write a file of the archive: {0}")]
    Consumer(#[source] io::Error),
}

/// A file in an archive.
pub struct File<'a> {
    pub path: &'a EntryPath,
    /// Whether its owner may run it; nothing else of a mode means anything elsewhere.
    pub executable: bool,
    pub content: &'a mut dyn Read,
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
    let archive = Plain::open(archive, limits).map_err(|e| refuse(&e))?;
    Unpacker {
        limits,
        allowance: archive.allowance(),
        seen: BTreeMap::new(),
    }
    .run(archive, each)
}

struct Unpacker<'a> {
    limits: &'a Limits,
    allowance: Rc<Cell<u64>>,
    /// Files by digest, folders without.
    seen: BTreeMap<String, Option<Digest>>,
}

impl Unpacker<'_> {
    fn run(
        mut self,
        archive: Plain<'_>,
        each: &mut dyn FnMut(File<'_>) -> io::Result<()>,
    ) -> Result<(), UnpackError> {
        let mut archive = tar::Archive::new(archive);
        let mut ahead = Ahead::default();
        let entries = archive.entries().map_err(|e| refuse(&e))?;
        for (count, entry) in entries.raw(true).enumerate() {
            let mut entry = entry.map_err(|e| refuse(&e))?;
            if count >= self.limits.entries {
                return Err(
                    refused(format!("holds more than {} entries", self.limits.entries)).into(),
                );
            }
            // The content, and the header of the next one.
            let content = entry.size().min(self.limits.file_bytes);
            self.allowance.set(content.saturating_add(MAX_HEADERS));
            if !ahead.listen(&mut entry).map_err(|e| refuse(&e))? {
                let (name, sized) = ahead.settle(&entry);
                self.entry(&name, sized, entry, each)?;
            }
        }
        // To the very end, where gzip keeps its checksum.
        self.allowance.set(self.limits.total_bytes);
        io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(|e| refuse(&e))?;
        Ok(())
    }

    fn entry<R: Read>(
        &mut self,
        name: &[u8],
        sized: bool,
        mut entry: tar::Entry<'_, R>,
        each: &mut dyn FnMut(File<'_>) -> io::Result<()>,
    ) -> Result<(), UnpackError> {
        let wrong = |why: &str| {
            refused(format!(
                "holds {:?}, which {why}",
                String::from_utf8_lossy(name)
            ))
        };
        let size = entry.size();
        let folder = match entry.header().entry_type() {
            EntryType::Directory => true,
            // Before POSIX, a folder was a file whose name ends so.
            EntryType::Regular | EntryType::Continuous => name.ends_with(b"/"),
            EntryType::Symlink | EntryType::Link | EntryType::GNULongLink => {
                return Err(wrong("is a link").into());
            }
            _ => return Err(wrong("is neither a file nor a folder").into()),
        };
        if !sized {
            return Err(wrong("is of another size than its header says").into());
        }
        if size > self.limits.file_bytes {
            let limit = self.limits.file_bytes;
            return Err(wrong(&format!("is {size} bytes long; {limit} are the limit")).into());
        }
        let path = EntryPath::parse(name, self.limits.absolute_names).map_err(wrong)?;
        let Some(path) = path else {
            return if folder {
                Ok(())
            } else {
                Err(wrong("names no file").into())
            };
        };
        if path.is_resource_fork() {
            return Ok(());
        }
        if folder && size > 0 || self.contradicts(&path, folder) {
            return Err(wrong("is both a file and a folder").into());
        }
        if folder {
            self.seen.insert(path.to_string(), None);
            return Ok(());
        }
        let known = self.seen.get(path.as_str()).copied().flatten();
        let executable = entry.header().mode().is_ok_and(|mode| mode & 0o100 != 0);
        let mut content = Hashed::new(&mut entry);
        if known.is_none() {
            let file = File {
                path: &path,
                executable,
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
        self.seen.insert(path.to_string(), Some(digest));
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

fn refused(why: impl Into<String>) -> Diagnostic {
    refuse(&bad(why))
}

fn bad(why: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.into())
}

fn refuse(error: &io::Error) -> Diagnostic {
    // What we refuse says so in its own words; the tar and gzip readers only state what they found.
    let why = match error.kind() {
        io::ErrorKind::InvalidData => error.to_string(),
        _ => format!("cannot be read: {error}"),
    };
    Diagnostic::about(
        FormatCode::ArchiveInvalid,
        "archive",
        why,
        "nothing of it is used: build the module image anew, or look at the layer with `tar tvf`",
    )
}

#[cfg(test)]
mod tests;
