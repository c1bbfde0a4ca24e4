//! Paths of files, as a configuration or an input names them.

use std::path::{Component, Path, PathBuf};

/// A path without `.` and `..`, by its text alone; `None` if it leads out of the folder that it is relative to, which is the
/// workspace. An absolute path stays one.
pub fn inside(path: &Path) -> Option<PathBuf> {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                let is_below = matches!(plain.components().next_back(), Some(Component::Normal(_)));
                if !is_below || !plain.pop() {
                    return None;
                }
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => plain.push(part),
        }
    }
    Some(plain)
}

/// A path that a file names, which is relative to the folder of this file.
pub(super) fn beside(file: &str, path: &str) -> Option<PathBuf> {
    let folder = Path::new(file).parent().unwrap_or(Path::new(""));
    inside(&folder.join(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_with_dots_stay_inside_or_are_none() {
        for (path, expected) in [
            ("a/b.yaml", Some("a/b.yaml")),
            ("./a//b.yaml", Some("a/b.yaml")),
            ("a/../b.yaml", Some("b.yaml")),
            ("a/b/../../c/./d", Some("c/d")),
            ("/w/a/../b", Some("/w/b")),
            ("", Some("")),
            ("..", None),
            ("../a", None),
            ("a/../../b", None),
            ("a/../../a/b", None),
            ("/../a", None),
        ] {
            assert_eq!(
                inside(Path::new(path)),
                expected.map(PathBuf::from),
                "{path}"
            );
        }
        assert_eq!(
            beside("config/module-config.yaml", "../manifests/x.yaml"),
            Some("manifests/x.yaml".into())
        );
        assert_eq!(beside("module-config.yaml", "../x.yaml"), None);
    }
}
