//! One repository on GitHub: its releases with their assets, tags, commits and checks.
//!
//! octocrab builds and sends the JSON requests, without its retries and models; assets are streamed without it. All
//! requests go through one [`RateLimiter`](rate_limit::RateLimiter).

mod answer;
mod app_token;
mod assets;
mod attestations;
mod authorization;
mod branches;
mod changes;
mod checks;
mod client;
mod comments;
mod download;
mod etags;
mod failure;
mod limits;
mod lock;
mod models;
mod origin;
mod pull_requests;
pub mod rate_limit;
mod reader;
mod references;
mod releases;
mod rights;
mod runs;
mod settings;
mod writer;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OnceCell;
use url::Url;

pub use settings::GitHubSettings;

use super::http::Http;
use crate::domain::{Diagnostic, RepoSlug};
use crate::protocol::{Cause, Clock, ReleaseId, ServiceError};
use client::Client;
use models::TagObject;
use pull_requests::GitObjects;

/// Reads and changes one repository on GitHub.
pub struct GitHub {
    client: Client,
    repository: RepoSlug,
    /// The upload URL of each release that has been seen; it never changes.
    upload_urls: Mutex<HashMap<ReleaseId, String>>,
    /// The tag objects that have been seen or created, by their ids, which name their content.
    tag_objects: Mutex<HashMap<String, TagObject>>,
    /// The account of the token, once it was asked for.
    account: OnceCell<String>,
    /// The objects of git that have been read, by their ids.
    objects: GitObjects,
}

impl GitHub {
    /// Sends nothing yet. Has to be called within a tokio runtime, as octocrab starts a task of its own.
    ///
    /// # Errors
    ///
    /// When the token would be sent in plain text or to two hosts, or cannot stand in a header.
    pub fn connect(
        settings: GitHubSettings,
        http: Http,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Diagnostic> {
        Ok(Self {
            client: Client::new(&settings, http, clock)?,
            repository: settings.repository,
            upload_urls: Mutex::default(),
            tag_objects: Mutex::default(),
            account: OnceCell::new(),
            objects: GitObjects::default(),
        })
    }

    /// Ends the token that was made as a GitHub App. Without a time limit of its own; a token that is not revoked ends within the hour.
    pub async fn revoke_token(&self) {
        self.client.revoke().await;
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

/// Adds to a cause what was being done.
trait Doing<T>: Sized {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, ServiceError>;

    /// Adds the permissions of a job that GitHub asks for in a private repository, and does not name where it refuses a query.
    fn needing(self, permissions: &str) -> Self;
}

impl<T> Doing<T> for Result<T, Cause> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, ServiceError> {
        self.map_err(|cause| ServiceError::new(what(), cause))
    }

    fn needing(self, permissions: &str) -> Self {
        self.map_err(|mut cause| {
            if let Cause::Denied { status: 403, help, accepted: None, .. } = &mut cause {
                help.push_str(": in a private repository, give the job these permissions as well:\npermissions:\n");
                help.push_str(permissions);
            }
            cause
        })
    }
}
