//! What the runner tells of itself: its `GITHUB_*` variables, or a terminal's.

use std::collections::BTreeMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::path::PathBuf;

use secrecy::SecretString;
use serde::Deserialize;

/// The environment, read once.
pub struct Context {
    pub repository: Option<String>,
    /// Who started the workflow: the user name beside the job's token.
    pub actor: Option<String>,
    pub sha: Option<String>,
    pub run_id: Option<String>,
    pub run_attempt: Option<String>,
    /// A number that no other process has.
    pub process: String,
    pub api_url: Option<String>,
    pub graphql_url: Option<String>,
    pub server_url: Option<String>,
    pub token: Option<SecretString>,
    pub publish_token: Option<SecretString>,
    pub registry_password: Option<SecretString>,
    /// Certificates of a company's own, as OpenSSL takes them.
    pub ssl_cert_file: Option<PathBuf>,
    /// Where `docker login` keeps its credentials on a terminal.
    pub docker_config: Option<PathBuf>,
    /// Whether the runner was asked for debug output.
    pub debug: bool,
    pub runner: Option<Runner>,
}

/// The files through which a step talks to its workflow.
#[derive(Clone, Debug)]
pub struct Runner {
    pub output: Option<PathBuf>,
    pub summary: Option<PathBuf>,
}

/// `GITHUB_*`, as the runner sets it
/// (<https://docs.github.com/en/actions/reference/workflows-and-actions/variables>).
#[derive(Default, Deserialize)]
struct Github {
    actions: Option<String>,
    actor: Option<String>,
    repository: Option<String>,
    sha: Option<String>,
    run_id: Option<String>,
    run_attempt: Option<String>,
    api_url: Option<String>,
    graphql_url: Option<String>,
    server_url: Option<String>,
    token: Option<String>,
    output: Option<PathBuf>,
    step_summary: Option<PathBuf>,
}

impl Context {
    pub fn read(env: &BTreeMap<String, String>) -> Self {
        // An empty variable is one that was not given: the runner sets every input that exists.
        let given = || env.iter().filter(|(_, value)| !value.trim().is_empty());
        let get = |name: &str| {
            given()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value.clone())
        };
        let github: Github = envy::prefixed("GITHUB_")
            .from_iter(given().map(|(k, v)| (k.clone(), v.clone())))
            .unwrap_or_default();
        let home = get("HOME").map(|home| PathBuf::from(home).join(".docker"));
        let docker = get("DOCKER_CONFIG").map(PathBuf::from).or(home);
        let on_runner = github.actions.as_deref() == Some("true");
        Self {
            token: get("INPUT_GITHUB-TOKEN")
                .or(github.token)
                .or_else(|| get("GH_TOKEN"))
                .map(SecretString::from),
            registry_password: get("INPUT_REGISTRY-PASSWORD")
                .or_else(|| get("REGISTRY_PASSWORD"))
                .map(SecretString::from),
            publish_token: get("INPUT_PUBLISH-TOKEN")
                .or_else(|| get("PUBLISH_TOKEN"))
                .map(SecretString::from),
            repository: github.repository,
            actor: github.actor,
            sha: github.sha,
            run_id: github.run_id,
            run_attempt: github.run_attempt,
            process: format!("{:016x}", RandomState::new().build_hasher().finish()),
            api_url: github.api_url,
            graphql_url: github.graphql_url,
            server_url: github.server_url,
            ssl_cert_file: get("SSL_CERT_FILE").map(PathBuf::from),
            docker_config: docker.map(|folder| folder.join("config.json")),
            debug: get("RUNNER_DEBUG").as_deref() == Some("1"),
            runner: on_runner.then_some(Runner {
                output: github.output,
                summary: github.step_summary,
            }),
        }
    }

    /// Whether publishing is left to the workflow run's own token, as far as can be told.
    pub fn uses_own_token(&self) -> bool {
        self.runner.is_some() && self.publish_token.is_none()
    }
}
