//! Requests as handlers see them, and replies as handlers give them: plain values, before HTTP and faults.

use crate::{log::Service, text};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde_json::Value;
use std::path::PathBuf;

/// The head of a request.
#[derive(Clone, Debug)]
pub struct HttpRequest {
    /// Its number in the log, from 1.
    pub number: u64,
    pub service: Service,
    pub method: Method,
    /// As sent, percent signs included.
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
}

impl HttpRequest {
    /// A header's value, if it exists and is text.
    pub fn header(&self, name: impl http::header::AsHeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The first value of a query parameter, decoded.
    pub fn param(&self, name: &str) -> Option<String> {
        text::query_pairs(&self.query)
            .into_iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value)
    }

    /// Parts of the path between slashes, decoded.
    pub(crate) fn segments(&self) -> Vec<String> {
        self.path
            .trim_matches('/')
            .split('/')
            .map(text::percent_decode)
            .collect()
    }

    pub(crate) fn is_read(&self) -> bool {
        matches!(self.method, Method::GET | Method::HEAD | Method::OPTIONS)
    }

    /// Whether it may change something: two of GitHub's POSTs only ask.
    pub(crate) fn is_write(&self) -> bool {
        !self.is_read()
            && !self.path.ends_with("/graphql")
            && !self.path.ends_with("/generate-notes")
    }

    /// What `Authorization` carries: scheme in lower case, and the rest.
    pub(crate) fn credentials(&self) -> Option<(String, &str)> {
        let (scheme, rest) = self.header(AUTHORIZATION)?.split_once(' ')?;
        Some((scheme.to_lowercase(), rest.trim()))
    }

    pub(crate) fn content_length(&self) -> Option<u64> {
        self.header(CONTENT_LENGTH)?.parse().ok()
    }
}

/// Where a body comes from.
#[derive(Clone, Debug)]
pub(crate) enum ReplyBody {
    Bytes(Bytes),
    /// A stretch of a file, streamed.
    File {
        path: PathBuf,
        from: u64,
        length: u64,
    },
}

/// An answer on its way to the socket.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) payload: ReplyBody,
}

impl Reply {
    pub(crate) fn status(status: u16) -> Reply {
        Reply {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            headers: HeaderMap::new(),
            payload: ReplyBody::Bytes(Bytes::new()),
        }
    }

    pub(crate) fn json(status: u16, body: &Value) -> Reply {
        Reply::status(status)
            .with(CONTENT_TYPE, "application/json; charset=utf-8")
            .bytes(body.to_string())
    }

    pub(crate) fn with(mut self, name: HeaderName, value: impl AsRef<str>) -> Reply {
        // A value that is invalid in a header is omitted, as servers do.
        if let Ok(value) = HeaderValue::from_str(value.as_ref()) {
            self.headers.insert(name, value);
        }
        self
    }

    /// For names that `http` has no constant for.
    pub(crate) fn set(self, name: &'static str, value: impl AsRef<str>) -> Reply {
        self.with(HeaderName::from_static(name), value)
    }

    pub(crate) fn bytes(mut self, bytes: impl Into<Bytes>) -> Reply {
        self.payload = ReplyBody::Bytes(bytes.into());
        self
    }

    pub(crate) fn file(mut self, path: PathBuf, from: u64, length: u64) -> Reply {
        self.payload = ReplyBody::File { path, from, length };
        self
    }

    pub(crate) fn length(&self) -> u64 {
        match &self.payload {
            ReplyBody::Bytes(bytes) => bytes.len() as u64,
            ReplyBody::File { length, .. } => *length,
        }
    }
}
