//! `template.yaml`: the ModuleTemplate that registers the module with Lifecycle Manager.
//!
//! The texts equal those of the tools, spaces included, because people compare the outputs
//! (`kyma-project/cli:pkg/module/template.go`, `kyma-project/modulectl:internal/service/templategenerator`).

mod kyma_cli_2;
mod modulectl_3;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

pub(super) use kyma_cli_2::{KymaCli2ConfigTemplate, KymaCli2Template};
pub(super) use modulectl_3::{Modulectl3Template, modulectl_3_name};

use crate::yaml;

/// Which tool's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TemplateForm {
    /// Kyma CLI 2.14: `v1beta1`, which has a target.
    V1Beta1,
    /// Kyma CLI 2.15: `v1beta2` with channel and descriptor.
    V1Beta2,
    /// Kyma CLI 2.20 with a `module-config.yaml`, whose labels, annotations and state checks it repeats.
    KymaCli2Config,
    /// modulectl 3.2: `v1beta2` with module name and version; the descriptor is read from the registry.
    #[default]
    Modulectl3,
}

/// Where `v1beta1` installs the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// In the control plane.
    ControlPlane,
    /// In the managed cluster.
    Remote,
}

const MODULE_NAME: &str = "operator.kyma-project.io/module-name";
const CLUSTER_SCOPED: &str = "operator.kyma-project.io/is-cluster-scoped";

/// Four spaces before every line, and no line break after the last.
fn indented(text: &str) -> String {
    let lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
    lines
        .map(|line| format!("    {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// A text as a scalar that is read as a text.
fn scalar(text: &str) -> String {
    yaml::to_string(&Value::from(text)).trim_end().to_owned()
}

/// Go's `%q`, which for what labels may hold is JSON.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Labels or annotations as the tools write them, all in quotes.
fn entries(text: &mut String, key: &str, entries: &BTreeMap<String, String>) {
    if !entries.is_empty() {
        let _ = writeln!(text, "  {key}:");
    }
    for (name, value) in entries {
        let _ = writeln!(text, "    {}: {}", quoted(name), quoted(value));
    }
}

#[cfg(test)]
mod tests;
