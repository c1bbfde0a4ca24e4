//! `module-release-meta.yaml`: the `ModuleReleaseMeta`, by which Lifecycle Manager finds a module's version.

use serde_json::{Map, Value, json};

use crate::config::{Audience, ReleaseMeta};
use crate::values::short_name;
use crate::yaml;

/// The object as YAML. `component` is the component's name, such as `kyma-project.io/module/btp-operator`. Lifecycle Manager
/// reads it in the namespace of the control plane, `kcp-system`; without a namespace, whoever applies it chooses one.
pub(super) fn release_meta(component: &str, namespace: &str, read: &ReleaseMeta) -> String {
    let module = short_name(component);
    let mut spec = Map::new();
    spec.insert("moduleName".into(), module.into());
    spec.insert("ocmComponentName".into(), component.into());
    match &read.audience {
        Audience::Channels(channels) => {
            let channels = channels
                .iter()
                .map(|channel| json!({"channel": channel.channel, "version": channel.version}));
            spec.insert("channels".into(), channels.collect());
        }
        Audience::Mandatory(version) => {
            spec.insert("mandatory".into(), json!({"version": version}));
        }
    }
    for (key, flag) in [("beta", read.beta), ("internal", read.internal)] {
        spec.extend(flag.map(|flag| (key.to_owned(), Value::Bool(flag))));
    }
    let selector = read.kyma_selector.clone();
    spec.extend(selector.map(|selector| ("kymaSelector".to_owned(), selector)));
    let mut metadata = Map::from_iter([("name".to_owned(), Value::from(module))]);
    if !namespace.is_empty() {
        metadata.insert("namespace".into(), namespace.into());
    }
    yaml::to_string(&json!({
        "apiVersion": "operator.kyma-project.io/v1beta2",
        "kind": "ModuleReleaseMeta",
        "metadata": metadata,
        "spec": spec,
    }))
}

#[cfg(test)]
mod tests;
