//! What consumers ask of the default custom resource.

use serde_json::Value;

use super::objects::text;
use super::{CustomResourceDefinition, RawManifest};
use crate::yaml::PathStep;
use crate::{Diagnostic, FormatCode};

impl RawManifest {
    /// Every rule that a default custom resource breaks: it is the only object of its file, one of the manifest's `crds`
    /// defines it, and it has a name. Comes with the definition. A list is not taken apart: the template repeats the file's
    /// object, as modulectl's does, and Lifecycle Manager creates it as it is.
    pub fn check_default_cr(
        &self,
        crds: &[CustomResourceDefinition],
    ) -> (Option<CustomResourceDefinition>, Vec<Diagnostic>) {
        let Some(document) = &self.facts.only else {
            let objects = self.facts.lines.len();
            let several = Diagnostic::error(
                FormatCode::DefaultCrNotOne,
                format!("the default custom resource's file holds {objects} objects"),
                "keep one object in the file",
            )
            .wanted("one");
            return (None, vec![self.at(self.facts.begin, several)]);
        };
        let object = &document.value;
        if text(object, "kind") == "List" {
            let list = Diagnostic::error(
                FormatCode::DefaultCrNotOne,
                "the default custom resource is a List, which Lifecycle Manager does not create",
                "write the object itself instead of a List with it",
            );
            return (None, vec![self.at(document.position(&[]), list)]);
        }
        let (group, version) = text(object, "apiVersion")
            .split_once('/')
            .unwrap_or_default();
        let kind = text(object, "kind");
        let crd = crds
            .iter()
            .find(|crd| crd.group == group && crd.kind == kind);
        let defined = match crd {
            None => Some(("kind", undefined(object, crds))),
            Some(crd) if !crd.versions.iter().any(|known| known == version) => {
                Some(("apiVersion", version_not_served(version, crd)))
            }
            Some(_) => None,
        };
        let name = object.pointer("/metadata/name").and_then(Value::as_str);
        let named = name.unwrap_or_default().is_empty().then(|| {
            let unnamed = Diagnostic::error(
                FormatCode::DefaultCrUnnamed,
                "the default custom resource has no name",
                "write metadata: name: …",
            );
            ("metadata", unnamed)
        });
        let found = defined.into_iter().chain(named);
        let found = found.map(|(key, diagnostic)| {
            self.at(
                document.position(&[PathStep::Key(key.to_owned())]),
                diagnostic,
            )
        });
        let unread = self.check_separators().into_iter();
        (crd.cloned(), unread.chain(found).collect())
    }
}

fn undefined(object: &Value, crds: &[CustomResourceDefinition]) -> Diagnostic {
    let known = crds
        .iter()
        .map(|crd| format!("{} in {}", crd.kind, crd.group));
    let known: Vec<_> = known.collect();
    let help = if known.is_empty() {
        "add its CustomResourceDefinition to the manifest, or release without a default custom resource"
            .to_owned()
    } else {
        format!("the manifest defines {}", known.join(", "))
    };
    Diagnostic::error(
        FormatCode::DefaultCrUnknown,
        format!(
            "no CRD of the manifest defines {:?} in {:?}",
            text(object, "kind"),
            text(object, "apiVersion")
        ),
        help,
    )
}

fn version_not_served(version: &str, crd: &CustomResourceDefinition) -> Diagnostic {
    Diagnostic::error(
        FormatCode::DefaultCrVersion,
        format!("{} has no version {version:?}", crd.kind),
        format!("it has {}", crd.versions.join(", ")),
    )
}
