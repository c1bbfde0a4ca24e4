//! An answer of GitHub with its body, read within bounds.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, header};
use serde::de::DeserializeOwned;

use super::failure;
use super::models::GraphQlAnswer;
use crate::adapters::github::rate_limit::Signals;
use crate::adapters::http::describe;
use crate::protocol::Cause;

/// A hundred releases with notes of the usual length are a tenth of it.
const LONGEST_BODY: usize = 16 << 20;

#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// The body was longer than is ever read.
    cut: bool,
}

impl Answer {
    /// Reads the whole answer, or tells in words why it broke off.
    pub(super) async fn read(mut response: reqwest::Response) -> Result<Self, String> {
        let mut body = BytesMut::new();
        let mut cut = false;
        while let Some(chunk) = response.chunk().await.map_err(|error| describe(&error))? {
            if body.len() + chunk.len() > LONGEST_BODY {
                cut = true;
                break;
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Self {
            body: body.freeze(),
            cut,
            ..Self::head(&mut response)
        })
    }

    /// An answer whose body has been read elsewhere.
    pub(super) fn head(response: &mut reqwest::Response) -> Self {
        Self {
            status: response.status().as_u16(),
            headers: std::mem::take(response.headers_mut()),
            body: Bytes::new(),
            cut: false,
        }
    }

    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Cause> {
        let unreadable = |why: &str| {
            let request = self.request_id().unwrap_or("unknown");
            Cause::Broken {
                detail: format!("GitHub's answer cannot be read: {why} (request {request})"),
            }
        };
        if self.cut {
            return Err(unreadable("it is longer than 16 MiB"));
        }
        serde_json::from_slice(&self.body).map_err(|error| unreadable(&error.to_string()))
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(super) fn request_id(&self) -> Option<&str> {
        self.header("x-github-request-id")
    }

    pub(super) fn location(&self) -> Option<&str> {
        let is_redirect = matches!(self.status, 301 | 302 | 303 | 307 | 308);
        self.header(header::LOCATION.as_str())
            .filter(|_| is_redirect)
    }

    /// What the rate_limit wants to know.
    pub(super) fn signals(&self) -> Signals {
        Signals {
            status: self.status,
            retry_after: self.number(&header::RETRY_AFTER).map(Duration::from_secs),
            remaining: self.number(&HeaderName::from_static("x-ratelimit-remaining")),
            reset: self.number(&HeaderName::from_static("x-ratelimit-reset")),
            says_limited: matches!(self.status, 403 | 429)
                && failure::message(self)
                    .to_ascii_lowercase()
                    .contains("rate limit"),
        }
    }

    /// The same of an answer over GraphQL, which has status 200 whatever happened: the status that REST would have given
    /// ([Rate limits for the GraphQL API](https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api)).
    pub(super) fn graphql_signals(&self) -> Signals {
        let mut signals = self.signals();
        let Ok(answer) = self.json::<GraphQlAnswer>() else {
            return signals;
        };
        for error in answer.errors {
            match error.kind.as_str() {
                "RATE_LIMITED" => {
                    signals.status = 403;
                    signals.says_limited = true;
                }
                "" | "INTERNAL" | "SERVICE_UNAVAILABLE" | "TIMEOUT" => signals.status = 502,
                _ => {}
            }
        }
        signals
    }

    fn number(&self, name: &HeaderName) -> Option<u64> {
        self.header(name.as_str())?.trim().parse().ok()
    }

    #[cfg(test)]
    pub(super) fn of(status: u16, headers: &[(&'static str, &str)], body: &str) -> Self {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        Self {
            status,
            headers: headers.collect(),
            body: Bytes::copy_from_slice(body.as_bytes()),
            cut: false,
        }
    }
}
