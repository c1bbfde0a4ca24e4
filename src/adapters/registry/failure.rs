//! Why a request failed, by whether another attempt could help, with the registry's own message.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use reqwest::header::LOCATION;
use serde::Deserialize;

use super::answered::Answered;
use crate::adapters::http::{
    AddressRefused, Http, RequestUnderWay, describe, excerpt, excerpt_of_body, page_of, retry_after,
};
use crate::domain::ImageRepository;
use crate::domain::urls::shown;
use crate::protocol::Cause;

#[derive(Debug)]
pub(super) enum RequestFailure {
    /// Another attempt may succeed. `wait` is what the server asked for.
    Passing {
        detail: String,
        wait: Option<Duration>,
        /// What failed: it is under way until it has succeeded or is given up.
        request: Option<Arc<RequestUnderWay>>,
    },
    /// Refused by a rate limit: what was asked did not happen. `wait` is what the server asked for.
    Limited {
        detail: String,
        wait: Option<Duration>,
    },
    /// Another attempt would fail in the same way.
    Lasting(Cause),
}

impl RequestFailure {
    pub(super) fn passing(detail: impl Into<String>) -> Self {
        Self::Passing {
            detail: detail.into(),
            wait: None,
            request: None,
        }
    }

    /// The same, which keeps a request under way as long as it may be sent again.
    pub(super) fn keeping(mut self, under_way: Option<&Arc<RequestUnderWay>>) -> Self {
        if let Self::Passing { request, .. } = &mut self {
            *request = under_way.cloned();
        }
        self
    }

    pub(super) fn broken(detail: impl Into<String>) -> Self {
        Self::Lasting(Cause::Broken {
            detail: detail.into(),
        })
    }

    /// No answer, or not all of it.
    pub(super) fn transport(http: &Http, error: &reqwest::Error) -> Self {
        if let Some(refused) = AddressRefused::find(error) {
            return Self::broken(refused.to_string());
        }
        match error.url().map(|url| http.no_answer(url, error)) {
            Some(Cause::Unknown { detail }) => Self::passing(detail),
            Some(cause) => Self::Lasting(cause),
            None => Self::passing(describe(error)),
        }
    }

    pub(super) fn detail(&self) -> String {
        match self {
            Self::Passing { detail, .. } | Self::Limited { detail, .. } => detail.clone(),
            Self::Lasting(cause) => cause.to_string(),
        }
    }

    /// How long the server asks to wait.
    pub(super) fn asked_wait(&self) -> Option<Duration> {
        match self {
            Self::Passing { wait, .. } | Self::Limited { wait, .. } => *wait,
            Self::Lasting(_) => None,
        }
    }
}

impl From<Cause> for RequestFailure {
    fn from(cause: Cause) -> Self {
        Self::Lasting(cause)
    }
}

impl From<RequestFailure> for Cause {
    fn from(failure: RequestFailure) -> Self {
        match failure {
            RequestFailure::Passing { detail, .. } => Cause::Unknown { detail },
            RequestFailure::Limited { detail, wait } => Cause::Limited {
                detail: match wait {
                    Some(wait) => format!("{detail} (asks to wait {} s)", wait.as_secs()),
                    None => detail,
                },
            },
            RequestFailure::Lasting(cause) => cause,
        }
    }
}

/// An answer that refuses the request.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    /// The registry's message, in one line; never empty.
    pub(super) message: String,
    /// The error codes of the OCI distribution specification.
    codes: Vec<String>,
    wait: Option<Duration>,
    /// `X-Request-Id` or a similar header, for the operators of the registry.
    pub(super) request_id: Option<String>,
}

impl Refusal {
    /// `body` is without what the request was authorized with.
    pub(super) fn new(
        status: StatusCode,
        Answered { url, headers, .. }: &Answered,
        body: &[u8],
        now: SystemTime,
    ) -> Self {
        let text = |name: &str| headers.get(name)?.to_str().ok().map(excerpt);
        let (codes, mut message) = read_body(status, body);
        if let Some(page) = page_of(url, headers, body) {
            message = format!("{message} ({page})");
        }
        let target = headers.get(LOCATION).filter(|_| status.is_redirection());
        if let Some(to) = target.and_then(|target| url.join(target.to_str().ok()?).ok()) {
            message = format!("{message}: redirects to {}", shown(&to));
        }
        Self {
            status,
            message,
            codes,
            wait: retry_after(headers, now),
            request_id: text("x-request-id").or_else(|| text("x-github-request-id")),
        }
    }

    pub(super) fn has_code(&self, codes: &[&str]) -> bool {
        self.codes.iter().any(|seen| codes.contains(&seen.as_str()))
    }

    /// The cause that the status implies. `identity` is the user as whom the request was sent.
    pub(super) fn classify(self, at: &ImageRepository, identity: &str) -> RequestFailure {
        let Self {
            status,
            message,
            wait,
            request_id,
            ..
        } = self;
        let status = status.as_u16();
        let detail = || format!("{status} {message}");
        match status {
            401 | 403 => RequestFailure::Lasting(Cause::Denied {
                status,
                message: format!("{message} (asked {identity})"),
                accepted: None,
                help: format!(
                    "check the credentials for {}: `registry-username` and `registry-password` (on a terminal REGISTRY_PASSWORD), or \
                     `registry-config`, and that they may do this in {}; registries also answer so for a repository that is not there",
                    at.registry(),
                    at.path()
                ),
                request_id,
            }),
            429 => RequestFailure::Limited {
                detail: detail(),
                wait,
            },
            408 | 425 | 500.. => RequestFailure::Passing {
                detail: detail(),
                wait,
                request: None,
            },
            409 => RequestFailure::Lasting(Cause::Conflict {
                status,
                message,
                request_id,
            }),
            _ => RequestFailure::Lasting(Cause::Refused {
                status,
                message,
                request_id,
            }),
        }
    }
}

/// Codes and message of the body that the OCI distribution specification requires ("Error Codes"), or of another body:
/// the JSON of token services, plain text, or only the status.
fn read_body(status: StatusCode, body: &[u8]) -> (Vec<String>, String) {
    #[derive(Deserialize)]
    struct Envelope {
        errors: Vec<Item>,
    }
    #[derive(Deserialize)]
    struct Item {
        #[serde(default)]
        code: String,
        #[serde(default)]
        message: Option<String>,
    }
    /// The error bodies of token services, among them the error of OAuth 2.0 (RFC 6749, section 5.2).
    #[derive(Deserialize)]
    struct PlainError {
        message: Option<String>,
        details: Option<String>,
        error_description: Option<String>,
        error: Option<String>,
    }

    let mut codes = Vec::new();
    let message = if let Ok(envelope) = serde_json::from_slice::<Envelope>(body) {
        let sentence = |item: &Item| match item.message.as_deref() {
            Some(message) if !message.is_empty() => format!("{}: {message}", item.code),
            _ => item.code.clone(),
        };
        let sentences: Vec<_> = envelope.errors.iter().map(sentence).collect();
        codes.extend(envelope.errors.into_iter().map(|item| item.code));
        Some(sentences.join("; "))
    } else if let Ok(plain) = serde_json::from_slice::<PlainError>(body) {
        let message = plain.message.or(plain.details);
        message.or(plain.error_description).or(plain.error)
    } else {
        excerpt_of_body(body)
    };
    let message = message
        .map(|message| excerpt(&message))
        .filter(|message| !message.is_empty())
        .unwrap_or_else(|| status.canonical_reason().unwrap_or("no message").to_owned());
    (codes, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(body: &str) -> String {
        read_body(StatusCode::FORBIDDEN, body.as_bytes()).1
    }

    #[test]
    fn message_is_found_in_every_known_form_of_body() {
        for (body, text) in [
            (
                r#"{"errors":[{"code":"DENIED","message":"no","detail":{}}]}"#,
                "DENIED: no",
            ),
            (
                r#"{"errors":[{"code":"DENIED"},{"code":"NEW_CODE","message":"b"}]}"#,
                "DENIED; NEW_CODE: b",
            ),
            (r#"{"errors":[]}"#, "Forbidden"),
            (
                r#"{"details":"incorrect username or password"}"#,
                "incorrect username or password",
            ),
            (r#"{"error":"invalid_grant"}"#, "invalid_grant"),
            (
                r#"{"error":"invalid_grant","error_description":"expired"}"#,
                "expired",
            ),
            (r#"{"other":1}"#, "Forbidden"),
            ("plain\nwords\u{1b}[31m", "plain words [31m"),
            ("<html>long page</html>", "Forbidden"),
            ("", "Forbidden"),
        ] {
            assert_eq!(message(body), text, "{body}");
        }
        assert_eq!(message(&"é".repeat(1000)).chars().count(), 501);
    }
}
