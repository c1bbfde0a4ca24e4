//! An OCI registry.
//! <https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md>

mod auth;
mod blobs;
mod manifests;
mod options;
mod refusal;
mod route;
mod store;
mod uploads;

pub use options::{Anonymous, Auth, RegistryOptions};
pub use store::{Manifest, Repository, Store};

use crate::server::{self, Cut, Desk, Running, Serve};
use crate::wire::{Reply, Request};
use crate::{EventLog, Fault, Faults, Service, lock};
use auth::Tokens;
use hyper::body::Incoming;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use uploads::Uploads;

/// A running registry on loopback, with a second host for blobs that are redirected. It stops when dropped.
#[derive(Debug)]
pub struct Registry {
    house: Arc<House>,
    _running: Running,
}

#[derive(Debug)]
struct House {
    desk: Desk,
    options: RegistryOptions,
    store: Mutex<Store>,
    tokens: Mutex<Tokens>,
    uploads: Mutex<Uploads>,
    host: String,
    storage: String,
}

impl Registry {
    #[expect(clippy::unused_async, reason = "room for a start that has to wait")]
    pub async fn start(options: RegistryOptions) -> io::Result<Registry> {
        let (registry, registry_at) = server::bind(options.port)?;
        let (storage, storage_at) = server::bind(0)?;
        let house = Arc::new(House {
            desk: Desk {
                clock: options.clock.clone(),
                ..Desk::default()
            },
            store: Mutex::new(Store::open(options.dir.as_deref())?),
            options,
            tokens: Mutex::default(),
            uploads: Mutex::default(),
            host: registry_at.to_string(),
            storage: storage_at.to_string(),
        });
        let listeners = vec![(registry, Service::Registry), (storage, Service::Storage)];
        let running = server::run(Arc::clone(&house), listeners)?;
        Ok(Registry {
            house,
            _running: running,
        })
    }

    /// `127.0.0.1:PORT`, as it stands at the front of an image reference.
    pub fn host(&self) -> String {
        self.house.host.clone()
    }

    /// The state itself; requests wait while it is held.
    pub fn store(&self) -> MutexGuard<'_, Store> {
        lock(&self.house.store)
    }

    pub fn log(&self) -> &EventLog {
        &self.house.desk.log
    }

    pub fn faults(&self) -> &Faults {
        &self.house.desk.faults
    }
}

impl Serve for House {
    fn desk(&self) -> &Desk {
        &self.desk
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
        request: &Request,
        body: Incoming,
        faults: &[Fault],
    ) -> Result<Reply, Cut> {
        let reply = match request.service {
            Service::Storage => blobs::storage(self, request),
            Service::Token => auth::grant(self, request, faults),
            _ => route::serve(self, request, body).await?,
        };
        let landed = request.is_write() && reply.status.is_success();
        self.desk
            .log
            .update(request.number, |entry| entry.landed = landed);
        Ok(reply.set("docker-distribution-api-version", "registry/2.0"))
    }

    fn broken(&self, _: &Request, fault: &Fault) -> Option<Reply> {
        refusal::faulty(fault)
    }
}
