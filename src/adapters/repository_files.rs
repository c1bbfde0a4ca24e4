//! Reads the files of a repository, with limits: whoever made it may have put anything into it.

use std::collections::VecDeque;
use std::fs::{self, FileType};
use std::path::Path;

use super::bounded_files::{BoundedFolder, read_regular};
use crate::domain::RepositoryFiles;

/// The most files and folders that are looked at.
const MOST_ENTRIES: usize = 20_000;
/// How many folders may lie in each other.
const DEEPEST: usize = 8;
/// The most bytes of one file.
const LARGEST_FILE: u64 = 256 << 10;
/// The most bytes of all files together.
const LARGEST_TOTAL: usize = 16 << 20;
/// Folders of other people's files, of built ones, and of git.
const SKIPPED: [&str; 6] = [
    ".git",
    "node_modules",
    "vendor",
    "target",
    "bin",
    "testdata",
];

/// The files below a folder, and the texts of those whose paths are wanted. A link counts as the file that it leads to, if that is in the
/// folder; links to folders are not followed. `None` if it is no folder.
pub fn read_repository(root: &Path, wanted: &dyn Fn(&str) -> bool) -> Option<RepositoryFiles> {
    let root = BoundedFolder::open(root)?;
    let mut found = RepositoryFiles::default();
    let mut entries = 0;
    let mut bytes = 0;
    let mut left = VecDeque::from([(String::new(), 0)]);
    while let Some((folder, depth)) = left.pop_front() {
        let places = MOST_ENTRIES - entries;
        let Ok(listed) = fs::read_dir(root.path().join(&folder)) else {
            continue;
        };
        let mut listed: Vec<(String, FileType)> = listed
            .flatten()
            .take(places + 1)
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                Some((name, entry.file_type().ok()?))
            })
            .collect();
        if listed.len() > places {
            found.is_cut = true;
            listed.truncate(places);
        }
        listed.sort_by(|one, other| one.0.cmp(&other.0));
        entries += listed.len();
        for (name, kind) in listed {
            let path = match folder.as_str() {
                "" => name.clone(),
                folder => format!("{folder}/{name}"),
            };
            if kind.is_dir() {
                if SKIPPED.contains(&name.as_str()) {
                    continue;
                }
                if depth == DEEPEST {
                    found.is_cut = true;
                } else {
                    left.push_back((path, depth + 1));
                }
                continue;
            }
            let Some(file) = inside(&root, &path) else {
                continue;
            };
            let mut text = None;
            if wanted(&path) {
                text = read_regular(&file, LARGEST_FILE);
                bytes += text.as_ref().map_or(0, String::len);
                if bytes > LARGEST_TOTAL {
                    found.is_cut = true;
                    text = None;
                }
            }
            found.add(path, text);
        }
    }
    Some(found)
}

/// A regular file of the folder, without links.
fn inside(root: &BoundedFolder, path: &str) -> Option<std::path::PathBuf> {
    let file = root.path().join(path).canonicalize().ok()?;
    (file.starts_with(root.path()) && file.is_file()).then_some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn files_outside_and_beyond_the_limits_are_left_out() {
        use std::os::unix::fs::symlink;
        let place = tempfile::tempdir().unwrap();
        let (outside, inside) = (place.path().join("outside"), place.path().join("inside"));
        fs::create_dir_all(outside.join("folder")).unwrap();
        fs::write(outside.join("secret"), "s3cret").unwrap();
        fs::write(outside.join("folder/secret"), "s3cret").unwrap();
        fs::create_dir_all(inside.join(".git")).unwrap();
        fs::write(inside.join(".git/config"), "x").unwrap();
        fs::write(inside.join("Makefile"), "test:").unwrap();
        fs::write(inside.join("large"), vec![b'a'; 300 << 10]).unwrap();
        symlink(outside.join("secret"), inside.join("link")).unwrap();
        symlink(outside.join("folder"), inside.join("linked")).unwrap();
        symlink("Makefile", inside.join("GNUmakefile")).unwrap();
        symlink("/dev/zero", inside.join("zero")).unwrap();
        symlink("loop", inside.join("loop")).unwrap();
        let deep = "d/".repeat(12);
        fs::create_dir_all(inside.join(&deep)).unwrap();
        fs::write(inside.join(&deep).join("deep"), "x").unwrap();
        let found = read_repository(&inside, &|_| true).unwrap();
        let paths: Vec<&str> = found.paths().collect();
        assert_eq!(paths, ["GNUmakefile", "Makefile", "large"]);
        assert_eq!(found.text("GNUmakefile"), Some("test:"));
        assert_eq!(found.text("large"), None);
        assert!(found.is_cut, "the deep folder");
        let unread = read_repository(&inside, &|_| false).unwrap();
        assert!(unread.has("Makefile") && unread.text("Makefile").is_none());
        assert!(read_repository(&inside.join("Makefile"), &|_| true).is_none());
    }

    #[test]
    fn files_beyond_a_number_and_a_total_are_left_out() {
        let place = tempfile::tempdir().unwrap();
        for number in 0..70 {
            let path = place.path().join(format!("{number:02}"));
            fs::write(path, vec![b'a'; 256 << 10]).unwrap();
        }
        let found = read_repository(place.path(), &|_| true).unwrap();
        assert!(found.is_cut);
        assert!(found.text("00").is_some() && found.text("69").is_none());
    }
}
