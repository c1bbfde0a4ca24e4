//! The text of `modulectl create`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{CLUSTER_SCOPED, Gvk, MODULE_NAME, Manager, entries, indented, scalar, short_name};
use crate::raw_manifest::RawManifest;
use crate::yaml;

/// What today's form tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TemplateToday<'a> {
    pub component: &'a str,
    pub version: &'a str,
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
    pub requires_downtime: bool,
    pub repository: &'a str,
    pub documentation: &'a str,
    pub icons: BTreeMap<String, String>,
    pub associated_resources: Vec<Gvk>,
    pub manager: Option<Manager>,
    pub resources: BTreeMap<String, String>,
    pub cluster_scoped: bool,
}

/// What today's template is called.
pub fn name_today(component: &str, version: &str) -> String {
    format!("{}-{version}", short_name(component))
}

impl TemplateToday<'_> {
    /// Without a namespace, as modulectl leaves it to whoever applies the template.
    pub fn render(&self, default_cr: Option<&RawManifest>) -> String {
        let short = short_name(self.component);
        let (mut labels, mut annotations) = (self.labels.clone(), self.annotations.clone());
        labels.insert(MODULE_NAME.into(), short.into());
        annotations.insert(CLUSTER_SCOPED.into(), self.cluster_scoped.to_string());
        let mut text = format!(
            "apiVersion: operator.kyma-project.io/v1beta2\nkind: ModuleTemplate\nmetadata:\n  name: {}\n  namespace: \"\"\n",
            name_today(self.component, self.version)
        );
        entries(&mut text, "labels", &labels);
        entries(&mut text, "annotations", &annotations);
        let _ = write!(
            text,
            "spec:\n  moduleName: {short}\n  version: {}\n  requiresDowntime: {}\n  info:\n    repository: {}\n    documentation: {}\n",
            self.version,
            self.requires_downtime,
            scalar(self.repository),
            scalar(self.documentation)
        );
        links(&mut text, "    ", "icons", &self.icons);
        if !self.associated_resources.is_empty() {
            text += "  associatedResources:\n";
        }
        for Gvk {
            group,
            version,
            kind,
        } in &self.associated_resources
        {
            let (group, version, kind) = (scalar(group), scalar(version), scalar(kind));
            let _ = write!(
                text,
                "  - group: {group}\n    version: {version}\n    kind: {kind}\n"
            );
        }
        if let Some(object) = default_cr.and_then(RawManifest::only_object) {
            let _ = write!(text, "  data:\n{}\n", indented(&yaml::to_string(object)));
        }
        if let Some(Manager {
            name,
            namespace,
            gvk,
        }) = &self.manager
        {
            let _ = write!(text, "  manager:\n    name: {}\n", scalar(name));
            if let Some(namespace) = namespace {
                let _ = writeln!(text, "    namespace: {}", scalar(namespace));
            }
            let (group, version, kind) =
                (scalar(&gvk.group), scalar(&gvk.version), scalar(&gvk.kind));
            let _ = write!(
                text,
                "    group: {group}\n    version: {version}\n    kind: {kind}\n"
            );
        }
        text += "  descriptor: {}\n";
        links(&mut text, "  ", "resources", &self.resources);
        text
    }
}

fn links(text: &mut String, indent: &str, key: &str, links: &BTreeMap<String, String>) {
    if !links.is_empty() {
        let _ = writeln!(text, "{indent}{key}:");
    }
    for (name, link) in links {
        let _ = write!(
            text,
            "{indent}- name: {}\n{indent}  link: {}\n",
            scalar(name),
            scalar(link)
        );
    }
}
