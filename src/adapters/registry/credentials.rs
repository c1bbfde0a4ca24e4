//! The credentials for each registry: given outright, or read from the text of a docker `config.json`.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer};

use crate::domain::{Code, Diagnostic};

/// Docker Hub has three names; its images have `docker.io`, its API listens on this one.
pub(super) const DOCKER_HUB_API: &str = "registry-1.docker.io";
const DOCKER_HUB: &str = "docker.io";
/// Standard base64 ([RFC 4648, section 4](https://www.rfc-editor.org/rfc/rfc4648#section-4)), padded or not, as the tools
/// that write `config.json` differ.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The credential for one registry.
#[derive(Clone, Debug)]
pub enum Credential {
    Basic {
        user: String,
        password: SecretString,
    },
    /// An OAuth 2.0 refresh token, as `docker login` stores it under `identitytoken`.
    Identity(SecretString),
}

/// The credentials of all registries. A registry that is not listed is asked without any.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    by_host: BTreeMap<String, Credential>,
    /// Credential helpers by host, `*` for all others: programs that this process cannot run.
    helpers: BTreeMap<String, String>,
}

impl Credentials {
    /// No credentials for any registry.
    pub fn anonymous() -> Self {
        Self::default()
    }

    /// Adds the credential for `host` or `host:port`, in place of any before it.
    #[must_use]
    pub fn with(mut self, host: &str, credential: Credential) -> Self {
        self.by_host.insert(host_key(host), credential);
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
        all.helpers = config.helpers;
        if let Some(store) = config.store.filter(|name| !name.is_empty()) {
            all.helpers.insert("*".into(), store);
        }
        Ok(all)
    }

    /// One sentence for each part of a docker `config.json` that cannot be used here.
    pub fn unusable(&self) -> Vec<String> {
        let sentence = |(host, helper): (&String, &String)| match host.as_str() {
            "*" => format!(
                "credsStore needs the program docker-credential-{helper}, which cannot be run here"
            ),
            _ => format!(
                "{host} needs the program docker-credential-{helper}, which cannot be run here"
            ),
        };
        self.helpers.iter().map(sentence).collect()
    }

    pub(super) fn at(&self, host: &str) -> Option<&Credential> {
        self.by_host.get(&host_key(host))
    }

    /// As whom requests to a registry are sent, for the message when one is refused.
    pub(super) fn identity_at(&self, host: &str) -> String {
        match self.at(host) {
            Some(credential) => credential.to_string(),
            None => match self.helpers.get(host).or_else(|| self.helpers.get("*")) {
                Some(helper) => {
                    format!("without credentials; docker-credential-{helper} cannot be run here")
                }
                None => "without credentials".into(),
            },
        }
    }
}

impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Basic { user, .. } => write!(f, "as user {user:?}"),
            Self::Identity(_) => f.write_str("with an identity token"),
        }
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

/// Deserializes a text that may be absent and is never shown again.
pub(super) fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SecretString>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.map(SecretString::from))
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

    fn basic<'a>(all: &'a Credentials, host: &str) -> Option<(&'a str, &'a str)> {
        match all.at(host)? {
            Credential::Basic { user, password } => Some((user, password.expose_secret())),
            Credential::Identity(_) => None,
        }
    }

    #[test]
    fn docker_config_entries_are_read_in_every_form() {
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
        assert_eq!(basic(&all, "ghcr.io"), Some(("bob", "s:ecret")));
        for name in ["docker.io", "index.docker.io", "registry-1.docker.io"] {
            assert_eq!(basic(&all, name), Some(("hub", "pw")), "{name}");
        }
        assert_eq!(basic(&all, "R.example:5000"), Some(("u", "p")));
        assert!(matches!(
            all.at("acr.example"),
            Some(Credential::Identity(_))
        ));
        for other in [
            "r.example",
            "r.example:443",
            "empty.example",
            "ghcr.io.example",
        ] {
            assert!(all.at(other).is_none(), "{other}");
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
