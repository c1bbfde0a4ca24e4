//! Requests to GitHub: how they are made, sent in turn, followed to the last page, and told in the log.

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderValue, Method, header};
use octocrab::service::middleware::reqwest_connector::ReqwestConnector;
use octocrab::{AuthState, Octocrab, OctocrabBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::answer::Answer;
use super::etags::ETags;
use super::models::{GraphQlAnswer, GraphQlData, GraphQlQuery, Paged};
use super::origin;
use super::{GitHubSettings, failure};
use crate::adapters::github::rate_limit::{Kind, RateLimiter};
use crate::adapters::http::{Http, describe, is_private, same_origin};
use crate::domain::Moment;
use crate::protocol::{Cause, Clock, MOST_ANSWERS, SeenAnswer};

pub(super) const JSON: &str = "application/vnd.github+json";
/// <https://docs.github.com/en/rest/about-the-rest-api/api-versions>. octocrab sends it with what it sends.
pub(super) const API_VERSION: (&str, &str) = ("x-github-api-version", "2022-11-28");
const MOST_REDIRECTS: usize = 3;
/// The most entries that a page of a list has.
const PAGE: usize = 100;

pub(super) struct Client {
    pub(super) http: Http,
    pub(super) rate_limit: RateLimiter,
    pub(super) clock: std::sync::Arc<dyn Clock>,
    pub(super) api: Url,
    pub(super) answer_timeout: Duration,
    pub(super) stall_timeout: Duration,
    /// Sends what is JSON both ways. It is told nothing but this client: its own retries, redirects, token, base path and
    /// user agent would each do something that has to be done otherwise here.
    octocrab: Octocrab,
    graphql: Url,
    authorization: HeaderValue,
    token: SecretString,
    etags: Mutex<ETags>,
    answers: Mutex<Vec<SeenAnswer>>,
}

impl Client {
    pub(super) fn new(
        settings: &GitHubSettings,
        http: Http,
        clock: std::sync::Arc<dyn Clock>,
    ) -> Result<Self, Cause> {
        let refuse = |detail: String| Err(Cause::Broken { detail });
        for url in [&settings.api_url, &settings.graphql_url] {
            if !is_private(url) {
                return refuse(format!(
                    "{url} is not an https URL: the token is not sent there"
                ));
            }
        }
        if !same_origin(&settings.api_url, &settings.graphql_url) {
            return refuse(format!(
                "{} and {} are not of one GitHub: the token is for one of them only",
                settings.api_url, settings.graphql_url
            ));
        }
        let bearer = format!("Bearer {}", settings.token.expose_secret());
        let Ok(mut authorization) = HeaderValue::try_from(bearer) else {
            return refuse("the token has characters that no token has, such as a line end".into());
        };
        authorization.set_sensitive(true);
        let Ok(octocrab) = OctocrabBuilder::new_empty()
            .with_service(ReqwestConnector::new(http.answers().clone()))
            .with_auth(AuthState::None)
            .build();
        Ok(Self {
            http,
            rate_limit: RateLimiter::new(settings.policy.clone(), clock.clone()),
            clock,
            api: settings.api_url.clone(),
            answer_timeout: settings.answer_timeout,
            stall_timeout: settings.stall_timeout,
            octocrab,
            graphql: settings.graphql_url.clone(),
            authorization,
            token: settings.token.clone(),
            etags: Mutex::default(),
            answers: Mutex::default(),
        })
    }

    /// A URL below the API's base path, each segment escaped.
    pub(super) fn url<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.api.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// What is there, or `None` where GitHub says that nothing is.
    pub(super) async fn find<T: DeserializeOwned>(&self, url: Url) -> Result<Option<T>, Cause> {
        let answer = self.read(&url).await?;
        match answer.status {
            404 => Ok(None),
            _ => self.take(url, answer).map(Some),
        }
    }

    /// What must be there.
    pub(super) async fn get<T: DeserializeOwned>(&self, url: Url) -> Result<T, Cause> {
        let answer = self.read(&url).await?;
        self.take(url, answer)
    }

    /// All entries of a list, of its first `most` pages.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        url: Url,
        most: usize,
    ) -> Result<Vec<T>, Cause> {
        Ok(self
            .pages::<Vec<T>>(url, most)
            .await?
            .into_iter()
            .flatten()
            .collect())
    }

    /// The first `most` pages of a list, by the links from page to page. What is asked for on condition comes with the links
    /// that it had when it was new: behind a full page there may be another by now, whatever they say.
    pub(super) async fn pages<P: DeserializeOwned + Paged>(
        &self,
        mut url: Url,
        most: usize,
    ) -> Result<Vec<P>, Cause> {
        url.query_pairs_mut()
            .append_pair("per_page", &PAGE.to_string());
        let mut pages = Vec::new();
        let mut next = Some(url);
        for _ in 0..most {
            let Some(page) = next else { break };
            let answer = self.read(&page).await?;
            next = match answer.header("link") {
                Some(link) => origin::next_page(&page, link)?,
                None => None,
            };
            let read: P = self.take(page.clone(), answer)?;
            if next.is_none() && read.entries() >= PAGE {
                next = Some(origin::following(page));
            }
            pages.push(read);
        }
        Ok(pages)
    }

    /// An answer of any status to a GET, asked for on condition that it changed since the last time.
    pub(super) async fn read(&self, url: &Url) -> Result<Answer, Cause> {
        let kept = self.etags().get(url).cloned();
        let etag = kept.as_ref().and_then(|kept| kept.header("etag"));
        let answer = self
            .rate_limit
            .send(Kind::Read, || async {
                let answer = self.exchange(&Method::GET, url, etag, None::<&()>).await?;
                Ok((answer.signals(), answer))
            })
            .await?;
        Ok(match kept {
            Some(kept) if answer.status == 304 => kept,
            _ => answer,
        })
    }

    /// What an answer holds. Only one that can be read is kept: a damaged one would be confirmed for ever after.
    fn take<T: DeserializeOwned>(&self, url: Url, answer: Answer) -> Result<T, Cause> {
        let value = done(&answer)?.json()?;
        self.etags().put(url, answer);
        Ok(value)
    }

    /// An answer of any status to anything but a GET.
    pub(super) async fn send<B: Serialize + Sync>(
        &self,
        kind: Kind,
        method: Method,
        url: &Url,
        body: Option<&B>,
    ) -> Result<Answer, Cause> {
        self.rate_limit
            .send(kind, || async {
                let answer = self.exchange(&method, url, None, body).await?;
                Ok((answer.signals(), answer))
            })
            .await
    }

    /// The data of a query, all of it: where a part is missing for an error, nothing is known.
    pub(super) async fn query(&self, query: &GraphQlQuery<'_>) -> Result<GraphQlData, Cause> {
        let answer = self
            .rate_limit
            .send(Kind::Query, || async {
                let answer = self
                    .exchange(&Method::POST, &self.graphql, None, Some(query))
                    .await?;
                Ok((answer.graphql_signals(), answer))
            })
            .await?;
        let reply: GraphQlAnswer = done(&answer)?.json()?;
        match reply.data {
            Some(data) if reply.errors.is_empty() => Ok(data),
            _ => Err(failure::graphql_cause(&reply.errors, &answer)),
        }
    }

    /// Sends a request once, or where GitHub says it has moved to: on the same host, and with the same method
    /// ([Follow redirects](https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects)).
    async fn exchange<B: Serialize + ?Sized>(
        &self,
        method: &Method,
        url: &Url,
        etag: Option<&str>,
        body: Option<&B>,
    ) -> Result<Answer, String> {
        let mut url = url.clone();
        for _ in 0..MOST_REDIRECTS {
            let answer = self.exchange_once(method, &url, etag, body).await?;
            let keeps_method = method == Method::GET || matches!(answer.status, 307 | 308);
            match answer.location().map(|to| origin::redirected(&url, to)) {
                Some(Ok(to)) if keeps_method && same_origin(&url, &to) => url = to,
                _ => return Ok(answer),
            }
        }
        self.exchange_once(method, &url, etag, body).await
    }

    async fn exchange_once<B: Serialize + ?Sized>(
        &self,
        method: &Method,
        url: &Url,
        etag: Option<&str>,
        body: Option<&B>,
    ) -> Result<Answer, String> {
        let mut request = http::Request::builder()
            .method(method)
            .uri(url.as_str())
            .header(header::ACCEPT, JSON)
            .header(header::AUTHORIZATION, &self.authorization);
        if let Some(etag) = etag {
            request = request.header(header::IF_NONE_MATCH, etag);
        }
        let request = self
            .octocrab
            .build_request(request, body)
            .map_err(|error| describe(&error))?;
        self.timed(method, url, async {
            let response = self.octocrab.execute(request).await;
            let response = response.map_err(|error| describe(&error))?;
            Answer::read(response.map(reqwest::Body::wrap).into()).await
        })
        .await
    }

    /// Gives an exchange its deadline and its line in the log, and takes the token out of an answer that repeats it.
    async fn timed(
        &self,
        method: &Method,
        url: &Url,
        exchange: impl Future<Output = Result<Answer, String>>,
    ) -> Result<Answer, String> {
        let started = self.clock.now();
        let outcome = tokio::time::timeout(self.answer_timeout, exchange)
            .await
            .unwrap_or_else(|_| {
                Err(format!(
                    "no answer within {} s",
                    self.answer_timeout.as_secs()
                ))
            });
        self.log(method, url, started, &outcome);
        outcome.map(|answer| self.without_token(answer))
    }

    pub(super) fn log(
        &self,
        method: &Method,
        url: &Url,
        started: Moment,
        outcome: &Result<Answer, String>,
    ) {
        let (path, ms) = (url.path(), self.clock.now().since(started).as_millis());
        match outcome {
            Ok(answer) => {
                let request_id = answer.request_id().unwrap_or("-");
                tracing::debug!(%method, path, status = answer.status, request_id, ms, "GitHub");
                self.remember(SeenAnswer {
                    request: format!("{method} {path}"),
                    status: answer.status,
                    id: request_id.to_owned(),
                });
            }
            Err(error) => tracing::debug!(%method, path, error, ms, "GitHub"),
        }
    }

    /// Something on the way may show in its error page what it was sent.
    pub(super) fn without_token(&self, mut answer: Answer) -> Answer {
        let token = self.token.expose_secret();
        if !answer.is_success() && !token.is_empty() {
            let text = String::from_utf8_lossy(&answer.body);
            if text.contains(token) {
                answer.body = text.replace(token, "***").into();
            }
        }
        answer
    }

    fn remember(&self, answer: SeenAnswer) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() < MOST_ANSWERS {
            answers.push(answer);
        }
    }

    pub(super) fn answers(&self) -> Vec<SeenAnswer> {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.clone()
    }

    pub(super) fn authorization(&self) -> HeaderValue {
        self.authorization.clone()
    }

    fn etags(&self) -> std::sync::MutexGuard<'_, ETags> {
        self.etags.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The answer, if it is a success.
pub(super) fn done(answer: &Answer) -> Result<&Answer, Cause> {
    if answer.is_success() {
        Ok(answer)
    } else {
        Err(failure::cause(answer))
    }
}
