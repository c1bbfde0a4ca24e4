//! What one running GitHub shares among its requests.

use super::event::GitHubEvent;
use super::model::GitHubWorld;
use super::options::Options;
use super::rate_limit::RequestLimiter;
use super::replica::Replica;
use crate::server::Shared;
use std::sync::Mutex;
use tokio::sync::broadcast;

#[derive(Debug)]
pub(crate) struct GitHubServerState {
    pub(crate) shared: Shared,
    pub(crate) world: Mutex<GitHubWorld>,
    pub(crate) replica: Mutex<Replica>,
    pub(crate) limiter: Mutex<RequestLimiter>,
    pub(crate) options: Options,
    pub(crate) urls: Urls,
    pub(crate) events: broadcast::Sender<GitHubEvent>,
}

/// Addresses of the four hosts, without a slash at the end.
#[derive(Debug)]
pub(crate) struct Urls {
    pub(crate) api: String,
    pub(crate) upload: String,
    pub(crate) web: String,
    pub(crate) storage: String,
}
