//! The rendered manifest and the default custom resource: Kubernetes objects, and what consumers ask of them.

mod check;
mod crd;
mod default_cr;
mod duplicates;
mod images;
mod objects;
mod pin;
mod pod_specs;
mod separators;

use serde_json::Value;

pub use check::CrdRule;
pub use crd::CustomResourceDefinition;
pub use pin::{ImagePin, PinnedManifest};

use crate::yaml::{self, PathStep, YamlDocument};
use crate::{Diagnostic, FormatCode, Position};
use objects::{ManifestObject, ObjectPlace, Objects};

/// A file of Kubernetes objects.
#[derive(Clone, Debug)]
pub struct RawManifest {
    file: String,
    text: String,
    documents: Vec<YamlDocument>,
}

impl RawManifest {
    /// Reads a file; `file` is its name, for diagnostics.
    ///
    /// # Errors
    ///
    /// [`FormatCode::ManifestUnreadable`] if it is not YAML. Whether its documents are Kubernetes objects is a question of
    /// [`RawManifest::check`].
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, Diagnostic> {
        let unreadable = |seen: String, position| {
            Diagnostic::error(
                FormatCode::ManifestUnreadable,
                seen,
                "correct it, or render it again, for example with `kustomize build`",
            )
            .at(file, position)
        };
        let text = std::str::from_utf8(bytes)
            .map_err(|_| unreadable("the file is not UTF-8".into(), None))?;
        let documents = yaml::read(text).map_err(|error| {
            let seen = format!("the file is not YAML: {error}");
            unreadable(seen, error.position)
        })?;
        Ok(Self {
            file: file.to_owned(),
            text: text.to_owned(),
            documents,
        })
    }

    /// The definitions in the file.
    pub fn crds(&self) -> Vec<CustomResourceDefinition> {
        let objects = self.objects();
        objects
            .iter()
            .filter_map(CustomResourceDefinition::read)
            .collect()
    }

    /// The file, unchanged.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The object of a file that holds one, for a template to repeat.
    pub(crate) fn only_object(&self) -> Option<&Value> {
        self.filled_documents().next().map(|(_, value)| value)
    }

    /// The documents that are not empty, each with its place among all.
    fn filled_documents(&self) -> impl Iterator<Item = (usize, &Value)> {
        let documents = self.documents.iter().map(|document| &document.value);
        documents.enumerate().filter(|(_, value)| !value.is_null())
    }

    /// The objects of each document, with its lists.
    fn documents_apart(&self) -> impl Iterator<Item = Objects<'_>> {
        self.filled_documents()
            .map(|(nth, value)| Objects::of(nth, value))
    }

    /// Every object, those in lists too.
    fn objects(&self) -> Vec<ManifestObject<'_>> {
        self.documents_apart()
            .flat_map(|document| document.objects)
            .collect()
    }

    /// The position of a place; a file without documents begins where it is empty.
    fn position(&self, place: &ObjectPlace) -> Position {
        self.documents
            .get(place.document)
            .map_or(Position { line: 1, column: 1 }, |document| {
                document.position(&place.path)
            })
    }

    /// The diagnostic with the position of a path in an object.
    fn located(
        &self,
        place: &ObjectPlace,
        path: &[PathStep],
        diagnostic: Diagnostic,
    ) -> Diagnostic {
        diagnostic.at(&self.file, Some(self.position(&place.below(path))))
    }
}

/// Whether a file is YAML with a `CustomResourceDefinition` among its objects.
pub fn is_raw_manifest(bytes: &[u8]) -> bool {
    let documents = std::str::from_utf8(bytes)
        .ok()
        .and_then(|text| yaml::documents(text).ok());
    let documents = documents.iter().flatten().enumerate();
    let mut objects = documents.flat_map(|(nth, value)| Objects::of(nth, value).objects);
    objects.any(|object| crd::is_crd(&object))
}

#[cfg(test)]
mod tests;
