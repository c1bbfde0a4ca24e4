//! `draft`: one draft release with our mark, then the tag at the plan's commit.
//!
//! The tag comes last because it starts builders, and they upload to the draft.

use async_trait::async_trait;

use super::shared::{drop_draft, duplicates, foreign, of_another_commit, tag_elsewhere};
use super::{Action, Evidence, Finding, Phase, PhaseId, Step};
use crate::domain::CommitSha;
use crate::plan::{Mark, NotesSource, OnExisting, ReleasePlan};
use crate::ports::{Look, NewDraft, PortError, SeenRelease};

pub struct Draft {
    plan: ReleasePlan,
}

struct Seen {
    tag: Option<CommitSha>,
    releases: Vec<SeenRelease>,
    /// Only looked up where there is a draft to make.
    notes: Option<String>,
}

impl Draft {
    pub fn new(plan: ReleasePlan) -> Self {
        Self { plan }
    }

    async fn see(&self, look: Look<'_>) -> Result<Seen, PortError> {
        let plan = &self.plan;
        let tag = look.github.tag(&plan.tag).await?;
        let releases = look.github.releases(&plan.tag).await?;
        let elsewhere = tag.as_ref().is_some_and(|at| *at != plan.commit);
        let notes = match &plan.notes {
            _ if elsewhere || !releases.is_empty() => None,
            NotesSource::Text(text) => Some(text.clone()),
            NotesSource::Generated => {
                let previous = plan.previous_tag.as_ref();
                Some(
                    look.github
                        .notes(&plan.tag, &plan.commit, previous)
                        .await?
                        .body,
                )
            }
        };
        Ok(Seen {
            tag,
            releases,
            notes,
        })
    }
}

#[async_trait]
impl Phase for Draft {
    fn id(&self) -> PhaseId {
        PhaseId::Draft
    }

    async fn step(&mut self, look: Look<'_>) -> Result<Step, PortError> {
        Ok(decide(&self.plan, &self.see(look).await?))
    }
}

fn decide(plan: &ReleasePlan, seen: &Seen) -> Step {
    let other = seen.tag.as_ref().filter(|at| **at != plan.commit);
    match seen.releases.as_slice() {
        [] => match other {
            Some(at) => elsewhere(plan, at, &seen.releases),
            None => Step::Act(vec![Action::CreateDraft(new_draft(plan, seen))]),
        },
        [one] => match Mark::find(&one.body) {
            None => Step::Blocked(vec![foreign(plan, one)]),
            Some(mark) if !one.draft => published(plan, seen, one, &mark),
            Some(mark) => our_draft(plan, seen, one, &mark),
        },
        many => Step::Blocked(vec![duplicates(plan, many)]),
    }
}

fn our_draft(plan: &ReleasePlan, seen: &Seen, draft: &SeenRelease, mark: &Mark) -> Step {
    let same_run = mark.run == plan.run && mark.commit == plan.commit;
    if plan.on_existing == OnExisting::Replace && !same_run {
        return Step::Act(drop_draft(&plan.tag, seen.tag.as_ref(), draft, mark));
    }
    if let Some(at) = seen.tag.as_ref().filter(|at| **at != plan.commit) {
        return elsewhere(plan, at, &seen.releases);
    }
    if mark.commit != plan.commit {
        return Step::Blocked(vec![of_another_commit(plan, mark)]);
    }
    if mark.plan != plan.digest() {
        let mark = Mark {
            tag_was_there: mark.tag_was_there,
            ..plan.mark(false)
        };
        return Step::Act(vec![Action::EditDraft {
            release: draft.id,
            tag: plan.tag.clone(),
            body: mark.put(&draft.body),
        }]);
    }
    match seen.tag {
        None => Step::Act(vec![Action::CreateTag {
            tag: plan.tag.clone(),
            commit: plan.commit.clone(),
        }]),
        Some(_) => Step::Done(evidence(
            draft,
            format!("{} is a draft at {}", plan.tag, plan.commit.short()),
        )),
    }
}

fn published(plan: &ReleasePlan, seen: &Seen, release: &SeenRelease, mark: &Mark) -> Step {
    let as_planned = mark.commit == plan.commit && seen.tag.as_ref() == Some(&plan.commit);
    if !as_planned {
        return Step::Blocked(vec![Finding::new(
            "already-published",
            format!(
                "{} is published, of {}; this release is of {}",
                plan.tag,
                mark.commit.short(),
                plan.commit.short()
            ),
            format!(
                "release another version, such as {}",
                plan.version.next_patch()
            ),
        )]);
    }
    Step::Done(evidence(
        release,
        format!("{} is already published", plan.tag),
    ))
}

fn evidence(release: &SeenRelease, so: String) -> Evidence {
    Evidence::new(so)
        .with("release-id", release.id)
        .with("release-url", &release.url)
}

fn new_draft(plan: &ReleasePlan, seen: &Seen) -> NewDraft {
    let mark = plan.mark(seen.tag.is_some());
    NewDraft {
        tag: plan.tag.clone(),
        target: plan.commit.clone(),
        name: plan.tag.to_string(),
        body: mark.put(&cut(seen.notes.as_deref().unwrap_or_default())),
        prerelease: plan.prerelease,
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

fn elsewhere(plan: &ReleasePlan, at: &CommitSha, releases: &[SeenRelease]) -> Step {
    Step::Blocked(vec![tag_elsewhere(
        &plan.tag,
        &plan.version,
        &plan.commit,
        at,
        releases,
    )])
}
