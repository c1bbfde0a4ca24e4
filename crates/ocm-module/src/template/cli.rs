//! The texts of `kyma alpha create module`.

use std::fmt::Write as _;

use super::{CLUSTER_SCOPED, MODULE_NAME, Target, entries, indented, short_name};
use crate::config::ModuleConfig;

const HEAD: &str = "apiVersion: operator.kyma-project.io/";
const MODULE_VERSION: &str = "operator.kyma-project.io/module-version";

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
            "{HEAD}{api}\nkind: ModuleTemplate\nmetadata:\n  name: moduletemplate-{short}\n  namespace: kcp-system\n  labels:\n"
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
            "  channel: {}\n  data:\n{data}  descriptor:\n{}\n",
            self.channel,
            indented(self.descriptor_yaml)
        );
        text
    }
}

/// What the form of a `module-config.yaml` tells.
#[derive(Clone, Copy, Debug)]
pub struct TemplateOfConfig<'a> {
    pub config: &'a ModuleConfig,
    /// As the descriptor has it.
    pub version: &'a str,
    pub channel: &'a str,
    pub descriptor_yaml: &'a str,
    pub default_cr: Option<&'a str>,
    pub cluster_scoped: bool,
}

impl TemplateOfConfig<'_> {
    pub fn render(&self) -> String {
        let config = self.config;
        let short = short_name(&config.name);
        let name = config
            .resource_name
            .clone()
            .unwrap_or_else(|| format!("{short}-{}", self.channel));
        let namespace = config.namespace.as_deref().unwrap_or("kcp-system");
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
            "{HEAD}v1beta2\nkind: ModuleTemplate\nmetadata:\n  name: {name}\n  namespace: {namespace}\n"
        );
        entries(&mut text, "labels", &labels);
        entries(&mut text, "annotations", &annotations);
        // Go's template leaves a space where a list could have followed.
        text.truncate(text.trim_end().len());
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
            " \n  data:\n{}  descriptor:\n{}\n",
            data(self.default_cr),
            indented(self.descriptor_yaml)
        );
        if config.mandatory {
            text += "  mandatory: true\n";
        }
        text
    }
}

fn data(default_cr: Option<&str>) -> String {
    default_cr
        .map(|cr| indented(one_document(cr)) + "\n")
        .unwrap_or_default()
}

/// The object of the file, without the marks around its document, which would cut the template in two.
fn one_document(text: &str) -> &str {
    let text = text.trim_start_matches('\u{feff}');
    let says = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with(['#', '%']);
    let (mut start, mut end, mut begun) = (0, 0, false);
    for line in text.split_inclusive('\n') {
        match behind_mark(line) {
            Some(_) if begun => return text.get(start..end).unwrap_or_default(),
            Some(rest) => {
                begun = says(rest);
                start = end + line.len() - if begun { rest.len() } else { 0 };
            }
            None => begun |= says(line),
        }
        end += line.len();
    }
    text.get(start..).unwrap_or_default()
}

/// What follows in a line that begins or ends a document.
fn behind_mark(line: &str) -> Option<&str> {
    let rest = line
        .strip_prefix("---")
        .or_else(|| line.strip_prefix("..."))?;
    (rest.is_empty() || rest.starts_with(char::is_whitespace)).then(|| rest.trim_start())
}
