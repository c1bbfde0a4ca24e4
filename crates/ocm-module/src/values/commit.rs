//! A commit, by its full hash.

use std::fmt;
use std::str::FromStr;

use crate::{Diagnostic, FormatCode};

/// A commit's full hash in lower case: 40 hexadecimal digits (SHA-1) or 64 (SHA-256). Never a branch, never shortened.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommitSha(String);

impl CommitSha {
    /// The hash.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first seven digits, for people.
    pub fn short(&self) -> &str {
        self.0.get(..7).unwrap_or(&self.0)
    }
}

impl FromStr for CommitSha {
    type Err = Diagnostic;

    fn from_str(text: &str) -> Result<Self, Diagnostic> {
        let hex = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !hex || !matches!(text.len(), 40 | 64) {
            return Err(Diagnostic::value(
                FormatCode::CommitInvalid,
                "commit",
                text,
                "is not a full commit hash",
                "give all 40 hexadecimal digits, as `git rev-parse HEAD` prints them",
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for CommitSha {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

super::serde_as_text!(CommitSha);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_full_hashes_are_commits() {
        let full = "4e4b9d47cb655ca23e5c706462485ff7605e8d71";
        assert_eq!(full.parse::<CommitSha>().unwrap().short(), "4e4b9d4");
        for text in [
            "main",
            "4e4b9d4",
            "HEAD",
            "",
            &full.to_uppercase(),
            &format!("{full}\n"),
        ] {
            assert_eq!(
                text.parse::<CommitSha>().unwrap_err().code,
                FormatCode::CommitInvalid
            );
        }
    }
}
