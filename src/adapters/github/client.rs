//! Requests to GitHub: built, sent within the limits, followed along redirects and pages, and logged.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{HeaderValue, Method, header};
use octocrab::service::middleware::reqwest_connector::ReqwestConnector;
use octocrab::{AuthState, Octocrab, OctocrabBuilder};
use secrecy::ExposeSecret as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::answer::GitHubAnswer;
use super::app_token::{AppTokens, Authentication, bearer};
use super::etags::ETags;
use super::limits::{graphql_signals, signals};
use super::models::{GraphQlAnswer, GraphQlData, GraphQlQuery, Paged};
use super::rate_limit::{LimitSignals, RateLimiter, RequestKind};
use super::settings::GitHubSettings;
use super::{failure, origin};
use crate::adapters::http::{Http, next_page};
use crate::domain::urls::{is_secure, same_origin, shown};
use crate::domain::{Code, Diagnostic, GitHubCredential, Moment};
use crate::protocol::{Cause, Clock, MOST_ANSWERS, SeenAnswer};

pub(super) const JSON: &str = "application/vnd.github+json";
/// <https://docs.github.com/en/rest/about-the-rest-api/api-versions>. octocrab sends it with what it sends.
pub(super) const API_VERSION: (&str, &str) = ("x-github-api-version", "2022-11-28");
const MAX_REDIRECTS: usize = 3;
/// GitHub lists ten thousand results at most
/// ([Pagination](https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api)).
pub(super) const ALL_PAGES: usize = 100;
/// The most entries that a page of a list has.
pub(super) const PAGE: usize = 100;

/// How a list goes on after a page.
#[derive(Clone, Copy, Debug)]
pub(super) enum Paging {
    /// Pages are numbered. One that is confirmed by 304 has the links of its first response, so after a full page the next one is
    /// requested in any case.
    Numbers,
    /// Only the links lead on. A full page is not kept for conditional requests, as its links may change while it stays the same.
    Cursors,
}

/// Sends requests to one GitHub, with one token or as one App.
pub(super) struct Client {
    pub(super) http: Http,
    pub(super) rate_limit: RateLimiter,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) api: Url,
    pub(super) answer_timeout: Duration,
    pub(super) stall_timeout: Duration,
    /// Builds and sends the requests with JSON. Only the HTTP client is configured here: octocrab's retries would
    /// repeat writes, its redirects would follow a write, and token, base path and user agent are also needed for the
    /// other requests.
    octocrab: Octocrab,
    graphql: Url,
    pub(super) authentication: Authentication,
    etags: Mutex<ETags>,
    answers: Mutex<Vec<SeenAnswer>>,
}

impl Client {
    pub(super) fn new(
        settings: &GitHubSettings,
        http: Http,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Diagnostic> {
        check_urls(&settings.api_url, &settings.graphql_url)?;
        let authentication = authentication(settings)?;
        let Ok(octocrab) = OctocrabBuilder::new_empty()
            .with_service(ReqwestConnector::new(http.answers().clone()))
            .with_auth(AuthState::None)
            .build();
        Ok(Self {
            http,
            rate_limit: RateLimiter::new(&settings.policy, clock.clone()),
            clock,
            api: settings.api_url.clone(),
            answer_timeout: settings.answer_timeout,
            stall_timeout: settings.stall_timeout,
            octocrab,
            graphql: settings.graphql_url.clone(),
            authentication,
            etags: Mutex::default(),
            answers: Mutex::default(),
        })
    }

    /// A URL below the base path of the API; each segment is escaped.
    pub(super) fn url<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.api.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// The object at a URL; `None` for a 404.
    pub(super) async fn find<T: DeserializeOwned>(&self, url: Url) -> Result<Option<T>, Cause> {
        let answer = self.read(&url).await?;
        match answer.status {
            404 => Ok(None),
            _ => self.take(url, answer).map(Some),
        }
    }

    /// The object at a URL, which must exist.
    pub(super) async fn get<T: DeserializeOwned>(&self, url: Url) -> Result<T, Cause> {
        let answer = self.read(&url).await?;
        self.take(url, answer)
    }

    /// The entries of the first `most` pages of a list.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        url: Url,
        most: usize,
    ) -> Result<Vec<T>, Cause> {
        Ok(self
            .pages::<Vec<T>>(url, most, Paging::Numbers)
            .await?
            .into_iter()
            .flatten()
            .collect())
    }

    /// The first `most` pages of a list, along the links from page to page.
    pub(super) async fn pages<P: DeserializeOwned + Paged>(
        &self,
        mut url: Url,
        most: usize,
        paging: Paging,
    ) -> Result<Vec<P>, Cause> {
        url.query_pairs_mut()
            .append_pair("per_page", &PAGE.to_string());
        let mut pages = Vec::new();
        let mut next = Some(url);
        for _ in 0..most {
            let Some(page) = next else { break };
            let answer = self.read(&page).await?;
            next = match answer.header("link") {
                Some(link) => next_page(&page, link)?,
                None => None,
            };
            let read: P = match paging {
                Paging::Numbers => {
                    let read: P = self.take(page.clone(), answer)?;
                    if next.is_none() && read.entries() >= PAGE {
                        next = Some(origin::following(page));
                    }
                    read
                }
                Paging::Cursors => {
                    let read: P = success(&answer)?.json()?;
                    if read.entries() < PAGE {
                        self.etags().put(page, answer);
                    }
                    read
                }
            };
            pages.push(read);
        }
        Ok(pages)
    }

    /// The answer of any status to a GET: the previous one again if GitHub confirms it as unchanged (304).
    pub(super) async fn read(&self, url: &Url) -> Result<GitHubAnswer, Cause> {
        let kept = self.etags().get(url).cloned();
        let etag = kept.as_ref().and_then(|kept| kept.header("etag"));
        let answer = self
            .limited(RequestKind::Read, async |token| {
                let get = &Method::GET;
                let answer = self.exchange(&token, get, url, etag, None::<&()>).await?;
                Ok((self.signals(&answer), answer))
            })
            .await?;
        Ok(match kept {
            Some(kept) if answer.status == 304 => kept,
            _ => answer,
        })
    }

    /// The object in an answer. Only an answer that can be read is kept for conditional requests: a damaged one would be
    /// confirmed again and again.
    fn take<T: DeserializeOwned>(&self, url: Url, answer: GitHubAnswer) -> Result<T, Cause> {
        let value = success(&answer)?.json()?;
        self.etags().put(url, answer);
        Ok(value)
    }

    /// The answer of any status to a request that is no GET.
    pub(super) async fn send<B: Serialize + Sync>(
        &self,
        kind: RequestKind,
        method: Method,
        url: &Url,
        body: Option<&B>,
    ) -> Result<GitHubAnswer, Cause> {
        let method = &method;
        self.limited(kind, async |token| {
            let answer = self.exchange(&token, method, url, None, body).await?;
            Ok((self.signals(&answer), answer))
        })
        .await
    }

    /// The data of a GraphQL query. An answer with errors is a failure, even where it has some of the data.
    pub(super) async fn query(&self, query: &GraphQlQuery<'_>) -> Result<GraphQlData, Cause> {
        data_of(query, &self.ask(query).await?)
    }

    /// The same, for queries whose data is taken apart where they are made.
    pub(super) async fn query_value(&self, query: &GraphQlQuery<'_>) -> Result<Value, Cause> {
        data_of(query, &self.ask(query).await?)
    }

    /// The data of a mutation, which is sent once.
    pub(super) async fn change_by_query(&self, query: &GraphQlQuery<'_>) -> Result<Value, Cause> {
        data_of(query, &self.post_query(RequestKind::Change, query).await?)
    }

    async fn ask(&self, query: &GraphQlQuery<'_>) -> Result<GitHubAnswer, Cause> {
        self.post_query(RequestKind::GraphQl, query).await
    }

    async fn post_query(
        &self,
        kind: RequestKind,
        query: &GraphQlQuery<'_>,
    ) -> Result<GitHubAnswer, Cause> {
        let answer = self
            .limited(kind, async |token| {
                let answer = self
                    .exchange(&token, &Method::POST, &self.graphql, None, Some(query))
                    .await?;
                Ok((graphql_signals(&answer, self.clock.wall()), answer))
            })
            .await?;
        success(&answer)?;
        Ok(answer)
    }

    /// Sends a request once, and along redirects that stay on the host and keep the method
    /// ([Follow redirects](https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects)).
    pub(super) async fn exchange<B: Serialize + ?Sized>(
        &self,
        authorization: &HeaderValue,
        method: &Method,
        url: &Url,
        etag: Option<&str>,
        body: Option<&B>,
    ) -> Result<GitHubAnswer, Cause> {
        let mut url = url.clone();
        for _ in 0..MAX_REDIRECTS {
            let answer = self
                .exchange_once(authorization, method, &url, etag, body)
                .await?;
            let keeps_method = method == Method::GET || matches!(answer.status, 307 | 308);
            match answer.location().map(|to| origin::redirected(&url, to)) {
                Some(Ok(to)) if keeps_method && same_origin(&url, &to) => url = to,
                _ => return Ok(answer),
            }
        }
        self.exchange_once(authorization, method, &url, etag, body)
            .await
    }

    async fn exchange_once<B: Serialize + ?Sized>(
        &self,
        authorization: &HeaderValue,
        method: &Method,
        url: &Url,
        etag: Option<&str>,
        body: Option<&B>,
    ) -> Result<GitHubAnswer, Cause> {
        let mut request = http::Request::builder()
            .method(method)
            .uri(url.as_str())
            .header(header::ACCEPT, JSON)
            .header(header::AUTHORIZATION, authorization);
        if let Some(etag) = etag {
            request = request.header(header::IF_NONE_MATCH, etag);
        }
        let request = self
            .octocrab
            .build_request(request, body)
            .map_err(|error| self.http.no_answer(url, &error))?;
        let answer = self.timed(method, url, async {
            let response = self.octocrab.execute(request).await;
            let response = response.map_err(|error| self.http.no_answer(url, &error))?;
            GitHubAnswer::read(url, response.map(reqwest::Body::wrap).into()).await
        });
        answer.await.map(|answer| answer.without(authorization))
    }

    /// Ends an exchange after the time limit, and logs it.
    async fn timed(
        &self,
        method: &Method,
        url: &Url,
        exchange: impl Future<Output = Result<GitHubAnswer, Cause>>,
    ) -> Result<GitHubAnswer, Cause> {
        let started = self.clock.now();
        let _under_way = self.http.begin(method, url);
        let outcome = tokio::time::timeout(self.answer_timeout, exchange)
            .await
            .unwrap_or_else(|_| {
                let detail = format!("no answer within {} s", self.answer_timeout.as_secs());
                Err(Cause::Unknown { detail })
            });
        self.log(method, url, started, &outcome);
        outcome
    }

    /// The rate-limit signals of an answer.
    pub(super) fn signals(&self, answer: &GitHubAnswer) -> LimitSignals {
        signals(answer, self.clock.wall())
    }

    /// Logs an exchange, and remembers its answer as evidence.
    pub(super) fn log(
        &self,
        method: &Method,
        url: &Url,
        started: Moment,
        outcome: &Result<GitHubAnswer, Cause>,
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
            Err(error) => tracing::debug!(%method, path, %error, ms, "GitHub"),
        }
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

    fn etags(&self) -> MutexGuard<'_, ETags> {
        self.etags.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn data_of<T: DeserializeOwned>(
    query: &GraphQlQuery<'_>,
    answer: &GitHubAnswer,
) -> Result<T, Cause> {
    let reply: GraphQlAnswer<T> = answer.json()?;
    match reply.data {
        Some(data) if reply.errors.is_empty() => Ok(data),
        _ => {
            let part = |name| query.variables.get(name).copied().unwrap_or_default();
            let repository = format!("{}/{}", part("owner"), part("name"));
            let cause = failure::graphql_cause(&reply.errors, answer, &repository);
            Err(cause)
        }
    }
}

/// Refuses URLs that the token must not be sent to.
fn check_urls(api: &Url, graphql: &Url) -> Result<(), Diagnostic> {
    let refuse = |seen: String| {
        let help = "set GITHUB_API_URL and GITHUB_GRAPHQL_URL as the runner does, or leave both out for github.com";
        Err(Diagnostic::error(Code::UrlInvalid, seen, help))
    };
    for url in [api, graphql] {
        if !is_secure(url) {
            return refuse(format!(
                "{} is not an https URL: the token is not sent there",
                shown(url)
            ));
        }
    }
    if !same_origin(api, graphql) {
        return refuse(format!(
            "{} and {} are not of one GitHub: the token is for one of them only",
            shown(api),
            shown(graphql)
        ));
    }
    Ok(())
}

fn authentication(settings: &GitHubSettings) -> Result<Authentication, Diagnostic> {
    let token = match &settings.credential {
        GitHubCredential::App(credential) => {
            let (repository, mask) = (settings.repository.clone(), settings.mask.clone());
            let tokens = AppTokens::new(credential.clone(), repository, mask);
            return Ok(Authentication::App(Box::new(tokens)));
        }
        GitHubCredential::Token(token) => token,
    };
    let header = bearer(token.expose_secret());
    header.map(Authentication::Token).ok_or_else(|| {
        Diagnostic::error(
            Code::AccessDenied,
            "the token for GitHub has characters that no token has, such as a line end",
            "set the secret again, without a line end",
        )
    })
}

/// The answer if it is a success, or what its refusal means.
pub(super) fn success(answer: &GitHubAnswer) -> Result<&GitHubAnswer, Cause> {
    if answer.is_success() {
        Ok(answer)
    } else {
        Err(failure::cause(answer))
    }
}
