//! Unpacks archives into a new folder. `ocm_module::unpack` decides what an archive may contain.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;

use super::cancel::CancellableFile;
use super::failure::broken;
use super::safe_path::PartialPath;
use crate::protocol::{ArchiveContent, Cause};
use ocm_module::archive::{ArchiveFile, ArchiveLimits, UnpackError, unpack_archive, unpack_chart};

pub(super) fn unpack(
    archive: CancellableFile,
    to: &PartialPath,
    content: ArchiveContent,
) -> Result<(), UnpackError> {
    let limits = ArchiveLimits::default();
    let mut each = |mut file: ArchiveFile<'_>| make_file(to, &mut file);
    match content {
        ArchiveContent::Files => unpack_archive(archive, &limits, &mut each),
        ArchiveContent::Chart => unpack_chart(archive, &limits, &mut each),
    }
}

/// Whether the archive failed, or the disk.
pub(super) fn cause(archive: &Path, error: &UnpackError) -> Cause {
    let detail = format!("{}: {error}", archive.display());
    match error {
        UnpackError::Archive(_) => Cause::Archive { detail },
        UnpackError::Consumer(_) => broken(detail),
    }
}

fn make_folders(to: &PartialPath, path: &Path) -> io::Result<()> {
    let mut folder = to.path().to_owned();
    for part in path {
        folder.push(part);
        match fs::create_dir(&folder) {
            Ok(()) => to.set_owner_and_mode(&folder, 0o755)?,
            Err(e)
                if e.kind() == io::ErrorKind::AlreadyExists
                    && fs::symlink_metadata(&folder)?.is_dir() => {}
            Err(e) => return Err(named(path, &e)),
        }
    }
    Ok(())
}

fn make_file(to: &PartialPath, file: &mut ArchiveFile<'_>) -> io::Result<()> {
    let path = Path::new(file.path.as_str());
    make_folders(to, path.parent().unwrap_or(Path::new("")))?;
    let target = to.path().join(path);
    let mut new = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&target)
        .map_err(|e| named(path, &e))?;
    io::copy(file.content, &mut new)?;
    to.set_owner_and_mode(&target, if file.executable { 0o755 } else { 0o644 })
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::other(format!("{}: {error}", path.display()))
}
