//! GitHub's OIDC provider as a workflow job sees it, and as those do who check its tokens.
//! <https://docs.github.com/en/actions/concepts/security/openid-connect>

mod job;
mod tokens;

pub use job::{ISSUER, Job};
pub use tokens::TrustedIssuer;

use crate::clock::ServerClock;
use crate::faults::{Fault, Faults};
use crate::fields;
use crate::log::{EventLog, Service};
use crate::server::{self, Backend, Dropped, ServerThread, Shared};
use crate::sync::lock;
use crate::text::stable_hex;
use crate::transport::{HttpRequest, Reply};
use http::Method;
use http::header::RETRY_AFTER;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};
use tokens::IssuerKey;

const CONTROL: &str = "/_stand-in/jobs/";

/// How an issuer behaves.
#[derive(Clone, Debug)]
pub struct OidcOptions {
    pub clock: ServerClock,
    /// What tokens name as their issuer. It need not be where the server is: discovery is then led here by a proxy.
    pub issuer: String,
    /// 0 takes a free port.
    pub port: u16,
    /// Whether `PUT` and `DELETE /_stand-in/jobs/SECRET` are served, for scripts.
    pub control: bool,
}

impl Default for OidcOptions {
    fn default() -> OidcOptions {
        OidcOptions {
            clock: ServerClock::default(),
            issuer: ISSUER.to_owned(),
            port: 0,
            control: false,
        }
    }
}

/// A running issuer on loopback. It stops when dropped.
///
/// As at GitHub, a job may ask for any audience: it is for the receiver of a token to refuse another than its own.
#[derive(Debug)]
pub struct OidcServer {
    state: Arc<OidcState>,
    _running: ServerThread,
}

#[derive(Debug)]
struct OidcState {
    shared: Shared,
    key: IssuerKey,
    issuer: String,
    url: String,
    control: bool,
    /// By the secret with which the runner of a job asks for tokens.
    jobs: Mutex<BTreeMap<String, Job>>,
}

impl OidcServer {
    /// Serves from now on.
    ///
    /// # Errors
    ///
    /// The port is taken, or no thread can be started.
    #[expect(clippy::unused_async, reason = "room for a start that has to wait")]
    pub async fn start(options: OidcOptions) -> io::Result<OidcServer> {
        let (listener, address) = server::bind(options.port)?;
        let state = Arc::new(OidcState {
            shared: Shared {
                clock: options.clock,
                ..Shared::default()
            },
            key: IssuerKey::load()?,
            issuer: options.issuer,
            url: format!("http://{address}"),
            control: options.control,
            jobs: Mutex::default(),
        });
        let running = server::run(Arc::clone(&state), vec![(listener, Service::Oidc)])?;
        Ok(OidcServer {
            state,
            _running: running,
        })
    }

    /// Where the server is: what `https://token.actions.githubusercontent.com` is.
    pub fn url(&self) -> String {
        self.state.url.clone()
    }

    /// A job with `id-token: write`, and the secret of its runner (`ACTIONS_ID_TOKEN_REQUEST_TOKEN`).
    /// Returns its `ACTIONS_ID_TOKEN_REQUEST_URL`, to which a client adds `&audience=…`.
    pub fn job(&self, secret: &str, job: Job) -> String {
        lock(&self.state.jobs).insert(secret.to_owned(), job);
        self.state.request_url(secret)
    }

    /// Ends a job: its secret is good for nothing from now on.
    pub fn end_job(&self, secret: &str) {
        lock(&self.state.jobs).remove(secret);
    }

    /// A token as the job with these claims would get it now, without a request.
    ///
    /// # Errors
    ///
    /// The key cannot sign.
    pub fn token(&self, job: &Job, audience: &str) -> io::Result<String> {
        let now = self.state.shared.clock.unix();
        let claims = job.claims_at(&self.state.issuer, audience, now);
        self.state.key.token(&claims)
    }

    /// For those who are to accept its tokens.
    pub fn trusted(&self) -> TrustedIssuer {
        TrustedIssuer {
            issuer: self.state.issuer.clone(),
            keys: self.state.key.published(),
        }
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

impl OidcState {
    fn request_url(&self, secret: &str) -> String {
        format!("{}{}?api-version=2.0", self.url, request_path(secret))
    }

    fn answer(&self, request: &HttpRequest) -> Reply {
        let issuer = &self.issuer;
        match (&request.method, request.path.as_str()) {
            (&Method::GET, "/.well-known/openid-configuration") => Reply::json(
                200,
                &json!({
                    "issuer": issuer,
                    "jwks_uri": format!("{issuer}/.well-known/jwks"),
                    "subject_types_supported": ["public", "pairwise"],
                    "response_types_supported": ["id_token"],
                    "claims_supported": ["sub", "aud", "exp", "iat", "iss", "jti", "nbf", "ref", "repository"],
                    "id_token_signing_alg_values_supported": ["RS256"],
                    "scopes_supported": ["openid"],
                }),
            ),
            (&Method::GET, "/.well-known/jwks") => Reply::json(200, &self.key.published()),
            (&Method::GET, path) if path.starts_with("/idtoken/") => self.id_token(request),
            _ => refusal(404, "Not Found"),
        }
    }

    fn id_token(&self, request: &HttpRequest) -> Reply {
        let unauthorized = || refusal(401, "The token is not valid for this job.");
        let Some(("bearer", secret)) = request
            .credentials()
            .as_ref()
            .map(|(scheme, secret)| (scheme.as_str(), *secret))
        else {
            return unauthorized();
        };
        let Some(job) = lock(&self.jobs).get(secret).cloned() else {
            return unauthorized();
        };
        if request.path != request_path(secret) {
            return unauthorized();
        }
        let audience = request.param("audience").filter(|name| !name.is_empty());
        let audience = audience.unwrap_or_else(|| job.usual_audience());
        let claims = job.claims_at(&self.issuer, &audience, self.shared.clock.unix());
        match self.key.token(&claims) {
            Ok(token) => Reply::json(200, &json!({ "count": token.len(), "value": token })),
            Err(error) => refusal(500, &error.to_string()),
        }
    }
}

fn request_path(secret: &str) -> String {
    format!("/idtoken/{}", stable_hex(secret, 32))
}

fn refusal(status: u16, message: &str) -> Reply {
    let mut body = json!({ "$id": "1", "innerException": null, "message": message });
    fields::set(&mut body, "eventId", 3000);
    fields::set(&mut body, "errorCode", Value::from(0));
    Reply::json(status, &body)
}

impl Backend for OidcState {
    fn shared(&self) -> &Shared {
        &self.shared
    }

    fn is_control(&self, request: &HttpRequest) -> bool {
        self.control && request.path.starts_with(CONTROL)
    }

    /// The body of a `PUT` is a [`Job`], of which fields may be left out; the answer has its request URL.
    fn control(&self, request: &HttpRequest, body: &[u8]) -> Reply {
        let secret = request.path.strip_prefix(CONTROL).unwrap_or_default();
        match (&request.method, serde_json::from_slice::<Job>(body)) {
            (&Method::PUT, Ok(job)) => {
                lock(&self.jobs).insert(secret.to_owned(), job);
                Reply::json(200, &json!({ "url": self.request_url(secret) }))
            }
            (&Method::PUT, Err(error)) => refusal(400, &error.to_string()),
            (&Method::DELETE, _) => {
                lock(&self.jobs).remove(secret);
                Reply::status(204)
            }
            _ => Reply::status(404),
        }
    }

    async fn serve(
        &self,
        request: &HttpRequest,
        body: Incoming,
        _faults: &[Fault],
    ) -> Result<Reply, Dropped> {
        body.collect().await.map_err(|_| Dropped)?;
        Ok(self.answer(request))
    }

    fn fault_reply(&self, _: &HttpRequest, fault: &Fault) -> Option<Reply> {
        match fault {
            Fault::Status(status) | Fault::StatusAfter(status) => {
                Some(refusal(*status, "The service failed."))
            }
            Fault::TooManyRequests { retry_after } => {
                let reply = refusal(429, "Too many requests.");
                Some(match retry_after {
                    Some(wait) => reply.with(RETRY_AFTER, wait.as_secs().to_string()),
                    None => reply,
                })
            }
            _ => None,
        }
    }
}
