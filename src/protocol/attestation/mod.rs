//! Attestations: statements about artifacts, signed by a workflow
//! ([in-toto Statement v1](https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md)).

mod comparison;
mod fault;
mod signer;

use async_trait::async_trait;
use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

use super::ServiceError;
use crate::domain::Digest;

pub use comparison::{SubjectRule, WantedAttestation};
pub use fault::{RefusedAttestation, SignatureFault};
pub use signer::{GITHUB_ISSUER, SignerIdentity, WantedSigner};

/// The media type of the only form of a bundle that is written and read here.
pub const BUNDLE_MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
/// What the signed bytes of a bundle are.
pub const STATEMENT_MEDIA_TYPE: &str = "application/vnd.in-toto+json";
/// The only type of statement that is written and read here.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// An artifact that a statement is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    pub name: String,
    pub digest: Digest,
}

/// A subject without a SHA-256 digest, such as the commit in GitHub's attestation of a release.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OtherSubject {
    pub name: String,
    /// Of the digest, such as `sha1` or `gitCommit`.
    pub algorithm: String,
    /// In hexadecimal digits.
    pub digest: String,
}

/// A statement to sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAttestation {
    pub subjects: Vec<Subject>,
    pub predicate_type: String,
    pub predicate: Value,
}

impl NewAttestation {
    /// The bytes to sign. Equal attestations have equal bytes.
    pub fn statement(&self) -> Vec<u8> {
        let statement = StatementToSign {
            kind: STATEMENT_TYPE,
            subject: self.subjects.iter().map(StatementSubject::of).collect(),
            predicate_type: &self.predicate_type,
            predicate: &self.predicate,
        };
        // A value of texts, numbers and maps with text keys can always be written.
        serde_json::to_vec(&statement).unwrap_or_default()
    }
}

/// The fields in the order in which they are signed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StatementToSign<'a> {
    #[serde(rename = "_type")]
    kind: &'static str,
    subject: Vec<StatementSubject<'a>>,
    predicate_type: &'a str,
    predicate: &'a Value,
}

#[derive(Serialize)]
struct StatementSubject<'a> {
    name: &'a str,
    digest: Sha256,
}

#[derive(Serialize)]
struct Sha256 {
    sha256: String,
}

impl<'a> StatementSubject<'a> {
    fn of(subject: &'a Subject) -> Self {
        Self {
            name: &subject.name,
            digest: Sha256 {
                sha256: subject.digest.hex(),
            },
        }
    }
}

/// A statement whose bundle was verified against a trusted root. What it says was compared with nothing yet: that is
/// [`WantedAttestation::compare`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenAttestation {
    pub subjects: Vec<Subject>,
    pub other_subjects: Vec<OtherSubject>,
    pub predicate_type: String,
    pub predicate: Value,
    pub signer: SignerIdentity,
    /// By the timestamp, or by the log where there is no timestamp; in seconds since 1970.
    pub signed_at: u64,
    /// As it was read.
    pub bundle: Bytes,
}

/// Signs statements with the identity of the running workflow.
#[async_trait]
pub trait Signer: Send + Sync {
    /// The statement as a bundle, which was verified before it is returned.
    ///
    /// # Errors
    ///
    /// When the runner gives no identity, or when a service of Sigstore does not answer, refuses, or answers with something
    /// that does not verify. Signing again is safe: nothing but the public log keeps a trace.
    async fn sign(&self, attestation: &NewAttestation) -> Result<Bytes, ServiceError>;
}
