//! A validator for the parts of JSON Schema that our fixtures use; a part that it does not know makes the test fail.

use regex::Regex;
use serde_json::{Map, Value};

/// Which keys an object may have that its schema does not name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum UnknownKeys {
    /// Any, as JSON Schema has it.
    Allowed,
    /// None: Kubernetes drops them.
    Refused,
}

/// What is wrong with a document, each with its path; nothing if it is valid.
pub(super) fn violations(schema: &Value, document: &Value, unknown: UnknownKeys) -> Vec<String> {
    let mut checker = Checker {
        root: schema,
        unknown,
        found: Vec::new(),
    };
    checker.check(schema, document, "");
    checker.found
}

struct Checker<'s> {
    root: &'s Value,
    unknown: UnknownKeys,
    found: Vec<String>,
}

impl<'s> Checker<'s> {
    fn check(&mut self, schema: &'s Value, value: &Value, at: &str) {
        let Value::Object(keywords) = schema else {
            panic!("a schema is an object: {schema}");
        };
        for (keyword, wanted) in keywords {
            if !self.keyword(keyword, wanted, value, at) {
                self.found.push(format!("{at}: {keyword} {wanted}"));
            }
        }
        if let Value::Object(map) = value {
            self.entries(keywords, map, at);
        }
        if let (Some(items), Value::Array(list)) = (keywords.get("items"), value) {
            for (nth, item) in list.iter().enumerate() {
                self.check(items, item, &format!("{at}/{nth}"));
            }
        }
    }

    fn entries(&mut self, keywords: &'s Map<String, Value>, map: &Map<String, Value>, at: &str) {
        let named = keywords.get("properties").and_then(Value::as_object);
        let others = keywords.get("additionalProperties");
        for (key, value) in map {
            let at = format!("{at}/{key}");
            match (named.and_then(|named| named.get(key)), others) {
                (Some(schema), _) | (None, Some(schema)) => self.check(schema, value, &at),
                (None, None) if self.unknown == UnknownKeys::Refused && named.is_some() => {
                    self.found.push(format!("{at}: unknown"));
                }
                (None, None) => {}
            }
        }
    }

    /// Whether the value is as one keyword wants it.
    fn keyword(&mut self, keyword: &str, wanted: &'s Value, value: &Value, at: &str) -> bool {
        let text = value.as_str();
        let length = |text: &str| text.chars().count() as u64;
        let fits = |checker: &Self, schema| violations_below(checker, schema, value).is_empty();
        match keyword {
            "type" => match wanted {
                Value::Array(types) => types.iter().any(|wanted| is_of_type(value, wanted)),
                wanted => is_of_type(value, wanted),
            },
            "pattern" => {
                text.is_none_or(|text| Regex::new(wanted.as_str().unwrap()).unwrap().is_match(text))
            }
            "minLength" => text.is_none_or(|text| length(text) >= wanted.as_u64().unwrap()),
            "maxLength" => text.is_none_or(|text| length(text) <= wanted.as_u64().unwrap()),
            "enum" => wanted.as_array().unwrap().contains(value),
            "const" => wanted == value,
            "minProperties" => value
                .as_object()
                .is_none_or(|map| map.len() as u64 >= wanted.as_u64().unwrap()),
            "required" => {
                let names = wanted
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|name| name.as_str().unwrap());
                value
                    .as_object()
                    .is_none_or(|map| names.into_iter().all(|name| map.contains_key(name)))
            }
            "propertyNames" => value.as_object().is_none_or(|map| {
                map.keys()
                    .all(|key| violations(wanted, &key.as_str().into(), self.unknown).is_empty())
            }),
            "oneOf" => {
                wanted
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter(|schema| fits(self, schema))
                    .count()
                    == 1
            }
            "$ref" => {
                let path = wanted.as_str().unwrap().strip_prefix('#').unwrap();
                self.check(self.root.pointer(path).unwrap(), value, at);
                true
            }
            "properties"
            | "additionalProperties"
            | "items"
            | "default"
            | "$schema"
            | "$defs"
            | "$comment" => true,
            // Lists as maps, and rules in CEL, are a matter of the test.
            extension if extension.starts_with("x-kubernetes-") => true,
            other => panic!("{at}: the keyword {other} is not known"),
        }
    }
}

/// What is wrong with a value, by a schema inside of another.
fn violations_below<'s>(checker: &Checker<'s>, schema: &'s Value, value: &Value) -> Vec<String> {
    let mut below = Checker {
        root: checker.root,
        unknown: checker.unknown,
        found: Vec::new(),
    };
    below.check(schema, value, "");
    below.found
}

fn is_of_type(value: &Value, wanted: &Value) -> bool {
    match wanted.as_str().unwrap() {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "null" => value.is_null(),
        other => panic!("the type {other} is not known"),
    }
}

#[test]
fn each_keyword_refuses_what_breaks_it() {
    let schema = serde_json::json!({
        "$defs": {"name": {"minLength": 2}},
        "type": "object",
        "required": ["a"],
        "minProperties": 1,
        "propertyNames": {"maxLength": 2},
        "properties": {
            "a": {"$ref": "#/$defs/name"},
            "b": {"type": ["null", "string"], "pattern": "^x"},
            "c": {"type": "array", "items": {"enum": ["1", "2"]}},
            "d": {"oneOf": [{"type": "string"}, {"const": "y"}]},
            "e": {"type": "object", "additionalProperties": {"type": "boolean"}},
        }
    });
    for (document, broken) in [
        (
            r#"{"a": "ok", "b": null, "c": ["1"], "d": "n", "e": {"f": true}}"#,
            0,
        ),
        ("[]", 1),
        ("{}", 2),
        (r#"{"a": "o"}"#, 1),
        (r#"{"a": "ok", "b": "y"}"#, 1),
        (r#"{"a": "ok", "c": ["3", "2"]}"#, 1),
        (r#"{"a": "ok", "d": "y"}"#, 1),
        (r#"{"a": "ok", "e": {"f": 1}}"#, 1),
        (r#"{"a": "ok", "zzz": 1}"#, 2),
    ] {
        let value = serde_json::from_str(document).unwrap();
        let found = violations(&schema, &value, UnknownKeys::Refused);
        assert_eq!(found.len(), broken, "{document}: {found:?}");
    }
}
