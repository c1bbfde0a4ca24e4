//! The requests of a release, counted by the stand-in according to GitHub's documented limits.

use std::time::Duration;

use stand_ins::{Category, LogEntry, RateLimits};

use super::release::told;
use super::support::scene::{Run, Scene, TAG};

const ME: Run = Run { id: 20, attempt: 1 };

async fn limited() -> Scene {
    let scene = Scene::start(|options| options.limits = RateLimits::default()).await;
    scene.begin(ME);
    scene
}

/// The plan of a release of these assets.
async fn plan(scene: &Scene, names: &str) -> String {
    let inputs = [("version", TAG), ("assets", names)];
    let planned = scene.phase(ME, "plan", &inputs).await;
    planned.unwrap().remove("plan").unwrap()
}

async fn phase(
    scene: &Scene,
    phase: &str,
    inputs: &[(&str, &str)],
) -> super::support::scene::Outputs {
    let ended = scene.phase(ME, phase, inputs).await;
    ended.unwrap_or_else(|stop| panic!("{}", told(phase, &stop)))
}

fn was_limited(entry: &LogEntry) -> bool {
    // Only administrators may read the setting; others get 403.
    let is_setting = entry.path.ends_with("/immutable-releases");
    matches!(entry.status, Some(403 | 429)) && !is_setting
}

#[tokio::test]
async fn release_of_500_assets_stays_below_every_limit() {
    let scene = limited().await;
    let names: Vec<_> = (0..500).map(|n| format!("file-{n:03}.txt")).collect();
    for name in &names {
        std::fs::write(scene.folder.path().join(name), name).unwrap();
    }
    let names = names.join("\n");
    let plan = plan(&scene, &names).await;
    let plan = ("plan", plan.as_str());
    let began = scene.clock.now();
    phase(&scene, "draft", &[plan]).await;
    let files = [plan, ("files", names.as_str()), ("timeout", "5h")];
    phase(&scene, "upload", &files).await;
    let awaited = phase(&scene, "await", &[plan]).await;
    let artifacts = ("artifacts", awaited["artifacts"].as_str());
    let told = [plan, artifacts, ("needs", "none"), ("timeout", "2h")];
    phase(&scene, "publish", &told).await;
    let took = scene.clock.now().saturating_sub(began);
    let limited = scene.github.log().filter(was_limited);
    eprintln!("500 assets take {} min", took.as_secs() / 60);
    assert!(limited.is_empty(), "{limited:?}");
    scene.repository(|repository| {
        let release = repository.releases_of(TAG)[0];
        assert_eq!((release.draft, release.assets.len()), (false, 501));
    });
}

#[tokio::test]
async fn waiting_for_half_an_hour_costs_two_requests_of_the_quota() {
    let scene = limited().await;
    let plan = plan(&scene, "template.yaml").await;
    let plan = ("plan", plan.as_str());
    phase(&scene, "draft", &[plan]).await;
    scene.github.log().clear();
    let began = scene.clock.now();
    let ended = scene.phase(ME, "await", &[plan, ("timeout", "30m")]).await;
    let why = told("await", &ended.unwrap_err());
    assert!(why.contains("gave up after 30m"), "{why}");
    assert!(scene.clock.now() >= began + Duration::from_mins(30));
    let entries = scene.github.log().entries();
    // GraphQL has a quota of its own: one point, for the query that finds the draft.
    let (graphql, rest): (Vec<_>, Vec<_>) = entries.iter().partition(|e| e.path == "/graphql");
    let cost: u32 = rest.iter().map(|entry| entry.cost).sum();
    let asked = entries
        .iter()
        .filter(|e| e.category == Category::Conditional);
    eprintln!(
        "half an hour: {} requests, {cost} of the quota",
        entries.len()
    );
    assert!(asked.count() > 100, "it was looked at all the while");
    assert!(cost <= 2 && graphql.len() <= 1, "{entries:#?}");
}
