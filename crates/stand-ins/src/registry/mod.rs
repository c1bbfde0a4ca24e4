//! An OCI registry.
//! <https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md>

mod auth;
mod blobs;
mod error;
mod manifests;
mod options;
mod packages;
mod referrers;
mod route;
mod state;
mod store;
mod tokens;
mod upload_sessions;
mod uploads;

pub use options::{Anonymous, Auth, RegistryOptions};
pub use packages::Packages;
pub use store::{Store, StoredManifest, StoredRepository};

use crate::faults::{Fault, Faults};
use crate::log::{EventLog, Service};
use crate::server::{self, Backend, Dropped, ServerThread, Shared};
use crate::sync::lock;
use crate::transport::{HttpRequest, Reply};
use hyper::body::Incoming;
use state::RegistryServerState;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

/// A running registry on loopback, with a second host for blobs that are redirected. It stops when dropped.
#[derive(Debug)]
pub struct RegistryServer {
    state: Arc<RegistryServerState>,
    _running: ServerThread,
}

impl RegistryServer {
    /// Serves from now on.
    ///
    /// # Errors
    ///
    /// The port is taken, or the folder of the options cannot be read or written.
    #[expect(clippy::unused_async, reason = "room for a start that has to wait")]
    pub async fn start(options: RegistryOptions) -> io::Result<RegistryServer> {
        let (registry, registry_at) = server::bind(options.port)?;
        let (storage, storage_at) = server::bind(0)?;
        let state = Arc::new(RegistryServerState {
            shared: Shared {
                clock: options.clock.clone(),
                ..Shared::default()
            },
            store: Mutex::new(Store::open(options.dir.as_deref())?),
            options,
            packages: Mutex::default(),
            tokens: Mutex::default(),
            uploads: Mutex::default(),
            host: registry_at.to_string(),
            storage: storage_at.to_string(),
        });
        let listeners = vec![(registry, Service::Registry), (storage, Service::Storage)];
        let running = server::run(Arc::clone(&state), listeners)?;
        Ok(RegistryServer {
            state,
            _running: running,
        })
    }

    /// `127.0.0.1:PORT`, as in an image reference.
    pub fn host(&self) -> String {
        self.state.host.clone()
    }

    /// The content of the registry. Requests wait while the guard is held.
    pub fn store(&self) -> MutexGuard<'_, Store> {
        lock(&self.state.store)
    }

    /// Who may pull and push.
    pub fn packages(&self) -> MutexGuard<'_, Packages> {
        lock(&self.state.packages)
    }

    /// How many uploads were begun and neither completed nor cancelled.
    pub fn open_uploads(&self) -> usize {
        lock(&self.state.uploads).open.len()
    }

    /// Every request so far.
    pub fn log(&self) -> &EventLog {
        &self.state.shared.log
    }

    /// The faults that are still planned.
    pub fn faults(&self) -> &Faults {
        &self.state.shared.faults
    }
}

impl Backend for RegistryServerState {
    fn shared(&self) -> &Shared {
        &self.shared
    }

    fn service(&self, path: &str, listener: Service) -> Service {
        if path == auth::PATH {
            Service::Token
        } else {
            listener
        }
    }

    async fn serve(
        &self,
        request: &HttpRequest,
        body: Incoming,
        faults: &[Fault],
    ) -> Result<Reply, Dropped> {
        let reply = match request.service {
            Service::Storage => blobs::storage(self, request),
            Service::Token => auth::grant(self, request, faults),
            _ => route::serve(self, request, body).await?,
        };
        let landed = request.is_write() && reply.status.is_success();
        self.shared
            .log
            .update(request.number, |entry| entry.landed = landed);
        Ok(reply.set("docker-distribution-api-version", "registry/2.0"))
    }

    fn fault_reply(&self, _: &HttpRequest, fault: &Fault) -> Option<Reply> {
        error::for_fault(fault)
    }
}
