//! A credential for one registry.

use std::fmt;

use secrecy::SecretString;
use serde::{Deserialize, Deserializer};

/// Docker Hub has three names; its images have `docker.io`, its API listens on this one.
pub(super) const DOCKER_HUB_API: &str = "registry-1.docker.io";
pub(super) const DOCKER_HUB: &str = "docker.io";

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

impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Basic { user, .. } => write!(f, "as user {user:?}"),
            Self::Identity(_) => f.write_str(
                "with an identity token, which only registries with a token service take",
            ),
        }
    }
}

/// Deserializes a text that may be absent and is never shown again.
pub(super) fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SecretString>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.map(SecretString::from))
}
