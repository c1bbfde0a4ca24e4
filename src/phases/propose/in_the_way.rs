//! What keeps an open pull request from being merged.

use std::collections::BTreeSet;

use super::options::MergeMode;
use crate::protocol::{
    CheckState, MOST_CHECKS, MergeStatus, Mergeable, ReviewState, SeenMergeState, SeenPullCheck,
};

/// How many checks are named.
const MOST_NAMED: usize = 10;

/// One thing that keeps a pull request from being merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum InTheWay {
    /// GitHub works it out.
    Unknown,
    Draft,
    Queued(String),
    Running(Vec<String>),
    /// Checks that a rule requires, and that are not among those of the head.
    NotBegun(Vec<String>),
    Failed(Vec<String>),
    ReviewMissing,
    ChangesRequested,
    Conflict,
    Behind,
    /// By a rule that none of the above explains.
    Rule,
}

impl InTheWay {
    /// The line of a wait, after the number of the pull request.
    pub(super) fn line(&self) -> String {
        match self {
            Self::Unknown => "GitHub works out whether it can be merged".to_owned(),
            Self::Draft => "a draft, which somebody has to mark as ready for review".to_owned(),
            Self::Queued(place) => format!("in the merge queue, {place}"),
            Self::Running(names) => format!("checks are not over: {}", named(names)),
            Self::NotBegun(names) => format!("required checks have not begun: {}", named(names)),
            Self::Failed(names) => format!("checks failed: {}", named(names)),
            Self::ReviewMissing => "a review is missing, not counted".to_owned(),
            Self::ChangesRequested => "changes were requested, not counted".to_owned(),
            Self::Conflict => "conflicts with its base branch".to_owned(),
            Self::Behind => "behind its base branch".to_owned(),
            Self::Rule => "blocked by a rule of its base branch".to_owned(),
        }
    }

    /// Whether a person has to decide.
    pub(super) fn is_for_a_person(&self) -> bool {
        matches!(
            self,
            Self::Draft | Self::ReviewMissing | Self::ChangesRequested
        )
    }
}

/// The first of these names.
pub(super) fn named(names: &[String]) -> String {
    let shown: Vec<_> = names.iter().take(MOST_NAMED).map(String::as_str).collect();
    match names.len().saturating_sub(MOST_NAMED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// All that is in the way of a merge. Where no rule requires a check, all of them count for a merge of our own. The checks that the
/// base branch requires are known only where something blocks the merge.
pub(super) fn in_the_way(
    seen: &SeenMergeState,
    mode: MergeMode,
    required: Option<&BTreeSet<String>>,
) -> Vec<InTheWay> {
    if let Some(place) = &seen.queue {
        let state = place.state.to_lowercase().replace('_', " ");
        return vec![InTheWay::Queued(format!(
            "at position {}, {state}",
            place.position
        ))];
    }
    let mut found = Vec::new();
    if seen.is_draft || seen.status == MergeStatus::Draft {
        found.push(InTheWay::Draft);
    }
    let is_any_required = seen.checks.iter().any(|check| check.is_required);
    let counts =
        |check: &&SeenPullCheck| check.is_required || !is_any_required && mode == MergeMode::Squash;
    let names = |state: CheckState| -> Vec<String> {
        let checks = seen.checks.iter().filter(counts);
        let checks = checks.filter(|check| check.state == state);
        checks.map(|check| check.name.clone()).collect()
    };
    let (failed, running) = (names(CheckState::Failure), names(CheckState::Pending));
    if !failed.is_empty() {
        found.push(InTheWay::Failed(failed));
    }
    if !running.is_empty() {
        found.push(InTheWay::Running(running));
    }
    let not_begun = not_begun(seen, required);
    if !not_begun.is_empty() {
        found.push(InTheWay::NotBegun(not_begun));
    }
    match seen.review {
        ReviewState::ChangesRequested => found.push(InTheWay::ChangesRequested),
        ReviewState::Required => found.push(InTheWay::ReviewMissing),
        ReviewState::NotRequired | ReviewState::Approved => {}
    }
    match (seen.mergeable, seen.status) {
        (Mergeable::Conflicting, _) | (_, MergeStatus::Dirty) => found.push(InTheWay::Conflict),
        (_, MergeStatus::Behind) => found.push(InTheWay::Behind),
        (_, MergeStatus::Blocked) if found.is_empty() => found.push(InTheWay::Rule),
        (Mergeable::Unknown, _) | (_, MergeStatus::Unknown) if found.is_empty() => {
            found.push(InTheWay::Unknown);
        }
        _ => {}
    }
    found
}

/// The required checks that the head does not have. Beyond the checks that are listed, nothing is known.
fn not_begun(seen: &SeenMergeState, required: Option<&BTreeSet<String>>) -> Vec<String> {
    if seen.status != MergeStatus::Blocked || seen.checks.len() >= MOST_CHECKS {
        return Vec::new();
    }
    let has_begun = |name: &String| seen.checks.iter().any(|check| check.name == *name);
    let required = required.into_iter().flatten();
    required.filter(|name| !has_begun(name)).cloned().collect()
}
