//! A release as a GitHub App: its tokens are made, narrow, renewed and revoked.

use std::time::Duration;

use stand_ins::github::{Level, TokenKind};
use stand_ins::{GitHubEvent, LogEntry};

use super::matrix::is_about_tokens;
use super::release::{Phases, told};
use super::support::scene::{APP, ActsAs, Outputs, Run, Scene};

const RUN: Run = Run { id: 1, attempt: 1 };

async fn scene() -> Scene {
    let mut scene = Scene::start(|_| ()).await;
    scene.acts_as = ActsAs::App;
    scene.begin(RUN);
    scene
}

impl Scene {
    /// How many tokens of Apps are valid.
    fn app_tokens(&self) -> usize {
        let world = self.github.world();
        let tokens = world.tokens.values();
        tokens.filter(|token| token.kind == TokenKind::App).count()
    }

    fn grant(&self, change: impl FnOnce(&mut stand_ins::github::Rights)) {
        let mut world = self.github.world();
        let app = world.apps.get_mut(APP).unwrap();
        change(&mut app.installations[0].permissions);
    }
}

fn listed(requests: &[LogEntry]) -> Vec<String> {
    let lines = requests.iter().map(|entry| {
        let path = entry.path.replace("/repos/kyma-project/btp-manager", "");
        format!("{} {path}", entry.method)
    });
    lines.collect()
}

/// The requests for tokens of each phase, beside all others of the same phase.
struct Watching<'a>(&'a Scene);

impl Phases for Watching<'_> {
    async fn phase(
        &self,
        run: Run,
        phase: &str,
        inputs: &[(&str, &str)],
    ) -> Result<Outputs, String> {
        let before = self.0.github.log().last();
        let ended = Scene::phase(self.0, run, phase, inputs).await;
        let sent = self.0.github.log().filter(|entry| entry.number > before);
        if !sent.is_empty() {
            let of_tokens: Vec<_> = sent
                .iter()
                .filter(|e| is_about_tokens(&e.path))
                .cloned()
                .collect();
            let expected = [
                "GET /installation",
                "POST /app/installations/1/access_tokens",
                "DELETE /installation/token",
            ];
            assert_eq!(listed(&of_tokens), expected, "{phase}");
            assert_eq!(sent.last().unwrap().method, "DELETE", "{phase}");
        }
        assert_eq!(self.0.app_tokens(), 0, "{phase}");
        ended.map_err(|stop| told(phase, &stop))
    }

    async fn build(&self, plan: &str) -> Result<(), String> {
        Phases::build(self.0, plan).await
    }
}

#[tokio::test]
async fn each_phase_makes_one_token_and_revokes_it() {
    let scene = scene().await;
    let mut events = scene.github.events();
    scene.release(RUN, &Watching(&scene)).await.unwrap();
    let mut tags = 0;
    while let Ok(event) = events.try_recv() {
        if let GitHubEvent::TagCreated { by, .. } = event {
            assert_eq!(
                by,
                TokenKind::App,
                "a tag by the job's token starts nothing"
            );
            tags += 1;
        }
    }
    assert_eq!(tags, 1);
}

#[tokio::test]
async fn wait_beyond_an_hour_renews_the_token() {
    let scene = scene().await;
    let plan = scene.plan(RUN, &scene).await.unwrap();
    let plan = ("plan", plan.as_str());
    Phases::phase(&scene, RUN, "draft", &[plan]).await.unwrap();
    let before = scene.github.log().last();
    let late = async {
        scene.clock.sleep(Duration::from_mins(150)).await;
        Phases::build(&scene, plan.1).await.unwrap();
        let inputs = [
            plan,
            ("manifest", "manifest.yaml"),
            ("default-cr", "default-cr.yaml"),
        ];
        let built = Phases::phase(&scene, RUN, "build-module", &inputs)
            .await
            .unwrap();
        let inputs = [plan, ("files", built["files"].as_str())];
        Phases::phase(&scene, RUN, "upload", &inputs).await.unwrap();
    };
    let inputs = [plan, ("timeout", "5h")];
    let awaiting = Phases::phase(&scene, RUN, "await", &inputs);
    let (awaited, ()) = tokio::join!(awaiting, late);
    assert!(awaited.unwrap().contains_key("artifacts"));
    let sent = scene.github.log().filter(|entry| entry.number > before);
    let made = sent
        .iter()
        .filter(|entry| entry.path.ends_with("/access_tokens"));
    // Three of the wait and one of the upload.
    assert_eq!(made.count(), 4);
    assert!(
        sent.iter().all(|entry| entry.status != Some(401)),
        "renewed before it ends"
    );
}

#[tokio::test]
async fn phase_asks_for_the_permissions_that_its_inputs_need() {
    let scene = scene().await;
    scene.grant(|rights| {
        rights.checks = Level::None;
        rights.statuses = Level::None;
    });
    let plan = scene.plan(RUN, &scene).await.unwrap();
    let plan = ("plan", plan.as_str());
    Phases::phase(&scene, RUN, "draft", &[plan]).await.unwrap();
    let inputs = [plan, ("builder-checks", "build-*")];
    let refused = Phases::phase(&scene, RUN, "await", &inputs)
        .await
        .unwrap_err();
    assert!(
        refused.contains("the GitHub App release-bot is not granted checks: read, statuses: read"),
        "{refused}"
    );
    assert_eq!(scene.app_tokens(), 0);
}
