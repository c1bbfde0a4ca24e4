//! What is wrong with the files of a module, all of it at once, each with its place.

use std::fmt;

use super::yaml::Place;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Only a consumer of an older era minds.
    Warning,
    /// A consumer of today refuses it, or installs something else than was meant.
    Error,
}

/// One broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Stable, kebab case; listed in `docs/errors.md`.
    pub code: &'static str,
    pub severity: Severity,
    pub file: Option<String>,
    pub place: Option<Place>,
    pub message: String,
    pub help: String,
}

impl Violation {
    pub(super) fn error(
        code: &'static str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            code,
            severity: Severity::Error,
            file: None,
            place: None,
            message: message.into(),
            help: help.into(),
        }
    }

    pub(super) fn warning(
        code: &'static str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, message, help)
        }
    }

    #[must_use]
    pub(super) fn at(mut self, file: &str, place: Option<Place>) -> Self {
        self.file = Some(file.to_owned());
        self.place = place;
        self
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{file}:")?;
            if let Some(place) = self.place {
                write!(f, "{}:{}:", place.line, place.column)?;
            }
            f.write_str(" ")?;
        }
        f.write_str(&self.message)
    }
}
