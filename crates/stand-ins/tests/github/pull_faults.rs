//! Pull requests when answers are lost, lists are late, or the server is started again.

use super::scene::{NAME, Scene, refusal};
use serde_json::json;
use stand_ins::github::GitHubWorld;
use stand_ins::{Fault, Pattern};
use std::time::Duration;

/// A pull request whose answer was lost is there, and is not made a second time.
#[tokio::test]
async fn a_lost_answer_leaves_one_pull_request() {
    let scene = Scene::start().await;
    let faults = scene.api.github.faults();
    let body = json!({ "title": "t", "head": "bump", "base": "main" });
    for (fault, left) in [(Fault::ConnectionCutBefore, 0), (Fault::AnswerLost, 1)] {
        faults.when(Pattern::new("POST", "*/pulls"), 1, fault);
        let request = scene.api.request("POST", "pulls").json(&body);
        assert!(request.send().await.is_err());
        let found = scene.api.get("pulls").await.body;
        assert_eq!(found.as_array().unwrap().len(), left);
    }
    let again = scene.api.post("pulls", body).await;
    assert_eq!(refusal(&again), (422, "Validation Failed"));
}

#[tokio::test]
async fn what_is_saved_keeps_objects_and_pull_requests() {
    let scene = Scene::start().await;
    let number = scene.open("bump").await;
    scene.repository(|repository| repository.review(number, "grace", "APPROVED"));
    scene.settled(number).await;
    let folder = tempfile::tempdir().unwrap();
    let world = scene.api.github.world().clone();
    world.save(folder.path()).unwrap();
    let mut loaded = GitHubWorld::load(folder.path()).unwrap();
    assert_eq!(loaded, world);
    let file = loaded.repository(NAME).file_at("bump", "a.yaml");
    assert_eq!(file, Some(b"version: 2\n".to_vec()));
}

#[tokio::test]
async fn lists_lag_behind_and_one_pull_request_does_not() {
    let scene = Scene::with(|options| options.lag = Duration::from_secs(5)).await;
    let number = scene.open("bump").await;
    assert_eq!(scene.api.get("pulls").await.body, json!([]));
    assert_eq!(scene.api.get(&format!("pulls/{number}")).await.status, 200);
    scene.clock.advance(Duration::from_secs(5));
    assert_eq!(scene.api.get("pulls").await.body[0]["number"], number);
}
