//! The schema of `docs/schemas/status.schema.json`, and what it describes.

use std::collections::BTreeSet;

use serde_json::Value;

use super::json_schema;

pub(crate) struct Schema(Value);

impl Schema {
    pub(crate) fn read() -> Self {
        let text = include_str!("../../docs/schemas/status.schema.json");
        Self(serde_json::from_str(text).unwrap())
    }

    /// Each problem with the path of its value.
    pub(crate) fn refused(&self, value: &Value) -> Vec<String> {
        json_schema::refused(&self.0, value)
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
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.into_iter().flatten()
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
