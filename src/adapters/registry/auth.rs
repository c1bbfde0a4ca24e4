//! The token flow: a 401 names a realm, the realm gives a token, the token is kept until it runs out.
//!
//! [Docker token authentication](https://distribution.github.io/distribution/spec/auth/token/) and
//! [its OAuth2 form](https://distribution.github.io/distribution/spec/auth/oauth/), and plain Basic (RFC 7617).

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use reqwest::{RequestBuilder, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::credentials::{Credential, secret};
use super::failure::Failure;
use super::realm;
use super::retry::Retry;
use super::transport::{Access, Wire};
use crate::domain::{Moment, Repository};

/// A token's life in seconds where its service does not tell, as the specification sets it.
const DEFAULT_LIFE: u64 = 60;
/// A token this close to its end is not used any more.
const MARGIN: Duration = Duration::from_secs(5);
const TOKEN_LIMIT: u64 = 256 << 10;

/// What has been found to open which door, by host and scope.
#[derive(Default)]
pub(super) struct Keyring(std::sync::Mutex<HashMap<(String, String), Door>>);

/// Held while a token is fetched, so that many requests at once fetch it once.
type Door = Arc<Mutex<Key>>;

#[derive(Default)]
struct Key {
    header: Option<HeaderValue>,
    /// Without an end: for as long as it is not refused.
    until: Option<Moment>,
    challenge: Option<Bearer>,
}

/// What a registry's 401 asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Challenge {
    Bearer(Bearer),
    Basic,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Bearer {
    realm: String,
    service: Option<String>,
    scope: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TokenAnswer {
    #[serde(deserialize_with = "secret")]
    token: Option<SecretString>,
    #[serde(deserialize_with = "secret")]
    access_token: Option<SecretString>,
    expires_in: Option<u64>,
}

impl Keyring {
    fn door(&self, repository: &Repository, scope: &str) -> Door {
        let at = (repository.registry().to_owned(), scope.to_owned());
        let mut doors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(doors.entry(at).or_default())
    }
}

impl Wire {
    /// What opened this door before; renewed first where it has run out.
    pub(super) async fn known_key(
        &self,
        repository: &Repository,
        access: &Access,
    ) -> Result<Option<HeaderValue>, Failure> {
        let scopes = access.scopes(repository);
        let door = self.keyring.door(repository, &scopes.join(" "));
        let mut key = door.lock().await;
        let over = key.until.is_some_and(|until| self.clock.now() >= until);
        if over && let Some(bearer) = key.challenge.clone() {
            self.turn(&mut key, bearer, repository, &scopes).await?;
        }
        Ok(key.header.clone())
    }

    /// What to answer a 401 with, or `None` where there is nothing better than what was `used`.
    pub(super) async fn answer_challenge(
        &self,
        repository: &Repository,
        access: &Access,
        headers: &HeaderMap,
        used: Option<&HeaderValue>,
    ) -> Result<Option<HeaderValue>, Failure> {
        let scopes = access.scopes(repository);
        let door = self.keyring.door(repository, &scopes.join(" "));
        let mut key = door.lock().await;
        if key.header.as_ref() != used {
            // Another request has been here while this one waited.
            return Ok(key.header.clone());
        }
        match challenge(headers) {
            Some(Challenge::Bearer(bearer)) => {
                self.turn(&mut key, bearer, repository, &scopes).await?;
            }
            Some(Challenge::Basic) => {
                let Some(header) = self.basic(repository)? else {
                    return Ok(None);
                };
                *key = Key {
                    header: Some(header),
                    ..Key::default()
                };
            }
            None => return Ok(None),
        }
        Ok(key.header.clone().filter(|header| Some(header) != used))
    }

    fn basic(&self, repository: &Repository) -> Result<Option<HeaderValue>, Failure> {
        let Some(credential @ Credential::Basic { .. }) =
            self.credentials.at(repository.registry())
        else {
            return Ok(None);
        };
        let request = as_user(
            self.http.answers().get(super::transport::base(repository)?),
            credential,
        );
        let request = request.build().map_err(|e| Failure::transport(&e))?;
        Ok(request.headers().get(AUTHORIZATION).cloned())
    }

    /// Fetches a token and keeps it in the key.
    async fn turn(
        &self,
        key: &mut Key,
        bearer: Bearer,
        repository: &Repository,
        scopes: &[String],
    ) -> Result<(), Failure> {
        *key = Key::default();
        let realm = self.checked_realm(&bearer, repository).await?;
        let mut retry = Retry::new(&*self.clock);
        let answer = loop {
            match self.fetch_token(&realm, &bearer, repository, scopes).await {
                Ok(answer) => break answer,
                // Final for the caller too: it was tried often enough here.
                Err(failure) => retry.after(&*self.clock, failure).await?,
            }
        };
        let life = Duration::from_secs(answer.expires_in.unwrap_or(DEFAULT_LIFE));
        let token = answer
            .token
            .or(answer.access_token)
            .filter(|token| !token.expose_secret().is_empty())
            .ok_or_else(|| Failure::broken(format!("{} gave no token", place(&realm))))?;
        let mut header = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))
            .map_err(|_| {
                Failure::broken(format!("{} gave a token that is no header", place(&realm)))
            })?;
        header.set_sensitive(true);
        *key = Key {
            header: Some(header),
            until: Some(self.clock.now().plus(life.saturating_sub(MARGIN))),
            challenge: Some(bearer),
        };
        Ok(())
    }

    async fn checked_realm(
        &self,
        bearer: &Bearer,
        repository: &Repository,
    ) -> Result<Url, Failure> {
        let refused = |why: String| {
            Failure::broken(format!(
                "{} sends for a token to {:?}, which {why}",
                repository.registry(),
                bearer.realm
            ))
        };
        let realm: Url = bearer
            .realm
            .parse()
            .map_err(|_| refused("is not a URL".into()))?;
        realm::check(&realm, &super::transport::base(repository)?)
            .await
            .map_err(refused)?;
        Ok(realm)
    }

    async fn fetch_token(
        &self,
        realm: &Url,
        bearer: &Bearer,
        repository: &Repository,
        ours: &[String],
    ) -> Result<TokenAnswer, Failure> {
        let credential = self.credentials.at(repository.registry());
        let scopes = wanted_scopes(bearer.scope.as_deref(), ours);
        let service = bearer.service.as_deref();
        let request = match credential {
            Some(Credential::Identity(token)) => {
                let scope = scopes.join(" ");
                let form = [
                    ("grant_type", "refresh_token"),
                    ("service", service.unwrap_or_default()),
                    ("client_id", "btp-release"),
                    ("scope", &scope),
                    ("refresh_token", token.expose_secret()),
                ];
                let form = url::form_urlencoded::Serializer::new(String::new())
                    .extend_pairs(form)
                    .finish();
                self.http
                    .answers()
                    .post(realm.clone())
                    .header("content-type", "application/x-www-form-urlencoded")
                    .body(form)
            }
            basic_or_none => {
                let mut url = realm.clone();
                url.query_pairs_mut()
                    .extend_pairs(service.map(|name| ("service", name)))
                    .extend_pairs(scopes.iter().map(|scope| ("scope", scope)));
                let request = self.http.answers().get(url);
                match basic_or_none {
                    Some(credential) => as_user(request, credential),
                    None => request,
                }
            }
        };
        let response = self.answer(request.send(), None).await?;
        if !response.status().is_success() {
            let mut refusal = self.refusal(response).await;
            refusal.words.text = format!(
                "the token service {} refuses: {}",
                place(realm),
                refusal.words.text
            );
            return Err(refusal.sort(&self.credentials.whom(repository.registry())));
        }
        let body = self.body(response, TOKEN_LIMIT).await?;
        // The parser's own words could quote the token.
        serde_json::from_slice(&body)
            .map_err(|_| Failure::broken(format!("{} gave an unreadable token", place(realm))))
    }
}

fn as_user(request: RequestBuilder, credential: &Credential) -> RequestBuilder {
    match credential {
        Credential::Basic { user, password } => {
            request.basic_auth(user, Some(password.expose_secret()))
        }
        Credential::Identity(_) => request,
    }
}

/// Ours, unless the registry names the repository otherwise than its address does.
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

/// The challenge to answer: a token where one is offered, else the password itself.
fn challenge(headers: &HeaderMap) -> Option<Challenge> {
    let mut basic = None;
    for value in headers.get_all(WWW_AUTHENTICATE) {
        let Ok(text) = value.to_str() else { continue };
        for challenge in http_auth::parse_challenges(text).unwrap_or_default() {
            let param = |wanted: &str| {
                let found = challenge
                    .params
                    .iter()
                    .find(|(name, _)| name.eq_ignore_ascii_case(wanted));
                found.map(|(_, value)| value.to_unescaped())
            };
            if challenge.scheme.eq_ignore_ascii_case("Bearer")
                && let Some(realm) = param("realm")
            {
                return Some(Challenge::Bearer(Bearer {
                    realm,
                    service: param("service"),
                    scope: param("scope"),
                }));
            }
            if challenge.scheme.eq_ignore_ascii_case("Basic") {
                basic = Some(Challenge::Basic);
            }
        }
    }
    basic
}

/// A URL without its query.
fn place(url: &Url) -> String {
    format!(
        "{}{}",
        url.origin().ascii_serialization(),
        url.path().trim_end_matches('/')
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Option<Challenge> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(WWW_AUTHENTICATE, HeaderValue::try_from(*value).unwrap());
        }
        challenge(&headers)
    }

    fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Challenge {
        Challenge::Bearer(Bearer {
            realm: realm.into(),
            service: service.map(Into::into),
            scope: scope.map(Into::into),
        })
    }

    #[test]
    fn reads_the_challenges_of_registries() {
        let hub = r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#;
        let hub_read = Some(bearer(
            "https://auth.docker.io/token",
            Some("registry.docker.io"),
            Some("repository:a/b:pull,push"),
        ));
        assert_eq!(read(&[hub]), hub_read);
        assert_eq!(read(&[r#"Basic realm="x""#, hub]), hub_read);
        assert_eq!(
            read(&[r#"bearer REALM="https://t""#]),
            Some(bearer("https://t", None, None))
        );
        assert_eq!(
            read(&[r#"Basic realm="Registry Realm""#]),
            Some(Challenge::Basic)
        );
        for nothing in [&[][..], &["Negotiate"], &["Bearer service=x"], &["\"\"=,"]] {
            assert_eq!(read(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn asks_for_its_own_scope_unless_the_repository_goes_by_another_name() {
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
