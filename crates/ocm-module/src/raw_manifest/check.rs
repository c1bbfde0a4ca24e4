//! What consumers ask of a rendered manifest and of the default custom resource.

use serde_json::Value;

use super::images::UsedImage;
use super::{CustomResourceDefinition, RawManifest};
use crate::oci::ImageName;
use crate::values::ImageRef;
use crate::yaml::PathStep;
use crate::{Diagnostic, FormatCode};

impl RawManifest {
    /// Every rule that the manifest breaks: all documents are Kubernetes objects, there is a `CustomResourceDefinition`, images
    /// are pinned. `manager` is the binary image that this release built and tested; if given, the manifest has to run it.
    pub fn check(&self, manager: Option<&ImageRef>) -> Vec<Diagnostic> {
        let mut found = self.check_objects();
        if self.crds().is_empty() {
            let seen =
                "the manifest has no CustomResourceDefinition, by which its consumers recognise it";
            let missing = Diagnostic::error(
                FormatCode::ManifestWithoutCrd,
                seen,
                "render it with the module's CRDs",
            );
            found.push(self.located(0, &[], missing));
        }
        let used = self.used_images();
        for place in &used {
            let diagnostic = match &place.image {
                Some(image) => image.moving(),
                None => Some(Diagnostic::error(
                    FormatCode::ImageInvalid,
                    format!("{:?} is no image", place.text),
                    "write registry, path and tag or digest",
                )),
            };
            let located = |found| self.located(place.document, &place.path, found);
            found.extend(diagnostic.map(located));
        }
        found.extend(manager.and_then(|manager| self.check_manager(manager, &used)));
        found
    }

    fn check_objects(&self) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for (nth, object) in self.objects() {
            for key in ["apiVersion", "kind"] {
                if text(object, key).is_empty() {
                    let seen = format!(
                        "document {} has no {key}, so it is no Kubernetes object",
                        nth + 1
                    );
                    let incomplete = Diagnostic::error(
                        FormatCode::ManifestNoObject,
                        seen,
                        "take it out, or complete it",
                    );
                    found.push(self.located(nth, &[], incomplete));
                }
            }
        }
        found
    }

    /// The manager's image must occur, and always exactly as the one of the release.
    fn check_manager(&self, manager: &ImageRef, used: &[UsedImage]) -> Option<Diagnostic> {
        const HELP: &str = "render the manifest with the release's image, for example with `kustomize edit set image`";
        let repository = manager.repository().to_string();
        let is_wanted = |image: &ImageName| match manager.digest() {
            Some(digest) => image.digest() == Some(digest),
            None => image.tag() == manager.tag() && image.digest().is_none(),
        };
        let mut of_manager = used.iter().filter_map(|place| {
            let image = place.image.as_ref()?;
            (image.repository() == repository).then_some((place, image))
        });
        let is_run = of_manager.clone().next().is_some();
        if let Some((place, _)) = of_manager.find(|(_, image)| !is_wanted(image)) {
            let differs = Diagnostic::error(
                FormatCode::ManagerImageDiffers,
                format!("the manager's image is {}", place.text),
                HELP,
            )
            .wanted(format!("the release's, {manager}"));
            return Some(self.located(place.document, &place.path, differs));
        }
        if is_run {
            return None;
        }
        let mut others: Vec<_> = used.iter().map(|place| place.text.as_str()).collect();
        others.dedup();
        let seen = match others.as_slice() {
            [] => "the manifest runs no image".to_owned(),
            others => format!("the manifest runs {}", others.join(", ")),
        };
        let missing = Diagnostic::error(FormatCode::ManagerImageMissing, seen, HELP)
            .wanted(format!("the release's image, {manager}"));
        Some(self.located(0, &[], missing))
    }

    /// Every rule that a default custom resource breaks: it is the only object of its file, one of the manifest's `crds`
    /// defines it, and it has a name. Comes with the definition.
    pub fn check_default_cr(
        &self,
        crds: &[CustomResourceDefinition],
    ) -> (Option<CustomResourceDefinition>, Vec<Diagnostic>) {
        let objects: Vec<_> = self.objects().collect();
        let [(nth, object)] = objects.as_slice() else {
            let several = Diagnostic::error(
                FormatCode::DefaultCrNotOne,
                format!(
                    "the default custom resource's file holds {} objects",
                    objects.len()
                ),
                "keep one object in the file",
            )
            .wanted("one");
            return (None, vec![self.located(0, &[], several)]);
        };
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
            self.located(*nth, &[PathStep::Key(key.to_owned())], diagnostic)
        });
        (crd.cloned(), found.collect())
    }
}

fn undefined(object: &Value, crds: &[CustomResourceDefinition]) -> Diagnostic {
    let known = crds
        .iter()
        .map(|crd| format!("{} in {}", crd.kind, crd.group));
    let known: Vec<_> = known.collect();
    Diagnostic::error(
        FormatCode::DefaultCrUnknown,
        format!(
            "no CRD of the manifest defines {:?} in {:?}",
            text(object, "kind"),
            text(object, "apiVersion")
        ),
        format!("it defines {}", known.join(", ")),
    )
}

fn version_not_served(version: &str, crd: &CustomResourceDefinition) -> Diagnostic {
    Diagnostic::error(
        FormatCode::DefaultCrVersion,
        format!("{} has no version {version:?}", crd.kind),
        format!("it has {}", crd.versions.join(", ")),
    )
}

fn text<'v>(object: &'v Value, key: &str) -> &'v str {
    object.get(key).and_then(Value::as_str).unwrap_or_default()
}
