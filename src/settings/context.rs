//! The environment of a step or of a terminal: `GITHUB_*` and a few other variables.

use std::collections::BTreeMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde::Deserialize;

use crate::domain::{CommitSha, IdToken, RepoSlug};

/// The values of the environment variables. An empty variable counts as not set.
#[derive(Clone)]
pub struct Context {
    /// `owner/name` of the repository whose workflow runs.
    pub repository: Option<String>,
    /// The user who started the workflow: the user name that belongs to the job's token.
    pub actor: Option<String>,
    /// The commit that the workflow runs on.
    pub sha: Option<String>,
    /// The branch or tag that the workflow runs on, by its full name, such as `refs/heads/main`.
    pub reference: Option<String>,
    pub run_id: Option<String>,
    /// Counted from 1.
    pub run_attempt: Option<String>,
    /// A random text, which no other process has.
    pub process: String,
    /// The workflow that runs, not one that it calls: `owner/name/.github/workflows/FILE@REF`.
    pub workflow_ref: Option<String>,
    /// Whether the job may ask GitHub for an identity token.
    pub has_id_token: bool,
    /// The address at which the runner gives an identity token, and the token that it wants for it.
    pub id_token_request: Option<(SecretString, SecretString)>,
    pub api_url: Option<String>,
    pub graphql_url: Option<String>,
    pub server_url: Option<String>,
    /// `github-token`, or `GITHUB_TOKEN` or `GH_TOKEN` on a terminal.
    pub token: Option<SecretString>,
    /// The variable or the input that has it.
    pub token_from: &'static str,
    pub publish_token: Option<SecretString>,
    /// `APP_ID` of a terminal. On a runner other steps may use the variable, so that only the input counts there.
    pub app_id: Option<String>,
    /// PEM text or the path of a file: `app-private-key`, or `APP_PRIVATE_KEY` of a terminal.
    pub app_private_key: Option<SecretString>,
    /// For the repository in which a change is proposed: `target-token`, or `TARGET_TOKEN` on a terminal.
    pub target_token: Option<SecretString>,
    /// The same as `app_private_key`, for that repository.
    pub target_app_private_key: Option<SecretString>,
    pub registry_password: Option<SecretString>,
    /// A file with additional certificates, in the variable that OpenSSL uses.
    pub ssl_cert_file: Option<PathBuf>,
    /// The file in which `docker login` stores credentials.
    pub docker_config: Option<PathBuf>,
    /// Whether debug logging is enabled for the workflow run.
    pub debug: bool,
    /// `None` on a terminal.
    pub runner: Option<Runner>,
    /// `None` for a step, which is given everything.
    pub local: Option<LocalPlaces>,
    /// The checkout that a terminal is in, where it counts.
    pub checkout: Option<CheckoutValues>,
    pub screen: ScreenVariables,
}

/// Where a person's own programs keep what was not given on a terminal.
#[derive(Clone, Debug, Default)]
pub struct LocalPlaces {
    /// `PATH`: where programs are.
    pub path: String,
    /// The folder with the logins of `gh` (<https://cli.github.com/manual/gh_help_environment>).
    pub gh_config: Option<PathBuf>,
    /// `GH_HOST`: the GitHub that `gh` uses.
    pub gh_host: Option<String>,
    /// `GH_ENTERPRISE_TOKEN` or `GITHUB_ENTERPRISE_TOKEN`: for the GitHub Enterprise Server that `GH_HOST` names.
    pub enterprise_token: Option<SecretString>,
    /// Git's configuration files of the person.
    pub git_configs: Vec<PathBuf>,
}

/// What a checkout says of the release, unless it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckoutValues {
    pub repository: RepoSlug,
    pub commit: Option<CommitSha>,
}

/// What the person wants of colours (<https://no-color.org>, <https://bixense.com/clicolors>), and how wide the terminal is.
#[derive(Clone, Debug, Default)]
pub struct ScreenVariables {
    /// `NO_COLOR` is set.
    pub no_color: bool,
    pub clicolor: Option<String>,
    pub clicolor_force: Option<String>,
    pub term: Option<String>,
    /// `COLUMNS`.
    pub columns: Option<usize>,
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
    #[serde(rename = "ref")]
    reference: Option<String>,
    run_id: Option<String>,
    run_attempt: Option<String>,
    workflow_ref: Option<String>,
    api_url: Option<String>,
    graphql_url: Option<String>,
    server_url: Option<String>,
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
        let home = get("HOME").map(PathBuf::from);
        let docker = home.as_ref().map(|home| home.join(".docker"));
        let docker = get("DOCKER_CONFIG").map(PathBuf::from).or(docker);
        let on_runner = github.actions.as_deref() == Some("true");
        let is_step = on_runner || env.contains_key("INPUT_PHASE");
        let tokens = ["INPUT_GITHUB-TOKEN", "GITHUB_TOKEN", "GH_TOKEN"];
        let token = tokens.into_iter().find_map(|name| Some((name, get(name)?)));
        Self {
            token_from: token.as_ref().map_or("", |(name, _)| name),
            token: token.map(|(_, token)| token.into()),
            registry_password: get("INPUT_REGISTRY-PASSWORD")
                .or_else(|| get("REGISTRY_PASSWORD"))
                .map(SecretString::from),
            publish_token: get("INPUT_PUBLISH-TOKEN")
                .or_else(|| get("PUBLISH_TOKEN"))
                .map(SecretString::from),
            target_token: get("INPUT_TARGET-TOKEN")
                .or_else(|| get("TARGET_TOKEN").filter(|_| !on_runner))
                .map(SecretString::from),
            target_app_private_key: get("INPUT_TARGET-APP-PRIVATE-KEY")
                .or_else(|| get("TARGET_APP_PRIVATE_KEY").filter(|_| !on_runner))
                .map(SecretString::from),
            app_id: get("APP_ID").filter(|_| !on_runner),
            app_private_key: get("INPUT_APP-PRIVATE-KEY")
                .or_else(|| get("APP_PRIVATE_KEY").filter(|_| !on_runner))
                .map(SecretString::from),
            repository: github.repository,
            actor: github.actor,
            sha: github.sha,
            reference: github.reference,
            run_id: github.run_id,
            run_attempt: github.run_attempt,
            process: format!("{:016x}", RandomState::new().build_hasher().finish()),
            workflow_ref: github.workflow_ref,
            has_id_token: get("ACTIONS_ID_TOKEN_REQUEST_URL").is_some(),
            id_token_request: get("ACTIONS_ID_TOKEN_REQUEST_URL")
                .map(SecretString::from)
                .zip(get("ACTIONS_ID_TOKEN_REQUEST_TOKEN").map(SecretString::from)),
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
            local: (!is_step).then(|| LocalPlaces::read(&get, home.as_deref())),
            checkout: None,
            screen: ScreenVariables {
                no_color: get("NO_COLOR").is_some(),
                clicolor: get("CLICOLOR"),
                clicolor_force: get("CLICOLOR_FORCE"),
                term: get("TERM"),
                columns: get("COLUMNS").and_then(|columns| columns.trim().parse().ok()),
            },
        }
    }

    /// Whether the job may ask GitHub for an identity token.
    pub fn id_token(&self) -> IdToken {
        match (&self.runner, self.has_id_token) {
            (None, _) => IdToken::Unknown,
            (Some(_), true) => IdToken::Granted,
            (Some(_), false) => IdToken::Missing,
        }
    }

    /// Whether a workflow publishes with its own token, as far as known: then publishing starts no other workflow.
    pub fn uses_own_token(&self) -> bool {
        self.runner.is_some() && self.publish_token.is_none() && self.app_private_key.is_none()
    }
}

impl ScreenVariables {
    /// Whether what is written gets colours: where the person wants them, and otherwise on a terminal.
    pub fn colors(&self, on_terminal: bool) -> bool {
        let is = |variable: &Option<String>, value| variable.as_deref() == Some(value);
        if self.no_color {
            return false;
        }
        if self.clicolor_force.is_some() && !is(&self.clicolor_force, "0") {
            return true;
        }
        on_terminal && !is(&self.clicolor, "0") && !self.is_dumb()
    }

    /// Whether the terminal knows no commands.
    pub fn is_dumb(&self) -> bool {
        self.term.as_deref() == Some("dumb")
    }
}

impl LocalPlaces {
    fn read(get: &dyn Fn(&str) -> Option<String>, home: Option<&Path>) -> Self {
        let folder = |name: &str| get(name).map(PathBuf::from);
        let config = folder("XDG_CONFIG_HOME").or_else(|| Some(home?.join(".config")));
        let below = |path: &str| config.as_ref().map(|config| config.join(path));
        let of_home = home.map(|home| home.join(".gitconfig"));
        Self {
            path: get("PATH").unwrap_or_default(),
            gh_config: folder("GH_CONFIG_DIR").or_else(|| below("gh")),
            gh_host: get("GH_HOST"),
            enterprise_token: get("GH_ENTERPRISE_TOKEN")
                .or_else(|| get("GITHUB_ENTERPRISE_TOKEN"))
                .map(SecretString::from),
            git_configs: below("git/config").into_iter().chain(of_home).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(variables: &[(&str, &str)]) -> Context {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Context::read(&variables.iter().map(own).collect())
    }

    #[test]
    fn places_of_a_person_are_known_on_a_terminal_only() {
        let terminal = [("HOME", "/home/me"), ("PATH", "/bin")];
        let local = context(&terminal).local.unwrap();
        assert_eq!(
            local.gh_config.as_deref(),
            Some(Path::new("/home/me/.config/gh"))
        );
        let elsewhere = [
            ("HOME", "/home/me"),
            ("XDG_CONFIG_HOME", "/x"),
            ("GH_CONFIG_DIR", "/y"),
        ];
        let local = context(&elsewhere).local.unwrap();
        assert_eq!(local.gh_config.as_deref(), Some(Path::new("/y")));
        assert_eq!(
            local.git_configs,
            [Path::new("/x/git/config"), Path::new("/home/me/.gitconfig")]
        );
        for step in [
            ("GITHUB_ACTIONS", "true"),
            ("INPUT_PHASE", "plan"),
            ("INPUT_PHASE", ""),
        ] {
            assert!(context(&[terminal[0], step]).local.is_none(), "{step:?}");
        }
    }

    #[test]
    fn colors_follow_the_variables() {
        // The variables, then whether there are colours on a terminal and in a file.
        for (variables, terminal, file) in [
            (&[][..], true, false),
            (&[("NO_COLOR", "1")], false, false),
            (&[("NO_COLOR", "")], true, false),
            (&[("CLICOLOR", "0")], false, false),
            (&[("CLICOLOR", "1")], true, false),
            (&[("CLICOLOR_FORCE", "1")], true, true),
            (&[("CLICOLOR_FORCE", "0")], true, false),
            (&[("CLICOLOR", "0"), ("CLICOLOR_FORCE", "1")], true, true),
            (&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], false, false),
            (&[("TERM", "dumb")], false, false),
        ] {
            let screen = context(variables).screen;
            let found = (screen.colors(true), screen.colors(false));
            assert_eq!(found, (terminal, file), "{variables:?}");
        }
    }

    #[test]
    fn first_token_counts_and_its_variable_is_known() {
        for (variables, from) in [
            (&[("GH_TOKEN", "a")][..], "GH_TOKEN"),
            (&[("GH_TOKEN", "a"), ("GITHUB_TOKEN", "b")], "GITHUB_TOKEN"),
            (&[("GH_TOKEN", "a"), ("GITHUB_TOKEN", " ")], "GH_TOKEN"),
            (
                &[("GITHUB_TOKEN", "b"), ("INPUT_GITHUB-TOKEN", "c")],
                "INPUT_GITHUB-TOKEN",
            ),
            (&[], ""),
        ] {
            let context = context(variables);
            assert_eq!(context.token_from, from);
            assert_eq!(context.token.is_some(), !from.is_empty());
        }
    }
}
