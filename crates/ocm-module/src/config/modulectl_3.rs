//! The keys of `module-config.yaml` that only modulectl 3 reads.

use super::fields::Fields;
use super::{Gvk, MODULECTL_KEYS, Manager, ModuleConfig, REPOSITORY_TAG, SHARED_KEYS, https};
use crate::rules;
use crate::{Diagnostic, FormatCode};

/// Keys that it read once, and what decides today. Leaving them in does no harm.
const REMOVED_KEYS: [(&str, &str); 4] = [
    ("mandatory", "spec.mandatory of the ModuleReleaseMeta"),
    ("namespace", "the pipeline that applies the template"),
    ("channel", "spec.channels of the ModuleReleaseMeta"),
    ("resourceName", "the module's name and version"),
];

pub(super) fn read(fields: &Fields<'_>, config: &mut ModuleConfig) {
    let removed = REMOVED_KEYS.map(|(key, _)| key);
    let known = [
        &SHARED_KEYS[..],
        &MODULECTL_KEYS,
        &removed,
        &[REPOSITORY_TAG],
    ];
    fields.only(&known.concat());
    for (key, instead) in REMOVED_KEYS {
        if fields.text(key).is_some() {
            let removed = Diagnostic::warning(
                FormatCode::ConfigKeyGone,
                format!("{key} is not read any more"),
                format!("it is decided by {instead}"),
            );
            fields.note(key, removed);
        }
    }
    if config.version.starts_with('v') {
        let version = &config.version;
        let with_v = Diagnostic::error(
            FormatCode::VersionWithV,
            format!("version {version} begins with v, which modulectl refuses"),
            format!("write {}", version.trim_start_matches('v')),
        );
        fields.note("version", with_v);
    }
    config.repository = address(fields, "repository");
    config.documentation = address(fields, "documentation");
    config.security_scan = fields.flag("securityScanEnabled").unwrap_or(true);
    config.team = if config.security_scan {
        fields.required("team", "name the team that answers for findings, such as kyma/gopher, or set securityScanEnabled: false")
    } else {
        fields.text("team")
    };
    config.icons = links(fields, "icons");
    if config.icons.is_empty() {
        let no_icons = Diagnostic::error(
            FormatCode::ConfigKeyMissing,
            "icons is missing or empty",
            "give at least one, with name: and link:",
        );
        fields.note("icons", no_icons);
    }
    config.resources = links(fields, "resources");
    config.manager = fields
        .object("manager")
        .and_then(|manager| read_manager(&manager));
    config.associated_resources = fields
        .objects("associatedResources")
        .iter()
        .filter_map(|item| {
            item.only(&["group", "version", "kind"]);
            gvk(item)
        })
        .collect();
    config.requires_downtime = fields.flag("requiresDowntime").unwrap_or_default();
}

fn address(fields: &Fields<'_>, key: &str) -> Option<String> {
    let address = fields.required(key, "write the whole address, https:// included")?;
    fields.note_all(key, https(key, &address));
    Some(address)
}

fn links(fields: &Fields<'_>, key: &str) -> std::collections::BTreeMap<String, String> {
    let links = fields.links(key);
    for (name, link) in &links {
        fields.note_all(key, https(&format!("{key} {name}"), link));
    }
    links
}

fn read_manager(fields: &Fields<'_>) -> Option<Manager> {
    fields.only(&["name", "namespace", "group", "version", "kind"]);
    let name = fields.required("name", "name the manager's Deployment");
    let namespace = fields.text("namespace");
    if let Some(namespace) = &namespace {
        fields.note_all("namespace", rules::namespace(namespace));
    }
    let gvk = gvk(fields);
    Some(Manager {
        name: name?,
        namespace,
        gvk: gvk?,
    })
}

fn gvk(fields: &Fields<'_>) -> Option<Gvk> {
    let need = |key: &str| fields.required(key, "write group, version and kind");
    let (group, version, kind) = (need("group"), need("version"), need("kind"));
    Some(Gvk {
        group: group?,
        version: version?,
        kind: kind?,
    })
}
