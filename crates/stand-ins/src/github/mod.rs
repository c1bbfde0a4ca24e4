//! GitHub: REST, GraphQL, uploads and downloads over one [`GitHubWorld`].

mod api;
mod archive;
mod authentication;
mod call;
mod control;
mod error;
mod event;
mod graphql;
mod json_web_token;
mod model;
mod options;
mod rate_limit;
mod replica;
mod response;
mod rest;
mod state;
mod storage;
mod uploads;
mod web;

pub use event::GitHubEvent;
pub use model::{
    CheckRun, Commit, Enforcement, GitHubWorld, GitRepository, Issue, Level, Pull, Rights, Rule,
    Sha, StoredApp, StoredAsset, StoredAttestation, StoredAutoMerge, StoredComment,
    StoredInstallation, StoredJob, StoredMergeSettings, StoredMilestone, StoredObject,
    StoredQueueEntry, StoredRelease, StoredReview, StoredReviewRule, StoredRun, StoredSignature,
    StoredStatus, StoredTag, StoredTreeEntry, Token, TokenKind,
};
pub use options::{Digests, NoAttestations, Options, Untagged};
pub use rate_limit::RateLimits;

use crate::faults::{Fault, Faults};
use crate::log::{EventLog, Service};
use crate::server::{self, Backend, Dropped, ServerThread, Shared};
use crate::sync::lock;
use crate::transport::{HttpRequest, Reply};
use hyper::body::Incoming;
use rate_limit::RequestLimiter;
use replica::Replica;
use state::{GitHubServerState, Urls};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::broadcast;

/// A running GitHub on loopback: API, uploads host, web host and the host of signed URLs.
/// It stops when dropped.
#[derive(Debug)]
pub struct GitHubServer {
    state: Arc<GitHubServerState>,
    _running: ServerThread,
}

/// The state at some time, and what lists still showed of the past then.
#[derive(Clone, Debug)]
pub struct WorldSnapshot {
    world: GitHubWorld,
    past: Vec<(Duration, Arc<GitHubWorld>)>,
}

impl GitHubServer {
    /// Starts a server with this state.
    ///
    /// # Errors
    ///
    /// One of the ports is taken, or no thread can be started.
    #[expect(clippy::unused_async, reason = "room for a start that has to wait")]
    pub async fn start(world: GitHubWorld, options: Options) -> io::Result<GitHubServer> {
        let (api, api_at) = server::bind(options.api_port)?;
        let (upload, upload_at) = server::bind(options.upload_port)?;
        let (web, web_at) = server::bind(options.web_port)?;
        let (storage, storage_at) = server::bind(options.storage_port)?;
        let storage_host = options.storage_host.clone();
        let (below_api, below_upload) = match options.enterprise {
            Some(_) => ("/api/v3", "/api/uploads"),
            None => ("", ""),
        };
        let state = Arc::new(GitHubServerState {
            shared: Shared {
                clock: options.clock.clone(),
                delay: options.delay,
                ..Shared::default()
            },
            replica: Mutex::new(Replica::new(options.lag, &world)),
            world: Mutex::new(world),
            limiter: Mutex::new(RequestLimiter::new(options.limits.clone())),
            options,
            urls: Urls {
                api: format!("http://{api_at}{below_api}"),
                upload: format!("http://{upload_at}{below_upload}"),
                web: format!("http://{web_at}"),
                storage: format!("http://{storage_host}:{}", storage_at.port()),
            },
            events: broadcast::Sender::new(4096),
        });
        let listeners = vec![
            (api, Service::Api),
            (upload, Service::Upload),
            (web, Service::Web),
            (storage, Service::Storage),
        ];
        let running = server::run(Arc::clone(&state), listeners)?;
        Ok(GitHubServer {
            state,
            _running: running,
        })
    }

    /// `http://127.0.0.1:PORT`, for what `https://api.github.com` is; of an Enterprise Server with `/api/v3`.
    pub fn api_url(&self) -> String {
        self.state.urls.api.clone()
    }

    /// For what `https://api.github.com/graphql` is.
    pub fn graphql_url(&self) -> String {
        let api = self.state.urls.api.as_str();
        match api.strip_suffix("/v3") {
            Some(of_enterprise) => format!("{of_enterprise}/graphql"),
            None => format!("{api}/graphql"),
        }
    }

    /// For what `https://github.com` is.
    pub fn server_url(&self) -> String {
        self.state.urls.web.clone()
    }

    /// For what `https://uploads.github.com` is.
    pub fn upload_url(&self) -> String {
        self.state.urls.upload.clone()
    }

    /// The state of the server, to be read or changed. Requests wait while the guard is held.
    pub fn world(&self) -> MutexGuard<'_, GitHubWorld> {
        lock(&self.state.world)
    }

    /// Copies the state, for [`GitHubServer::restore`].
    pub fn snapshot(&self) -> WorldSnapshot {
        let world = self.world();
        let past = lock(&self.state.replica).ages(self.state.shared.clock.now());
        WorldSnapshot {
            world: world.clone(),
            past,
        }
    }

    /// Restores the state of that time; the clock continues.
    pub fn restore(&self, snapshot: &WorldSnapshot) {
        let mut world = self.world();
        lock(&self.state.replica).restore(self.state.shared.clock.now(), &snapshot.past);
        world.clone_from(&snapshot.world);
    }

    /// Every request so far.
    pub fn log(&self) -> &EventLog {
        &self.state.shared.log
    }

    /// The faults that are still planned.
    pub fn faults(&self) -> &Faults {
        &self.state.shared.faults
    }

    /// What happens from now on.
    pub fn events(&self) -> broadcast::Receiver<GitHubEvent> {
        self.state.events.subscribe()
    }
}

impl Backend for GitHubServerState {
    fn shared(&self) -> &Shared {
        &self.shared
    }

    /// An Enterprise Server has its API below `/api/v3` of the one host, and GraphQL at `/api/graphql`.
    /// <https://docs.github.com/en/enterprise-server@latest/rest/quickstart>
    /// Below other paths it has its pages, which are not served.
    fn canonical_path(&self, path: &str) -> String {
        let below = ["/api/v3", "/api/uploads"].into_iter();
        let mut below = below.filter_map(|prefix| path.strip_prefix(prefix));
        let rest = below.find(|rest| rest.is_empty() || rest.starts_with('/'));
        let is_page = |path: &str| path.starts_with("/repos/") || path == "/graphql";
        match rest {
            Some(rest) => rest.to_owned(),
            None if path == "/api/graphql" => "/graphql".to_owned(),
            None if self.options.enterprise.is_some() && is_page(path) => "/404".to_owned(),
            None => path.to_owned(),
        }
    }

    fn is_control(&self, request: &HttpRequest) -> bool {
        self.options.control && request.path.starts_with(control::PREFIX)
    }

    fn control(&self, request: &HttpRequest, body: &[u8]) -> Reply {
        control::answer(self, &request.method, &request.path, body)
    }

    async fn serve(
        &self,
        request: &HttpRequest,
        body: Incoming,
        faults: &[Fault],
    ) -> Result<Reply, Dropped> {
        match request.service {
            Service::Web => Ok(web::serve(self, request)),
            Service::Storage => Ok(storage::serve(self, request)),
            Service::Upload => uploads::serve(self, request, body, faults).await,
            _ => api::serve(self, request, body).await,
        }
    }

    fn fault_reply(&self, request: &HttpRequest, fault: &Fault) -> Option<Reply> {
        let reply = rate_limit::for_fault(request, fault, &self.shared.clock)?;
        Some(response::sign(request, reply))
    }
}
