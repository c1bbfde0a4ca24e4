//! Linux and macOS.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, lchown};
use std::path::Path;

/// The owner of the working folder. In a container this process runs as `root`, and later steps must be able to delete its
/// files.
#[derive(Clone, Copy, Debug)]
pub(in crate::adapters::files) struct Owner {
    uid: u32,
    gid: u32,
}

impl Owner {
    /// The owner of what was seen.
    pub(in crate::adapters::files) fn of(seen: &Metadata) -> Self {
        Self {
            uid: seen.uid(),
            gid: seen.gid(),
        }
    }

    pub(in crate::adapters::files) fn apply_to(self, path: &Path) {
        let done = fs::symlink_metadata(path).and_then(|seen| {
            if seen.uid() == 0 && self.uid != 0 {
                lchown(path, Some(self.uid), Some(self.gid))
            } else {
                Ok(())
            }
        });
        if let Err(e) = done {
            tracing::debug!("{} keeps its owner: {e}", path.display());
        }
    }
}

/// Sets who may read, write and execute.
pub(in crate::adapters::files) fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

/// Whether its owner may execute a file, which is all that git keeps of its mode.
pub(in crate::adapters::files) fn is_executable(seen: &Metadata) -> bool {
    seen.mode() & 0o100 != 0
}

/// What changes when a file is written to or replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::adapters::files) struct FileState {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl FileState {
    pub(in crate::adapters::files) fn of(seen: &Metadata) -> Self {
        Self {
            device: seen.dev(),
            inode: seen.ino(),
            size: seen.size(),
            modified: (seen.mtime(), seen.mtime_nsec()),
            changed: (seen.ctime(), seen.ctime_nsec()),
        }
    }
}
