//! The gate before publishing, over real sockets: a release succeeds up to and including its tests, then one fact is
//! altered.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests are tests, which clippy does not see"
)]

mod facts;
mod finished_legs;
mod foreign_readers;
mod github_release;
mod images;
#[path = "../terminal/schema.rs"]
mod json_schema;
mod late_tag;
mod pinned;
mod provenance;
mod referrers;
mod release;
mod reported;
mod required_referrers;
mod signed;
mod signed_release;
mod stale;
#[path = "../support/mod.rs"]
mod support;
mod verified;
mod world;

use std::sync::Arc;

use btp_release::domain::Code;
use btp_release::engine::Stop;
use stand_ins::{Fault, Pattern};

use facts::{Fact, IN_THE_WORLD};
use release::{PublishJob, Snapshot, codes};
use reported::{BEFORE, HARMLESS};
use support::scene::{EARLY, Outputs, Scene};

async fn tested() -> (Arc<Scene>, PublishJob, Snapshot) {
    tested_with(EARLY).await
}

/// The same with another time for the tag.
async fn tested_with(tag_when: &'static str) -> (Arc<Scene>, PublishJob, Snapshot) {
    let scene = Arc::new(Scene::start(|_| {}).await.tagging(tag_when));
    let job = scene.until_tested().await;
    let snapshot = scene.snapshot();
    (scene, job, snapshot)
}

fn described(stop: &Stop) -> String {
    match stop {
        Stop::Blocked { .. } => format!("{:?}", codes(stop)),
        other => other.to_string(),
    }
}

/// Why the refusal is not the expected one.
fn wrong(ended: Result<Outputs, Stop>, expected: &[Code]) -> Option<String> {
    match ended {
        Ok(_) => Some("was let through".into()),
        Err(stop @ Stop::Blocked { .. }) if codes(&stop) == expected => None,
        Err(stop) => Some(described(&stop)),
    }
}

fn all_refused(when: &str, facts: usize, wrong: &[String]) {
    for line in wrong {
        eprintln!("{line}");
    }
    eprintln!("{} of {facts} facts refused, {when}", facts - wrong.len());
    assert_eq!(wrong.len(), 0, "{wrong:#?}");
}

#[tokio::test]
async fn gate_refuses_each_fact_altered_after_the_tests() {
    let (scene, job, snapshot) = tested().await;
    refused_after_the_tests(&scene, &job, &snapshot, IN_THE_WORLD, &[]).await;
}

/// `more` are inputs of `publish`.
async fn refused_after_the_tests(
    scene: &Scene,
    job: &PublishJob,
    snapshot: &Snapshot,
    in_the_world: &[Fact],
    more: &[(&str, &str)],
) {
    let mut failed = Vec::new();
    let mut one = async |fact: &str, expected: &[Code], job: &PublishJob| {
        let before = scene.releases_published();
        let refused = wrong(scene.finish(job, more).await, expected);
        let wrote = Some(scene.written()).filter(|written| !written.is_empty());
        let wrote = wrote.map(|written| format!("was followed by {written:?}"));
        let published = (scene.releases_published() != before).then(|| "was published".to_owned());
        let failures = [refused, wrote, published];
        failed.extend(
            failures
                .into_iter()
                .flatten()
                .map(|why| format!("{fact}: {why}")),
        );
    };
    for (fact, expected, alter) in in_the_world {
        scene.restore(snapshot);
        alter(scene);
        one(fact, expected, job).await;
    }
    for (fact, expected, alter) in BEFORE {
        scene.restore(snapshot);
        let mut job = job.clone();
        alter(scene, &mut job);
        one(fact, expected, &job).await;
    }
    let facts = in_the_world.len() + BEFORE.len();
    assert!(facts >= 40);
    all_refused("altered between test and publish", facts, &failed);
}

/// Everything is read once more after the evidence was written, right before the publishing request.
#[tokio::test]
async fn gate_refuses_each_fact_altered_right_before_publishing() {
    let (scene, job, snapshot) = tested().await;
    refused_right_before_publishing(&scene, &job, &snapshot, IN_THE_WORLD).await;
}

async fn refused_right_before_publishing(
    scene: &Arc<Scene>,
    job: &PublishJob,
    snapshot: &Snapshot,
    facts: &[Fact],
) {
    let mut failed = Vec::new();
    for &(fact, expected, alter) in facts {
        scene.restore(snapshot);
        let there = Arc::clone(scene);
        let last_but_one = Pattern::new("POST", "*/releases/*/assets");
        scene
            .github
            .faults()
            .when(last_but_one, 1, Fault::call_after(move |_| alter(&there)));
        let before = usize::from(fact == "somebody publishes a second release");
        if let Some(why) = wrong(scene.publish(job).await, expected) {
            failed.push(format!("{fact}: {why}"));
        } else if scene.github.faults().pending() > 0 {
            failed.push(format!("{fact}: was never altered"));
        } else if scene.releases_published() != before {
            failed.push(format!("{fact}: was published"));
        } else if scene.tag_created(job) {
            failed.push(format!("{fact}: left a tag"));
        }
    }
    all_refused("altered right before the one request", facts.len(), &failed);
}

#[tokio::test]
async fn gate_ignores_changes_outside_the_release() {
    let (scene, job, snapshot) = tested().await;
    harmless_changes_are_ignored(&scene, &job, &snapshot).await;
}

async fn harmless_changes_are_ignored(scene: &Scene, job: &PublishJob, snapshot: &Snapshot) {
    for (fact, alter) in HARMLESS {
        scene.restore(snapshot);
        let mut job = job.clone();
        alter(scene, &mut job);
        let published = scene.publish(&job).await;
        let outputs = published.unwrap_or_else(|stop| panic!("{fact}: {}", described(&stop)));
        assert_eq!(outputs["is-latest"], "true", "{fact}");
        assert_eq!(scene.releases_published(), 1, "{fact}");
    }
}

#[tokio::test]
async fn publish_succeeds_where_releases_become_immutable() {
    let (scene, job, _) = tested().await;
    scene.repository(|repository| repository.immutable_releases = true);
    let published = scene.publish(&job).await;
    let outputs = published.unwrap_or_else(|stop| panic!("{}", described(&stop)));
    assert_eq!(outputs["is-immutable"], "true");
    let again = scene.publish(&job).await;
    assert!(again.is_ok_and(|outputs| outputs["is-immutable"] == "true"));
}
