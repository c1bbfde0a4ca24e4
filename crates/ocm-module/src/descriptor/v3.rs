//! Schema `ocm.software/v3alpha1`, converted to v2 and back: the same parts in the layout of a Kubernetes object
//! (`ocm:api/ocm/compdesc/versions/ocm.software/v3alpha1`).

use serde_json::{Map, Value, json};

const METADATA: [&str; 5] = ["name", "version", "provider", "labels", "creationTime"];
const SPEC: [(&str, &str); 3] = [
    ("resources", "resources"),
    ("sources", "sources"),
    ("references", "componentReferences"),
];
const CONTEXTS: &str = "repositoryContexts";

/// The component of a v3 document, and the other keys of the document.
pub(super) fn to_v2(mut document: Map<String, Value>) -> (Value, Map<String, Value>) {
    let mut part = |key: &str| match document.remove(key) {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    };
    let (mut component, mut spec) = (part("metadata"), part("spec"));
    for (theirs, ours) in SPEC {
        component.insert(
            ours.into(),
            spec.remove(theirs).unwrap_or_else(|| json!([])),
        );
    }
    component.insert(
        CONTEXTS.into(),
        document.remove(CONTEXTS).unwrap_or_else(|| json!([])),
    );
    document.remove("apiVersion");
    document.remove("kind");
    (Value::Object(component), document)
}

pub(super) fn from_v2(component: Value, mut document: Map<String, Value>) -> Value {
    let Value::Object(mut component) = component else {
        return component;
    };
    let mut metadata = Map::new();
    for key in METADATA {
        if let Some(value) = component.remove(key) {
            metadata.insert(key.into(), value);
        }
    }
    let mut spec = Map::new();
    for (theirs, ours) in SPEC {
        if let Some(value) = component.remove(ours).filter(|list| list != &json!([])) {
            spec.insert(theirs.into(), value);
        }
    }
    if let Some(contexts) = component.remove(CONTEXTS).filter(|list| list != &json!([])) {
        document.insert(CONTEXTS.into(), contexts);
    }
    metadata.extend(component);
    document.insert("apiVersion".into(), json!("ocm.software/v3alpha1"));
    document.insert("kind".into(), json!("ComponentVersion"));
    document.insert("metadata".into(), Value::Object(metadata));
    document.insert("spec".into(), Value::Object(spec));
    Value::Object(document)
}
