//! The statement that a bundle signs, read strictly.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::form::unreadable;
use crate::domain::Digest;
use crate::protocol::{OtherSubject, RefusedAttestation, STATEMENT_TYPE, Subject};

/// [in-toto Statement v1](https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StatementForm {
    #[serde(rename = "_type")]
    statement_type: String,
    subject: Vec<SubjectForm>,
    predicate_type: String,
    #[serde(default)]
    predicate: Value,
}

/// [ResourceDescriptor](https://github.com/in-toto/attestation/blob/main/spec/v1/resource_descriptor.md). Only name and digest
/// say which artifact is meant.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SubjectForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    uri: String,
    digest: BTreeMap<String, String>,
    #[serde(default, rename = "content")]
    _content: IgnoredAny,
    #[serde(default, rename = "downloadLocation")]
    _download_location: IgnoredAny,
    #[serde(default, rename = "mediaType")]
    _media_type: IgnoredAny,
    #[serde(default, rename = "annotations")]
    _annotations: IgnoredAny,
}

/// What a statement says.
#[derive(Debug, Default)]
pub(super) struct ReadStatement {
    pub(super) subjects: Vec<Subject>,
    pub(super) other_subjects: Vec<OtherSubject>,
    pub(super) predicate_type: String,
    pub(super) predicate: Value,
}

impl ReadStatement {
    /// Reads the bytes that were signed.
    ///
    /// # Errors
    ///
    /// For anything but a Statement v1 about at least one artifact that is named by its digest.
    pub(super) fn read(payload: &[u8]) -> Result<Self, RefusedAttestation> {
        let form: StatementForm = serde_json::from_slice(payload).map_err(|error| {
            unreadable(format!("what it signs is no in-toto statement: {error}"))
        })?;
        if form.statement_type != STATEMENT_TYPE {
            let seen = &form.statement_type;
            return Err(unreadable(format!(
                "its statement is of the type {seen:?}, not {STATEMENT_TYPE}"
            )));
        }
        if form.subject.is_empty() {
            return Err(unreadable("its statement is about nothing"));
        }
        let mut read = Self {
            predicate_type: form.predicate_type,
            predicate: form.predicate,
            ..Self::default()
        };
        for subject in form.subject {
            read.add(subject)?;
        }
        Ok(read)
    }

    fn add(&mut self, subject: SubjectForm) -> Result<(), RefusedAttestation> {
        let SubjectForm {
            name, uri, digest, ..
        } = subject;
        let name = if name.is_empty() { uri } else { name };
        if let Some(hex) = digest.get("sha256") {
            let digest = format!("sha256:{hex}");
            let digest: Digest = digest
                .parse()
                .map_err(|_| unreadable(format!("the digest {hex:?} of {name} is no SHA-256")))?;
            self.subjects.push(Subject { name, digest });
            return Ok(());
        }
        let Some((algorithm, digest)) = digest.into_iter().next() else {
            return Err(unreadable(format!("its subject {name} has no digest")));
        };
        self.other_subjects.push(OtherSubject {
            name,
            algorithm,
            digest,
        });
        Ok(())
    }
}
