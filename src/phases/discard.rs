//! `discard`: deletes the draft and the tag that we made, and nothing else.

use async_trait::async_trait;

use crate::domain::{Code, Diagnostic};
use crate::domain::{CommitSha, LockOwner, Tag};
use crate::plan::Mark;
use crate::protocol::{Action, Phase, PhaseId, PhaseReport, Step};
use crate::protocol::{Reader, SeenRelease, ServiceError};
use crate::release::lock::TagLock;
use crate::release::references::drop_release;

pub struct Discard {
    tag: Tag,
    lock: TagLock,
}

struct Seen {
    tag: Option<CommitSha>,
    releases: Vec<SeenRelease>,
}

impl Discard {
    pub fn new(tag: Tag, owner: LockOwner) -> Self {
        let lock = TagLock::new(tag.clone(), owner);
        Self { tag, lock }
    }

    async fn see(&self, reader: Reader<'_>) -> Result<Seen, ServiceError> {
        Ok(Seen {
            tag: reader.github.tag(&self.tag).await?,
            releases: reader.github.releases(&self.tag).await?,
        })
    }
}

#[async_trait]
impl Phase for Discard {
    fn id(&self) -> PhaseId {
        PhaseId::Discard
    }

    async fn step(&mut self, reader: Reader<'_>) -> Result<Step, ServiceError> {
        let seen = self.see(reader).await?;
        let step = decide(&self.tag, &seen);
        let first = match (&step, seen.ours()) {
            (Step::Act(actions), Some((_, mark))) => {
                self.lock.pass(reader, &mark.commit, actions).await?
            }
            (Step::Done(_), _) => self.lock.pass_dead(reader).await?,
            _ => None,
        };
        Ok(first.unwrap_or(step))
    }

    fn continues_after_refusal(&mut self, action: &Action, refusal: &ServiceError) -> bool {
        self.lock.continues_after_refusal(action, refusal)
    }

    async fn leave(&mut self, reader: Reader<'_>) -> Result<Vec<Action>, ServiceError> {
        self.lock.leave(reader).await
    }
}

impl Seen {
    fn ours(&self) -> Option<(&SeenRelease, Mark)> {
        self.releases
            .iter()
            .find_map(|draft| Some((draft, Mark::find(&draft.body)?)))
    }
}

fn decide(tag: &Tag, seen: &Seen) -> Step {
    if let Some(published) = seen.releases.iter().find(|release| !release.draft) {
        return Step::Blocked(vec![Diagnostic::error(
            Code::AlreadyPublished,
            format!("{tag} is published ({})", published.url),
            "a published release is never discarded; release another version",
        )]);
    }
    let Some((draft, mark)) = seen.ours() else {
        return Step::Done(PhaseReport::new(nothing_of_ours(tag, seen)));
    };
    Step::Act(drop_release(tag, seen.tag.as_ref(), draft, &mark))
}

fn nothing_of_ours(tag: &Tag, seen: &Seen) -> String {
    match (&seen.tag, seen.releases.len()) {
        (None, 0) => format!("there is no draft and no tag {tag}"),
        (Some(at), 0) => format!(
            "there is no draft {tag}; the tag at {} is not ours and stays",
            at.short()
        ),
        (_, _) => format!("there is no draft {tag} of ours; others' drafts stay"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::example;
    use crate::release::examples::{foreign_draft, other, our_draft, published};

    fn actions(tag: Option<CommitSha>, releases: Vec<SeenRelease>) -> Vec<String> {
        match decide(&example().tag, &Seen { tag, releases }) {
            Step::Act(actions) => actions.iter().map(Action::to_string).collect(),
            Step::Done(evidence) => vec![evidence.so],
            Step::Blocked(findings) => findings.iter().map(|f| f.code.to_string()).collect(),
            Step::Wait(_) => vec![],
        }
    }

    #[test]
    fn only_what_carries_our_mark_goes() {
        let plan = example();
        let here = || Some(plan.commit.clone());
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
        assert!(actions(here(), vec![foreign_draft(&plan)])[0].contains("others' drafts stay"));
        assert!(actions(here(), vec![])[0].contains("not ours and stays"));
        assert_eq!(
            actions(here(), vec![published(our_draft(&plan))]),
            [Code::AlreadyPublished.as_str()]
        );
    }
}
