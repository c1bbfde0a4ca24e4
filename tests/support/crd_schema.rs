//! What the schema of a custom resource definition refuses of an object, as the API server does: types, required and unknown
//! fields, null, lengths, patterns, enumerations and embedded objects.

use serde_json::Value;

/// The schema of the ModuleTemplate that Lifecycle Manager serves.
pub(crate) fn module_template() -> Value {
    let text =
        include_str!("../../crates/ocm-module/fixtures/lifecycle-manager/moduletemplates.yaml");
    yaml_serde::from_str(text).unwrap()
}

/// Each problem with the path of its value.
pub(crate) fn refused(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(schema, value, "", &mut found);
    found
}

fn check(schema: &Value, value: &Value, path: &str, found: &mut Vec<String>) {
    let kind = schema["type"].as_str().unwrap();
    let seen = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if seen != kind {
        found.push(format!("{path} is {seen}, not {kind}"));
        return;
    }
    match value {
        Value::String(text) => check_text(schema, text, path, found),
        Value::Array(items) => {
            for (nth, item) in items.iter().enumerate() {
                check(&schema["items"], item, &format!("{path}[{nth}]"), found);
            }
        }
        Value::Object(fields) => {
            let required = schema["required"].as_array().into_iter().flatten();
            let required = required.filter_map(Value::as_str);
            let embedded = schema["x-kubernetes-embedded-resource"] == true;
            let of_embedded = ["apiVersion", "kind"].into_iter().filter(|_| embedded);
            for name in required.chain(of_embedded) {
                if !fields.contains_key(name) {
                    found.push(format!("{path}.{name} is required"));
                }
            }
            let free = kind == "object" && schema.get("properties").is_none();
            for (name, field) in fields {
                let path = format!("{path}.{name}");
                match schema["properties"].get(name) {
                    Some(schema) => check(schema, field, &path, found),
                    None if free => {}
                    None => found.push(format!("{path} is unknown")),
                }
            }
        }
        _ => {}
    }
}

fn check_text(schema: &Value, text: &str, path: &str, found: &mut Vec<String>) {
    let longest = schema["maxLength"].as_u64().unwrap_or(u64::MAX);
    if text.chars().count() as u64 > longest {
        found.push(format!("{path} is longer than {longest}"));
    }
    if let Some(values) = schema["enum"].as_array()
        && !values.iter().any(|value| value == text)
    {
        found.push(format!("{path} is none of its values"));
    }
    if schema["format"] == "uri" && url::Url::parse(text).is_err() {
        found.push(format!("{path} is no address"));
    }
    if let Some(pattern) = schema["pattern"].as_str()
        && !matches(pattern, text)
    {
        found.push(format!("{path} does not match {pattern}"));
    }
}

/// The patterns of the schema, which are few enough to be written out.
fn matches(pattern: &str, text: &str) -> bool {
    let lower = |part: &str| part.len() >= 3 && part.chars().all(|c| c.is_ascii_lowercase());
    let number = |part: &str| {
        part == "0"
            || !part.is_empty()
                && !part.starts_with('0')
                && part.chars().all(|c| c.is_ascii_digit())
    };
    match pattern {
        "^$|^[a-z]{3,}$" => text.is_empty() || lower(text),
        "^([a-z]{3,}(-[a-z]{3,})*)?$" => text.is_empty() || text.split('-').all(lower),
        r"^((0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[a-zA-Z-][0-9a-zA-Z-]*)?)?$" => {
            let (core, pre) = text.split_once('-').unwrap_or((text, "x"));
            let core: Vec<_> = core.split('.').collect();
            text.is_empty()
                || core.len() == 3
                    && core.into_iter().all(number)
                    && pre.starts_with(|c: char| c.is_ascii_alphabetic() || c == '-')
                    && pre.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        }
        other => panic!("the pattern {other} is not known here"),
    }
}
