//! What is published with the release: the evidence as an asset, and the table of artifacts in the release's text.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use super::{Candidate, EVIDENCE};
use crate::domain::Digest;
use crate::plan::{
    AnsweredRequest, Artifact, Artifacts, Mark, Predicate, Record, Statement, Verdict,
};
use crate::protocol::Action;
use crate::protocol::{LocalFile, SeenCheck};
use crate::release::asset_sync::sync_asset;
use crate::release::references::row;

/// The evidence of a draft that may be published.
pub(super) struct Evidence {
    /// What is still to be done until the release has it as an asset.
    pub(super) missing: Vec<Action>,
    /// The text that the release is published with.
    pub(super) body: String,
}

impl Candidate<'_> {
    pub(super) fn evidence(&self) -> Evidence {
        let bytes = self.statement().to_bytes();
        let planned = LocalFile {
            path: PathBuf::from(EVIDENCE),
            size: bytes.len() as u64,
            digest: Digest::of(&bytes),
        };
        let written = self.seen.written.as_ref();
        let written = written.filter(|file| file.digest == planned.digest);
        let file = written.unwrap_or(&planned);
        let uploads = EVIDENCE
            .parse()
            .map(|name| sync_asset(&self.seen.release, self.release, &name, file))
            .unwrap_or_default();
        let is_upload = |action: &Action| matches!(action, Action::UploadAsset { .. });
        // A file is read before it is uploaded: only then its full path is known.
        let missing = if written.is_none() && uploads.iter().any(is_upload) {
            vec![Action::WriteFile {
                to: planned.path.clone(),
                bytes,
            }]
        } else {
            uploads
        };
        let text = with_table(
            Mark::strip(&self.release.body),
            &self.inputs.artifacts,
            planned.digest,
        );
        Evidence {
            missing,
            body: self.mark.put(&text),
        }
    }

    /// The evidence, or that of an earlier process if it describes the release equally.
    fn statement(&self) -> Statement {
        let inputs = self.inputs;
        let records = |wanted: &dyn Fn(&SeenCheck) -> bool| {
            let checks = self.seen.release.checks.iter();
            checks.filter(|check| wanted(check)).map(record).collect()
        };
        let is_required =
            |check: &SeenCheck| inputs.checks.iter().any(|c| c.name.matches(&check.name));
        let is_builder = |check: &SeenCheck| inputs.builders.iter().any(|b| b.matches(&check.name));
        let first = &self.seen.first;
        let answers = first.answers.iter().map(|answer| AnsweredRequest {
            request: answer.request.clone(),
            status: answer.status,
            id: answer.id.clone(),
        });
        let jobs = inputs.jobs.as_ref();
        let statement = Statement::new(Predicate {
            plan: self.plan.clone(),
            artifacts: inputs.artifacts.clone(),
            jobs: jobs.map_or_else(BTreeMap::new, |jobs| jobs.iter().collect()),
            verdicts: records(&|check| Verdict::leg(&check.name).is_some()),
            checks: records(&is_required),
            builders: records(&is_builder),
            drafted_at: self.release.created_at.clone(),
            publisher: format!("btp-release {}", env!("CARGO_PKG_VERSION")),
            requests: answers.collect(),
        });
        match &first.evidence {
            Some(left) if left.says_the_same(&statement) => left.clone(),
            _ => statement,
        }
    }
}

fn record(check: &SeenCheck) -> Record {
    Record {
        name: check.name.clone(),
        state: check.state.to_string(),
        description: check.description.clone(),
        url: check.url.clone(),
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
        // Writing to memory cannot fail.
        let _ = writeln!(table, "{}", row(&name, artifact.digest()));
    }
    let _ = writeln!(table, "{}", row(EVIDENCE, evidence));
    table
}
