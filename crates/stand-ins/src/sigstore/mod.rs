//! Sigstore: certificate authority, timestamp authority and transparency log.
//! <https://docs.sigstore.dev/about/overview/>

mod bundle;
mod certificate;
mod der;
mod error;
mod fulcio;
mod identity;
mod keys;
mod merkle;
mod options;
mod pem;
mod rekor;
mod state;
mod timestamp;
mod trust;

pub use bundle::BundleForm;
pub use options::SigstoreOptions;

use crate::faults::{Fault, Faults};
use crate::log::{EventLog, Service};
use crate::oidc::{Job, TrustedIssuer};
use crate::server::{self, Backend, Dropped, ServerThread, Shared};
use crate::sync::lock;
use crate::transport::{HttpRequest, Reply};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::{Value, json};
use state::{SigstoreKeys, SigstoreState, SigstoreUrls};
use std::io;
use std::sync::{Arc, Mutex};

/// A running Sigstore on loopback, with keys of its own. It stops when dropped.
#[derive(Debug)]
pub struct SigstoreServer {
    state: Arc<SigstoreState>,
    _running: ServerThread,
}

impl SigstoreServer {
    /// Serves from now on. Tokens of these issuers are accepted.
    ///
    /// # Errors
    ///
    /// A port is taken, or no key can be made.
    #[expect(clippy::unused_async, reason = "room for a start that has to wait")]
    pub async fn start(
        issuers: Vec<TrustedIssuer>,
        options: SigstoreOptions,
    ) -> io::Result<SigstoreServer> {
        let (fulcio, fulcio_at) = server::bind(options.fulcio_port)?;
        let (timestamp, timestamp_at) = server::bind(options.timestamp_port)?;
        let (rekor, rekor_at) = server::bind(options.rekor_port)?;
        let state = Arc::new(SigstoreState {
            keys: SigstoreKeys::generate(&options)?,
            shared: Shared {
                clock: options.clock,
                ..Shared::default()
            },
            issuers,
            certificate_log: options.certificate_log,
            origin: options.log_origin,
            github: options.github_url,
            entries: Mutex::default(),
            urls: SigstoreUrls {
                fulcio: format!("http://{fulcio_at}"),
                timestamp: format!("http://{timestamp_at}"),
                rekor: format!("http://{rekor_at}"),
            },
        });
        let listeners = vec![
            (fulcio, Service::Fulcio),
            (timestamp, Service::Timestamp),
            (rekor, Service::Rekor),
        ];
        let running = server::run(Arc::clone(&state), listeners)?;
        Ok(SigstoreServer {
            state,
            _running: running,
        })
    }

    /// For what `https://fulcio.sigstore.dev` is.
    pub fn fulcio_url(&self) -> String {
        self.state.urls.fulcio.clone()
    }

    /// For what `https://timestamp.sigstore.dev` is; requests go to `/api/v1/timestamp` below it.
    pub fn timestamp_url(&self) -> String {
        self.state.urls.timestamp.clone()
    }

    /// For what `https://log2025-1.rekor.sigstore.dev` is.
    pub fn rekor_url(&self) -> String {
        self.state.urls.rekor.clone()
    }

    /// `trusted_root.json`: whom verifiers are to trust.
    pub fn trusted_root(&self) -> Value {
        trust::trusted_root(&self.state)
    }

    /// `signing_config.v0.2.json`: where signers find what they need.
    pub fn signing_config(&self) -> Value {
        trust::signing_config(&self.state)
    }

    /// A bundle with that statement, signed as that job without any request.
    ///
    /// # Errors
    ///
    /// A key cannot sign.
    pub fn sign(&self, job: &Job, statement: &[u8], form: BundleForm) -> io::Result<Value> {
        let issuer = self.state.issuers.first();
        let issuer = issuer.map_or(crate::oidc::ISSUER, |issuer| &issuer.issuer);
        let now = self.state.shared.clock.unix();
        let claims = json!(job.claims_at(issuer, "sigstore", now));
        bundle::sign(&self.state, &claims, statement, form)
    }

    /// How many entries the transparency log has.
    pub fn log_size(&self) -> usize {
        lock(&self.state.entries).len()
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

impl Backend for SigstoreState {
    fn shared(&self) -> &Shared {
        &self.shared
    }

    async fn serve(
        &self,
        request: &HttpRequest,
        body: Incoming,
        _faults: &[Fault],
    ) -> Result<Reply, Dropped> {
        let body = body.collect().await.map_err(|_| Dropped)?.to_bytes();
        let reply = match request.service {
            Service::Fulcio => fulcio::answer(self, request, &body),
            Service::Timestamp => timestamp::answer(self, request, &body),
            _ => rekor::answer(self, request, &body),
        };
        let landed = request.is_write() && reply.status.is_success();
        self.shared
            .log
            .update(request.number, |entry| entry.landed = landed);
        Ok(reply)
    }

    fn fault_reply(&self, _: &HttpRequest, fault: &Fault) -> Option<Reply> {
        error::for_fault(fault)
    }
}
