//! What OCM's library checks beside the schema: texts that may not be empty, labels and elements that may be there only once
//! (`ocm:api/ocm/compdesc/versions/v2/validation.go` and `default.go`).
//!
//! Neither a resource nor a reference has to carry the component's version: OCM dropped that rule on 2023-06-29.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::shape::BrokenRules;

/// The kinds of elements, which differ in what is checked of them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ElementKind {
    Source,
    Reference,
    Resource,
}

/// Checks the elements of a list that fits the schema.
pub(super) fn check(kind: ElementKind, list: &Value, path: &str, broken: &mut BrokenRules) {
    let elements: Vec<_> = items(list).filter_map(Value::as_object).collect();
    let mut names: Vec<_> = elements.iter().map(|element| Name::of(element)).collect();
    let mut count = BTreeMap::new();
    for name in &names {
        *count.entry(name.clone()).or_insert(0_usize) += 1;
    }
    if kind == ElementKind::Resource {
        for (name, element) in names.iter_mut().zip(&elements) {
            add_implied_version(name, element, &mut count);
        }
    }
    let mut seen = BTreeSet::new();
    for (index, (name, element)) in names.into_iter().zip(&elements).enumerate() {
        let path = format!("{path}[{index}]");
        check_one(kind, element, &path, broken);
        let is_ambiguous = count.get(&name).is_some_and(|count| *count > 1);
        let (shown, version) = (name.name.clone(), text(element, "version"));
        if !shown.is_empty() && !seen.insert(name.identity(is_ambiguous.then_some(version))) {
            broken.add(&path, format!("is {shown:?} {version} a second time"));
        }
    }
}

fn check_one(
    kind: ElementKind,
    element: &Map<String, Value>,
    path: &str,
    broken: &mut BrokenRules,
) {
    if kind == ElementKind::Reference {
        labels(element, path, broken);
        return;
    }
    if element.get("type").and_then(Value::as_str) == Some("") {
        broken.add(&format!("{path}.type"), "is empty");
    }
    let extra = element.get("extraIdentity").and_then(Value::as_object);
    if extra.is_some_and(|extra| extra.contains_key("name")) {
        broken.add(
            &format!("{path}.extraIdentity"),
            "has the key name, which is the element's own",
        );
    }
    if kind == ElementKind::Resource {
        labels(element, path, broken);
        let references = element.get("srcRefs").map(items);
        for (index, reference) in references.into_iter().flatten().enumerate() {
            if let Some(reference) = reference.as_object() {
                labels(reference, &format!("{path}.srcRefs[{index}]"), broken);
            }
        }
    }
}

/// Labels have names, and each name is there once.
pub(super) fn labels(of: &Map<String, Value>, path: &str, broken: &mut BrokenRules) {
    let mut seen = BTreeSet::new();
    let labels = of.get("labels").map(items).into_iter().flatten();
    for (index, label) in labels.enumerate() {
        let path = format!("{path}.labels[{index}]");
        match label.get("name").and_then(Value::as_str) {
            Some("") => broken.add(&format!("{path}.name"), "is empty"),
            Some(name) if !seen.insert(name) => {
                broken.add(&path, format!("is {name:?} a second time"));
            }
            _ => {}
        }
    }
}

/// What tells an element from the others of its list.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    name: String,
    extra: BTreeMap<String, String>,
}

impl Name {
    fn of(element: &Map<String, Value>) -> Self {
        let extra = element.get("extraIdentity").and_then(Value::as_object);
        let extra = extra.into_iter().flatten().map(|(key, value)| {
            let value = value.as_str().unwrap_or_default();
            (key.clone(), value.to_owned())
        });
        Self {
            name: text(element, "name").to_owned(),
            extra: extra.collect(),
        }
    }

    /// All of the identity, with the version where the name is not enough.
    fn identity(mut self, version: Option<&str>) -> BTreeMap<String, String> {
        if let Some(version) = version {
            self.extra.insert("version".into(), version.to_owned());
        }
        self.extra.insert("name".into(), self.name);
        self.extra
    }
}

/// OCM writes the implied version into an extra identity that is there, which makes the resource differ from its equals.
fn add_implied_version(
    name: &mut Name,
    element: &Map<String, Value>,
    count: &mut BTreeMap<Name, usize>,
) {
    let has_extra = element.get("extraIdentity").is_some_and(Value::is_object);
    let is_ambiguous = count.get(name).is_some_and(|count| *count > 1);
    if !has_extra || !is_ambiguous || name.extra.contains_key("version") {
        return;
    }
    if let Some(equals) = count.get_mut(name) {
        *equals -= 1;
    }
    let version = text(element, "version").to_owned();
    name.extra.insert("version".into(), version);
    *count.entry(name.clone()).or_insert(0) += 1;
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn text<'v>(fields: &'v Map<String, Value>, key: &str) -> &'v str {
    fields.get(key).and_then(Value::as_str).unwrap_or_default()
}
