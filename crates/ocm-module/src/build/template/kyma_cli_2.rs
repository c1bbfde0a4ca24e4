//! The texts of `kyma alpha create module`.

use std::fmt::Write as _;

use super::{CLUSTER_SCOPED, MODULE_NAME, Target, entries, indented};
use crate::config::ModuleConfig;
use crate::values::short_name;

const HEAD: &str = "apiVersion: operator.kyma-project.io/";
const MODULE_VERSION: &str = "operator.kyma-project.io/module-version";

/// The template of the Kyma CLI 2 without a configuration file.
#[derive(Clone, Copy, Debug)]
pub(in crate::build) struct KymaCli2Template<'a> {
    pub(in crate::build) component: &'a str,
    pub(in crate::build) channel: &'a str,
    /// As in the descriptor's layer.
    pub(in crate::build) descriptor_yaml: &'a str,
    /// Copied unchanged, comments included.
    pub(in crate::build) default_cr: Option<&'a str>,
    pub(in crate::build) namespace: &'a str,
}

impl KymaCli2Template<'_> {
    /// `None` as the target for `v1beta2`, which has none.
    pub(in crate::build) fn render(&self, target: Option<Target>) -> String {
        let short = short_name(self.component);
        let api = if target.is_some() {
            "v1beta1"
        } else {
            "v1beta2"
        };
        let mut text = format!(
            "{HEAD}{api}\nkind: ModuleTemplate\nmetadata:\n  name: moduletemplate-{short}\n  namespace: {}\n  labels:\n",
            self.namespace
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
        let data = data(self.default_cr);
        let _ = write!(
            text,
            "  channel: {}\n{data}  descriptor:\n{}\n",
            self.channel,
            indented(self.descriptor_yaml)
        );
        text
    }
}

/// The template of the Kyma CLI 2 with a `module-config.yaml`.
#[derive(Clone, Copy, Debug)]
pub(in crate::build) struct KymaCli2ConfigTemplate<'a> {
    pub(in crate::build) config: &'a ModuleConfig,
    /// As the descriptor has it.
    pub(in crate::build) version: &'a str,
    pub(in crate::build) channel: &'a str,
    pub(in crate::build) descriptor_yaml: &'a str,
    pub(in crate::build) default_cr: Option<&'a str>,
    pub(in crate::build) cluster_scoped: bool,
    pub(in crate::build) namespace: &'a str,
}

impl KymaCli2ConfigTemplate<'_> {
    pub(in crate::build) fn render(&self) -> String {
        let config = self.config;
        let mut text = self.metadata();
        let _ = write!(text, " \nspec:\n  channel: {}", self.channel);
        if !config.custom_state_checks.is_empty() {
            text += "\n  customStateCheck:";
        }
        for check in &config.custom_state_checks {
            let single = |text: &str| text.replace('\'', "''");
            let (path, value) = (single(&check.json_path), single(&check.value));
            let state = &check.mapped_state;
            let _ = write!(
                text,
                "\n    - jsonPath: '{path}'\n      value: '{value}'\n      mappedState: '{state}'"
            );
        }
        let _ = write!(
            text,
            " \n{}  descriptor:\n{}\n",
            data(self.default_cr),
            indented(self.descriptor_yaml)
        );
        if config.mandatory {
            text += "  mandatory: true\n";
        }
        text
    }

    /// Everything before the spec.
    fn metadata(&self) -> String {
        let config = self.config;
        let short = short_name(&config.name);
        let name = config
            .resource_name
            .clone()
            .unwrap_or_else(|| format!("{short}-{}", self.channel));
        let mut labels = config.labels.clone();
        labels.insert(MODULE_NAME.into(), short.into());
        for (flag, label) in [(config.internal, "internal"), (config.beta, "beta")] {
            if flag {
                labels.insert(format!("operator.kyma-project.io/{label}"), "true".into());
            }
        }
        let mut annotations = config.annotations.clone();
        annotations.insert(CLUSTER_SCOPED.into(), self.cluster_scoped.to_string());
        annotations.insert(MODULE_VERSION.into(), self.version.into());
        let mut text = format!(
            "{HEAD}v1beta2\nkind: ModuleTemplate\nmetadata:\n  name: {name}\n  namespace: {}\n",
            self.namespace
        );
        entries(&mut text, "labels", &labels);
        entries(&mut text, "annotations", &annotations);
        // The Go template writes a space where a list could follow.
        text.truncate(text.trim_end().len());
        text
    }
}

/// The default custom resource. Without one the key is left out too, which the tools wrote without a value: Kubernetes takes null
/// for no object, and refuses the template.
fn data(default_cr: Option<&str>) -> String {
    default_cr
        .map(|cr| format!("  data:\n{}\n", indented(one_document(cr))))
        .unwrap_or_default()
}

/// The object of the file, without the `---` around its document, which would end the template.
fn one_document(text: &str) -> &str {
    let text = text.trim_start_matches('\u{feff}');
    let has_content =
        |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with(['#', '%']);
    let (mut start, mut end, mut begun) = (0, 0, false);
    for line in text.split_inclusive('\n') {
        match after_document_mark(line) {
            Some(_) if begun => return text.get(start..end).unwrap_or_default(),
            Some(rest) => {
                begun = has_content(rest);
                start = end + line.len() - if begun { rest.len() } else { 0 };
            }
            None => begun |= has_content(line),
        }
        end += line.len();
    }
    text.get(start..).unwrap_or_default()
}

/// The rest of a line that begins (`---`) or ends (`...`) a document.
fn after_document_mark(line: &str) -> Option<&str> {
    let rest = line
        .strip_prefix("---")
        .or_else(|| line.strip_prefix("..."))?;
    (rest.is_empty() || rest.starts_with(char::is_whitespace)).then(|| rest.trim_start())
}
