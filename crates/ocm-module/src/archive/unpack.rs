//! Unpacking an archive, file by file.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read};

use tar::{Entry, EntryType};

use super::bounded_reader::{BoundedReader, HashingReader};
use super::pax_headers::{PaxHeaders, SizeCheck};
use super::{AbsolutePaths, EntryPath, MAX_FILE, MIB, invalid_archive, unreadable};
use crate::Diagnostic;
use crate::values::Digest;

/// What an archive may hold at most.
#[derive(Clone, Copy, Debug)]
pub struct ArchiveLimits {
    /// Files, folders and headers, all counted.
    pub entries: usize,
    /// The longest file, in bytes.
    pub file_bytes: u64,
    /// All of the archive once decompressed, in bytes.
    pub total_bytes: u64,
    /// Whether `/name` counts as `name`.
    pub absolute_paths: AbsolutePaths,
}

impl Default for ArchiveLimits {
    /// Far above any chart or manifest.
    fn default() -> Self {
        Self {
            entries: 10_000,
            file_bytes: MAX_FILE,
            total_bytes: 256 * MIB,
            absolute_paths: AbsolutePaths::Refused,
        }
    }
}

/// Why an archive was not unpacked.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// The archive is damaged, exceeds a limit or contains an entry of a refused type.
    #[error(transparent)]
    Archive(#[from] Diagnostic),
    /// The callback that takes the files failed, for example because the disk is full.
    #[error("cannot write a file of the archive: {0}")]
    Consumer(#[source] io::Error),
}

/// A file in an archive.
pub struct ArchiveFile<'a> {
    /// Its path below the folder that is unpacked to.
    pub path: &'a EntryPath,
    /// Whether its owner may run it; nothing else of a mode means anything elsewhere.
    pub executable: bool,
    /// Its bytes, which need not be read to the end.
    pub content: &'a mut dyn Read,
}

/// What takes the files of an archive.
type Consumer<'c> = dyn FnMut(ArchiveFile<'_>) -> io::Result<()> + 'c;

/// Passes each file of a tar, compressed or not, to `each`.
///
/// A file that occurs twice is passed once if both are equal: the Kyma CLI wrote every file of a sub-folder twice.
///
/// # Errors
///
/// [`UnpackError::Archive`] for links, devices, paths that lead elsewhere, a damaged archive and a limit that is passed;
/// [`UnpackError::Consumer`] if `each` fails. Files handed on before the error stay handed on.
pub fn unpack_archive(
    archive: impl Read,
    limits: &ArchiveLimits,
    each: &mut Consumer<'_>,
) -> Result<(), UnpackError> {
    let archive = BoundedReader::open(BufReader::new(archive), limits);
    unpack(archive.map_err(|e| unreadable(&e))?, limits, each).map(drop)
}

/// As [`unpack_archive`]. Answers what the archive holds: the digests of its files, and its folders.
pub(super) fn unpack(
    archive: BoundedReader<'_>,
    limits: &ArchiveLimits,
    each: &mut Consumer<'_>,
) -> Result<Seen, UnpackError> {
    let mut unpacker = Unpacker {
        limits,
        seen: BTreeMap::new(),
    };
    unpacker.run(archive, each)?;
    Ok(unpacker.seen)
}

/// The file that makes an archive a Helm chart.
const CHART: &str = "Chart.yaml";

/// Whether a path is that of a chart's `Chart.yaml`, in its folder or the one below.
pub(super) fn is_chart_file(path: &EntryPath) -> bool {
    path.file_name() == CHART && path.folders().count() < 2
}

/// Passes each file of a Helm chart to `each`, as [`unpack_archive`].
///
/// # Errors
///
/// As [`unpack_archive`], and [`UnpackError::Archive`] for an archive without `Chart.yaml` in its folder or the one below.
pub fn unpack_chart(
    archive: impl Read,
    limits: &ArchiveLimits,
    each: &mut Consumer<'_>,
) -> Result<(), UnpackError> {
    let mut is_chart = false;
    unpack_archive(archive, limits, &mut |file| {
        is_chart |= is_chart_file(file.path);
        each(file)
    })?;
    if is_chart {
        return Ok(());
    }
    Err(invalid_archive(format!("is no Helm chart: it holds no {CHART}")).into())
}

/// Paths in an archive: of files with their digests, of folders without.
pub(super) type Seen = BTreeMap<String, Option<Digest>>;

struct Unpacker<'a> {
    limits: &'a ArchiveLimits,
    seen: Seen,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum EntryKind {
    File,
    Folder,
}

impl Unpacker<'_> {
    fn run(
        &mut self,
        archive: BoundedReader<'_>,
        each: &mut Consumer<'_>,
    ) -> Result<(), UnpackError> {
        let mut archive = tar::Archive::new(archive);
        let mut headers = PaxHeaders::default();
        let entries = archive.entries().map_err(|e| unreadable(&e))?;
        for (count, entry) in entries.raw(true).enumerate() {
            let mut entry = entry.map_err(|e| unreadable(&e))?;
            if count >= self.limits.entries {
                let limit = self.limits.entries;
                return Err(invalid_archive(format!("holds more than {limit} entries")).into());
            }
            if !headers.read_from(&mut entry).map_err(|e| unreadable(&e))? {
                let (name, size) = headers.apply_to(&entry);
                self.entry(&name, size, entry, each)?;
            }
        }
        // Reads to the end, where gzip has its checksum.
        io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(|e| unreadable(&e))?;
        Ok(())
    }

    fn entry<R: Read>(
        &mut self,
        name: &[u8],
        size: SizeCheck,
        entry: Entry<'_, R>,
        each: &mut Consumer<'_>,
    ) -> Result<(), UnpackError> {
        let wrong = |why: String| {
            let name = String::from_utf8_lossy(name);
            UnpackError::from(invalid_archive(format!("holds {name:?}, which {why}")))
        };
        let kind = self.kind(name, size, &entry).map_err(wrong)?;
        let path = EntryPath::parse(name, self.limits.absolute_paths);
        let Some(path) = path.map_err(|why| wrong(why.into()))? else {
            return match kind {
                EntryKind::Folder => Ok(()),
                EntryKind::File => Err(wrong("names no file".into())),
            };
        };
        if path.is_resource_fork() {
            return Ok(());
        }
        if kind == EntryKind::Folder && entry.size() > 0 || self.contradicts(&path, kind) {
            return Err(wrong("is both a file and a folder".into()));
        }
        let content = match kind {
            EntryKind::Folder => Ok(None),
            EntryKind::File => self.file(&path, entry, each)?.map(Some),
        };
        self.seen.insert(path.to_string(), content.map_err(wrong)?);
        Ok(())
    }

    /// What the entry is, or why it is not unpacked.
    fn kind<R: Read>(
        &self,
        name: &[u8],
        size: SizeCheck,
        entry: &Entry<'_, R>,
    ) -> Result<EntryKind, String> {
        let kind = match entry.header().entry_type() {
            EntryType::Directory => EntryKind::Folder,
            // Before POSIX, a folder was a file whose name ends with `/`.
            EntryType::Regular | EntryType::Continuous if name.ends_with(b"/") => EntryKind::Folder,
            EntryType::Regular | EntryType::Continuous => EntryKind::File,
            EntryType::Symlink | EntryType::Link | EntryType::GNULongLink => {
                return Err("is a link".into());
            }
            _ => return Err("is neither a file nor a folder".into()),
        };
        if size == SizeCheck::Differs {
            return Err("is of another size than its header says".into());
        }
        if entry.size() > self.limits.file_bytes {
            let (size, limit) = (entry.size(), self.limits.file_bytes);
            return Err(format!("is {size} bytes long; {limit} are the limit"));
        }
        Ok(kind)
    }

    /// Passes a file to `each`, unless an equal one was passed before. The inner error is why the file is refused.
    fn file<R: Read>(
        &self,
        path: &EntryPath,
        mut entry: Entry<'_, R>,
        each: &mut Consumer<'_>,
    ) -> Result<Result<Digest, String>, UnpackError> {
        let size = entry.size();
        let known = self.seen.get(path.as_str()).copied().flatten();
        let executable = entry.header().mode().is_ok_and(|mode| mode & 0o100 != 0);
        let mut content = HashingReader::new(&mut entry);
        if known.is_none() {
            let file = ArchiveFile {
                path,
                executable,
                content: &mut content,
            };
            each(file).map_err(|error| {
                if content.failed {
                    unreadable(&error).into()
                } else {
                    UnpackError::Consumer(error)
                }
            })?;
        }
        // The callback may have stopped early; the digest is of all of the file.
        io::copy(&mut content, &mut io::sink()).map_err(|e| unreadable(&e))?;
        if content.read != size {
            return Ok(Err(format!("ends after {} of {size} bytes", content.read)));
        }
        let digest = content.hasher.finish();
        Ok(if known.is_some_and(|known| known != digest) {
            Err("is there twice with different content".into())
        } else {
            Ok(digest)
        })
    }

    /// Whether a path was something else before: a file where there is a folder now, or a folder where there is a file.
    fn contradicts(&self, path: &EntryPath, kind: EntryKind) -> bool {
        let is_file = |path: &str| self.seen.get(path).is_some_and(Option::is_some);
        let inside = format!("{path}/");
        let mut below = self.seen.range(inside.clone()..);
        let is_folder = self.seen.get(path.as_str()) == Some(&None)
            || below
                .next()
                .is_some_and(|(name, _)| name.starts_with(&inside));
        path.folders().any(is_file)
            || match kind {
                EntryKind::Folder => is_file(path.as_str()),
                EntryKind::File => is_folder,
            }
    }
}
