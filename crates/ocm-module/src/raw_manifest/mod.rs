//! The rendered manifest and the default custom resource: Kubernetes objects, and what consumers ask of them.
//!
//! A file is read once, document by document: `facts` takes down what the rules ask, and a document is dropped before the next
//! one is read.

mod check;
mod crd;
mod default_cr;
mod duplicates;
mod facts;
mod images;
mod objects;
mod pin;
mod pod_specs;
mod separators;
mod source;

use std::hash::RandomState;

use serde_json::Value;

pub use check::CrdRule;
pub use crd::CustomResourceDefinition;
pub use pin::{ImagePin, PinnedManifest};

use crate::yaml;
use crate::{Diagnostic, FormatCode, Position};
use facts::{Facts, FactsBuilder};
use objects::Objects;

/// A file of Kubernetes objects.
#[derive(Clone, Debug)]
pub struct RawManifest {
    file: String,
    text: String,
    facts: Facts,
}

impl RawManifest {
    /// Reads a file; `file` is its name, for diagnostics.
    ///
    /// # Errors
    ///
    /// [`FormatCode::ManifestUnreadable`] if it is not YAML. Whether its documents are Kubernetes objects is a question of
    /// [`RawManifest::check`].
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, Diagnostic> {
        let text = std::str::from_utf8(bytes);
        let text = text.map_err(|_| unreadable(file, "the file is not UTF-8".into(), None))?;
        Self::read(file, text.to_owned(), &RandomState::new())
    }

    /// Reads a text, with these keys for the fingerprints of its documents.
    fn read(file: &str, text: String, keys: &RandomState) -> Result<Self, Diagnostic> {
        let mut facts = FactsBuilder::new(file, &text, keys);
        yaml::each_document(&text, &mut |document| facts.add(document)).map_err(|error| {
            let seen = format!("the file is not YAML: {error}");
            unreadable(file, seen, error.position)
        })?;
        let facts = facts.finish();
        Ok(Self {
            file: file.to_owned(),
            text,
            facts,
        })
    }

    /// The name of the file, as diagnostics have it.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The definitions in the file.
    pub fn crds(&self) -> Vec<CustomResourceDefinition> {
        self.facts.crds.clone()
    }

    /// The file, unchanged.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The object of a file that holds one, for a template to repeat.
    pub(crate) fn only_object(&self) -> Option<&Value> {
        self.facts.only.as_ref().map(|document| &document.value)
    }

    /// The diagnostic at a position of the file.
    fn at(&self, position: Position, diagnostic: Diagnostic) -> Diagnostic {
        diagnostic.at(&self.file, Some(position))
    }
}

fn unreadable(file: &str, seen: String, position: Option<Position>) -> Diagnostic {
    Diagnostic::error(
        FormatCode::ManifestUnreadable,
        seen,
        "correct it, or render it again, for example with `kustomize build`",
    )
    .at(file, position)
}

/// Whether a file is YAML with a `CustomResourceDefinition` among its objects.
pub fn is_raw_manifest(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let mut has_crd = false;
    let read = yaml::each_document(text, &mut |document| {
        has_crd = has_crd
            || Objects::of(0, &document.value)
                .objects
                .iter()
                .any(crd::is_crd);
    });
    read.is_ok() && has_crd
}

#[cfg(test)]
mod tests;
