//! The misconfigurations that users of release tools report most, each set up in the stand-ins: the binary, as a step of a workflow, says
//! which one it is by a code of its own; what the list says against it is applied as it stands there, and then the phase passes.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests are tests, which clippy does not see"
)]

mod existing_images;
mod misconfigurations;
mod preflight;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::process::Command;

use btp_release::release::rights::MISCONFIGURATIONS;
use ocm_module::yaml;
use serde_json::Value;
use stand_ins::github::{GitHubWorld, GitRepository, Level, Rights, Token};
use stand_ins::registry::Auth;
use stand_ins::{GitHubServer, Options, RateLimits, RegistryOptions, RegistryServer};
use support::process::{Outputs, outputs};
use support::scene::{APP, APP_KEY, REPOSITORY, TAG, TOKEN, app};

const WORKFLOW: &str = ".github/workflows/release.yaml";

/// A repository, a registry that wants a token, and the job in which the steps run.
struct Job {
    github: GitHubServer,
    registry: RegistryServer,
    folder: tempfile::TempDir,
    /// The commit that the workflow runs on.
    commit: String,
    env: BTreeMap<String, String>,
}

/// How a step ended.
#[derive(Debug)]
struct Step {
    exit: i32,
    log: String,
    summary: String,
    outputs: Outputs,
}

impl Job {
    async fn start(seed: impl FnOnce(&mut GitRepository)) -> Self {
        let mut world = GitHubWorld::new();
        world.token(TOKEN, Token::github_token());
        world.apps.insert(APP.to_owned(), app());
        let repository = world.repository(REPOSITORY);
        repository.commit("Initial commit").tag("v1.1.0");
        repository.publish("v1.1.0").commit("Second");
        seed(repository);
        let commit = repository.tip();
        let options = Options {
            limits: RateLimits::none(),
            ..Options::default()
        };
        let registry = RegistryOptions {
            auth: Auth::token("robot", "pa55word"),
            ..RegistryOptions::default()
        };
        Self {
            github: GitHubServer::start(world, options).await.unwrap(),
            registry: RegistryServer::start(registry).await.unwrap(),
            folder: tempfile::tempdir().unwrap(),
            commit,
            env: BTreeMap::new(),
        }
    }

    fn repository<T>(&self, change: impl FnOnce(&mut GitRepository) -> T) -> T {
        change(self.github.world().repository(REPOSITORY))
    }

    fn rights(&self, change: impl FnOnce(&mut Rights)) {
        let mut world = self.github.world();
        change(&mut world.tokens.get_mut(TOKEN).unwrap().rights);
    }

    fn image(&self) -> String {
        format!("{}/kyma-project/btp-manager", self.registry.host())
    }

    /// A step of the job with these inputs.
    async fn step(&self, phase: &str, inputs: &[(&str, &str)]) -> Step {
        let file = |name: &str| self.folder.path().join(name);
        let [output, summary] = ["output", "summary"].map(file);
        std::fs::write(&output, "").unwrap();
        std::fs::write(&summary, "").unwrap();
        let inputs = inputs.iter().map(|(name, value)| {
            let name = format!("INPUT_{}", name.to_uppercase());
            (name, (*value).to_owned())
        });
        let mut command = Command::new(env!("CARGO_BIN_EXE_btp-release"));
        command
            .env_clear()
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_REPOSITORY", REPOSITORY)
            .env("GITHUB_SHA", &self.commit)
            .env("GITHUB_RUN_ID", "17")
            .env("GITHUB_RUN_ATTEMPT", "1")
            .env(
                "GITHUB_WORKFLOW_REF",
                format!("{REPOSITORY}/{WORKFLOW}@refs/heads/main"),
            )
            .env("GITHUB_API_URL", self.github.api_url())
            .env("GITHUB_GRAPHQL_URL", self.github.graphql_url())
            .env("GITHUB_OUTPUT", &output)
            .env("GITHUB_STEP_SUMMARY", &summary)
            .env("INPUT_PHASE", phase)
            .env("INPUT_GITHUB-TOKEN", TOKEN)
            .env("INPUT_REGISTRY-USERNAME", "robot")
            .env("INPUT_REGISTRY-PASSWORD", "pa55word")
            .envs(&self.env)
            .envs(inputs)
            .current_dir(self.folder.path());
        let ended = tokio::task::spawn_blocking(move || command.output().unwrap());
        let ended = ended.await.unwrap();
        Step {
            exit: ended.status.code().unwrap(),
            log: String::from_utf8(ended.stderr).unwrap(),
            summary: std::fs::read_to_string(summary).unwrap(),
            outputs: outputs(&output),
        }
    }

    /// The phase `plan` of the version, with more inputs; a later one of a name replaces the one before.
    async fn plan(&self, more: &[(&str, &str)]) -> Step {
        let mut inputs = vec![("version", TAG)];
        inputs.extend(more);
        self.step("plan", &inputs).await
    }

    /// Does what the list says against a misconfiguration: permissions are granted, and `concurrency` replaces that of the workflow.
    /// Returns the inputs, with the values that their expressions have.
    fn apply(&mut self, code: &str) -> Vec<(String, String)> {
        let mut all = MISCONFIGURATIONS.iter();
        let known = all.find(|known| known.code.as_str() == code).unwrap();
        let remedy = yaml::document(known.yaml).unwrap();
        let mut inputs = Vec::new();
        for (key, values) in remedy.as_object().unwrap() {
            match key.as_str() {
                "with" => {
                    let given = values.as_object().unwrap();
                    let given = given
                        .iter()
                        .map(|(name, value)| (name.clone(), self.value(value)));
                    inputs.extend(given);
                }
                "permissions" => {
                    for (name, level) in values.as_object().unwrap() {
                        assert_eq!(level, "write");
                        self.grant(name);
                    }
                }
                "concurrency" => self.repository(|repository| {
                    let text = repository.files.get_mut(WORKFLOW).unwrap();
                    let rest = text.lines().filter(|line| !line.starts_with("concurrency"));
                    *text = format!("{}\n{}", known.yaml, rest.collect::<Vec<_>>().join("\n"));
                }),
                other => panic!("{other}"),
            }
        }
        inputs
    }

    fn value(&self, value: &Value) -> String {
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        match text.as_str() {
            "${{ github.sha }}" => self.commit.clone(),
            "${{ secrets.APP_ID }}" => APP.to_owned(),
            "${{ secrets.APP_PRIVATE_KEY }}" => APP_KEY.to_owned(),
            other => {
                assert!(!other.contains("${{"), "{other}");
                other.to_owned()
            }
        }
    }

    fn grant(&mut self, permission: &str) {
        match permission {
            "contents" => self.rights(|rights| rights.contents = Level::Write),
            "packages" => {
                let mut packages = self.registry.packages();
                packages.denied.clear();
                packages.pull_only.clear();
            }
            "id-token" => {
                let url = "https://token.example/oidc".to_owned();
                self.env.insert("ACTIONS_ID_TOKEN_REQUEST_URL".into(), url);
            }
            "attestations" => {}
            other => panic!("{other}"),
        }
    }
}

impl Step {
    /// The codes of the errors and warnings, in order.
    fn codes(&self) -> Vec<&str> {
        let lines = self.log.lines();
        let beginnings = lines.filter_map(|line| {
            line.strip_prefix("error[")
                .or_else(|| line.strip_prefix("warning["))
        });
        beginnings
            .map(|rest| rest.split(']').next().unwrap())
            .collect()
    }

    #[track_caller]
    fn wants(&self, exit: i32, codes: &[&str]) -> &Self {
        assert_eq!(
            (self.exit, self.codes()),
            (exit, codes.to_vec()),
            "{}",
            self.log
        );
        self
    }

    /// That the job summary has what to paste.
    #[track_caller]
    fn shows_remedy(&self, code: &str) {
        let mut all = MISCONFIGURATIONS.iter();
        let known = all.find(|known| known.code.as_str() == code).unwrap();
        assert!(!known.yaml.is_empty());
        let block = format!("```yaml\n{}\n```", known.yaml);
        assert!(self.summary.contains(&block), "{}\n{block}", self.summary);
    }
}

/// The inputs as [`Job::plan`] takes them.
fn borrowed(inputs: &[(String, String)]) -> Vec<(&str, &str)> {
    let pairs = inputs.iter();
    pairs
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}
