//! A document that was read: its value, and where each part of it is.

use std::collections::BTreeMap;

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
    Nothing,
    Items(Vec<Positions>),
    /// The position of a key, and those of its value.
    Keys(BTreeMap<String, (Position, Positions)>),
}

impl YamlDocument {
    /// The position of a path: of the key, or of the item in a list. For a path whose end is missing, the position of
    /// its last existing step, so that a missing key is reported at its parent. What an alias or a merge key repeats is where it
    /// is written.
    pub fn position(&self, path: &[PathStep]) -> Position {
        let (mut at, mut node) = (self.positions.at, &self.positions);
        for step in path {
            let found = match (step, &node.below) {
                (PathStep::Key(key), Below::Keys(keys)) => {
                    keys.get(key).map(|(at, value)| (*at, value))
                }
                (PathStep::Index(index), Below::Items(items)) => {
                    items.get(*index).map(|item| (item.at, item))
                }
                _ => None,
            };
            match found {
                Some(found) => (at, node) = found,
                None => break,
            }
        }
        at
    }
}
