//! The rendered manifest and the default custom resource: Kubernetes objects, and what consumers ask of them.

mod check;
mod crd;
mod images;

use serde_json::Value;

pub use crd::CustomResourceDefinition;

use crate::yaml::{self, PathStep, YamlDocument};
use crate::{Diagnostic, FormatCode, Position};

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
                "render it again, for example with `kustomize build`",
            )
            .at(file, position)
        };
        let text = std::str::from_utf8(bytes)
            .map_err(|_| unreadable("the manifest is not UTF-8".into(), None))?;
        let documents = yaml::read(text).map_err(|error| {
            let seen = format!("the manifest is not YAML: {error}");
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
        let documents = self.documents.iter();
        documents
            .filter_map(|document| CustomResourceDefinition::read(&document.value))
            .collect()
    }

    /// The file, unchanged.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The object of a file that holds one, for a template to repeat.
    pub(crate) fn only_object(&self) -> Option<&Value> {
        self.objects().next().map(|(_, object)| object)
    }

    /// The documents that are not empty, each with its place among all.
    fn objects(&self) -> impl Iterator<Item = (usize, &Value)> {
        let documents = self.documents.iter().map(|document| &document.value);
        documents.enumerate().filter(|(_, value)| !value.is_null())
    }

    /// The diagnostic with the position of a path in a document; a file without documents begins where it is empty.
    fn located(&self, document: usize, path: &[PathStep], diagnostic: Diagnostic) -> Diagnostic {
        let position = self
            .documents
            .get(document)
            .map_or(Position { line: 1, column: 1 }, |document| {
                document.position(path)
            });
        diagnostic.at(&self.file, Some(position))
    }
}

/// Whether a file is YAML with a `CustomResourceDefinition` among its documents.
pub fn is_raw_manifest(bytes: &[u8]) -> bool {
    let documents = std::str::from_utf8(bytes)
        .ok()
        .and_then(|text| yaml::documents(text).ok());
    documents.is_some_and(|documents| documents.iter().any(crd::is_crd))
}

#[cfg(test)]
mod tests;
