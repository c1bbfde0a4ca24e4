//! Why a file is not edited.

use std::str::Utf8Error;

use super::super::YamlError;
use super::path::YamlPath;
use crate::{Diagnostic, FormatCode, Position};

/// A file that cannot be edited as wanted; nothing of it was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{seen}")]
pub struct EditError {
    /// What kind of problem it is.
    pub refusal: EditRefusal,
    /// What was found, without a full stop.
    pub seen: String,
    /// What to change.
    pub help: String,
    /// Where: of a path whose end is missing, the last part that is there.
    pub position: Option<Position>,
}

/// Kinds of [`EditError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EditRefusal {
    /// The file is not YAML, or not as Kubernetes reads it.
    Unreadable,
    /// The path leads to nothing.
    Missing,
    /// The path leads to more than one place.
    Ambiguous,
    /// The path leads to a list or a map.
    NotAScalar,
    /// The scalar is written in another place, and an alias or a merge key repeats it here.
    WrittenElsewhere,
    /// An alias or a merge key carries the change to another place, or hides it.
    Shared,
    /// The scalar's notation cannot be kept: it is a block, has a tag, or is not there at all.
    Notation,
    /// The new value is of another type than the old one, which is a number or a flag.
    OtherType,
    /// The old value is no image with a tag, or the new one is no tag.
    Image,
    /// The image has a digest beside its tag, and no new digest is given.
    DigestKept,
}

impl EditError {
    /// The same as a diagnostic about a file.
    pub fn diagnostic(self, file: &str) -> Diagnostic {
        let code = match self.refusal {
            EditRefusal::Unreadable => FormatCode::ConfigUnreadable,
            EditRefusal::Missing => FormatCode::YamlPathMissing,
            EditRefusal::Ambiguous => FormatCode::YamlPathAmbiguous,
            _ => FormatCode::YamlEditRefused,
        };
        Diagnostic::error(code, self.seen, self.help).at(file, self.position)
    }

    pub(super) fn new(
        refusal: EditRefusal,
        seen: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            refusal,
            seen: seen.into(),
            help: help.into(),
            position: None,
        }
    }

    /// The same, at a place.
    pub(super) fn at(self, position: Position) -> Self {
        Self {
            position: Some(position),
            ..self
        }
    }

    pub(super) fn unreadable(error: YamlError) -> Self {
        Self {
            refusal: EditRefusal::Unreadable,
            seen: error.message,
            help: "correct the file, or edit it with a command of your own".to_owned(),
            position: error.position,
        }
    }

    pub(super) fn not_text(bytes: &[u8], error: Utf8Error) -> Self {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let before = String::from_utf8_lossy(before);
        let last_line = before.rsplit('\n').next().unwrap_or_default();
        Self::new(
            EditRefusal::Unreadable,
            "the file is not written in UTF-8",
            "save the file in UTF-8",
        )
        .at(Position {
            line: before.matches('\n').count().saturating_add(1),
            column: last_line.chars().count().saturating_add(1),
        })
    }

    pub(super) fn shared(path: &YamlPath) -> Self {
        Self::new(
            EditRefusal::Shared,
            format!(
                "a new value of {path} would change other values too, or would not be read: an alias repeats it, or a merge key replaces it"
            ),
            "write the value out where the alias or the merge key (<<) is",
        )
    }
}
