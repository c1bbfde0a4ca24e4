//! From a path to the scalar that it means.

use std::fmt::Write as _;

use granit_parser::ScalarStyle;
use serde_json::Value;

use super::super::resolve::{Notation, Scalar};
use super::super::{Dialect, PathStep, YamlDocument};
use super::error::{EditError, EditRefusal};
use super::path::{Condition, PathSegment, YamlPath};
use super::syntax::{SyntaxContent, SyntaxNode, WrittenScalar, syntax};
use crate::Position;
use crate::diagnostic::shortened;

/// How many of the keys or names that are there are listed for a path that leads to nothing.
const MOST_LISTED: usize = 10;

/// The scalar that a path means.
pub(super) struct EditTarget {
    pub(super) scalar: WrittenScalar,
    pub(super) at: Position,
    /// In which of the documents, and where in its value.
    pub(super) document: usize,
    pub(super) path: Vec<PathStep>,
}

/// A path that cannot be followed to its end.
struct DeadEnd {
    /// What of it is there.
    there: Vec<PathStep>,
    refusal: EditRefusal,
    seen: String,
    help: String,
    /// Where there is more than one, the second.
    second: Option<PathStep>,
}

/// Finds the only scalar of a path.
pub(super) fn target(
    text: &str,
    documents: &[YamlDocument],
    path: &YamlPath,
) -> Result<EditTarget, EditError> {
    let roots = syntax(text).map_err(EditError::unreadable)?;
    let mut found: Option<(usize, Vec<PathStep>)> = None;
    let mut dead_ends = Vec::new();
    for (nth, document) in documents.iter().enumerate() {
        match follow(&document.value, &path.steps) {
            Ok(steps) if found.is_some() => {
                return Err(in_several_documents(path).at(document.position(&steps)));
            }
            Ok(steps) => found = Some((nth, steps)),
            Err(dead_end) => dead_ends.push((dead_end, document)),
        }
    }
    // Ambiguous in one document is ambiguous, whatever is in the others.
    let ambiguous = |end: &DeadEnd| end.refusal == EditRefusal::Ambiguous;
    let worst = dead_ends
        .into_iter()
        .max_by_key(|(end, _)| (ambiguous(end), end.there.len()))
        .filter(|(end, _)| found.is_none() || ambiguous(end));
    if let Some((end, document)) = worst {
        return Err(end.error(document));
    }
    let Some((nth, steps)) = found else {
        let seen = format!("the file is empty, and so has no {path}");
        return Err(missing(seen, "write the file first").at(Position { line: 1, column: 1 }));
    };
    let (Some(document), Some(root)) = (documents.get(nth), roots.into_iter().nth(nth)) else {
        return Err(written_elsewhere(path));
    };
    let at = document.position(&steps);
    let (scalar, scalar_at) = written_at(root, &steps, path).map_err(|error| error.at(at))?;
    // A block begins with its first line of content, not where | or > is.
    let is_block = matches!(scalar.style, ScalarStyle::Literal | ScalarStyle::Folded);
    let at = if is_block { at } else { scalar_at };
    Ok(EditTarget {
        scalar,
        at,
        document: nth,
        path: steps,
    })
}

impl DeadEnd {
    fn error(mut self, document: &YamlDocument) -> EditError {
        self.there.extend(self.second);
        EditError::new(self.refusal, self.seen, self.help).at(document.position(&self.there))
    }
}

/// The steps through a value that a path means.
fn follow(root: &Value, segments: &[PathSegment]) -> Result<Vec<PathStep>, DeadEnd> {
    let mut there = Vec::new();
    let (mut value, mut segments) = (root, segments);
    if let (Some((PathSegment::Where(conditions), rest)), Value::Object(_) | Value::Null) =
        (segments.split_first(), root)
    {
        if !hold(conditions, root) {
            let seen = format!("no document has {}", listed(conditions));
            return Err(dead_end(there, seen, "name a document that is in the file"));
        }
        segments = rest;
    }
    for segment in segments {
        let step = match segment {
            PathSegment::Key(key) => PathStep::Key(key_in(value, key)),
            PathSegment::Index(index) => PathStep::Index(*index),
            PathSegment::Where(conditions) => the_item(value, conditions, &there)?,
        };
        let next = match &step {
            PathStep::Key(key) => value.get(key),
            PathStep::Index(index) => value.get(index),
        };
        let Some(next) = next else {
            let (seen, help) = not_there(value, &step, &there);
            return Err(dead_end(there, seen, help));
        };
        value = next;
        there.push(step);
    }
    Ok(there)
}

/// The only item of a list for which all conditions hold.
fn the_item(
    value: &Value,
    conditions: &[Condition],
    there: &[PathStep],
) -> Result<PathStep, DeadEnd> {
    let place = written(there);
    let Value::Array(items) = value else {
        let seen = format!("{place} is {}, not a list", kind(value));
        let help = "leave the condition out, or name a list";
        return Err(dead_end(there.to_vec(), seen, help));
    };
    let mut matches = (0..).zip(items).filter(|(_, item)| hold(conditions, item));
    match (matches.next(), matches.next()) {
        (Some((index, _)), None) => Ok(PathStep::Index(index)),
        (None, _) => {
            let seen = format!("no item of {place} has {}", listed(conditions));
            let help = match conditions.first() {
                Some(first) => names(first, items),
                None => "write a condition".to_owned(),
            };
            Err(dead_end(there.to_vec(), seen, help))
        }
        (Some(_), Some((second, _))) => Err(DeadEnd {
            there: there.to_vec(),
            refusal: EditRefusal::Ambiguous,
            seen: format!("more than one item of {place} has {}", listed(conditions)),
            help: "add a condition that only one of them meets, such as [name=x, kind=y], or write the item's number"
                .to_owned(),
            second: Some(PathStep::Index(second)),
        }),
    }
}

/// A key of a map as it is read: `on` and `0644` are the keys `true` and `420`, where there are none of these names in quotes.
fn key_in(map: &Value, key: &str) -> String {
    let is_read_as = || {
        let plain = Scalar::resolve(key.to_owned(), Notation::Plain, Dialect::Kubernetes);
        let read = plain.and_then(Scalar::into_key).ok()?;
        map.get(&read).is_some().then_some(read)
    };
    match map.get(key) {
        Some(_) => key.to_owned(),
        None => is_read_as().unwrap_or_else(|| key.to_owned()),
    }
}

/// What is in an item where a condition looks.
fn looked_at<'v>(condition: &Condition, item: &'v Value) -> Option<&'v Value> {
    let mut keys = condition.keys.iter();
    keys.try_fold(item, |value, key| value.get(key_in(value, key)))
}

fn hold(conditions: &[Condition], item: &Value) -> bool {
    conditions
        .iter()
        .all(|condition| match looked_at(condition, item) {
            None | Some(Value::Array(_) | Value::Object(_)) => false,
            Some(Value::String(text)) => *text == condition.value,
            Some(found) => {
                let plain = condition.value.clone();
                let plain = Scalar::resolve(plain, Notation::Plain, Dialect::Kubernetes);
                plain.and_then(Scalar::into_value).as_ref() == Ok(found)
            }
        })
}

/// The scalar as it is written at a place, and not repeated by an alias or a merge key.
fn written_at(
    root: SyntaxNode,
    steps: &[PathStep],
    path: &YamlPath,
) -> Result<(WrittenScalar, Position), EditError> {
    let mut node = root;
    for step in steps {
        let next = match (step, node.content) {
            (PathStep::Key(key), SyntaxContent::Map(entries)) => {
                let mut entries = entries.into_iter();
                let found = entries.find(|entry| entry.key.as_ref() == Some(key));
                found.map(|entry| entry.value)
            }
            (PathStep::Index(index), SyntaxContent::List(items)) => items.into_iter().nth(*index),
            _ => None,
        };
        node = next.ok_or_else(|| written_elsewhere(path))?;
    }
    match node.content {
        SyntaxContent::Scalar(scalar) => Ok((scalar, node.at)),
        SyntaxContent::Alias => Err(written_elsewhere(path)),
        SyntaxContent::List(_) | SyntaxContent::Map(_) => Err(EditError::new(
            EditRefusal::NotAScalar,
            format!("{path} is a list or a map, not a single value"),
            "lead the path on to the value that is to change",
        )),
    }
}

fn written_elsewhere(path: &YamlPath) -> EditError {
    EditError::new(
        EditRefusal::WrittenElsewhere,
        format!("{path} is not written here: an alias (*) or a merge key (<<) repeats it"),
        "write the value out, or edit the place that has the anchor (&)",
    )
}

fn in_several_documents(path: &YamlPath) -> EditError {
    EditError::new(
        EditRefusal::Ambiguous,
        format!("more than one document of the file has {path}"),
        format!("say which one: [kind=Deployment].{path}, or [metadata.name=x].{path}"),
    )
}

fn missing(seen: String, help: impl Into<String>) -> EditError {
    EditError::new(EditRefusal::Missing, seen, help)
}

fn dead_end(there: Vec<PathStep>, seen: String, help: impl Into<String>) -> DeadEnd {
    DeadEnd {
        there,
        refusal: EditRefusal::Missing,
        seen,
        help: help.into(),
        second: None,
    }
}

/// What was looked for in vain, and what is there instead.
fn not_there(value: &Value, step: &PathStep, there: &[PathStep]) -> (String, String) {
    let place = written(there);
    match (step, value) {
        (PathStep::Key(key), Value::Object(map)) => {
            let keys = map.keys().take(MOST_LISTED).map(|key| shortened(key));
            let help = match keys.collect::<Vec<_>>() {
                keys if keys.is_empty() => "write it into the file first".to_owned(),
                keys => format!("name a key that is there: {}", keys.join(", ")),
            };
            (format!("{place} has no key {}", shortened(key)), help)
        }
        (PathStep::Index(index), Value::Array(items)) => (
            format!("{place} has {} items and no item {index}", items.len()),
            "count the items from 0".to_owned(),
        ),
        (PathStep::Key(key), Value::Array(_)) => (
            format!("{place} is a list and has no key {}", shortened(key)),
            "say which item is meant, such as [name=x]".to_owned(),
        ),
        (PathStep::Key(key), other) => (
            format!(
                "{place} is {} and has no key {}",
                kind(other),
                shortened(key)
            ),
            "end the path earlier, or change the file".to_owned(),
        ),
        (PathStep::Index(_), other) => (
            format!("{place} is {}, not a list", kind(other)),
            "leave the [ ] out, or name a list".to_owned(),
        ),
    }
}

/// The values that a condition could ask for.
fn names(condition: &Condition, items: &[Value]) -> String {
    let key = condition.keys.join(".");
    let found = items
        .iter()
        .filter_map(|item| match looked_at(condition, item)? {
            Value::String(text) => Some(shortened(text)),
            Value::Array(_) | Value::Object(_) => None,
            other => Some(other.to_string()),
        });
    match found.take(MOST_LISTED).collect::<Vec<_>>() {
        found if found.is_empty() => format!("no item has the key {key}; name another one"),
        found => format!("name an item that is there; {key} is: {}", found.join(", ")),
    }
}

fn listed(conditions: &[Condition]) -> String {
    let conditions = conditions.iter();
    let written: Vec<_> = conditions
        .map(|condition| {
            format!(
                "{}={}",
                condition.keys.join("."),
                shortened(&condition.value)
            )
        })
        .collect();
    written.join(", ")
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Object(_) => "a map",
        Value::Array(_) => "a list",
        Value::Null => "empty",
        _ => "a single value",
    }
}

/// The steps as a path.
fn written(steps: &[PathStep]) -> String {
    if steps.is_empty() {
        return "the document".to_owned();
    }
    let mut text = String::new();
    for step in steps {
        match step {
            PathStep::Index(index) => {
                let _ = write!(text, "[{index}]");
            }
            PathStep::Key(key) => {
                text += if text.is_empty() { "" } else { "." };
                text += key;
            }
        }
    }
    shortened(&text)
}
