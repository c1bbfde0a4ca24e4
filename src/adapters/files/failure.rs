//! How the work on files fails: as [`Cause::Broken`], since no other attempt would help, or with the reason for which a file that
//! somebody named cannot be read.

use std::io;

use crate::domain::{Code, Diagnostic};
use crate::protocol::Cause;

pub(super) fn broken(detail: impl Into<Detail>) -> Cause {
    Cause::Broken {
        detail: detail.into().0,
    }
}

/// A file that is there, and is not what can be read.
pub(super) fn unreadable(seen: String, help: &str) -> Cause {
    Cause::Explained(Box::new(Diagnostic::error(
        Code::FileUnreadable,
        seen,
        help,
    )))
}

/// The same, as the operating system says it.
pub(super) fn cannot_read(error: &io::Error) -> Cause {
    unreadable(
        error.to_string(),
        "let this user read it, or name another file",
    )
}

/// The error message, of this program or of the operating system.
pub(super) struct Detail(String);

impl From<&str> for Detail {
    fn from(words: &str) -> Self {
        Self(words.to_owned())
    }
}

impl From<String> for Detail {
    fn from(words: String) -> Self {
        Self(words)
    }
}

impl From<io::Error> for Detail {
    fn from(error: io::Error) -> Self {
        Self(error.to_string())
    }
}
