//! Files that this process took out of layers: what was hashed while it was written is not read again.

use std::collections::HashMap;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::system::FileState;
use crate::protocol::SeenLayer;

/// By the path that was asked for. Clones share what is known.
#[derive(Clone, Debug, Default)]
pub(super) struct TakenFiles(Arc<Mutex<HashMap<PathBuf, Taken>>>);

#[derive(Debug)]
struct Taken {
    layer: SeenLayer,
    /// Of the file that was written; none where the layer holds no file.
    written: Option<FileState>,
}

impl TakenFiles {
    /// Remembers a layer, and the file that was written of it, if it holds one.
    pub(super) fn put(&self, path: &Path, layer: SeenLayer, written: Option<FileState>) {
        let taken = Taken { layer, written };
        self.all().insert(path.to_owned(), taken);
    }

    /// The layer that was taken to a path, unless the file there was changed since. `there` is the file, if there is one.
    pub(super) fn get(&self, path: &Path, there: Option<&Metadata>) -> Option<SeenLayer> {
        let all = self.all();
        let taken = all.get(path)?;
        (taken.written == there.map(FileState::of)).then(|| taken.layer.clone())
    }

    fn all(&self) -> MutexGuard<'_, HashMap<PathBuf, Taken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
