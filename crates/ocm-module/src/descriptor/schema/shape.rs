//! What a JSON Schema says of a value, as far as OCM's schemas use it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::text::is_element_name;

/// What a value has to be.
pub(super) enum Shape {
    Any,
    Flag,
    /// Any text, an empty one too.
    Text,
    /// A text that a check accepts, and the end of the sentence for one that it refuses.
    TextLike(fn(&str) -> bool, &'static str),
    /// The same, for a value that may be something else than a text: a `pattern` without a `type`.
    IfText(fn(&str) -> bool, &'static str),
    OneOf(&'static [&'static str]),
    List(&'static Self),
    Nullable(&'static Self),
    /// Keys of an identity with values of any kind.
    Identity,
    /// An identity whose values are texts.
    TextIdentity,
    Object {
        required: &'static [&'static str],
        fields: &'static [(&'static str, Self)],
        others: OtherKeys,
    },
}

/// Whether an object may have more keys than the schema lists.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum OtherKeys {
    Accepted,
    Refused,
}

/// What is broken, each with the path of the value.
#[derive(Default)]
pub(super) struct BrokenRules(pub(super) Vec<String>);

impl BrokenRules {
    pub(super) fn add(&mut self, path: &str, why: impl std::fmt::Display) {
        self.0.push(format!("{path} {why}"));
    }
}

impl Shape {
    pub(super) fn check(&self, value: &Value, path: &str, broken: &mut BrokenRules) {
        match (self, value) {
            (Self::Any, _)
            | (Self::Nullable(_), Value::Null)
            | (Self::Flag, Value::Bool(_))
            | (Self::Text, Value::String(_)) => {}
            (Self::Nullable(shape), _) => shape.check(value, path, broken),
            (Self::TextLike(is_fine, why) | Self::IfText(is_fine, why), Value::String(text)) => {
                if !is_fine(text) {
                    broken.add(path, format!("is {text:?}, {why}"));
                }
            }
            (Self::OneOf(words), Value::String(text)) => {
                if !words.contains(&text.as_str()) {
                    let known = words.join(" nor ");
                    broken.add(path, format!("is {text:?}, neither {known}"));
                }
            }
            (Self::List(shape), Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    shape.check(item, &format!("{path}[{index}]"), broken);
                }
            }
            (Self::Identity | Self::TextIdentity, Value::Object(map)) => {
                check_identity(map, matches!(self, Self::TextIdentity), path, broken);
            }
            (
                Self::Object {
                    required,
                    fields,
                    others,
                },
                Value::Object(map),
            ) => check_object(map, path, (required, fields, *others), broken),
            (Self::IfText(..), _) => {}
            (wanted, _) => broken.add(path, format!("is not {}", wanted.kind())),
        }
    }

    /// What a value of the shape is, for a sentence.
    fn kind(&self) -> &'static str {
        match self {
            Self::Any => "a value",
            Self::Flag => "true or false",
            Self::Text | Self::TextLike(..) | Self::IfText(..) | Self::OneOf(_) => "a text",
            Self::List(_) => "a list",
            Self::Nullable(shape) => shape.kind(),
            Self::Identity | Self::TextIdentity | Self::Object { .. } => "an object",
        }
    }
}

type ObjectShape<'s> = (&'s [&'s str], &'s [(&'s str, Shape)], OtherKeys);

fn check_object(
    map: &Map<String, Value>,
    path: &str,
    (required, fields, others): ObjectShape<'_>,
    broken: &mut BrokenRules,
) {
    let below = |key: &str| join(path, key);
    for key in required.iter().filter(|key| !map.contains_key(**key)) {
        broken.add(&below(key), "is missing");
    }
    for (key, shape) in fields {
        if let Some(value) = map.get(*key) {
            shape.check(value, &below(key), broken);
        }
    }
    if others == OtherKeys::Refused {
        let known: BTreeSet<_> = fields.iter().map(|(key, _)| *key).collect();
        for key in map.keys().filter(|key| !known.contains(key.as_str())) {
            broken.add(&below(key), "is not a key that may be there");
        }
    }
}

fn check_identity(map: &Map<String, Value>, texts: bool, path: &str, broken: &mut BrokenRules) {
    for (key, value) in map {
        if !is_element_name(key) {
            broken.add(path, format!("has the key {key:?}; {NAME_HELP}"));
        }
        if texts && !matches!(value, Value::String(_) | Value::Null) {
            broken.add(&join(path, key), "is not a text");
        }
    }
}

pub(super) const NAME_HELP: &str = "use small letters, digits and - _ +, two characters at least";

/// The path of a key; the document itself has no name.
fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}
