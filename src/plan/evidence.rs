//! The record of what was released: an [in-toto statement](https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md)
//! about the release's assets and images, by digest.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::json_text::pretty;
use super::{Artifact, Artifacts, ReleasePlan};
use crate::domain::{Code, Diagnostic, Digest};

/// The asset that holds it.
pub const EVIDENCE: &str = "release-evidence.json";

/// The asset with the logs of the run that made the release, where it has one.
pub const LOGS: &str = "release-logs.zip";

/// The asset with a page about the release, where it has one.
pub const REPORT: &str = "release-report.html";

/// The largest size of the evidence that is read, in bytes.
pub const MAX_EVIDENCE: u64 = 4 * 1024 * 1024;

const TYPE: &str = "https://in-toto.io/Statement/v1";
/// The type of the evidence's predicate.
pub const EVIDENCE_PREDICATE: &str =
    "https://github.com/kyma-project/btp-release-action/evidence/v1";

/// The evidence of a release. It keeps its text as it was written, so that evidence of any version stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The subjects of the statement, by digest: every asset and every image.
    pub subject: Vec<EvidenceSubject>,
    /// The content of the statement.
    pub predicate: Predicate,
    /// The bytes of the asset; the other fields are read from it.
    text: String,
}

/// The statement's JSON.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StatementJson {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<EvidenceSubject>,
    predicate_type: String,
    predicate: Predicate,
}

/// An asset or an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceSubject {
    /// An asset's file name, or an image by tag.
    pub name: String,
    /// By algorithm, in hex without a prefix.
    digest: BTreeMap<String, String>,
}

/// What is said of the subjects. A field that is added needs `#[serde(default)]`: evidence of released versions does not have
/// it (`docs/compatibility.md`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Predicate {
    /// As the mark in the release's text names it by digest.
    pub plan: ReleasePlan,
    /// The artifacts that `await` found and that were tested, and the logs where they are an asset.
    pub artifacts: Artifacts,
    /// Job → result, as the publishing job received them.
    pub jobs: BTreeMap<String, String>,
    /// The verdicts of the legs of the tests.
    pub verdicts: Vec<Record>,
    /// The required checks.
    pub checks: Vec<Record>,
    /// The runs of the builders.
    #[serde(default)]
    pub builders: Vec<Record>,
    /// When GitHub made the draft, in RFC 3339.
    pub drafted_at: String,
    /// Name and version of the program that made this.
    pub publisher: String,
    /// The answers of GitHub from which all of this was read.
    #[serde(default)]
    pub requests: Vec<AnsweredRequest>,
}

/// An answer of GitHub: `id` is its `X-GitHub-Request-Id`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnsweredRequest {
    /// Method and path.
    pub request: String,
    /// The HTTP status.
    pub status: u16,
    /// The id that GitHub's support asks for.
    pub id: String,
}

/// A check or a verdict, and where its log is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Record {
    /// The check's name, or the status' context.
    pub name: String,
    /// Such as `success`.
    pub state: String,
    /// The description of the check or status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The page of its log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// When it began, in seconds since 1970. Evidence of released versions does not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began: Option<u64>,
    /// When it ended, in seconds since 1970. Evidence of released versions does not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<u64>,
}

impl Record {
    /// The same without its times.
    #[must_use]
    fn without_times(&self) -> Self {
        Self {
            began: None,
            ended: None,
            ..self.clone()
        }
    }
}

impl EvidenceSubject {
    fn new(name: String, digest: Digest) -> Self {
        let digest = [("sha256".to_owned(), digest.hex())].into();
        Self { name, digest }
    }

    /// Its SHA-256, if it has one that can be read.
    pub fn digest(&self) -> Option<Digest> {
        format!("sha256:{}", self.digest.get("sha256")?)
            .parse()
            .ok()
    }
}

impl Statement {
    /// The statement for all artifacts.
    pub fn new(predicate: Predicate) -> Self {
        let subject = |(name, artifact): (&String, &Artifact)| match artifact {
            Artifact::Asset { digest, .. } => EvidenceSubject::new(name.clone(), *digest),
            Artifact::Image { digest, tagged, .. } => {
                EvidenceSubject::new(tagged.to_string(), *digest)
            }
        };
        let form = StatementJson {
            kind: TYPE.to_owned(),
            subject: predicate.artifacts.0.iter().map(subject).collect(),
            predicate_type: EVIDENCE_PREDICATE.to_owned(),
            predicate,
        };
        // Serialising plain values into memory cannot fail. The plan is included as it was made, except for its spaces.
        let text = serde_json::to_string(&form).unwrap_or_default();
        let text = pretty(&text) + "\n";
        let StatementJson {
            subject, predicate, ..
        } = form;
        Self {
            subject,
            predicate,
            text,
        }
    }

    /// Whether both describe the release equally, regardless of the requests that were made and of when a wait or a check ended.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let records = |of: &[Record]| of.iter().map(Record::without_times).collect();
        let said = |of: &Self| Predicate {
            requests: self.predicate.requests.clone(),
            artifacts: of.predicate.artifacts.without_times(),
            verdicts: records(&of.predicate.verdicts),
            checks: records(&of.predicate.checks),
            builders: records(&of.predicate.builders),
            ..of.predicate.clone()
        };
        self.subject == other.subject && said(self) == said(other)
    }

    /// Whether both describe the release equally but for the page about it, which is made of the rest.
    pub fn says_the_same_without_report(&self, other: &Self) -> bool {
        self.without_report().says_the_same(&other.without_report())
    }

    /// The same statement before the page about the release was made of it.
    #[must_use]
    pub fn without_report(&self) -> Self {
        let mut predicate = self.predicate.clone();
        predicate.artifacts.0.remove(REPORT);
        Self::new(predicate)
    }

    /// The asset's content. What was read is given back as it was, byte for byte; what was made is the same bytes for the
    /// same statement, so that a second run finds its own evidence as it left it.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.text.clone().into_bytes()
    }

    /// Reads the asset's content.
    ///
    /// # Errors
    ///
    /// The bytes are not evidence of the form that this version reads.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Diagnostic> {
        let invalid = |why: String| {
            Diagnostic::value(
                Code::EvidenceUnreadable,
                "evidence",
                EVIDENCE,
                why,
                "it was not written by btp-release, or has been altered since",
            )
        };
        let text = String::from_utf8(bytes.to_vec())
            .map_err(|error| invalid(format!("cannot be read: {error}")))?;
        let form: StatementJson = serde_json::from_str(&text)
            .map_err(|error| invalid(format!("cannot be read: {error}")))?;
        if form.kind != TYPE || form.predicate_type != EVIDENCE_PREDICATE {
            return Err(invalid("is a statement of another type".into()));
        }
        Ok(Self {
            subject: form.subject,
            predicate: form.predicate,
            text,
        })
    }

    /// The names of all assets that the release has, the evidence included, and the logs and the report where it has them.
    pub fn assets(&self) -> BTreeSet<String> {
        let planned = self
            .predicate
            .plan
            .wanted
            .assets
            .iter()
            .map(ToString::to_string);
        let subjects = self.subject.iter().map(|subject| &subject.name);
        let beside = subjects.filter(|name| [LOGS, REPORT].contains(&name.as_str()));
        let own = self.predicate.plan.wanted.own_assets();
        let own = own.iter().map(|name| (*name).to_owned());
        planned.chain(own).chain(beside.cloned()).collect()
    }
}
