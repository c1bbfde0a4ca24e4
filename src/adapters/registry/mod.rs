//! Any OCI registry, after the [OCI distribution specification][spec] 1.1.
//!
//! `oci-client` has the media types and `http-auth` parses challenges. Requests are our own, over `reqwest`, since a release
//! depends on what a general client leaves to its caller:
//!
//! - HEAD is sent at once; only a 401 starts a token flow.
//! - Every size and digest is compared with what was asked for.
//! - A read is repeated after 429 (with `Retry-After`), 5xx, a broken connection or silence; a large blob continues by
//!   `Range` where it stopped.
//! - A wrong password is reported as one, and credentials never reach another host.
//! - A write is sent once, so that the caller can check whether it was carried out.
//!
//! [spec]: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md

mod answered;
mod auth;
mod cache;
mod challenge;
mod client;
mod credential;
mod credentials;
mod download;
mod expected;
mod failure;
mod helpers;
mod reader;
mod realm;
mod referrers;
mod request;
mod retry;
mod rights;
mod transport;
mod writer;

use std::sync::Arc;

pub use credential::Credential;
pub use credentials::{CredentialSource, Credentials};

use crate::adapters::http::Http;
use crate::protocol::Clock;
use cache::ContentCache;
use client::RegistryClient;
use expected::ExpectedBlobs;

/// All registries; the name of an image says which one is meant. Clones share tokens and what was read by digest.
#[derive(Clone)]
pub struct Registries {
    client: Arc<RegistryClient>,
    cache: Arc<ContentCache>,
    expected: Arc<ExpectedBlobs>,
}

impl Registries {
    /// Sends nothing yet.
    pub fn new(http: &Http, credentials: Credentials, clock: Arc<dyn Clock>) -> Self {
        Self {
            client: Arc::new(RegistryClient::new(http.clone(), credentials, clock)),
            cache: Arc::default(),
            expected: Arc::default(),
        }
    }
}
