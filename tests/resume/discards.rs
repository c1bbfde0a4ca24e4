//! `discard` after an interruption at any request: nothing of ours is left, and all foreign objects are kept.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use stand_ins::github::StoredRelease;
use tokio::sync::Notify;

use super::OF_THE_TAG;
use super::matrix::{Server, kills};
use super::stages::Undisturbed;
use super::support::cuts::{Cut, whole_matrices};
use super::support::scene::{ANNOTATED, EARLY, LATE, LIGHTWEIGHT, Run, Scene, TAG};

type ReleasesAndRefs = (BTreeMap<u64, StoredRelease>, BTreeMap<String, String>);

impl Scene {
    /// What remains of the tag: releases, and references with its name.
    fn left(&self) -> (Vec<bool>, Vec<String>) {
        self.repository(|repository| {
            let releases = repository.releases_of(TAG);
            let refs = repository.refs.keys().filter(|name| name.ends_with(TAG));
            (
                releases.iter().map(|release| release.draft).collect(),
                refs.cloned().collect(),
            )
        })
    }

    fn all(&self) -> ReleasesAndRefs {
        self.repository(|repository| (repository.releases.clone(), repository.refs.clone()))
    }

    async fn discarded_after(
        &self,
        undisturbed: &Undisturbed,
        others: &ReleasesAndRefs,
        request: u64,
        cut: Cut,
    ) -> Result<bool, String> {
        let stage = undisturbed.before(Server::GitHub, request);
        self.restore(stage);
        let killed = Arc::new(Notify::new());
        let kill = Arc::clone(&killed);
        self.plan_cut(
            Server::GitHub,
            request - stage.requests[Server::GitHub as usize],
            cut.faults(move || kill.notify_one()),
        );
        let _ = self.run_from(stage, &killed).await;
        if self.left().0 == [false] {
            return Ok(false);
        }
        let second = Run { id: 2, attempt: 1 };
        self.begin(second);
        let discarded = self.phase(second, "discard", &[("version", TAG)]).await;
        discarded.map_err(|stop| super::release::told("discard", &stop))?;
        if self.all() == *others {
            Ok(true)
        } else {
            Err(format!("left: {:?}", self.left()))
        }
    }
}

#[tokio::test]
async fn interrupted_discard_can_be_repeated_and_keeps_foreign_objects() {
    discard_after_every_kill(EARLY, LIGHTWEIGHT, &[]).await;
}

#[tokio::test]
async fn interrupted_discard_can_be_repeated_where_the_tag_comes_late() {
    let of_the_tag: &[&str] = if whole_matrices() { &[] } else { &OF_THE_TAG };
    discard_after_every_kill(LATE, LIGHTWEIGHT, of_the_tag).await;
}

#[tokio::test]
async fn interrupted_discard_can_be_repeated_with_an_annotated_tag() {
    discard_after_every_kill(EARLY, ANNOTATED, &["draft"]).await;
    discard_after_every_kill(LATE, ANNOTATED, &["publish"]).await;
}

/// Kills these phases, or all if none is named.
async fn discard_after_every_kill(tag_when: &'static str, tag_type: &'static str, phases: &[&str]) {
    let scene = Scene::start(|options| options.lag = Duration::from_secs(3)).await;
    let scene = scene.tagging(tag_when).of_type(tag_type);
    scene.repository(|repository| {
        repository.draft("v1.2.0-rc1");
        repository.annotated_tag("v1.2.0-rc1", "theirs");
    });
    scene.seen_by_all().await;
    scene.forget();
    let others = scene.all();
    let undisturbed = Undisturbed::release(&scene).await;
    let requests = undisturbed.requests[Server::GitHub as usize];
    let (mut discarded, mut failed) = (0, Vec::new());
    let is_killed = |request: &u64| {
        let stage = undisturbed.before(Server::GitHub, *request);
        phases.is_empty() || phases.contains(&stage.phase.as_str())
    };
    for request in (1..=requests).filter(is_killed) {
        for cut in kills() {
            match scene
                .discarded_after(&undisturbed, &others, request, *cut)
                .await
            {
                Ok(done) => discarded += usize::from(done),
                Err(why) => failed.push(format!("request {request}, {cut:?}: {why}")),
            }
        }
    }
    eprintln!("discarded after {discarded} cuts");
    assert_eq!(failed, [""; 0]);
}
