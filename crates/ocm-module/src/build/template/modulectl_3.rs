//! The text of `modulectl create`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{CLUSTER_SCOPED, MODULE_NAME, entries, indented, scalar};
use crate::config::{Gvk, Manager};
use crate::raw_manifest::RawManifest;
use crate::values::short_name;
use crate::yaml;

/// The template of modulectl 3.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::build) struct Modulectl3Template<'a> {
    pub(in crate::build) component: &'a str,
    pub(in crate::build) version: &'a str,
    pub(in crate::build) labels: BTreeMap<String, String>,
    pub(in crate::build) annotations: BTreeMap<String, String>,
    pub(in crate::build) requires_downtime: bool,
    pub(in crate::build) repository: &'a str,
    pub(in crate::build) documentation: &'a str,
    pub(in crate::build) icons: BTreeMap<String, String>,
    pub(in crate::build) associated_resources: Vec<Gvk>,
    pub(in crate::build) manager: Option<Manager>,
    pub(in crate::build) resources: BTreeMap<String, String>,
    pub(in crate::build) cluster_scoped: bool,
    /// Empty where it is left to the user who applies the template, as modulectl does.
    pub(in crate::build) namespace: &'a str,
}

/// The name of such a template, which has the version in it.
pub(in crate::build) fn modulectl_3_name(component: &str, version: &str) -> String {
    format!("{}-{version}", short_name(component))
}

impl Modulectl3Template<'_> {
    /// The whole template.
    pub(in crate::build) fn render(&self, default_cr: Option<&RawManifest>) -> String {
        let mut text = self.metadata();
        let _ = write!(
            text,
            "spec:\n  moduleName: {}\n  version: {}\n  requiresDowntime: {}\n  info:\n    repository: {}\n    documentation: {}\n",
            short_name(self.component),
            self.version,
            self.requires_downtime,
            scalar(self.repository),
            scalar(self.documentation)
        );
        links(&mut text, "    ", "icons", &self.icons);
        if !self.associated_resources.is_empty() {
            text += "  associatedResources:\n";
        }
        for resource in &self.associated_resources {
            let gvk = gvk(resource, "    ");
            let _ = write!(text, "  - {}", gvk.trim_start());
        }
        if let Some(object) = default_cr.and_then(RawManifest::only_object) {
            let _ = write!(text, "  data:\n{}\n", indented(&yaml::to_string(object)));
        }
        if let Some(manager) = &self.manager {
            let _ = write!(text, "  manager:\n    name: {}\n", scalar(&manager.name));
            if let Some(namespace) = &manager.namespace {
                let _ = writeln!(text, "    namespace: {}", scalar(namespace));
            }
            text += &gvk(&manager.gvk, "    ");
        }
        text += "  descriptor: {}\n";
        links(&mut text, "  ", "resources", &self.resources);
        text
    }

    /// Everything before the spec.
    fn metadata(&self) -> String {
        let (mut labels, mut annotations) = (self.labels.clone(), self.annotations.clone());
        labels.insert(MODULE_NAME.into(), short_name(self.component).into());
        annotations.insert(CLUSTER_SCOPED.into(), self.cluster_scoped.to_string());
        let mut text = format!(
            "apiVersion: operator.kyma-project.io/v1beta2\nkind: ModuleTemplate\nmetadata:\n  name: {}\n  namespace: {}\n",
            modulectl_3_name(self.component, self.version),
            scalar(self.namespace)
        );
        entries(&mut text, "labels", &labels);
        entries(&mut text, "annotations", &annotations);
        text
    }
}

fn gvk(gvk: &Gvk, indent: &str) -> String {
    let (group, version, kind) = (scalar(&gvk.group), scalar(&gvk.version), scalar(&gvk.kind));
    format!("{indent}group: {group}\n{indent}version: {version}\n{indent}kind: {kind}\n")
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
