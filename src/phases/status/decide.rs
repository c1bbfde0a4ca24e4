//! Decides what is said of a release, from what was read.

use std::collections::BTreeMap;

use super::answer::{
    ArtifactEntry, ArtifactKind, CheckEntry, LegEntry, LockEntry, ReleaseEntry, StatusAnswer,
    VerifiedEntry, in_json,
};
use super::missing::{ForMissing, missing};
use super::see::StatusSeen;
use super::state::{ReleaseState, tag_comes_later};
use super::{ExpectedRelease, LegsJudge, StatusOptions};
use crate::domain::{Diagnostic, Digest, ImageRef, NamePattern};
use crate::plan::{Artifact, Artifacts, Awaited, Record, ReleasePlan, Verdict};
use crate::protocol::{CheckRole, KnownCheck, ReleaseFacts, SeenCheck};
use crate::release::artifact_state::{self, ArtifactState};
use crate::release::builder_checks::matching;
use crate::release::image_check::ImageOrigin;
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
    answer.not_known = in_json(&seen.not_known);
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

/// An artifact that the release needs, and how far it is.
pub(super) struct StatusArtifact {
    pub(super) awaited: Awaited,
    pub(super) state: Result<ArtifactState, String>,
}

impl StatusArtifact {
    /// `asset a` or `image r.example/a:1`.
    pub(super) fn subject(&self) -> String {
        match &self.awaited {
            Awaited::Asset(asset) => format!("asset {asset}"),
            Awaited::Image { image, .. } => format!("image {image}"),
        }
    }

    fn entry(&self) -> ArtifactEntry {
        let (word, why, digest) = match &self.state {
            Ok(ArtifactState::Ready(artifact)) => ("ready", String::new(), Some(artifact.digest())),
            Ok(state) => (state.word(), state.why(), None),
            Err(why) => ("unknown", why.clone(), None),
        };
        let (kind, image) = match &self.awaited {
            Awaited::Asset(_) => (ArtifactKind::Asset, None),
            Awaited::Image { image, .. } => (ArtifactKind::Image, Some(image.to_string())),
        };
        ArtifactEntry {
            name: self.awaited.name().to_owned(),
            kind,
            image,
            state: word,
            digest: digest.map(|digest| digest.to_string()),
            why: Some(why).filter(|why| !why.is_empty()),
        }
    }

    fn ready(&self) -> Option<&Artifact> {
        match &self.state {
            Ok(ArtifactState::Ready(artifact)) => Some(artifact),
            _ => None,
        }
    }
}

/// The artifacts that the only release of the tag needs.
fn artifacts(seen: &StatusSeen) -> Vec<StatusArtifact> {
    let ([release], Some((plan, _))) = (seen.release.releases.as_slice(), &seen.plan) else {
        return Vec::new();
    };
    let state = |awaited: &Awaited| match awaited {
        Awaited::Asset(name) => Ok(artifact_state::of_asset(plan, release, &seen.release, name)),
        Awaited::Image { name, .. } if !release.draft => as_published(seen, name),
        Awaited::Image { name, image } => image_state(plan, seen, (name, image)),
    };
    let awaited = plan.awaited().into_iter();
    awaited
        .map(|awaited| StatusArtifact {
            state: state(&awaited),
            awaited,
        })
        .collect()
}

fn image_state(
    plan: &ReleasePlan,
    seen: &StatusSeen,
    (name, image): (&str, &ImageRef),
) -> Result<ArtifactState, String> {
    if let Some(why) = seen.unread_images.get(name) {
        return Err(why.clone());
    }
    let Some(mark) = &seen.mark else {
        return Err(
            "the draft is not of btp-release, which would say what was there before".into(),
        );
    };
    let origin = origin(seen, name);
    Ok(artifact_state::of_image(
        plan,
        mark,
        &seen.release,
        (name, image),
        origin,
    ))
}

/// Whether the evidence says that the builder named its digest.
fn origin(seen: &StatusSeen, name: &str) -> ImageOrigin {
    let evidence = seen.evidence.as_ref();
    match evidence.and_then(|it| it.predicate.artifacts.0.get(name)) {
        Some(Artifact::Image { expected: true, .. }) => ImageOrigin::ToldByBuilder,
        _ => ImageOrigin::Unknown,
    }
}

/// An image of a published release, which only `verify` reads.
fn as_published(seen: &StatusSeen, name: &str) -> Result<ArtifactState, String> {
    let verified = seen.verified.as_ref();
    let artifact = verified.and_then(|verified| verified.artifacts.0.get(name));
    artifact
        .map(|artifact| ArtifactState::Ready(Box::new(artifact.clone())))
        .ok_or_else(|| "`verify` says what is known of it".into())
}

/// Names all digests at once, as verdicts do; `None` until all are known.
fn digest_of_all(artifacts: &[StatusArtifact]) -> Option<Digest> {
    let ready = ready(artifacts);
    (ready.0.len() == artifacts.len() && !artifacts.is_empty()).then(|| ready.digest())
}

fn ready(artifacts: &[StatusArtifact]) -> Artifacts {
    let ready = artifacts.iter().filter_map(|it| {
        let name = it.awaited.name().to_owned();
        Some((name, it.ready()?.clone()))
    });
    Artifacts::from(ready.collect::<BTreeMap<_, _>>())
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
