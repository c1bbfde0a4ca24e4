//! YAML as Kubernetes means it: documents that could as well be JSON.

mod emit;
mod locate;
mod scalar;

use std::cell::Cell;
use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde_json::{Map, Number, Value};

pub use emit::to_string;
pub use locate::{Step, locate};

use crate::Position;

/// Why a text is not YAML, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlError {
    pub message: String,
    pub place: Option<Position>,
}

impl From<yaml_serde::Error> for YamlError {
    fn from(error: yaml_serde::Error) -> Self {
        Self {
            place: error.location().map(Position::from),
            message: error.to_string(),
        }
    }
}

/// The documents of a stream; empty ones (between two `---`) are `Value::Null`.
pub fn documents(text: &str) -> Result<Vec<Value>, YamlError> {
    // An alias may be written in two bytes and stand for megabytes. Without aliases no text means more than itself, so
    // a few times its own length is all that a document may grow to.
    let budget = Cell::new(text.len().saturating_mul(4).saturating_add(1024));
    yaml_serde::Deserializer::from_str(text)
        .map(|document| Node(&budget).deserialize(document).map_err(YamlError::from))
        .collect()
}

/// A JSON text, by the same rules: no key stands twice.
pub fn json(text: &str) -> Result<Value, serde_json::Error> {
    let budget = Cell::new(usize::MAX);
    let mut from = serde_json::Deserializer::from_str(text);
    let value = Node(&budget).deserialize(&mut from)?;
    from.end().map(|()| value)
}

/// The only document of a text.
pub fn document(text: &str) -> Result<Value, YamlError> {
    let mut documents = documents(text)?;
    match (documents.pop(), documents.len()) {
        (None, _) => Ok(Value::Null),
        (Some(only), 0) => Ok(only),
        (Some(_), more) => Err(YamlError {
            message: format!("holds {} documents instead of one", more + 1),
            place: None,
        }),
    }
}

/// Builds a value while paying for each of its bytes.
#[derive(Clone, Copy)]
struct Node<'b>(&'b Cell<usize>);

impl Node<'_> {
    fn pay<E: Error>(self, bytes: usize) -> Result<(), E> {
        let left = self.0.get().checked_sub(bytes.saturating_add(1));
        self.0
            .set(left.ok_or_else(|| E::custom("aliases expand to many times the text"))?);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what JSON can hold")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        self.pay(0).map(|()| Value::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        self.visit_unit()
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        self.pay(0).map(|()| value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        self.pay(0).map(|()| value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        self.pay(0).map(|()| value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        self.pay(0)?;
        number(value).ok_or_else(|| E::custom("JSON has no such number"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        self.pay(value.len()).map(|()| value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        self.pay(0)?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        self.pay(0)?;
        let mut map = Map::new();
        while let Some(key) = entries.next_key_seed(self)? {
            let key = key_text(key).map_err(A::Error::custom)?;
            if map.contains_key(&key) {
                return Err(A::Error::custom(format!("the key {key:?} stands twice")));
            }
            map.insert(key, entries.next_value_seed(self)?);
        }
        Ok(Value::Object(map))
    }

    /// A value with a tag of its own, such as `!vault x`, counts as the value.
    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Value, A::Error> {
        let (_, variant) = data.variant::<String>()?;
        variant.newtype_variant_seed(self)
    }
}

/// `1.0` is `1`, as it is to JSON and to Go, which writes it so.
fn number(value: f64) -> Option<Value> {
    /// All whole numbers up to this one are exact.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= EXACT {
        return format!("{value:.0}").parse::<i64>().ok().map(Value::from);
    }
    Number::from_f64(value).map(Value::Number)
}

/// JSON's keys are texts; `1:` and `true:` become one as they do for the Kubernetes API.
fn key_text(key: Value) -> Result<String, &'static str> {
    match key {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Null => Ok("null".into()),
        Value::Array(_) | Value::Object(_) => Err("a list or map as a key"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_streams_as_json() {
        let text = "a: 1\n1: x\ntrue: ~\n---\n- !tag b\n- '1'\n---\n";
        let expected = [
            json!({"a": 1, "1": "x", "true": null}),
            json!(["b", "1"]),
            Value::Null,
        ];
        assert_eq!(documents(text).unwrap(), expected);
        assert_eq!(document("").unwrap(), Value::Null);
        assert!(
            document("a: 1\n---\nb: 2\n")
                .unwrap_err()
                .message
                .contains("2 documents")
        );
    }

    #[test]
    fn whole_numbers_are_whole_however_they_are_written() {
        for (text, expected) in [
            ("0.0", json!(0)),
            ("-0.0", json!(0)),
            ("1e3", json!(1000)),
            ("-7.0", json!(-7)),
            ("1.5", json!(1.5)),
            ("1e300", json!(1e300)),
            ("18446744073709551615", json!(u64::MAX)),
        ] {
            assert_eq!(document(text).unwrap(), expected, "{text}");
            assert_eq!(json(text).unwrap(), expected, "{text}");
            assert_eq!(document(&to_string(&expected)).unwrap(), expected, "{text}");
        }
        assert!(json("{\"a\": 1, \"a\": 2}").is_err());
        assert!(json("1 2").is_err());
    }

    #[test]
    fn says_where_it_ends_to_be_yaml() {
        for (text, line, message) in [
            ("a: 1\nb: [1,\n", 3, "did not find expected"),
            ("a: 1\na: 2\n", 1, "stands twice"),
            ("a:\n  ? [1]\n  : 2\n", 2, "list or map as a key"),
            ("a: .nan\n", 1, "no such number"),
        ] {
            let error = document(text).unwrap_err();
            assert!(error.message.contains(message), "{text}: {error:?}");
            assert_eq!(error.place.unwrap().line, line, "{text}: {error:?}");
        }
    }

    #[test]
    fn an_alias_bomb_is_refused_before_it_grows() {
        let wide = format!(
            "a: &a [{}]\nb: [{}]\n",
            "0,".repeat(20_000),
            "*a,".repeat(20_000)
        );
        let long = format!(
            "a: &a {}\nb: [{}]\n",
            "x".repeat(50_000),
            "*a,".repeat(20_000)
        );
        let deep = (1..40).fold("a0: &a0 [x]\n".to_owned(), |text, n| {
            format!("{text}a{n}: &a{n} [*a{0},*a{0}]\n", n - 1)
        });
        for bomb in [wide, long, deep] {
            let message = documents(&bomb).unwrap_err().message;
            assert!(
                message.contains("expand") || message.contains("repetition"),
                "{message}"
            );
        }
        assert_eq!(
            document("a: &a [1]\nb: *a\n").unwrap(),
            json!({"a": [1], "b": [1]})
        );
        assert!(documents(&"[".repeat(100_000)).is_err());
    }
}
