//! Sends requests to registries: with the token or password that they take, and along redirects.

use std::sync::Arc;

use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use reqwest::{Response, StatusCode, Url};

use super::answered::SentWith;
use super::auth::Authenticator;
use super::credentials::Credentials;
use super::failure::RequestFailure;
use super::request::{RegistryRequest, base, location, secured};
use super::transport::Transport;
use crate::adapters::http::{Http, RequestUnderWay, UploadProgress};
use crate::domain::ImageRepository;
use crate::domain::urls::same_origin;
use crate::protocol::Clock;

const REDIRECTS: usize = 5;

pub(super) struct RegistryClient {
    pub(super) transport: Arc<Transport>,
    auth: Authenticator,
}

impl RegistryClient {
    pub(super) fn new(http: Http, credentials: Credentials, clock: Arc<dyn Clock>) -> Self {
        let transport = Arc::new(Transport { http, clock });
        Self {
            auth: Authenticator::new(Arc::clone(&transport), credentials),
            transport,
        }
    }

    /// The same without any credentials and tokens.
    pub(super) fn without_credentials(&self) -> Self {
        let transport = Arc::clone(&self.transport);
        Self {
            auth: Authenticator::new(Arc::clone(&transport), Credentials::anonymous()),
            transport,
        }
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        &*self.transport.clock
    }

    /// Sends a request once, and once more where a 401 can be answered. The caller handles any status that is then left.
    pub(super) async fn send(
        &self,
        request: &RegistryRequest<'_>,
    ) -> Result<Response, RequestFailure> {
        let (repository, access) = (request.repository, &request.access);
        let known = self.auth.known(repository, access).await?;
        let response = self.follow(request, known.as_ref()).await?;
        // A 401 of another server, after a redirect, is no challenge of the registry.
        if response.status() != StatusCode::UNAUTHORIZED
            || !same_origin(response.url(), &base(repository)?)
        {
            return Ok(response);
        }
        let better = self
            .auth
            .answer_challenge(repository, access, response.headers(), known.as_ref())
            .await?;
        match better {
            Some(header) => self.follow(request, Some(&header)).await,
            None => Ok(response),
        }
    }

    /// The failure that an answer means which is not the one that was asked for.
    pub(super) async fn refused(
        &self,
        repository: &ImageRepository,
        response: Response,
    ) -> RequestFailure {
        let under_way = response.extensions().get::<Arc<RequestUnderWay>>().cloned();
        let refusal = self.transport.refusal(response).await;
        let failure = refusal.classify(repository, &self.identity_at(repository));
        failure.keeping(under_way.as_ref())
    }

    /// As whom requests to a repository are sent, for messages.
    pub(super) fn identity_at(&self, repository: &ImageRepository) -> String {
        self.auth.identity_at(repository)
    }

    /// Follows the redirects of reads. The registry's own origin alone is sent credentials: a store of blobs has signed
    /// URLs, and may refuse a request that carries both.
    async fn follow(
        &self,
        request: &RegistryRequest<'_>,
        authorization: Option<&HeaderValue>,
    ) -> Result<Response, RequestFailure> {
        let registry = base(request.repository)?;
        let mut url = request.url.clone();
        for _ in 0..=REDIRECTS {
            let at_registry = same_origin(&url, &registry);
            let authorization = authorization.filter(|_| at_registry);
            let response = self.send_once(request, url, authorization).await?;
            if !request.is_read() || !response.status().is_redirection() {
                return Ok(response);
            }
            let next = location(&response).ok_or_else(|| {
                RequestFailure::broken(format!("{} without a Location", response.status()))
            })?;
            url = secured(next, &registry)?;
        }
        Err(RequestFailure::broken(format!(
            "{} redirects more than {REDIRECTS} times",
            request.repository.registry()
        )))
    }

    async fn send_once(
        &self,
        request: &RegistryRequest<'_>,
        url: Url,
        authorization: Option<&HeaderValue>,
    ) -> Result<Response, RequestFailure> {
        // The client for blobs has no time limit of its own; the transport watches the silence.
        let http = &self.transport.http;
        let under_way = Arc::new(http.begin(&request.method, &url));
        let client = http.transfers();
        let mut builder = client
            .request(request.method.clone(), url)
            .headers(request.headers.clone());
        if let Some(authorization) = authorization {
            builder = builder.header(AUTHORIZATION, authorization);
        }
        let mut response = match &request.payload {
            None => {
                let answer = self.transport.exchange(builder.send(), None).await;
                answer.map_err(|failure| failure.keeping(Some(&under_way)))?
            }
            Some(payload) => {
                let progress = UploadProgress::default();
                let builder = builder
                    .header(CONTENT_TYPE, payload.media_type)
                    .header(CONTENT_LENGTH, payload.size)
                    .body(payload.open(&progress).await?);
                let sending = builder.send();
                self.transport.exchange(sending, Some(&progress)).await?
            }
        };
        if let Some(authorization) = authorization {
            let sent = SentWith(authorization.clone());
            response.extensions_mut().insert(sent);
        }
        // Until the response is dropped, which is when its body was read.
        response.extensions_mut().insert(under_way);
        Ok(response)
    }
}
