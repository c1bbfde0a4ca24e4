//! The configuration files of a module: `module-config.yaml`, `sec-scanners-config.yaml` and `component-config.yaml` for
//! security scanners, and the channels for a `ModuleReleaseMeta`.
//!
//! [`ModuleConfig::parse`] reads the file of the Kyma CLI 2 as well as that of modulectl 3.

mod component_config;
mod fields;
mod file_path;
mod kyma_cli_2;
mod modulectl_3;
mod release_meta;
mod security_scan;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use component_config::ScannedComponent;
pub use file_path::inside;
pub use release_meta::{Audience, ChannelVersion, ReleaseMeta};
pub use security_scan::SecurityScan;

use crate::rules;
use crate::yaml::Dialect;
use crate::{Diagnostic, FormatCode, Position};
use fields::{ConfigFile, Fields};

/// Which tool the file was written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigDialect {
    /// `kyma alpha create module`, 2.17 to 2.20 (`kyma-project/cli:cmd/kyma/alpha/create/module/moduleconfig.go`).
    KymaCli2,
    /// `modulectl create` (`kyma-project/modulectl:internal/service/contentprovider/moduleconfig.go`).
    Modulectl3,
}

/// The content of `module-config.yaml`, in one shape for both tools.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the file has as many switches"
)]
pub struct ModuleConfig {
    /// The tool that reads such a file, known by its keys.
    pub dialect: ConfigDialect,
    /// The component's name, such as `kyma-project.io/module/btp-operator`.
    pub name: String,
    /// As written, in the Kyma CLI's file perhaps with a `v`.
    pub version: String,
    /// The position of `name` in the file.
    pub name_position: Option<Position>,
    /// The position of `version` in the file.
    pub version_position: Option<Position>,
    /// The positions of the files that it names.
    file_positions: BTreeMap<FileKey, Position>,
    /// The rendered manifest.
    pub manifest: FileRef,
    /// The default custom resource.
    pub default_cr: Option<FileRef>,
    /// The path of the scanners' configuration.
    pub security: Option<String>,
    /// Labels for the ModuleTemplate.
    pub labels: BTreeMap<String, String>,
    /// Annotations for the ModuleTemplate.
    pub annotations: BTreeMap<String, String>,
    /// Whether the module is only for SAP's own landscapes.
    pub internal: bool,
    /// Whether the module is a beta.
    pub beta: bool,
    /// Whether the module is installed without being asked for.
    pub mandatory: bool,
    /// The channel of the ModuleTemplate. Read by the Kyma CLI only.
    pub channel: Option<String>,
    /// The name of the ModuleTemplate. Read by the Kyma CLI only.
    pub resource_name: Option<String>,
    /// The namespace of the ModuleTemplate. Read by the Kyma CLI only.
    pub namespace: Option<String>,
    /// How Lifecycle Manager determines the module's state. Read by the Kyma CLI only.
    pub custom_state_checks: Vec<CustomStateCheck>,
    /// The address of the git repository. Read by modulectl only.
    pub repository: Option<String>,
    /// The address of the documentation. Read by modulectl only.
    pub documentation: Option<String>,
    /// The team that answers for findings of the scanners. Read by modulectl only.
    pub team: Option<String>,
    /// Whether security scanners scan the module. Read by modulectl only.
    pub security_scan: bool,
    /// Addresses of icons, by name. Read by modulectl only.
    pub icons: BTreeMap<String, String>,
    /// The object by which the module's state is known. Read by modulectl only.
    pub manager: Option<Manager>,
    /// Kinds of objects that users make for the module. Read by modulectl only.
    pub associated_resources: Vec<Gvk>,
    /// Further addresses for the ModuleTemplate, by name. Read by modulectl only.
    pub resources: BTreeMap<String, String>,
    /// Whether an update interrupts the module's service. Read by modulectl only.
    pub requires_downtime: bool,
}

impl ModuleConfig {
    /// Reads the file; `file` is its name, for diagnostics. All that is wrong with it comes with it. Without a name, version or
    /// manifest there is no configuration.
    pub fn parse(file: &str, bytes: &[u8]) -> (Option<Self>, Vec<Diagnostic>) {
        let file = match ConfigFile::parse(file, bytes, Dialect::GoStruct) {
            Ok(file) => file,
            Err(unreadable) => return (None, vec![unreadable]),
        };
        let fields = file.fields();
        let mut config = if MODULECTL_KEYS.iter().any(|key| file.has(key)) {
            let mut config = shared(&fields, ConfigDialect::Modulectl3);
            modulectl_3::read(&fields, &mut config);
            config
        } else {
            let mut config = shared(&fields, ConfigDialect::KymaCli2);
            kyma_cli_2::read(&fields, &mut config);
            config
        };
        config.name_position = Some(file.position("name"));
        config.version_position = Some(file.position("version"));
        config.file_positions = FileKey::ALL
            .map(|key| (key, file.position(key.as_str())))
            .into();
        (config.is_complete().then_some(config), file.finish())
    }

    /// The addresses for the ModuleTemplate: those that were given, and the manifest if it has one itself.
    pub fn all_resources(&self) -> BTreeMap<String, String> {
        let mut resources = BTreeMap::new();
        if let FileRef::Url(url) = &self.manifest {
            resources.insert("rawManifest".to_owned(), url.clone());
        }
        resources.extend(self.resources.clone());
        resources
    }

    /// The path of a file that the configuration names, relative to the workspace as `file` is, the configuration's own path.
    /// Not judged by [`ModuleConfig::parse`], since an input may name the file instead.
    ///
    /// # Errors
    ///
    /// [`FormatCode::ConfigPath`] if it is absolute or leads out of the workspace.
    pub fn path(&self, file: &str, key: FileKey, path: &str) -> Result<PathBuf, Diagnostic> {
        let refuse = |why: &str, help: &str| {
            let seen = format!("{} {path:?} {why}", key.as_str());
            let refused = Diagnostic::error(FormatCode::ConfigPath, seen, help);
            refused.at(file, self.file_positions.get(&key).copied())
        };
        if Path::new(path).is_absolute() {
            let help = "write a path relative to the configuration file";
            return Err(refuse("is absolute", help));
        }
        file_path::beside(file, path).ok_or_else(|| {
            let help = "move the file into the repository; `..` may not lead further up than the working folder";
            refuse("leads out of the workspace", help)
        })
    }

    /// What is wrong with the address of a file, if it has one.
    pub fn address_problem(&self, file: &str, key: FileKey, url: &str) -> Option<Diagnostic> {
        let wrong = https(key.as_str(), url)?;
        Some(wrong.at(file, self.file_positions.get(&key).copied()))
    }

    /// A configuration of an empty file.
    fn empty(dialect: ConfigDialect) -> Self {
        Self {
            dialect,
            name: String::new(),
            version: String::new(),
            name_position: None,
            version_position: None,
            file_positions: BTreeMap::new(),
            manifest: FileRef::Path(String::new()),
            default_cr: None,
            security: None,
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
            internal: false,
            beta: false,
            mandatory: false,
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
        }
    }

    /// Whether all keys exist that both tools require.
    fn is_complete(&self) -> bool {
        let has_manifest = self.manifest != FileRef::Path(String::new());
        !self.name.is_empty() && !self.version.is_empty() && has_manifest
    }
}

/// The keys by which a configuration names files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileKey {
    /// The rendered manifest.
    Manifest,
    /// The default custom resource.
    DefaultCr,
    /// The scanners' configuration.
    Security,
}

impl FileKey {
    const ALL: [Self; 3] = [Self::Manifest, Self::DefaultCr, Self::Security];

    /// The key as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::DefaultCr => "defaultCR",
            Self::Security => "security",
        }
    }
}

/// Where a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileRef {
    /// In the repository, relative to the configuration.
    Path(String),
    /// On a server.
    Url(String),
}

/// A rule by which Lifecycle Manager determines the module's state from a field of its custom resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomStateCheck {
    /// The path of the field.
    pub json_path: String,
    /// The value that the field has.
    pub value: String,
    /// The state that this means: `Ready`, `Processing`, `Error`, `Deleting` or `Warning`.
    pub mapped_state: String,
}

/// Group, version and kind of Kubernetes objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gvk {
    /// The API group; empty for the core group.
    pub group: String,
    /// The version, such as `v1`.
    pub version: String,
    /// The kind, such as `Deployment`.
    pub kind: String,
}

/// The object by which Lifecycle Manager determines that the module is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manager {
    /// The object's name.
    pub name: String,
    /// The object's namespace.
    pub namespace: Option<String>,
    /// What the object is, mostly a Deployment.
    pub gvk: Gvk,
}

/// Keys that both tools read.
const SHARED_KEYS: [&str; 9] = [
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

/// The tag of the release that the file is for. Workflows of Kyma modules write it for steps of their own; no tool reads it.
const REPOSITORY_TAG: &str = "repositoryTag";

/// Keys that only modulectl reads; a file with one of them is for it.
const MODULECTL_KEYS: [&str; 9] = [
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

/// What both tools read.
fn shared(fields: &Fields<'_>, dialect: ConfigDialect) -> ModuleConfig {
    let help = "write the component's name, such as kyma-project.io/module/btp-operator";
    let name = fields.required("name", help);
    let version = fields.required("version", "write the version, such as 1.2.0");
    let manifest = fields.required("manifest", "write the path of the rendered manifest");
    if let Some(name) = &name {
        fields.note_all("name", rules::module_name(name));
    }
    if let Some(version) = &version {
        fields.note_all("version", rules::version(version));
    }
    let flag = |key: &str| fields.flag(key).unwrap_or_default();
    let mut config = ModuleConfig {
        name: name.unwrap_or_default(),
        version: version.unwrap_or_default(),
        security: fields.text("security"),
        labels: fields.map("labels"),
        annotations: fields.map("annotations"),
        internal: flag("internal"),
        beta: flag("beta"),
        mandatory: flag("mandatory"),
        ..ModuleConfig::empty(dialect)
    };
    if let Some(text) = manifest {
        config.manifest = file_ref(&text);
    }
    let default_cr = fields.text("defaultCR");
    config.default_cr = default_cr.as_deref().map(file_ref);
    config
}

fn file_ref(text: &str) -> FileRef {
    if text.contains("://") {
        FileRef::Url(text.to_owned())
    } else {
        FileRef::Path(text.to_owned())
    }
}

fn https(key: &str, text: &str) -> Option<Diagnostic> {
    let authority = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = authority.split(['/', '?', '#']).next();
    if authority.is_some_and(|authority| authority.contains('@')) {
        // Not repeated: they may be real.
        return Some(Diagnostic::error(
            FormatCode::ConfigLink,
            format!("{key} is an address with credentials"),
            "take what is before the @ out of the address: everyone who gets the module reads it",
        ));
    }
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
mod modulectl_cases;
#[cfg(test)]
mod tests;
