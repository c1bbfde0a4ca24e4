//! The settings of the connection to GitHub.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::rate_limit::RateLimitPolicy;
use crate::domain::{GitHubCredential, RepoSlug};
use crate::protocol::SecretMask;

/// The addresses of GitHub, the repository, and as whom it is used.
#[derive(Clone, Debug)]
pub struct GitHubSettings {
    /// As in `GITHUB_API_URL`: `https://api.github.com`, or `https://HOST/api/v3` of GitHub Enterprise Server.
    pub api_url: Url,
    /// As in `GITHUB_GRAPHQL_URL`; on the same host.
    pub graphql_url: Url,
    pub repository: RepoSlug,
    pub credential: GitHubCredential,
    /// What hides the tokens that an App makes.
    pub mask: Option<Arc<dyn SecretMask>>,
    pub policy: RateLimitPolicy,
    /// Limit for a whole answer. GitHub itself ends requests after ten seconds.
    pub answer_timeout: Duration,
    /// Limit for the next bytes of an asset to be sent or received, and for the answer after the last one.
    pub stall_timeout: Duration,
}

impl GitHubSettings {
    /// The usual limits.
    pub fn new(
        api_url: Url,
        graphql_url: Url,
        repository: RepoSlug,
        credential: GitHubCredential,
    ) -> Self {
        Self {
            api_url,
            graphql_url,
            repository,
            credential,
            mask: None,
            policy: RateLimitPolicy::default(),
            answer_timeout: Duration::from_mins(1),
            stall_timeout: Duration::from_mins(2),
        }
    }
}
