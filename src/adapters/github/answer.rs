//! An answer of GitHub with its body, which is read up to a limit.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, header};
use serde::de::DeserializeOwned;
use url::Url;

use crate::adapters::http::{describe, hidden, page_of};
use crate::domain::urls::shown;
use crate::protocol::Cause;

/// The most bytes of a body that are read. A page of a hundred releases with notes of the usual length has a tenth of it.
const LONGEST_BODY: usize = 16 << 20;

/// An answer of any status.
#[derive(Clone, Debug)]
pub(super) struct GitHubAnswer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// Where it came from.
    url: Url,
    /// Whether the body was longer than [`LONGEST_BODY`].
    cut: bool,
}

impl GitHubAnswer {
    /// Reads the whole answer of a URL, or returns the reason why it ended early.
    pub(super) async fn read(url: &Url, mut response: reqwest::Response) -> Result<Self, Cause> {
        let mut body = BytesMut::new();
        let mut cut = false;
        while let Some(chunk) = response.chunk().await.map_err(|error| Cause::Unknown {
            detail: describe(&error),
        })? {
            if body.len() + chunk.len() > LONGEST_BODY {
                cut = true;
                break;
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Self {
            body: body.freeze(),
            cut,
            ..Self::head(url, &mut response)
        })
    }

    /// An answer whose body was read elsewhere.
    pub(super) fn head(url: &Url, response: &mut reqwest::Response) -> Self {
        Self {
            url: url.clone(),
            status: response.status().as_u16(),
            headers: std::mem::take(response.headers_mut()),
            body: Bytes::new(),
            cut: false,
        }
    }

    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as JSON.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Cause> {
        let unreadable = |why: &str| {
            let request = self.request_id().unwrap_or("unknown");
            let answer = self.page();
            let answer = answer.unwrap_or_else(|| format!("{} answers: {why}", shown(&self.url)));
            Cause::Broken {
                detail: format!("GitHub's answer cannot be read: {answer} (request {request})"),
            }
        };
        if self.cut {
            return Err(unreadable("it is longer than 16 MiB"));
        }
        serde_json::from_slice(&self.body).map_err(|error| unreadable(&error.to_string()))
    }

    /// Who answered, where it is a page for browsers.
    pub(super) fn page(&self) -> Option<String> {
        page_of(&self.url, &self.headers, &self.body)
    }

    /// The repository that was asked for, `owner/name`.
    pub(super) fn repository(&self) -> Option<String> {
        let mut segments = self
            .url
            .path_segments()?
            .skip_while(|part| *part != "repos");
        segments.next()?;
        Some(format!("{}/{}", segments.next()?, segments.next()?))
    }

    /// A page of a proxy may show the request that it was sent; what it was authorized with is taken out.
    pub(super) fn without(mut self, authorization: &HeaderValue) -> Self {
        let is_json = matches!(self.body.trim_ascii_start().first(), Some(b'{' | b'['));
        if !(self.is_success() && is_json) {
            self.body = hidden(self.body, authorization);
        }
        self
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(super) fn request_id(&self) -> Option<&str> {
        self.header("x-github-request-id")
    }

    /// The target of a redirect for messages.
    pub(super) fn shown_location(&self) -> Option<String> {
        Some(match self.url.join(self.location()?) {
            Ok(to) => shown(&to),
            Err(_) => "what is no address".to_owned(),
        })
    }

    /// Where a redirect leads; `None` for an answer that is none.
    pub(super) fn location(&self) -> Option<&str> {
        let is_redirect = matches!(self.status, 301 | 302 | 303 | 307 | 308);
        self.header(header::LOCATION.as_str())
            .filter(|_| is_redirect)
    }

    #[cfg(test)]
    pub(super) fn of(status: u16, headers: &[(&'static str, &str)], body: &str) -> Self {
        let headers = headers
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()));
        Self {
            status,
            headers: headers.collect(),
            body: Bytes::copy_from_slice(body.as_bytes()),
            url: "https://api.github.com/repos/o/r/x".parse().unwrap(),
            cut: false,
        }
    }
}
