//! JSON as text: what was published is kept as it was written, with the fields that this version does not know.

use indexmap::IndexMap;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

/// The fields of a JSON object, in the order in which they were written, each value as its text.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JsonObject(IndexMap<String, Box<RawValue>>);

impl JsonObject {
    /// The fields of `value` as it is serialised.
    ///
    /// # Errors
    ///
    /// `value` is not serialised as an object.
    pub(super) fn of(value: &impl Serialize) -> serde_json::Result<Self> {
        serde_json::from_str(&serde_json::to_string(value)?)
    }

    /// The fields of the JSON object `text`.
    ///
    /// # Errors
    ///
    /// The text is not a JSON object.
    pub(super) fn read(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str(&compact(text))
    }

    /// These fields, which `now` was read from, with what has changed in it since. All others stay as they were written: those
    /// that `T` does not have, and those that it has and the text had not. Without any field, all of `now`.
    ///
    /// # Errors
    ///
    /// The fields are not those of a `T`, or `T` is not serialised as an object.
    pub(super) fn updated<T: Serialize + DeserializeOwned>(
        &self,
        now: &T,
    ) -> serde_json::Result<Self> {
        let now = Self::of(now)?;
        if self.0.is_empty() {
            return Ok(now);
        }
        let before: T = serde_json::from_str(&serde_json::to_string(self)?)?;
        let before = Self::of(&before)?;
        let mut updated = self.clone();
        for (name, value) in &now.0 {
            if before.0.get(name).map(|value| value.get()) != Some(value.get()) {
                updated.0.insert(name.clone(), value.clone());
            }
        }
        updated
            .0
            .retain(|name, _| now.0.contains_key(name) || !before.0.contains_key(name));
        Ok(updated)
    }

    /// Adds a field before the one called `next`, or at the end if there is none.
    ///
    /// # Errors
    ///
    /// `value` cannot be serialised.
    pub(super) fn insert_before(
        &mut self,
        next: &str,
        name: &str,
        value: &impl Serialize,
    ) -> serde_json::Result<()> {
        let at = self.0.get_index_of(next).unwrap_or(self.0.len());
        let value = to_raw_value(value)?;
        self.0.insert_before(at, name.to_owned(), value);
        Ok(())
    }
}

impl PartialEq for JsonObject {
    fn eq(&self, other: &Self) -> bool {
        let fields = |of: &Self| -> Vec<(String, String)> {
            let fields = of.0.iter();
            fields
                .map(|(name, value)| (name.clone(), value.to_string()))
                .collect()
        };
        fields(self) == fields(other)
    }
}

impl Eq for JsonObject {}

/// JSON without the spaces and line ends between its tokens. Names, texts and numbers stay as they were written.
pub(super) fn compact(json: &str) -> String {
    outside_of_strings(json)
        .filter(|(c, outside)| !outside || !c.is_ascii_whitespace())
        .map(|(c, _)| c)
        .collect()
}

/// Compact JSON in lines, with two spaces a level, as [`serde_json::to_string_pretty`] has it.
pub(super) fn pretty(compact: &str) -> String {
    let mut text = String::with_capacity(compact.len() * 2);
    let mut depth = 0;
    let new_line = |text: &mut String, depth: usize| {
        text.push('\n');
        text.push_str(&"  ".repeat(depth));
    };
    let mut rest = outside_of_strings(compact).peekable();
    while let Some((c, outside)) = rest.next() {
        match c {
            '{' | '[' if outside => {
                text.push(c);
                if let Some((end, _)) = rest.next_if(|(next, _)| matches!(next, '}' | ']')) {
                    text.push(end);
                } else {
                    depth += 1;
                    new_line(&mut text, depth);
                }
            }
            '}' | ']' if outside => {
                depth = depth.saturating_sub(1);
                new_line(&mut text, depth);
                text.push(c);
            }
            ',' if outside => {
                text.push(c);
                new_line(&mut text, depth);
            }
            ':' if outside => text.push_str(": "),
            _ => text.push(c),
        }
    }
    text
}

/// Each character of a JSON text, and whether it is outside of strings.
fn outside_of_strings(json: &str) -> impl Iterator<Item = (char, bool)> {
    let (mut in_string, mut escaped) = (false, false);
    json.chars().map(move |c| {
        let outside = !in_string && c != '"';
        if c == '"' && !escaped {
            in_string = !in_string;
        }
        escaped = in_string && c == '\\' && !escaped;
        (c, outside)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<i64>().prop_map(Value::from),
            any::<bool>().prop_map(Value::from),
            r#"[ \\"{}\[\],:a\n\t\u{7}𝄞-]{0,9}"#.prop_map(Value::from),
            Just(Value::Null),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(r#"[a-c"\\]{0,2}"#, inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn compact_and_pretty_are_those_of_serde_json(value in any_json()) {
            let (short, long) = (value.to_string(), format!("{value:#}"));
            prop_assert_eq!(compact(&long), &*short);
            prop_assert_eq!(pretty(&short), long);
            prop_assert_eq!(compact(&short), short);
        }
    }

    #[test]
    fn numbers_and_escapes_stay_as_they_were_written() {
        let json = "{ \"n\" : 1.10e+400 ,\r\n\t\"t\" : \"\\u002d \\/ \\\"\" }";
        let short = r#"{"n":1.10e+400,"t":"\u002d \/ \""}"#;
        assert_eq!(compact(json), short);
        assert_eq!(compact(&pretty(short)), short);
    }

    #[derive(Serialize, Deserialize)]
    struct Known {
        a: u8,
        #[serde(default)]
        new: u8,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rare: Option<u8>,
    }

    #[test]
    fn unchanged_parts_keep_their_text() {
        let text = r#"{"z": [ 1.0 ], "rare": 1, "a": 2, "y": "\u002d"}"#;
        let fields = JsonObject::read(text).unwrap();
        let mut known: Known = serde_json::from_str(text).unwrap();
        let written = |known: &Known| {
            let updated = fields.updated(known).unwrap();
            serde_json::to_string(&updated).unwrap()
        };
        assert_eq!(
            written(&known),
            r#"{"z":[1.0],"rare":1,"a":2,"y":"\u002d"}"#
        );
        known.a = 3;
        assert_eq!(
            written(&known),
            r#"{"z":[1.0],"rare":1,"a":3,"y":"\u002d"}"#
        );
        (known.new, known.rare) = (1, None);
        assert_eq!(written(&known), r#"{"z":[1.0],"a":3,"y":"\u002d","new":1}"#);
        let made = JsonObject::default().updated(&known).unwrap();
        assert_eq!(made, JsonObject::read(r#"{"a":3,"new":1}"#).unwrap());
        assert_ne!(made, fields);
        assert!(JsonObject::read("[]").is_err());
    }
}
