//! Why bytes from outside are not what they claim to be.

use crate::domain::Invalid;

/// Bytes that are no module, manifest, descriptor or archive: what was read, why it is refused, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} {why}")]
pub struct FormatError {
    /// Stable, kebab case; listed in `docs/errors.md`.
    pub code: &'static str,
    pub what: String,
    pub why: String,
    pub help: String,
}

impl FormatError {
    pub(super) fn new(
        code: &'static str,
        what: impl Into<String>,
        why: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            code,
            what: what.into(),
            why: why.into(),
            help: help.into(),
        }
    }
}

impl From<Invalid> for FormatError {
    fn from(invalid: Invalid) -> Self {
        Self::new(
            invalid.code,
            format!("{} {:?}", invalid.what, invalid.seen),
            invalid.why,
            invalid.help,
        )
    }
}
