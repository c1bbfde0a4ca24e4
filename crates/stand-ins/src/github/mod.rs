//! GitHub: REST, GraphQL, uploads and downloads over one [`World`].

mod actions;
mod assets;
mod blobs;
mod call;
mod checks;
mod commits;
mod compare;
mod downloads;
mod graphql;
mod graphql_query;
mod lag;
mod limits;
mod notes;
mod operator;
mod options;
mod pages;
mod pulls;
mod refs;
mod refusal;
mod release_body;
mod releases;
mod repositories;
mod route;
mod seed;
mod shapes;
mod statuses;
mod tags;
mod tokens;
mod uploads;
mod world;

pub use limits::Limits;
pub use options::{Digests, Options};
pub use tokens::{Level, Rights, Token, TokenKind};
pub use world::{
    Asset, CheckRun, Commit, Job, Pull, Release, Repository, Rule, Sha, Status, TagObject,
    WorkflowRun, World,
};

use crate::server::{self, Cut, Desk, Running, Serve};
use crate::wire::{Reply, Request};
use crate::{EventLog, Fault, Faults, Service, lock};
use hyper::body::Incoming;
use lag::Replica;
use limits::Limiter;
use serde::{Deserialize, Serialize};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::broadcast;

/// A running GitHub on loopback: API, uploads host, web host and the host that signed URLs lead to.
/// It stops when dropped.
#[derive(Debug)]
pub struct GitHub {
    hub: Arc<Hub>,
    _running: Running,
}

/// What happened, for whoever plays the builders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A tag came to be: through a ref, or by publishing a release. GitHub starts workflows for it
    /// unless `by` is [`TokenKind::GitHubToken`]; builders outside do not mind whose token it was.
    TagCreated {
        repository: String,
        tag: String,
        commit: Sha,
        by: TokenKind,
    },
    TagDeleted {
        repository: String,
        tag: String,
    },
    DraftCreated {
        repository: String,
        release: u64,
        tag: String,
    },
    ReleasePublished {
        repository: String,
        release: u64,
        tag: String,
        by: TokenKind,
    },
    ReleaseDeleted {
        repository: String,
        release: u64,
    },
    AssetUploaded {
        repository: String,
        release: u64,
        name: String,
    },
}

/// The state at some time, and what lists still showed of the past then.
#[derive(Clone, Debug)]
pub struct Snapshot {
    world: World,
    past: Vec<(Duration, Arc<World>)>,
}

#[derive(Debug)]
pub(crate) struct Hub {
    desk: Desk,
    world: Mutex<World>,
    replica: Mutex<Replica>,
    limiter: Mutex<Limiter>,
    options: Options,
    urls: Urls,
    events: broadcast::Sender<Event>,
}

#[derive(Debug)]
pub(crate) struct Urls {
    api: String,
    upload: String,
    web: String,
    storage: String,
}

impl GitHub {
    #[expect(clippy::unused_async, reason = "room for a start that has to wait")]
    pub async fn start(world: World, options: Options) -> io::Result<GitHub> {
        let (api, api_at) = server::bind(options.api_port)?;
        let (upload, upload_at) = server::bind(options.upload_port)?;
        let (web, web_at) = server::bind(options.web_port)?;
        let (storage, storage_at) = server::bind(options.storage_port)?;
        let hub = Arc::new(Hub {
            desk: Desk {
                clock: options.clock.clone(),
                ..Desk::default()
            },
            replica: Mutex::new(Replica::new(options.lag, &world)),
            world: Mutex::new(world),
            limiter: Mutex::new(Limiter::new(options.limits.clone())),
            options,
            urls: Urls {
                api: format!("http://{api_at}"),
                upload: format!("http://{upload_at}"),
                web: format!("http://{web_at}"),
                storage: format!("http://{storage_at}"),
            },
            events: broadcast::Sender::new(4096),
        });
        let listeners = vec![
            (api, Service::Api),
            (upload, Service::Upload),
            (web, Service::Web),
            (storage, Service::Storage),
        ];
        let running = server::run(Arc::clone(&hub), listeners)?;
        Ok(GitHub {
            hub,
            _running: running,
        })
    }

    /// `http://127.0.0.1:PORT`, for what `https://api.github.com` is.
    pub fn api_url(&self) -> String {
        self.hub.urls.api.clone()
    }

    pub fn graphql_url(&self) -> String {
        format!("{}/graphql", self.hub.urls.api)
    }

    /// For what `https://github.com` is.
    pub fn server_url(&self) -> String {
        self.hub.urls.web.clone()
    }

    /// For what `https://uploads.github.com` is.
    pub fn upload_url(&self) -> String {
        self.hub.urls.upload.clone()
    }

    /// The state itself; requests wait while it is held.
    pub fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.hub.world)
    }

    pub fn snapshot(&self) -> Snapshot {
        let world = self.world();
        let past = lock(&self.hub.replica).ages(self.hub.desk.clock.now());
        Snapshot {
            world: world.clone(),
            past,
        }
    }

    /// Everything is again as it was then; the clock goes on.
    pub fn restore(&self, snapshot: &Snapshot) {
        let mut world = self.world();
        lock(&self.hub.replica).restore(self.hub.desk.clock.now(), &snapshot.past);
        world.clone_from(&snapshot.world);
    }

    pub fn log(&self) -> &EventLog {
        &self.hub.desk.log
    }

    pub fn faults(&self) -> &Faults {
        &self.hub.desk.faults
    }

    /// What happens from now on.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.hub.events.subscribe()
    }
}

impl Serve for Hub {
    fn desk(&self) -> &Desk {
        &self.desk
    }

    fn is_aside(&self, request: &Request) -> bool {
        self.options.operator && request.path.starts_with(operator::PREFIX)
    }

    fn aside(&self, request: &Request, body: &[u8]) -> Reply {
        operator::answer(self, &request.method, &request.path, body)
    }

    async fn serve(
        &self,
        request: &Request,
        body: Incoming,
        faults: &[Fault],
    ) -> Result<Reply, Cut> {
        match request.service {
            Service::Web => Ok(downloads::web(self, request)),
            Service::Storage => Ok(downloads::storage(self, request)),
            Service::Upload => uploads::serve(self, request, body, faults).await,
            _ => call::serve(self, request, body).await,
        }
    }

    fn broken(&self, request: &Request, fault: &Fault) -> Option<Reply> {
        let reply = limits::faulty(request, fault, &self.desk.clock)?;
        Some(call::sign(request, reply))
    }
}
