//! The OCM component descriptor: what a module is made of
//! ([ocm-spec, component descriptor](https://github.com/open-component-model/ocm-spec/blob/main/doc/01-model/02-elements-toplevel.md)).
//!
//! Everything that is not looked at is carried along, so that a descriptor read and written again has lost nothing.

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
    #[serde(rename = "v2")]
    V2,
    #[serde(rename = "ocm.software/v3alpha1")]
    V3Alpha1,
}

/// A component descriptor, in the terms of schema v2 whatever it was written in.
#[derive(Clone, Debug, PartialEq)]
pub struct Descriptor {
    pub schema: SchemaVersion,
    pub component: Component,
    /// `signatures`, `nestedDigests` and what else stands beside the component.
    pub(crate) more: Map<String, Value>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Component {
    pub name: String,
    pub version: String,
    pub provider: Provider,
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "list"
    )]
    pub labels: Vec<Label>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creation_time: Option<String>,
    #[serde(deserialize_with = "list")]
    pub repository_contexts: Vec<RepositoryContext>,
    #[serde(deserialize_with = "list")]
    pub sources: Vec<ComponentSource>,
    #[serde(deserialize_with = "list")]
    pub component_references: Vec<Value>,
    #[serde(deserialize_with = "list")]
    pub resources: Vec<Resource>,
    #[serde(flatten)]
    pub(crate) more: Map<String, Value>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Label {
    pub name: String,
    pub value: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    #[serde(flatten)]
    pub(crate) more: Map<String, Value>,
}

impl Label {
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
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_path: Option<String>,
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
    pub name: String,
    pub version: String,
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "list"
    )]
    pub labels: Vec<Label>,
    pub access: AccessSpec,
    #[serde(flatten)]
    pub(crate) more: Map<String, Value>,
}

/// One thing the component consists of: a layer beside the descriptor, or an image elsewhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    pub name: String,
    pub version: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub relation: Relation,
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "list"
    )]
    pub labels: Vec<Label>,
    pub access: AccessSpec,
    /// `extraIdentity`, `digest`, `srcRefs`.
    #[serde(flatten)]
    pub(crate) more: Map<String, Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Relation {
    Local,
    External,
}

/// Who made the component: a name, or an object with name and labels, or that object as JSON inside a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub struct Provider {
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
            Value::String(text) if text.trim_start().starts_with('{') => {
                serde_json::from_str(text).ok().as_ref().and_then(object)
            }
            Value::String(name) => Some(name.clone()),
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
