//! Who answered a request, and what may be shown of the answer.

use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Response, Url};

use crate::adapters::http::{hidden, page_of};

/// What the request of a response was authorized with, among the extensions of the response.
#[derive(Clone)]
pub(super) struct SentWith(pub(super) HeaderValue);

/// Who answered, without the body.
pub(super) struct Answered {
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    sent: Option<SentWith>,
}

impl Answered {
    pub(super) fn of(response: &Response) -> Self {
        Self {
            url: response.url().clone(),
            headers: response.headers().clone(),
            sent: response.extensions().get().cloned(),
        }
    }

    /// The body without what the request was authorized with.
    pub(super) fn hidden(&self, body: Bytes) -> Bytes {
        match &self.sent {
            Some(SentWith(authorization)) => hidden(body, authorization),
            None => body,
        }
    }

    /// Who answered, where it is with a page for browsers.
    pub(super) fn page(&self, body: &Bytes) -> Option<String> {
        page_of(&self.url, &self.headers, &self.hidden(body.clone()))
    }
}
