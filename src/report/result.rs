//! How a phase ended as one JSON object, for scripts: `docs/json.md` describes it, and `docs/schemas/result.schema.json` its form.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;

use super::details::headline;
use crate::domain::{Diagnostic, Digest, Severity};
use crate::plan::{Awaited, NotesSource};
use crate::protocol::{Effect, Output, PhaseId, PhaseReport, Preview, ReleaseFacts, SeenArtifact};

/// The name of the object's form.
const SCHEMA: &str = "btp-release-result/1";

/// The outputs whose values are JSON.
const JSON_OUTPUTS: [&str; 6] = [
    "plan",
    "rights",
    "findings",
    "assets",
    "artifacts",
    "readiness",
];

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResultKind {
    /// It did what was missing.
    Done,
    /// Nothing was missing.
    NothingToDo,
    DryRun,
    /// For one of the findings.
    Failed,
}

/// The object, which is printed also when a phase fails.
#[derive(Debug, Serialize)]
pub struct PhaseResult {
    schema: &'static str,
    command: String,
    outcome: ResultKind,
    exit_code: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<String>,
    outputs: BTreeMap<String, OutputValue>,
    /// What was changed or, in a dry run, would be.
    changes: Vec<String>,
    findings: Vec<ResultFinding>,
    #[serde(skip_serializing_if = "Option::is_none")]
    release: Option<ResultRelease>,
}

/// A text, or JSON as it is passed on elsewhere: a plan is named by the digest of its text.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum OutputValue {
    Text(String),
    Json(Box<RawValue>),
}

#[derive(Debug, Serialize)]
struct ResultFinding {
    severity: &'static str,
    code: String,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    wanted: Option<String>,
    help: String,
}

/// What a plan leads to.
#[derive(Debug, Serialize)]
struct ResultRelease {
    repository: String,
    version: String,
    tag: String,
    tag_exists: Option<bool>,
    commit: String,
    commit_subject: Option<String>,
    previous_tag: Option<String>,
    prerelease: bool,
    latest: Option<bool>,
    follows: Option<String>,
    existing: Option<String>,
    notes: Option<String>,
    artifacts: Vec<ResultArtifact>,
    checked: Vec<String>,
    not_known: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ResultArtifact {
    name: String,
    kind: &'static str,
    reference: String,
    state: &'static str,
    digest: Option<Digest>,
    size: Option<u64>,
}

impl PhaseResult {
    /// The result of a command by its name.
    pub fn new(command: &str, outcome: ResultKind, exit_code: u8) -> Self {
        Self {
            schema: SCHEMA,
            command: command.to_owned(),
            outcome,
            exit_code,
            summary: None,
            outputs: BTreeMap::new(),
            changes: Vec::new(),
            findings: Vec::new(),
            release: None,
        }
    }

    /// The result of a phase that is done.
    pub fn done(phase: PhaseId, report: &PhaseReport, changes: Vec<String>) -> Self {
        let idle = changes.is_empty() && phase.effect() == Effect::Writes;
        let outcome = if idle {
            ResultKind::NothingToDo
        } else {
            ResultKind::Done
        };
        let outputs = report.outputs.iter().map(output);
        Self {
            summary: Some(report.summary.clone()),
            outputs: outputs.collect(),
            changes,
            ..Self::new(phase.as_str(), outcome, 0)
        }
        .with_findings(&report.warnings)
    }

    /// The same with what was found.
    #[must_use]
    pub fn with_findings(mut self, found: &[Diagnostic]) -> Self {
        self.findings.extend(found.iter().map(finding));
        self
    }

    /// The same with what a dry run would do.
    #[must_use]
    pub fn with_changes(mut self, changes: Vec<String>) -> Self {
        self.changes = changes;
        self
    }

    /// The same with what is known of the release, where there is a plan.
    #[must_use]
    pub fn with_release(mut self, facts: &ReleaseFacts) -> Self {
        self.release = release(facts);
        self
    }

    /// The object's text, which ends with a line end.
    ///
    /// # Errors
    ///
    /// None that is known: these are plain values.
    pub fn to_json(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

fn output(output: &Output) -> (String, OutputValue) {
    let json = JSON_OUTPUTS.contains(&output.name);
    let json = json.then(|| RawValue::from_string(output.value.clone()).ok());
    let text = || OutputValue::Text(output.value.clone());
    let value = json.flatten().map_or_else(text, OutputValue::Json);
    (output.name.to_owned(), value)
}

fn finding(diagnostic: &Diagnostic) -> ResultFinding {
    ResultFinding {
        severity: match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        code: diagnostic.code.to_string(),
        message: headline(diagnostic),
        wanted: diagnostic.wanted.clone(),
        help: diagnostic.help.clone(),
    }
}

fn release(facts: &ReleaseFacts) -> Option<ResultRelease> {
    let plan = facts.plan.as_ref()?;
    let (wanted, seen) = (&plan.wanted, facts.preview.as_deref());
    let told = |of: &dyn Fn(&Preview) -> Option<String>| seen.and_then(of);
    let awaited = plan.awaited();
    let artifacts = awaited.iter().map(|one| artifact(one, seen));
    Some(ResultRelease {
        repository: wanted.repository.to_string(),
        version: wanted.version.to_string(),
        tag: wanted.tag.to_string(),
        tag_exists: seen.map(|seen| seen.tag_exists),
        commit: wanted.commit.to_string(),
        commit_subject: told(&|seen| seen.subject.clone()),
        previous_tag: plan.previous_tag.as_ref().map(ToString::to_string),
        prerelease: wanted.prerelease,
        latest: facts.latest,
        follows: told(&|seen| Some(seen.follows.clone())),
        existing: told(&|seen| seen.existing.clone()),
        notes: match &wanted.notes {
            NotesSource::Text(text) => Some(text.clone()),
            NotesSource::Generated => told(&|seen| seen.notes.clone()),
        },
        artifacts: artifacts.collect(),
        checked: seen.map(|seen| seen.checked.clone()).unwrap_or_default(),
        not_known: seen.map(|seen| seen.unknown.clone()).unwrap_or_default(),
    })
}

fn artifact(awaited: &Awaited, seen: Option<&Preview>) -> ResultArtifact {
    let (kind, reference) = match awaited {
        Awaited::Asset(name) => ("asset", name.to_string()),
        Awaited::Image { image, .. } => ("image", image.to_string()),
    };
    let seen = seen.and_then(|seen| seen.artifacts.get(awaited.name()));
    let (state, digest, size) = match seen {
        None | Some(SeenArtifact::Unknown(_)) => ("unknown", None, None),
        Some(SeenArtifact::Absent) => ("absent", None, None),
        Some(SeenArtifact::There { digest, size }) => ("present", *digest, *size),
    };
    ResultArtifact {
        name: awaited.name().to_owned(),
        kind,
        reference,
        state,
        digest,
        size,
    }
}
