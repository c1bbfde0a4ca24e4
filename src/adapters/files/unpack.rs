//! Unpacking into a folder that nobody else knows yet.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::archive::{Ahead, Item, Plain};
use super::place::Part;

/// How much an archive may hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) entries: usize,
    pub(super) file: u64,
    pub(super) total: u64,
    /// Bytes unpacked for each byte of the archive, beyond `free`: a gzip bomb reaches a thousand.
    pub(super) ratio: u64,
    pub(super) free: u64,
}

/// A module's layer has a manifest or a chart in it: some megabytes at most.
pub(super) const LIMITS: Limits = Limits {
    entries: 10_000,
    file: 256 << 20,
    total: 1 << 30,
    ratio: 100,
    free: 32 << 20,
};

impl Limits {
    pub(super) fn expanded(&self, archive: u64) -> u64 {
        archive
            .saturating_mul(self.ratio)
            .saturating_add(self.free)
            .min(self.total)
    }
}

pub(super) fn unpack(file: File, to: &Part, limits: &Limits, stop: &AtomicBool) -> io::Result<()> {
    let mut archive = tar::Archive::new(Plain::open(file, limits, stop)?);
    let mut ahead = Ahead::default();
    for (count, entry) in archive.entries()?.raw(true).enumerate() {
        if count >= limits.entries {
            return Err(io::Error::other(format!(
                "has more than {} entries",
                limits.entries
            )));
        }
        let mut entry = entry?;
        match ahead.item(&mut entry)? {
            None => {}
            Some(Item::Folder(path)) => make_folders(to, &path)?,
            Some(Item::File {
                path,
                size,
                executable,
            }) => {
                if size > limits.file {
                    return Err(io::Error::other(format!(
                        "{} has {size} bytes, more than the {} that are allowed",
                        path.display(),
                        limits.file
                    )));
                }
                make_folders(to, path.parent().unwrap_or(Path::new("")))?;
                let mode = if executable { 0o755 } else { 0o644 };
                make_file(to, &path, size, mode, &mut entry)?;
            }
        }
    }
    // To the very end, where gzip keeps its checksum.
    io::copy(&mut archive.into_inner(), &mut io::sink())?;
    Ok(())
}

fn make_folders(to: &Part, path: &Path) -> io::Result<()> {
    let mut folder = to.path().to_owned();
    for part in path {
        folder.push(part);
        match fs::create_dir(&folder) {
            Ok(()) => to.settle(&folder, 0o755)?,
            Err(e)
                if e.kind() == io::ErrorKind::AlreadyExists
                    && fs::symlink_metadata(&folder)?.is_dir() => {}
            Err(e) => return Err(named(path, &e)),
        }
    }
    Ok(())
}

fn make_file(
    to: &Part,
    path: &Path,
    size: u64,
    mode: u32,
    bytes: &mut impl Read,
) -> io::Result<()> {
    let target = to.path().join(path);
    // The Kyma CLI wrote every file below a sub-folder twice; the last one counts.
    match fs::remove_file(&target) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(named(path, &e)),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&target)
        .map_err(|e| named(path, &e))?;
    let written = io::copy(bytes, &mut file)?;
    if written != size {
        return Err(io::Error::other(format!(
            "ends in the middle of {}",
            path.display()
        )));
    }
    to.settle(&target, mode)
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::other(format!("{}: {error}", path.display()))
}
