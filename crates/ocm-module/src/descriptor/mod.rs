//! The OCM component descriptor: what a module is made of
//! ([ocm-spec, component descriptor](https://github.com/open-component-model/ocm-spec/blob/main/doc/01-model/02-elements-toplevel.md)).
//!
//! Unknown keys are kept: a descriptor that is read and written again is the same.

mod access;
mod read;
mod schema;
mod v3;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use access::{AccessKind, AccessSpec};
pub use read::{FILE_NAME, MAX_DESCRIPTOR, MAX_DESCRIPTOR_LAYER};

/// Which layout a descriptor is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum SchemaVersion {
    /// `meta` and `component` as two top-level keys: the layout of all published modules.
    #[serde(rename = "v2")]
    V2,
    /// The layout of a Kubernetes object.
    #[serde(rename = "ocm.software/v3alpha1")]
    V3Alpha1,
}

/// A component descriptor, converted to schema v2 from any supported schema.
#[derive(Clone, Debug, PartialEq)]
pub struct Descriptor {
    /// The layout that it was read from, and is written in.
    pub schema: SchemaVersion,
    /// The component.
    pub component: Component,
    /// `signatures`, `nestedDigests` and other top-level keys next to `component`.
    pub(crate) more: Map<String, Value>,
}

/// A component: name and version, and what it is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Component {
    /// Such as `kyma.project.io/module/btp-operator`.
    pub name: String,
    /// A semantic version, which may have a `v` in front and lack minor and patch.
    pub version: String,
    /// Who made it.
    pub provider: Provider,
    /// Properties for consumers of the descriptor, such as scanners.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "list"
    )]
    pub labels: Vec<Label>,
    /// When it was made, in the form of RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creation_time: Option<String>,
    /// Where it lives now (the last), and where it lived before.
    #[serde(deserialize_with = "list")]
    pub repository_contexts: Vec<RepositoryContext>,
    /// What it was built from.
    #[serde(deserialize_with = "list")]
    pub sources: Vec<ComponentSource>,
    /// Other components that it consists of. Modules have none.
    #[serde(deserialize_with = "list")]
    pub component_references: Vec<Value>,
    /// What it consists of.
    #[serde(deserialize_with = "list")]
    pub resources: Vec<Resource>,
    #[serde(flatten)]
    pub(crate) more: Map<String, Value>,
}

/// A property of a component, source or resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Label {
    /// Such as `security.kyma-project.io/scan`.
    pub name: String,
    /// Any JSON value; mostly a text.
    pub value: Value,
    /// The version of the label's form, such as `v1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    #[serde(flatten)]
    pub(crate) more: Map<String, Value>,
}

impl Label {
    /// A label of version `v1`.
    pub fn new(name: impl Into<String>, value: impl Into<Value>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
            version: Some("v1".into()),
            more: Map::new(),
        }
    }
}

/// Where a component version lives or once lived.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RepositoryContext {
    /// Such as `OCIRegistry`; `ociRegistry` in 2023.
    #[serde(rename = "type")]
    pub kind: String,
    /// The registry, with the path in it before OCM 0.12.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// The path in the registry, since OCM 0.12.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_path: Option<String>,
    /// How names become repositories; `urlPath` means that they are paths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component_name_mapping: Option<String>,
    #[serde(flatten)]
    pub(crate) more: Map<String, Value>,
}

impl RepositoryContext {
    /// Host and path as one, without scheme: `baseUrl` held both until `subPath` came (OCM 0.12).
    pub fn base(&self) -> Option<String> {
        let url = self.base_url.as_deref()?;
        let base = url
            .split_once("://")
            .map_or(url, |(_, rest)| rest)
            .trim_end_matches('/');
        let path = self
            .sub_path
            .as_deref()
            .unwrap_or_default()
            .trim_matches('/');
        Some(if path.is_empty() {
            base.to_owned()
        } else {
            format!("{base}/{path}")
        })
    }
}

/// What the component was built from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComponentSource {
    /// Such as `module-sources`.
    pub name: String,
    /// The version of the component.
    pub version: String,
    /// Such as `Github`; `git` in 2023.
    #[serde(rename = "type")]
    pub kind: String,
    /// Properties, such as those for scanners in 2023.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "list"
    )]
    pub labels: Vec<Label>,
    /// Where it is.
    pub access: AccessSpec,
    #[serde(flatten)]
    pub(crate) more: Map<String, Value>,
}

/// One part of the component: a layer of the same image, or an image in a registry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    /// Such as `raw-manifest`.
    pub name: String,
    /// The version of the component, for local resources.
    pub version: String,
    /// Such as `directoryTree` or `ociArtifact`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it was made together with the component.
    pub relation: Relation,
    /// Properties, such as those for scanners.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "list"
    )]
    pub labels: Vec<Label>,
    /// Where it is.
    pub access: AccessSpec,
    /// `extraIdentity`, `digest`, `srcRefs`.
    #[serde(flatten)]
    pub(crate) more: Map<String, Value>,
}

/// Whether a resource was made together with its component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Relation {
    /// Made together: it has the component's version.
    Local,
    /// Made elsewhere, such as an image.
    External,
}

/// Who made the component: a name, or an object with name and labels as JSON inside a text; in schema v3alpha1 the object itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub struct Provider {
    /// The name, wherever it is written.
    pub name: String,
    written: Value,
}

impl Provider {
    /// A provider by name, or by a text that holds JSON.
    pub(crate) fn named(text: &str) -> Self {
        Self::try_from(Value::from(text)).unwrap_or_else(|_| Self {
            name: text.to_owned(),
            written: Value::from(text),
        })
    }
}

impl TryFrom<Value> for Provider {
    type Error = &'static str;

    fn try_from(written: Value) -> Result<Self, Self::Error> {
        let object = |value: &Value| value.get("name").and_then(Value::as_str).map(str::to_owned);
        let name = match &written {
            // A text that is no such JSON is the name itself.
            Value::String(text) => {
                let json = serde_json::from_str(text).ok();
                json.as_ref()
                    .and_then(object)
                    .or_else(|| Some(text.clone()))
            }
            other => object(other),
        };
        let name = name.ok_or("a provider without a name")?;
        Ok(Self { name, written })
    }
}

impl From<Provider> for Value {
    fn from(provider: Provider) -> Self {
        provider.written
    }
}

impl Descriptor {
    /// The descriptor as a document of its own schema.
    pub fn to_value(&self) -> Value {
        let component = serde_json::to_value(&self.component).unwrap_or_default();
        let mut document = self.more.clone();
        match self.schema {
            SchemaVersion::V2 => {
                document.insert("meta".into(), serde_json::json!({"schemaVersion": "v2"}));
                document.insert("component".into(), component);
                Value::Object(document)
            }
            SchemaVersion::V3Alpha1 => v3::from_v2(component, document),
        }
    }
}

/// `null` where Go writes an empty list.
fn list<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Vec<T>, D::Error> {
    Option::deserialize(from).map(Option::unwrap_or_default)
}
