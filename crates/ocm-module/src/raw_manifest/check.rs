//! What consumers ask of a rendered manifest.

use super::RawManifest;
use super::objects::{ManifestObject, ObjectPlace, Objects, text};
use super::source::Source;
use crate::oci::ImageName;
use crate::values::ImageRef;
use crate::{Diagnostic, FormatCode, Severity};

/// Whether a manifest has to hold a `CustomResourceDefinition`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrdRule {
    /// For consumers of modules of the Kyma CLI 2, some of which know the manifest among the layers by it
    /// (`kyma-project/btp-manager:scripts/check_if_k8s_yaml.sh`, 2023).
    Required,
    /// modulectl and Lifecycle Manager take modules without one. It is usual all the same, so that its absence is a warning.
    Usual,
}

impl RawManifest {
    /// Every rule that the manifest breaks: all of its objects are Kubernetes objects, each is there once, there is a
    /// `CustomResourceDefinition`, images are pinned. `manager` is the binary image that this release built and tested; if
    /// given, the manifest has to run it.
    pub fn check(&self, crd: CrdRule, manager: Option<&ImageRef>) -> Vec<Diagnostic> {
        let mut found = self.facts.wrong_objects.clone();
        found.extend(self.check_separators());
        found.extend_from_slice(&self.facts.duplicates);
        if self.facts.crds.is_empty() {
            found.push(self.without_crd(crd));
        }
        for image in &self.facts.images {
            let diagnostic = match &image.image {
                Some(name) => name.moving(),
                None => Some(Diagnostic::error(
                    FormatCode::ImageInvalid,
                    format!("{:?} is no image", image.text),
                    "write registry, path and tag or digest",
                )),
            };
            found.extend(diagnostic.map(|found| self.at(image.at, found)));
        }
        found.extend(manager.and_then(|manager| self.check_manager(manager)));
        found
    }

    fn without_crd(&self, rule: CrdRule) -> Diagnostic {
        let missing = Diagnostic::error(
            FormatCode::ManifestWithoutCrd,
            "the manifest has no CustomResourceDefinition, by which its consumers recognise it",
            "render it with the module's CRDs",
        );
        let missing = match rule {
            CrdRule::Required => missing,
            CrdRule::Usual => Diagnostic {
                severity: Severity::Warning,
                seen: "the manifest has no CustomResourceDefinition, so that no custom resource can configure the module".into(),
                help: "render it with the module's CRDs, if it has any".into(),
                ..missing
            },
        };
        self.at(self.facts.begin, missing)
    }

    /// The manager's image must occur, and always exactly as the one of the release.
    fn check_manager(&self, manager: &ImageRef) -> Option<Diagnostic> {
        const HELP: &str = "render the manifest with the release's image, for example with `kustomize edit set image`";
        let used = &self.facts.images;
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
            return Some(self.at(place.at, differs));
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
        Some(self.at(self.facts.begin, missing))
    }
}

impl Objects<'_> {
    /// What is wrong with the objects and lists of a document.
    pub(super) fn check(&self, source: &Source<'_>) -> Vec<Diagnostic> {
        let incomplete = self.objects.iter();
        let incomplete = incomplete.flat_map(|object| check_object(source, object));
        let lists = self
            .lists
            .iter()
            .filter_map(|list| check_list(source, list));
        lists.chain(incomplete).collect()
    }
}

fn check_object(source: &Source<'_>, object: &ManifestObject<'_>) -> Vec<Diagnostic> {
    let place = &object.place;
    let fields = [("apiVersion", object.api_version), ("kind", &*object.kind)];
    let missing = fields.into_iter().filter(|(_, value)| value.is_empty());
    let mut found: Vec<_> = missing
        .map(|(key, _)| {
            let seen = format!("{place} has no {key}, so it is no Kubernetes object");
            no_object(source, place, seen, "take it out, or complete it")
        })
        .collect();
    let is_document = place.path.is_empty();
    if object.kind == "List" || is_document && object.value.get("items").is_some() {
        let seen = format!(
            "{place} is a {} whose items are no list, which neither kubectl nor Lifecycle Manager reads",
            object.kind
        );
        let help = "write its items as a list, or take it out";
        found.push(no_object(source, place, seen, help));
    }
    found
}

fn check_list(source: &Source<'_>, list: &ManifestObject<'_>) -> Option<Diagnostic> {
    let place = &list.place;
    if text(list.value, "kind").is_empty() {
        let seen = format!("{place} is a list and has no kind, so it is no Kubernetes object");
        return Some(no_object(source, place, seen, "write kind: List"));
    }
    // `meta.ExtractList` of `k8s.io/apimachinery`: "*unstructured.Unstructured is not a list: no Items field in this object".
    let nested = Diagnostic::warning(
        FormatCode::ManifestListNested,
        format!(
            "{place} is a list inside of a list, which neither kubectl nor Lifecycle Manager reads"
        ),
        "put its items into the outer list",
    );
    (!place.path.is_empty()).then(|| source.located(place, nested))
}

fn no_object(source: &Source<'_>, place: &ObjectPlace, seen: String, help: &str) -> Diagnostic {
    let error = Diagnostic::error(FormatCode::ManifestNoObject, seen, help);
    source.located(place, error)
}
