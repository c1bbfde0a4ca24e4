//! `discard --adopt`: in place of deleting anything, gives our draft its mark back where its text has lost it.

use async_trait::async_trait;

use crate::domain::{Code, Diagnostic};
use crate::domain::{CommitSha, LockOwner, Tag, Version};
use crate::plan::{LOGS, Mark, REPORT, ReleasePlan};
use crate::protocol::{Action, Phase, PhaseId, PhaseReport, Step};
use crate::protocol::{Reader, SeenRelease, ServiceError};
use crate::release::asset_sync::TEMPORARY;
use crate::release::lock::{Locked, NeedsLock, WhenDone};
use crate::release::references::duplicates;
use crate::release::view::ReleaseView;

/// What the draft is to be the release of.
#[derive(Clone, Debug)]
pub struct AdoptOptions {
    pub tag: Tag,
    pub version: Version,
    /// The run that puts the mark back, where no plan names one.
    pub run: String,
    /// The plan that made the draft. Without it the mark names none, so that no run may publish the draft before its `draft`
    /// has taken it up.
    pub plan: Option<ReleasePlan>,
}

/// [`PhaseId::Discard`] with `adopt`. A draft that does not look as ours is left alone, and so is everything published.
pub struct Adopt {
    options: AdoptOptions,
    /// The commit of the draft that the last step found.
    commit: Option<CommitSha>,
}

impl Adopt {
    /// The phase, which changes something only while `owner` holds the lock of the tag.
    pub fn locked(options: AdoptOptions, owner: LockOwner) -> Locked<Self> {
        let commit = None;
        Locked::new(Self { options, commit }, owner)
    }
}

#[async_trait]
impl Phase for Adopt {
    fn id(&self) -> PhaseId {
        PhaseId::Discard
    }

    async fn step(&mut self, reader: Reader<'_>) -> Result<Step, ServiceError> {
        let seen = ReleaseView::tag_and_releases(reader, &self.options.tag).await?;
        let draft = seen.releases.first();
        self.commit = draft.and_then(|draft| draft.target.parse().ok());
        Ok(decide(&self.options, &seen))
    }
}

impl NeedsLock for Adopt {
    fn tag(&self) -> &Tag {
        &self.options.tag
    }

    fn commit(&self) -> Option<&CommitSha> {
        self.commit.as_ref()
    }

    fn when_done(&self) -> WhenDone {
        WhenDone::LeaveToOwner
    }
}

fn decide(options: &AdoptOptions, seen: &ReleaseView) -> Step {
    let tag = &options.tag;
    let refused =
        |code, seen: String, help: &str| Step::Blocked(vec![Diagnostic::error(code, seen, help)]);
    let draft = match seen.releases.as_slice() {
        [one] => one,
        [] => {
            let help = "run the phase `draft`: there is nothing whose mark could be put back";
            return refused(Code::DraftMissing, format!("{tag} has no draft"), help);
        }
        many => return Step::Blocked(vec![duplicates(tag, many)]),
    };
    if !draft.draft {
        let seen = format!("{tag} is published ({})", draft.url);
        let help = "the mark of a published release is never put back; release another version";
        return refused(Code::AlreadyPublished, seen, help);
    }
    if let Some(mark) = Mark::find(&draft.body) {
        let summary = format!(
            "{tag} is a draft of {} with the mark of btp-release",
            mark.commit.short()
        );
        return Step::Done(PhaseReport::new(summary));
    }
    match ours(options, seen, draft) {
        Ok(commit) => {
            let mark = mark(options, seen, commit);
            Step::Act(vec![Action::EditDraft {
                release: draft.id,
                tag: tag.clone(),
                body: mark.put(&draft.body),
            }])
        }
        Err(why) => refused(
            Code::DraftForeign,
            format!(
                "the draft {tag} (id {}) is not as btp-release makes it: {why}",
                draft.id
            ),
            &format!(
                "look at it ({}); delete it by hand if it is not wanted",
                draft.url
            ),
        ),
    }
}

/// The commit of a draft that looks as ours, or why it does not.
fn ours(
    options: &AdoptOptions,
    seen: &ReleaseView,
    draft: &SeenRelease,
) -> Result<CommitSha, String> {
    if draft.name != options.tag.as_str() {
        return Err(format!("it is called {:?}", draft.name));
    }
    let Ok(target) = draft.target.parse::<CommitSha>() else {
        return Err(format!("its target is {:?} and not a commit", draft.target));
    };
    if let Some(at) = seen.tag.as_ref().filter(|at| **at != target) {
        let (at, target) = (at.short(), target.short());
        return Err(format!("its target is {target}, and its tag is at {at}"));
    }
    let Some(plan) = &options.plan else {
        return Ok(target);
    };
    if target != plan.wanted.commit {
        let (target, planned) = (target.short(), plan.wanted.commit.short());
        return Err(format!(
            "its target is {target}, and the plan's commit is {planned}"
        ));
    }
    let planned = plan.wanted.asset_names();
    let mut names = draft.assets.iter().map(|asset| asset.name.as_str());
    let ours = |name: &&str| {
        planned.contains(name) || [LOGS, REPORT].contains(name) || name.starts_with(TEMPORARY)
    };
    match names.find(|name| !ours(name)) {
        Some(name) => Err(format!(
            "it has the asset {name}, which the plan does not name"
        )),
        None => Ok(target),
    }
}

/// A tag that is there may have been there before the draft, so it is not taken for ours.
fn mark(options: &AdoptOptions, seen: &ReleaseView, commit: CommitSha) -> Mark {
    let tag_was_there = seen.tag.is_some();
    match &options.plan {
        Some(plan) => plan.mark(tag_was_there),
        None => Mark::of_no_plan(
            options.version.clone(),
            commit,
            options.run.clone(),
            tag_was_there,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::example;
    use crate::release::examples::{
        asset, foreign_draft, other, our_draft, published, without_mark,
    };

    type Alter = fn(&mut SeenRelease, &mut Option<CommitSha>);

    fn options(plan: Option<ReleasePlan>) -> AdoptOptions {
        let wanted = example().wanted;
        AdoptOptions {
            tag: wanted.tag,
            version: wanted.version,
            run: "99".into(),
            plan,
        }
    }

    fn step(plan: Option<ReleasePlan>, tag: Option<CommitSha>, releases: Vec<SeenRelease>) -> Step {
        let view = ReleaseView {
            tag,
            releases,
            ..ReleaseView::default()
        };
        decide(&options(plan), &view)
    }

    fn restored(step: Step) -> Mark {
        match step {
            Step::Act(actions) => match actions.as_slice() {
                [Action::EditDraft { body, .. }] => {
                    assert!(body.starts_with("## Mine now"), "the text stays: {body}");
                    Mark::find(body).unwrap()
                }
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }

    fn told(step: Step) -> String {
        match step {
            Step::Blocked(findings) => match findings.as_slice() {
                [one] => format!("{}: {}", one.code, one.seen),
                many => panic!("{many:?}"),
            },
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn mark_is_put_back_with_the_plan_or_without() {
        let plan = example();
        let here = Some(plan.wanted.commit.clone());
        let draft = || vec![without_mark(&plan)];
        let mark = restored(step(Some(plan.clone()), None, draft()));
        assert_eq!(mark, plan.mark(false), "what `draft` creates then is ours");
        let mark = restored(step(Some(plan.clone()), here.clone(), draft()));
        assert_eq!(mark, plan.mark(true));
        let mark = restored(step(None, here, draft()));
        assert_eq!(
            (mark.commit, mark.run.as_str()),
            (plan.wanted.commit.clone(), "99")
        );
        assert_ne!(mark.plan, plan.digest(), "nobody may publish it yet");
    }

    #[test]
    fn draft_with_its_mark_stays_as_it_is() {
        let plan = example();
        let Step::Done(report) = step(None, None, vec![our_draft(&plan)]) else {
            panic!("not done")
        };
        assert_eq!(
            report.summary,
            "v1.2.0 is a draft of 4e4b9d4 with the mark of btp-release"
        );
    }

    #[test]
    fn what_does_not_look_as_ours_is_left_alone() {
        let plan = example();
        let table: [(Alter, &str); 6] = [
            (
                |d, _| d.name = "Version 1.2.0".into(),
                "it is called \"Version 1.2.0\"",
            ),
            (
                |d, _| d.target = "main".into(),
                "its target is \"main\" and not a commit",
            ),
            (
                |_, tag| *tag = Some(other()),
                "its target is 4e4b9d4, and its tag is at 0000000",
            ),
            (
                |d, _| d.target = other().to_string(),
                "its target is 0000000, and the plan's commit is 4e4b9d4",
            ),
            (
                |d, _| d.assets.push(asset(1, "notes.pdf", b"x")),
                "it has the asset notes.pdf, which the plan does not name",
            ),
            (
                |d, _| d.assets.push(asset(1, "rendered.yaml.bak", b"x")),
                "it has the asset rendered.yaml.bak, which the plan does not name",
            ),
        ];
        for (alter, why) in table {
            let (mut draft, mut tag) = (without_mark(&plan), None);
            alter(&mut draft, &mut tag);
            let step = step(Some(plan.clone()), tag, vec![draft]);
            let seen = format!("the draft v1.2.0 (id 8) is not as btp-release makes it: {why}");
            assert_eq!(told(step), format!("draft-foreign: {seen}"));
        }
        let mut draft = without_mark(&plan);
        draft.assets = [
            "rendered.yaml",
            "release-evidence.json",
            "release-report.html",
            "btp-release-new.x",
        ]
        .map(|name| asset(1, name, b"x"))
        .into();
        restored(step(Some(plan.clone()), None, vec![draft]));
    }

    #[test]
    fn nothing_published_is_touched() {
        let plan = example();
        let one = |release| told(step(None, None, vec![release]));
        let url = "https://github.example/r/releases/tag/untagged-1";
        let expected = format!("already-published: v1.2.0 is published ({url})");
        assert_eq!(one(published(without_mark(&plan))), expected);
        assert_eq!(one(published(our_draft(&plan))), expected);
        assert_eq!(
            told(step(None, None, vec![])),
            "draft-missing: v1.2.0 has no draft"
        );
        let two = vec![without_mark(&plan), foreign_draft(&plan)];
        assert_eq!(
            told(step(None, None, two)),
            "release-duplicates: v1.2.0 has 2 releases: ids 8, 8"
        );
    }
}
