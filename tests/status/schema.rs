//! Whether a value is of a JSON schema, as far as `docs/schemas/status.schema.json` needs it: what it does not describe is refused.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

pub(crate) struct Schema(Value);

impl Schema {
    pub(crate) fn read() -> Self {
        let text = include_str!("../../docs/schemas/status.schema.json");
        Self(serde_json::from_str(text).unwrap())
    }

    /// Each problem with the path of its value.
    pub(crate) fn refused(&self, value: &Value) -> Vec<String> {
        let mut found = Vec::new();
        self.check(&self.0, value, "", &mut found);
        found
    }

    /// The paths of all properties.
    pub(crate) fn properties(&self) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        self.collect(&self.0, "", &mut all);
        all
    }

    fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema.get("$ref").and_then(Value::as_str) {
            Some(path) => self.0.pointer(path.trim_start_matches('#')).unwrap(),
            None => schema,
        }
    }

    fn collect(&self, schema: &Value, path: &str, all: &mut BTreeSet<String>) {
        let schema = self.resolved(schema);
        if let Some(items) = schema.get("items") {
            self.collect(items, path, all);
        }
        for (name, of) in properties(schema) {
            let path = format!("{path}/{name}");
            self.collect(of, &path, all);
            all.insert(path);
        }
    }

    fn check(&self, schema: &Value, value: &Value, path: &str, found: &mut Vec<String>) {
        let schema = self.resolved(schema);
        let mut refuse = |why: &str| found.push(format!("{path}: {why}: {value}"));
        if schema.get("const").is_some_and(|only| only != value) {
            refuse("another value");
        }
        let words = schema.get("enum").and_then(Value::as_array);
        if words.is_some_and(|words| !words.contains(value)) {
            refuse("none of the words");
        }
        if let Some(kinds) = schema.get("type") {
            let is = |kind: &Value| kind.as_str().is_some_and(|kind| is_of(kind, value));
            let is_any = kinds
                .as_array()
                .map_or_else(|| is(kinds), |all| all.iter().any(is));
            if !is_any {
                refuse("another type");
            }
        }
        for item in value.as_array().into_iter().flatten() {
            self.check(&schema["items"], item, path, found);
        }
        if let Some(object) = value.as_object() {
            self.check_object(schema, object, path, found);
        }
    }

    fn check_object(
        &self,
        schema: &Value,
        object: &Map<String, Value>,
        path: &str,
        found: &mut Vec<String>,
    ) {
        for name in schema["required"].as_array().into_iter().flatten() {
            if !object.contains_key(name.as_str().unwrap()) {
                found.push(format!("{path}: without {name}"));
            }
        }
        for (name, value) in object {
            let path = format!("{path}/{name}");
            match properties(schema).find(|(known, _)| *known == name) {
                Some((_, of)) => self.check(of, value, &path, found),
                None => found.push(format!("{path}: not described")),
            }
        }
    }
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.into_iter().flatten()
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other} is no type"),
    }
}

/// The paths of all members of a value that are something.
pub(crate) fn members(value: &Value, path: &str, all: &mut BTreeSet<String>) {
    for item in value.as_array().into_iter().flatten() {
        members(item, path, all);
    }
    for (name, value) in value.as_object().into_iter().flatten() {
        let path = format!("{path}/{name}");
        members(value, &path, all);
        if !value.is_null() {
            all.insert(path);
        }
    }
}
