//! `module-config.yaml`: what a module says of itself, to the Kyma CLI in 2023 or to modulectl today.

mod kyma_cli;
mod modulectl;

use std::collections::BTreeMap;

use super::fields::{Document, Fields};
use super::rules;
use super::template::{Gvk, Manager};
use crate::Position;
use crate::{Diagnostic, FormatCode};

/// Which tool the file was written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `kyma alpha create module`, 2.17 to 2.20 (`kyma-project/cli:cmd/kyma/alpha/create/module/moduleconfig.go`).
    KymaCli,
    /// `modulectl create` (`kyma-project/modulectl:internal/service/contentprovider/moduleconfig.go`).
    Modulectl,
}

/// The file's content, in one shape for both tools.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the file has as many switches"
)]
pub struct ModuleConfig {
    pub dialect: Dialect,
    pub name: String,
    /// As written, in the Kyma CLI's file perhaps with a `v`.
    pub version: String,
    /// Where the two stand in the file.
    pub name_at: Option<Position>,
    pub version_at: Option<Position>,
    pub manifest: FileRef,
    pub default_cr: Option<FileRef>,
    pub security: Option<String>,
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
    pub internal: bool,
    pub beta: bool,
    pub mandatory: bool,
    /// Of the Kyma CLI only.
    pub channel: Option<String>,
    pub resource_name: Option<String>,
    pub namespace: Option<String>,
    pub custom_state_checks: Vec<CustomStateCheck>,
    /// Of modulectl only.
    pub repository: Option<String>,
    pub documentation: Option<String>,
    pub team: Option<String>,
    pub security_scan: bool,
    pub icons: BTreeMap<String, String>,
    pub manager: Option<Manager>,
    pub associated_resources: Vec<Gvk>,
    pub resources: BTreeMap<String, String>,
    pub requires_downtime: bool,
}

impl ModuleConfig {
    /// The links of the template: those that were given, and the manifest if it is a link itself.
    pub fn all_resources(&self) -> BTreeMap<String, String> {
        let mut resources = BTreeMap::new();
        if let FileRef::Url(url) = &self.manifest {
            resources.insert("rawManifest".to_owned(), url.clone());
        }
        resources.extend(self.resources.clone());
        resources
    }
}

/// Where a file is: in the repository, relative to the configuration, or on a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileRef {
    Path(String),
    Url(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomStateCheck {
    pub json_path: String,
    pub value: String,
    pub mapped_state: String,
}

/// Keys that both tools read.
const SHARED: [&str; 9] = [
    "name",
    "version",
    "manifest",
    "defaultCR",
    "security",
    "labels",
    "annotations",
    "internal",
    "beta",
];

/// Keys by which modulectl's file is known.
const OF_MODULECTL: [&str; 9] = [
    "repository",
    "documentation",
    "icons",
    "team",
    "securityScanEnabled",
    "manager",
    "associatedResources",
    "resources",
    "requiresDowntime",
];

/// Reads the file. All violations come with it; without a name, version or manifest there is nothing to go on with.
pub fn parse(file: &str, bytes: &[u8]) -> (Option<ModuleConfig>, Vec<Diagnostic>) {
    let document = match Document::parse(file, bytes) {
        Ok(document) => document,
        Err(violation) => return (None, vec![violation]),
    };
    let modulectl = OF_MODULECTL.iter().any(|key| document.has(key));
    let dialect = if modulectl {
        Dialect::Modulectl
    } else {
        Dialect::KymaCli
    };
    let fields = document.fields();
    let (mut config, whole) = shared(&fields, dialect);
    match dialect {
        Dialect::KymaCli => kyma_cli::read(&fields, &mut config),
        Dialect::Modulectl => modulectl::read(&fields, &mut config),
    }
    config.name_at = document.place("name");
    config.version_at = document.place("version");
    (whole.then_some(config), document.finish())
}

/// What both tools read, and whether all of it is there that nothing goes without.
fn shared(fields: &Fields<'_>, dialect: Dialect) -> (ModuleConfig, bool) {
    let name = fields.required(
        "name",
        "write the component's name, such as kyma-project.io/module/btp-operator",
    );
    let version = fields.required("version", "write the version, such as 1.2.0");
    let manifest = fields.required("manifest", "write the path of the rendered manifest");
    if let Some(name) = &name {
        fields.note_all("name", rules::module_name(name));
    }
    if let Some(version) = &version {
        fields.note_all("version", rules::version(version));
    }
    let file = |key: &str, text: &str| file_ref(fields, key, text);
    let manifest = manifest.map(|text| file("manifest", &text));
    let default_cr = fields
        .text("defaultCR")
        .map(|text| file("defaultCR", &text));
    let security = fields.text("security");
    let (labels, annotations) = (fields.map("labels"), fields.map("annotations"));
    let flag = |key: &str| fields.flag(key).unwrap_or_default();
    let (internal, beta) = (flag("internal"), flag("beta"));
    let mandatory = flag("mandatory");
    let whole = name.is_some() && version.is_some() && manifest.is_some();
    let config = ModuleConfig {
        dialect,
        name: name.unwrap_or_default(),
        version: version.unwrap_or_default(),
        name_at: None,
        version_at: None,
        manifest: manifest.unwrap_or(FileRef::Path(String::new())),
        default_cr,
        security,
        labels,
        annotations,
        internal,
        beta,
        mandatory,
        channel: None,
        resource_name: None,
        namespace: None,
        custom_state_checks: Vec::new(),
        repository: None,
        documentation: None,
        team: None,
        security_scan: false,
        icons: BTreeMap::new(),
        manager: None,
        associated_resources: Vec::new(),
        resources: BTreeMap::new(),
        requires_downtime: false,
    };
    (config, whole)
}

fn file_ref(fields: &Fields<'_>, key: &str, text: &str) -> FileRef {
    if text.contains("://") {
        fields.note_all(key, https(key, text));
        return FileRef::Url(text.to_owned());
    }
    if text.starts_with('/') || text.split('/').any(|part| part == "..") {
        let message = format!("{key} {text:?} is not below the configuration's folder");
        fields.note(
            key,
            Diagnostic::error(
                FormatCode::ConfigPath,
                message,
                "write a path relative to the configuration file",
            ),
        );
    }
    FileRef::Path(text.to_owned())
}

fn https(key: &str, text: &str) -> Option<Diagnostic> {
    let rest = text.strip_prefix("https://").unwrap_or_default();
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let fine = !host.is_empty() && !text.contains(char::is_whitespace);
    (!fine).then(|| {
        Diagnostic::error(
            FormatCode::ConfigLink,
            format!("{key} {text:?} is no https:// address"),
            "write the whole address, https:// included",
        )
    })
}

#[cfg(test)]
mod tests;
