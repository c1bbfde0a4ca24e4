//! The example with a branch to merge, for tests of pull requests.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on shall stop"
)]

use super::common::{Api, ApiAnswer};
use serde_json::{Value, json};
use stand_ins::github::{GitHubWorld, GitRepository, Token};
use stand_ins::{Options, ServerClock};
use std::sync::MutexGuard;
use std::time::Duration;

pub(crate) const NAME: &str = "kyma-project/btp-manager";

pub(crate) struct Scene {
    pub(crate) api: Api,
    pub(crate) clock: ServerClock,
}

impl Scene {
    pub(crate) async fn start() -> Scene {
        Scene::with(|_| {}).await
    }

    /// The example with files, the branch `bump` that changes one, and a person's token.
    pub(crate) async fn with(change: impl FnOnce(&mut Options)) -> Scene {
        let mut world = GitHubWorld::example();
        world.token("person", Token::pat("ada"));
        world.token("reviewer", Token::pat("grace"));
        let repository = world.repository(NAME);
        for path in ["a.yaml", "b.yaml"] {
            repository.files.insert(path.into(), "version: 1\n".into());
        }
        repository.push("bump", "ada", "Bump a", &[("a.yaml", Some("version: 2\n"))]);
        let clock = ServerClock::manual();
        let mut options = Options {
            clock: clock.clone(),
            ..Options::default()
        };
        change(&mut options);
        let mut api = Api::with(world, options).await;
        api.act_as(Some("person"));
        Scene { api, clock }
    }

    pub(crate) fn repository(&self, change: impl FnOnce(&mut GitRepository)) {
        let mut world: MutexGuard<'_, GitHubWorld> = self.api.github.world();
        change(world.repository(NAME));
    }

    /// A pull request of that branch into `main`; its number.
    pub(crate) async fn open(&self, head: &str) -> u64 {
        let body = json!({ "title": format!("Merge {head}"), "head": head, "base": "main", "body": "why" });
        let made = self.api.post("pulls", body).await;
        assert_eq!(made.status, 201, "{}", made.body);
        made.body["number"].as_u64().unwrap()
    }

    /// As it is read once the server has worked out whether it can be merged.
    pub(crate) async fn settled(&self, number: u64) -> Value {
        let path = format!("pulls/{number}");
        self.api.get(&path).await;
        self.clock.advance(Duration::from_secs(1));
        self.api.get(&path).await.body
    }

    pub(crate) async fn state(&self, number: u64) -> String {
        let body = self.settled(number).await;
        body["mergeable_state"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn merge(&self, number: u64, body: Value) -> ApiAnswer {
        let path = format!("pulls/{number}/merge");
        self.api.call("PUT", &path, body).await
    }
}

pub(crate) fn refusal(answer: &ApiAnswer) -> (u16, &str) {
    (answer.status, answer.body["message"].as_str().unwrap())
}
