//! GitHub's JSON about Apps, as far as it is used.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// <https://docs.github.com/en/rest/apps/apps#get-a-repository-installation-for-the-authenticated-app>
#[derive(Clone, Debug, Deserialize)]
pub(in super::super) struct AppInstallation {
    pub id: u64,
    #[serde(default)]
    pub app_slug: String,
    /// Where the permissions can be seen and accepted.
    #[serde(default)]
    pub html_url: String,
    /// Those that were granted: `read`, `write` or `admin`, by name.
    #[serde(default)]
    pub permissions: BTreeMap<String, String>,
}

/// <https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app>
#[derive(Debug, Serialize)]
pub(in super::super) struct NewInstallationToken<'a> {
    /// Without their owner.
    pub repositories: [&'a str; 1],
    pub permissions: BTreeMap<String, &'a str>,
}

#[derive(Deserialize)]
pub(in super::super) struct InstallationToken {
    pub token: String,
    /// As RFC 3339.
    #[serde(default)]
    pub expires_at: String,
}
