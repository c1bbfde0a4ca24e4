//! The name of a branch.

use std::fmt;
use std::str::FromStr;

use super::{Code, Diagnostic, Tag};

const HEADS: &str = "refs/heads/";

/// A branch's name without `refs/heads/`, such as `main` or `release/bump/v1.2.0`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BranchName(String);

impl BranchName {
    /// The name without `refs/heads/`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The full name of the reference, such as `refs/heads/main`.
    pub fn to_ref(&self) -> String {
        format!("{HEADS}{}", self.0)
    }
}

impl FromStr for BranchName {
    type Err = Diagnostic;

    /// Accepts what [`Tag`] accepts, which is less than git does. GitHub has no branch that is named as a commit or as a full reference
    /// (<https://docs.github.com/en/get-started/using-git/dealing-with-special-characters-in-branch-and-tag-names>).
    fn from_str(text: &str) -> Result<Self, Diagnostic> {
        let is_hash = text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit());
        if text.parse::<Tag>().is_err() || is_hash || text == "HEAD" || text.starts_with("refs/") {
            return Err(Diagnostic::value(
                Code::BranchInvalid,
                "branch",
                text,
                "is not a branch name of letters, digits and . - _ / as git and GitHub accept it",
                "use only letters, digits and . - _ /, such as release/bump/v1.2.0, without refs/heads/",
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for BranchName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branch_has_letters_digits_and_some_signs_as_git_and_github_allow_them() {
        for text in ["main", "release-1.2", "release/bump/v1.2.0"] {
            assert!(text.parse::<BranchName>().is_ok(), "{text}");
        }
        for text in [
            "",
            "-x",
            "a..b",
            "a b",
            "refs/heads/main",
            "HEAD",
            "a/",
            "ünïcode",
            "x.lock",
            "4e4b9d47cb655ca23e5c706462485ff7605e8d71",
        ] {
            let refused = text.parse::<BranchName>().unwrap_err();
            assert_eq!(refused.code, Code::BranchInvalid, "{text}");
        }
    }
}
