//! The credentials that a request carries: a token that is fetched from the realm of a 401 and kept until it expires, or a
//! password.
//!
//! [Docker token authentication](https://distribution.github.io/distribution/spec/auth/token/),
//! [its OAuth2 form](https://distribution.github.io/distribution/spec/auth/oauth/), and Basic authentication (RFC 7617).

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Method, RequestBuilder, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::answered::{Answered, SentWith};
use super::challenge::{BearerChallenge, Challenge, challenge};
use super::credential::{Credential, secret};
use super::credentials::Credentials;
use super::failure::RequestFailure;
use super::realm::RealmRule;
use super::request::{RepositoryAccess, base};
use super::retry::retried;
use super::transport::Transport;
use crate::domain::{ImageRepository, Moment};

/// A token's lifetime by default, as the specification sets it.
const DEFAULT_LIFETIME: Duration = Duration::from_mins(1);
/// A token that expires within this time is not used any more.
const MARGIN: Duration = Duration::from_secs(5);
/// The most bytes of an answer with a token.
const TOKEN_LIMIT: u64 = 256 << 10;

/// Gives requests the `Authorization` header that they need.
pub(super) struct Authenticator {
    transport: Arc<Transport>,
    credentials: Credentials,
    cache: TokenCache,
}

/// The headers that were accepted before, by registry and scope.
#[derive(Default)]
struct TokenCache {
    entries: std::sync::Mutex<HashMap<(String, String), TokenEntry>>,
    /// The registries that asked for a password: one password serves every repository and scope.
    passwords: std::sync::Mutex<HashMap<String, HeaderValue>>,
}

/// Locked while a token is fetched, so that requests at the same time fetch it once.
type TokenEntry = Arc<Mutex<CachedHeader>>;

#[derive(Default)]
struct CachedHeader {
    header: Option<HeaderValue>,
    /// When a token is to be renewed. `None` for a password.
    expires: Option<Moment>,
    /// The scopes of the token.
    challenge: Option<BearerChallenge>,
}

impl TokenCache {
    fn entry(&self, repository: &ImageRepository, scopes: &[String]) -> TokenEntry {
        let key = (repository.registry().to_owned(), scopes.join(" "));
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(entries.entry(key).or_default())
    }

    fn password(&self, repository: &ImageRepository) -> Option<HeaderValue> {
        let passwords = self
            .passwords
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        passwords.get(repository.registry()).cloned()
    }

    fn put_password(&self, repository: &ImageRepository, header: &HeaderValue) {
        let mut passwords = self
            .passwords
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        passwords.insert(repository.registry().to_owned(), header.clone());
    }
}

impl Authenticator {
    pub(super) fn new(transport: Arc<Transport>, credentials: Credentials) -> Self {
        Self {
            transport,
            credentials,
            cache: TokenCache::default(),
        }
    }

    /// As whom requests to a repository are sent, for messages.
    pub(super) fn identity_at(&self, repository: &ImageRepository) -> String {
        self.credentials.identity_at(repository.registry())
    }

    /// The header that was accepted before, with a token that is renewed first where it has expired. A registry that asked for
    /// the password once is given it with every further request, of any scope.
    pub(super) async fn known(
        &self,
        repository: &ImageRepository,
        access: &RepositoryAccess,
    ) -> Result<Option<HeaderValue>, RequestFailure> {
        let scopes = access.scopes(repository);
        let entry = self.cache.entry(repository, &scopes);
        let mut cached = entry.lock().await;
        let now = self.transport.clock.now();
        let expired = cached.expires.is_some_and(|expires| now >= expires);
        if expired && let Some(challenge) = cached.challenge.clone() {
            self.refresh(&mut cached, challenge, repository, &scopes)
                .await?;
        }
        if cached.header.is_none() {
            cached.header = self.cache.password(repository);
        }
        Ok(cached.header.clone())
    }

    /// The header to answer a 401 with; `None` if there is no other than the one that was `used`.
    pub(super) async fn answer_challenge(
        &self,
        repository: &ImageRepository,
        access: &RepositoryAccess,
        headers: &HeaderMap,
        used: Option<&HeaderValue>,
    ) -> Result<Option<HeaderValue>, RequestFailure> {
        let scopes = access.scopes(repository);
        let entry = self.cache.entry(repository, &scopes);
        let mut cached = entry.lock().await;
        if cached.header.as_ref() != used {
            // Another request has answered the challenge while this one waited for the lock.
            return Ok(cached.header.clone());
        }
        match challenge(headers) {
            Some(Challenge::Bearer(challenge)) => {
                self.refresh(&mut cached, challenge, repository, &scopes)
                    .await?;
            }
            Some(Challenge::Basic) => {
                let Some(header) = self.basic(repository).await? else {
                    return Ok(None);
                };
                self.cache.put_password(repository, &header);
                *cached = CachedHeader {
                    header: Some(header),
                    ..CachedHeader::default()
                };
            }
            None => return Ok(None),
        }
        Ok(cached.header.clone().filter(|header| Some(header) != used))
    }

    async fn basic(
        &self,
        repository: &ImageRepository,
    ) -> Result<Option<HeaderValue>, RequestFailure> {
        let credential = self.credentials.at(repository.registry()).await;
        let Some(Credential::Basic { user, password }) = credential else {
            return Ok(None);
        };
        let request = self.transport.http.answers().get(base(repository)?);
        let request = request.basic_auth(user, Some(password.expose_secret()));
        let request = request.build();
        let request = request.map_err(|e| RequestFailure::transport(&self.transport.http, &e))?;
        Ok(request.headers().get(AUTHORIZATION).cloned())
    }

    /// Fetches a token and puts it into the cache.
    async fn refresh(
        &self,
        cached: &mut CachedHeader,
        challenge: BearerChallenge,
        repository: &ImageRepository,
        scopes: &[String],
    ) -> Result<(), RequestFailure> {
        *cached = CachedHeader::default();
        let service = self.token_service(&challenge, repository, scopes).await?;
        let clock = &*self.transport.clock;
        // Its last failure is final for the caller as well: the token service was asked often enough here.
        let answer = retried(clock, || self.fetch(&service)).await?;
        let token = answer
            .token
            .or(answer.access_token)
            .filter(|token| !token.expose_secret().is_empty())
            .ok_or_else(|| service.broken("gave no token"))?;
        let mut header = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))
            .map_err(|_| service.broken("gave a token that is no header"))?;
        header.set_sensitive(true);
        let lifetime = answer
            .expires_in
            .map_or(DEFAULT_LIFETIME, Duration::from_secs);
        *cached = CachedHeader {
            header: Some(header),
            expires: Some(clock.now().plus(lifetime.saturating_sub(MARGIN))),
            challenge: Some(challenge),
        };
        Ok(())
    }

    /// The service that a challenge names, with a client that connects to no address that the service must not have.
    async fn token_service<'a>(
        &'a self,
        challenge: &'a BearerChallenge,
        repository: &'a ImageRepository,
        scopes: &[String],
    ) -> Result<TokenService<'a>, RequestFailure> {
        let realm: Url = challenge.realm.parse().map_err(|_| {
            RequestFailure::broken(format!(
                "{} sends for a token to {:?}, which is not a URL",
                repository.registry(),
                challenge.realm
            ))
        })?;
        let http = &self.transport.http;
        let rule = RealmRule::new(&realm, &base(repository)?, http).await;
        let rule = rule.map_err(|refused| RequestFailure::broken(refused.to_string()))?;
        let client = http.checked(Arc::new(rule));
        Ok(TokenService {
            client: client.map_err(|e| RequestFailure::broken(e.to_string()))?,
            realm,
            service: challenge.service.as_deref(),
            scopes: wanted_scopes(challenge.scope.as_deref(), scopes),
            credential: self.credentials.at(repository.registry()).await,
            repository,
            identity: self.identity_at(repository),
        })
    }

    async fn fetch(&self, service: &TokenService<'_>) -> Result<TokenAnswer, RequestFailure> {
        let transport = &self.transport;
        let method = service.method();
        let under_way = Arc::new(transport.http.begin(&method, &service.realm));
        let sent = transport.exchange(service.request().send(), None).await;
        let mut response = sent.map_err(|failure| failure.keeping(Some(&under_way)))?;
        if let Some(sent) = service.sent_with() {
            response.extensions_mut().insert(SentWith(sent));
        }
        if !response.status().is_success() {
            let mut refusal = transport.refusal(response).await;
            refusal.message = format!(
                "the token service {} refuses: {}",
                service.name(),
                refusal.message
            );
            return Err(refusal.classify(service.repository, &service.identity));
        }
        let answered = Answered::of(&response);
        let body = transport.body(response, TOKEN_LIMIT).await?;
        serde_json::from_slice(&body).map_err(|_| {
            let page = answered.page(&body).map(RequestFailure::broken);
            // The parser's own message could quote the token.
            page.unwrap_or_else(|| service.broken("gave an unreadable token"))
        })
    }
}

/// The token service and the scopes of a token.
struct TokenService<'a> {
    client: Client,
    realm: Url,
    service: Option<&'a str>,
    scopes: Vec<String>,
    credential: Option<Credential>,
    /// What the token is for.
    repository: &'a ImageRepository,
    /// As whom the token is asked for, for messages.
    identity: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TokenAnswer {
    #[serde(deserialize_with = "secret")]
    token: Option<SecretString>,
    #[serde(deserialize_with = "secret")]
    access_token: Option<SecretString>,
    /// In seconds.
    expires_in: Option<u64>,
}

impl TokenService<'_> {
    fn method(&self) -> Method {
        match &self.credential {
            Some(Credential::Identity(_)) => Method::POST,
            _ => Method::GET,
        }
    }

    fn request(&self) -> RequestBuilder {
        match &self.credential {
            Some(Credential::Identity(token)) => self.oauth_request(token),
            Some(Credential::Basic { user, password }) => self
                .token_request()
                .basic_auth(user, Some(password.expose_secret())),
            None => self.token_request(),
        }
    }

    /// What the request is authorized with, as a header.
    fn sent_with(&self) -> Option<HeaderValue> {
        match self.credential.as_ref()? {
            Credential::Identity(token) => HeaderValue::try_from(token.expose_secret()).ok(),
            Credential::Basic { .. } => {
                let request = self.request().build().ok()?;
                request.headers().get(AUTHORIZATION).cloned()
            }
        }
    }

    fn token_request(&self) -> RequestBuilder {
        let mut url = self.realm.clone();
        url.query_pairs_mut()
            .extend_pairs(self.service.map(|name| ("service", name)))
            .extend_pairs(self.scopes.iter().map(|scope| ("scope", scope)));
        self.client.get(url)
    }

    fn oauth_request(&self, refresh_token: &SecretString) -> RequestBuilder {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("grant_type", "refresh_token"),
                ("service", self.service.unwrap_or_default()),
                ("client_id", "btp-release"),
                ("scope", &self.scopes.join(" ")),
                ("refresh_token", refresh_token.expose_secret()),
            ])
            .finish();
        self.client
            .post(self.realm.clone())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form)
    }

    fn broken(&self, what: &str) -> RequestFailure {
        RequestFailure::broken(format!("{} {what}", self.name()))
    }

    /// The realm without its query.
    fn name(&self) -> String {
        format!(
            "{}{}",
            self.realm.origin().ascii_serialization(),
            self.realm.path().trim_end_matches('/')
        )
    }
}

/// The scopes to request: ours, unless the registry's challenge names another repository than the URL.
fn wanted_scopes(theirs: Option<&str>, ours: &[String]) -> Vec<String> {
    let resource = |scope: &str| scope.rsplit_once(':').map(|(name, _)| name.to_owned());
    match theirs.filter(|scope| !scope.is_empty()) {
        Some(theirs)
            if !theirs
                .split(' ')
                .any(|scope| ours.iter().any(|own| resource(own) == resource(scope))) =>
        {
            vec![theirs.to_owned()]
        }
        _ => ours.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_ours_unless_the_registry_names_another_repository() {
        let ours = ["repository:a/b:pull,push".to_owned()];
        for (theirs, wanted) in [
            (None, "repository:a/b:pull,push"),
            (Some(""), "repository:a/b:pull,push"),
            (Some("repository:a/b:pull"), "repository:a/b:pull,push"),
            (Some("repository:x/a/b:pull"), "repository:x/a/b:pull"),
        ] {
            assert_eq!(wanted_scopes(theirs, &ours), [wanted], "{theirs:?}");
        }
    }
}
