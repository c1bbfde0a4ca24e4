//! The bytes of assets, as files named by their SHA-256.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use tempfile::TempDir;

/// A folder of files. State that was not loaded from a folder uses a temporary one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Blobs(Arc<OnceLock<Folder>>);

#[derive(Debug)]
enum Folder {
    Kept(PathBuf),
    Temporary(TempDir),
}

/// Bytes are named by their content, so two states differ only where their records do.
impl PartialEq for Blobs {
    fn eq(&self, _: &Blobs) -> bool {
        true
    }
}

impl Blobs {
    pub(crate) fn kept(folder: PathBuf) -> io::Result<Blobs> {
        std::fs::create_dir_all(&folder)?;
        Ok(Blobs(Arc::new(OnceLock::from(Folder::Kept(folder)))))
    }

    pub(crate) fn folder(&self) -> io::Result<&Path> {
        let folder = if let Some(folder) = self.0.get() {
            folder
        } else {
            let made = Folder::Temporary(TempDir::with_prefix("stand-in-github-")?);
            self.0.get_or_init(|| made)
        };
        Ok(match folder {
            Folder::Kept(path) => path,
            Folder::Temporary(folder) => folder.path(),
        })
    }

    pub(crate) fn path(&self, content: &str) -> io::Result<PathBuf> {
        Ok(self.folder()?.join(content))
    }

    pub(crate) fn put(&self, bytes: &[u8]) -> io::Result<String> {
        use sha2::{Digest, Sha256};
        let content = crate::text::hex(&Sha256::digest(bytes));
        std::fs::write(self.path(&content)?, bytes)?;
        Ok(content)
    }

    /// A file to stream an upload to; [`Incoming::keep`] gives it its name.
    pub(crate) fn incoming(&self) -> io::Result<tempfile::NamedTempFile> {
        tempfile::Builder::new()
            .prefix(".incoming-")
            .tempfile_in(self.folder()?)
    }
}
