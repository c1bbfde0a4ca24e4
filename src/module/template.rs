//! `template.yaml`: the ModuleTemplate that tells Lifecycle Manager of a module.
//!
//! The texts are those of the tools, spaces and all, for people compare them with what they had
//! (`kyma-project/cli:pkg/module/template.go`, `kyma-project/modulectl:internal/service/templategenerator`).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::raw_manifest::RawManifest;
use super::yaml;

/// Which tool's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TemplateForm {
    /// Kyma CLI 2.14: `v1beta1`, which has a target.
    V1Beta1,
    /// Kyma CLI 2.15: `v1beta2` with channel and descriptor.
    #[default]
    V1Beta2,
    /// modulectl 3.2: `v1beta2` with module name and version; the descriptor is read from the registry.
    Today,
}

/// Where `v1beta1` installs the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    ControlPlane,
    Remote,
}

/// What the forms of 2023 tell.
#[derive(Clone, Copy, Debug)]
pub struct Template2023<'a> {
    pub component: &'a str,
    pub channel: &'a str,
    /// As in the descriptor's layer.
    pub descriptor_yaml: &'a str,
    /// Repeated as it is, comments included.
    pub default_cr: Option<&'a str>,
}

impl Template2023<'_> {
    /// `None` as the target for `v1beta2`, which has none.
    pub fn render(&self, target: Option<Target>) -> String {
        let short = short_name(self.component);
        let api = if target.is_some() {
            "v1beta1"
        } else {
            "v1beta2"
        };
        let mut text = format!(
            "apiVersion: operator.kyma-project.io/{api}\nkind: ModuleTemplate\nmetadata:\n  name: moduletemplate-{short}\n  namespace: kcp-system\n  labels:\n"
        );
        if let Some(target) = target {
            let target = match target {
                Target::ControlPlane => "control-plane",
                Target::Remote => "remote",
            };
            text += "    \"operator.kyma-project.io/managed-by\": \"lifecycle-manager\"\n    \"operator.kyma-project.io/controller-name\": \"manifest\"\n";
            let _ = write!(
                text,
                "    \"{MODULE_NAME}\": \"{short}\"\nspec:\n  target: {target}\n"
            );
        } else {
            let _ = write!(text, "    \"{MODULE_NAME}\": \"{short}\"\nspec:\n");
        }
        let data = self
            .default_cr
            .map(|cr| indented(one_document(cr)) + "\n")
            .unwrap_or_default();
        let _ = write!(
            text,
            "  channel: {}\n  data:\n{data}  descriptor:\n{}\n",
            self.channel,
            indented(self.descriptor_yaml)
        );
        text
    }
}

/// What today's form tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TemplateToday<'a> {
    pub component: &'a str,
    pub version: &'a str,
    pub namespace: &'a str,
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

/// Group, version and kind of Kubernetes objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gvk {
    pub group: String,
    pub version: String,
    pub kind: String,
}

/// The object by which Lifecycle Manager knows that the module is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manager {
    pub name: String,
    pub namespace: Option<String>,
    pub gvk: Gvk,
}

const MODULE_NAME: &str = "operator.kyma-project.io/module-name";
const CLUSTER_SCOPED: &str = "operator.kyma-project.io/is-cluster-scoped";

impl TemplateToday<'_> {
    pub fn render(&self, default_cr: Option<&RawManifest>) -> String {
        let short = short_name(self.component);
        let (mut labels, mut annotations) = (self.labels.clone(), self.annotations.clone());
        labels.insert(MODULE_NAME.into(), short.into());
        annotations.insert(CLUSTER_SCOPED.into(), self.cluster_scoped.to_string());
        let namespace = scalar(self.namespace);
        let mut text = format!(
            "apiVersion: operator.kyma-project.io/v1beta2\nkind: ModuleTemplate\nmetadata:\n  name: {short}-{}\n  namespace: {namespace}\n",
            self.version
        );
        for (key, entries) in [("labels", &labels), ("annotations", &annotations)] {
            let _ = writeln!(text, "  {key}:");
            for (name, value) in entries {
                let _ = writeln!(text, "    {}: {}", quoted(name), quoted(value));
            }
        }
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

/// The last part of a component's name, such as `btp-operator`.
pub fn short_name(component: &str) -> &str {
    component.rsplit('/').next().unwrap_or(component)
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

/// Four spaces before every line, and no line break behind the last.
fn indented(text: &str) -> String {
    let lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
    lines
        .map(|line| format!("    {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Without the marks that begin and end a document: inside of another they would cut it in two.
fn one_document(text: &str) -> &str {
    let text = match text.find("---") {
        Some(at)
            if text.get(..at).is_some_and(|head| {
                head.lines()
                    .all(|l| l.trim().is_empty() || l.starts_with('#'))
            }) =>
        {
            text.get(at + 3..)
                .unwrap_or_default()
                .trim_start_matches([' ', '\r'])
                .trim_start_matches('\n')
        }
        _ => text,
    };
    let end = ["\n---", "\n..."]
        .iter()
        .filter_map(|mark| text.find(mark))
        .min();
    end.and_then(|end| text.get(..=end)).unwrap_or(text)
}

/// A text as a scalar that is read as a text.
fn scalar(text: &str) -> String {
    yaml::to_string(&Value::from(text)).trim_end().to_owned()
}

/// Go's `%q`, which for what labels may hold is JSON.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::fixtures::{read, text};

    const CR: &str = "apiVersion: operator.kyma-project.io/v1alpha1\nkind: Sample\nmetadata:\n  name: sample-yaml\nspec:\n  initKey: initValue\n  resourceFilePath: \"./module-data/yaml\"\n";

    #[test]
    fn the_forms_of_2023_equal_the_golden_ones() {
        let descriptor_yaml = text("golden-cli-2.15/component-descriptor.yaml");
        let template = Template2023 {
            component: "kyma-project.io/template-operator",
            channel: "regular",
            descriptor_yaml: &descriptor_yaml,
            default_cr: Some(CR),
        };
        assert_eq!(template.render(None), text("golden-cli-2.15/template.yaml"));
        let control_plane = template.render(Some(Target::ControlPlane));
        assert_eq!(control_plane, text("golden-cli-2.14/template.yaml"));
        let remote = template.render(Some(Target::Remote));
        assert_eq!(
            remote.replace("target: remote", "target: control-plane"),
            control_plane
        );
    }

    #[test]
    fn marks_of_documents_do_not_get_inside() {
        let descriptor_yaml = text("golden-cli-2.15/component-descriptor.yaml");
        let render = |default_cr: Option<&str>| {
            let template = Template2023 {
                component: "kyma-project.io/template-operator",
                channel: "regular",
                descriptor_yaml: &descriptor_yaml,
                default_cr,
            };
            template.render(None)
        };
        let golden = render(Some(CR));
        for cr in [
            format!("---\n{CR}"),
            format!("# licence\n--- \n{CR}"),
            format!("{CR}---\n"),
            format!("---\n{CR}...\n"),
        ] {
            assert_eq!(render(Some(&cr)), golden, "{cr}");
        }
        let without = yaml::document(&render(None)).unwrap();
        assert_eq!(without.pointer("/spec/data"), Some(&Value::Null));
        assert!(without.pointer("/spec/descriptor/component").is_some());
    }

    #[test]
    fn todays_form_as_modulectl_writes_it() {
        let cr = "kind: BtpOperator # ours\napiVersion: operator.kyma-project.io/v1alpha1\nmetadata:\n  namespace: kyma-system\n  name: btpoperator\n";
        let gvk = |group: &str, kind: &str| Gvk {
            group: group.into(),
            version: "v1".into(),
            kind: kind.into(),
        };
        let template = TemplateToday {
            component: "kyma-project.io/module/btp-operator",
            version: "1.3.20",
            repository: "https://github.com/kyma-project/btp-manager.git",
            documentation: "https://help.sap.com/docs/btp/x",
            icons: BTreeMap::from([("module-icon".into(), "https://raw.githubusercontent.com/kyma-project/kyma/refs/heads/main/docs/assets/logo_icon.svg".into())]),
            associated_resources: vec![gvk("services.cloud.sap.com", "ServiceInstance"), gvk("services.cloud.sap.com", "ServiceBinding")],
            manager: Some(Manager {
                name: "btp-manager-controller-manager".into(),
                namespace: Some("kyma-system".into()),
                gvk: gvk("apps", "Deployment"),
            }),
            resources: BTreeMap::from([("rawManifest".into(), "https://github.com/kyma-project/btp-manager/releases/download/1.3.20/btp-manager.yaml".into())]),
            ..TemplateToday::default()
        };
        let cr = RawManifest::parse("cr", cr.as_bytes()).unwrap();
        assert_eq!(
            template.render(Some(&cr)).into_bytes(),
            read("modulectl-3.2/template.yaml")
        );
    }

    #[test]
    fn texts_stay_texts() {
        let template = TemplateToday {
            component: "a.io/x",
            version: "1.0.0",
            labels: BTreeMap::from([("k".into(), "say \"hi\"\n".into())]),
            icons: BTreeMap::from([("yes".into(), "https://x/#y: z".into())]),
            ..TemplateToday::default()
        };
        let read = yaml::document(&template.render(None)).unwrap();
        assert_eq!(read["metadata"]["labels"]["k"], "say \"hi\"\n");
        assert_eq!(read["metadata"]["namespace"], "");
        assert_eq!(read["spec"]["info"]["icons"][0]["name"], "yes");
        assert_eq!(read["spec"]["info"]["icons"][0]["link"], "https://x/#y: z");
        assert!(read["spec"].get("data").is_none() && read["spec"].get("manager").is_none());
    }
}
