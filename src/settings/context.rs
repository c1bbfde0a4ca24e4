//! The environment of a step or of a terminal: `GITHUB_*` and a few other variables.

use std::collections::BTreeMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::path::PathBuf;

use secrecy::SecretString;
use serde::Deserialize;

/// The values of the environment variables. An empty variable counts as not set.
pub struct Context {
    /// `owner/name` of the repository whose workflow runs.
    pub repository: Option<String>,
    /// The user who started the workflow: the user name that belongs to the job's token.
    pub actor: Option<String>,
    /// The commit that the workflow runs on.
    pub sha: Option<String>,
    pub run_id: Option<String>,
    /// Counted from 1.
    pub run_attempt: Option<String>,
    /// A random text, which no other process has.
    pub process: String,
    /// The workflow that runs, not one that it calls: `owner/name/.github/workflows/FILE@REF`.
    pub workflow_ref: Option<String>,
    /// Whether the job may ask GitHub for an identity token.
    pub has_id_token: bool,
    pub api_url: Option<String>,
    pub graphql_url: Option<String>,
    pub server_url: Option<String>,
    /// `github-token`, or `GITHUB_TOKEN` or `GH_TOKEN` on a terminal.
    pub token: Option<SecretString>,
    pub publish_token: Option<SecretString>,
    /// `APP_ID` of a terminal. On a runner other steps may use the variable, so that only the input counts there.
    pub app_id: Option<String>,
    /// PEM text or the path of a file: `app-private-key`, or `APP_PRIVATE_KEY` of a terminal.
    pub app_private_key: Option<SecretString>,
    pub registry_password: Option<SecretString>,
    /// A file with additional certificates, in the variable that OpenSSL uses.
    pub ssl_cert_file: Option<PathBuf>,
    /// The file in which `docker login` stores credentials.
    pub docker_config: Option<PathBuf>,
    /// Whether debug logging is enabled for the workflow run.
    pub debug: bool,
    /// `None` on a terminal.
    pub runner: Option<Runner>,
}

/// The files through which a step talks to its workflow.
#[derive(Clone, Debug)]
pub struct Runner {
    /// For the outputs of the step.
    pub output: Option<PathBuf>,
    /// For the job summary, in Markdown.
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
    workflow_ref: Option<String>,
    api_url: Option<String>,
    graphql_url: Option<String>,
    server_url: Option<String>,
    token: Option<String>,
    output: Option<PathBuf>,
    step_summary: Option<PathBuf>,
}

impl Context {
    /// Reads the variables, and the secrets among the inputs of the step.
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
            app_id: get("APP_ID").filter(|_| !on_runner),
            app_private_key: get("INPUT_APP-PRIVATE-KEY")
                .or_else(|| get("APP_PRIVATE_KEY").filter(|_| !on_runner))
                .map(SecretString::from),
            repository: github.repository,
            actor: github.actor,
            sha: github.sha,
            run_id: github.run_id,
            run_attempt: github.run_attempt,
            process: format!("{:016x}", RandomState::new().build_hasher().finish()),
            workflow_ref: github.workflow_ref,
            has_id_token: get("ACTIONS_ID_TOKEN_REQUEST_URL").is_some(),
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

    /// Whether a workflow publishes with its own token, as far as known: then publishing starts no other workflow.
    pub fn uses_own_token(&self) -> bool {
        self.runner.is_some() && self.publish_token.is_none() && self.app_private_key.is_none()
    }
}
