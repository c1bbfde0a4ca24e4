//! How the work on files fails: always as [`Cause::Broken`], since no other attempt would help.

use std::io;

use crate::protocol::Cause;

pub(super) fn broken(detail: impl Into<Detail>) -> Cause {
    Cause::Broken {
        detail: detail.into().0,
    }
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
