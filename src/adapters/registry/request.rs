//! Requests to a registry: their addresses, their bodies, and the rights that they need.

use reqwest::header::{ACCEPT, CONTENT_LENGTH, HeaderMap, HeaderValue, LOCATION};
use reqwest::{Method, Response, Url};
use tokio::fs::File;

use super::credential::DOCKER_HUB_API;
use super::failure::RequestFailure;
use crate::adapters::http::{UploadProgress, file_body};
use crate::domain::urls::is_secure;
use crate::domain::{Digest, ImageRepository};
use crate::protocol::BlobSource;

/// What a request does to a repository, in the terms of a token's scope.
#[derive(Clone, Debug)]
pub(super) enum RepositoryAccess {
    Pull,
    Push {
        /// Mounting a blob needs the right to read the repository that it comes from.
        mount_from: Option<ImageRepository>,
    },
}

impl RepositoryAccess {
    pub(super) fn push() -> Self {
        Self::Push { mount_from: None }
    }

    /// [Token scope documentation](https://distribution.github.io/distribution/spec/auth/scope/).
    pub(super) fn scopes(&self, repository: &ImageRepository) -> Vec<String> {
        let scope = |at: &ImageRepository, actions| format!("repository:{}:{actions}", at.path());
        match self {
            Self::Pull => vec![scope(repository, "pull")],
            Self::Push { mount_from } => std::iter::once(scope(repository, "pull,push"))
                .chain(mount_from.iter().map(|from| scope(from, "pull")))
                .collect(),
        }
    }
}

/// A request that can be sent more than once: with a token after it was refused without one, or as a retry.
pub(super) struct RegistryRequest<'a> {
    pub(super) repository: &'a ImageRepository,
    pub(super) access: RepositoryAccess,
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) payload: Option<Payload<'a>>,
}

impl<'a> RegistryRequest<'a> {
    pub(super) fn read(method: Method, repository: &'a ImageRepository, url: Url) -> Self {
        Self {
            repository,
            access: RepositoryAccess::Pull,
            method,
            url,
            headers: HeaderMap::new(),
            payload: None,
        }
    }

    pub(super) fn write(
        method: Method,
        repository: &'a ImageRepository,
        url: Url,
        payload: Option<Payload<'a>>,
    ) -> Self {
        Self {
            access: RepositoryAccess::push(),
            payload,
            ..Self::read(method, repository, url)
        }
    }

    pub(super) fn accepting(mut self, types: HeaderValue) -> Self {
        self.headers.insert(ACCEPT, types);
        self
    }

    /// Whether it only reads, so that its redirects are followed.
    pub(super) fn is_read(&self) -> bool {
        self.method == Method::GET || self.method == Method::HEAD
    }
}

/// The body of a write.
pub(super) struct Payload<'a> {
    pub(super) source: &'a BlobSource,
    pub(super) size: u64,
    pub(super) media_type: &'a str,
}

impl Payload<'_> {
    /// The body, read from its source once more. `progress` counts the bytes of a file as they are sent.
    pub(super) async fn open(
        &self,
        progress: &UploadProgress,
    ) -> Result<reqwest::Body, RequestFailure> {
        match self.source {
            BlobSource::Memory(bytes) => {
                self.expect_size(bytes.len() as u64)?;
                Ok(bytes.clone().into())
            }
            BlobSource::File(path) => {
                let unread = |e| RequestFailure::broken(format!("read {}: {e}", path.display()));
                let file = File::open(path).await.map_err(unread)?;
                self.expect_size(file.metadata().await.map_err(unread)?.len())?;
                Ok(file_body(file, self.size, progress))
            }
        }
    }

    fn expect_size(&self, seen: u64) -> Result<(), RequestFailure> {
        if seen == self.size {
            return Ok(());
        }
        Err(RequestFailure::broken(format!(
            "has {seen} bytes, not {}",
            self.size
        )))
    }
}

/// The base URL of a registry's API: `https://HOST/v2/`, and HTTP for a registry on this machine.
pub(super) fn base(repository: &ImageRepository) -> Result<Url, RequestFailure> {
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
        .map_err(|e| RequestFailure::broken(format!("{host:?} is not a host: {e}")))
}

/// The URL `/v2/<name>/<rest>` of the specification.
pub(super) fn endpoint(repository: &ImageRepository, rest: &str) -> Result<Url, RequestFailure> {
    base(repository)?
        .join(&format!("{}/{rest}", repository.path()))
        .map_err(|e| RequestFailure::broken(format!("{rest:?} makes no address: {e}")))
}

/// The `Location` of an answer, absolute or relative to the URL of the request.
pub(super) fn location(response: &Response) -> Option<Url> {
    let text = response.headers().get(LOCATION)?.to_str().ok()?;
    response.url().join(text).ok()
}

/// Refuses to follow a registry from HTTPS to HTTP. Only a registry on this machine may stay on HTTP.
pub(super) fn secured(next: Url, registry: &Url) -> Result<Url, RequestFailure> {
    if is_secure(&next) && (next.scheme() == "https" || registry.scheme() == "http") {
        return Ok(next);
    }
    let at = next.host_str().unwrap_or_default();
    Err(RequestFailure::broken(format!(
        "sent on to {at} without HTTPS"
    )))
}

/// `Content-Length` as the header says it: the client's own idea of the length is that of the body, which a HEAD has not.
pub(super) fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// `Docker-Content-Digest`, where it is a digest that can be compared.
pub(super) fn digest_header(headers: &HeaderMap) -> Option<Digest> {
    headers
        .get("docker-content-digest")?
        .to_str()
        .ok()?
        .parse()
        .ok()
}
