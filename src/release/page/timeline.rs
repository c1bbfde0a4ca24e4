//! When what happened, as far as the evidence and the jobs of the run tell.

use super::ReleasePage;
use super::format::seconds;
use crate::plan::{Artifact, Record, Verdict};

/// A line of the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TimelineRow {
    pub(super) group: Group,
    pub(super) name: String,
    pub(super) kind: RowKind,
    /// In seconds since 1970.
    pub(super) began: u64,
    /// Never before it began.
    pub(super) ended: u64,
}

/// The parts of a release, in the order in which they begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    Draft,
    Jobs,
    Builds,
    Artifacts,
    Tests,
    Checks,
}

/// What a line shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RowKind {
    /// Something that happened at one moment.
    Moment,
    /// Somebody waited, until it was there.
    Wait,
    /// It ran, and ended with this result.
    Run(String),
}

impl Group {
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Draft => "Draft",
            Self::Jobs => "Jobs of the run",
            Self::Builds => "Builds",
            Self::Artifacts => "Waiting for artifacts",
            Self::Tests => "Tests",
            Self::Checks => "Checks",
        }
    }
}

impl TimelineRow {
    /// Seconds.
    pub(super) fn took(&self) -> u64 {
        self.ended.saturating_sub(self.began)
    }

    /// Whether it ran and did not succeed.
    pub(super) fn has_failed(&self) -> bool {
        matches!(&self.kind, RowKind::Run(result) if is_failure(result))
    }
}

/// Whether a result is neither a success nor one that says nothing.
pub(super) fn is_failure(result: &str) -> bool {
    !matches!(result, "success" | "neutral" | "skipped" | "pending")
}

/// When the last artifact was there, in seconds since 1970.
pub(super) fn all_there(page: &ReleasePage<'_>) -> Option<u64> {
    let artifacts = page.predicate.artifacts.0.values();
    artifacts.filter_map(Artifact::ready_at).max()
}

/// All whose times are known.
pub(super) fn rows(page: &ReleasePage<'_>) -> Vec<TimelineRow> {
    let predicate = page.predicate;
    let mut rows = Vec::new();
    rows.extend(seconds(&predicate.drafted_at).map(|at| TimelineRow {
        group: Group::Draft,
        name: "the draft was made".to_owned(),
        kind: RowKind::Moment,
        began: at,
        ended: at,
    }));
    rows.extend(page.jobs.iter().filter_map(|job| {
        let result = job.conclusion.as_deref().filter(|r| *r != "skipped")?;
        let times = job.times.began.zip(job.times.ended);
        Some(run(Group::Jobs, &job.name, result, times?))
    }));
    rows.extend(records(&predicate.builders, Group::Builds, None));
    let artifacts = predicate.artifacts.0.iter();
    let mut waits: Vec<_> = artifacts
        .filter_map(|(name, artifact)| wait(name, artifact))
        .collect();
    waits.sort_by_key(|row| row.ended);
    rows.extend(waits);
    // A leg begins its tests when it has all artifacts, and records its verdict at their end.
    rows.extend(records(&predicate.verdicts, Group::Tests, all_there(page)));
    rows.extend(records(&predicate.checks, Group::Checks, None));
    rows
}

fn wait(name: &str, artifact: &Artifact) -> Option<TimelineRow> {
    let ended = artifact.ready_at()?;
    Some(TimelineRow {
        group: Group::Artifacts,
        name: name.to_owned(),
        kind: RowKind::Wait,
        began: ended.saturating_sub(artifact.waited()),
        ended,
    })
}

/// Those that have ended; one whose begin is not known began `otherwise`.
fn records(
    records: &[Record],
    group: Group,
    otherwise: Option<u64>,
) -> impl Iterator<Item = TimelineRow> + '_ {
    records.iter().filter_map(move |record| {
        let ended = record.ended?;
        let began = record.began.or(otherwise)?;
        let name = Verdict::leg(&record.name).unwrap_or(&record.name);
        Some(run(group, name, &record.state, (began, ended)))
    })
}

fn run(group: Group, name: &str, result: &str, (began, ended): (u64, u64)) -> TimelineRow {
    TimelineRow {
        group,
        name: name.to_owned(),
        kind: RowKind::Run(result.to_owned()),
        began: began.min(ended),
        ended,
    }
}
