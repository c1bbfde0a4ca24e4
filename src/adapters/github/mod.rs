//! GitHub behind its ports: releases, their assets, tags and commits of one repository.
//!
//! octocrab carries the JSON, without its retries and its models; assets go and come as streams beside it. Everything is
//! asked for in turn by one [`RateLimiter`](rate_limit::RateLimiter).

mod answer;
mod assets;
mod checks;
mod client;
mod etags;
mod failure;
mod lock;
mod models;
mod origin;
pub mod rate_limit;
mod reader;
mod writer;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::http::Http;
use crate::domain::RepoSlug;
use crate::protocol::{Cause, Clock, ReleaseId, ServiceError};
use client::Client;
use rate_limit::Policy;

#[derive(Clone, Debug)]
pub struct GitHubSettings {
    /// As in `GITHUB_API_URL`: `https://api.github.com`, or `https://HOST/api/v3` of GitHub Enterprise Server.
    pub api_url: Url,
    /// As in `GITHUB_GRAPHQL_URL`; on the same host.
    pub graphql_url: Url,
    pub repository: RepoSlug,
    pub token: SecretString,
    pub policy: Policy,
    /// For a whole answer to come. GitHub itself ends requests after ten seconds.
    pub answer_timeout: Duration,
    /// For the next bytes of an asset to come or go, and for the answer after the last one.
    pub stall_timeout: Duration,
}

impl GitHubSettings {
    pub fn new(api_url: Url, graphql_url: Url, repository: RepoSlug, token: SecretString) -> Self {
        Self {
            api_url,
            graphql_url,
            repository,
            token,
            policy: Policy::default(),
            answer_timeout: Duration::from_mins(1),
            stall_timeout: Duration::from_mins(2),
        }
    }
}

/// One repository on GitHub, for looking and for touching.
pub struct GitHub {
    client: Client,
    repository: RepoSlug,
    /// Where each release takes its assets, as far as it has been seen.
    upload_urls: Mutex<HashMap<ReleaseId, String>>,
}

impl GitHub {
    /// Sends nothing yet. Has to be called within a tokio runtime, as octocrab starts a task of its own.
    pub fn connect(
        settings: GitHubSettings,
        http: Http,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ServiceError> {
        let client = Client::new(&settings, http, clock)
            .map_err(|cause| ServiceError::new("connect to GitHub", cause))?;
        Ok(Self {
            client,
            repository: settings.repository,
            upload_urls: Mutex::default(),
        })
    }

    /// A URL of the repository; segments may hold several parts, with slashes between them.
    fn url(&self, segments: &[&str]) -> Url {
        let repository = ["repos", self.repository.owner(), self.repository.name()];
        let parts = segments.iter().flat_map(|segment| segment.split('/'));
        self.client.url(repository.into_iter().chain(parts))
    }

    fn upload_urls(&self) -> MutexGuard<'_, HashMap<ReleaseId, String>> {
        self.upload_urls
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says what was being done when it failed.
trait Doing<T> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, ServiceError>;
}

impl<T> Doing<T> for Result<T, Cause> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, ServiceError> {
        self.map_err(|cause| ServiceError::new(what(), cause))
    }
}
