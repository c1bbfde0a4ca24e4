//! `publish`: reads every fact of the release again, right before the one request that cannot be undone.

mod evidence;
mod facts;
mod gate;
mod inputs;
mod logs;
mod published;
mod ready;
mod referrers;
mod report;
mod signed;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;

use crate::domain::{Code, CommitSha, Diagnostic, LockOwner, Moment, Tag};
use crate::plan::{
    Artifact, EVIDENCE, LOGS, MAX_EVIDENCE, Mark, REPORT, ReleasePlan, Statement, TagWhen,
};
use crate::protocol::{
    Action, AfterRefusal, Cause, Phase, PhaseId, ReleaseFacts, Step, WaitTime, Waiting,
};
use crate::protocol::{
    LocalFile, NewTag, Publication, Reader, SeenAnswer, SeenAsset, SeenRelease, ServiceError,
};
use crate::release::image_reader::ImageQuery;
use crate::release::lock::{Locked, NeedsLock};
use crate::release::other_releases::higher_is_released;
use crate::release::references::{our_release, tag_is_ours};
use crate::release::rights::refused_tag;
use crate::release::view::{ReleaseCache, ReleaseView, Trust};
use published::hidden_asset;
use referrers::ReferrerPushes;
use signed::{SeenSignatures, only_unsigned, unsigned};

pub use inputs::{Finish, Legs, PublishInputs, PublishToken};

pub use gate::leg_findings;

/// [`PhaseId::Publish`]. Done only when the release is publicly visible as it was planned or, with [`Finish::LeaveDraft`], when
/// nothing but the publishing request is left to do.
pub struct Publish {
    plan: ReleasePlan,
    inputs: PublishInputs,
    cache: ReleaseCache,
    /// When a published release was first seen not to be as planned.
    differs_since: Option<Moment>,
    first: Option<FirstRead>,
    /// What was read of a draft that passed the gate, while its evidence is being written.
    passed: Option<PublishState>,
    /// Whether the last action wrote the file of the evidence, which changes nothing on GitHub.
    wrote_file: bool,
    /// Whether GitHub has confirmed to this process that the release is published.
    has_published: bool,
    /// What is not signed, where signatures are optional.
    unsigned: Vec<Diagnostic>,
    referrers: ReferrerPushes,
    /// What was known after the last step.
    known: ReleaseFacts,
}

/// The data from the first step of this process, so that all later ones write the same evidence.
#[derive(Clone, Default)]
struct FirstRead {
    /// GitHub's answers to the requests of that step.
    answers: Vec<SeenAnswer>,
    /// The evidence that an earlier process left in the release.
    evidence: Option<Statement>,
}

/// The state that publishing depends on.
struct PublishState {
    release: ReleaseView,
    /// The head of the guarded branch. Read of a draft only.
    head: Option<CommitSha>,
    /// The file of the evidence, if it was written already.
    written: Option<LocalFile>,
    /// The file of the report, if it was written already.
    written_report: Option<LocalFile>,
    /// The file with the logs. Read for a draft only.
    logs: Option<LocalFile>,
    first: FirstRead,
    signed: SeenSignatures,
    /// Whether a higher version is published. Read of a published release, and of a draft that is left to a person.
    higher_is_released: bool,
    /// The tag that GitHub shows as the latest. This and what follows is read of a published release only.
    latest: Option<String>,
    /// An asset that cannot be downloaded without credentials.
    hidden: Option<String>,
    /// Whether it has to be immutable, if that is known.
    immutable: Option<bool>,
}

/// Our release with the state that decides whether it is published.
struct Candidate<'a> {
    plan: &'a ReleasePlan,
    inputs: &'a PublishInputs,
    seen: &'a PublishState,
    release: &'a SeenRelease,
    mark: Mark,
}

/// How long GitHub may take until a confirmed write is visible everywhere.
const VISIBLE_AFTER: Duration = Duration::from_secs(15);

impl Publish {
    /// The phase, which writes only while `owner` holds the lock of the tag: no other process takes over the draft
    /// between the last read and its publication.
    pub fn locked(plan: ReleasePlan, inputs: PublishInputs, owner: LockOwner) -> Locked<Self> {
        Locked::new(Self::new(plan, inputs), owner)
    }

    fn new(plan: ReleasePlan, inputs: PublishInputs) -> Self {
        Self {
            known: facts::of_inputs(&plan, &inputs),
            plan,
            inputs,
            cache: ReleaseCache::new(Trust::DigestsOnly),
            differs_since: None,
            first: None,
            passed: None,
            wrote_file: false,
            has_published: false,
            unsigned: vec![],
            referrers: ReferrerPushes::default(),
        }
    }

    /// Reads everything.
    async fn see(&mut self, reader: Reader<'_>) -> Result<PublishState, ServiceError> {
        let release = self.release(reader).await?;
        let mut seen = PublishState {
            head: None,
            written: reader.files.file(Path::new(EVIDENCE)).await?,
            written_report: self.written_report(reader).await?,
            logs: None,
            first: FirstRead::default(),
            signed: SeenSignatures::default(),
            latest: None,
            higher_is_released: false,
            hidden: None,
            immutable: None,
            release,
        };
        let github = reader.github;
        let is_published = seen.release.is_published();
        if is_published || self.inputs.finish == Finish::LeaveDraft {
            seen.higher_is_released = higher_is_released(github, &self.plan.wanted).await?;
        }
        if is_published {
            seen.latest = github.latest_tag().await?;
            seen.hidden = hidden_asset(reader, &seen.release).await?;
            seen.immutable = github.immutable_releases().await?;
        } else {
            if let Some(guard) = &self.plan.guard {
                seen.head = github.branch(&guard.branch).await?;
            }
            if let Some(path) = &self.inputs.logs {
                seen.logs = reader.files.file(path).await?;
            }
        }
        seen.first = self.first_read(reader, &seen.release).await?;
        self.see_signed(reader, &mut seen).await?;
        Ok(seen)
    }

    /// Reads the release. One that this process has published is found by its id, and its images were read right before. The
    /// contents of a published release's assets are not read but compared by their digests: `publish` read them before it wrote
    /// the evidence, without which it is not done.
    async fn release(&mut self, reader: Reader<'_>) -> Result<ReleaseView, ServiceError> {
        let (plan, inputs) = (&self.plan, &self.inputs);
        let images = plan.images().map(|(name, image)| ImageQuery {
            platforms: match inputs.artifacts.0.get(&name) {
                Some(Artifact::Image { platforms, .. }) => platforms.clone(),
                _ => vec![],
            },
            name,
            image,
        });
        let mut view = self.cache.view(reader, &plan.wanted.tag);
        if self.has_published {
            view.known_release().await?;
        } else {
            view.releases().await?;
        }
        let is_published = view.so_far().is_published();
        if !(self.has_published && is_published) {
            view.images(images).await?;
        }
        view.digests(|_| true).await?;
        if !is_published {
            view.asset_texts(plan).await?;
        }
        view.tag().await?;
        if !(inputs.checks.is_empty() && inputs.builders.is_empty()) {
            view.checks(&plan.wanted.commit).await?;
        } else if inputs.legs != Legs::None {
            view.statuses(&plan.wanted.commit).await?;
        }
        Ok(view.finish())
    }

    async fn first_read(
        &mut self,
        reader: Reader<'_>,
        release: &ReleaseView,
    ) -> Result<FirstRead, ServiceError> {
        if let Some(first) = &self.first {
            return Ok(first.clone());
        }
        let answers = reader.github.answers();
        let evidence = match release.evidence() {
            Some(asset) if asset.size <= MAX_EVIDENCE && !release.is_published() => {
                let bytes = reader.github.read_asset(asset, MAX_EVIDENCE).await?;
                Statement::from_bytes(&bytes).ok()
            }
            _ => None,
        };
        let first = FirstRead { answers, evidence };
        self.first = Some(first.clone());
        Ok(first)
    }

    /// What is still to be done for the evidence of a draft that passed before. Only the draft and the file are read again, and
    /// after the file was written, only that: before it is published, everything is. `None` if nothing is left to do.
    async fn evidence_step(&mut self, reader: Reader<'_>) -> Result<Option<Step>, ServiceError> {
        let Some(mut seen) = self.passed.take() else {
            return Ok(None);
        };
        seen.written = reader.files.file(Path::new(EVIDENCE)).await?;
        seen.written_report = self.written_report(reader).await?;
        if !std::mem::take(&mut self.wrote_file) {
            let own = self.plan.wanted.own_assets().iter();
            let ours = own.copied().chain([LOGS, REPORT]);
            let ours: Vec<&str> = ours.collect();
            let is_evidence = |asset: &SeenAsset| ours.iter().any(|o| asset.name.ends_with(o));
            let tag = &self.plan.wanted.tag;
            let mut view = self.cache.view_from(reader, tag, seen.release);
            view.known_release().await?;
            view.digests(is_evidence).await?;
            seen.release = view.finish();
        }
        self.see_own_signatures(reader, &mut seen).await?;
        let step = decide(&self.plan, &self.inputs, &seen);
        let is_left = matches!(step, Step::Done(_)) && !seen.release.is_published();
        Ok((self.keep(seen, &step) || is_left).then_some(step))
    }

    /// Keeps the state for [`Publish::evidence_step`] if a step is one for the evidence.
    fn keep(&mut self, seen: PublishState, step: &Step) -> bool {
        let is_evidence = match step {
            Step::Act(actions) => !actions.iter().any(Action::is_final),
            _ => false,
        };
        self.passed = is_evidence.then_some(seen);
        is_evidence
    }

    /// GitHub shows late in one place what it has confirmed in another: a published release that is not as planned, and
    /// signatures that are missing, are read again for a while.
    fn unless_visible_later(&mut self, findings: Vec<Diagnostic>, now: Moment) -> Step {
        let since = *self.differs_since.get_or_insert(now);
        if now.since(since) >= VISIBLE_AFTER {
            return Step::Blocked(findings);
        }
        Step::Wait(Waiting {
            on: findings.iter().map(ToString::to_string).collect(),
            poll_after: Duration::from_secs(2),
            time: WaitTime::Counted,
        })
    }
}

#[async_trait]
impl Phase for Publish {
    fn id(&self) -> PhaseId {
        PhaseId::Publish
    }

    async fn step(&mut self, reader: Reader<'_>) -> Result<Step, ServiceError> {
        if let Some(step) = self.evidence_step(reader).await? {
            return Ok(step);
        }
        let seen = self.see(reader).await?;
        self.known = facts::seen(&self.plan, &self.inputs, &seen);
        let is_published = seen.release.is_published();
        match decide(&self.plan, &self.inputs, &seen) {
            Step::Blocked(findings) if is_published || only_unsigned(&findings) => {
                Ok(self.unless_visible_later(findings, reader.now))
            }
            Step::Done(mut report) => {
                if !is_published {
                    self.unsigned = unsigned(&self.plan, &self.inputs, &seen);
                }
                report.warnings.append(&mut self.unsigned);
                Ok(Step::Done(report))
            }
            step => {
                self.differs_since = None;
                self.unsigned = unsigned(&self.plan, &self.inputs, &seen);
                self.keep(seen, &step);
                Ok(step)
            }
        }
    }

    fn known(&self) -> ReleaseFacts {
        self.known.clone()
    }

    fn later(&self, foreseen: &[Action]) -> Vec<String> {
        if foreseen.iter().any(Action::is_final) {
            return vec![];
        }
        let wanted = &self.plan.wanted;
        let writes = |action: &Action| matches!(action, Action::WriteFile { .. });
        let upload = foreseen.iter().any(writes);
        let upload = upload.then(|| format!("upload {EVIDENCE}"));
        let publish = match self.inputs.finish {
            Finish::Publish => format!("publish {}", wanted.tag),
            Finish::LeaveDraft => format!("leave the draft {} to a person", wanted.tag),
        };
        upload.into_iter().chain([publish]).collect()
    }

    fn answered(&mut self, action: &Action, answer: &Result<(), ServiceError>, _sent: Moment) {
        self.referrers.answered(action);
        match action {
            Action::WriteFile { .. } => self.wrote_file = answer.is_ok(),
            // The evidence is there: the next step is the one before publishing.
            Action::UploadAsset { .. } if answer.is_ok() => self.passed = None,
            Action::Publish(_) => self.has_published = answer.is_ok(),
            _ => {}
        }
    }

    fn refused(&mut self, action: &Action, refusal: &ServiceError) -> AfterRefusal {
        let wanted = &self.plan.wanted;
        match (action, &refusal.cause) {
            (Action::PushBlobs { to, .. }, _) => self.referrers.refused(&self.plan, to, refusal),
            (Action::PushManifest { to, .. }, _) => {
                let to = to.repository();
                self.referrers.refused(&self.plan, to, refusal)
            }
            (Action::Publish(_), Cause::Refused { .. }) if wanted.tag_when == TagWhen::Publish => {
                let left = format!(
                    "{refusal}; nothing is published, and the tag {} exists",
                    wanted.tag
                );
                AfterRefusal::Blocked(Diagnostic::error(
                    Code::ServiceRefused,
                    left,
                    after_tag(&wanted.tag),
                ))
            }
            (Action::CreateTag { .. }, Cause::Refused { message, .. }) => {
                refused_tag(wanted, message).map_or(AfterRefusal::Stop, AfterRefusal::Blocked)
            }
            _ => AfterRefusal::Stop,
        }
    }
}

#[async_trait]
impl NeedsLock for Publish {
    fn tag(&self) -> &Tag {
        &self.plan.wanted.tag
    }

    fn commit(&self) -> Option<&CommitSha> {
        Some(&self.plan.wanted.commit)
    }

    async fn complete(
        &mut self,
        reader: Reader<'_>,
        mut actions: Vec<Action>,
    ) -> Result<Vec<Action>, ServiceError> {
        if let [.., Action::Publish(publication)] = actions.as_mut_slice() {
            let higher = higher_is_released(reader.github, &self.plan.wanted).await?;
            publication.make_latest = self.plan.becomes_latest(higher);
        }
        Ok(actions)
    }
}

/// Our release with what was read.
fn candidate<'a>(
    plan: &'a ReleasePlan,
    inputs: &'a PublishInputs,
    seen: &'a PublishState,
) -> Result<Candidate<'a>, Diagnostic> {
    let (release, mark) = our_release(plan, &seen.release.releases)?;
    Ok(Candidate {
        plan,
        inputs,
        seen,
        release,
        mark,
    })
}

fn decide(plan: &ReleasePlan, inputs: &PublishInputs, seen: &PublishState) -> Step {
    let candidate = match candidate(plan, inputs, seen) {
        Ok(candidate) => candidate,
        Err(finding) => return Step::Blocked(vec![finding]),
    };
    if !candidate.release.draft {
        return candidate.published();
    }
    let mut findings = candidate.gate();
    if !findings.is_empty() {
        findings.extend(candidate.tag_left());
        return Step::Blocked(findings);
    }
    let logs = candidate.missing_logs();
    if !logs.is_empty() {
        return Step::Act(logs);
    }
    let requests = candidate.missing_requests();
    if !requests.is_empty() {
        return Step::Act(requests);
    }
    let evidence = candidate.evidence();
    if !evidence.missing.is_empty() {
        return Step::Act(evidence.missing);
    }
    let signatures = candidate.missing_signatures();
    if !signatures.is_empty() {
        return Step::Act(signatures);
    }
    let referrers = candidate.missing_referrers();
    if !referrers.is_empty() {
        return Step::Act(referrers);
    }
    match inputs.finish {
        Finish::LeaveDraft => candidate.left_as_draft(evidence.body),
        Finish::Publish => Step::Act(candidate.publication(evidence.body)),
    }
}

impl Candidate<'_> {
    /// The tag, if it is still missing, and the request that cannot be undone.
    fn publication(&self, body: String) -> Vec<Action> {
        let wanted = &self.plan.wanted;
        let tag = self.seen.release.tag.is_none();
        let tag = tag.then(|| Action::CreateTag(NewTag::planned(wanted)));
        let publish = Action::Publish(Publication {
            release: self.release.id,
            tag: wanted.tag.clone(),
            body,
            prerelease: wanted.prerelease,
            // Looked up while the lock is held: see `complete`.
            make_latest: false,
        });
        tag.into_iter().chain([publish]).collect()
    }

    /// A draft that is refused after its tag was created.
    fn tag_left(&self) -> Option<Diagnostic> {
        let wanted = &self.plan.wanted;
        let at = self.seen.release.tag.as_ref()?;
        let is_left =
            wanted.tag_when == TagWhen::Publish && tag_is_ours(self.release, &self.mark, at);
        is_left.then(|| {
            Diagnostic::warning(
                Code::TagLeft,
                format!("{} has its tag already, and is not published", wanted.tag),
                after_tag(&wanted.tag),
            )
        })
    }
}

/// How to go on from a draft whose tag exists and that GitHub or the checks refuse.
fn after_tag(tag: &Tag) -> String {
    format!(
        "correct it and run `publish` again, which goes on from here; or delete draft and tag: btp-release discard {tag}"
    )
}
