//! What went wrong with one request, sorted by whether asking again could help, and in the registry's own words.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde::Deserialize;

use crate::adapters::http::describe;
use crate::protocol::{Cause, Clock};

/// Words of a registry that are shown: enough for a sentence, not for a page.
const WORDS: usize = 300;

#[derive(Debug)]
pub(super) enum Failure {
    /// May go away by itself. `wait` is what the server asked for.
    Passing {
        detail: String,
        wait: Option<Duration>,
    },
    /// Refused for the rate, and so certainly not done.
    Limited {
        detail: String,
        wait: Option<Duration>,
    },
    Lasting(Cause),
}

impl Failure {
    pub(super) fn passing(detail: impl Into<String>) -> Self {
        Self::Passing {
            detail: detail.into(),
            wait: None,
        }
    }

    pub(super) fn transport(error: &reqwest::Error) -> Self {
        Self::passing(describe(error))
    }

    pub(super) fn broken(detail: impl Into<String>) -> Self {
        Self::Lasting(Cause::Broken {
            detail: detail.into(),
        })
    }

    pub(super) fn detail(&self) -> String {
        match self {
            Self::Passing { detail, .. } | Self::Limited { detail, .. } => detail.clone(),
            Self::Lasting(cause) => cause.to_string(),
        }
    }

    pub(super) fn wait(&self) -> Option<Duration> {
        match self {
            Self::Passing { wait, .. } | Self::Limited { wait, .. } => *wait,
            Self::Lasting(_) => None,
        }
    }
}

impl From<Cause> for Failure {
    fn from(cause: Cause) -> Self {
        Self::Lasting(cause)
    }
}

impl From<Failure> for Cause {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Passing { detail, .. } => Cause::Unknown { detail },
            Failure::Limited { detail, .. } => Cause::Limited { detail },
            Failure::Lasting(cause) => cause,
        }
    }
}

/// An answer that is not the one hoped for.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) words: Words,
    pub(super) wait: Option<Duration>,
    /// `X-Request-Id` or its like, for whoever runs the registry.
    pub(super) request_id: Option<String>,
}

impl Refusal {
    pub(super) fn new(
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
        clock: &dyn Clock,
    ) -> Self {
        let text = |name: &str| headers.get(name)?.to_str().ok().map(readable);
        Self {
            status,
            words: Words::read(status, body),
            wait: headers
                .get(RETRY_AFTER)
                .and_then(|value| super::retry::retry_after(value.to_str().ok()?, clock.wall())),
            request_id: text("x-request-id").or_else(|| text("x-github-request-id")),
        }
    }

    /// What may be concluded from it. `whom` says as whom was asked.
    pub(super) fn sort(self, whom: &str) -> Failure {
        let Self {
            status,
            words,
            wait,
            request_id,
        } = self;
        let message = words.text;
        let code = status.as_u16();
        match code {
            401 | 403 => Failure::Lasting(Cause::Denied {
                status: code,
                message: format!("{message} (asked {whom})"),
                accepted: None,
                request_id,
            }),
            429 => Failure::Limited {
                detail: format!("{code} {message}"),
                wait,
            },
            408 | 425 | 500.. => Failure::Passing {
                detail: format!("{code} {message}"),
                wait,
            },
            409 => Failure::Lasting(Cause::Conflict {
                status: code,
                message,
                request_id,
            }),
            _ => Failure::Lasting(Cause::Refused {
                status: code,
                message,
                request_id,
            }),
        }
    }
}

/// The error body of the OCI distribution specification, "Error Codes", or whatever came in its place.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) codes: Vec<String>,
    pub(super) text: String,
}

impl Words {
    fn read(status: StatusCode, body: &[u8]) -> Self {
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
        /// What token services write, among them OAuth 2.0's (RFC 6749 §5.2).
        #[derive(Deserialize)]
        struct Plain {
            message: Option<String>,
            details: Option<String>,
            error_description: Option<String>,
            error: Option<String>,
        }

        let reason = status.canonical_reason().unwrap_or("no words");
        if let Ok(envelope) = serde_json::from_slice::<Envelope>(body) {
            let say = |item: &Item| match item.message.as_deref() {
                Some(message) if !message.is_empty() => format!("{}: {message}", item.code),
                _ => item.code.clone(),
            };
            let text = envelope
                .errors
                .iter()
                .map(say)
                .collect::<Vec<_>>()
                .join("; ");
            return Self {
                codes: envelope.errors.into_iter().map(|item| item.code).collect(),
                text: readable(if text.is_empty() { reason } else { &text }),
            };
        }
        let text = serde_json::from_slice::<Plain>(body)
            .map_or_else(
                |_| String::from_utf8(body.to_vec()).ok(),
                |plain| {
                    let said = plain.message.or(plain.details);
                    said.or(plain.error_description).or(plain.error)
                },
            )
            // A page for browsers says less than its status does.
            .filter(|text| !text.trim().is_empty() && !text.trim_start().starts_with('<'));
        Self {
            codes: Vec::new(),
            text: readable(text.as_deref().unwrap_or(reason)),
        }
    }

    pub(super) fn has(&self, code: &str) -> bool {
        self.codes.iter().any(|seen| seen == code)
    }
}

/// Text from outside on one line, without control characters and not too long.
pub(super) fn readable(text: &str) -> String {
    let mut line: String = text
        .trim()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(WORDS + 1)
        .collect();
    if line.chars().count() > WORDS {
        line.pop();
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(body: &str) -> String {
        Words::read(StatusCode::FORBIDDEN, body.as_bytes()).text
    }

    #[test]
    fn finds_the_words_of_any_registry() {
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
            assert_eq!(words(body), text, "{body}");
        }
        assert_eq!(words(&"é".repeat(1000)).chars().count(), WORDS + 1);
    }
}
