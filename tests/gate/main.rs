//! The gate before publishing, over real sockets: a release goes well up to and including its tests, then one fact is altered.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests are tests, which clippy does not see"
)]

mod facts;
mod images;
mod release;
mod reported;
mod stale;
#[path = "../support/mod.rs"]
mod support;
mod verified;
mod world;

use support::scene as rig;

use std::sync::Arc;

use btp_release::engine::Stop;
use stand_ins::{Fault, Pattern};

use facts::IN_THE_WORLD;
use release::{Snapshot, Told, codes};
use reported::{BEFORE, HARMLESS};
use rig::{Outputs, Scene};

async fn tested() -> (Arc<Scene>, Told, Snapshot) {
    let scene = Arc::new(Scene::start(|_| {}).await);
    let told = scene.until_tested().await;
    let snapshot = scene.snapshot();
    (scene, told, snapshot)
}

fn described(stop: &Stop) -> String {
    match stop {
        Stop::Blocked { .. } => format!("{:?}", codes(stop)),
        other => other.to_string(),
    }
}

/// Why the refusal is not the expected one.
fn wrong(ended: Result<Outputs, Stop>, expected: &[&str]) -> Option<String> {
    let Err(stop) = ended else {
        return Some("was let through".into());
    };
    let expected = format!("{expected:?}");
    Some(described(&stop)).filter(|seen| *seen != expected)
}

fn all_refused(when: &str, facts: usize, wrong: &[String]) {
    for line in wrong {
        eprintln!("{line}");
    }
    eprintln!("{} of {facts} facts refused, {when}", facts - wrong.len());
    assert_eq!(wrong.len(), 0, "{wrong:#?}");
}

#[tokio::test]
async fn each_single_fact_altered_after_the_tests_is_refused() {
    let (scene, told, snapshot) = tested().await;
    let mut failed = Vec::new();
    let mut one = async |fact: &str, expected: &[&str], told: &Told| {
        let before = scene.releases_published();
        let refused = wrong(scene.publish(told).await, expected);
        let wrote = Some(scene.written()).filter(|written| !written.is_empty());
        let wrote = wrote.map(|written| format!("was followed by {written:?}"));
        let published = (scene.releases_published() != before).then(|| "was published".to_owned());
        let said = [refused, wrote, published];
        failed.extend(
            said.into_iter()
                .flatten()
                .map(|why| format!("{fact}: {why}")),
        );
    };
    for (fact, expected, alter) in IN_THE_WORLD {
        scene.restore(&snapshot);
        alter(&scene);
        one(fact, expected, &told).await;
    }
    for (fact, expected, alter) in BEFORE {
        scene.restore(&snapshot);
        let mut told = told.clone();
        alter(&scene, &mut told);
        one(fact, expected, &told).await;
    }
    let facts = IN_THE_WORLD.len() + BEFORE.len();
    assert!(facts >= 40);
    all_refused("altered between test and publish", facts, &failed);
}

/// When the evidence is written and nothing but the one request is left, everything is looked at once more.
#[tokio::test]
async fn each_single_fact_altered_right_before_the_one_request_is_refused() {
    let (scene, told, snapshot) = tested().await;
    let mut failed = Vec::new();
    for (fact, expected, alter) in IN_THE_WORLD {
        scene.restore(&snapshot);
        let there = Arc::clone(&scene);
        let last_but_one = Pattern::new("PATCH", "*/releases/*");
        scene
            .github
            .faults()
            .when(last_but_one, 1, Fault::call_after(move |_| alter(&there)));
        let before = usize::from(*fact == "somebody publishes a second release");
        if let Some(why) = wrong(scene.publish(&told).await, expected) {
            failed.push(format!("{fact}: {why}"));
        } else if scene.github.faults().pending() > 0 {
            failed.push(format!("{fact}: was never altered"));
        } else if scene.releases_published() != before {
            failed.push(format!("{fact}: was published"));
        }
    }
    all_refused(
        "altered right before the one request",
        IN_THE_WORLD.len(),
        &failed,
    );
}

#[tokio::test]
async fn what_is_no_promise_stops_nothing() {
    let (scene, told, snapshot) = tested().await;
    for (fact, alter) in HARMLESS {
        scene.restore(&snapshot);
        let mut told = told.clone();
        alter(&scene, &mut told);
        let published = scene.publish(&told).await;
        let outputs = published.unwrap_or_else(|stop| panic!("{fact}: {}", described(&stop)));
        assert_eq!(outputs["is-latest"], "true", "{fact}");
        assert_eq!(scene.releases_published(), 1, "{fact}");
    }
}

#[tokio::test]
async fn in_a_repository_of_immutable_releases_it_is_frozen() {
    let (scene, told, _) = tested().await;
    scene.repository(|repository| repository.immutable_releases = true);
    let published = scene.publish(&told).await;
    let outputs = published.unwrap_or_else(|stop| panic!("{}", described(&stop)));
    assert_eq!(outputs["is-immutable"], "true");
    let again = scene.publish(&told).await;
    assert!(again.is_ok_and(|outputs| outputs["is-immutable"] == "true"));
}
