//! A property in a release that differs from this release.

use std::fmt;

use crate::domain::{Code, Diagnostic};

/// An observed value, and the value that this release expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mismatch {
    pub(crate) code: Code,
    pub(crate) seen: String,
    /// `None` if `seen` is sufficient.
    pub(crate) wanted: Option<String>,
}

impl Mismatch {
    /// `subject` is the object with the difference.
    pub(crate) fn diagnostic(self, subject: &str, help: &str) -> Diagnostic {
        Diagnostic {
            wanted: self.wanted,
            ..Diagnostic::error(self.code, format!("{subject}: {}", self.seen), help)
        }
    }
}

/// In one line, for lists of several.
impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.seen)?;
        match &self.wanted {
            Some(wanted) => write!(f, " (wanted: {wanted})"),
            None => Ok(()),
        }
    }
}
