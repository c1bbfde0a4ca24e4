//! `discard`: deletes only the draft and the tag that we made.

mod adopt;

use async_trait::async_trait;

use crate::domain::{Code, Diagnostic};
use crate::domain::{CommitSha, LockOwner, Tag};
use crate::plan::Mark;
use crate::protocol::{Phase, PhaseId, PhaseReport, ReleaseFacts, Step};
use crate::protocol::{Reader, SeenRelease, ServiceError};
use crate::release::lock::{Locked, NeedsLock, WhenDone};
use crate::release::references::delete_release;
use crate::release::view::ReleaseView;

pub use adopt::{Adopt, AdoptOptions};

/// [`PhaseId::Discard`]. Published releases, and releases without our mark, are kept.
pub struct Discard {
    tag: Tag,
    /// The commit of the draft that the last step found.
    commit: Option<CommitSha>,
}

impl Discard {
    /// The phase, which changes something only while `owner` holds the lock of the tag.
    pub fn locked(tag: Tag, owner: LockOwner) -> Locked<Self> {
        Locked::new(Self { tag, commit: None }, owner)
    }
}

#[async_trait]
impl Phase for Discard {
    fn id(&self) -> PhaseId {
        PhaseId::Discard
    }

    async fn step(&mut self, reader: Reader<'_>) -> Result<Step, ServiceError> {
        let seen = ReleaseView::tag_and_releases(reader, &self.tag).await?;
        self.commit = our_release(&seen).map(|(_, mark)| mark.commit);
        Ok(decide(&self.tag, &seen))
    }

    fn known(&self) -> ReleaseFacts {
        ReleaseFacts::of_tag(&self.tag)
    }
}

impl NeedsLock for Discard {
    fn tag(&self) -> &Tag {
        &self.tag
    }

    fn commit(&self) -> Option<&CommitSha> {
        self.commit.as_ref()
    }

    /// A run that holds the lock may be about to create objects that are to be deleted.
    fn when_done(&self) -> WhenDone {
        WhenDone::WaitForOwner
    }
}

fn our_release(seen: &ReleaseView) -> Option<(&SeenRelease, Mark)> {
    seen.releases
        .iter()
        .find_map(|draft| Some((draft, Mark::find(&draft.body)?)))
}

fn decide(tag: &Tag, seen: &ReleaseView) -> Step {
    if let Some(published) = seen.releases.iter().find(|release| !release.draft) {
        return Step::Blocked(vec![Diagnostic::error(
            Code::AlreadyPublished,
            format!("{tag} is published ({})", published.url),
            "a published release is never discarded; release another version",
        )]);
    }
    let Some((draft, mark)) = our_release(seen) else {
        let report = PhaseReport::new(nothing_of_ours(tag, seen));
        return Step::Done(report.knowing(ReleaseFacts::of_tag(tag)));
    };
    Step::Act(delete_release(tag, seen.tag.as_ref(), draft, &mark))
}

fn nothing_of_ours(tag: &Tag, seen: &ReleaseView) -> String {
    match (&seen.tag, seen.releases.len()) {
        (None, 0) => format!("no draft and no tag {tag} exist"),
        (Some(at), 0) => format!(
            "no draft {tag} exists; the tag at {} is not ours and stays",
            at.short()
        ),
        (_, _) => {
            let lost = if seen.releases.iter().any(|draft| is_as_ours(tag, draft)) {
                "; one is as ours, without its mark, which `discard --adopt` puts back"
            } else {
                ""
            };
            format!("no draft {tag} of ours exists; others' drafts stay{lost}")
        }
    }
}

/// Whether a draft without our mark is called and aimed as we do it.
fn is_as_ours(tag: &Tag, draft: &SeenRelease) -> bool {
    draft.name == tag.as_str() && draft.target.parse::<CommitSha>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::example;
    use crate::release::examples::{foreign_draft, other, our_draft, published, without_mark};

    fn actions(tag: Option<CommitSha>, releases: Vec<SeenRelease>) -> Vec<String> {
        let seen = ReleaseView {
            tag,
            releases,
            ..ReleaseView::default()
        };
        match decide(&example().wanted.tag, &seen) {
            Step::Act(actions) => actions.iter().map(ToString::to_string).collect(),
            Step::Done(report) => vec![report.summary],
            Step::Blocked(findings) => findings.iter().map(|f| f.code.to_string()).collect(),
            Step::Wait(_) => vec![],
        }
    }

    #[test]
    fn tag_that_was_there_before_the_evidence_is_kept_with_a_late_tag() {
        let plan = example().with(|wanted| wanted.tag_when = crate::plan::TagWhen::Publish);
        let here = || Some(plan.wanted.commit.clone());
        let tag = "delete the tag v1.2.0 at 4e4b9d4";
        let draft = "delete the draft release v1.2.0 (id 7)";
        assert_eq!(actions(here(), vec![our_draft(&plan)]), [draft]);
        assert_eq!(actions(None, vec![our_draft(&plan)]), [draft]);
        let mut finished = our_draft(&plan);
        finished.assets = vec![crate::release::examples::asset(
            1,
            crate::plan::EVIDENCE,
            b"e",
        )];
        assert_eq!(actions(here(), vec![finished]), [tag, draft]);
    }

    #[test]
    fn discard_deletes_only_releases_with_our_mark() {
        let plan = example();
        let here = || Some(plan.wanted.commit.clone());
        let tag = "delete the tag v1.2.0 at 4e4b9d4";
        let draft = "delete the draft release v1.2.0 (id 7)";
        assert_eq!(actions(here(), vec![our_draft(&plan)]), [tag, draft]);
        assert_eq!(actions(None, vec![our_draft(&plan)]), [draft]);
        assert_eq!(
            actions(Some(other()), vec![our_draft(&plan)]),
            [draft],
            "a tag elsewhere is not ours"
        );
        assert_eq!(
            actions(here(), vec![foreign_draft(&plan), our_draft(&plan)]),
            [tag, draft]
        );
        let kept = "no draft v1.2.0 of ours exists; others' drafts stay";
        assert_eq!(actions(here(), vec![foreign_draft(&plan)]), [kept]);
        assert_eq!(
            actions(here(), vec![without_mark(&plan)]),
            [format!(
                "{kept}; one is as ours, without its mark, which `discard --adopt` puts back"
            )]
        );
        assert!(actions(here(), vec![])[0].contains("not ours and stays"));
        assert_eq!(
            actions(here(), vec![published(our_draft(&plan))]),
            [Code::AlreadyPublished.as_str()]
        );
    }
}
