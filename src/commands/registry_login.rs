//! `registry-login`: the credentials of registries, as a Docker `config.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};

/// GitHub's own registry, the only one that accepts a job's token.
const GITHUB_REGISTRY: &str = "ghcr.io";

/// A user and a password, or a token in its place.
#[derive(Clone, Debug)]
pub struct Login {
    pub user: String,
    pub password: SecretString,
}

/// What `registry-login` was asked for.
pub struct RegistryLogin {
    /// The registries of the release's own images, as `host` or `host:port`.
    pub hosts: BTreeSet<String>,
    /// The credentials that the maintainer configured.
    pub given: Option<Login>,
    /// The job's own token.
    pub job: Option<Login>,
    /// The file to write.
    pub output: PathBuf,
}

/// A Docker `config.json`, and what of it must not be seen.
pub struct LoginFile {
    pub json: SecretString,
    /// Every password that is in it, as it is and as the base64 of user and password, which a runner that masks the password
    /// cannot know.
    pub secrets: Vec<SecretString>,
    /// The registries that it has credentials for.
    pub hosts: Vec<String>,
}

impl RegistryLogin {
    /// Which login goes to which registry: what was given to all of them; and the job's own token, where nothing was given, to
    /// GitHub's registry and to no other.
    pub fn logins(&self) -> BTreeMap<&str, &Login> {
        let login = |host: &str| match (&self.given, &self.job) {
            (Some(given), _) => Some(given),
            (None, Some(job)) if host == GITHUB_REGISTRY => Some(job),
            _ => None,
        };
        self.hosts
            .iter()
            .filter_map(|host| Some((host.as_str(), login(host)?)))
            .collect()
    }

    /// The logins in the form of `docker login`
    /// (<https://docs.docker.com/reference/cli/docker/login/#credential-stores>).
    pub fn docker_config(&self) -> LoginFile {
        let logins = self.logins();
        let encoded = logins.values().map(|login| {
            let pair = format!("{}:{}", login.user, login.password.expose_secret());
            STANDARD.encode(pair)
        });
        let encoded: Vec<String> = encoded.collect();
        let hosts: Vec<String> = logins.keys().map(|host| (*host).to_owned()).collect();
        let auths: BTreeMap<_, _> = hosts
            .iter()
            .zip(&encoded)
            .map(|(host, auth)| (host, serde_json::json!({ "auth": auth })))
            .collect();
        let passwords = logins.values().map(|login| login.password.clone());
        let json = serde_json::json!({ "auths": auths }).to_string() + "\n";
        LoginFile {
            json: json.into(),
            secrets: passwords
                .chain(encoded.into_iter().map(SecretString::from))
                .collect(),
            hosts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(user: &str, password: &str) -> Login {
        Login {
            user: user.into(),
            password: password.into(),
        }
    }

    fn asked(hosts: &[&str], given: Option<Login>, job: Option<Login>) -> RegistryLogin {
        RegistryLogin {
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            given,
            job,
            output: "login.json".into(),
        }
    }

    /// The registries, what was given, the job's token, and who logs in where.
    type Case<'a> = (
        &'a [&'a str],
        Option<Login>,
        Option<Login>,
        &'a [(&'a str, &'a str)],
    );

    #[test]
    fn job_token_is_used_for_ghcr_only() {
        let given = || Some(login("me", "secret"));
        let job = || Some(login("octocat", "job-token"));
        let both = ["ghcr.io", "registry.example"];
        let table: [Case<'_>; 8] = [
            (&both, None, job(), &[("ghcr.io", "octocat")]),
            (
                &both,
                given(),
                job(),
                &[("ghcr.io", "me"), ("registry.example", "me")],
            ),
            (
                &both,
                given(),
                None,
                &[("ghcr.io", "me"), ("registry.example", "me")],
            ),
            (&both, None, None, &[]),
            (&["registry.example"], None, job(), &[]),
            (
                &["ghcr.io:443", "ghcr.io.example", "xghcr.io"],
                None,
                job(),
                &[],
            ),
            (&["ghcr.io"], None, job(), &[("ghcr.io", "octocat")]),
            (&[], given(), job(), &[]),
        ];
        for (hosts, given, job, wanted) in table {
            let asked = asked(hosts, given, job);
            let logins = asked.logins();
            let users: Vec<_> = logins
                .iter()
                .map(|(host, l)| (*host, l.user.as_str()))
                .collect();
            assert_eq!(users, wanted, "{hosts:?}");
        }
    }

    #[test]
    fn the_config_is_what_docker_login_writes() {
        let config = asked(&["r.example:5000"], Some(login("me", "s:cret")), None).docker_config();
        assert_eq!(
            config.json.expose_secret(),
            "{\"auths\":{\"r.example:5000\":{\"auth\":\"bWU6czpjcmV0\"}}}\n"
        );
        assert_eq!(config.hosts, ["r.example:5000"]);
        let secrets: Vec<_> = config
            .secrets
            .iter()
            .map(SecretString::expose_secret)
            .collect();
        assert_eq!(secrets, ["s:cret", "bWU6czpjcmV0"]);
        let nobody = asked(&["r.example"], None, None).docker_config();
        assert_eq!(nobody.json.expose_secret(), "{\"auths\":{}}\n");
    }
}
