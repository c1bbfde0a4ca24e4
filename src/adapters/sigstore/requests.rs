//! Requests to an issuer of identities, an authority, a log: bounded, never redirected, repeated where that is safe.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Response, Url};

use crate::adapters::http::{Http, Random, Retry, RetryPolicy, excerpt_of_body, retry_after};
use crate::domain::urls::{is_secure, shown};
use crate::protocol::{Cause, Clock};

/// The most bytes of an answer.
const MOST_BYTES: usize = 1 << 20;
pub(super) const POLICY: RetryPolicy = RetryPolicy {
    attempts: 4,
    patience: Duration::from_mins(1),
};
pub(super) const JSON: &str = "application/json";

/// Sends requests to the services that signing needs.
#[derive(Clone)]
pub(super) struct Requests {
    pub(super) http: Http,
    pub(super) clock: Arc<dyn Clock>,
}

/// One request.
pub(super) struct SigstoreRequest<'a> {
    pub(super) method: Method,
    pub(super) url: &'a Url,
    /// Its media type and bytes.
    pub(super) body: Option<(&'static str, Bytes)>,
    pub(super) authorization: Option<HeaderValue>,
}

/// A request without a usable answer.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) cause: Cause,
    /// Whether another attempt could have an answer.
    pub(super) passing: bool,
    /// How long the service asked to wait.
    pub(super) asked: Option<Duration>,
}

impl Failed {
    pub(super) fn lasting(cause: Cause) -> Self {
        Self {
            cause,
            passing: false,
            asked: None,
        }
    }
}

impl Requests {
    /// The body of a successful answer, after as many attempts as [`POLICY`] allows. Only for what can be asked twice.
    pub(super) async fn repeat(&self, asked: &SigstoreRequest<'_>) -> Result<Bytes, Cause> {
        let mut retry = Retry::new(POLICY, self.clock.now(), Random::unseeded());
        loop {
            match self.once(asked).await {
                Ok(body) => return Ok(body),
                Err(failed) => self.wait(&mut retry, failed).await?,
            }
        }
    }

    /// Waits until another attempt may be made.
    ///
    /// # Errors
    ///
    /// With the cause, where there is no other attempt.
    pub(super) async fn wait(&self, retry: &mut Retry, failed: Failed) -> Result<(), Cause> {
        if !failed.passing {
            return Err(failed.cause);
        }
        let Some(wait) = retry.failed_at(self.clock.now(), failed.asked) else {
            return Err(failed.cause);
        };
        tracing::info!("trying again in {wait:.1?}: {}", failed.cause);
        self.clock.sleep_until(self.clock.now().plus(wait)).await;
        Ok(())
    }

    /// The body of a successful answer to one request.
    pub(super) async fn once(&self, asked: &SigstoreRequest<'_>) -> Result<Bytes, Failed> {
        let url = asked.url;
        if !is_secure(url) {
            let detail = format!("{} is not reached by HTTPS", shown(url));
            return Err(Failed::lasting(Cause::Broken { detail }));
        }
        let _under_way = self.http.begin(&asked.method, url);
        let mut request = self
            .http
            .answers()
            .request(asked.method.clone(), url.clone());
        request = request.header(ACCEPT, "*/*");
        if let Some((media_type, body)) = &asked.body {
            request = request.header(CONTENT_TYPE, *media_type).body(body.clone());
        }
        if let Some(authorization) = &asked.authorization {
            request = request.header(AUTHORIZATION, authorization.clone());
        }
        let no_answer = |error: reqwest::Error| {
            let cause = self.http.no_answer(url, &error);
            Failed {
                passing: matches!(cause, Cause::Unknown { .. }),
                cause,
                asked: None,
            }
        };
        let response = request.send().await.map_err(no_answer)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = body_of(response).await.map_err(no_answer)?;
        let Some(body) = body else {
            let detail = format!(
                "the answer of {} has more than {MOST_BYTES} bytes",
                shown(url)
            );
            return Err(Failed::lasting(Cause::Broken { detail }));
        };
        if status.is_success() {
            return Ok(body);
        }
        let asked = retry_after(&headers, self.clock.wall());
        let said = excerpt_of_body(&body).unwrap_or_default();
        let message = format!("{} answered {status}: {said}", shown(url));
        Err(failed(status.as_u16(), message, asked))
    }
}

/// What an answer without success means.
fn failed(status: u16, message: String, asked: Option<Duration>) -> Failed {
    let passing = status == 408 || status == 429 || status >= 500;
    let cause = match status {
        429 => Cause::Limited { detail: message },
        408 | 500.. => Cause::Unknown { detail: message },
        409 => Cause::Conflict {
            status,
            message,
            request_id: None,
        },
        401 | 403 => Cause::Denied {
            status,
            message,
            accepted: None,
            help: "let the job that signs have `permissions: id-token: write`".into(),
            request_id: None,
        },
        _ => Cause::Refused {
            status,
            message,
            request_id: None,
        },
    };
    Failed {
        cause,
        passing,
        asked,
    }
}

/// `None` for a body that is too large.
async fn body_of(mut response: Response) -> Result<Option<Bytes>, reqwest::Error> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MOST_BYTES {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body.freeze()))
}
