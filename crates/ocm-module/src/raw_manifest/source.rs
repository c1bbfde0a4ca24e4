//! Where the parts of a document are in its file.

use super::objects::ObjectPlace;
use crate::yaml::YamlDocument;
use crate::{Diagnostic, Position};

/// A document while it is read: it says where its parts are.
#[derive(Clone, Copy)]
pub(super) struct Source<'d> {
    pub(super) file: &'d str,
    pub(super) text: &'d str,
    pub(super) document: &'d YamlDocument,
}

impl Source<'_> {
    pub(super) fn position(&self, place: &ObjectPlace) -> Position {
        self.document.position(&place.path)
    }

    /// The diagnostic with the position of a place.
    pub(super) fn located(&self, place: &ObjectPlace, diagnostic: Diagnostic) -> Diagnostic {
        diagnostic.at(self.file, Some(self.position(place)))
    }
}
