//! The Kubernetes objects of a file. Lists are taken apart by the rules of kubectl and Lifecycle Manager, which both read
//! manifests with `k8s.io/cli-runtime` (`pkg/resource`, `Builder.Flatten`;
//! `kyma-project/lifecycle-manager:internal/common.go`, `ParseManifestToObjects`).

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt;

use serde_json::Value;

use crate::yaml::PathStep;

/// The key by which `k8s.io/apimachinery` (`unstructured.IsList`) knows a list: it holds an array, whatever the kind is.
const ITEMS: &str = "items";

/// An object, and where it is.
#[derive(Clone)]
pub(super) struct ManifestObject<'a> {
    pub(super) value: &'a Value,
    /// Empty if it has none. An item with neither API version nor kind has those of its list: the items of a
    /// `ConfigMapList` are of the kind `ConfigMap`.
    pub(super) api_version: &'a str,
    /// As `api_version`.
    pub(super) kind: Cow<'a, str>,
    pub(super) place: ObjectPlace,
}

/// A document of the file, and the path in it to an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ObjectPlace {
    /// Counted from 0.
    pub(super) document: usize,
    /// Empty where the object is the document.
    pub(super) path: Vec<PathStep>,
}

impl ObjectPlace {
    /// The place of a whole document.
    pub(super) fn document(document: usize) -> Self {
        Self {
            document,
            path: Vec::new(),
        }
    }

    /// A place in the object.
    pub(super) fn below(&self, path: &[PathStep]) -> Self {
        Self {
            document: self.document,
            path: [self.path.as_slice(), path].concat(),
        }
    }
}

/// In words: `document 1`, or `item 2 of the list in document 1`. Counted from 1.
impl fmt::Display for ObjectPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let items = self.path.iter().rev().filter_map(|step| match step {
            PathStep::Index(nth) => Some(nth + 1),
            PathStep::Key(_) => None,
        });
        for (nth, item) in items.enumerate() {
            let of = if nth == 0 { "" } else { "of " };
            write!(f, "{of}item {item} ")?;
        }
        let of = if self.path.is_empty() {
            ""
        } else {
            "of the list in "
        };
        write!(f, "{of}document {}", self.document + 1)
    }
}

/// A document's objects, and the lists that held them, each in the order in which Lifecycle Manager reads them: those of
/// nested lists after all others.
#[derive(Default)]
pub(super) struct Objects<'a> {
    pub(super) objects: Vec<ManifestObject<'a>>,
    pub(super) lists: Vec<ManifestObject<'a>>,
}

impl<'a> Objects<'a> {
    /// Takes a document apart. The reader of YAML limits how deep lists are nested.
    pub(super) fn of(document: usize, value: &'a Value) -> Self {
        let mut found = Self::default();
        if value.is_null() {
            return found;
        }
        let root = ManifestObject {
            value,
            api_version: text(value, "apiVersion"),
            kind: text(value, "kind").into(),
            place: ObjectPlace::document(document),
        };
        let mut next = VecDeque::from([root]);
        while let Some(object) = next.pop_front() {
            match object.items() {
                Some(items) => {
                    next.extend(items);
                    found.lists.push(object);
                }
                None => found.objects.push(object),
            }
        }
        found
    }
}

impl<'a> ManifestObject<'a> {
    /// The items, if it is a list.
    fn items(&self) -> Option<Vec<Self>> {
        let items = match self.value.get(ITEMS)? {
            Value::Array(items) => items.as_slice(),
            Value::Null => &[],
            _ => return None,
        };
        let item = |(nth, value)| self.item(nth, value);
        Some(items.iter().enumerate().map(item).collect())
    }

    fn item(&self, nth: usize, value: &'a Value) -> Self {
        let (mut api_version, mut kind) =
            (text(value, "apiVersion"), Cow::from(text(value, "kind")));
        if api_version.is_empty() && kind.is_empty() {
            api_version = self.api_version;
            kind = self
                .kind
                .strip_suffix("List")
                .unwrap_or(&self.kind)
                .to_owned()
                .into();
        }
        let path = [PathStep::Key(ITEMS.to_owned()), PathStep::Index(nth)];
        Self {
            value,
            api_version,
            kind,
            place: self.place.below(&path),
        }
    }

    /// The API group; empty for the core group.
    pub(super) fn group(&self) -> &'a str {
        self.api_version
            .split_once('/')
            .map_or("", |(group, _)| group)
    }

    /// A text in its metadata; empty if there is none.
    pub(super) fn metadata(&self, key: &str) -> &'a str {
        self.value
            .get("metadata")
            .map_or("", |metadata| text(metadata, key))
    }
}

/// The text of a key; empty if it has none.
pub(super) fn text<'v>(object: &'v Value, key: &str) -> &'v str {
    object.get(key).and_then(Value::as_str).unwrap_or_default()
}
