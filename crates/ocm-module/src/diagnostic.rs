//! Diagnostics: the one form in which values, files, archives and images are reported as wrong or remarkable.

use std::fmt;

use super::FormatCode;

/// Whether the operation can continue in spite of a [`Diagnostic`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The operation continues; the user should know about the problem.
    Warning,
    /// The operation fails.
    Error,
}

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

/// Where something was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// An input of a step or an option of a command, by its name.
    Input(String),
    /// A file by its name, and the position in it where that is known.
    File(String, Option<Position>),
}

/// One thing that is wrong or remarkable: what was seen, what was wanted, and what to do.
///
/// `C` is the enum of codes: [`FormatCode`] here, an application's own where it has more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic<C = FormatCode> {
    /// The stable name of what is wrong.
    pub code: C,
    /// Whether it has to be put right.
    pub severity: Severity,
    /// What was seen, with the reader's own values: a sentence without its full stop.
    pub seen: String,
    /// What was wanted instead, where `seen` does not imply it.
    pub wanted: Option<String>,
    /// What to type or to change, with the reader's own values; may be of several lines.
    pub help: String,
    /// Where it was found.
    pub place: Option<Place>,
}

/// The most characters of a value that are quoted: the longest one that is right, an image by digest, is shorter.
const MOST_QUOTED: usize = 500;

/// The most characters of why a value is wrong, which may quote a part of it.
const MOST_OF_REASON: usize = 1_000;

/// The beginning of a text, and how many characters are left out.
fn cut(text: &str, most: usize) -> (&str, String) {
    match text.char_indices().nth(most) {
        None => (text, String::new()),
        Some((at, _)) => {
            let (kept, rest) = text.split_at(at);
            let more = rest.chars().count();
            (kept, format!(" (and {more} more characters)"))
        }
    }
}

/// The beginning of a text for a message that is no [`Diagnostic::value`].
pub(crate) fn shortened(text: &str) -> String {
    let (kept, more) = cut(text, MOST_QUOTED);
    format!("{kept}{more}")
}

impl<C> Diagnostic<C> {
    /// Something that has to be put right.
    pub fn error(code: C, seen: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            seen: seen.into(),
            wanted: None,
            help: help.into(),
            place: None,
        }
    }

    /// A problem that does not stop the operation.
    pub fn warning(code: C, seen: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, seen, help)
        }
    }

    /// A text that is not the value that it should be: `what` is the kind of value, such as `digest`. Of a long text, only the
    /// beginning is quoted.
    pub fn value(
        code: C,
        what: &str,
        text: impl AsRef<str>,
        why: impl fmt::Display,
        help: impl Into<String>,
    ) -> Self {
        let (text, more) = cut(text.as_ref(), MOST_QUOTED);
        let why = why.to_string();
        let (why, more_of_why) = cut(&why, MOST_OF_REASON);
        let seen = format!("{what} {text:?}{more} {why}{more_of_why}");
        Self::error(code, seen, help)
    }

    /// Content that is not what it claims to be: `what` names it, such as `image manifest`.
    pub fn about(
        code: C,
        what: impl fmt::Display,
        why: impl fmt::Display,
        help: impl Into<String>,
    ) -> Self {
        Self::error(code, format!("{what} {why}"), help)
    }

    /// The same, with what was wanted.
    #[must_use]
    pub fn wanted(mut self, wanted: impl Into<String>) -> Self {
        self.wanted = Some(wanted.into());
        self
    }

    /// The same, found in a file.
    #[must_use]
    pub fn at(mut self, file: &str, position: Option<Position>) -> Self {
        self.place = Some(Place::File(file.to_owned(), position));
        self
    }

    /// The same, with the code as a variant of another enum.
    pub fn with_code<D: From<C>>(self) -> Diagnostic<D> {
        Diagnostic {
            code: self.code.into(),
            severity: self.severity,
            seen: self.seen,
            wanted: self.wanted,
            help: self.help,
            place: self.place,
        }
    }

    /// The position in a file, where it is known.
    pub fn position(&self) -> Option<Position> {
        match self.place {
            Some(Place::File(_, position)) => position,
            _ => None,
        }
    }

    /// Whether it has to be put right.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(name) | Self::File(name, None) => write!(f, "{name}:"),
            Self::File(name, Some(position)) => write!(f, "{name}:{position}:"),
        }
    }
}

/// Place, what was seen and what was wanted, in one line; neither code nor help.
impl<C> fmt::Display for Diagnostic<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place} ")?;
        }
        f.write_str(&self.seen)?;
        match &self.wanted {
            Some(wanted) => write!(f, "; wanted: {wanted}"),
            None => Ok(()),
        }
    }
}

impl<C: fmt::Debug> std::error::Error for Diagnostic<C> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_are_quoted_in_part() {
        let value = |text: &str| Diagnostic::value((), "digest", text, "is none", "").seen;
        assert_eq!(value("a\"b"), "digest \"a\\\"b\" is none");
        let longest = "ü".repeat(MOST_QUOTED);
        assert_eq!(value(&longest), format!("digest {longest:?} is none"));
        let quoted = format!("digest {longest:?} (and 60000 more characters) is none");
        assert_eq!(value(&(longest + &"x".repeat(60_000))), quoted);
        let why = Diagnostic::value((), "image", "a", "x".repeat(60_000), "").seen;
        assert!(
            why.ends_with("x (and 59000 more characters)"),
            "{}",
            why.len()
        );
    }
}
