//! The requests of `propose`, counted: those that count against GitHub's limits, and those that it confirms with 304, which do not.

use super::support::scene::Scene;
use super::{BRANCH, CONFIG, KUSTOMIZATION, propose, push, scene, tip};

const NONE: (&str, &str) = ("merge", "none");
const SQUASH: (&str, &str) = ("merge", "squash");

/// Runs `propose`, and counts what it asks.
async fn requests(scene: &Scene, more: &[(&str, &str)]) -> (usize, usize) {
    scene.seen_by_all().await;
    scene.forget();
    propose(scene, more).await.unwrap();
    let sent = scene.github.log().entries();
    let confirmed = sent
        .iter()
        .filter(|entry| entry.status == Some(304))
        .count();
    (sent.len() - confirmed, confirmed)
}

#[tokio::test]
async fn proposal_sends_exactly_so_many_requests() {
    let mut found = Vec::new();
    for (name, merge) in [("open", NONE), ("squash", SQUASH)] {
        let scene = scene().await;
        let base = tip(&scene, "main").unwrap();
        let inputs = [merge, ("commit", base.as_str())];
        for run in ["first", "second"] {
            let case = format!("{name}, {run}");
            let count = requests(&scene, &inputs).await;
            found.push((case, count));
        }
    }
    let scene = scene().await;
    push(
        &scene,
        "main",
        CONFIG,
        &KUSTOMIZATION.replace("1.1.0", "1.2.0"),
    );
    let base = tip(&scene, "main").unwrap();
    let count = requests(&scene, &[SQUASH, ("commit", base.as_str())]).await;
    found.push(("unchanged".into(), count));
    assert_eq!(tip(&scene, BRANCH), None);
    let found: Vec<_> = found
        .iter()
        .map(|(case, count)| (case.as_str(), *count))
        .collect();
    let budgets = [
        ("open, first", (17, 1)),
        ("open, second", (10, 0)),
        ("squash, first", (29, 6)),
        ("squash, second", (14, 0)),
        ("unchanged", (9, 0)),
    ];
    assert_eq!(found, budgets);
}
