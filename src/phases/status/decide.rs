//! Decides what is said of a release, from what was read.

use super::answer::{
    CheckEntry, LegEntry, LockEntry, ReleaseEntry, StatusAnswer, VerifiedEntry, in_json,
};
use super::artifacts::{StatusArtifact, artifacts, digest_of_all, ready};
use super::missing::{ForMissing, missing};
use super::see::StatusSeen;
use super::state::{ReleaseState, tag_comes_later};
use super::{ExpectedRelease, LegsJudge, StatusOptions};
use crate::domain::{Diagnostic, NamePattern};
use crate::plan::{Record, Verdict};
use crate::protocol::{CheckRole, KnownCheck, ReleaseFacts, SeenCheck};
use crate::release::builder_checks::matching;
use crate::release::references::{duplicates, our_release, tag_elsewhere};

/// The whole answer; `summary` is the sentence of the report.
pub(super) fn answer(
    options: &StatusOptions,
    judge: &LegsJudge,
    seen: &StatusSeen,
    summary: &str,
) -> StatusAnswer {
    let state = if seen.drafts_are_hidden {
        ReleaseState::Unknown
    } else {
        ReleaseState::of(&seen.release)
    };
    let (repository, tag) = (options.repository.to_string(), options.tag.to_string());
    let mut answer = StatusAnswer::of_state(state, summary.to_owned(), repository, tag);
    let mut not_known = seen.not_known.clone();
    if let Some((files, component)) = &seen.submission {
        let (entry, unread) = files.entry(component, &options.version);
        answer.submission = Some(entry);
        not_known.extend(unread);
    }
    answer.not_known = in_json(&not_known);
    answer.tag.commit = seen.release.tag.as_ref().map(ToString::to_string);
    answer.tag.created_by_publishing = seen.release.tag.is_none() && tag_comes_later(&seen.release);
    let lock = seen.lock.as_ref();
    answer.lock = lock.map(|lock| LockEntry::of(lock, seen.owner_ended));
    answer.verified = verified(seen);
    answer.findings = in_json(&findings(options, seen, state));
    let artifacts = artifacts(seen);
    let of_all = digest_of_all(&artifacts);
    answer.artifacts_digest = of_all.map(|digest| digest.to_string());
    answer.artifacts = artifacts.iter().map(StatusArtifact::entry).collect();
    if let ([release], Some((_, from))) = (seen.release.releases.as_slice(), &seen.plan) {
        answer.release = Some(ReleaseEntry::of(release, seen.mark.as_ref()));
        answer.expected_from = *from;
    }
    let evidence = seen
        .evidence
        .as_ref()
        .filter(|_| seen.release.is_published());
    if let Some(evidence) = evidence {
        let told = &evidence.predicate;
        answer.builders = told.builders.iter().map(CheckEntry::of_record).collect();
        answer.checks = told.checks.iter().map(CheckEntry::of_record).collect();
        answer.legs = told.verdicts.iter().map(LegEntry::of_record).collect();
    } else if state == ReleaseState::Draft {
        let checks = &seen.release.checks;
        answer.builders = check_entries(options.builders.iter(), checks);
        answer.checks = check_entries(options.checks.iter().map(|it| &it.name), checks);
        answer.legs = legs(options, checks);
    }
    answer.missing = missing(
        state,
        &ForMissing {
            options,
            seen,
            artifacts: &artifacts,
            of_all,
            judge,
        },
    );
    answer
}

/// What the job summary shows.
pub(super) fn add_facts(facts: &mut ReleaseFacts, options: &StatusOptions, seen: &StatusSeen) {
    if let (Some((plan, _)), Some(_)) = (&seen.plan, &seen.mark) {
        facts.plan = Some(Box::new(plan.clone()));
        facts.artifacts = ready(&artifacts(seen));
    }
    let checks = seen.release.checks.iter();
    facts.checks = checks
        .flat_map(|check| {
            let name = check.name.as_str();
            let leg = Verdict::leg(name).map(|leg| (CheckRole::Leg, leg));
            let builder = options.builders.iter().any(|it| it.matches(name));
            let required = options.checks.iter().any(|it| it.name.matches(name));
            [
                builder.then_some((CheckRole::Builder, name)),
                leg,
                required.then_some((CheckRole::Required, name)),
            ]
            .into_iter()
            .flatten()
            .map(|(role, name)| KnownCheck::new(role, name, check))
            .collect::<Vec<_>>()
        })
        .collect();
}

/// What contradicts the release: what a later phase would refuse it for, whatever is built.
fn findings(options: &StatusOptions, seen: &StatusSeen, state: ReleaseState) -> Vec<Diagnostic> {
    let releases = seen.release.releases.as_slice();
    let mut findings = Vec::new();
    match (&seen.plan, &options.expected, state) {
        (_, _, ReleaseState::Several) => findings.push(duplicates(&options.tag, releases)),
        (Some((plan, _)), ExpectedRelease::Plan(_), _)
        | (Some((plan, _)), _, ReleaseState::ForeignDraft | ReleaseState::ForeignPublished) => {
            findings.extend(our_release(plan, releases).err());
        }
        _ => {}
    }
    if let (Some((plan, _)), Some(mark), Some(at)) = (&seen.plan, &seen.mark, &seen.release.tag)
        && mark.commit != *at
        && state == ReleaseState::Draft
    {
        findings.push(tag_elsewhere(&plan.wanted, at, releases));
    }
    findings
}

fn verified(seen: &StatusSeen) -> Option<VerifiedEntry> {
    let verified = seen.verified.as_ref()?;
    Some(VerifiedEntry {
        as_published: verified.summary.is_some(),
        summary: match (&verified.summary, verified.findings.len()) {
            (Some(summary), _) => summary.clone(),
            (None, 1) => "1 thing is not as it was published".into(),
            (None, many) => format!("{many} things are not as they were published"),
        },
        findings: in_json(&verified.findings),
    })
}

/// One entry for each check of these names and patterns, or that there is none.
fn check_entries<'a>(
    patterns: impl Iterator<Item = &'a NamePattern>,
    checks: &[SeenCheck],
) -> Vec<CheckEntry> {
    let mut entries: Vec<CheckEntry> = Vec::new();
    for pattern in patterns {
        let mut found = matching(pattern, checks).map(CheckEntry::of).peekable();
        if found.peek().is_none() {
            entries.push(CheckEntry::not_started(&pattern.to_string()));
        }
        for entry in found {
            if entries.iter().all(|known| known.name != entry.name) {
                entries.push(entry);
            }
        }
    }
    entries
}

/// The legs that have recorded a verdict, and those that were named and have not.
fn legs(options: &StatusOptions, checks: &[SeenCheck]) -> Vec<LegEntry> {
    let mut legs: Vec<_> = checks.iter().filter_map(LegEntry::of).collect();
    for name in &options.legs {
        if legs.iter().all(|leg| leg.name != *name) {
            legs.push(LegEntry::without_verdict(name));
        }
    }
    legs.sort_by(|one, other| one.name.cmp(&other.name));
    legs
}

impl CheckEntry {
    fn of(check: &SeenCheck) -> Self {
        Self {
            name: check.name.clone(),
            state: check.state.to_string(),
            url: check.url.clone(),
        }
    }

    fn of_record(record: &Record) -> Self {
        Self {
            name: record.name.clone(),
            state: record.state.clone(),
            url: record.url.clone(),
        }
    }

    fn not_started(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            state: "not-started".to_owned(),
            url: None,
        }
    }
}

impl LegEntry {
    /// `None` for another check than a leg's.
    fn of(check: &SeenCheck) -> Option<Self> {
        let name = Verdict::leg(&check.name)?;
        let state = check.state.to_string();
        let url = check.url.clone();
        Some(Self::new(name, state, check.description.as_deref(), url))
    }

    fn of_record(record: &Record) -> Self {
        let name = Verdict::leg(&record.name).unwrap_or(&record.name);
        let description = record.description.as_deref();
        Self::new(name, record.state.clone(), description, record.url.clone())
    }

    fn without_verdict(name: &str) -> Self {
        Self::new(name, "none".to_owned(), None, None)
    }

    fn new(name: &str, state: String, description: Option<&str>, url: Option<String>) -> Self {
        let verdict = description.and_then(Verdict::read);
        Self {
            name: name.to_owned(),
            state,
            run: verdict.as_ref().map(|verdict| verdict.run.clone()),
            artifacts: verdict.map(|verdict| verdict.artifacts.to_string()),
            url,
        }
    }
}
