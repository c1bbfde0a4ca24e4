//! The logins of `gh`, GitHub's own command line (<https://cli.github.com/manual/gh_auth_login>).

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use ocm_module::yaml;
use secrecy::SecretString;
use serde_json::Value;

use super::bounded_files::read_personal;
use super::programs::{Call, Programs};
use crate::domain::GitHubHost;

/// The most bytes of `hosts.yml`.
const LIMIT: u64 = 256 << 10;
/// How long `gh` may take: the system's keyring may ask the person.
const PATIENCE: Duration = Duration::from_secs(20);

/// The hosts that `gh` is logged in to.
#[derive(Debug, Default)]
pub struct GhLogins(BTreeMap<GitHubHost, GhLogin>);

/// A login of `gh`.
#[derive(Debug, Default)]
struct GhLogin {
    /// `None` if the system's keyring has it.
    token: Option<SecretString>,
}

impl GhLogins {
    /// Reads `hosts.yml` in the folder of `gh`'s configuration. Without a readable one there is no login.
    pub fn read(folder: &Path) -> Self {
        let text = read_personal(&folder.join("hosts.yml"), LIMIT);
        text.map_or_else(Self::default, |text| Self::parse(&text))
    }

    fn parse(text: &str) -> Self {
        let Ok(Value::Object(hosts)) = yaml::document(text) else {
            return Self::default();
        };
        let logins = hosts.iter().filter_map(|(name, fields)| {
            let host = GitHubHost::of_name(name)?;
            let token = token(fields);
            // The entry of a host stays when nobody is logged in any more.
            let known = token.is_some() || text_of(fields, "user").is_some();
            known.then_some((host, GhLogin { token }))
        });
        Self(logins.collect())
    }

    /// Whether there is a login for a host.
    pub fn has(&self, host: &GitHubHost) -> bool {
        self.0.contains_key(host)
    }

    /// The token for a host and for no other: from the file or, where the system's keyring has it, from `gh` itself.
    pub async fn token(&self, host: &GitHubHost, programs: &Programs) -> Option<SecretString> {
        match &self.0.get(host)?.token {
            Some(token) => Some(token.clone()),
            None => ask(host, programs).await,
        }
    }
}

/// The token of the active user. Before version 2.40, `gh` knew one user per host.
fn token(fields: &Value) -> Option<SecretString> {
    let of_user = || {
        let user = text_of(fields, "user")?;
        text_of(fields.get("users")?.get(user)?, "oauth_token")
    };
    let token = text_of(fields, "oauth_token").or_else(of_user);
    token.map(SecretString::from)
}

fn text_of<'a>(fields: &'a Value, name: &str) -> Option<&'a str> {
    let text = fields.get(name)?.as_str()?;
    (!text.is_empty()).then_some(text)
}

async fn ask(host: &GitHubHost, programs: &Programs) -> Option<SecretString> {
    let call = Call {
        program: "gh",
        arguments: &["auth", "token", "--hostname", host.as_str()],
        input: "",
        folder: None,
        variables: &[],
        // It prefers these, whatever their host.
        without: &[
            "GH_TOKEN",
            "GITHUB_TOKEN",
            "GH_ENTERPRISE_TOKEN",
            "GITHUB_ENTERPRISE_TOKEN",
        ],
        limit: PATIENCE,
    };
    let answer = programs
        .run(&call)
        .await
        .ok()
        .filter(|answer| answer.success)?;
    let token = answer.output.trim();
    (!token.is_empty()).then(|| token.to_owned().into())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    fn host(name: &str) -> GitHubHost {
        GitHubHost::of_name(name).unwrap()
    }

    async fn token_of(text: &str, name: &str) -> Option<String> {
        let logins = GhLogins::parse(text);
        let token = logins.token(&host(name), &Programs::default()).await;
        token.map(|token| token.expose_secret().to_owned())
    }

    #[tokio::test]
    async fn tokens_are_read_in_the_forms_of_all_versions() {
        let old = "github.com:\n  oauth_token: gho_1\n  user: a\n  git_protocol: ssh\n";
        let new = "GitHub.com:\n  users:\n    a:\n      oauth_token: gho_2\n    b:\n      oauth_token: gho_1\n  user: b\n";
        let both = format!("{new}ghe.example.com:\n  oauth_token: gho_3\n");
        for text in [old, new, &both] {
            assert_eq!(token_of(text, "github.com").await.as_deref(), Some("gho_1"));
        }
        assert_eq!(
            token_of(&both, "ghe.example.com").await.as_deref(),
            Some("gho_3")
        );
        assert_eq!(token_of(&both, "example.com").await, None);
    }

    #[tokio::test]
    async fn other_texts_are_no_login() {
        for text in [
            "",
            "[]",
            "github.com: gho_1",
            "github.com:\n  oauth_token: [gho_1]",
            "github.com:\n  users: {}",
            "github.com:\n  oauth_token: ''",
            "a: &a [*a]",
            "\u{0}",
        ] {
            assert!(!GhLogins::parse(text).has(&host("github.com")), "{text}");
        }
    }

    #[test]
    fn login_in_the_keyring_is_known() {
        let logins = GhLogins::parse("github.com:\n  user: a\n  users:\n    a:\n");
        assert!(logins.has(&host("github.com")));
    }

    #[test]
    fn logins_are_formatted_without_tokens() {
        let logins = GhLogins::parse("github.com:\n  oauth_token: gho_s3cret\n");
        assert!(!format!("{logins:?}").contains("s3cret"));
    }
}
