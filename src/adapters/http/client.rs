//! The HTTP clients: their root certificates, time limits and name resolution.

use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Once};
use std::time::Duration;

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::{Certificate, Client, ClientBuilder, Method, Url, redirect};

use super::describe::describe;
use super::dns::{AddressCheck, NameLookup, Resolver, SystemLookup};
use super::pending::{RequestUnderWay, RequestsUnderWay};
use crate::domain::PROGRAM_VERSION;
use crate::protocol::PendingRequests;

/// Sent with every request; GitHub refuses requests without it.
fn user_agent() -> String {
    let page = env!("CARGO_PKG_REPOSITORY");
    format!("btp-release/{PROGRAM_VERSION} (+{page})")
}

/// The settings that depend on the environment.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// PEM certificates to trust in addition to Mozilla's, such as those of a company's proxy: the content of the file
    /// that `SSL_CERT_FILE` names.
    pub extra_roots: Option<Vec<u8>>,
    /// Limit for setting up a connection, TLS included.
    pub connect_timeout: Duration,
    /// Limit for the next bytes of an answer.
    pub idle_timeout: Duration,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            extra_roots: None,
            connect_timeout: Duration::from_secs(15),
            idle_timeout: Duration::from_mins(1),
        }
    }
}

/// Why the client cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    #[error("the additional certificates hold no PEM certificate")]
    NoCertificate,
    #[error("cannot use the root certificates: {0}")]
    Certificate(String),
    #[error("cannot set up HTTP: {0}")]
    Setup(String),
}

/// The HTTP clients of a process. Clones share their connections.
///
/// No client follows redirects by itself: the caller decides where credentials are sent. Proxies are taken from
/// `HTTPS_PROXY` and similar variables.
#[derive(Clone, Debug)]
pub struct Http {
    answers: Client,
    transfers: Client,
    base: Arc<Base>,
    under_way: RequestsUnderWay,
}

/// The common settings of all clients.
#[derive(Debug)]
struct Base {
    roots: Vec<Certificate>,
    connect_timeout: Duration,
    idle_timeout: Duration,
    lookup: Arc<dyn NameLookup>,
    /// Names the proxy in messages. The clients read the same variables by themselves.
    proxies: Matcher,
}

impl Http {
    /// # Errors
    ///
    /// When the additional certificates cannot be used.
    pub fn new(settings: &HttpSettings) -> Result<Self, HttpError> {
        Self::with_lookup(settings, Arc::new(SystemLookup))
    }

    /// The same, with another name resolver.
    ///
    /// # Errors
    ///
    /// When the additional certificates cannot be used.
    pub fn with_lookup(
        settings: &HttpSettings,
        lookup: Arc<dyn NameLookup>,
    ) -> Result<Self, HttpError> {
        install_crypto();
        let base = Base {
            roots: roots(settings.extra_roots.as_deref())?,
            connect_timeout: settings.connect_timeout,
            idle_timeout: settings.idle_timeout,
            lookup,
            proxies: Matcher::from_env(),
        };
        Ok(Self {
            answers: build(base.builder(None).read_timeout(base.idle_timeout))?,
            transfers: build(base.builder(None))?,
            base: Arc::new(base),
            under_way: RequestsUnderWay::default(),
        })
    }

    /// For everything but large bodies: a request fails when its answer, or the next part of it, does not come in time.
    pub fn answers(&self) -> &Client {
        &self.answers
    }

    /// For bodies of any size in both directions. It limits nothing but connecting, since reqwest would count the time that the
    /// body takes as time without an answer; the caller has to watch the progress.
    ///
    /// One body at a time is on a connection. HTTP/2, which is not compiled in, would hold back what is not read yet in this process,
    /// up to its window, and a far server until the window is open again; here the operating system does both.
    pub fn transfers(&self) -> &Client {
        &self.transfers
    }

    /// A client of its own that connects only to addresses that pass the check. IP addresses in a URL are not resolved,
    /// and therefore not checked here.
    pub(crate) fn checked(&self, check: Arc<dyn AddressCheck>) -> Result<Client, HttpError> {
        let builder = self.base.builder(Some(check));
        build(builder.read_timeout(self.base.idle_timeout))
    }

    /// Counts a request as pending until what this answers is dropped: when all of its answer was read.
    pub(crate) fn begin(&self, method: &Method, url: &Url) -> RequestUnderWay {
        self.under_way.begin(method, url)
    }

    /// The address of the proxy that a request to the URL goes through, without its password.
    pub(super) fn proxy_to(&self, url: &Url) -> Option<String> {
        let proxy = self.base.proxies.intercept(&url.as_str().parse().ok()?)?;
        Some(proxy.uri().to_string().trim_end_matches('/').to_owned())
    }

    /// All addresses of a name.
    pub(crate) async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        self.base.lookup.addresses(name).await
    }
}

impl PendingRequests for Http {
    fn pending(&self) -> Vec<String> {
        self.under_way.names()
    }
}

impl Base {
    fn builder(&self, check: Option<Arc<dyn AddressCheck>>) -> ClientBuilder {
        let lookup = Arc::clone(&self.lookup);
        Client::builder()
            .user_agent(user_agent())
            .tls_certs_only(self.roots.iter().cloned())
            .redirect(redirect::Policy::none())
            .connect_timeout(self.connect_timeout)
            .dns_resolver(Resolver { lookup, check })
    }
}

fn build(builder: ClientBuilder) -> Result<Client, HttpError> {
    builder
        .build()
        .map_err(|error| HttpError::Setup(describe(&error)))
}

/// Building a client panics without a crypto provider. One that the process has chosen before is kept.
fn install_crypto() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// Mozilla's roots are compiled in, since the action's image contains only the binary.
fn roots(extra: Option<&[u8]>) -> Result<Vec<Certificate>, HttpError> {
    let unusable = |error: reqwest::Error| HttpError::Certificate(describe(&error));
    let mut roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS
        .iter()
        .map(|der| Certificate::from_der(der))
        .collect::<Result<Vec<_>, _>>()
        .map_err(unusable)?;
    if let Some(pem) = extra {
        let extra = Certificate::from_pem_bundle(pem).map_err(unusable)?;
        if extra.is_empty() {
            return Err(HttpError::NoCertificate);
        }
        roots.extend(extra);
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extra_roots_are_checked_when_the_client_is_built() {
        let with = |pem: &str| {
            Http::new(&HttpSettings {
                extra_roots: Some(pem.as_bytes().to_vec()),
                ..HttpSettings::default()
            })
        };
        assert!(matches!(with(""), Err(HttpError::NoCertificate)));
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(with(broken).is_err());
        assert!(Http::new(&HttpSettings::default()).is_ok());
    }
}
