//! Work on a thread for blocking work, which is given up when nobody waits for it any more.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Cancels blocking work when the future that waits for it is dropped.
#[derive(Default)]
pub(super) struct CancelOnDrop(Arc<AtomicBool>);

impl CancelOnDrop {
    /// A file that fails to be read once the work is cancelled.
    pub(super) fn reading(&self) -> Cancellation {
        Cancellation(Arc::clone(&self.0))
    }
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Whether work is cancelled.
pub(super) struct Cancellation(Arc<AtomicBool>);

impl Cancellation {
    pub(super) fn of(self, (path, file): (PathBuf, File)) -> CancellableFile {
        CancellableFile {
            path,
            file,
            cancelled: self,
        }
    }
}

/// A file that fails to be read once the work on it is cancelled.
pub(super) struct CancellableFile {
    pub(super) path: PathBuf,
    pub(super) file: File,
    cancelled: Cancellation,
}

impl CancellableFile {
    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.0.load(Ordering::Relaxed)
    }
}

impl Read for CancellableFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.is_cancelled() {
            return Err(io::Error::other("it was cancelled"));
        }
        self.file.read(buffer)
    }
}
