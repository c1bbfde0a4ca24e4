//! What is written before publishing: the evidence as an asset, and the table of artifacts in the release's text.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use super::{EVIDENCE, PublishInputs, Seen};
use crate::domain::Digest;
use crate::plan::{
    AnsweredRequest, Artifact, Artifacts, Mark, Predicate, Record, ReleasePlan, Statement, Verdict,
};
use crate::protocol::Action;
use crate::protocol::{LocalFile, SeenCheck, SeenRelease};
use crate::release::asset_sync::sync;
use crate::release::references::row;

/// What is still missing of it.
pub(super) fn missing(
    plan: &ReleasePlan,
    tested: &PublishInputs,
    seen: &Seen,
    release: &SeenRelease,
    mark: &Mark,
) -> Vec<Action> {
    let bytes = statement(plan, tested, seen, release).to_bytes();
    let planned = LocalFile {
        path: PathBuf::from(EVIDENCE),
        size: bytes.len() as u64,
        digest: Digest::of(&bytes),
    };
    let written = seen
        .written
        .as_ref()
        .filter(|file| file.digest == planned.digest);
    let file = written.unwrap_or(&planned);
    let mut actions = Vec::new();
    let uploads = EVIDENCE
        .parse()
        .map(|name| sync(release, &seen.hashed, &name, file))
        .unwrap_or_default();
    let is_upload = |action: &Action| matches!(action, Action::UploadAsset { .. });
    // What is uploaded is looked at first: only then it is known where it lies.
    if written.is_none() && uploads.iter().any(is_upload) {
        return vec![Action::WriteFile {
            to: planned.path,
            bytes,
        }];
    }
    actions.extend(uploads);
    let body = mark.put(&with_table(
        Mark::strip(&release.body),
        &tested.artifacts,
        planned.digest,
    ));
    if body != release.body {
        actions.push(Action::EditDraft {
            release: release.id,
            tag: plan.tag.clone(),
            body,
        });
    }
    actions
}

fn statement(
    plan: &ReleasePlan,
    tested: &PublishInputs,
    seen: &Seen,
    release: &SeenRelease,
) -> Statement {
    let record = |check: &SeenCheck| Record {
        name: check.name.clone(),
        state: check.state.to_string(),
        description: check.description.clone(),
        url: check.url.clone(),
    };
    let is_verdict = |check: &&SeenCheck| Verdict::leg(&check.name).is_some();
    let is_required = |check: &&SeenCheck| {
        tested
            .checks
            .iter()
            .any(|required| required.name.matches(&check.name))
    };
    let is_builder = |check: &&SeenCheck| tested.builders.iter().any(|b| b.matches(&check.name));
    let answers = seen.first.answers.iter().map(|answer| AnsweredRequest {
        request: answer.request.clone(),
        status: answer.status,
        id: answer.id.clone(),
    });
    let statement = Statement::new(Predicate {
        plan: plan.clone(),
        artifacts: tested.artifacts.clone(),
        jobs: tested
            .jobs
            .as_ref()
            .map_or_else(BTreeMap::new, |jobs| jobs.iter().collect()),
        verdicts: seen.checks.iter().filter(is_verdict).map(record).collect(),
        checks: seen.checks.iter().filter(is_required).map(record).collect(),
        builders: seen.checks.iter().filter(is_builder).map(record).collect(),
        drafted_at: release.created_at.clone(),
        publisher: format!("btp-release {}", env!("CARGO_PKG_VERSION")),
        requests: answers.collect(),
    });
    match &seen.first.evidence {
        Some(left) if left.says_the_same(&statement) => left.clone(),
        _ => statement,
    }
}

const TABLE: &str = "<!-- artifacts -->";

/// The text with a table of artifacts at its end, in place of one from an earlier run.
fn with_table(text: &str, artifacts: &Artifacts, evidence: Digest) -> String {
    let text = text
        .split_once(TABLE)
        .map_or(text, |(before, _)| before)
        .trim_end();
    if artifacts.0.is_empty() {
        return text.to_owned();
    }
    let mut table = format!("{text}\n\n{TABLE}\n| artifact | digest |\n|---|---|\n");
    for (name, artifact) in &artifacts.0 {
        let name = match artifact {
            Artifact::Asset { .. } => name.clone(),
            Artifact::Image { tagged, .. } => tagged.to_string(),
        };
        // Writing to memory has no way to fail.
        let _ = writeln!(table, "{}", row(&name, artifact.digest()));
    }
    let _ = writeln!(table, "{}", row(EVIDENCE, evidence));
    table
}
