//! Any OCI registry behind the ports, after the [OCI distribution specification][spec] 1.1.
//!
//! `oci-client` has the names of media types, `http-auth` reads challenges; the rest is ours, because a release depends on
//! what a general client leaves to its caller: a HEAD goes out at once and only a 401 starts a token flow; every size and
//! digest is checked against what was asked for; a read survives 429 with `Retry-After`, 5xx, cuts and silence, and a large
//! blob goes on by `Range` where it stopped; a wrong password is said to be one; credentials never reach another host; and
//! a write is sent once, so that a lost answer can be looked into.
//!
//! [spec]: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md

mod auth;
mod credentials;
mod download;
mod failure;
mod push;
mod reader;
mod realm;
mod retry;
mod transport;

use std::sync::Arc;

pub use credentials::{Credential, Credentials};

use crate::adapters::http::Http;
use crate::domain::Digest;
use crate::protocol::Clock;
use transport::Wire;

/// All registries; which one is meant follows from an image's name.
#[derive(Clone)]
pub struct Registries(Arc<Wire>);

impl Registries {
    pub fn new(http: &Http, credentials: Credentials, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Wire::new(http.clone(), credentials, clock)))
    }
}

/// A digest in a header, where it is one that we can compare.
fn digest_header(headers: &reqwest::header::HeaderMap) -> Option<Digest> {
    headers
        .get("docker-content-digest")?
        .to_str()
        .ok()?
        .parse()
        .ok()
}
