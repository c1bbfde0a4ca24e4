//! The rules of the component descriptor's JSON schema, and of the library behind it (`ocm:api/ocm/compdesc`).
//!
//! Lifecycle Manager decodes with these rules, so a descriptor that breaks one installs nothing, and one that breaks none is read.

mod elements;
mod shape;
mod shapes;
mod text;

use serde_json::Value;

use super::SchemaVersion;
use elements::ElementKind::{Reference, Resource, Source};
use shape::BrokenRules;

/// Every rule that a descriptor breaks, each with the path of the value.
pub(super) fn broken_rules(schema: SchemaVersion, document: &Value) -> Vec<String> {
    let mut broken = BrokenRules::default();
    let part = |pointer: &str| document.pointer(pointer).unwrap_or(&Value::Null);
    let (shape, object, provider, lists) = match schema {
        SchemaVersion::V2 => (
            shapes::V2,
            "/component",
            "/component/provider",
            [
                (Source, "/component/sources"),
                (Reference, "/component/componentReferences"),
                (Resource, "/component/resources"),
            ],
        ),
        SchemaVersion::V3Alpha1 => (
            shapes::V3,
            "/metadata",
            "/metadata/provider/name",
            [
                (Source, "/spec/sources"),
                (Reference, "/spec/references"),
                (Resource, "/spec/resources"),
            ],
        ),
    };
    shape.check(document, "", &mut broken);
    let is_missing = schema == SchemaVersion::V3Alpha1 && part(provider).is_null();
    if is_missing || part(provider).as_str().is_some_and(str::is_empty) {
        broken.add(&path(provider), "is empty");
    }
    if let Some(fields) = part(object).as_object() {
        elements::labels(fields, &path(object), &mut broken);
    }
    for (kind, pointer) in lists {
        elements::check(kind, part(pointer), &path(pointer), &mut broken);
    }
    broken.0
}

/// A JSON pointer as the messages write it.
fn path(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".")
}

#[cfg(test)]
mod tests;
