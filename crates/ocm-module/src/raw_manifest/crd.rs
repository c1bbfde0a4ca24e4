//! Custom resource definitions: the fields that modules and their consumers use.

use serde_json::Value;

use super::objects::ManifestObject;

/// A `CustomResourceDefinition` of the manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomResourceDefinition {
    /// The API group, such as `operator.kyma-project.io`.
    pub group: String,
    /// The kind of the objects that it defines, such as `BtpOperator`.
    pub kind: String,
    /// The names of the versions, in their order.
    pub versions: Vec<String>,
    /// Whether its objects belong to no namespace.
    pub cluster_scoped: bool,
}

impl CustomResourceDefinition {
    pub(super) fn read(object: &ManifestObject<'_>) -> Option<Self> {
        if !is_crd(object) {
            return None;
        }
        let document = object.value;
        let text = |pointer: &str| {
            let value = document.pointer(pointer).and_then(Value::as_str);
            value.unwrap_or_default().to_owned()
        };
        let versions = document
            .pointer("/spec/versions")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        let names = versions.filter_map(|version| version.get("name").and_then(Value::as_str));
        Some(Self {
            group: text("/spec/group"),
            kind: text("/spec/names/kind"),
            versions: names.map(str::to_owned).collect(),
            cluster_scoped: text("/spec/scope") == "Cluster",
        })
    }
}

pub(super) fn is_crd(object: &ManifestObject<'_>) -> bool {
    object.kind == "CustomResourceDefinition"
}
