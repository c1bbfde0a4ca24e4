//! The `module-config.yaml` of a submission.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::config::{FileRef, Gvk, Manager, ModuleConfig};
use crate::values::Version;
use crate::{Diagnostic, yaml};

/// What a module configuration of a submission says: the keys that modulectl reads
/// (`kyma-project/modulectl:internal/service/contentprovider/moduleconfig.go`), and `repositoryTag`, which the pipeline of the
/// submission reads.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the file has as many switches"
)]
pub struct ModuleSubmission {
    /// The component's name, such as `kyma-project.io/module/btp-operator`.
    pub name: String,
    /// The version that is submitted.
    pub version: Version,
    /// The team that answers for findings, such as `kyma/gopher`.
    pub team: Option<String>,
    /// The address of the git repository.
    pub repository: String,
    /// The tag of the release whose assets the manifest and the default custom resource are.
    pub repository_tag: Option<String>,
    /// The rendered manifest: the name of an asset, or an address.
    pub manifest: String,
    /// The default custom resource, likewise.
    pub default_cr: Option<String>,
    /// The address of the documentation.
    pub documentation: String,
    /// The object by which the module's state is known.
    pub manager: Option<Manager>,
    /// The path of the scanners' configuration.
    pub security: Option<String>,
    /// Whether security scanners scan the module.
    pub security_scan: bool,
    /// Kinds of objects that users make for the module.
    pub associated_resources: Vec<Gvk>,
    /// Addresses of icons, by name.
    pub icons: BTreeMap<String, String>,
    /// Further addresses for the ModuleTemplate, by name.
    pub resources: BTreeMap<String, String>,
    /// Labels for the ModuleTemplate.
    pub labels: BTreeMap<String, String>,
    /// Annotations for the ModuleTemplate.
    pub annotations: BTreeMap<String, String>,
    /// Whether an update interrupts the module's service.
    pub requires_downtime: bool,
    /// Whether the module is only for SAP's own landscapes.
    pub internal: bool,
    /// Whether the module is a beta.
    pub beta: bool,
}

impl ModuleSubmission {
    /// The submission of a version, with everything else as in a configuration that the module's own repository keeps.
    pub fn of(config: &ModuleConfig, version: &Version, repository_tag: &str) -> Self {
        let file = |file: &FileRef| match file {
            FileRef::Path(text) | FileRef::Url(text) => text.clone(),
        };
        Self {
            name: config.name.clone(),
            version: version.clone(),
            team: config.team.clone(),
            repository: config.repository.clone().unwrap_or_default(),
            repository_tag: Some(repository_tag.to_owned()),
            manifest: file(&config.manifest),
            default_cr: config.default_cr.as_ref().map(file),
            documentation: config.documentation.clone().unwrap_or_default(),
            manager: config.manager.clone(),
            security: config.security.clone(),
            security_scan: config.security_scan,
            associated_resources: config.associated_resources.clone(),
            icons: config.icons.clone(),
            resources: config.resources.clone(),
            labels: config.labels.clone(),
            annotations: config.annotations.clone(),
            requires_downtime: config.requires_downtime,
            internal: config.internal,
            beta: config.beta,
        }
    }

    /// The file, in the layout of Kyma's modules, and all that is wrong with it by [`ModuleConfig::parse`]. With an error there
    /// is no file. `name` is the file's name, for diagnostics.
    pub fn file(&self, name: &str) -> (Option<String>, Vec<Diagnostic>) {
        let text = self.layout();
        let (_, found) = ModuleConfig::parse(name, text.as_bytes());
        let complete = !found.iter().any(Diagnostic::is_error);
        (complete.then_some(text), found)
    }

    fn layout(&self) -> String {
        let version = self.version.to_string();
        let mut out = String::new();
        let mut texts = |entries: &[(&str, Option<&str>)]| {
            for (key, text) in entries {
                if let Some(text) = text {
                    line(&mut out, "", key, text);
                }
            }
        };
        texts(&[
            ("name", Some(&self.name)),
            ("version", Some(&version)),
            ("team", self.team.as_deref()),
            ("repository", Some(&self.repository)),
            ("repositoryTag", self.repository_tag.as_deref()),
            ("manifest", Some(&self.manifest)),
            ("defaultCR", self.default_cr.as_deref()),
            ("documentation", Some(&self.documentation)),
        ]);
        if let Some(manager) = &self.manager {
            out += "manager:\n";
            line(&mut out, "  ", "name", &manager.name);
            if let Some(namespace) = &manager.namespace {
                line(&mut out, "  ", "namespace", namespace);
            }
            line(&mut out, "  ", "group", &manager.gvk.group);
            line(&mut out, "  ", "version", &manager.gvk.version);
            line(&mut out, "  ", "kind", &manager.gvk.kind);
        }
        if let Some(security) = &self.security {
            line(&mut out, "", "security", security);
        }
        if !self.associated_resources.is_empty() {
            out += "associatedResources:\n";
        }
        for gvk in &self.associated_resources {
            line(&mut out, "  - ", "group", &gvk.group);
            line(&mut out, "    ", "kind", &gvk.kind);
            line(&mut out, "    ", "version", &gvk.version);
        }
        for (key, links) in [("icons", &self.icons), ("resources", &self.resources)] {
            if !links.is_empty() {
                let _ = writeln!(out, "{key}:");
            }
            for (name, link) in links {
                line(&mut out, "  - ", "name", name);
                line(&mut out, "    ", "link", link);
            }
        }
        for (key, texts) in [("labels", &self.labels), ("annotations", &self.annotations)] {
            if !texts.is_empty() {
                let _ = writeln!(out, "{key}:");
            }
            for (name, text) in texts {
                line(&mut out, "  ", name, text);
            }
        }
        for (key, flag, default) in [
            ("securityScanEnabled", self.security_scan, true),
            ("requiresDowntime", self.requires_downtime, false),
            ("internal", self.internal, false),
            ("beta", self.beta, false),
        ] {
            if flag != default {
                let _ = writeln!(out, "{key}: {flag}");
            }
        }
        out
    }
}

fn line(out: &mut String, before: &str, key: &str, text: &str) {
    let (key, text) = (yaml::one_line(key), yaml::one_line(text));
    let _ = writeln!(out, "{before}{key}: {text}");
}

/// Whether a version is submitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Submitted {
    /// There is no such file.
    Absent,
    /// The file is there, byte for byte.
    Same,
    /// The file is there with the same values, written in another way.
    SameValues,
    /// The file is there with other values at these keys.
    Differs(Vec<String>),
    /// What is there is not YAML with keys.
    Unreadable,
}

/// Compares a submission that is there with the one that is wanted.
pub fn submitted(existing: Option<&[u8]>, wanted: &str) -> Submitted {
    let Some(existing) = existing else {
        return Submitted::Absent;
    };
    if existing == wanted.as_bytes() {
        return Submitted::Same;
    }
    let keys = |text: &str| match yaml::document(text) {
        Ok(Value::Object(keys)) => Some(keys),
        _ => None,
    };
    let existing = std::str::from_utf8(existing).ok().and_then(keys);
    let (Some(existing), Some(wanted)) = (existing, keys(wanted)) else {
        return Submitted::Unreadable;
    };
    let mut differing: Vec<_> = wanted
        .keys()
        .chain(existing.keys().filter(|key| !wanted.contains_key(*key)))
        .filter(|key| wanted.get(*key) != existing.get(*key))
        .cloned()
        .collect();
    differing.sort();
    match differing.as_slice() {
        [] => Submitted::SameValues,
        _ => Submitted::Differs(differing),
    }
}
