//! The path of a file in a repository.

use std::fmt;
use std::str::FromStr;

use super::{Code, Diagnostic};

const HELP: &str =
    "give the path from the root of the repository, such as config/manager/kustomization.yaml";
/// Linux takes no longer one.
const LONGEST: usize = 4096;

/// A path from the root of a repository, with `/` between folders: never out of it, and never into `.git`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RepositoryPath(String);

impl RepositoryPath {
    /// Such as `config/manager/kustomization.yaml`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The folder, empty for the root, and the name in it.
    pub fn split(&self) -> (&str, &str) {
        self.0.rsplit_once('/').unwrap_or(("", &self.0))
    }

    /// Whether GitHub takes a change of it only from a token that may change workflows
    /// (<https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps#repository-permissions-for-workflows>).
    pub fn is_workflow(&self) -> bool {
        self.0.starts_with(".github/workflows/")
    }
}

impl FromStr for RepositoryPath {
    type Err = Diagnostic;

    fn from_str(text: &str) -> Result<Self, Diagnostic> {
        // Git refuses these as well, also where a file system ignores case or dots and spaces at the end.
        let is_git = |part: &str| {
            let part = part.trim_end_matches(['.', ' ']);
            part.eq_ignore_ascii_case(".git") || part.eq_ignore_ascii_case("git~1")
        };
        let bad = |part: &str| matches!(part, "" | "." | "..") || is_git(part);
        let why = if text.len() > LONGEST {
            "is too long"
        } else if text.chars().any(|c| c.is_control() || c == '\\') {
            "has a control character or a backslash"
        } else if text.split('/').any(bad) {
            "is not the path of a file inside of the repository"
        } else {
            return Ok(Self(text.to_owned()));
        };
        let code = Code::RepositoryPathInvalid;
        Err(Diagnostic::value(code, "path", text, why, HELP))
    }
}

impl fmt::Display for RepositoryPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_neither_out_of_the_repository_nor_into_git() {
        for text in [
            "a",
            "a/b.yaml",
            ".github/workflows/x.yaml",
            ".gitignore",
            "a b/ü",
        ] {
            assert!(text.parse::<RepositoryPath>().is_ok(), "{text}");
        }
        for text in [
            "",
            "/a",
            "a/",
            "a//b",
            "./a",
            "a/../b",
            "..",
            ".git/config",
            "a/.GIT/hooks/x",
            ".git./x",
            "git~1/x",
            "a\\b",
            "a\nb",
            "a\0",
        ] {
            let refused = text.parse::<RepositoryPath>().unwrap_err();
            assert_eq!(refused.code, Code::RepositoryPathInvalid, "{text}");
        }
    }

    #[test]
    fn folder_and_name_are_told_apart() {
        let split = |text: &str| {
            let path: RepositoryPath = text.parse().unwrap();
            let (folder, name) = path.split();
            format!("{folder}|{name}")
        };
        assert_eq!(split("a/b/c"), "a/b|c");
        assert_eq!(split("c"), "|c");
    }
}
