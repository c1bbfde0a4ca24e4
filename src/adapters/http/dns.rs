//! Name resolution of the HTTP clients: each connection uses the addresses of one resolution, which may be checked
//! first.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Turns host names into addresses.
#[async_trait]
pub trait NameLookup: fmt::Debug + Send + Sync {
    /// All addresses of a name.
    ///
    /// # Errors
    ///
    /// When the name cannot be resolved or has no address.
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// The resolver of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemLookup;

#[async_trait]
impl NameLookup for SystemLookup {
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let found = tokio::net::lookup_host((name, 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    }
}

/// Decides whether a client may connect to the addresses that a name was found to have.
pub(crate) trait AddressCheck: Send + Sync {
    fn check(&self, name: &str, addresses: &[IpAddr]) -> Result<(), AddressRefused>;
}

/// Why a client does not connect to a host. It is found among the sources of the client's error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct AddressRefused(pub(crate) String);

impl AddressRefused {
    /// The refusal that a request failed with, if that is why it failed.
    pub(crate) fn find(error: &reqwest::Error) -> Option<&Self> {
        let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
        while let Some(error) = next {
            if let Some(refused) = error.downcast_ref() {
                return Some(refused);
            }
            next = error.source();
        }
        None
    }
}

/// The resolver of a client: it resolves a name once for each connection, and returns the checked addresses.
pub(super) struct Resolver {
    pub(super) lookup: Arc<dyn NameLookup>,
    pub(super) check: Option<Arc<dyn AddressCheck>>,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (lookup, check) = (Arc::clone(&self.lookup), self.check.clone());
        Box::pin(async move {
            let addresses = lookup.addresses(name.as_str()).await?;
            if let Some(check) = check {
                check.check(name.as_str(), &addresses)?;
            }
            // The client puts the port of the URL in place of 0.
            let addresses = addresses.into_iter().map(|ip| SocketAddr::new(ip, 0));
            Ok(Box::new(addresses) as Addrs)
        })
    }
}
