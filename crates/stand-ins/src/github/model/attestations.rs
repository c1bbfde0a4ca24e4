//! Attestations of a repository, by the artifacts they are about.
//! <https://docs.github.com/en/rest/repos/attestations>

use crate::fields;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The most subjects of one statement.
const SUBJECTS_MAX: usize = 1024;

/// A Sigstore bundle that was stored for a repository.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredAttestation {
    pub id: u64,
    pub bundle: Value,
    /// `sha256:…` of each subject, from the statement in the bundle.
    pub subjects: Vec<String>,
    /// From the statement as well.
    pub predicate_type: String,
    /// Who stored it.
    pub initiator: String,
    pub created_at: u64,
}

impl StoredAttestation {
    /// Reads the statement in a bundle. Signatures are for those to check who read it.
    pub(crate) fn read(bundle: &Value) -> Result<StoredAttestation, &'static str> {
        const NO_STATEMENT: &str = "Invalid bundle: the payload is no in-toto statement";
        let media_type = fields::text(bundle, "mediaType");
        if !media_type.starts_with("application/vnd.dev.sigstore.bundle") {
            return Err("Invalid bundle: unsupported media type");
        }
        if !fields::get(bundle, "verificationMaterial").is_object() {
            return Err("Invalid bundle: verification material is missing");
        }
        let payload = fields::text(fields::get(bundle, "dsseEnvelope"), "payload");
        let payload = STANDARD.decode(payload).map_err(|_| NO_STATEMENT)?;
        let statement: Value = serde_json::from_slice(&payload).map_err(|_| NO_STATEMENT)?;
        let named = fields::get(&statement, "subject").as_array();
        let named = named.ok_or(NO_STATEMENT)?;
        let digests = named.iter().map(|subject| fields::get(subject, "digest"));
        let subjects: Vec<String> = digests
            .filter_map(Value::as_object)
            .flatten()
            .filter_map(|(algorithm, digest)| Some(format!("{algorithm}:{}", digest.as_str()?)))
            .collect();
        if subjects.is_empty() {
            return Err("Invalid bundle: no subject has a digest");
        }
        if named.len() > SUBJECTS_MAX {
            return Err("Invalid bundle: too many subjects");
        }
        Ok(StoredAttestation {
            bundle: bundle.clone(),
            subjects,
            predicate_type: fields::text(&statement, "predicateType").to_owned(),
            ..StoredAttestation::default()
        })
    }
}
