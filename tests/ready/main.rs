//! `ready` on histories like those of the modules: which versions are possible and what is in the way, as `plan` says it; and the
//! one comment on a pull request, whatever is interrupted and whoever else comments.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests are tests, which clippy does not see"
)]

mod answers;
mod comments;
mod interrupted;
mod shown;
#[path = "../support/mod.rs"]
mod support;

use btp_release::engine::Stop;
use serde_json::Value;
use stand_ins::github::{GitHubWorld, GitRepository, Level, Token};
use support::scene::{Outputs, REPOSITORY, Run, Scene, TOKEN};

pub(crate) const CONFIG: &str = "\
changelog:
  categories:
    - title: New features
      labels: [kind/feature]
    - title: Fixed bugs
      labels: [kind/bug]
";
pub(crate) const RUN: Run = Run { id: 17, attempt: 1 };

/// A scene whose repository has this history, and a token that may comment.
pub(crate) async fn scene(seed: impl FnOnce(&mut GitRepository)) -> Scene {
    let scene = Scene::start(|_| ()).await;
    fill(&scene, seed).await;
    scene
}

pub(crate) async fn fill(scene: &Scene, seed: impl FnOnce(&mut GitRepository)) {
    let mut world = GitHubWorld::new();
    let token = Token::github_token().with(|rights| rights.pull_requests = Level::Write);
    world.token(TOKEN, token);
    let repository = world.repository(REPOSITORY);
    repository
        .files
        .insert(".github/release.yml".into(), CONFIG.into());
    seed(repository.commit("Initial commit"));
    *scene.github.world() = world;
    scene.seen_by_all().await;
    scene.forget();
}

/// Two features and a fix since 1.2.0.
pub(crate) fn module(repository: &mut GitRepository) {
    repository
        .merge("Prepare the release", "ada", &["kind/feature"])
        .tag("v1.2.0")
        .publish("v1.2.0")
        .merge(
            "Support a proxy (for @everyone, #1)",
            "grace",
            &["kind/feature"],
        )
        .merge("Read the secret once", "linus", &["kind/bug"]);
}

pub(crate) async fn ready(scene: &Scene, inputs: &[(&str, &str)]) -> Result<Outputs, Stop> {
    scene.phase(RUN, "ready", inputs).await
}

/// The JSON of the answer.
pub(crate) async fn answer(scene: &Scene, inputs: &[(&str, &str)]) -> Value {
    let outputs = ready(scene, inputs).await.unwrap();
    let json: Value = serde_json::from_str(&outputs["readiness"]).unwrap();
    assert_eq!(json["state"], outputs["state"].as_str());
    json
}

/// `tag kind`, with the codes of what is in the way, for each of the next versions.
pub(crate) fn versions(json: &Value) -> Vec<String> {
    let versions = json["next_versions"].as_array().unwrap();
    let words = versions.iter().map(|version| {
        let (tag, kind) = (&version["tag"], &version["kind"]);
        let mut words = format!("{} {}", tag.as_str().unwrap(), kind.as_str().unwrap());
        for code in codes(&version["findings"]) {
            words.push(' ');
            words.push_str(&code);
        }
        words
    });
    words.collect()
}

/// The codes of some findings.
pub(crate) fn codes(findings: &Value) -> Vec<String> {
    let findings = findings.as_array().unwrap();
    let codes = findings
        .iter()
        .map(|finding| finding["code"].as_str().unwrap().to_owned());
    codes.collect()
}
