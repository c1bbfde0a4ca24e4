//! Reading and writing single fields of JSON values, without the panics of `[]`.

use serde_json::Value;

/// The field, or `null` if it does not exist.
pub(crate) fn get<'a>(value: &'a Value, field: &str) -> &'a Value {
    value.get(field).unwrap_or(&Value::Null)
}

/// The field's text, or nothing.
pub(crate) fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    get(value, field).as_str().unwrap_or_default()
}

/// Adds a field to an object; any other value is unchanged.
pub(crate) fn set(value: &mut Value, field: &str, to: impl Into<Value>) {
    if let Value::Object(object) = value {
        object.insert(field.to_owned(), to.into());
    }
}
