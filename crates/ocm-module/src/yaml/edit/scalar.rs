//! How the new value is written.

use granit_parser::ScalarStyle;
use serde_json::Value;

use super::super::Dialect;
use super::super::emit::{Style, on_one_line};
use super::super::resolve::{Meaning, Notation, Scalar};
use super::error::{EditError, EditRefusal};
use super::syntax::WrittenScalar;
use crate::diagnostic::shortened;

/// What takes the place of a scalar, and what it is read as.
pub(super) struct Replacement {
    pub(super) text: String,
    pub(super) value: Value,
}

impl WrittenScalar {
    /// What it is read as, where that is a text in JSON.
    fn is_text(&self) -> bool {
        matches!(self.resolved.meaning, Meaning::Text | Meaning::Timestamp)
    }

    /// The text that it is, or that its number or flag is written as; nothing for null.
    pub(super) fn text_value(&self) -> Option<String> {
        match self.resolved.meaning {
            Meaning::Null => None,
            Meaning::Text | Meaning::Timestamp => Some(self.resolved.text.clone()),
            Meaning::Bool(_) | Meaning::Number(_) => self
                .resolved
                .clone()
                .into_value()
                .ok()
                .map(|value| value.to_string()),
        }
    }
}

/// The new value in the notation of the old one.
pub(super) fn replacement(old: &WrittenScalar, new: &str) -> Result<Replacement, EditError> {
    refused_notation(old)?;
    if !old.is_text() && old.resolved.meaning != Meaning::Null {
        return same_type(old, new);
    }
    let style = match (old.style, Style::of(new)) {
        (ScalarStyle::DoubleQuoted, _) | (_, Style::Literal) => Style::Double,
        (ScalarStyle::SingleQuoted, _) if Style::is_printable_line(new) => Style::Single,
        // YAML 1.1 gives these a meaning of their own, by which PyYAML fails
        // (<https://yaml.org/type/merge.html>, <https://yaml.org/type/value.html>).
        (ScalarStyle::Plain, _) if matches!(new, "<<" | "=") => Style::Double,
        (ScalarStyle::Plain, Style::Plain) if old.in_flow && ends_in_flow(new) => Style::Single,
        (_, style) => style,
    };
    Ok(Replacement {
        text: on_one_line(new, style),
        value: new.into(),
    })
}

fn refused_notation(old: &WrittenScalar) -> Result<(), EditError> {
    let refuse = |seen: String, help: &str| Err(EditError::new(EditRefusal::Notation, seen, help));
    match (old.style, &old.tag) {
        (_, Some(tag)) if !matches!(&**tag, "!!str" | "!") => refuse(
            format!("the value has the tag {}", shortened(tag)),
            "take the tag away, or change the value by hand",
        ),
        (ScalarStyle::Literal | ScalarStyle::Folded, _) => refuse(
            "the value is written as a block (| or >)".to_owned(),
            "write the value on one line, in quotes if it needs them",
        ),
        _ if old.bytes.is_empty() => refuse(
            "there is no value behind the key, and so nothing to replace".to_owned(),
            "write \"\" behind the key",
        ),
        _ => Ok(()),
    }
}

/// A number in place of a number, or a flag in place of a flag.
fn same_type(old: &WrittenScalar, new: &str) -> Result<Replacement, EditError> {
    let resolved = Scalar::resolve(new.to_owned(), Notation::Plain, Dialect::Kubernetes);
    let is_same_type = resolved.as_ref().is_ok_and(|resolved| {
        matches!(
            (old.resolved.meaning, resolved.meaning),
            (Meaning::Bool(_), Meaning::Bool(_)) | (Meaning::Number(_), Meaning::Number(_))
        )
    });
    match resolved.and_then(Scalar::into_value) {
        // Others, such as `1.20` for the number 1.2, were probably meant as a text.
        Ok(value) if is_same_type && is_written_as(&value, new) => Ok(Replacement {
            text: new.to_owned(),
            value,
        }),
        _ => Err(EditError::new(
            EditRefusal::OtherType,
            format!(
                "the value {} is a {}, and {:?} is none that is read as it is written",
                shortened(&old.text),
                if matches!(old.resolved.meaning, Meaning::Bool(_)) {
                    "flag"
                } else {
                    "number"
                },
                shortened(new),
            ),
            format!(
                "if it is a text, put the old value into quotes first: \"{}\"",
                shortened(&old.text)
            ),
        )),
    }
}

fn is_written_as(value: &Value, text: &str) -> bool {
    let written = value.to_string();
    written == text
}

/// Whether a plain text would not be read to its end within `[` or `{`.
fn ends_in_flow(text: &str) -> bool {
    text.contains([',', '[', ']', '{', '}', '?']) || text.starts_with(':') || text.is_empty()
}
