//! Writes ZIP archives as far as they are needed here: deflated files, below 4 GiB in all, with ASCII names and without times
//! (<https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>, sections 4.3.7, 4.3.12 and 4.3.16).

use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom, Write as _};

use flate2::Compression;
use flate2::Crc;
use flate2::write::DeflateEncoder;

use crate::protocol::StoredLog;

const PIECE: usize = 64 << 10;
/// Deflate is known to version 2.0 of the format.
const VERSION: u16 = 20;
const DEFLATED: u16 = 8;
/// Midnight, 1980-01-01: the first day that the format has.
const TIME: [u8; 4] = [0, 0, 0x21, 0];
/// The attributes are those of Unix.
const MADE_BY_UNIX: u16 = 3 << 8;
/// A regular file that all may read, as `st_mode` says it.
const MODE: u32 = 0o100_644 << 16;

/// An archive that is being written to a file.
pub(super) struct ZipWriter {
    file: File,
    entries: Vec<Entry>,
    /// Where the next entry begins. What a failed one has left there is overwritten.
    end: u64,
}

struct Entry {
    name: String,
    offset: u32,
    crc: u32,
    packed: u32,
    size: u32,
}

impl ZipWriter {
    pub(super) fn new(file: File) -> Self {
        Self {
            file,
            entries: Vec::new(),
            end: 0,
        }
    }

    /// Adds a file of at most `limit` bytes.
    pub(super) fn add(
        &mut self,
        name: &str,
        bytes: &mut dyn Read,
        limit: u64,
    ) -> io::Result<StoredLog> {
        let mut entry = Entry {
            name: name.to_owned(),
            offset: short(self.end)?,
            crc: 0,
            packed: 0,
            size: 0,
        };
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(&entry.local_header()?)?;
        let (mut size, mut crc) = (0, Crc::new());
        let mut packer = DeflateEncoder::new(&self.file, Compression::default());
        let mut piece = vec![0; PIECE];
        let mut within = bytes.take(limit);
        loop {
            let read = within.read(&mut piece)?;
            let read = piece.get(..read).unwrap_or_default();
            if read.is_empty() {
                break;
            }
            size += read.len() as u64;
            crc.update(read);
            packer.write_all(read)?;
        }
        packer.try_finish()?;
        let cut = within.into_inner().read(&mut [0])? > 0;
        entry.packed = short(packer.total_out())?;
        entry.size = short(size)?;
        entry.crc = crc.sum();
        drop(packer);
        let end = self.file.stream_position()?;
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(&entry.local_header()?)?;
        self.end = end;
        self.entries.push(entry);
        Ok(StoredLog { size, cut })
    }

    /// Writes the list of the files, and everything to the disk.
    pub(super) fn finish(mut self) -> io::Result<()> {
        let mut list = Vec::new();
        for entry in &self.entries {
            entry.list_in(&mut list)?;
        }
        let count = u16::try_from(self.entries.len()).map_err(io::Error::other)?;
        let size = short(list.len() as u64)?;
        list.extend(b"PK\x05\x06\0\0\0\0");
        list.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
        list.extend([size.to_le_bytes(), short(self.end)?.to_le_bytes()].concat());
        list.extend([0, 0]);
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(&list)?;
        let end = self.file.stream_position()?;
        self.file.set_len(end)?;
        self.file.sync_all()
    }
}

impl Entry {
    fn local_header(&self) -> io::Result<Vec<u8>> {
        let mut header = b"PK\x03\x04".to_vec();
        self.describe_in(&mut header)?;
        header.extend(self.name.as_bytes());
        Ok(header)
    }

    fn list_in(&self, list: &mut Vec<u8>) -> io::Result<()> {
        list.extend(b"PK\x01\x02");
        list.extend((MADE_BY_UNIX | VERSION).to_le_bytes());
        self.describe_in(list)?;
        // No comment, the first disk, and no attributes of its content.
        list.extend([0; 6]);
        list.extend(MODE.to_le_bytes());
        list.extend(self.offset.to_le_bytes());
        list.extend(self.name.as_bytes());
        Ok(())
    }

    /// What both headers have in common.
    fn describe_in(&self, header: &mut Vec<u8>) -> io::Result<()> {
        let name = u16::try_from(self.name.len()).map_err(io::Error::other)?;
        header.extend(VERSION.to_le_bytes());
        header.extend([0, 0]);
        header.extend(DEFLATED.to_le_bytes());
        header.extend(TIME);
        for number in [self.crc, self.packed, self.size] {
            header.extend(number.to_le_bytes());
        }
        header.extend(name.to_le_bytes());
        header.extend([0, 0]);
        Ok(())
    }
}

/// A number of four bytes.
fn short(number: u64) -> io::Result<u32> {
    u32::try_from(number).map_err(|_| io::Error::other("the archive would have 4 GiB"))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Broken;

    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("broken"))
        }
    }

    #[test]
    fn an_archive_has_what_was_added_in_full() {
        let path = tempfile::NamedTempFile::new().unwrap();
        let mut zip = ZipWriter::new(path.reopen().unwrap());
        let long: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
        let whole = |size: usize| StoredLog {
            size: size as u64,
            cut: false,
        };
        assert_eq!(zip.add("a.txt", &mut &b"abc"[..], 3).unwrap(), whole(3));
        let broken = zip.add("b.txt", &mut long.chain(Broken), u64::MAX);
        assert!(broken.is_err());
        assert_eq!(
            zip.add("c.txt", &mut long.as_slice(), u64::MAX).unwrap(),
            whole(long.len())
        );
        let cut = zip.add("d.txt", &mut &b"abcd"[..], 3).unwrap();
        assert_eq!(cut, StoredLog { size: 3, cut: true });
        assert_eq!(zip.add("e.txt", &mut &b""[..], 3).unwrap(), whole(0));
        let broken = zip.add("f.txt", &mut long.chain(Broken), u64::MAX);
        assert!(broken.is_err());
        zip.finish().unwrap();
        let mut read = zip::ZipArchive::new(path.reopen().unwrap()).unwrap();
        let mut found = Vec::new();
        for nth in 0..read.len() {
            let mut file = read.by_index(nth).unwrap();
            assert_eq!(file.unix_mode(), Some(0o100_644));
            assert_eq!(file.last_modified(), Some(zip::DateTime::default()));
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).unwrap();
            found.push((file.name().unwrap().into_owned(), bytes));
        }
        let wanted = [
            ("a.txt", b"abc".to_vec()),
            ("c.txt", long),
            ("d.txt", b"abc".to_vec()),
            ("e.txt", vec![]),
        ];
        assert_eq!(found, wanted.map(|(name, bytes)| (name.to_owned(), bytes)));
    }
}
