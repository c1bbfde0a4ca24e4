//! Objects that are in a manifest twice.

use std::collections::HashMap;

use super::RawManifest;
use super::objects::ManifestObject;
use crate::{Diagnostic, FormatCode};

impl RawManifest {
    /// Every further object of the same group, kind, namespace and name as an earlier one. Lifecycle Manager compares the
    /// version as well (`kyma-project/lifecycle-manager:internal/common.go`, `getID`).
    pub(super) fn duplicates(&self, objects: &[ManifestObject<'_>]) -> Vec<Diagnostic> {
        let mut known: HashMap<_, &ManifestObject<'_>> = HashMap::new();
        let mut found = Vec::new();
        for object in objects {
            let name = object.metadata("name");
            // An object without a name is none that could be applied, and the same as no other.
            if name.is_empty() {
                continue;
            }
            let identity = (
                object.group(),
                object.kind.as_ref(),
                object.metadata("namespace"),
                name,
            );
            match known.get(&identity) {
                Some(first) => found.push(self.duplicate(first, object)),
                None => {
                    known.insert(identity, object);
                }
            }
        }
        found
    }

    fn duplicate(&self, first: &ManifestObject<'_>, object: &ManifestObject<'_>) -> Diagnostic {
        let (name, namespace) = (object.metadata("name"), object.metadata("namespace"));
        let within = match namespace {
            "" => String::new(),
            namespace => format!(" in {namespace}"),
        };
        let line = self.position(&first.place).line;
        let taken = if first.api_version == object.api_version {
            "Lifecycle Manager takes the first one, and kubectl leaves the last one"
        } else {
            "with another version, so that Lifecycle Manager applies both, in no fixed order"
        };
        let twice = Diagnostic::warning(
            FormatCode::ManifestObjectTwice,
            format!(
                "{} {name}{within} is there already, in {} (line {line}): {taken}",
                object.kind, first.place
            ),
            "keep one of them",
        );
        self.located(&object.place, &[], twice)
    }
}
