//! Objects that are in a manifest twice.

use std::collections::HashMap;

use super::objects::{ManifestObject, ObjectPlace};
use super::source::Source;
use crate::{Diagnostic, FormatCode};

/// The objects of a file so far.
#[derive(Default)]
pub(super) struct KnownObjects(HashMap<Identity, FirstObject>);

/// Group, kind, namespace and name.
type Identity = [Box<str>; 4];

/// The first object of an identity.
struct FirstObject {
    api_version: Box<str>,
    place: ObjectPlace,
    line: usize,
}

impl KnownObjects {
    /// Notes an object, and says if it is a further one of the same group, kind, namespace and name as an earlier one. Lifecycle
    /// Manager compares the version as well (`kyma-project/lifecycle-manager:internal/common.go`, `getID`).
    pub(super) fn add(
        &mut self,
        source: &Source<'_>,
        object: &ManifestObject<'_>,
    ) -> Option<Diagnostic> {
        let (name, namespace) = (object.metadata("name"), object.metadata("namespace"));
        // An object without a name is none that could be applied, and the same as no other.
        if name.is_empty() {
            return None;
        }
        let identity = [object.group(), &object.kind, namespace, name].map(Box::from);
        let Some(first) = self.0.get(&identity) else {
            let first = FirstObject {
                api_version: object.api_version.into(),
                place: object.place.clone(),
                line: source.position(&object.place).line,
            };
            self.0.insert(identity, first);
            return None;
        };
        let within = match namespace {
            "" => String::new(),
            namespace => format!(" in {namespace}"),
        };
        let taken = if *first.api_version == *object.api_version {
            "Lifecycle Manager takes the first one, and kubectl leaves the last one"
        } else {
            "with another version, so that Lifecycle Manager applies both, in no fixed order"
        };
        let twice = Diagnostic::warning(
            FormatCode::ManifestObjectTwice,
            format!(
                "{} {name}{within} is there already, in {} (line {}): {taken}",
                object.kind, first.place, first.line
            ),
            "keep one of them",
        );
        Some(source.located(&object.place, twice))
    }
}
