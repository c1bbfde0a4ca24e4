//! `draft`: one draft release with our mark, then the tag at the plan's commit.
//!
//! The tag comes last because it starts builders, and they upload to the draft: it is created when a read shows the draft, since
//! whatever finds the draft does so by such a read, and who sees the tag must not take the draft for missing. After that, the
//! answer that the tag was created is enough.

use std::collections::BTreeSet;

use async_trait::async_trait;

use crate::domain::{Code, Diagnostic};
use crate::domain::{CommitSha, Digest, LockOwner, Moment, Tag};
use crate::plan::{Mark, NotesSource, ReleasePlan};
use crate::protocol::{Action, AfterRefusal, Facts, Phase, PhaseId, PhaseReport, Step};
use crate::protocol::{Cause, NewDraft, Reader, SeenRelease, ServiceError};
use crate::release::existing_release::{self, Resolution};
use crate::release::lock::{Locked, NeedsLock};
use crate::release::references::delete_release;
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
                self.with_tag = Some(drafted(&self.plan, draft));
                Ok(decide(&self.plan, &seen))
            }
            _ => Ok(decide(&self.plan, &seen)),
        }
    }

    fn known(&self) -> Facts {
        Facts::of_plan(&self.plan)
    }

    fn answered(&mut self, action: &Action, answer: &Result<(), ServiceError>, _sent: Moment) {
        match action {
            Action::CreateDraft(draft) if answer.is_ok() => self.created = Some(draft.clone()),
            Action::CreateTag { .. } => self.tag_is_confirmed = answer.is_ok(),
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
            complete(draft, &self.details(reader).await?);
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
            plan.wanted.version.next_patch()
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
        Resolution::Replace(release, mark) => Step::Act(delete_release(
            &plan.wanted.tag,
            seen.tag.as_ref(),
            release,
            &mark,
        )),
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
        let mark = plan.renewed_mark(mark);
        return Step::Act(vec![Action::EditDraft {
            release: draft.id,
            tag: plan.wanted.tag.clone(),
            body: mark.put(&draft.body),
        }]);
    }
    match seen.tag {
        None => Step::Act(vec![Action::CreateTag {
            tag: plan.wanted.tag.clone(),
            commit: plan.wanted.commit.clone(),
        }]),
        Some(_) => Step::Done(drafted(plan, draft)),
    }
}

fn drafted(plan: &ReleasePlan, draft: &SeenRelease) -> PhaseReport {
    let commit = plan.wanted.commit.short();
    let summary = format!("{} is a draft at {commit}", plan.wanted.tag);
    report(plan, draft, summary)
}

fn report(plan: &ReleasePlan, release: &SeenRelease, summary: String) -> PhaseReport {
    PhaseReport::new(summary)
        .knowing(Facts::of_plan(plan).with_release(release))
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

fn complete(draft: &mut NewDraft, details: &DraftDetails) {
    if let Some(mark) = Mark::find(&draft.body) {
        let mark = Mark {
            leftovers: details.leftovers.clone(),
            ..mark
        };
        draft.body = mark.put(&cut(&details.notes));
    }
}

/// Shortens notes that GitHub would refuse, at the end of a line, and says so.
fn cut(notes: &str) -> String {
    const CUT: &str = "\n\n*These notes were longer than a release may hold, and were cut here.*";
    let room = NotesSource::MAX_CHARS - CUT.len();
    match notes.char_indices().nth(room) {
        None => notes.to_owned(),
        Some((at, _)) => {
            let head = notes.get(..at).unwrap_or_default();
            let line = head
                .rfind('\n')
                .and_then(|end| head.get(..end))
                .unwrap_or(head);
            format!("{line}{CUT}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::OnExisting;
    use crate::plan::tests::example;
    use crate::release::examples::{asset, foreign_draft, other, our_draft, published};

    fn seen(tag: Option<CommitSha>, releases: Vec<SeenRelease>) -> ReleaseView {
        ReleaseView {
            tag,
            releases,
            ..ReleaseView::default()
        }
    }

    /// The step in one word, or the codes of its findings.
    fn word(step: Step) -> String {
        match step {
            Step::Done(report) => format!("done: {}", report.summary),
            Step::Act(actions) => actions
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("; "),
            Step::Wait(_) => "wait".into(),
            Step::Blocked(findings) => findings
                .iter()
                .map(|f| f.code.as_str())
                .collect::<Vec<_>>()
                .join(" "),
        }
    }

    fn with_an_asset(draft: &SeenRelease) -> SeenRelease {
        SeenRelease {
            assets: vec![asset(1, "template.yaml", b"t")],
            ..draft.clone()
        }
    }

    fn of_another_commit(plan: &ReleasePlan) -> SeenRelease {
        our_draft(&plan.with(|wanted| {
            wanted.commit = other();
            wanted.run = "16".into();
        }))
    }

    #[test]
    fn draft_decision_for_each_release_and_tag() {
        let plan = example();
        let here = || Some(plan.wanted.commit.clone());
        let (ours, foreign) = (our_draft(&plan), foreign_draft(&plan));
        let create = "create the draft release v1.2.0 at 4e4b9d4";
        let tag = "create the tag v1.2.0 at 4e4b9d4";
        for (at, releases, expected) in [
            (None, vec![], create),
            (here(), vec![], create),
            (Some(other()), vec![], Code::TagElsewhere.as_str()),
            (None, vec![ours.clone()], tag),
            (
                here(),
                vec![ours.clone()],
                "done: v1.2.0 is a draft at 4e4b9d4",
            ),
            (
                Some(other()),
                vec![ours.clone()],
                Code::TagElsewhere.as_str(),
            ),
            (None, vec![foreign.clone()], Code::DraftForeign.as_str()),
            (here(), vec![foreign.clone()], Code::DraftForeign.as_str()),
            (
                here(),
                vec![ours.clone(), ours.clone()],
                "delete the draft release v1.2.0 (id 7)",
            ),
            (
                here(),
                vec![ours.clone(), with_an_asset(&ours)],
                Code::ReleaseDuplicates.as_str(),
            ),
            (
                here(),
                vec![foreign.clone(), ours.clone()],
                Code::ReleaseDuplicates.as_str(),
            ),
            (
                None,
                vec![ours.clone(), foreign.clone()],
                Code::ReleaseDuplicates.as_str(),
            ),
            (
                None,
                vec![of_another_commit(&plan)],
                Code::DraftOfAnotherCommit.as_str(),
            ),
            (
                Some(other()),
                vec![of_another_commit(&plan)],
                Code::TagElsewhere.as_str(),
            ),
            (
                here(),
                vec![published(ours.clone())],
                "done: v1.2.0 is already published",
            ),
            (
                Some(other()),
                vec![published(ours.clone())],
                Code::AlreadyPublished.as_str(),
            ),
            (
                here(),
                vec![published(of_another_commit(&plan))],
                Code::AlreadyPublished.as_str(),
            ),
            (
                here(),
                vec![published(foreign)],
                Code::ReleaseForeign.as_str(),
            ),
        ] {
            let told = format!("{at:?} {releases:?}");
            assert_eq!(word(decide(&plan, &seen(at, releases))), expected, "{told}");
        }
    }

    #[test]
    fn draft_is_created_before_the_tag() {
        let plan = example();
        let Step::Act(actions) = decide(&plan, &seen(None, vec![])) else {
            panic!("nothing to do")
        };
        let [Action::CreateDraft(draft)] = actions.as_slice() else {
            panic!("{actions:?}")
        };
        assert_eq!(draft.target, plan.wanted.commit);
        let mark = Mark::find(&draft.body).unwrap();
        assert_eq!((mark.plan, mark.tag_was_there), (plan.digest(), false));
    }

    #[test]
    fn draft_of_an_earlier_run_gets_the_new_mark() {
        let plan = example();
        let draft = our_draft(&plan);
        let later = plan.with(|wanted| wanted.run = "18".into());
        let Step::Act(actions) = decide(&later, &seen(None, vec![draft])) else {
            panic!("nothing to do")
        };
        let [Action::EditDraft { body, .. }] = actions.as_slice() else {
            panic!("{actions:?}")
        };
        assert_eq!(Mark::find(body).unwrap().plan, later.digest());
        assert!(body.starts_with("## Notes"));
    }

    #[test]
    fn replace_deletes_only_the_draft_and_tag_of_an_earlier_run() {
        let plan = example().with(|wanted| wanted.on_existing = OnExisting::Replace);
        let word_of = |tag, draft| word(decide(&plan, &seen(tag, vec![draft])));
        let both = "delete the tag v1.2.0 at 0000000; delete the draft release v1.2.0 (id 7)";
        assert_eq!(word_of(Some(other()), of_another_commit(&plan)), both);
        assert_eq!(
            word_of(None, of_another_commit(&plan)),
            "delete the draft release v1.2.0 (id 7)"
        );
        let mut kept = of_another_commit(&plan);
        kept.body = Mark {
            tag_was_there: true,
            ..Mark::find(&kept.body).unwrap()
        }
        .put("");
        assert_eq!(
            word_of(Some(other()), kept),
            Code::TagElsewhere.as_str(),
            "the tag is not ours, and nothing is deleted in vain"
        );
        assert_eq!(
            word_of(Some(plan.wanted.commit.clone()), of_another_commit(&plan)),
            "delete the draft release v1.2.0 (id 7)",
            "nor is this one, but it is where it is wanted"
        );
        let done = "done: v1.2.0 is a draft at 4e4b9d4";
        assert_eq!(
            word_of(Some(plan.wanted.commit.clone()), our_draft(&plan)),
            done,
            "its own draft is not replaced"
        );
        assert_eq!(
            word_of(Some(plan.wanted.commit.clone()), foreign_draft(&plan)),
            Code::DraftForeign.as_str()
        );
    }

    #[test]
    fn long_notes_are_cut_at_a_line() {
        let cut = cut(&"line\n".repeat(40_000));
        assert!(cut.chars().count() <= NotesSource::MAX_CHARS);
        assert!(cut.contains("line\n\n*These notes"));
        assert_eq!(super::cut("short"), "short");
    }
}
