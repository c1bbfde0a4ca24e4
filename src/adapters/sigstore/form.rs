//! The form of a bundle, read strictly: what is unknown here would be unsigned, and some reader might believe it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer};

use crate::protocol::{
    BUNDLE_MEDIA_TYPE, RefusedAttestation, STATEMENT_MEDIA_TYPE, SignatureFault,
};

/// The largest bundle that is read, in bytes. GitHub takes predicates of up to 16 MiB, which base64 makes larger by a third.
pub const MOST_BUNDLE_BYTES: usize = 24 << 20;

/// The most timestamps that a bundle may have: one, or one of each of several authorities.
const MOST_TIMESTAMPS: usize = 8;

/// [Sigstore bundle](https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_bundle.proto).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct BundleJson {
    media_type: String,
    pub(super) verification_material: Material,
    dsse_envelope: Option<Envelope>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Material {
    certificate: Raw,
    #[serde(default)]
    tlog_entries: Option<Vec<BundleLogEntry>>,
    #[serde(default)]
    timestamp_verification_data: Option<Timestamps>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Raw {
    raw_bytes: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Timestamps {
    #[serde(default)]
    rfc3161_timestamps: Option<Vec<Timestamp>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Timestamp {
    signed_timestamp: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct BundleLogEntry {
    #[serde(deserialize_with = "number")]
    pub(super) log_index: u64,
    pub(super) log_id: LogId,
    pub(super) kind_version: KindVersion,
    #[serde(default, deserialize_with = "number")]
    pub(super) integrated_time: u64,
    #[serde(default)]
    pub(super) inclusion_promise: Option<Promise>,
    #[serde(default)]
    pub(super) inclusion_proof: Option<InclusionProof>,
    pub(super) canonicalized_body: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LogId {
    pub(super) key_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KindVersion {
    pub(super) kind: String,
    pub(super) version: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Promise {
    #[serde(rename = "signedEntryTimestamp")]
    _signed_entry_timestamp: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct InclusionProof {
    #[serde(default, deserialize_with = "number")]
    pub(super) log_index: u64,
    pub(super) root_hash: String,
    #[serde(deserialize_with = "number")]
    pub(super) tree_size: u64,
    #[serde(default, rename = "hashes")]
    _hashes: Vec<String>,
    pub(super) checkpoint: Checkpoint,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Checkpoint {
    pub(super) envelope: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Envelope {
    payload: String,
    payload_type: String,
    #[serde(default)]
    signatures: Vec<Signature>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    sig: String,
    #[serde(default)]
    keyid: String,
}

/// A whole number, which the JSON form of protobuf writes as a text where it has 64 bits.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Number {
        Text(String),
        Plain(u64),
        Missing(()),
    }
    match Number::deserialize(deserializer)? {
        Number::Plain(number) => Ok(number),
        Number::Text(text) => text.parse().map_err(serde::de::Error::custom),
        Number::Missing(()) => Ok(0),
    }
}

/// What was signed, with the signature and the certificate that should belong to it.
#[derive(Debug)]
pub(super) struct Signed {
    pub(super) payload: Vec<u8>,
    pub(super) signature: Vec<u8>,
    pub(super) certificate: Vec<u8>,
}

impl BundleJson {
    /// Reads a bundle.
    ///
    /// # Errors
    ///
    /// For anything but a bundle v0.3 with one certificate and one DSSE signature over an in-toto statement.
    pub(super) fn read(bundle: &[u8]) -> Result<Self, RefusedAttestation> {
        if bundle.len() > MOST_BUNDLE_BYTES {
            let size = bundle.len();
            return Err(unreadable(format!(
                "it has {size} bytes, and no more than {MOST_BUNDLE_BYTES} are read"
            )));
        }
        let form: Self = serde_json::from_slice(bundle)
            .map_err(|error| unreadable(format!("it is no Sigstore bundle v0.3: {error}")))?;
        if form.media_type != BUNDLE_MEDIA_TYPE {
            let seen = &form.media_type;
            return Err(unreadable(format!(
                "its media type is {seen:?}, not {BUNDLE_MEDIA_TYPE}"
            )));
        }
        form.check_material()?;
        Ok(form)
    }

    pub(super) fn signed(&self) -> Result<Signed, RefusedAttestation> {
        let Some(envelope) = &self.dsse_envelope else {
            return Err(RefusedAttestation::new(
                SignatureFault::Unsigned,
                "it holds no signed statement",
            ));
        };
        if envelope.payload_type != STATEMENT_MEDIA_TYPE {
            let seen = &envelope.payload_type;
            return Err(unreadable(format!(
                "what it signs is of the type {seen:?}, not {STATEMENT_MEDIA_TYPE}"
            )));
        }
        let signature = match envelope.signatures.as_slice() {
            [] => {
                let seen = "it holds a statement without a signature";
                return Err(RefusedAttestation::new(SignatureFault::Unsigned, seen));
            }
            [one] if !one.keyid.is_empty() => {
                let seen = "its signature names a key, although the certificate has the only one";
                return Err(unreadable(seen));
            }
            [one] => &one.sig,
            more => {
                let many = more.len();
                return Err(unreadable(format!("it has {many} signatures, not one")));
            }
        };
        if signature.is_empty() {
            let seen = "its signature is empty";
            return Err(RefusedAttestation::new(SignatureFault::Unsigned, seen));
        }
        Ok(Signed {
            payload: decoded(&envelope.payload, "the statement")?,
            signature: decoded(signature, "the signature")?,
            certificate: decoded(
                &self.verification_material.certificate.raw_bytes,
                "the certificate",
            )?,
        })
    }

    pub(super) fn log_entries(&self) -> &[BundleLogEntry] {
        self.verification_material
            .tlog_entries
            .as_deref()
            .unwrap_or_default()
    }

    fn timestamps(&self) -> &[Timestamp] {
        let data = &self.verification_material.timestamp_verification_data;
        let all = data
            .as_ref()
            .and_then(|data| data.rfc3161_timestamps.as_deref());
        all.unwrap_or_default()
    }

    /// Whether something in it could prove when it was signed: a timestamp, or a promise of Rekor v1, which has a time.
    pub(super) fn has_time(&self) -> bool {
        let promised = |entry: &BundleLogEntry| entry.inclusion_promise.is_some();
        !self.timestamps().is_empty() || self.log_entries().iter().any(promised)
    }

    /// What is verified only later is base64 as well, and not more than a bundle can need.
    fn check_material(&self) -> Result<(), RefusedAttestation> {
        for entry in self.log_entries() {
            decoded(&entry.canonicalized_body, "a log entry")?;
        }
        let all = self.timestamps();
        if all.len() > MOST_TIMESTAMPS {
            let many = all.len();
            return Err(unreadable(format!("it has {many} timestamps")));
        }
        for Timestamp { signed_timestamp } in all {
            decoded(signed_timestamp, "a timestamp")?;
        }
        Ok(())
    }
}

/// Base64 in its only canonical form: with padding, and without bits that mean nothing.
pub(super) fn decoded(text: &str, what: &str) -> Result<Vec<u8>, RefusedAttestation> {
    STANDARD
        .decode(text)
        .map_err(|error| unreadable(format!("{what} is no base64: {error}")))
}

pub(super) fn unreadable(seen: impl std::fmt::Display) -> RefusedAttestation {
    RefusedAttestation::new(SignatureFault::BundleUnreadable, seen)
}
