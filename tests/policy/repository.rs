//! A repository on the stand-in, and `plan` on it.

use std::process::Command;

use stand_ins::github::{GitHubWorld, GitRepository, Token};
use stand_ins::{GitHubServer, Options, RateLimits};

use super::support::process::{Outputs, outputs};

const NAME: &str = "kyma-project/btp-manager";

pub(crate) struct Repository {
    pub(crate) github: GitHubServer,
    folder: tempfile::TempDir,
}

/// How `plan` ended.
pub(crate) struct Planned {
    pub(crate) code: i32,
    pub(crate) log: String,
    pub(crate) outputs: Outputs,
}

/// A repository with this history, and nothing else.
pub(crate) async fn repository(seed: impl FnOnce(&mut GitRepository)) -> Repository {
    let mut world = GitHubWorld::new();
    world.token("t0ken", Token::github_token());
    seed(world.repository(NAME).commit("Initial commit"));
    let options = Options {
        limits: RateLimits::none(),
        ..Options::default()
    };
    Repository {
        github: GitHubServer::start(world, options).await.unwrap(),
        folder: tempfile::tempdir().unwrap(),
    }
}

/// A published release that GitHub shows as a prerelease.
pub(crate) fn publish_prerelease(repository: &mut GitRepository, tag: &str) {
    repository.publish(tag);
    let mut releases = repository.releases.values_mut();
    let release = releases.find(|release| release.tag_name == tag).unwrap();
    release.prerelease = true;
}

impl Repository {
    pub(crate) fn seen<T>(&self, read: impl FnOnce(&GitRepository) -> T) -> T {
        read(self.github.world().repository(NAME))
    }

    /// The tip of a branch.
    pub(crate) fn tip(&self, branch: &str) -> String {
        self.seen(|repository| repository.refs[&format!("refs/heads/{branch}")].clone())
    }

    /// `plan` for the tip of the branch that was seeded last, unless the inputs name a commit.
    pub(crate) async fn plan(&self, inputs: &[(&str, &str)]) -> Planned {
        let file = self.folder.path().join("output");
        std::fs::write(&file, "").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_btp-release"));
        command
            .env_clear()
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_REPOSITORY", NAME)
            .env("GITHUB_SHA", self.seen(GitRepository::tip))
            .env("GITHUB_RUN_ID", "17")
            .env("GITHUB_API_URL", self.github.api_url())
            .env("GITHUB_GRAPHQL_URL", self.github.graphql_url())
            .env("GITHUB_OUTPUT", &file)
            .env("INPUT_GITHUB-TOKEN", "t0ken")
            .env("INPUT_PHASE", "plan")
            .current_dir(self.folder.path());
        for (name, value) in inputs {
            command.env(format!("INPUT_{}", name.to_uppercase()), value);
        }
        let ended = tokio::task::spawn_blocking(move || command.output().unwrap());
        let ended = ended.await.unwrap();
        Planned {
            code: ended.status.code().unwrap(),
            log: String::from_utf8(ended.stderr).unwrap(),
            outputs: outputs(&file),
        }
    }

    /// How many requests the repository was asked since the last call.
    pub(crate) fn requests(&self) -> usize {
        let sent = self.github.log().entries().len();
        self.github.log().clear();
        sent
    }
}

impl Planned {
    /// The previous release of the plan; fails if there is no plan.
    pub(crate) fn previous(&self) -> &str {
        assert_eq!(self.code, 0, "{}", self.log);
        &self.outputs["previous-tag"]
    }

    /// The errors and warnings: code, what was seen, and what to do.
    pub(crate) fn told(&self) -> Vec<String> {
        let mut told = Vec::new();
        let mut lines = self.log.lines();
        while let Some(line) = lines.next() {
            let head = line
                .strip_prefix("error[")
                .or_else(|| line.strip_prefix("warning["));
            let Some((code, seen)) = head.and_then(|head| head.split_once("] ")) else {
                continue;
            };
            let seen = seen.split_once(": ").map_or(seen, |(_, seen)| seen);
            let help = lines
                .by_ref()
                .find_map(|line| line.trim().strip_prefix("help: "));
            told.push(format!("{code}: {seen} / {}", help.unwrap_or_default()));
        }
        told
    }

    /// The codes of the errors and warnings.
    pub(crate) fn codes(&self) -> Vec<String> {
        let told = self.told();
        let codes = told.iter().map(|told| told.split_once(':').unwrap().0);
        codes.map(str::to_owned).collect()
    }
}
