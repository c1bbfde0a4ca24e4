//! Entries that describe the next entry: names too long for a header, and POSIX' extended headers.
//!
//! The `tar` crate would apply them unchecked, and read them into memory however long they are. They decide which files a
//! reader sees, so everything in them that two readers could understand differently is refused.

use std::io::{self, Read};

use tar::{Entry, EntryType, PaxExtensions};

use super::{MAX_HEADERS, invalid_data};

/// What such entries have said about the file that comes next.
#[derive(Default)]
pub(super) struct PaxHeaders {
    path: Option<Vec<u8>>,
    size: Option<u64>,
}

/// Whether extended headers give a file another size than its own header.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum SizeCheck {
    Same,
    Differs,
}

impl PaxHeaders {
    /// Reads the entry if it describes the next one, and returns whether it did.
    pub(super) fn read_from<R: Read>(&mut self, entry: &mut Entry<'_, R>) -> io::Result<bool> {
        match entry.header().entry_type() {
            EntryType::GNULongName => {
                let mut name = content(entry)?;
                name.truncate(name.iter().position(|b| *b == 0).unwrap_or(name.len()));
                self.set_path(name)?;
            }
            EntryType::XHeader => self.records(&content(entry)?)?,
            // Comments, such as the commit that `git archive` writes. A name or size here would apply to every entry.
            EntryType::XGlobalHeader => {
                let mut global = Self::default();
                global.records(&content(entry)?)?;
                if global.path.is_some() || global.size.is_some() {
                    return Err(invalid_data("gives all of its files one name or size"));
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The name of the entry that was described, which is its own if nothing else was said. Forgets what was said.
    pub(super) fn apply_to<R: Read>(&mut self, entry: &Entry<'_, R>) -> (Vec<u8>, SizeCheck) {
        let headers = std::mem::take(self);
        let path = headers
            .path
            .unwrap_or_else(|| entry.path_bytes().into_owned());
        let size = match headers.size {
            Some(size) if size != entry.size() => SizeCheck::Differs,
            _ => SizeCheck::Same,
        };
        (path, size)
    }

    /// The records of "pax Extended Header" in IEEE 1003.1.
    fn records(&mut self, records: &[u8]) -> io::Result<()> {
        for record in PaxExtensions::new(records) {
            let record = record?;
            match record.key_bytes() {
                b"path" => self.set_path(record.value_bytes().to_vec())?,
                b"size" => {
                    let size = record.value().ok().and_then(|text| text.parse().ok());
                    let size =
                        size.ok_or_else(|| invalid_data("has a file whose size is no number"))?;
                    if self.size.replace(size).is_some() {
                        return Err(invalid_data("gives a file two sizes"));
                    }
                }
                key if key.starts_with(b"GNU.sparse") => {
                    return Err(invalid_data("has a sparse file"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn set_path(&mut self, path: Vec<u8>) -> io::Result<()> {
        match self.path.replace(path) {
            Some(_) => Err(invalid_data("gives a file two names")),
            None => Ok(()),
        }
    }
}

/// The content of a header entry, which must not be long.
fn content<R: Read>(entry: &mut Entry<'_, R>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if entry.size() > MAX_HEADERS {
        return Err(invalid_data("spends too much on headers"));
    }
    entry.read_to_end(&mut bytes)?;
    Ok(bytes)
}
