//! GitHub Apps and their installations.
//! <https://docs.github.com/en/rest/apps/apps>

use super::token::{Level, Rights};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// An App that may make tokens for its installations.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredApp {
    /// What `iss` may say beside the App's number.
    pub client_id: String,
    pub slug: String,
    /// As PEM: what `openssl rsa -pubout` prints.
    pub public_key: String,
    pub installations: Vec<StoredInstallation>,
    /// How many tokens were made.
    pub tokens: u64,
}

/// An installation of an App.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredInstallation {
    pub id: u64,
    /// `owner/name` of each.
    pub repositories: BTreeSet<String>,
    /// The permissions that were granted.
    pub permissions: Rights,
    pub suspended: bool,
}

impl StoredApp {
    /// An App with its public key as PEM, installed nowhere.
    pub fn new(slug: &str, public_key: &str) -> StoredApp {
        StoredApp {
            slug: slug.to_owned(),
            client_id: format!("Iv1.{slug}"),
            public_key: public_key.to_owned(),
            ..StoredApp::default()
        }
    }

    /// Installs it on a repository with these permissions.
    #[must_use]
    pub fn installed_on(mut self, repository: &str, permissions: Rights) -> StoredApp {
        self.installations.push(StoredInstallation {
            id: self.installations.len() as u64 + 1,
            repositories: [repository.to_owned()].into(),
            permissions,
            suspended: false,
        });
        self
    }
}

impl Rights {
    /// By the names and levels of the API, without those that are not granted.
    pub(crate) fn named(self) -> Vec<(String, Level)> {
        let rights = serde_json::to_value(self).unwrap_or_default();
        let levels: std::collections::BTreeMap<String, Level> =
            serde_json::from_value(rights).unwrap_or_default();
        let granted = levels.into_iter();
        granted.filter(|(_, level)| *level > Level::None).collect()
    }
}
