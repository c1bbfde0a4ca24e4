//! The primary and the secondary rate limit.
//! <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api>

use super::error::ApiError;
use super::model::TokenKind;
use crate::clock::ServerClock;
use crate::faults::Fault;
use crate::log::Service;
use crate::transport::{HttpRequest, Reply};
use http::Method;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const SECONDARY: &str = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again. \
     For more on scraping GitHubServer and how it may affect your rights, please review our Terms of Service \
     (https://docs.github.com/en/site-policy/github-terms/github-terms-of-service)";

/// How many requests a caller may send. The defaults are GitHub's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RateLimits {
    /// Requests per hour of a job's token, of other tokens, and without one.
    pub github_token: u32,
    pub others: u32,
    pub anonymous: u32,
    /// GraphQL points per hour.
    pub graphql: u32,
    /// A read is 1 point, a write 5.
    pub points_per_minute: u32,
    pub creations_per_minute: u32,
    pub creations_per_hour: u32,
    pub concurrent: u32,
    /// How long the first error lasts; each request in that time extends it by the same duration.
    pub ban: Duration,
    /// What the secondary limit answers with, 403 or 429, and whether `Retry-After` is sent.
    pub status: u16,
    pub retry_after: bool,
}

impl Default for RateLimits {
    fn default() -> RateLimits {
        RateLimits {
            github_token: 1000,
            others: 5000,
            anonymous: 60,
            graphql: 5000,
            points_per_minute: 900,
            creations_per_minute: 80,
            creations_per_hour: 500,
            concurrent: 100,
            ban: MINUTE,
            status: 403,
            retry_after: true,
        }
    }
}

impl RateLimits {
    /// No limits, for tests of other behaviour with a clock that does not advance.
    pub fn none() -> RateLimits {
        let many = u32::MAX;
        RateLimits {
            github_token: many,
            others: many,
            anonymous: many,
            graphql: many,
            points_per_minute: many,
            creations_per_minute: many,
            creations_per_hour: many,
            concurrent: many,
            ..RateLimits::default()
        }
    }
}

/// Counts for each caller.
#[derive(Debug, Default)]
pub(crate) struct RequestLimiter {
    pub(crate) limits: RateLimits,
    callers: BTreeMap<String, Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    core: Window,
    graphql: Window,
    /// When, points, and things created, of the last hour.
    recent: VecDeque<(Duration, u32, u32)>,
    open: u32,
    banned_until: Option<Duration>,
}

/// An hour that begins with its first request.
#[derive(Debug, Default)]
struct Window {
    since: Duration,
    used: u32,
}

impl Window {
    fn at(&mut self, now: Duration) -> &mut Window {
        if self.used == 0 || now >= self.since + HOUR {
            *self = Window {
                since: now,
                used: 0,
            };
        }
        self
    }
}

/// The state of a primary limit, as in the headers `X-RateLimit-*`.
#[derive(Clone, Debug)]
pub(crate) struct Quota {
    pub(crate) resource: &'static str,
    pub(crate) limit: u32,
    pub(crate) used: u32,
    pub(crate) reset: u64,
    /// What this request took.
    pub(crate) cost: u32,
}

impl Quota {
    pub(crate) fn remaining(&self) -> u32 {
        self.limit.saturating_sub(self.used)
    }

    pub(crate) fn on(&self, reply: Reply) -> Reply {
        reply
            .set("x-ratelimit-limit", self.limit.to_string())
            .set("x-ratelimit-remaining", self.remaining().to_string())
            .set("x-ratelimit-used", self.used.to_string())
            .set("x-ratelimit-reset", self.reset.to_string())
            .set("x-ratelimit-resource", self.resource)
    }
}

impl RequestLimiter {
    pub(crate) fn new(limits: RateLimits) -> RequestLimiter {
        RequestLimiter {
            limits,
            callers: BTreeMap::new(),
        }
    }

    fn limit(&self, kind: Option<TokenKind>, resource: &str) -> u32 {
        match (resource, kind) {
            ("graphql", _) => self.limits.graphql,
            (_, Some(TokenKind::GitHubToken)) => self.limits.github_token,
            (_, Some(_)) => self.limits.others,
            (_, None) => self.limits.anonymous,
        }
    }

    /// The current quota, for `/rate_limit`.
    pub(crate) fn quota(
        &mut self,
        caller: &str,
        kind: Option<TokenKind>,
        resource: &'static str,
        clock: &ServerClock,
    ) -> Quota {
        let limit = self.limit(kind, resource);
        let now = clock.now();
        let counts = self.callers.entry(caller.to_owned()).or_default();
        let window = if resource == "graphql" {
            &mut counts.graphql
        } else {
            &mut counts.core
        };
        let (since, used) = {
            let window = window.at(now);
            (window.since, window.used)
        };
        let reset = clock.unix() + (since + HOUR).saturating_sub(now).as_secs();
        Quota {
            resource,
            limit,
            used,
            reset,
            cost: 0,
        }
    }

    /// Counts a request, or refuses it. One that is let in must be followed by [`RequestLimiter::leave`].
    pub(crate) fn enter(
        &mut self,
        caller: &str,
        kind: Option<TokenKind>,
        request: &HttpRequest,
        clock: &ServerClock,
    ) -> Result<Quota, Box<Reply>> {
        let graphql = request.path.ends_with("/graphql");
        let mut quota = self.quota(
            caller,
            kind,
            if graphql { "graphql" } else { "core" },
            clock,
        );
        if let Some(reply) = self.secondary(caller, request, graphql, clock.now()) {
            return Err(Box::new(quota.on(reply)));
        }
        if request.path == "/rate_limit" {
            return Ok(quota);
        }
        let refused = quota.remaining() == 0;
        let cost = match request.service {
            // https://github.com/softprops/action-gh-release/issues/261
            Service::Upload => 2,
            _ => 1,
        };
        if let Some(counts) = self.callers.get_mut(caller) {
            if refused {
                counts.open -= 1;
                return Err(Box::new(quota.on(primary(request))));
            }
            let window = if graphql {
                &mut counts.graphql
            } else {
                &mut counts.core
            };
            window.used += cost;
        }
        quota.used += cost;
        quota.cost = cost;
        Ok(quota)
    }

    /// 304 to an authorised caller costs nothing.
    pub(crate) fn refund(&mut self, caller: &str, quota: &mut Quota) {
        if let Some(counts) = self.callers.get_mut(caller) {
            counts.core.used = counts.core.used.saturating_sub(quota.cost);
        }
        quota.used = quota.used.saturating_sub(quota.cost);
        quota.cost = 0;
    }

    pub(crate) fn leave(&mut self, caller: &str) {
        if let Some(counts) = self.callers.get_mut(caller) {
            counts.open = counts.open.saturating_sub(1);
        }
    }

    fn secondary(
        &mut self,
        caller: &str,
        request: &HttpRequest,
        graphql: bool,
        now: Duration,
    ) -> Option<Reply> {
        let limits = &self.limits;
        let counts = self.callers.entry(caller.to_owned()).or_default();
        if let Some(until) = counts.banned_until {
            if now < until {
                let until = until + limits.ban;
                counts.banned_until = Some(until);
                return Some(limits.error(request, until.saturating_sub(now)));
            }
            counts.banned_until = None;
        }
        while counts
            .recent
            .front()
            .is_some_and(|(at, ..)| *at + HOUR <= now)
        {
            counts.recent.pop_front();
        }
        let points = if request.is_read() || graphql { 1 } else { 5 };
        let created = match (request.service, &request.method) {
            // An upload counts, too: the 500th of an hour's requests that create content was seen to be the last
            // (https://github.com/aio-libs/multidict/pull/1503).
            (_, &Method::POST) if !graphql => 1,
            _ => 0,
        };
        counts.recent.push_back((now, points, created));
        let (mut points, mut minute, mut hour) = (0, 0, 0);
        for (at, cost, created) in &counts.recent {
            hour += created;
            if *at + MINUTE > now {
                points += cost;
                minute += created;
            }
        }
        let over = points > limits.points_per_minute
            || minute > limits.creations_per_minute
            || hour > limits.creations_per_hour
            || counts.open >= limits.concurrent;
        if over {
            counts.banned_until = Some(now + limits.ban);
            return Some(limits.error(request, limits.ban));
        }
        counts.open += 1;
        None
    }
}

impl RateLimits {
    fn error(&self, request: &HttpRequest, wait: Duration) -> Reply {
        secondary(request, self.status, self.retry_after.then_some(wait))
    }
}

fn primary(request: &HttpRequest) -> Reply {
    let message = "API rate limit exceeded for installation. If you reach out to GitHubServer Support for help, \
                   please include the request ID and timestamp.";
    ApiError::new(403, message).reply(request)
}

fn secondary(request: &HttpRequest, status: u16, retry_after: Option<Duration>) -> Reply {
    let reply = ApiError::new(status, SECONDARY).reply(request);
    match retry_after {
        Some(wait) => reply.with(http::header::RETRY_AFTER, wait.as_secs().to_string()),
        None => reply,
    }
}

/// The answer a planned fault makes GitHub give.
pub(crate) fn for_fault(
    request: &HttpRequest,
    fault: &Fault,
    clock: &ServerClock,
) -> Option<Reply> {
    match fault {
        Fault::Status(status) | Fault::StatusAfter(status) => {
            let message = if *status >= 500 {
                "Server Error"
            } else {
                "Refused"
            };
            Some(ApiError::new(*status, message).reply(request))
        }
        Fault::PrimaryLimit { reset } => {
            let reset = clock.unix() + reset.as_secs();
            let quota = Quota {
                resource: "core",
                limit: 1000,
                used: 1000,
                reset,
                cost: 0,
            };
            Some(quota.on(primary(request)))
        }
        Fault::SecondaryLimit {
            status,
            retry_after,
        } => Some(secondary(request, *status, *retry_after)),
        Fault::TooManyRequests { retry_after } => Some(secondary(request, 429, *retry_after)),
        _ => None,
    }
}
