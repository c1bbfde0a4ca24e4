//! How this program speaks HTTP: one policy for roots, time limits, redirects and plain text, whoever is spoken to.

use std::error::Error as StdError;
use std::net::IpAddr;
use std::sync::Once;
use std::time::Duration;

use reqwest::{Certificate, Client, ClientBuilder, redirect};
use url::{Host, Url};

/// Who is asking. GitHub refuses requests without it.
const USER_AGENT: &str = concat!(
    "btp-release/",
    env!("CARGO_PKG_VERSION"),
    " (+",
    env!("CARGO_PKG_REPOSITORY"),
    ")"
);

#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// PEM certificates to trust besides Mozilla's, such as those of a company's own proxy: the bytes of the file that
    /// `SSL_CERT_FILE` names.
    pub extra_roots: Option<Vec<u8>>,
    /// For a connection to stand, TLS included.
    pub connect_timeout: Duration,
    /// For the next bytes of an answer to come.
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

#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    #[error("the additional certificates hold no PEM certificate")]
    NoCertificate,
    #[error("cannot use the root certificates: {0}")]
    Certificate(String),
    #[error("cannot set up HTTP: {0}")]
    Setup(String),
}

/// The clients of one process. Cheap to clone; clones share their connections.
///
/// Neither follows a redirect by itself: who sends credentials decides where they go. Proxies are taken from `HTTPS_PROXY`
/// and its like.
#[derive(Clone, Debug)]
pub struct Http {
    answers: Client,
    uploads: Client,
}

impl Http {
    pub fn new(settings: &HttpSettings) -> Result<Self, HttpError> {
        install_crypto();
        let roots = roots(settings.extra_roots.as_deref())?;
        let builder = || -> ClientBuilder {
            Client::builder()
                .user_agent(USER_AGENT)
                .tls_certs_only(roots.iter().cloned())
                .redirect(redirect::Policy::none())
                .connect_timeout(settings.connect_timeout)
        };
        let setup = |error: reqwest::Error| HttpError::Setup(describe(&error));
        Ok(Self {
            answers: builder()
                .read_timeout(settings.idle_timeout)
                .build()
                .map_err(setup)?,
            uploads: builder().build().map_err(setup)?,
        })
    }

    /// For everything but uploads: gives up when an answer, or the next part of it, does not come in time.
    pub fn answers(&self) -> &Client {
        &self.answers
    }

    /// For requests with a large body. It sets no limit but that for connecting, since reqwest would count the time that
    /// the body takes as time without an answer; whoever uses it watches the progress.
    pub fn uploads(&self) -> &Client {
        &self.uploads
    }
}

/// Without a provider, building a client panics; an earlier choice of the process is kept.
fn install_crypto() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// Mozilla's roots are compiled in, since the action's image holds nothing but the binary.
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

/// Whether a URL may be spoken to at all: encrypted, or without leaving this machine.
pub(crate) fn is_private(url: &Url) -> bool {
    match url.scheme() {
        "https" => url.has_host(),
        "http" => is_loopback(url),
        _ => false,
    }
}

/// Whether a URL leads to this machine. `localhost` is taken at its word ([RFC 6761, section 6.3]).
///
/// [RFC 6761, section 6.3]: https://www.rfc-editor.org/rfc/rfc6761#section-6.3
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}

/// Whether credentials for one URL are credentials for the other.
pub(crate) fn same_origin(one: &Url, other: &Url) -> bool {
    one.scheme() == other.scheme()
        && one.host() == other.host()
        && one.port_or_known_default() == other.port_or_known_default()
}

/// What went wrong, from the outermost words to the innermost, without the URL: it may be a signed one.
pub(crate) fn describe(error: &(dyn StdError + 'static)) -> String {
    let mut cause = error;
    // What wraps an error of reqwest says nothing that reqwest does not.
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<reqwest::Error>() {
            cause = error;
        }
        next = error.source();
    }
    let mut words = match cause.downcast_ref::<reqwest::Error>() {
        Some(error) if error.is_connect() => "cannot connect".to_owned(),
        Some(error) if error.is_timeout() => return "timed out".to_owned(),
        Some(error) if error.is_builder() => "not a request".to_owned(),
        Some(_) => "the connection broke".to_owned(),
        None => cause.to_string(),
    };
    let mut innermost = None;
    let mut next = cause.source();
    while let Some(error) = next {
        innermost = Some(error.to_string());
        next = error.source();
    }
    if let Some(innermost) = innermost.filter(|text| !words.contains(text)) {
        words.push_str(": ");
        words.push_str(&innermost);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn plain_text_stays_on_this_machine() {
        for text in [
            "https://api.github.com/",
            "http://127.0.0.1:8080/x",
            "http://127.9.9.9/",
            "http://[::1]:80/",
            "http://localhost:1/",
        ] {
            assert!(is_private(&url(text)), "{text}");
        }
        for text in [
            "http://api.github.com/",
            "http://127.0.0.1.example.com/",
            "http://10.0.0.1/",
            "http://localhost.example.com/",
            "ftp://127.0.0.1/",
            "file:///etc/passwd",
        ] {
            assert!(!is_private(&url(text)), "{text}");
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let one = url("https://api.github.com/x");
        assert!(same_origin(&one, &url("https://API.github.com:443/y")));
        for other in [
            "http://api.github.com/x",
            "https://api.github.com:8443/x",
            "https://api.github.com.evil.example/x",
            "https://github.com/x",
        ] {
            assert!(!same_origin(&one, &url(other)), "{other}");
        }
    }

    #[test]
    fn certificates_of_ones_own_are_checked_at_once() {
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

    #[tokio::test]
    async fn a_failed_request_is_told_without_its_url() {
        let http = Http::new(&HttpSettings::default()).unwrap();
        // Port 1 on loopback: nobody listens there.
        let error = http
            .answers()
            .get("http://127.0.0.1:1/secret")
            .send()
            .await
            .unwrap_err();
        let words = describe(&error);
        assert!(words.starts_with("cannot connect: "), "{words}");
        assert!(!words.contains("secret"), "{words}");
    }
}
