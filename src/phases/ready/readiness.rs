//! Whether something can be released, worked out from what was read; and the same as JSON.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use super::ReadyOptions;
use super::versions::PossibleVersion;
use crate::domain::{Code, CommitSha, Diagnostic, Finding, RepoSlug, Tag};
use crate::protocol::{CheckState, SeenCheck, SeenPull};
use crate::release::changes::Changes;
use crate::release::required_checks::{check_required, not_green};

/// The form of the JSON, which names it.
const SCHEMA: &str = "btp-release-ready/1";
/// The most pull requests that the JSON lists, the newest: an output of a step may have 1 MB.
const MOST_PULLS: usize = 500;

/// Everything that was read.
pub(super) struct SeenForReadiness {
    pub(super) head: SeenHead,
    /// The last release of the branch, by the order of versions.
    pub(super) last_release: Option<Tag>,
    /// The release from which the changes are counted.
    pub(super) previous: Option<Tag>,
    /// `None` where they are not known.
    pub(super) changes: Option<Changes>,
    /// `None` where they are not known.
    pub(super) checks: Option<Vec<SeenCheck>>,
    pub(super) versions: Vec<Judged>,
    pub(super) may_push: Option<bool>,
    /// What the token may not read.
    pub(super) not_known: Vec<Diagnostic>,
}

/// The head of the branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SeenHead {
    pub(super) branch: String,
    pub(super) commit: CommitSha,
}

/// A version, and what `plan` said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Judged {
    pub(super) candidate: PossibleVersion,
    /// Without those of all versions.
    pub(super) findings: Vec<Diagnostic>,
    pub(super) warnings: Vec<Diagnostic>,
}

impl Judged {
    pub(super) fn is_allowed(&self) -> bool {
        self.findings.is_empty()
    }
}

/// The answer in one word, as the output `state` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReadyState {
    Ready,
    NotReady,
    /// Nothing is in the way of what could be read.
    Unknown,
}

impl fmt::Display for ReadyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ready => "ready",
            Self::NotReady => "not-ready",
            Self::Unknown => "unknown",
        })
    }
}

/// How many checks there are at the head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct CheckCounts {
    pub(super) succeeded: usize,
    pub(super) failed: usize,
    pub(super) pending: usize,
    /// Skipped or neutral.
    pub(super) other: usize,
}

impl CheckCounts {
    fn of(checks: &[SeenCheck]) -> Self {
        let mut counts = Self::default();
        for check in checks {
            *match check.state {
                CheckState::Success => &mut counts.succeeded,
                CheckState::Failure => &mut counts.failed,
                CheckState::Pending => &mut counts.pending,
                CheckState::Neutral | CheckState::Skipped => &mut counts.other,
            } += 1;
        }
        counts
    }
}

/// The whole answer.
pub(super) struct Readiness {
    pub(super) repository: RepoSlug,
    pub(super) head: SeenHead,
    pub(super) last_release: Option<Tag>,
    pub(super) previous: Option<Tag>,
    pub(super) changes: Option<Changes>,
    pub(super) checks: Option<CheckCounts>,
    pub(super) versions: Vec<Judged>,
    /// What is in the way of every version.
    pub(super) findings: Vec<Diagnostic>,
    /// In place of those of all versions.
    no_milestone: Option<Diagnostic>,
    pub(super) not_known: Vec<Diagnostic>,
    /// What a reader of the answer has to know about it.
    pub(super) notes: Vec<&'static str>,
}

impl Readiness {
    pub(super) fn of(seen: SeenForReadiness, options: &ReadyOptions) -> Self {
        let mut versions = seen.versions;
        for version in &mut versions {
            // Who asks need not be who releases.
            version.findings.retain(|it| it.code != Code::TokenReadOnly);
        }
        let first = versions.first().map(|version| version.findings.clone());
        let mut findings = first.unwrap_or_default();
        findings.retain(|it| versions.iter().all(|version| version.findings.contains(it)));
        for version in &mut versions {
            version.findings.retain(|it| !findings.contains(it));
        }
        let no_milestone = no_milestone(&versions, options);
        let checks = seen.checks.as_deref();
        findings.extend(checks.map_or_else(Vec::new, |checks| {
            not_passed(checks, options, &seen.head.commit)
        }));
        let mut notes = Vec::new();
        if seen.may_push == Some(false) {
            notes.push(READ_ONLY);
        }
        Self {
            repository: options.repository.clone(),
            last_release: seen.last_release,
            previous: seen.previous,
            changes: seen.changes,
            checks: checks.map(CheckCounts::of),
            head: seen.head,
            no_milestone,
            versions,
            findings,
            not_known: seen.not_known,
            notes,
        }
    }

    pub(super) fn state(&self) -> ReadyState {
        let is_possible = self.versions.iter().any(Judged::is_allowed);
        match (
            is_possible && self.findings.is_empty(),
            self.not_known.is_empty(),
        ) {
            (false, _) => ReadyState::NotReady,
            (true, false) => ReadyState::Unknown,
            (true, true) => ReadyState::Ready,
        }
    }

    /// All that prevents a release: what is in the way of one version matters if no other one is possible.
    pub(super) fn in_the_way(&self) -> Vec<&Diagnostic> {
        let is_possible = self.versions.iter().any(Judged::is_allowed);
        let of_versions = self.versions.iter().flat_map(|version| &version.findings);
        let of_versions = of_versions
            .filter(|finding| self.no_milestone.is_none() || !is_no_milestone(finding))
            .chain(&self.no_milestone)
            .filter(|_| !is_possible);
        self.findings.iter().chain(of_versions).collect()
    }

    /// A sentence without its full stop.
    pub(super) fn summary(&self) -> String {
        let SeenHead { branch, commit } = &self.head;
        let head = format!("{branch} at {}", commit.short());
        let allowed = self.versions.iter().filter(|version| version.is_allowed());
        let allowed: Vec<_> = allowed.map(|it| it.candidate.tag.as_str()).collect();
        let versions = match allowed.as_slice() {
            [] => String::new(),
            [one] => (*one).to_owned(),
            [several @ .., last] => format!("{} or {last}", several.join(", ")),
        };
        match self.state() {
            ReadyState::Ready => format!("{head} can be released as {versions}"),
            ReadyState::Unknown => {
                format!("{head} can be released as {versions}, as far as the token may read")
            }
            ReadyState::NotReady => match self.in_the_way().len() {
                1 => format!("{head} cannot be released: there is 1 reason"),
                many => format!("{head} cannot be released: there are {many} reasons"),
            },
        }
    }

    /// The people who made the commits.
    pub(super) fn authors(changes: &Changes) -> usize {
        let authors = changes.commits.iter().flat_map(|commit| &commit.authors);
        let names = authors.map(|author| author.login.as_ref().unwrap_or(&author.name));
        names.collect::<BTreeSet<_>>().len()
    }

    pub(super) fn to_json(&self, page: &str) -> String {
        let findings = |all: &[Diagnostic]| -> Vec<Finding> {
            all.iter().map(|one| Finding::of(one, usize::MAX)).collect()
        };
        let versions = self.versions.iter().map(|version| JsonVersion {
            version: version.candidate.version.to_string(),
            tag: version.candidate.tag.to_string(),
            kind: version.candidate.kind,
            allowed: version.is_allowed() && self.findings.is_empty(),
            findings: findings(&version.findings),
            warnings: findings(&version.warnings),
        });
        let changes = self.changes.as_ref().map(|changes| JsonChanges {
            since: self.previous.as_ref().map(Tag::as_str),
            commits: changes.commits.len(),
            authors: Self::authors(changes),
            complete: changes.is_complete,
            pull_requests: changes.pulls.len(),
            newest: changes
                .pulls
                .iter()
                .rev()
                .take(MOST_PULLS)
                .map(|pull| JsonPull::of(pull, page))
                .collect(),
        });
        let json = JsonReadiness {
            schema: SCHEMA,
            state: self.state().to_string(),
            summary: self.summary(),
            repository: self.repository.to_string(),
            branch: &self.head.branch,
            commit: self.head.commit.as_str(),
            last_release: self.last_release.as_ref().map(Tag::as_str),
            next_versions: versions.collect(),
            findings: findings(&self.findings),
            not_known: findings(&self.not_known),
            notes: &self.notes,
            checks: self.checks,
            changes,
        };
        // Serialising plain values into memory has no way to fail.
        serde_json::to_string(&json).unwrap_or_default()
    }
}

const READ_ONLY: &str = "the token may not write: drafts are not visible to it, and what the token of a release may do was not checked";

fn is_no_milestone(finding: &Diagnostic) -> bool {
    finding.code == Code::MilestoneMissing
}

/// One finding where no version that may come next has a milestone: one of them is missing, and not all.
fn no_milestone(versions: &[Judged], options: &ReadyOptions) -> Option<Diagnostic> {
    let has_none = |version: &Judged| version.findings.iter().any(is_no_milestone);
    if versions.len() < 2 || !versions.iter().all(has_none) {
        return None;
    }
    let names = versions.iter().map(|it| it.candidate.version.to_string());
    let names: Vec<_> = names.collect();
    Some(Diagnostic::error(
        Code::MilestoneMissing,
        format!(
            "{} has no milestone for any of the next versions: {}",
            options.repository,
            names.join(", ")
        ),
        format!(
            "create the one of the version that comes next at {}/milestones/new, or leave `milestone` out",
            options.page
        ),
    ))
}

/// The checks of the head that are red, or not over.
fn not_passed(checks: &[SeenCheck], options: &ReadyOptions, commit: &CommitSha) -> Vec<Diagnostic> {
    let is_bad =
        |check: &&SeenCheck| matches!(check.state, CheckState::Failure | CheckState::Pending);
    if options.checks.is_empty() {
        let bad = checks.iter().filter(is_bad);
        return bad.map(|check| not_green(check, commit)).collect();
    }
    let required = options.checks.iter();
    required
        .flat_map(|required| check_required(required, checks, commit))
        .collect()
}

#[derive(Serialize)]
struct JsonReadiness<'a> {
    schema: &'static str,
    state: String,
    summary: String,
    repository: String,
    branch: &'a str,
    commit: &'a str,
    last_release: Option<&'a str>,
    next_versions: Vec<JsonVersion>,
    findings: Vec<Finding>,
    not_known: Vec<Finding>,
    notes: &'a [&'static str],
    checks: Option<CheckCounts>,
    changes: Option<JsonChanges<'a>>,
}

#[derive(Serialize)]
struct JsonVersion {
    version: String,
    tag: String,
    kind: &'static str,
    allowed: bool,
    findings: Vec<Finding>,
    warnings: Vec<Finding>,
}

#[derive(Serialize)]
struct JsonChanges<'a> {
    since: Option<&'a str>,
    commits: usize,
    authors: usize,
    complete: bool,
    pull_requests: usize,
    newest: Vec<JsonPull<'a>>,
}

#[derive(Serialize)]
struct JsonPull<'a> {
    number: u64,
    title: &'a str,
    author: Option<&'a str>,
    labels: &'a [String],
    url: String,
}

impl<'a> JsonPull<'a> {
    fn of(pull: &'a SeenPull, page: &str) -> Self {
        Self {
            number: pull.number,
            title: &pull.title,
            author: pull.login.as_deref(),
            labels: &pull.labels,
            url: format!("{page}/pull/{}", pull.number),
        }
    }
}
