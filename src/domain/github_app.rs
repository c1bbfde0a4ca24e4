//! As whom requests to GitHub are made: a token, or a GitHub App that makes tokens for itself.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use secrecy::{ExposeSecret as _, SecretString};

use super::{Code, Diagnostic};

/// The first line of every key in PEM begins with it.
pub const PEM_BEGINS: &str = "-----BEGIN ";

/// What authenticates requests to GitHub.
#[derive(Clone, Debug)]
pub enum GitHubCredential {
    /// A token that is sent as it is.
    Token(SecretString),
    /// An App, whose installation in the repository gives tokens that last for an hour.
    App(AppCredential),
}

impl GitHubCredential {
    /// What must not appear in a log. The tokens of an App are not known yet.
    pub fn secrets(&self) -> Vec<String> {
        match self {
            Self::Token(token) => vec![token.expose_secret().to_owned()],
            Self::App(credential) => credential.app.secrets(),
        }
    }
}

impl From<SecretString> for GitHubCredential {
    fn from(token: SecretString) -> Self {
        Self::Token(token)
    }
}

impl From<&str> for GitHubCredential {
    fn from(token: &str) -> Self {
        Self::Token(token.into())
    }
}

/// An App, and the permissions that its tokens are to have.
#[derive(Clone, Debug)]
pub struct AppCredential {
    pub app: GitHubApp,
    pub permissions: Vec<Permission>,
}

/// A permission, by the names of
/// [`permissions`](https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#permissions) of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permission {
    pub name: &'static str,
    pub level: AccessLevel,
}

impl Permission {
    /// Its name where an App asks for a token, which has underscores
    /// ([Create an installation access token](https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app)).
    pub fn api_name(self) -> String {
        self.name.replace('-', "_")
    }
}

/// How far a permission goes; the higher level includes the lower one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccessLevel {
    Read,
    Write,
}

impl AccessLevel {
    /// As GitHub writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.level.as_str())
    }
}

/// A GitHub App with its private key.
#[derive(Clone)]
pub struct GitHubApp {
    /// App ID or client ID; GitHub takes both for `iss`.
    id: String,
    key: Arc<RsaKeyPair>,
    pem: SecretString,
}

impl GitHubApp {
    /// Reads the key as GitHub gives it (PKCS#1, `RSA PRIVATE KEY`), or in PKCS#8. Line ends may be written as `\n`, as in a
    /// variable of one line.
    ///
    /// # Errors
    ///
    /// [`Code::AppIdInvalid`] or [`Code::AppKeyInvalid`], without a word of the key.
    pub fn new(id: &str, pem: &SecretString) -> Result<Self, Diagnostic> {
        let is_client_id = |id: &str| {
            id.starts_with("Iv") && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '.')
        };
        if id.is_empty() || !(id.chars().all(|c| c.is_ascii_digit()) || is_client_id(id)) {
            return Err(Diagnostic::value(
                Code::AppIdInvalid,
                "app-id",
                id,
                "is neither an App ID nor a client ID",
                "take the number after *App ID*, or the *Client ID*, which begins with Iv, from the page of the App's settings; \
                 the number of an installation is another one",
            ));
        }
        let pem = pem.expose_secret().replace("\\n", "\n");
        let der = PrivateKeyDer::from_pem_slice(pem.as_bytes());
        let key = match &der {
            Ok(PrivateKeyDer::Pkcs1(key)) => RsaKeyPair::from_der(key.secret_pkcs1_der()).ok(),
            Ok(PrivateKeyDer::Pkcs8(key)) => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).ok(),
            _ => None,
        };
        Ok(Self {
            id: id.to_owned(),
            key: Arc::new(key.ok_or_else(key_invalid)?),
            pem: pem.into(),
        })
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    /// The signature of a JSON web token by RS256; `None` where the system gives no random numbers.
    pub fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let mut signature = vec![0; self.key.public().modulus_len()];
        let random = SystemRandom::new();
        self.key
            .sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
            .ok()?;
        Some(signature)
    }

    /// The lines of the key, and the key in base64. A line with nothing secret, or so short that it would be found in innocent
    /// text, is none.
    fn secrets(&self) -> Vec<String> {
        let pem = self.pem.expose_secret();
        let lines = pem.lines().map(str::trim);
        let secret = lines.filter(|line| line.len() >= 8 && !line.starts_with("-----"));
        secret
            .map(str::to_owned)
            .chain([STANDARD.encode(pem), pem.replace('\n', "\\n")])
            .collect()
    }
}

impl fmt::Debug for GitHubApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GitHubApp({})", self.id)
    }
}

/// The error about a key that cannot be used.
pub fn key_invalid() -> Diagnostic {
    Diagnostic::error(
        Code::AppKeyInvalid,
        "app-private-key is neither an RSA private key as PEM nor the path of a file with one",
        "store the file that GitHub gives under *Private keys* on the page of the App's settings, whole, from \
         -----BEGIN RSA PRIVATE KEY----- to -----END RSA PRIVATE KEY-----; a key with a pass phrase cannot be used",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const PKCS1: &str = include_str!("../../tests/support/app/private-key.pem");
    const PKCS8: &str = include_str!("../../tests/support/app/private-key.pkcs8.pem");

    fn app(id: &str, pem: &str) -> Result<GitHubApp, Diagnostic> {
        GitHubApp::new(id, &pem.into())
    }

    #[test]
    fn both_forms_of_a_key_and_both_ids_are_read() {
        let signed = |id, pem: &str| app(id, pem).unwrap().sign(b"message").unwrap();
        let signature = signed("12345", PKCS1);
        assert_eq!(signature.len(), 256);
        for pem in [
            PKCS8,
            &PKCS1.replace('\n', "\\n"),
            &PKCS1.replace('\n', "\r\n"),
        ] {
            assert_eq!(signed("Iv23liAbCdEf0123", pem), signature);
        }
        assert!(app("Iv1.0123456789abcdef", PKCS1).is_ok());
    }

    #[test]
    fn wrong_ids_and_keys_are_refused_and_keys_not_shown() {
        for id in ["", "release-bot", "12 345", "Iv23-x"] {
            assert_eq!(app(id, PKCS1).unwrap_err().code, Code::AppIdInvalid, "{id}");
        }
        let body = PKCS1.lines().nth(3).unwrap();
        let without_marks: String = PKCS1.lines().filter(|l| !l.starts_with('-')).collect();
        for pem in [
            "",
            &without_marks,
            &PKCS1.replace(body, ""),
            &PKCS1.replace("RSA PRIVATE", "RSA PUBLIC"),
            &PKCS1.replace("RSA PRIVATE", "ENCRYPTED PRIVATE"),
        ] {
            let refused = app("12345", pem).unwrap_err();
            assert_eq!(refused.code, Code::AppKeyInvalid);
            assert!(!format!("{refused:?}").contains(&body[..16]));
        }
    }

    #[test]
    fn secrets_are_every_line_of_the_key_and_its_base64() {
        let secrets = app("12345", PKCS1).unwrap().secrets();
        let lines: Vec<_> = PKCS1.lines().filter(|l| !l.starts_with('-')).collect();
        for line in lines.iter().filter(|line| line.len() >= 8) {
            assert!(secrets.iter().any(|secret| secret == line), "{line}");
        }
        assert!(secrets.contains(&STANDARD.encode(PKCS1)));
        assert!(secrets.iter().all(|secret| secret.len() >= 8));
    }
}
