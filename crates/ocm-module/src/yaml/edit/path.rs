//! The path of a scalar, as a person writes it.

use std::fmt;
use std::str::FromStr;

/// The most characters of a path.
const MAX_LENGTH: usize = 1_000;

/// Which scalar of a YAML file is meant, and which part of it.
///
/// | written | means |
/// |---|---|
/// | `a.b` | the value of `b` in the map `a` |
/// | `a."b.c"`, `a.'b.c'` | a key with characters that have a meaning here; nothing is escaped between the quotes |
/// | `a[0]` | an item of a list, counted from 0 |
/// | `a[name=x]` | the only item of a list that is a map with this scalar |
/// | `a[name=x, spec.kind="y"]` | the only item for which all conditions hold; a condition may lead further down |
/// | `[kind=Deployment].a` | in a file of several documents, the only one for which the condition holds |
/// | `a:tag` | of an image `repository:tag` in `a`, the tag |
///
/// A number or a flag in the file equals a condition that is written like it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlPath {
    text: String,
    pub(super) steps: Vec<PathSegment>,
    pub(super) part: ScalarPart,
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PathSegment {
    Key(String),
    Index(usize),
    /// All of these hold for exactly one item.
    Where(Vec<Condition>),
}

/// What an item of a list has to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) keys: Vec<String>,
    pub(super) value: String,
}

/// What of a scalar is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScalarPart {
    Whole,
    /// The tag of an image.
    Tag,
}

/// A text is no [`YamlPath`] or [`YamlEdit`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {message}")]
pub struct YamlPathError {
    /// What is wrong, without a full stop.
    pub message: String,
    /// Where in the text it is, in characters from 1.
    pub column: usize,
}

/// A path and what is to be there: `spec.containers[name=manager].image:tag = 1.2.0`.
///
/// The value is what stands behind the first `=` that is not part of the path, without the spaces around it. It is taken as it
/// is: quotes in it become quotes in the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlEdit {
    /// The scalar that is replaced.
    pub path: YamlPath,
    /// The new value.
    pub value: String,
}

impl FromStr for YamlPath {
    type Err = YamlPathError;

    fn from_str(text: &str) -> Result<Self, YamlPathError> {
        let mut reader = PathReader::of(text)?;
        let path = reader.path()?;
        match reader.peek() {
            None => Ok(path),
            Some(_) => Err(reader.error("the path ends before this character")),
        }
    }
}

impl fmt::Display for YamlPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for YamlEdit {
    type Err = YamlPathError;

    fn from_str(text: &str) -> Result<Self, YamlPathError> {
        let mut reader = PathReader::of(text)?;
        let path = reader.path()?;
        reader.skip_spaces();
        if !reader.take('=') {
            return Err(reader.error("write = and the new value behind the path"));
        }
        let value = reader.rest().trim().to_owned();
        Ok(Self { path, value })
    }
}

struct PathReader<'t> {
    text: &'t str,
    /// In bytes.
    at: usize,
}

impl<'t> PathReader<'t> {
    fn of(text: &'t str) -> Result<Self, YamlPathError> {
        let mut reader = Self { text, at: 0 };
        if text.chars().count() > MAX_LENGTH {
            let message = format!("a path has at most {MAX_LENGTH} characters");
            return Err(reader.error(&message));
        }
        reader.skip_spaces();
        Ok(reader)
    }

    fn path(&mut self) -> Result<YamlPath, YamlPathError> {
        let start = self.at;
        let mut steps = Vec::new();
        if self.peek() != Some('[') {
            steps.push(PathSegment::Key(self.key()?));
        }
        let mut part = ScalarPart::Whole;
        loop {
            if self.take('.') {
                steps.push(PathSegment::Key(self.key()?));
            } else if self.take('[') {
                steps.push(self.selector()?);
            } else if self.take(':') {
                part = self.part()?;
                break;
            } else {
                break;
            }
        }
        let text = self.text.get(start..self.at).unwrap_or_default().to_owned();
        Ok(YamlPath { text, steps, part })
    }

    fn part(&mut self) -> Result<ScalarPart, YamlPathError> {
        let before = self.at;
        if self.word() == "tag" {
            return Ok(ScalarPart::Tag);
        }
        self.at = before;
        Err(self.error("behind : only tag can stand; put a key that has a : into quotes"))
    }

    /// What is between `[` and `]`.
    fn selector(&mut self) -> Result<PathSegment, YamlPathError> {
        self.skip_spaces();
        let before = self.at;
        let word = self.word();
        self.skip_spaces();
        if !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()) && self.take(']') {
            let index = word.parse().map(PathSegment::Index);
            return index.map_err(|_| YamlPathError {
                message: "the number of an item is too large".to_owned(),
                column: self.column(before),
            });
        }
        self.at = before;
        let mut conditions = Vec::new();
        loop {
            conditions.push(self.condition()?);
            if self.take(']') {
                return Ok(PathSegment::Where(conditions));
            }
            if !self.take(',') {
                return Err(
                    self.error("close the [ with ], or write a comma and the next condition")
                );
            }
        }
    }

    fn condition(&mut self) -> Result<Condition, YamlPathError> {
        self.skip_spaces();
        let mut keys = vec![self.key()?];
        while self.take('.') {
            keys.push(self.key()?);
        }
        self.skip_spaces();
        if !self.take('=') {
            return Err(self.error("write the condition as key=value, or the number of the item"));
        }
        self.skip_spaces();
        let value = match self.quoted()? {
            Some(value) => value,
            None => self.until(|c| matches!(c, ',' | ']')).trim_end(),
        };
        let condition = Condition {
            keys,
            value: value.to_owned(),
        };
        self.skip_spaces();
        Ok(condition)
    }

    fn key(&mut self) -> Result<String, YamlPathError> {
        if let Some(quoted) = self.quoted()? {
            return Ok(quoted.to_owned());
        }
        match self.word() {
            "" => Err(self.error("a key is missing")),
            key => Ok(key.to_owned()),
        }
    }

    /// What is in quotes, if a quote comes next.
    fn quoted(&mut self) -> Result<Option<&'t str>, YamlPathError> {
        let Some(quote @ ('"' | '\'')) = self.peek() else {
            return Ok(None);
        };
        let opening = self.at;
        self.take(quote);
        let content = self.until(|c| c == quote);
        if self.take(quote) {
            return Ok(Some(content));
        }
        Err(YamlPathError {
            message: "the quote is not closed".to_owned(),
            column: self.column(opening),
        })
    }

    fn word(&mut self) -> &'t str {
        self.until(|c| {
            c.is_whitespace() || matches!(c, '.' | '[' | ']' | ':' | '=' | ',' | '"' | '\'')
        })
    }

    fn until(&mut self, is_end: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let length = rest.find(is_end).unwrap_or(rest.len());
        self.at = self.at.saturating_add(length);
        rest.get(..length).unwrap_or_default()
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at = self.at.saturating_add(wanted.len_utf8());
        }
        found
    }

    fn skip_spaces(&mut self) {
        self.until(|c| !c.is_whitespace());
    }

    fn column(&self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or_default();
        before.chars().count().saturating_add(1)
    }

    fn error(&self, message: &str) -> YamlPathError {
        YamlPathError {
            message: message.to_owned(),
            column: self.column(self.at),
        }
    }
}
