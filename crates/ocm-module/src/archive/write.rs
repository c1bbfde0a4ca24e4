//! Writing archives: the same files give the same bytes on every machine.

use std::io::{self, Write as _};

use flate2::{Compression, GzBuilder};
use tar::{Builder, EntryType, Header};

use crate::{Diagnostic, FormatCode};

/// A file of an archive, or a folder if its path ends in `/`. It belongs to user and group 0.
#[derive(Clone, Copy)]
pub(crate) struct TarEntry<'a> {
    pub(crate) path: &'a str,
    pub(crate) content: &'a [u8],
    /// Permission bits, such as `0o644`.
    pub(crate) mode: u32,
    /// Seconds since 1970.
    pub(crate) modified: u64,
}

impl<'a> TarEntry<'a> {
    /// A file that everyone may read, of 1970: most tools write the file's own time and owner, and nothing reads them.
    pub(crate) fn file(path: &'a str, content: &'a [u8]) -> Self {
        Self {
            path,
            content,
            mode: 0o644,
            modified: 0,
        }
    }

    pub(crate) fn folder(path: &'a str) -> Self {
        Self {
            mode: 0o755,
            ..Self::file(path, &[])
        }
    }

    /// A header of the [ustar format](https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06),
    /// with the bytes that Go's `archive/tar` writes.
    fn header(&self) -> io::Result<Header> {
        let mut header = Header::new_ustar();
        header.set_path(self.path)?;
        header.set_entry_type(if self.path.ends_with('/') {
            EntryType::Directory
        } else {
            EntryType::Regular
        });
        header.set_mode(self.mode);
        header.set_uid(0);
        header.set_gid(0);
        header.set_device_major(0)?;
        header.set_device_minor(0)?;
        header.set_mtime(self.modified);
        header.set_size(self.content.len() as u64);
        header.set_cksum();
        // Go ends the checksum with NUL and space; the crate writes a seventh digit and NUL.
        let checksum = format!("{:06o}\0 ", header.cksum()?);
        header
            .as_old_mut()
            .cksum
            .copy_from_slice(checksum.as_bytes());
        Ok(header)
    }
}

/// An uncompressed tar of the entries, in their order.
pub(crate) fn write_tar<'a>(
    entries: impl IntoIterator<Item = TarEntry<'a>>,
) -> Result<Vec<u8>, Diagnostic> {
    let mut tar = Builder::new(Vec::new());
    for entry in entries {
        let appended = entry
            .header()
            .and_then(|header| tar.append(&header, entry.content));
        appended.map_err(|error| {
            Diagnostic::about(
                FormatCode::FileNameTooLong,
                format!("file {:?}", entry.path),
                format!("does not fit the header of a tar: {error}"),
                "use a name of at most 100 characters",
            )
        })?;
    }
    tar.into_inner().map_err(|error| not_written(&error))
}

/// The bytes compressed, without name and time.
pub(crate) fn write_gzip(bytes: &[u8]) -> Result<Vec<u8>, Diagnostic> {
    let mut encoder = GzBuilder::new()
        .mtime(0)
        .write(Vec::new(), Compression::default());
    let compressed = encoder.write_all(bytes).and_then(|()| encoder.finish());
    compressed.map_err(|error| not_written(&error))
}

fn not_written(error: &io::Error) -> Diagnostic {
    Diagnostic::about(
        FormatCode::ArchiveInvalid,
        "archive",
        format!("cannot be written: {error}"),
        "free some memory, and run it again",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::{ArchiveLimits, unpack_archive};

    #[test]
    fn written_files_are_unpacked_again() {
        for size in [0, 1, 511, 512, 513, 100_000] {
            let bytes = vec![b'x'; size];
            let tar = write_tar([TarEntry::file("manifest.yaml", &bytes)]).unwrap();
            assert_eq!(tar.len() % 512, 0);
            let mut found = None;
            unpack_archive(&tar[..], &ArchiveLimits::default(), &mut |file| {
                let mut content = Vec::new();
                file.content.read_to_end(&mut content)?;
                found = Some((file.path.to_string(), content));
                Ok(())
            })
            .unwrap();
            assert_eq!(found, Some(("manifest.yaml".into(), bytes)));
        }
        let long = "x".repeat(101);
        let error = write_tar([TarEntry::file(&long, b"")]).unwrap_err();
        assert_eq!(error.code, FormatCode::FileNameTooLong);
    }
}
