//! What is published with the release: the evidence as an asset, and the table of artifacts in the release's text.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use super::{Candidate, EVIDENCE};
use crate::domain::{Digest, PROGRAM_VERSION};
use crate::plan::{
    AnsweredRequest, Artifact, Artifacts, Mark, NotesSource, Predicate, REPORT, Record, Statement,
    Verdict,
};
use crate::protocol::Action;
use crate::protocol::{LocalFile, SeenCheck};
use crate::release::asset_sync::{room, sync_asset};
use crate::release::references::{row, row_of_many};

/// The evidence of a draft that may be published.
pub(super) struct Evidence {
    /// What is still to be done until the release has it as an asset.
    pub(super) missing: Vec<Action>,
    /// The text that the release is published with.
    pub(super) body: String,
}

impl Candidate<'_> {
    pub(super) fn evidence(&self) -> Evidence {
        let (statement, report) = self.final_statement();
        let bytes = statement.to_bytes();
        let digest = Digest::of(&bytes);
        // The evidence comes last: it names the report.
        let report = report.map(|bytes| (REPORT, bytes, self.seen.written_report.as_ref()));
        let evidence = (EVIDENCE, bytes, self.seen.written.as_ref());
        let (mut writes, mut uploads) = (vec![], vec![]);
        let own = self.plan.wanted.own_assets().iter().copied();
        let with_report = report.as_ref().map(|_| REPORT);
        let mut room = room(self.release, own.chain(with_report));
        for (name, bytes, written) in report.into_iter().chain([evidence]) {
            let (write, upload) = self.generated(name, bytes, written, &mut room);
            writes.extend(write);
            uploads.extend(upload);
        }
        let text = with_table(
            Mark::strip(&self.release.body),
            &statement.predicate.artifacts,
            digest,
        );
        Evidence {
            missing: if writes.is_empty() { uploads } else { writes },
            body: self.mark.put(&text),
        }
    }

    /// The statement of the evidence that is published, and the report that it names, if there is to be one.
    pub(super) fn final_statement(&self) -> (Statement, Option<Vec<u8>>) {
        self.with_report(self.statement())
    }

    /// What is still to be done for a file that is made here: it is written, read, and only then uploaded, since only then its full
    /// path is known.
    pub(super) fn generated(
        &self,
        name: &str,
        bytes: Vec<u8>,
        written: Option<&LocalFile>,
        room: &mut usize,
    ) -> (Option<Action>, Vec<Action>) {
        let planned = LocalFile {
            path: PathBuf::from(name),
            size: bytes.len() as u64,
            digest: Digest::of(&bytes),
        };
        let written = written.filter(|file| file.digest == planned.digest);
        let file = written.unwrap_or(&planned);
        let uploads = name
            .parse()
            .map(|name| sync_asset(&self.seen.release, self.release, &name, file, room))
            .unwrap_or_default();
        let is_upload = |action: &Action| matches!(action, Action::UploadAsset { .. });
        let write = written.is_none() && uploads.iter().any(is_upload);
        let write = write.then(|| Action::WriteFile {
            to: planned.path.clone(),
            bytes: bytes.into(),
        });
        (write, uploads)
    }

    /// The evidence without the report, or that of an earlier process if it describes the release equally.
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
        // A signed release has them in a file of their own.
        let answers = answers.filter(|_| self.plan.wanted.signing.is_none());
        let jobs = inputs.jobs.as_ref();
        let statement = Statement::new(Predicate {
            plan: self.plan.clone(),
            artifacts: self.named_in_evidence(),
            jobs: jobs.map_or_else(BTreeMap::new, |jobs| jobs.iter().collect()),
            verdicts: records(&|check| Verdict::leg(&check.name).is_some()),
            checks: records(&is_required),
            builders: records(&is_builder),
            drafted_at: self.release.created_at.clone(),
            publisher: format!("btp-release {PROGRAM_VERSION}"),
            requests: answers.collect(),
        });
        let left = first.evidence.as_ref();
        let left = left.filter(|left| match self.inputs.report {
            Some(_) => left.says_the_same_without_report(&statement),
            None => left.says_the_same(&statement),
        });
        left.cloned().unwrap_or(statement)
    }
}

fn record(check: &SeenCheck) -> Record {
    Record {
        name: check.name.clone(),
        state: check.state.to_string(),
        description: check.description.clone(),
        url: check.url.clone(),
        began: check.times.began,
        ended: check.times.ended,
    }
}

const TABLE: &str = "<!-- artifacts -->";

/// The text with a table of artifacts at its end, in place of one from an earlier run. Where GitHub would refuse so long a text,
/// the table has only the evidence, which names them all by digest.
fn with_table(text: &str, artifacts: &Artifacts, evidence: Digest) -> String {
    let text = text
        .split_once(TABLE)
        .map_or(text, |(before, _)| before)
        .trim_end();
    if artifacts.0.is_empty() {
        return text.to_owned();
    }
    let rows = artifacts.0.iter().map(|(name, artifact)| {
        let name = match artifact {
            Artifact::Asset { .. } => name.clone(),
            Artifact::Image { tagged, .. } => tagged.to_string(),
        };
        row(&name, artifact.digest())
    });
    let long = table(text, rows, evidence);
    if long.chars().count() <= NotesSource::MAX_CHARS + NotesSource::EVIDENCE_CHARS {
        return long;
    }
    table(text, [row_of_many(artifacts.0.len())], evidence)
}

fn table(text: &str, rows: impl IntoIterator<Item = String>, evidence: Digest) -> String {
    let mut table = format!("{text}\n\n{TABLE}\n| artifact | digest |\n|---|---|\n");
    for row in rows.into_iter().chain([row(EVIDENCE, evidence)]) {
        // Writing to memory cannot fail.
        let _ = writeln!(table, "{row}");
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assets(count: usize) -> Artifacts {
        let asset = |n| {
            let artifact = Artifact::Asset {
                digest: Digest::of(b"x"),
                size: 1,
                waited: 0,
                ready_at: None,
            };
            (
                format!("an-asset-with-a-name-of-usual-length-{n}.tar.gz"),
                artifact,
            )
        };
        (0..count).map(asset).collect::<BTreeMap<_, _>>().into()
    }

    #[test]
    fn table_of_many_artifacts_fits_into_the_text_of_a_release() {
        let evidence = Digest::of(b"evidence");
        let most = NotesSource::MAX_CHARS + NotesSource::EVIDENCE_CHARS;
        for (notes, count, complete) in [
            (100, 3, true),
            (100, 900, true),
            (100, 999, false),
            (NotesSource::MAX_CHARS, 3, false),
        ] {
            let notes = "é".repeat(notes);
            let text = with_table(&notes, &assets(count), evidence);
            assert!(text.chars().count() <= most);
            assert!(text.starts_with(&notes));
            assert!(text.ends_with(&format!("{}\n", row(EVIDENCE, evidence))));
            assert_eq!(text.contains(&row_of_many(count)), !complete, "{count}");
            // A later run puts its own table in place of it.
            assert_eq!(with_table(&text, &assets(count), evidence), text);
        }
    }
}
