//! A document that was read: its value, and where each part of it is.

use std::collections::BTreeMap;

use granit_parser::ScalarStyle;
use serde_json::Value;

use crate::Position;

/// One document of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct YamlDocument {
    /// Its content, as JSON would have it.
    pub value: Value,
    pub(super) positions: Positions,
}

/// One step down into a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathStep {
    /// To the value of a key.
    Key(String),
    /// To an item of a list, counted from 0.
    Index(usize),
}

/// Where a value is, and what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Positions {
    pub(super) at: Position,
    pub(super) below: Below,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Below {
    Scalar(ScalarSpan),
    Items(Vec<Positions>),
    /// The position of a key, and those of its value.
    Keys(BTreeMap<String, (Position, Positions)>),
}

/// The bytes of a scalar in the text, with its quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ScalarSpan {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) style: ScalarStyle,
}

impl YamlDocument {
    /// The position of a path: of the key, or of the item in a list. For a path whose end is missing, the position of
    /// its last existing step, so that a missing key is reported at its parent. What an alias or a merge key repeats is where it
    /// is written.
    pub fn position(&self, path: &[PathStep]) -> Position {
        let (mut at, mut node) = (self.positions.at, &self.positions);
        for step in path {
            match node.step(step) {
                Some(found) => (at, node) = found,
                None => break,
            }
        }
        at
    }

    /// Where to insert something in the `text` that is to come after a scalar's `content`, within its quotes if it has any.
    /// Aliases and merge keys are followed. Nothing if there is no such scalar, or if it does not end with the content as it is.
    pub fn end_of(&self, text: &str, path: &[PathStep], content: &str) -> Option<usize> {
        let mut node = &self.positions;
        for step in path {
            node = node.step(step)?.1;
        }
        let Below::Scalar(span) = &node.below else {
            return None;
        };
        let source = text.get(span.start..span.end)?.trim_end();
        let source = match span.style {
            ScalarStyle::SingleQuoted => source.strip_suffix('\'')?,
            ScalarStyle::DoubleQuoted => source.strip_suffix('"')?,
            _ => source,
        };
        source
            .ends_with(content)
            .then_some(span.start + source.len())
    }
}

impl Positions {
    /// The position of the key or item that a step leads to, and those of its value.
    fn step(&self, step: &PathStep) -> Option<(Position, &Self)> {
        match (step, &self.below) {
            (PathStep::Key(key), Below::Keys(keys)) => {
                keys.get(key).map(|(at, value)| (*at, value))
            }
            (PathStep::Index(index), Below::Items(items)) => {
                items.get(*index).map(|item| (item.at, item))
            }
            _ => None,
        }
    }
}
