//! `discard` with `adopt` after an interruption at any request: the draft has its mark again, nothing else has changed, and
//! the release goes on.

use std::sync::Arc;
use std::time::Duration;

use btp_release::plan::{Mark, ReleasePlan};
use stand_ins::github::StoredRelease;
use tokio::sync::Notify;

use super::matrix::{CUTS, Server};
use super::release::told;
use super::support::cuts::{Cut, whole_matrices};
use super::support::scene::{Run, Scene, TAG};

const FIRST: Run = Run { id: 1, attempt: 1 };
const SECOND: Run = Run { id: 2, attempt: 1 };
const EDITED: &str = "## What is new\n\nEverything.";

impl Scene {
    fn the_draft(&self) -> StoredRelease {
        self.repository(|repository| {
            let [draft] = repository.releases_of(TAG).try_into().unwrap();
            StoredRelease::clone(draft)
        })
    }

    /// A draft with its tag, whose whole text somebody replaced. Returns the plan.
    async fn edited_draft(&self) -> String {
        self.reset().await;
        self.begin(FIRST);
        let plan = self.plan(FIRST, self).await.unwrap();
        let drafted = self.phase(FIRST, "draft", &[("plan", &plan)]).await;
        drafted.unwrap_or_else(|stop| panic!("{}", told("draft", &stop)));
        self.end(FIRST);
        let id = self.the_draft().id;
        self.repository(|repository| {
            let draft = repository.releases.get_mut(&id).unwrap();
            draft.body = Some(EDITED.into());
        });
        self.seen_by_all().await;
        self.forget();
        plan
    }

    async fn adopt(&self, run: Run, inputs: &[(&str, &str)]) -> Result<(), String> {
        let inputs = [inputs, &[("adopt", "true")]].concat();
        let ended = self.phase(run, "discard", &inputs).await;
        ended.map(drop).map_err(|stop| told("discard", &stop))
    }

    async fn adopted_after(&self, request: u64, cut: Cut) -> Result<(), String> {
        let plan = self.edited_draft().await;
        let before = self.the_draft();
        let killed = Arc::new(Notify::new());
        let kill = Arc::clone(&killed);
        self.plan_cut(
            Server::GitHub,
            request,
            cut.faults(move || kill.notify_one()),
        );
        self.begin(SECOND);
        let inputs = [("plan", plan.as_str())];
        tokio::select! {
            _ = self.adopt(SECOND, &inputs) => {}
            () = killed.notified() => {}
        }
        self.end(SECOND);
        if self.github.faults().pending() > 0 {
            return Err("the cut was never reached".into());
        }
        let third = Run { id: 3, attempt: 1 };
        self.begin(third);
        self.adopt(third, &inputs).await?;
        let after = self.the_draft();
        let body = after.body.clone().unwrap();
        let mark = ReleasePlan::from_json(&plan, None).unwrap().mark(true);
        if Mark::find(&body) != Some(mark) || Mark::strip(&body) != EDITED {
            return Err(format!("the text is {body:?}"));
        }
        let same = StoredRelease {
            body: before.body.clone(),
            updated_at: before.updated_at,
            untagged: before.untagged.clone(),
            ..after
        };
        let locks = self.repository(|r| r.refs.keys().any(|name| name.contains("release-locks")));
        if same != before || locks {
            return Err(format!("left {same:?}, locked: {locks}"));
        }
        let drafted = self.phase(third, "draft", &[("plan", &plan)]).await;
        drafted.map(drop).map_err(|stop| told("draft", &stop))
    }
}

#[tokio::test]
async fn interrupted_adoption_can_be_repeated_and_changes_only_the_mark() {
    let scene = Scene::start(|options| options.lag = Duration::from_secs(3)).await;
    let plan = scene.edited_draft().await;
    scene.begin(SECOND);
    let before = scene.requests()[Server::GitHub as usize];
    scene.adopt(SECOND, &[("plan", &plan)]).await.unwrap();
    let requests = scene.requests()[Server::GitHub as usize] - before;
    let (mut cases, mut failed) = (0, Vec::new());
    for request in 1..=requests {
        for (kind, cut) in (0..).zip(CUTS) {
            if !whole_matrices() && !(request + kind).is_multiple_of(3) {
                continue;
            }
            cases += 1;
            if let Err(why) = scene.adopted_after(request, cut).await {
                failed.push(format!("request {request}, {cut:?}: {why}"));
            }
        }
    }
    eprintln!("adopted after {cases} cuts at {requests} requests");
    assert!(requests >= 6, "{requests}");
    assert_eq!(failed, [""; 0]);
}

/// Without the plan, the mark names none: the next run takes the draft up, and publishes it.
#[tokio::test]
async fn draft_without_its_mark_is_refused_and_adopted_and_released() {
    let scene = Scene::start(|_| ()).await;
    let old = scene.edited_draft().await;
    let id = scene.the_draft().id;
    scene.begin(SECOND);
    let refused = scene.plan(SECOND, &scene).await.unwrap_err();
    assert!(refused.contains("code: \"draft-mark-lost\""), "{refused}");
    let written = scene.github.log().writes();
    assert!(written.is_empty(), "{written:?}");
    scene.adopt(SECOND, &[("version", TAG)]).await.unwrap();
    let needs = [("plan", old.as_str()), ("needs", "none")];
    let published = scene.phase(FIRST, "publish", &needs).await.unwrap_err();
    let published = told("publish", &published);
    assert!(published.contains("draft-of-another-plan"), "{published}");
    scene.release(SECOND, &scene).await.unwrap();
    let released = scene.the_draft();
    assert_eq!((released.id, released.draft), (id, false));
    assert!(released.body.unwrap().starts_with(EDITED));
}
