//! Descriptors as OCM judges them. `verdicts.json` has one edit of a valid descriptor a line, and whether OCM accepts it. The verdicts
//! are those of OCM's schemas of October 2025, written down from its repository, in the library that it validates with
//! (`github.com/xeipuuv/gojsonschema` 1.2.0), and of its checks after that, restated from `compdesc`. OCM itself was not run.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::*;
use crate::descriptor::Descriptor;
use crate::fixtures::{read, text};

/// An edit of the valid descriptor of a schema, by JSON pointers.
#[derive(Deserialize)]
struct Case {
    #[serde(rename = "case")]
    title: String,
    schema: String,
    accepted: bool,
    #[serde(default)]
    set: Map<String, Value>,
    #[serde(default)]
    remove: Vec<String>,
}

impl Case {
    fn apply(&self, bases: &Value) -> Value {
        let mut document = bases[&self.schema].clone();
        let at = |pointer: &str| {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            (parent.to_owned(), key.to_owned())
        };
        for (pointer, value) in &self.set {
            let (parent, key) = at(pointer);
            match document.pointer_mut(&parent).unwrap() {
                Value::Array(items) => items[key.parse::<usize>().unwrap()] = value.clone(),
                other => other[key] = value.clone(),
            }
        }
        for pointer in &self.remove {
            let (parent, key) = at(pointer);
            let object = document.pointer_mut(&parent).unwrap();
            object.as_object_mut().unwrap().remove(&key).unwrap();
        }
        document
    }
}

#[test]
fn descriptors_are_judged_as_ocm_judges_them() {
    let bases: Value = serde_json::from_slice(&read("ocm-verdicts/bases.json")).unwrap();
    let cases: Vec<Case> = serde_json::from_slice(&read("ocm-verdicts/verdicts.json")).unwrap();
    assert!(cases.len() > 250);
    let mut wrong = Vec::new();
    for case in &cases {
        let document = case.apply(&bases);
        let found = Descriptor::from_text(&serde_json::to_vec(&document).unwrap());
        if found.is_ok() != case.accepted {
            wrong.push(format!("{}: {:?}", case.title, found.err().map(|e| e.seen)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn all_broken_rules_are_reported_at_once() {
    let component = json!({
        "name": "btp", "version": "x", "labels": [{"name": "a", "version": "1"}],
        "repositoryContexts": null, "componentReferences": {}, "sources": [1],
        "resources": [
            {"name": "A", "version": "2", "type": "t", "relation": "local", "access": {}},
            {"name": "bb", "version": "2", "type": "", "relation": "far", "access": {"type": "x"}},
            {"name": "bb", "version": "2", "type": "t", "relation": "external", "access": 1},
        ],
    });
    let rules = broken_rules(SchemaVersion::V2, &json!({"component": component})).join("\n");
    for rule in [
        "component.name is \"btp\"",
        "component.version is \"x\"",
        "component.provider is missing",
        "component.labels[0].value is missing",
        "component.labels[0].version is \"1\"",
        "component.componentReferences is not a list",
        "component.sources[0] is not an object",
        "component.resources[0].name is \"A\"",
        "component.resources[0].access.type is missing",
        "component.resources[1].type is empty",
        "component.resources[1].relation is \"far\"",
        "component.resources[2].access is not an object",
        "component.resources[2] is \"bb\" 2 a second time",
    ] {
        assert!(rules.contains(rule), "{rule}\n{rules}");
    }
    assert_eq!(rules.lines().count(), 13, "{rules}");
    let empty = broken_rules(SchemaVersion::V2, &json!({}));
    assert_eq!(empty, ["component is missing"]);
}

/// Descriptors inside of published templates, and those that OCM's own tests and old tools wrote.
#[test]
fn published_descriptors_are_accepted() {
    for file in crate::fixtures::ERAS {
        let text = text(&format!("eras/{file}"));
        Descriptor::from_text(text.as_bytes()).unwrap_or_else(|error| panic!("{file}: {error}"));
    }
}
