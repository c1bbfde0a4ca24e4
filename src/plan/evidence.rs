//! The record of what was released: an [in-toto statement](https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md)
//! about the release's assets and images, by digest.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Artifact, Artifacts, ReleasePlan};
use crate::domain::Digest;
use crate::domain::{Code, Diagnostic};

/// The asset that holds it.
pub const EVIDENCE: &str = "release-evidence.json";

/// How many bytes of it are read at most.
pub const MAX_EVIDENCE: u64 = 4 * 1024 * 1024;

const TYPE: &str = "https://in-toto.io/Statement/v1";
const PREDICATE: &str = "https://github.com/kyma-project/btp-release-action/evidence/v1";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    pub subject: Vec<Subject>,
    predicate_type: String,
    pub predicate: Predicate,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// An asset's name, or an image by tag.
    pub name: String,
    digest: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Predicate {
    pub plan: ReleasePlan,
    pub artifacts: Artifacts,
    /// Job → result, as the publishing job was told.
    pub jobs: BTreeMap<String, String>,
    /// What the legs of the tests recorded.
    pub verdicts: Vec<Record>,
    /// The required checks.
    pub checks: Vec<Record>,
    /// The runs of the builders.
    #[serde(default)]
    pub builders: Vec<Record>,
    /// When GitHub made the draft.
    pub drafted_at: String,
    /// Name and version of what made this.
    pub publisher: String,
    /// What GitHub answered when all of this was read.
    #[serde(default)]
    pub requests: Vec<Request>,
}

/// An answer of GitHub: `id` is its `X-GitHub-Request-Id`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Method and path.
    pub request: String,
    pub status: u16,
    pub id: String,
}

/// A check or a verdict, and where its log is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Record {
    pub name: String,
    pub state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

impl Subject {
    fn new(name: String, digest: Digest) -> Self {
        let digest = [("sha256".to_owned(), digest.hex())].into();
        Self { name, digest }
    }

    pub fn digest(&self) -> Option<Digest> {
        format!("sha256:{}", self.digest.get("sha256")?)
            .parse()
            .ok()
    }
}

impl Statement {
    pub fn new(predicate: Predicate) -> Self {
        let subject = |(name, artifact): (&String, &Artifact)| match artifact {
            Artifact::Asset { digest, .. } => Subject::new(name.clone(), *digest),
            Artifact::Image { digest, tagged, .. } => Subject::new(tagged.to_string(), *digest),
        };
        Self {
            kind: TYPE.to_owned(),
            subject: predicate.artifacts.0.iter().map(subject).collect(),
            predicate_type: PREDICATE.to_owned(),
            predicate,
        }
    }

    /// Whether both say the same of the release, whichever requests told them.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let mut other = other.clone();
        other
            .predicate
            .requests
            .clone_from(&self.predicate.requests);
        *self == other
    }

    /// The same statement gives the same bytes, so that a second run finds its own evidence as it left it.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Serialising plain values into memory has no way to fail.
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Diagnostic> {
        let invalid = |why: String| {
            Diagnostic::value(
                Code::EvidenceUnreadable,
                "evidence",
                EVIDENCE.to_owned(),
                why,
                "it was not written by btp-release, or has been altered since",
            )
        };
        let statement: Self = serde_json::from_slice(bytes)
            .map_err(|error| invalid(format!("cannot be read: {error}")))?;
        if statement.kind != TYPE || statement.predicate_type != PREDICATE {
            return Err(invalid("is a statement of another type".into()));
        }
        Ok(statement)
    }

    /// The names of all assets that the release has, the evidence included.
    pub fn assets(&self) -> BTreeSet<String> {
        let planned = self.predicate.plan.assets.iter().map(ToString::to_string);
        planned.chain([EVIDENCE.to_owned()]).collect()
    }
}
