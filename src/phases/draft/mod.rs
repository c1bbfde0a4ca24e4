//! `draft`: one draft release with our mark, then the tag at the plan's commit, unless `publish` creates that.
//!
//! The tag comes last because it starts builders, and they upload to the draft: it is created when a read shows the draft, since
//! whatever finds the draft does so by such a read, and who sees the tag must not take the draft for missing. After that, the
//! answer that the tag was created is enough.

mod notes;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use async_trait::async_trait;

use crate::domain::{Code, Diagnostic};
use crate::domain::{CommitSha, Digest, LockOwner, Moment, Tag};
use crate::plan::{FULL_NOTES, Mark, NotesSource, ReleasePlan, TagWhen, VersionFrom};
use crate::protocol::{Action, AfterRefusal, Phase, PhaseId, PhaseReport, ReleaseFacts, Step};
use crate::protocol::{Cause, NewDraft, NewTag, Reader, SeenRelease, ServiceError};
use crate::release::existing_release::{self, Resolution};
use crate::release::lock::{Locked, NeedsLock};
use crate::release::references::{delete_release, tag_is_ours};
use crate::release::rights::refused_tag;
use crate::release::view::ReleaseView;

/// [`PhaseId::Draft`]. It never deletes or changes a release without our mark.
pub struct Draft {
    plan: ReleasePlan,
    /// The draft that this process has created. A read may not show it yet.
    created: Option<NewDraft>,
    /// What is reported once GitHub has confirmed the tag that was asked for.
    with_tag: Option<PhaseReport>,
    tag_is_confirmed: bool,
}

/// The parts of a new draft that are read only when one is created.
struct DraftDetails {
    notes: String,
    /// The digests that the awaited images' tags resolve to before anything of this release was built.
    leftovers: BTreeSet<Digest>,
}

impl Draft {
    /// The phase, which changes something only while `owner` holds the lock of the tag.
    pub fn locked(plan: ReleasePlan, owner: LockOwner) -> Locked<Self> {
        let draft = Self {
            plan,
            created: None,
            with_tag: None,
            tag_is_confirmed: false,
        };
        Locked::new(draft, owner)
    }

    async fn details(&self, reader: Reader<'_>) -> Result<DraftDetails, ServiceError> {
        let mut leftovers = BTreeSet::new();
        for (_, image) in self.plan.images() {
            let there = reader.registry.resolve(&image).await?;
            leftovers.extend(there.map(|manifest| manifest.digest));
        }
        let notes = self.notes(reader).await?;
        Ok(DraftDetails { notes, leftovers })
    }

    async fn notes(&self, reader: Reader<'_>) -> Result<String, ServiceError> {
        let plan = &self.plan;
        match &plan.wanted.notes {
            NotesSource::Text(text) => Ok(text.clone()),
            NotesSource::Generated => {
                let previous = plan.previous_tag.as_ref();
                let notes = reader
                    .github
                    .notes(&plan.wanted.tag, &plan.wanted.commit, previous)
                    .await?;
                Ok(notes.body)
            }
        }
    }
}

#[async_trait]
impl Phase for Draft {
    fn id(&self) -> PhaseId {
        PhaseId::Draft
    }

    async fn step(&mut self, reader: Reader<'_>) -> Result<Step, ServiceError> {
        if self.tag_is_confirmed
            && let Some(report) = self.with_tag.take()
        {
            return Ok(Step::Done(report));
        }
        let seen = ReleaseView::tag_and_releases(reader, &self.plan.wanted.tag).await?;
        match (&self.created, seen.releases.as_slice()) {
            (Some(created), []) => Ok(Step::Act(vec![Action::CreateDraft(created.clone())])),
            (_, [draft]) => {
                let draft = draft.clone();
                let step = decide(&self.plan, &seen);
                let step = notes::attach_first(reader, &self.plan, seen, step).await?;
                self.with_tag = Some(drafted(&self.plan, &draft));
                Ok(step)
            }
            _ => Ok(decide(&self.plan, &seen)),
        }
    }

    fn known(&self) -> ReleaseFacts {
        ReleaseFacts::of_plan(&self.plan)
    }

    fn later(&self, foreseen: &[Action]) -> Vec<String> {
        let wanted = &self.plan.wanted;
        let is_first = |action: &Action| match action {
            // A tag that is there is in the new draft's mark.
            Action::CreateDraft(draft) => {
                Mark::find(&draft.body).is_some_and(|mark| !mark.tag_was_there)
            }
            _ => false,
        };
        let first = foreseen.iter().any(is_first) && wanted.tag_when == TagWhen::Draft;
        let tag = Action::CreateTag(NewTag::planned(wanted));
        first.then(|| tag.to_string()).into_iter().collect()
    }

    fn answered(&mut self, action: &Action, answer: &Result<(), ServiceError>, _sent: Moment) {
        match action {
            Action::CreateDraft(draft) if answer.is_ok() => self.created = Some(draft.clone()),
            Action::CreateTag(_) => self.tag_is_confirmed = answer.is_ok(),
            _ => {}
        }
    }

    fn refused(&mut self, action: &Action, refusal: &ServiceError) -> AfterRefusal {
        match (action, &refusal.cause) {
            (Action::CreateDraft(_), Cause::Refused { message, .. })
                if message.contains(RESERVED_TAG_NAME) =>
            {
                AfterRefusal::Blocked(reserved(&self.plan))
            }
            (Action::CreateTag { .. }, Cause::Refused { message, .. }) => {
                refused_tag(&self.plan.wanted, message)
                    .map_or(AfterRefusal::Stop, AfterRefusal::Blocked)
            }
            _ => AfterRefusal::Stop,
        }
    }
}

#[async_trait]
impl NeedsLock for Draft {
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
        if let [Action::CreateDraft(draft)] = actions.as_mut_slice()
            && self.created.is_none()
        {
            let asset = self.plan.wanted.full_notes.as_ref().map(|_| FULL_NOTES);
            complete(draft, &self.details(reader).await?, asset);
        }
        Ok(actions)
    }
}

/// How GitHub refuses the tag name of an immutable release that was deleted: it is never free again
/// (<https://docs.github.com/en/code-security/concepts/supply-chain-security/immutable-releases>).
const RESERVED_TAG_NAME: &str = "was used by an immutable release";

fn reserved(plan: &ReleasePlan) -> Diagnostic {
    Diagnostic::error(
        Code::TagReserved,
        format!(
            "{} was the name of an immutable release that was deleted, and GitHub never gives it again",
            plan.wanted.tag
        ),
        format!(
            "release another version, such as {}",
            plan.wanted.next_version()
        ),
    )
}

fn decide(plan: &ReleasePlan, seen: &ReleaseView) -> Step {
    match existing_release::resolve(plan, seen.tag.as_ref(), &seen.releases) {
        Resolution::Create => Step::Act(vec![Action::CreateDraft(new_draft(
            plan,
            seen.tag.as_ref(),
        ))]),
        Resolution::Resume(draft, mark) => resume(plan, seen, draft, &mark),
        Resolution::Replace(release, mark) => {
            // A tag that somebody pushed to start the release stays.
            let is_given = plan.wanted.version_from == VersionFrom::Ref;
            let tag = seen.tag.as_ref().filter(|_| !is_given);
            Step::Act(delete_release(&plan.wanted.tag, tag, release, &mark))
        }
        Resolution::DeleteDuplicates(actions) => Step::Act(actions),
        Resolution::Done(release) => Step::Done(report(
            plan,
            release,
            format!("{} is already published", plan.wanted.tag),
        )),
        Resolution::Refuse(finding) => Step::Blocked(vec![finding]),
    }
}

fn resume(plan: &ReleasePlan, seen: &ReleaseView, draft: &SeenRelease, mark: &Mark) -> Step {
    if mark.plan != plan.digest() {
        let mark = renewed_mark(plan, seen.tag.as_ref(), draft, mark);
        return Step::Act(vec![Action::EditDraft {
            release: draft.id,
            tag: plan.wanted.tag.clone(),
            body: mark.put(&draft.body),
        }]);
    }
    match (&seen.tag, plan.wanted.tag_when) {
        (None, TagWhen::Draft) => Step::Act(vec![Action::CreateTag(NewTag::planned(&plan.wanted))]),
        (None, TagWhen::Publish) => Step::Done(without_tag(plan, draft)),
        (Some(_), _) => Step::Done(drafted(plan, draft)),
    }
}

/// The mark for this plan. It goes on saying whether the tag that is there is ours.
fn renewed_mark(
    plan: &ReleasePlan,
    tag: Option<&CommitSha>,
    draft: &SeenRelease,
    mark: &Mark,
) -> Mark {
    let renewed = plan.renewed_mark(mark);
    match tag {
        None => renewed,
        Some(at) if tag_is_ours(draft, mark, at) => Mark {
            tag_when: mark.tag_when,
            ..renewed
        },
        Some(_) => Mark {
            tag_was_there: true,
            ..renewed
        },
    }
}

fn drafted(plan: &ReleasePlan, draft: &SeenRelease) -> PhaseReport {
    let commit = plan.wanted.commit.short();
    let summary = format!("{} is a draft at {commit}", plan.wanted.tag);
    report(plan, draft, summary)
}

/// The draft of a release whose tag `publish` creates. GitHub may have refused its target: then only `publish` may create the tag.
fn without_tag(plan: &ReleasePlan, draft: &SeenRelease) -> PhaseReport {
    let mut report = drafted(plan, draft);
    report.summary += ", and gets its tag right before it is published";
    if draft.target != plan.wanted.commit.as_str() {
        report.warnings.push(
            Diagnostic::warning(
                Code::TargetDiffers,
                format!(
                    "the draft {} has the target {}: GitHub refuses the commit to a token that may not change workflows",
                    plan.wanted.tag, draft.target
                ),
                format!(
                    "let `publish` publish it, which creates the tag itself: whoever publishes it on {} would tag {}",
                    draft.url, draft.target
                ),
            )
            .wanted(plan.wanted.commit.to_string()),
        );
    }
    report
}

fn report(plan: &ReleasePlan, release: &SeenRelease, summary: String) -> PhaseReport {
    PhaseReport::new(summary)
        .knowing(ReleaseFacts::of_plan(plan).with_release(release))
        .with("release-id", release.id)
        .with("release-url", &release.url)
}

/// Without its details: see [`complete`].
fn new_draft(plan: &ReleasePlan, tag: Option<&CommitSha>) -> NewDraft {
    NewDraft {
        tag: plan.wanted.tag.clone(),
        target: plan.wanted.commit.clone(),
        name: plan.wanted.tag.to_string(),
        body: plan.mark(tag.is_some()).put(""),
        prerelease: plan.wanted.prerelease,
    }
}

fn complete(draft: &mut NewDraft, details: &DraftDetails, asset: Option<&str>) {
    if let Some(mark) = Mark::find(&draft.body) {
        let mark = Mark {
            leftovers: details.leftovers.clone(),
            ..mark
        };
        draft.body = mark.put(&notes::cut(&details.notes, asset));
    }
}
