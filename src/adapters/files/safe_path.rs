//! Paths that stay inside the working folder, and files and folders that appear there only when they are complete.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Component, Path, PathBuf};

use super::failure::broken;
use super::system::{Owner, set_mode};
use crate::protocol::Cause;

/// The working folder.
#[derive(Clone, Debug)]
pub(super) struct Root(PathBuf);

/// A path to write to: its folder exists and is inside the working folder.
#[derive(Debug)]
pub(super) struct SafePath {
    pub(super) path: PathBuf,
    owner: Owner,
}

impl Root {
    pub(super) fn new(root: PathBuf) -> Self {
        Self(root)
    }

    /// The real path of an existing file or folder, with all links followed. `None` if it does not exist; an error if
    /// it is outside of the root.
    pub(super) fn existing(&self, path: &Path) -> Result<Option<PathBuf>, Cause> {
        let root = self.real()?;
        match root.join(self.relative(path, &root)?).canonicalize() {
            Ok(real) if real.starts_with(&root) => Ok(Some(real)),
            Ok(real) => Err(broken(format!(
                "leads out of {}, to {}",
                root.display(),
                real.display()
            ))),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(broken(e)),
        }
    }

    /// A path to write to. Missing folders are created.
    pub(super) fn place(&self, path: &Path) -> Result<SafePath, Cause> {
        let root = self.real()?;
        let seen = fs::metadata(&root).map_err(broken)?;
        let owner = Owner::of(&seen);
        let relative = self.relative(path, &root)?;
        let Some(name) = relative.file_name() else {
            return Err(broken("is the working folder itself"));
        };
        // One folder after the other, so that none is created through a link that leads out.
        let mut folder = root.clone();
        for part in relative.parent().into_iter().flat_map(Path::components) {
            folder.push(part);
            match fs::create_dir(&folder) {
                Ok(()) => owner.apply_to(&folder),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(broken(format!("{}: {e}", folder.display()))),
            }
            folder = folder.canonicalize().map_err(broken)?;
            if !folder.starts_with(&root) {
                return Err(broken(format!(
                    "leads out of {}, to {}",
                    root.display(),
                    folder.display()
                )));
            }
        }
        Ok(SafePath {
            path: folder.join(name),
            owner,
        })
    }

    fn real(&self) -> Result<PathBuf, Cause> {
        self.0
            .canonicalize()
            .map_err(|e| broken(format!("the working folder {}: {e}", self.0.display())))
    }

    /// The path relative to the root, without access to the file system.
    fn relative(&self, path: &Path, real_root: &Path) -> Result<PathBuf, Cause> {
        let inside = if path.is_absolute() {
            path.strip_prefix(&self.0)
                .or_else(|_| path.strip_prefix(real_root))
                .map_err(|_| broken(format!("is not inside of {}", self.0.display())))?
        } else {
            path
        };
        let mut clean = PathBuf::new();
        for part in inside.components() {
            match part {
                Component::Normal(name) => clean.push(name),
                Component::CurDir => {}
                _ => return Err(broken("has .. in it")),
            }
        }
        Ok(clean)
    }
}

/// An incomplete file or folder under a hidden name in the target folder. It is removed if dropped before it was
/// renamed.
#[derive(Debug)]
pub(super) struct PartialPath {
    path: PathBuf,
    owner: Owner,
    /// It has its final name and is kept.
    complete: bool,
}

impl PartialPath {
    pub(super) fn file(place: &SafePath) -> Result<(Self, File), Cause> {
        let part = Self::beside(place)?;
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&part.path)
            .map_err(broken)?;
        part.owner.apply_to(&part.path);
        Ok((part, file))
    }

    pub(super) fn folder(place: &SafePath) -> Result<Self, Cause> {
        let part = Self::beside(place)?;
        fs::create_dir(&part.path).map_err(broken)?;
        part.owner.apply_to(&part.path);
        Ok(part)
    }

    /// The hidden name is always the same, so that what a killed process left is removed by the next one.
    fn beside(place: &SafePath) -> Result<Self, Cause> {
        let name = place.path.file_name().unwrap_or_default();
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(".part");
        let part = Self {
            path: place.path.with_file_name(hidden),
            owner: place.owner,
            complete: false,
        };
        match clear(&part.path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(broken(e)),
            _ => Ok(part),
        }
    }

    /// Gives it its final name.
    pub(super) fn rename_to(mut self, place: &SafePath) -> Result<(), Cause> {
        fs::rename(&self.path, &place.path).map_err(broken)?;
        self.complete = true;
        Ok(())
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives a file or folder below this folder the owner of the working folder, and a mode.
    pub(super) fn set_owner_and_mode(&self, path: &Path, mode: u32) -> io::Result<()> {
        set_mode(path, mode)?;
        self.owner.apply_to(path);
        Ok(())
    }
}

impl Drop for PartialPath {
    fn drop(&mut self) {
        if !self.complete {
            // The next attempt reports what cannot be removed.
            let _ = clear(&self.path);
        }
    }
}

fn clear(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path)?.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    }
}
