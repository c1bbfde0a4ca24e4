//! Which names of other people's files go into a workflow: those that no shell, no YAML and no expression reads as anything else.

/// The longest name that is used.
const LONGEST: usize = 200;

/// A path inside of a repository, without spaces and special characters.
pub(super) fn is_plain_path(path: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '+');
    !path.is_empty()
        && path.len() <= LONGEST
        && path.chars().all(plain)
        && path
            .split('/')
            .all(|part| !part.is_empty() && part != ".." && !part.starts_with('-'))
}

/// The name of a target, a job, a secret or a branch.
pub(super) fn is_plain_name(name: &str) -> bool {
    is_plain_path(name) && !name.contains(['/', '+'])
}

/// The path without `./` at its beginning; `None` if it is not plain.
pub(super) fn plain_path(path: &str) -> Option<&str> {
    let path = path.trim();
    let path = path.strip_prefix("./").unwrap_or(path);
    is_plain_path(path).then_some(path)
}

/// Whether a file's name ends with one of these.
pub(super) fn has_extension(path: &str, extensions: &[&str]) -> bool {
    path.rsplit_once('.')
        .is_some_and(|(_, end)| extensions.contains(&end))
}

/// The last part of a path.
pub(super) fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The folder of a path; empty for the top folder.
pub(super) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Names in a sentence: at most eight, and only plain ones.
pub(super) fn listed<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let all: Vec<&str> = names.into_iter().collect();
    let shown = all.iter().filter(|name| is_plain_path(name)).take(8);
    let shown: Vec<String> = shown.map(|name| format!("`{name}`")).collect();
    match all.len() - shown.len() {
        0 => shown.join(", "),
        more if shown.is_empty() => format!("{more} with unusual names"),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_a_meaning_elsewhere_are_not_plain() {
        for path in [
            "Dockerfile",
            "config/samples/keda-default-cr.yaml",
            ".github/a+b.yaml",
        ] {
            assert!(is_plain_path(path), "{path}");
        }
        for path in [
            "",
            "/etc/passwd",
            "../a",
            "a/../b",
            "a b",
            "a\nb",
            "${{secrets.X}}",
            "$(id)",
            "`id`",
            "a:b",
            "a#b",
            "-rf",
            "a/-rf",
            "é",
            "a\"",
        ] {
            assert!(!is_plain_path(path), "{path}");
        }
        assert_eq!(listed(["a", "b b", "c"]), "`a`, `c` and 1 more");
    }
}
