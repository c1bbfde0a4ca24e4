//! The rules of the component descriptor's JSON schema, and of the library behind it
//! (`ocm:resources/component-descriptor-v2-schema.yaml`, `ocm:api/ocm/compdesc/validation.go`).
//!
//! Lifecycle Manager decodes with these rules, so a descriptor that breaks one installs nothing.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::values::is_component_name;

/// Every rule that the component breaks, each with the path of the value.
pub(super) fn broken_rules(component: &Value) -> Vec<String> {
    let mut rules = Rules(Vec::new());
    rules.component(component);
    rules.0
}

struct Rules(Vec<String>);

impl Rules {
    fn broken(&mut self, path: &str, why: impl std::fmt::Display) {
        self.0.push(format!("{path} {why}"));
    }

    fn component(&mut self, component: &Value) {
        let path = "component";
        let Some(fields) = component.as_object() else {
            return self.broken(path, "is missing");
        };
        let name = self.text(fields, path, "name");
        if let Some(name) = name.filter(|name| !is_component_name(name)) {
            self.broken(
                "component.name",
                format!(
                    "is {name:?}, which is no name such as kyma.project.io/module/btp-operator"
                ),
            );
        }
        let version = self.version(fields, path);
        if !fields.contains_key("provider") {
            self.broken("component.provider", "is missing");
        }
        self.labels(fields, path);
        for key in ["repositoryContexts", "componentReferences"] {
            self.each(fields, path, key, |rules, context, path| {
                if key == "repositoryContexts" {
                    rules.text(context, path, "type");
                }
            });
        }
        let mut seen = BTreeSet::new();
        self.each(fields, path, "sources", |rules, source, path| {
            rules.element(source, path, &mut seen);
        });
        let mut seen = BTreeSet::new();
        self.each(fields, path, "resources", |rules, resource, path| {
            let own = rules.element(resource, path, &mut seen);
            match rules.text(resource, path, "relation") {
                Some("local") if own.is_some() && own != version => {
                    rules.broken(
                        &format!("{path}.version"),
                        "differs from the component's, although the resource is local",
                    );
                }
                Some("local" | "external") | None => {}
                Some(other) => rules.broken(
                    &format!("{path}.relation"),
                    format!("is {other:?}, neither local nor external"),
                ),
            }
        });
    }

    /// What resources and sources share. Their identity is the name, the extra identity and the version.
    fn element<'v>(
        &mut self,
        element: &'v Map<String, Value>,
        path: &str,
        seen: &mut BTreeSet<String>,
    ) -> Option<&'v str> {
        let name = self.text(element, path, "name");
        if let Some(name) = name.filter(|name| !is_element_name(name)) {
            self.broken(
                &format!("{path}.name"),
                format!("is {name:?}; use small letters, digits and - _ +"),
            );
        }
        let version = self.version(element, path);
        self.text(element, path, "type");
        self.labels(element, path);
        if !element.get("access").is_some_and(Value::is_object) {
            self.broken(&format!("{path}.access"), "is missing");
        }
        let extra = element
            .get("extraIdentity")
            .map(Value::to_string)
            .unwrap_or_default();
        if let (Some(name), Some(version)) = (name, version)
            && !seen.insert(format!("{name} {version} {extra}"))
        {
            self.broken(path, format!("is {name:?} {version} a second time"));
        }
        version
    }

    fn labels(&mut self, fields: &Map<String, Value>, path: &str) {
        if !fields.contains_key("labels") {
            return;
        }
        self.each(fields, path, "labels", |rules, label, path| {
            rules.text(label, path, "name");
            if !label.contains_key("value") {
                rules.broken(&format!("{path}.value"), "is missing");
            }
            if let Some(version) = label
                .get("version")
                .and_then(Value::as_str)
                .filter(|v| !is_label_version(v))
            {
                rules.broken(
                    &format!("{path}.version"),
                    format!("is {version:?}, not v and a number"),
                );
            }
        });
    }

    fn version<'v>(&mut self, fields: &'v Map<String, Value>, path: &str) -> Option<&'v str> {
        let version = self.text(fields, path, "version")?;
        if !is_relaxed_version(version) {
            self.broken(
                &format!("{path}.version"),
                format!("is {version:?}, which is no version"),
            );
        }
        Some(version)
    }

    fn text<'v>(
        &mut self,
        fields: &'v Map<String, Value>,
        path: &str,
        key: &str,
    ) -> Option<&'v str> {
        let found = fields.get(key);
        match found.map(Value::as_str) {
            Some(Some(text)) if !text.is_empty() => return Some(text),
            Some(Some(_)) => self.broken(&format!("{path}.{key}"), "is empty"),
            Some(None) => self.broken(&format!("{path}.{key}"), "is not a text"),
            None => self.broken(&format!("{path}.{key}"), "is missing"),
        }
        None
    }

    /// The objects of a list, which must be there but may be empty or null.
    fn each(
        &mut self,
        fields: &Map<String, Value>,
        path: &str,
        key: &str,
        mut check: impl FnMut(&mut Self, &Map<String, Value>, &str),
    ) {
        let path = format!("{path}.{key}");
        match fields.get(key) {
            None => self.broken(&path, "is missing"),
            Some(Value::Null) => {}
            Some(Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    let path = format!("{path}[{index}]");
                    match item.as_object() {
                        Some(fields) => check(self, fields, &path),
                        None => self.broken(&path, "is not an object"),
                    }
                }
            }
            Some(_) => self.broken(&path, "is not a list"),
        }
    }
}

/// `^[a-z0-9]([-_+a-z0-9]*[a-z0-9])?$`, at least two characters.
fn is_element_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.len() >= 2
        && name.starts_with(plain)
        && name.ends_with(plain)
        && name
            .chars()
            .all(|c| plain(c) || matches!(c, '-' | '_' | '+'))
}

fn is_label_version(version: &str) -> bool {
    let digits = version.strip_prefix('v').unwrap_or_default();
    !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit())
}

/// The schema's `relaxedSemver`: a `v` may come first, minor and patch may be missing.
fn is_relaxed_version(version: &str) -> bool {
    let version = version.strip_prefix('v').unwrap_or(version);
    let end = version.find(['-', '+']).unwrap_or(version.len());
    let (numbers, rest) = version.split_at(end);
    let missing = 3_usize.saturating_sub(numbers.split('.').count());
    semver::Version::parse(&format!("{numbers}{}{rest}", ".0".repeat(missing))).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn relaxed_versions_by_the_schema() {
        for (version, fine) in [
            ("v1", true),
            ("1.2", true),
            ("v1.2.3-rc.1+b", true),
            ("0.0.1-PR-1", true),
            ("1.2.3.4", false),
            ("01.2.3", false),
            ("latest", false),
            ("vv1", false),
        ] {
            assert_eq!(is_relaxed_version(version), fine, "{version}");
        }
    }

    #[test]
    fn all_broken_rules_are_reported_at_once() {
        let component = json!({
            "name": "btp", "version": "x", "labels": [{"name": "a", "version": "1"}],
            "repositoryContexts": null, "componentReferences": {}, "sources": [1],
            "resources": [
                {"name": "A", "version": "2", "type": "t", "relation": "local", "access": {}},
                {"name": "bb", "version": "2", "type": "", "relation": "far", "access": {}},
                {"name": "bb", "version": "2", "type": "t", "relation": "external", "access": 1},
            ],
        });
        let rules = broken_rules(&component).join("\n");
        for rule in [
            "component.name is \"btp\"",
            "component.version is \"x\"",
            "component.provider is missing",
            "component.labels[0].value is missing",
            "component.labels[0].version is \"1\"",
            "component.componentReferences is not a list",
            "component.sources[0] is not an object",
            "component.resources[0].name is \"A\"",
            "component.resources[0].version differs",
            "component.resources[1].type is empty",
            "component.resources[1].relation is \"far\"",
            "component.resources[2].access is missing",
            "component.resources[2] is \"bb\" 2 a second time",
        ] {
            assert!(rules.contains(rule), "{rule}\n{rules}");
        }
        assert_eq!(rules.lines().count(), 13, "{rules}");
        assert_eq!(broken_rules(&Value::Null), ["component is missing"]);
    }
}
