//! `propose` against a GitHub with branches, reviews, checks and queues: one pull request, whatever happens meanwhile and whoever
//! else does something, and nothing merged but what was proposed.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests are tests, which clippy does not see"
)]

mod budgets;
mod checks;
mod dry_run;
mod elsewhere;
mod interrupted;
mod merged;
mod opened;
mod reverted;
mod scanned;
#[path = "../support/mod.rs"]
mod support;
mod together;
mod updated;
mod ways;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use btp_release::domain::{Code, Diagnostic, Moment};
use btp_release::engine::Stop;
use btp_release::protocol::Clock;
use stand_ins::Options;
use stand_ins::github::{GitHubWorld, GitRepository, Level, Pull, Rule, Token};
use support::clock::{EventfulClock, SharedClock};
use support::scene::{Outputs, REPOSITORY, Run, Scene, TOKEN};

pub(crate) const RUN: Run = Run { id: 17, attempt: 1 };
pub(crate) const CONFIG: &str = "config/manager/kustomization.yaml";
pub(crate) const BRANCH: &str = "release/bump/v1.2.0";
/// The file of the repository that is changed, with a comment that has to stay.
pub(crate) const KUSTOMIZATION: &str = "\
images:
  # the manager
  - name: controller
    newTag: '1.1.0' # bumped by the release
";
pub(crate) const SET: (&str, &str) = (
    "set",
    "config/manager/kustomization.yaml: images[name=controller].newTag = {version}",
);
pub(crate) const VERSION: (&str, &str) = ("version", "v1.2.0");

/// A scene whose repository has files, and a token that may open pull requests.
pub(crate) async fn scene() -> Scene {
    scene_with(|_| ()).await
}

pub(crate) async fn scene_with(choose: impl FnOnce(&mut Options)) -> Scene {
    let scene = Scene::start(choose).await;
    fill(&scene).await;
    scene
}

pub(crate) async fn fill(scene: &Scene) {
    let mut world = GitHubWorld::new();
    let token = Token::github_token().with(|rights| rights.pull_requests = Level::Write);
    world.token(TOKEN, token);
    seed(world.repository(REPOSITORY));
    *scene.github.world() = world;
    scene.seen_by_all().await;
    scene.forget();
}

pub(crate) fn seed(repository: &mut GitRepository) {
    repository.commit("Initial commit");
    repository.merge_settings.actions_create_pulls = true;
    let files = [
        (CONFIG, Some(KUSTOMIZATION)),
        ("README.md", Some("# A module\n")),
        ("sec-scanners-config.yaml", Some("rc-tag: 1.1.0\n")),
    ];
    repository.push("main", "ada", "Add the manager", &files);
}

/// The inputs of a bump, and these.
pub(crate) async fn propose(scene: &Scene, more: &[(&str, &str)]) -> Result<Outputs, Stop> {
    scene.phase(RUN, "propose", &inputs(more)).await
}

pub(crate) fn inputs<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let given = |name: &str| more.iter().any(|(known, _)| *known == name);
    let mut inputs = vec![VERSION];
    if !given("set") && !given("files") {
        inputs.push(SET);
    }
    inputs.extend(more);
    inputs
}

/// The one reason for which nothing was done.
pub(crate) fn refusal(ended: Result<Outputs, Stop>) -> Diagnostic {
    match ended {
        Err(Stop::Blocked { findings }) => {
            assert_eq!(findings.len(), 1, "{findings:?}");
            findings.into_iter().next().unwrap()
        }
        other => unreachable!("{other:?}"),
    }
}

pub(crate) fn assert_refused(ended: Result<Outputs, Stop>, code: Code, words: &str) {
    let finding = refusal(ended);
    assert_eq!(finding.code, code, "{finding:?}");
    assert!(finding.seen.contains(words), "{finding:?}");
}

/// Every pull request, by number.
pub(crate) fn pulls(scene: &Scene) -> Vec<(u64, Pull)> {
    scene.repository(|repository| {
        let pulls = repository.pulls.iter();
        pulls
            .map(|(number, pull)| (*number, pull.clone()))
            .collect()
    })
}

/// The only pull request.
pub(crate) fn pull(scene: &Scene) -> (u64, Pull) {
    let pulls = pulls(scene);
    assert_eq!(pulls.len(), 1, "{pulls:?}");
    pulls.into_iter().next().unwrap()
}

/// The text of a file at a branch.
pub(crate) fn text(scene: &Scene, branch: &str, path: &str) -> String {
    scene.repository(|repository| {
        let tip = repository.branch_tip(branch).unwrap();
        let bytes = repository.file_at(&tip, path).unwrap();
        String::from_utf8(bytes).unwrap()
    })
}

pub(crate) fn tip(scene: &Scene, branch: &str) -> Option<String> {
    scene.repository(|repository| repository.branch_tip(branch))
}

pub(crate) fn push(scene: &Scene, branch: &str, path: &str, text: &str) -> String {
    scene.repository(|repository| repository.push(branch, "ada", "Go on", &[(path, Some(text))]))
}

/// What the base branch demands.
pub(crate) fn rule(scene: &Scene, choose: impl FnOnce(&mut Rule)) {
    let mut rule = Rule {
        name: "main".into(),
        refs: "refs/heads/main".into(),
        ..Rule::default()
    };
    choose(&mut rule);
    scene.repository(|repository| repository.rules.push(rule));
}

/// The requests that changed something and reached GitHub: method and path without the repository.
pub(crate) fn writes(scene: &Scene) -> Vec<String> {
    let writes = scene.github.log().writes();
    let landed = writes.iter().filter(|entry| entry.landed);
    let shown = landed.map(|entry| {
        let path = entry.path.split('?').next().unwrap();
        let path = path.rsplit(&format!("{REPOSITORY}/")).next().unwrap();
        format!("{} {path}", entry.method)
    });
    shown.collect()
}

type Event = Box<dyn FnOnce() + Send>;

/// A run during which something happens once a time has passed.
pub(crate) struct EventClock {
    inner: SharedClock,
    events: Vec<(Moment, Event)>,
}

impl EventClock {
    pub(crate) fn of(scene: &Scene) -> Self {
        Self {
            inner: SharedClock(scene.clock.clone()),
            events: Vec::new(),
        }
    }

    pub(crate) fn after(mut self, seconds: u64, event: impl FnOnce() + Send + 'static) -> Self {
        let at = self.inner.now().plus(Duration::from_secs(seconds));
        self.events.push((at, Box::new(event)));
        self
    }

    pub(crate) async fn propose(
        self,
        scene: &Scene,
        more: &[(&str, &str)],
    ) -> Result<Outputs, Stop> {
        let events = Mutex::new(self.events);
        let clock: Arc<dyn Clock> = Arc::new(EventfulClock {
            inner: self.inner,
            after_sleep: move |now| {
                let due: Vec<_> = {
                    let mut events = events.lock().unwrap();
                    events.extract_if(.., |(at, _)| *at <= now).collect()
                };
                for (_, event) in due {
                    event();
                }
            },
        });
        let folder: &Path = scene.folder.path();
        scene
            .phase_at(&clock, folder, RUN, "propose", &inputs(more))
            .await
    }
}
