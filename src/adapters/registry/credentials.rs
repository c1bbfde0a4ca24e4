//! The credentials for each registry: given outright, read from the text of a docker `config.json`, or asked of the helpers that it names.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::credential::{Credential, DOCKER_HUB, DOCKER_HUB_API, secret};
use super::helpers::Helpers;
use crate::adapters::programs::Programs;
use crate::domain::{Code, Diagnostic};

/// Standard base64 ([RFC 4648, section 4](https://www.rfc-editor.org/rfc/rfc4648#section-4)), padded or not, as the tools
/// that write `config.json` differ.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The credentials of all registries. A registry that is not listed is asked without any.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    given: BTreeMap<String, Credential>,
    /// Of the file.
    by_host: BTreeMap<String, Credential>,
    helpers: Helpers,
}

/// Where the credential for a registry comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialSource {
    /// It was given for this registry.
    Given,
    /// Docker's `config.json`.
    File,
    /// The program of this name.
    Helper(String),
    /// There is none.
    Nowhere,
}

impl Credentials {
    /// No credentials for any registry.
    pub fn anonymous() -> Self {
        Self::default()
    }

    /// Adds the credential for `host` or `host:port`, in place of any before it.
    #[must_use]
    pub fn with(mut self, host: &str, credential: Credential) -> Self {
        self.given.insert(host_key(host), credential);
        self
    }

    /// Lets credential helpers be run. Without it they are not.
    #[must_use]
    pub fn with_programs(mut self, programs: Programs) -> Self {
        self.helpers.programs = Some(programs);
        self
    }

    /// Reads the text of docker's
    /// [`config.json`](https://docs.docker.com/reference/cli/docker/login/#credential-stores).
    ///
    /// # Errors
    ///
    /// When it is not such a text, or an entry cannot be decoded.
    pub fn from_docker_config(text: &str) -> Result<Self, Diagnostic> {
        let config: DockerConfig = serde_json::from_str(text).map_err(|e| invalid(unread(&e)))?;
        let mut all = Self::default();
        for (key, entry) in config.auths {
            // An entry for a path of a host is another program's extension; it must not become valid for the whole host.
            if !names_whole_host(&key) {
                continue;
            }
            if let Some(credential) = entry.credential(&key)? {
                all.by_host.insert(host_key(&key), credential);
            }
        }
        let helpers = config.helpers.into_iter();
        all.helpers.by_host = helpers.map(|(key, name)| (host_key(&key), name)).collect();
        all.helpers.store = config.store.filter(|name| !name.is_empty());
        Ok(all)
    }

    /// One sentence for each part of a docker `config.json` that cannot be used here.
    pub fn unusable(&self) -> Vec<String> {
        self.helpers.unusable()
    }

    /// Where the credential for `host` or `host:port` comes from. Docker asks its helpers first, too, and keeps in the file what none has.
    pub fn source(&self, host: &str) -> CredentialSource {
        let host = host_key(host);
        let helper = |name: &str| CredentialSource::Helper(Helpers::program(name));
        if self.given.contains_key(&host) {
            CredentialSource::Given
        } else if let Some(name) = self.helpers.of_host(&host) {
            helper(name)
        } else if self.by_host.contains_key(&host) {
            CredentialSource::File
        } else if let Some(name) = self.helpers.of_others() {
            helper(name)
        } else {
            CredentialSource::Nowhere
        }
    }

    /// The credential for a registry. A helper is asked once.
    pub(super) async fn at(&self, host: &str) -> Option<Credential> {
        let source = self.source(host);
        let host = host_key(host);
        match source {
            CredentialSource::Given => self.given.get(&host).cloned(),
            CredentialSource::File => self.by_host.get(&host).cloned(),
            CredentialSource::Helper(program) => self.helpers.ask(&program, &host).await,
            CredentialSource::Nowhere => None,
        }
    }

    /// As whom requests to a registry are sent, for the message when one is refused.
    pub(super) fn identity_at(&self, host: &str) -> String {
        let key = host_key(host);
        let known = match self.source(host) {
            CredentialSource::Given => self.given.get(&key).map(ToString::to_string),
            CredentialSource::File => self.by_host.get(&key).map(ToString::to_string),
            CredentialSource::Helper(program) => Some(self.helpers.identity(&program, &key)),
            CredentialSource::Nowhere => self.helpers.unusable_at(&key),
        };
        known.unwrap_or_else(|| "without credentials".into())
    }
}

#[derive(Deserialize)]
struct DockerConfig {
    #[serde(default)]
    auths: BTreeMap<String, ConfigEntry>,
    #[serde(default, rename = "credsStore")]
    store: Option<String>,
    #[serde(default, rename = "credHelpers")]
    helpers: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ConfigEntry {
    #[serde(deserialize_with = "secret")]
    auth: Option<SecretString>,
    username: Option<String>,
    #[serde(deserialize_with = "secret")]
    password: Option<SecretString>,
    #[serde(rename = "identitytoken", deserialize_with = "secret")]
    identity: Option<SecretString>,
}

impl ConfigEntry {
    /// `None` for an empty entry: a credential store has the rest.
    fn credential(self, key: &str) -> Result<Option<Credential>, Diagnostic> {
        let filled = |s: &SecretString| !s.expose_secret().is_empty();
        if let Some(token) = self.identity.filter(filled) {
            return Ok(Some(Credential::Identity(token)));
        }
        if let Some(auth) = self.auth.filter(filled) {
            let text = BASE64
                .decode(auth.expose_secret().trim())
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .ok_or_else(|| wrong_entry(key, "that is not base64"))?;
            let (user, password) = text
                .split_once(':')
                .ok_or_else(|| wrong_entry(key, "without a colon"))?;
            return Ok(Some(Credential::Basic {
                user: user.to_owned(),
                password: password.trim_end_matches('\0').into(),
            }));
        }
        Ok(match (self.username, self.password) {
            (Some(user), Some(password)) if !user.is_empty() => {
                Some(Credential::Basic { user, password })
            }
            _ => None,
        })
    }
}

/// The error without serde's excerpt, which could quote a secret.
fn unread(error: &serde_json::Error) -> String {
    format!(
        "not a docker configuration (line {}, column {})",
        error.line(),
        error.column()
    )
}

fn wrong_entry(host: &str, why: &str) -> Diagnostic {
    invalid(format!("the entry {host:?} has an auth {why}"))
}

/// The caller adds which file it is.
fn invalid(seen: String) -> Diagnostic {
    let help = r#"write {"auths": {"registry.example": {"auth": "<base64 of user:password>"}}}"#;
    Diagnostic::error(Code::DockerConfigInvalid, seen, help)
}

/// A host, also where it is spelled as a URL the way `docker login` does for Docker Hub.
fn host_key(key: &str) -> String {
    let bare = without_scheme(key);
    let host = bare.split('/').next().unwrap_or(bare).to_ascii_lowercase();
    match host.as_str() {
        "index.docker.io" | DOCKER_HUB_API => DOCKER_HUB.into(),
        _ => host,
    }
}

fn names_whole_host(key: &str) -> bool {
    match without_scheme(key).split_once('/') {
        Some((_, path)) => matches!(path.trim_end_matches('/'), "" | "v1" | "v2"),
        None => true,
    }
}

fn without_scheme(key: &str) -> &str {
    key.strip_prefix("https://")
        .or_else(|| key.strip_prefix("http://"))
        .unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn basic(all: &Credentials, host: &str) -> Option<(String, String)> {
        match all.at(host).await? {
            Credential::Basic { user, password } => {
                Some((user, password.expose_secret().to_owned()))
            }
            Credential::Identity(_) => None,
        }
    }

    fn login(user: &str, password: &str) -> (String, String) {
        (user.to_owned(), password.to_owned())
    }

    #[tokio::test]
    async fn docker_config_entries_are_read_in_every_form() {
        let all = Credentials::from_docker_config(
            r#"{"auths": {
                "ghcr.io": {"auth": "Ym9iOnM6ZWNyZXQ="},
                "https://index.docker.io/v1/": {"auth": "aHViOnB3"},
                "r.example:5000": {"username": "u", "password": "p"},
                "acr.example": {"auth": "MDA6", "identitytoken": "refresh"},
                "r.example/only/here": {"auth": "Ym9iOnM="},
                "empty.example": {}
            }, "HttpHeaders": {}}"#,
        )
        .unwrap();
        assert_eq!(basic(&all, "ghcr.io").await, Some(login("bob", "s:ecret")));
        for name in ["docker.io", "index.docker.io", "registry-1.docker.io"] {
            assert_eq!(basic(&all, name).await, Some(login("hub", "pw")), "{name}");
        }
        assert_eq!(basic(&all, "R.example:5000").await, Some(login("u", "p")));
        assert!(matches!(
            all.at("acr.example").await,
            Some(Credential::Identity(_))
        ));
        for other in [
            "r.example",
            "r.example:443",
            "empty.example",
            "ghcr.io.example",
        ] {
            assert!(all.at(other).await.is_none(), "{other}");
        }
    }

    #[test]
    fn unusable_lists_credential_helpers() {
        let all = Credentials::from_docker_config(
            r#"{"credsStore": "desktop", "credHelpers": {"europe-docker.pkg.dev": "gcloud"}}"#,
        )
        .unwrap();
        assert_eq!(
            all.unusable(),
            [
                "credsStore needs the program docker-credential-desktop, which cannot be run here",
                "europe-docker.pkg.dev needs the program docker-credential-gcloud, which cannot be run here",
            ]
        );
        assert_eq!(
            all.identity_at("europe-docker.pkg.dev"),
            "without credentials; docker-credential-gcloud cannot be run here"
        );
    }

    #[test]
    fn invalid_docker_config_is_refused_without_quoting_it() {
        for (text, why) in [
            ("not json, s3cret", "line 1"),
            (
                r#"{"auths": {"r.example": {"auth": "s3cret!"}}}"#,
                "not base64",
            ),
            (r#"{"auths": {"r.example": {"auth": "czNjcmV0"}}}"#, "colon"),
            (r#"{"auths": {"r.example": "s3cret"}}"#, "line 1"),
        ] {
            let error = Credentials::from_docker_config(text).unwrap_err();
            let all = format!("{error} {error:?}");
            assert!(error.seen.contains(why), "{text}: {error}");
            assert!(!all.contains("s3cret"), "{all}");
        }
    }

    #[test]
    fn credentials_are_formatted_without_secrets() {
        let all = Credentials::anonymous().with(
            "r.example",
            Credential::Basic {
                user: "u".into(),
                password: "s3cret".into(),
            },
        );
        assert!(!format!("{all:?} {}", all.identity_at("r.example")).contains("s3cret"));
    }

    #[test]
    fn base64_is_the_standard_one_padded_or_not() {
        for (text, bytes) in [
            ("", &b""[..]),
            ("Zg==", b"f"),
            ("Zm8", b"fo"),
            ("Zm9v", b"foo"),
            ("+/+/", b"\xfb\xff\xbf"),
        ] {
            assert_eq!(BASE64.decode(text).as_deref(), Ok(bytes), "{text}");
        }
        for text in ["Z", "Zm9vY", "Zm 9v", "Z-8=", "=Zg"] {
            assert!(BASE64.decode(text).is_err(), "{text}");
        }
    }
}
