//! What a JSON schema refuses of a value: the keywords that the schemas in `docs/schemas` use, and no others.

use serde_json::Value;

/// Each problem with the path of its value.
pub(crate) fn refused(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(schema, schema, value, "", &mut found);
    found
}

fn check(root: &Value, schema: &Value, value: &Value, path: &str, found: &mut Vec<String>) {
    let no_object = serde_json::Map::new();
    let fields = value.as_object().unwrap_or(&no_object);
    for (keyword, wanted) in schema.as_object().unwrap() {
        match keyword.as_str() {
            "$schema" | "title" | "description" | "$defs" => {}
            "$ref" => {
                let pointer = wanted.as_str().unwrap().trim_start_matches('#');
                check(root, root.pointer(pointer).unwrap(), value, path, found);
            }
            "const" => {
                if wanted != value {
                    found.push(format!("{path} is {value}, not {wanted}"));
                }
            }
            "enum" => {
                if !wanted.as_array().unwrap().contains(value) {
                    found.push(format!("{path} is {value}, none of {wanted}"));
                }
            }
            "type" => {
                let kinds = wanted.as_array().cloned().unwrap_or(vec![wanted.clone()]);
                if !kinds.iter().any(|kind| kind == kind_of(value)) {
                    found.push(format!("{path} is {value}, not {wanted}"));
                }
            }
            "minimum" => {
                if value.as_i64() < wanted.as_i64() {
                    found.push(format!("{path} is {value}, less than {wanted}"));
                }
            }
            "required" => {
                let names = wanted.as_array().unwrap().iter();
                let names = names.map(|name| name.as_str().unwrap());
                // It is said of objects only.
                let missing = names.filter(|name| value.is_object() && !fields.contains_key(*name));
                found.extend(missing.map(|name| format!("{path}.{name} is missing")));
            }
            "properties" => {
                for (name, schema) in wanted.as_object().unwrap() {
                    if let Some(value) = fields.get(name) {
                        check(root, schema, value, &format!("{path}.{name}"), found);
                    }
                }
            }
            "additionalProperties" => {
                let known = schema["properties"].as_object().unwrap();
                let unknown = fields.keys().filter(|name| !known.contains_key(*name));
                found.extend(unknown.map(|name| format!("{path}.{name} is unknown")));
            }
            "items" => {
                for (nth, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, wanted, item, &format!("{path}[{nth}]"), found);
                }
            }
            other => panic!("the keyword {other} is not known here"),
        }
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[test]
fn schema_refuses_what_it_does_not_describe() {
    let schema = serde_json::json!({
        "type": "object", "required": ["a"], "additionalProperties": false,
        "properties": {"a": {"enum": ["x"]}, "b": {"type": "array", "items": {"type": ["string", "null"]}}}
    });
    let refused = |value| refused(&schema, &value);
    assert_eq!(
        refused(serde_json::json!({"a": "x", "b": ["", null]})),
        [""; 0]
    );
    assert_eq!(
        refused(serde_json::json!({"b": [1], "c": 1})),
        [
            ".c is unknown",
            ".b[0] is 1, not [\"string\",\"null\"]",
            ".a is missing"
        ]
    );
}
