//! One request to a registry: its address, its credentials, its redirects, and how long an answer may take.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION,
};
use reqwest::{Method, Response, StatusCode, Url};

use super::auth::Keyring;
use super::credentials::{Credentials, DOCKER_HUB_API};
use super::failure::{Failure, Refusal};
use crate::adapters::http::{Http, is_private, same_origin};
use crate::domain::Repository;
use crate::protocol::{BlobSource, Clock};

/// How long a registry may be silent: before it answers, or between two pieces of a body.
const SILENCE: Duration = Duration::from_secs(30);
/// How long it may be silent while it takes in an upload, which it hashes and moves before it answers.
const UPLOAD_SILENCE: Duration = Duration::from_mins(5);
const REDIRECTS: usize = 5;
const ERROR_BODY: u64 = 16 << 10;

pub(super) struct Wire {
    pub(super) http: Http,
    pub(super) credentials: Credentials,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) keyring: Keyring,
}

/// What a request does to a repository, in the words of a token's scope.
#[derive(Clone, Debug)]
pub(super) enum Access {
    Pull,
    Push { mount_from: Option<Repository> },
}

impl Access {
    pub(super) fn push() -> Self {
        Self::Push { mount_from: None }
    }

    pub(super) fn scopes(&self, repository: &Repository) -> Vec<String> {
        let scope = |at: &Repository, actions| format!("repository:{}:{actions}", at.path());
        match self {
            Self::Pull => vec![scope(repository, "pull")],
            Self::Push { mount_from } => std::iter::once(scope(repository, "pull,push"))
                .chain(mount_from.iter().map(|from| scope(from, "pull")))
                .collect(),
        }
    }
}

/// A request that can be sent more than once: to answer a challenge, or to be tried again.
pub(super) struct Call<'a> {
    pub(super) repository: &'a Repository,
    pub(super) access: Access,
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Body<'a>>,
}

pub(super) struct Body<'a> {
    pub(super) bytes: &'a BlobSource,
    pub(super) size: u64,
    pub(super) media_type: &'a str,
}

impl<'a> Call<'a> {
    pub(super) fn read(method: Method, repository: &'a Repository, url: Url) -> Self {
        Self {
            repository,
            access: Access::Pull,
            method,
            url,
            headers: HeaderMap::new(),
            body: None,
        }
    }

    pub(super) fn accepting(mut self, types: &'static str) -> Self {
        self.headers.insert(ACCEPT, HeaderValue::from_static(types));
        self
    }
}

/// The start of a registry's addresses.
pub(super) fn base(repository: &Repository) -> Result<Url, Failure> {
    let scheme = if repository.is_loopback() {
        "http"
    } else {
        "https"
    };
    let host = match repository.registry() {
        "docker.io" | "index.docker.io" => DOCKER_HUB_API,
        host => host,
    };
    format!("{scheme}://{host}/v2/")
        .parse()
        .map_err(|e| Failure::broken(format!("{host:?} is not a host: {e}")))
}

/// `/v2/<name>/<rest>` of the specification.
pub(super) fn endpoint(repository: &Repository, rest: &str) -> Result<Url, Failure> {
    base(repository)?
        .join(&format!("{}/{rest}", repository.path()))
        .map_err(|e| Failure::broken(format!("{rest:?} makes no address: {e}")))
}

impl Wire {
    pub(super) fn new(http: Http, credentials: Credentials, clock: Arc<dyn Clock>) -> Self {
        Self {
            http,
            credentials,
            clock,
            keyring: Keyring::default(),
        }
    }

    /// Sends a request once; once more where a 401 can be answered. Any status that is then left is the caller's.
    pub(super) async fn send(&self, call: &Call<'_>) -> Result<Response, Failure> {
        let key = self.known_key(call.repository, &call.access).await?;
        let response = self.follow(call, key.as_ref()).await?;
        if response.status() != StatusCode::UNAUTHORIZED
            || !same_origin(response.url(), &base(call.repository)?)
        {
            return Ok(response);
        }
        let better = self
            .answer_challenge(
                call.repository,
                &call.access,
                response.headers(),
                key.as_ref(),
            )
            .await?;
        match better {
            Some(key) => self.follow(call, Some(&key)).await,
            None => Ok(response),
        }
    }

    /// Follows redirects of reads. Credentials are for the registry's own origin only: a blob's store signs its URLs and may
    /// refuse what carries both.
    async fn follow(
        &self,
        call: &Call<'_>,
        key: Option<&HeaderValue>,
    ) -> Result<Response, Failure> {
        let home = base(call.repository)?;
        let mut url = call.url.clone();
        for _ in 0..=REDIRECTS {
            let at_home = same_origin(&url, &home);
            let response = self
                .once(call, url.clone(), key.filter(|_| at_home))
                .await?;
            let read = call.method == Method::GET || call.method == Method::HEAD;
            if !read || !response.status().is_redirection() {
                return Ok(response);
            }
            let next = location(&response).ok_or_else(|| {
                Failure::broken(format!("{} without a Location", response.status()))
            })?;
            url = encrypted(next, &home)?;
        }
        Err(Failure::broken(format!(
            "{} redirects more than {REDIRECTS} times",
            call.repository.registry()
        )))
    }

    async fn once(
        &self,
        call: &Call<'_>,
        url: Url,
        key: Option<&HeaderValue>,
    ) -> Result<Response, Failure> {
        // Silence is watched here, so that a slow upload is not taken for one.
        let http = self.http.uploads();
        let mut request = http
            .request(call.method.clone(), url)
            .headers(call.headers.clone());
        if let Some(key) = key {
            request = request.header(AUTHORIZATION, key);
        }
        let Some(body) = &call.body else {
            return self.answer(request.send(), None).await;
        };
        let pulse = Arc::new(AtomicU64::new(0));
        let payload = super::push::payload(body, &pulse).await?;
        let request = request
            .header(CONTENT_TYPE, body.media_type)
            .header(CONTENT_LENGTH, body.size)
            .body(payload);
        self.answer(request.send(), Some(&pulse)).await
    }

    /// Waits for an answer's head. As long as the `pulse` of an upload moves, the registry is taking in bytes.
    pub(super) async fn answer(
        &self,
        sending: impl Future<Output = Result<Response, reqwest::Error>>,
        pulse: Option<&AtomicU64>,
    ) -> Result<Response, Failure> {
        let allowed = if pulse.is_some() {
            UPLOAD_SILENCE
        } else {
            SILENCE
        };
        let beats = || pulse.map_or(0, |pulse| pulse.load(Ordering::Relaxed));
        tokio::pin!(sending);
        loop {
            let before = beats();
            tokio::select! {
                answer = &mut sending => return answer.map_err(|e| Failure::transport(&e)),
                () = self.clock.sleep_until(self.clock.now().plus(allowed)) => {}
            }
            if beats() == before {
                return Err(silence(allowed));
            }
        }
    }

    /// The next piece of a body; `None` at its end.
    pub(super) async fn chunk(&self, response: &mut Response) -> Result<Option<Bytes>, Failure> {
        tokio::select! {
            chunk = response.chunk() => chunk.map_err(|e| Failure::transport(&e)),
            () = self.clock.sleep_until(self.clock.now().plus(SILENCE)) => Err(silence(SILENCE)),
        }
    }

    /// A whole body, refused beyond `limit` bytes.
    pub(super) async fn body(&self, mut response: Response, limit: u64) -> Result<Bytes, Failure> {
        let mut body = BytesMut::new();
        while let Some(chunk) = self.chunk(&mut response).await? {
            if (body.len() + chunk.len()) as u64 > limit {
                return Err(Failure::broken(format!("larger than {limit} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }

    /// An answer that is not the one hoped for, with its words as far as they come.
    pub(super) async fn refusal(&self, response: Response) -> Refusal {
        let (status, headers) = (response.status(), response.headers().clone());
        let body = self.body(response, ERROR_BODY).await.unwrap_or_default();
        Refusal::new(status, &headers, &body, &*self.clock)
    }

    pub(super) async fn refused(&self, repository: &Repository, response: Response) -> Failure {
        let whom = self.credentials.whom(repository.registry());
        self.refusal(response).await.sort(&whom)
    }
}

fn silence(allowed: Duration) -> Failure {
    Failure::passing(format!("silent for {} s", allowed.as_secs()))
}

/// Refuses an address that would leave HTTPS: only a registry on this machine may stay here without it.
pub(super) fn encrypted(next: Url, home: &Url) -> Result<Url, Failure> {
    if is_private(&next) && (next.scheme() == "https" || home.scheme() == "http") {
        return Ok(next);
    }
    let at = next.host_str().unwrap_or_default();
    Err(Failure::broken(format!("sent on to {at} without HTTPS")))
}

/// Where an answer points to, absolute or relative to what was asked.
pub(super) fn location(response: &Response) -> Option<Url> {
    let text = response.headers().get(LOCATION)?.to_str().ok()?;
    response.url().join(text).ok()
}
