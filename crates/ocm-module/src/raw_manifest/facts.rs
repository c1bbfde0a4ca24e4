//! What the rules ask of a file's documents, taken down while they are read one by one.

use std::hash::{BuildHasher, RandomState};

use serde_json::Value;

use super::CustomResourceDefinition;
use super::duplicates::KnownObjects;
use super::images::{UsedImage, used_images};
use super::objects::Objects;
use super::source::Source;
use crate::yaml::{PathStep, YamlDocument};
use crate::{Diagnostic, Position};

/// All that is known of a file's documents.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    /// Where the first document begins, an empty one too; a file without documents begins where it is empty.
    pub(super) begin: Position,
    /// The lines in which the documents begin that are not empty.
    pub(super) lines: Vec<usize>,
    /// The document that is not empty, if there is only one.
    pub(super) only: Option<YamlDocument>,
    /// What is wrong with single objects and lists.
    pub(super) wrong_objects: Vec<Diagnostic>,
    /// The objects that are there twice.
    pub(super) duplicates: Vec<Diagnostic>,
    pub(super) crds: Vec<CustomResourceDefinition>,
    /// Every place that names an image.
    pub(super) images: Vec<UsedImage>,
    /// Of each document, an empty one too: equal where all is equal but the images of `images`. Comparable only between files
    /// that were read with the same keys.
    pub(super) fingerprints: Vec<u64>,
    pub(super) keys: RandomState,
}

/// Takes documents down, one by one.
pub(super) struct FactsBuilder<'f> {
    file: &'f str,
    text: &'f str,
    known: KnownObjects,
    facts: Facts,
}

impl<'f> FactsBuilder<'f> {
    pub(super) fn new(file: &'f str, text: &'f str, keys: &RandomState) -> Self {
        Self {
            file,
            text,
            known: KnownObjects::default(),
            facts: Facts {
                begin: Position { line: 1, column: 1 },
                lines: Vec::new(),
                only: None,
                wrong_objects: Vec::new(),
                duplicates: Vec::new(),
                crds: Vec::new(),
                images: Vec::new(),
                fingerprints: Vec::new(),
                keys: keys.clone(),
            },
        }
    }

    pub(super) fn add(&mut self, mut document: YamlDocument) {
        let nth = self.facts.fingerprints.len();
        let begin = document.position(&[]);
        if nth == 0 {
            self.facts.begin = begin;
        }
        let before = self.facts.images.len();
        if !document.value.is_null() {
            self.facts.lines.push(begin.line);
            self.objects(nth, &document);
        }
        let images = self.facts.images.get(before..).unwrap_or_default();
        let fingerprint = fingerprint(&self.facts.keys, &mut document.value, images);
        self.facts.fingerprints.push(fingerprint);
        let is_filled = !document.value.is_null();
        match self.facts.lines.len() {
            1 if is_filled => self.facts.only = Some(document),
            1 => {}
            _ => self.facts.only = None,
        }
    }

    fn objects(&mut self, nth: usize, document: &YamlDocument) {
        let source = Source {
            file: self.file,
            text: self.text,
            document,
        };
        let facts = &mut self.facts;
        let found = Objects::of(nth, &document.value);
        facts.wrong_objects.extend(found.check(&source));
        for object in &found.objects {
            facts.duplicates.extend(self.known.add(&source, object));
            facts.crds.extend(CustomResourceDefinition::read(object));
            facts.images.extend(used_images(&source, object));
        }
    }

    pub(super) fn finish(self) -> Facts {
        self.facts
    }
}

/// The fingerprint of a document without the texts of its images.
fn fingerprint(keys: &RandomState, value: &mut Value, images: &[UsedImage]) -> u64 {
    let mut texts = Vec::new();
    for image in images {
        let text = at_mut(value, &image.place.path).map(Value::take);
        texts.push(text.unwrap_or_default());
    }
    let fingerprint = keys.hash_one(&*value);
    for (image, text) in images.iter().zip(texts) {
        if let Some(place) = at_mut(value, &image.place.path) {
            *place = text;
        }
    }
    fingerprint
}

pub(super) fn at_mut<'v>(value: &'v mut Value, path: &[PathStep]) -> Option<&'v mut Value> {
    path.iter().try_fold(value, |value, step| match step {
        PathStep::Key(key) => value.get_mut(key),
        PathStep::Index(nth) => value.get_mut(nth),
    })
}
