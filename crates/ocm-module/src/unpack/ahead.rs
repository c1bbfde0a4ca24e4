//! Entries that only speak of others: names too long for a header, and POSIX' extended headers.
//!
//! The `tar` crate would follow them without a word, and read them into memory however long they are. What they say decides
//! what a reader sees, so that everything in them by which two readers could see different files is refused.

use std::io::Read;

use tar::{Entry, EntryType, PaxExtensions};

use super::{MAX_HEADERS, bad};

/// What they have said about the entry that comes next.
#[derive(Default)]
pub(super) struct Ahead {
    path: Option<Vec<u8>>,
    size: Option<u64>,
}

impl Ahead {
    /// Whether the entry was one of them.
    pub(super) fn listen<R: Read>(&mut self, entry: &mut Entry<'_, R>) -> std::io::Result<bool> {
        match entry.header().entry_type() {
            EntryType::GNULongName => {
                let mut name = small(entry)?;
                name.truncate(name.iter().position(|b| *b == 0).unwrap_or(name.len()));
                self.name(name)?;
            }
            EntryType::XHeader => self.records(&small(entry)?)?,
            // Comments, such as the commit that `git archive` writes there. Names and sizes would be those of every entry.
            EntryType::XGlobalHeader => {
                let mut of_all = Self::default();
                of_all.records(&small(entry)?)?;
                if of_all.path.is_some() || of_all.size.is_some() {
                    return Err(bad("gives all of its files one name or size"));
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The entry's name, and whether its size is that of its header.
    pub(super) fn settle<R: Read>(&mut self, entry: &Entry<'_, R>) -> (Vec<u8>, bool) {
        let said = std::mem::take(self);
        let path = said.path.unwrap_or_else(|| entry.path_bytes().into_owned());
        (path, said.size.is_none_or(|size| size == entry.size()))
    }

    /// "pax Extended Header" of IEEE 1003.1.
    fn records(&mut self, records: &[u8]) -> std::io::Result<()> {
        for record in PaxExtensions::new(records) {
            let record = record?;
            match record.key_bytes() {
                b"path" => self.name(record.value_bytes().to_vec())?,
                b"size" => {
                    let size = record.value().ok().and_then(|text| text.parse().ok());
                    let size = size.ok_or_else(|| bad("has a file whose size is no number"))?;
                    if self.size.replace(size).is_some() {
                        return Err(bad("gives a file two sizes"));
                    }
                }
                key if key.starts_with(b"GNU.sparse") => return Err(bad("has a sparse file")),
                _ => {}
            }
        }
        Ok(())
    }

    fn name(&mut self, name: Vec<u8>) -> std::io::Result<()> {
        match self.path.replace(name) {
            Some(_) => Err(bad("gives a file two names")),
            None => Ok(()),
        }
    }
}

/// All of an entry that must not be long.
fn small<R: Read>(entry: &mut Entry<'_, R>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if entry.size() > MAX_HEADERS {
        return Err(bad("spends too much on headers"));
    }
    entry.read_to_end(&mut bytes)?;
    Ok(bytes)
}
