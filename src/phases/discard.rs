//! `discard`: deletes the draft and the tag that we made, and nothing else.

use async_trait::async_trait;

use super::shared::drop_draft;
use super::{Evidence, Finding, Phase, PhaseId, Step};
use crate::domain::{CommitSha, Tag};
use crate::plan::Mark;
use crate::ports::{Look, PortError, SeenRelease};

pub struct Discard {
    tag: Tag,
}

struct Seen {
    tag: Option<CommitSha>,
    releases: Vec<SeenRelease>,
}

impl Discard {
    pub fn new(tag: Tag) -> Self {
        Self { tag }
    }

    async fn see(&self, look: Look<'_>) -> Result<Seen, PortError> {
        Ok(Seen {
            tag: look.github.tag(&self.tag).await?,
            releases: look.github.releases(&self.tag).await?,
        })
    }
}

#[async_trait]
impl Phase for Discard {
    fn id(&self) -> PhaseId {
        PhaseId::Discard
    }

    async fn step(&mut self, look: Look<'_>) -> Result<Step, PortError> {
        Ok(decide(&self.tag, &self.see(look).await?))
    }
}

fn decide(tag: &Tag, seen: &Seen) -> Step {
    if let Some(published) = seen.releases.iter().find(|release| !release.draft) {
        return Step::Blocked(vec![Finding::new(
            "already-published",
            format!("{tag} is published ({})", published.url),
            "a published release is never discarded; release another version",
        )]);
    }
    let ours = seen
        .releases
        .iter()
        .find_map(|draft| Some((draft, Mark::find(&draft.body)?)));
    let Some((draft, mark)) = ours else {
        return Step::Done(Evidence::new(nothing_of_ours(tag, seen)));
    };
    Step::Act(drop_draft(tag, seen.tag.as_ref(), draft, &mark))
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
