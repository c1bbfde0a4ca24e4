//! A tar, gzipped or not, as a row of files and folders: every other kind of entry is refused, and every size is bounded.
//!
//! Names longer than a header come before their entry in an entry of their own, which the `tar` crate would read into memory
//! however long it is. They are read here instead, up to what a path can be.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use flate2::read::MultiGzDecoder;
use tar::{Entry, EntryType, PaxExtensions};

use super::unpack::Limits;

const NAME_LIMIT: u64 = 64 << 10;

/// One thing that an archive says to make.
pub(super) enum Item {
    Folder(PathBuf),
    /// Its bytes are what the entry goes on with.
    File {
        path: PathBuf,
        size: u64,
        executable: bool,
    },
}

/// The plain tar inside of a file, which ends in an error where it grows beyond the limits or nobody waits for it.
pub(super) struct Plain<'a> {
    inner: Box<dyn Read>,
    left: u64,
    stop: &'a AtomicBool,
}

impl<'a> Plain<'a> {
    pub(super) fn open(mut file: File, limits: &Limits, stop: &'a AtomicBool) -> io::Result<Self> {
        let size = file.metadata()?.len();
        if size == 0 {
            return Err(io::Error::other("is empty"));
        }
        let mut magic = [0; 2];
        // RFC 1952 §2.3.1.
        let gzipped = file.read_exact(&mut magic).is_ok() && magic == [0x1f, 0x8b];
        file.rewind()?;
        let file = BufReader::with_capacity(super::PIECE, file);
        Ok(Self {
            inner: if gzipped {
                Box::new(MultiGzDecoder::new(file))
            } else {
                Box::new(file)
            },
            left: limits.expanded(size),
            stop,
        })
    }
}

impl Read for Plain<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(io::Error::other("nobody waits for it any more"));
        }
        let read = self.inner.read(buffer)?;
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or_else(|| io::Error::other("holds more than is allowed for its size"))?;
        Ok(read)
    }
}

/// What extension entries have said about the entry that comes next.
#[derive(Default)]
pub(super) struct Ahead {
    path: Option<PathBuf>,
}

impl Ahead {
    /// `None` for an entry that is only about others, or that is not wanted.
    pub(super) fn item<R: Read>(&mut self, entry: &mut Entry<'_, R>) -> io::Result<Option<Item>> {
        let kind = entry.header().entry_type();
        match kind {
            EntryType::GNULongName => {
                let mut name = small(entry)?;
                name.truncate(name.iter().position(|b| *b == 0).unwrap_or(name.len()));
                self.path = Some(text(name)?.into());
                return Ok(None);
            }
            EntryType::XHeader => {
                self.extend(&small(entry)?)?;
                return Ok(None);
            }
            // Comments such as the commit of `git archive`.
            EntryType::XGlobalHeader => return Ok(None),
            _ => {}
        }
        let named = match self.path.take() {
            Some(path) => path,
            None => text(entry.path_bytes().into_owned())?.into(),
        };
        let path = inside(&named)?;
        let resource_fork = path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"._"));
        if resource_fork && kind.is_file() {
            return Ok(None);
        }
        // Before POSIX, a folder was a file whose name ends so.
        let folder =
            kind.is_dir() || kind.is_file() && named.as_os_str().as_encoded_bytes().ends_with(b"/");
        match kind {
            _ if folder => Ok(Some(Item::Folder(path))),
            EntryType::Regular | EntryType::Continuous if path.as_os_str().is_empty() => {
                Err(refused(&named, "names no file"))
            }
            EntryType::Regular | EntryType::Continuous => Ok(Some(Item::File {
                path,
                size: entry.header().entry_size()?,
                executable: entry.header().mode()? & 0o100 != 0,
            })),
            EntryType::Symlink | EntryType::Link | EntryType::GNULongLink => {
                Err(refused(&named, "is a link"))
            }
            _ => Err(refused(&named, "is neither a file nor a folder")),
        }
    }

    /// Reads the records of a POSIX extended header ("pax Extended Header" of IEEE 1003.1).
    fn extend(&mut self, records: &[u8]) -> io::Result<()> {
        for record in PaxExtensions::new(records) {
            let record = record?;
            match record.key_bytes() {
                b"path" => self.path = Some(text(record.value_bytes().to_vec())?.into()),
                // They would change how many bytes the next entry has.
                b"size" => {
                    return Err(io::Error::other(
                        "has an entry of another size than its header",
                    ));
                }
                key if key.starts_with(b"GNU.sparse") => {
                    return Err(io::Error::other("has a sparse entry"));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The content of an entry that must not be long.
fn small<R: Read>(entry: &mut Entry<'_, R>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    entry.take(NAME_LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > NAME_LIMIT {
        return Err(io::Error::other("has a name that is too long"));
    }
    Ok(bytes)
}

fn text(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|_| io::Error::other("has a name that is not UTF-8"))
}

/// The path as it may be used below a folder.
fn inside(named: &Path) -> io::Result<PathBuf> {
    let mut clean = PathBuf::new();
    for part in named.components() {
        match part {
            Component::Normal(name) => clean.push(name),
            Component::CurDir => {}
            _ => return Err(refused(named, "leads out of the folder")),
        }
    }
    if named.to_string_lossy().contains(|c: char| c.is_control()) {
        return Err(refused(named, "has a control character in its name"));
    }
    Ok(clean)
}

fn refused(named: &Path, why: &str) -> io::Error {
    io::Error::other(format!("the entry {:?} {why}", named.to_string_lossy()))
}
