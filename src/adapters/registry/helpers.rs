//! Docker's credential helpers: programs that keep credentials, such as in the system's keyring
//! (<https://github.com/docker/docker-credential-helpers#development>).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;
use tokio::sync::OnceCell;

use super::credential::{Credential, DOCKER_HUB, secret};
use crate::adapters::programs::{Call, Programs};

/// How long a helper may take: it may ask the person, or a service.
const PATIENCE: Duration = Duration::from_secs(30);
/// The name by which Docker Hub's credentials are kept.
const DOCKER_HUB_KEY: &str = "https://index.docker.io/v1/";
/// In place of a user name beside an identity token.
const IDENTITY_USER: &str = "<token>";
/// The longest name of a helper.
const LONGEST: usize = 64;

/// The helpers that a docker `config.json` names.
#[derive(Clone, Debug, Default)]
pub(super) struct Helpers {
    /// Names of helpers, each for one registry.
    pub(super) by_host: BTreeMap<String, String>,
    /// The name of the helper for all other registries.
    pub(super) store: Option<String>,
    /// `None` where no program may be run.
    pub(super) programs: Option<Programs>,
    answers: Arc<Mutex<BTreeMap<String, Arc<OnceCell<HelperAnswer>>>>>,
}

/// What a helper said of a registry.
#[derive(Clone, Debug)]
enum HelperAnswer {
    Credential(Credential),
    /// It has none.
    Absent,
    Failed(String),
}

/// A helper's answer to `get`.
#[derive(Deserialize)]
struct HelperCredential {
    #[serde(rename = "Username", default)]
    user: String,
    #[serde(rename = "Secret", default, deserialize_with = "secret")]
    secret: Option<SecretString>,
}

impl Helpers {
    /// The name of the program of a helper.
    pub(super) fn program(name: &str) -> String {
        format!("docker-credential-{name}")
    }

    /// The helper for this registry alone, if it may be run.
    pub(super) fn of_host(&self, host: &str) -> Option<&str> {
        self.programs.as_ref()?;
        self.by_host.get(host).map(String::as_str)
    }

    /// The helper for registries without one of their own, if it may be run.
    pub(super) fn of_others(&self) -> Option<&str> {
        self.programs.as_ref()?;
        self.store.as_deref()
    }

    /// One sentence for each helper that may not be run.
    pub(super) fn unusable(&self) -> Vec<String> {
        if self.programs.is_some() {
            return vec![];
        }
        let store = self.store.iter().map(|name| ("credsStore", name));
        let by_host = self.by_host.iter();
        let by_host = by_host.map(|(host, name)| (host.as_str(), name));
        store
            .chain(by_host)
            .map(|(who, name)| {
                let program = Self::program(name);
                format!("{who} needs the program {program}, which cannot be run here")
            })
            .collect()
    }

    /// As whom a registry is asked whose helper may not be run.
    pub(super) fn unusable_at(&self, host: &str) -> Option<String> {
        let name = self.by_host.get(host).or(self.store.as_ref())?;
        let program = Self::program(name);
        Some(format!("without credentials; {program} cannot be run here"))
    }

    /// As whom a registry was asked.
    pub(super) fn identity(&self, program: &str, host: &str) -> String {
        match self.answer(host).get() {
            Some(HelperAnswer::Credential(credential)) => credential.to_string(),
            Some(HelperAnswer::Absent) => format!("without credentials; {program} has none"),
            Some(HelperAnswer::Failed(why)) => format!("without credentials; {program} {why}"),
            None => "without credentials".into(),
        }
    }

    /// The credential that a helper has for a registry. It is asked once.
    pub(super) async fn ask(&self, program: &str, host: &str) -> Option<Credential> {
        let answer = self.answer(host);
        let answer = answer.get_or_init(|| self.get(program, host)).await;
        match answer {
            HelperAnswer::Credential(credential) => Some(credential.clone()),
            HelperAnswer::Absent | HelperAnswer::Failed(_) => None,
        }
    }

    fn answer(&self, host: &str) -> Arc<OnceCell<HelperAnswer>> {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(answers.entry(host.to_owned()).or_default())
    }

    async fn get(&self, program: &str, host: &str) -> HelperAnswer {
        let Some(programs) = &self.programs else {
            return HelperAnswer::Failed("cannot be run here".into());
        };
        if !is_program_name(program) {
            return HelperAnswer::Failed("is no name of a program".into());
        }
        let key = if host == DOCKER_HUB {
            DOCKER_HUB_KEY
        } else {
            host
        };
        let call = Call {
            program,
            arguments: &["get"],
            input: &format!("{key}\n"),
            folder: None,
            variables: &[],
            without: &[],
            limit: PATIENCE,
        };
        match programs.run(&call).await {
            Ok(answer) if answer.success => kept(&answer.output),
            // The message of the protocol, which is the same in all languages.
            Ok(answer)
                if answer
                    .output
                    .contains("credentials not found in native keychain") =>
            {
                HelperAnswer::Absent
            }
            Ok(_) => HelperAnswer::Failed("failed".into()),
            Err(error) => HelperAnswer::Failed(error.to_string()),
        }
    }
}

/// Reads an answer without ever quoting it.
fn kept(output: &str) -> HelperAnswer {
    match serde_json::from_str(output) {
        Ok(HelperCredential { user, secret }) => match secret {
            Some(token) if user == IDENTITY_USER => {
                HelperAnswer::Credential(Credential::Identity(token))
            }
            Some(password) if !user.is_empty() => {
                HelperAnswer::Credential(Credential::Basic { user, password })
            }
            _ => HelperAnswer::Absent,
        },
        Err(_) => HelperAnswer::Failed("gave an unreadable answer".into()),
    }
}

fn is_program_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    name.len() <= LONGEST && name.chars().all(plain)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use secrecy::ExposeSecret as _;

    use super::super::{CredentialSource, Credentials};
    use super::*;

    /// A helper that counts how often it runs, and answers for the registries that have a file.
    const HELPER: &str = r#"#!/bin/sh
here=$(dirname "$0")
echo x >> "$here/runs"
[ "$1" = get ] || exit 9
read -r server
file="$here/$(echo "$server" | tr '/:' '__')"
[ -e "$file" ] || { echo "credentials not found in native keychain"; exit 1; }
cat "$file"
"#;

    fn installed(name: &str) -> (tempfile::TempDir, Programs) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(format!("docker-credential-{name}"));
        fs::write(&path, HELPER).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let path = format!("{}:/usr/bin:/bin", folder.path().display());
        (folder, Programs::in_path(&path))
    }

    fn keeps(folder: &tempfile::TempDir, server: &str, user: &str) {
        let json = format!(r#"{{"ServerURL":"{server}","Username":"{user}","Secret":"s3cret"}}"#);
        let name = server.replace(['/', ':'], "_");
        fs::write(folder.path().join(name), json).unwrap();
    }

    async fn user(all: &Credentials, host: &str) -> String {
        match all.at(host).await {
            Some(Credential::Basic { user, password }) => {
                assert_eq!(password.expose_secret(), "s3cret");
                user
            }
            Some(Credential::Identity(_)) => "<token>".into(),
            None => "nobody".into(),
        }
    }

    #[tokio::test]
    async fn helpers_are_asked_for_their_registries_and_once() {
        let (folder, programs) = installed("test");
        keeps(&folder, "r.example:5000", "ann");
        keeps(&folder, "https://index.docker.io/v1/", "hub");
        keeps(&folder, "acr.example", "<token>");
        let config = r#"{"credsStore": "test", "credHelpers": {"https://R.example:5000": "test", "x.example": "absent"},
            "auths": {"file.example": {"username": "file", "password": "s3cret"}, "r.example:5000": {"username": "file", "password": "s3cret"}}}"#;
        let all = Credentials::from_docker_config(config).unwrap();
        // Where no program may be run, the file has the rest.
        assert_eq!(user(&all, "r.example:5000").await, "file");
        assert_eq!(user(&all, "acr.example").await, "nobody");
        let all = all.with_programs(programs);
        assert_eq!(all.unusable(), [""; 0]);
        for (host, wanted) in [
            ("r.example:5000", "ann"),
            ("docker.io", "hub"),
            ("acr.example", "<token>"),
            ("file.example", "file"),
            ("other.example", "nobody"),
            ("x.example", "nobody"),
            ("r.example:5000", "ann"),
        ] {
            assert_eq!(user(&all, host).await, wanted, "{host}");
        }
        let runs = fs::read_to_string(folder.path().join("runs")).unwrap();
        assert_eq!(runs.lines().count(), 4);
        let given = Credential::Basic {
            user: "given".into(),
            password: "s3cret".into(),
        };
        let with = all.clone().with("r.example:5000", given);
        assert_eq!(user(&with, "r.example:5000").await, "given");
        for (host, wanted) in [
            ("r.example:5000", "as user \"ann\""),
            (
                "other.example",
                "without credentials; docker-credential-test has none",
            ),
            (
                "x.example",
                "without credentials; docker-credential-absent is not installed",
            ),
        ] {
            assert_eq!(all.identity_at(host), wanted);
        }
        assert!(all.identity_at("acr.example").contains("identity token"));
        let helper = |name: &str| CredentialSource::Helper(format!("docker-credential-{name}"));
        assert_eq!(all.source("x.example"), helper("absent"));
        assert_eq!(all.source("acr.example"), helper("test"));
        assert_eq!(all.source("file.example"), CredentialSource::File);
        assert!(!format!("{all:?}").contains("s3cret"));
    }

    #[tokio::test]
    async fn failing_helpers_give_nothing_and_are_not_quoted() {
        let (folder, programs) = installed("test");
        fs::write(folder.path().join("r.example"), "s3cret").unwrap();
        let config = |name: &str| format!(r#"{{"credsStore": "{name}"}}"#);
        for (name, why) in [
            ("test", "gave an unreadable answer"),
            ("../test", "is no name of a program"),
            ("te st", "is no name of a program"),
            ("other", "is not installed"),
        ] {
            let all = Credentials::from_docker_config(&config(name)).unwrap();
            let all = all.with_programs(programs.clone());
            assert_eq!(user(&all, "r.example").await, "nobody");
            let identity = all.identity_at("r.example");
            assert!(identity.ends_with(why), "{identity}");
            assert!(!identity.contains("s3cret"), "{identity}");
        }
    }
}
