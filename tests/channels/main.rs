//! A released version on its way to a channel: its submission and its promotions, in a repository of all modules on another GitHub.
//! What is not released, submitted or in the registry as it has to be is neither submitted nor promoted.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests are tests, which clippy does not see"
)]

mod chain;
#[expect(dead_code, reason = "the gate's tests use more of it")]
#[path = "../gate/images.rs"]
mod images;
mod inputs;
mod interrupted;
#[expect(dead_code, reason = "the tests of repeated runs use more of it")]
#[path = "../resume/release.rs"]
mod pipeline;
mod refused;
#[expect(dead_code, reason = "the gate's tests use more of it")]
#[path = "../gate/release.rs"]
mod release;
#[path = "../support/mod.rs"]
mod support;
mod together;
mod waited;
mod whole;

use std::sync::Arc;
use std::time::Duration;

use btp_release::domain::Code;
use btp_release::engine::Stop;
use release::RUN;
use stand_ins::github::{GitHubWorld, GitRepository, Pull, Token};
use stand_ins::{GitHubServer, Options, RateLimits};
use support::scene::{Outputs, Scene, TAG};

pub(crate) const MANIFESTS: &str = "kyma/module-manifests";
/// Where everything of the modules is merged to.
pub(crate) const BASE: &str = "main";
pub(crate) const OTHER_TOKEN: &str = "other-token";
pub(crate) const COMPONENT: &str = "kyma-project.io/module/btp-operator";
pub(crate) const SUBMISSION: &str = "modules/btp-operator/1.2.0/module-config.yaml";
pub(crate) const RELEASES: &str = "modules/btp-operator/module-releases.yaml";
const CHANNELS: &str = "\
channels:
  - channel: regular
    version: 1.1.0 # since May
  - channel: fast
    version: 1.1.0
";
/// As the module's own repository keeps it.
const CONFIG: &str = "\
name: kyma-project.io/module/btp-operator
version: 0.0.0
team: kyma/gopher
repository: https://github.com/kyma-project/btp-manager.git
manifest: rendered.yaml
documentation: https://help.example/btp-operator
icons:
  - name: module-icon
    link: https://icons.example/logo.svg
";

/// A published release, and the repository of all modules on another host.
pub(crate) struct Modules {
    pub(crate) scene: Scene,
    pub(crate) other: Arc<GitHubServer>,
    url: String,
}

impl Modules {
    pub(crate) async fn published() -> Self {
        Self::published_while_lists_lag(Duration::ZERO).await
    }

    /// While both hosts show what was changed after this time.
    pub(crate) async fn published_while_lists_lag(lag: Duration) -> Self {
        let scene = Scene::start(|options| options.lag = lag).await;
        let job = scene.until_tested().await;
        scene.publish(&job).await.unwrap();
        scene.seen_by_all().await;
        std::fs::write(scene.folder.path().join("module-config.yaml"), CONFIG).unwrap();
        Self::of(scene, lag).await
    }

    /// The repository of all modules, without this version.
    pub(crate) async fn of(scene: Scene, lag: Duration) -> Self {
        let mut world = GitHubWorld::new();
        world.token(OTHER_TOKEN, Token::pat("release-bot"));
        let repository = world.repository(MANIFESTS);
        repository.commit("Initial commit");
        repository.push(BASE, "ada", "Add modules", &[(RELEASES, Some(CHANNELS))]);
        let options = Options {
            clock: scene.clock.clone(),
            limits: RateLimits::none(),
            lag,
            ..Options::default()
        };
        let other = Arc::new(GitHubServer::start(world, options).await.unwrap());
        let url = format!("{}/api/v3", other.api_url());
        let modules = Self { scene, other, url };
        modules.seen_by_all().await;
        modules
    }

    /// The other host shows its present state, also where its lists lag.
    pub(crate) async fn seen_by_all(&self) {
        let seen = self.scene.http.answers().get(self.other.api_url());
        seen.send().await.unwrap();
        self.scene.seen_by_all().await;
    }

    /// The inputs of a submission or a promotion, and these.
    pub(crate) fn inputs<'a>(&'a self, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let usual = [
            ("version", TAG),
            ("module-name", COMPONENT),
            ("target-repository", MANIFESTS),
            ("target-api-url", self.url.as_str()),
            ("target-token", OTHER_TOKEN),
        ];
        let is_given = |name: &str| more.iter().any(|(known, _)| *known == name);
        let mut inputs = usual.to_vec();
        inputs.retain(|(name, _)| !is_given(name));
        inputs.extend(more);
        inputs
    }

    pub(crate) async fn propose(&self, more: &[(&str, &str)]) -> Result<Outputs, Stop> {
        self.scene.phase(RUN, "propose", &self.inputs(more)).await
    }

    pub(crate) async fn submit(&self, more: &[(&str, &str)]) -> Result<Outputs, Stop> {
        let inputs = [
            ("kind", "submission"),
            ("module-config", "module-config.yaml"),
        ];
        self.propose(&[&inputs, more].concat()).await
    }

    pub(crate) async fn promote(
        &self,
        channel: &str,
        more: &[(&str, &str)],
    ) -> Result<Outputs, Stop> {
        let inputs = [("kind", "promotion"), ("channel", channel)];
        self.propose(&[&inputs, more].concat()).await
    }

    pub(crate) fn manifests<T>(&self, reader: impl FnOnce(&mut GitRepository) -> T) -> T {
        reader(self.other.world().repository(MANIFESTS))
    }

    /// The text of a file at the head of the base branch.
    pub(crate) fn text(&self, path: &str) -> Option<String> {
        self.manifests(|repository| {
            let tip = repository.branch_tip(BASE).unwrap();
            let bytes = repository.file_at(&tip, path)?;
            Some(String::from_utf8(bytes).unwrap())
        })
    }

    /// Somebody else's change of the base branch.
    pub(crate) fn push(&self, path: &str, text: &str) {
        self.manifests(|repository| {
            repository.push(BASE, "ada", "Go on", &[(path, Some(text))]);
        });
    }

    pub(crate) fn pulls(&self) -> Vec<Pull> {
        self.manifests(|repository| repository.pulls.values().cloned().collect())
    }
}

/// The codes for which nothing was done.
pub(crate) fn codes(ended: Result<Outputs, Stop>) -> Vec<Code> {
    match ended {
        Err(Stop::Blocked { findings }) => findings.iter().map(|finding| finding.code).collect(),
        other => panic!("{other:?}"),
    }
}
