//! What only modulectl reads.

use super::{ModuleConfig, OF_MODULECTL, SHARED, https};
use crate::fields::Fields;
use crate::rules;
use crate::template::{Gvk, Manager};
use crate::{Diagnostic, FormatCode};

/// Keys that it read once. Leaving them in does no harm.
const GONE: [(&str, &str); 4] = [
    ("mandatory", "spec.mandatory of the ModuleReleaseMeta"),
    ("namespace", "the pipeline that applies the template"),
    ("channel", "spec.channels of the ModuleReleaseMeta"),
    ("resourceName", "the module's name and version"),
];

pub(super) fn read(fields: &Fields<'_>, config: &mut ModuleConfig) {
    let gone = GONE.map(|(key, _)| key);
    fields.only(&[&SHARED[..], &OF_MODULECTL, &gone].concat());
    for (key, instead) in GONE {
        if fields.text(key).is_some() {
            let message = format!("{key} is not read any more");
            fields.note(
                key,
                Diagnostic::warning(
                    FormatCode::ConfigKeyGone,
                    message,
                    format!("it is decided by {instead}"),
                ),
            );
        }
    }
    if config.version.starts_with('v') {
        let message = format!(
            "version {} begins with v, which modulectl refuses",
            config.version
        );
        let help = format!("write {}", config.version.trim_start_matches('v'));
        fields.note(
            "version",
            Diagnostic::error(FormatCode::VersionWithV, message, help),
        );
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
        let help = "give at least one, with name: and link:";
        fields.note(
            "icons",
            Diagnostic::error(
                FormatCode::ConfigKeyMissing,
                "icons is missing or empty",
                help,
            ),
        );
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
