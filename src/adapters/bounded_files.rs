//! Small files, read with a limit: whoever made a folder may have put anything into it.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// A folder of which only regular files are read, and none that a link puts elsewhere.
#[derive(Clone, Debug)]
pub(super) struct BoundedFolder {
    /// Without links.
    path: PathBuf,
}

impl BoundedFolder {
    /// `None` if it is no folder.
    pub(super) fn open(path: &Path) -> Option<Self> {
        let path = path.canonicalize().ok()?;
        path.is_dir().then_some(Self { path })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The text of a file, by its path below the folder. `None` if there is none, or for another thing in its place: a link, a folder, a
    /// pipe, a file of more than `limit` bytes or not of text.
    pub(super) fn read(&self, below: &str, limit: u64) -> Option<String> {
        let path = self.path.join(below);
        let inside = path.parent()?.canonicalize().ok()?.starts_with(&self.path);
        inside.then(|| read_regular(&path, limit)).flatten()
    }

    /// The names of the files that lie right in a folder below this one, at most so many.
    #[cfg(feature = "rehearse")]
    pub(super) fn file_names(&self, below: &str, most: usize) -> Vec<String> {
        let folder = self.path.join(below).canonicalize();
        let inside = folder.ok().filter(|path| path.starts_with(&self.path));
        let listed = inside.and_then(|folder| fs::read_dir(folder).ok());
        let entries = listed.into_iter().flatten().flatten().take(most);
        let files = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
        let names = files.filter_map(|entry| entry.file_name().into_string().ok());
        names.collect()
    }
}

/// The text of a regular file; `None` as for [`BoundedFolder::read`].
pub(super) fn read_regular(path: &Path, limit: u64) -> Option<String> {
    // Opening a pipe would wait for its other end.
    if !fs::symlink_metadata(path).ok()?.is_file() {
        return None;
    }
    let mut text = String::new();
    let file = File::open(path).ok()?;
    file.take(limit + 1).read_to_string(&mut text).ok()?;
    (text.len() as u64 <= limit).then_some(text)
}

/// The same, also where a link leads to the file, for files in a person's own folders.
pub(super) fn read_personal(path: &Path, limit: u64) -> Option<String> {
    read_regular(&path.canonicalize().ok()?, limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn only_regular_files_inside_and_within_the_limit_are_read() {
        use std::os::unix::fs::symlink;
        let place = tempfile::tempdir().unwrap();
        let outside = place.path().join("outside");
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("file"), "s3cret").unwrap();
        let inside = place.path().join("inside");
        fs::create_dir_all(inside.join("refs")).unwrap();
        fs::write(inside.join("refs/a"), "12345").unwrap();
        fs::write(inside.join("bytes"), [0xff, 0xfe]).unwrap();
        symlink(outside.join("file"), inside.join("link")).unwrap();
        symlink("/dev/zero", inside.join("zero")).unwrap();
        symlink("loop", inside.join("loop")).unwrap();
        symlink(&outside, inside.join("folder")).unwrap();
        let folder = BoundedFolder::open(&inside).unwrap();
        assert_eq!(folder.read("refs/a", 5).as_deref(), Some("12345"));
        assert_eq!(folder.read("refs/a", 4), None);
        for name in [
            "link",
            "zero",
            "loop",
            "folder/file",
            "../outside/file",
            "refs",
            "bytes",
            "absent",
        ] {
            assert_eq!(folder.read(name, 100), None, "{name}");
        }
        assert!(BoundedFolder::open(&inside.join("refs/a")).is_none());
        let personal = |name: &str| read_personal(&inside.join(name), 100);
        assert_eq!(personal("link").as_deref(), Some("s3cret"));
        assert_eq!(personal("zero"), None);
        assert_eq!(personal("loop"), None);
    }
}
