//! What a refusal of GitHub says, and what may be concluded from it.
//!
//! [Troubleshooting the REST API](https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api),
//! [Client errors](https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api)

use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::answer::Answer;
use super::models::GraphQlError;
use crate::protocol::Cause;

/// Of what a server sent, so much is shown.
const LONGEST_EXCERPT: usize = 500;

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    message: String,
    /// Objects, texts, one of them without a list, or nothing.
    #[serde(default)]
    errors: Value,
}

/// What follows from an answer that is not what was hoped for. Absence is not known here: where 404 answers the question,
/// it is taken before.
pub(super) fn cause(answer: &Answer) -> Cause {
    let status = answer.status;
    let message = message(answer);
    let request_id = answer.request_id().map(str::to_owned);
    match status {
        // To whoever lacks a right, GitHub often pretends that there is nothing.
        401 | 403 | 404 => Cause::Denied {
            status,
            message,
            accepted: answer
                .header("x-accepted-github-permissions")
                .filter(|accepted| !accepted.is_empty())
                .map(str::to_owned),
            request_id,
        },
        408 | 500..=599 => Cause::Unknown {
            detail: match request_id {
                Some(id) => format!("{status} {message} (request {id})"),
                None => format!("{status} {message}"),
            },
        },
        409 => Cause::Conflict {
            status,
            message,
            request_id,
        },
        422 if is_taken(answer) => Cause::Conflict {
            status,
            message,
            request_id,
        },
        _ => Cause::Refused {
            status,
            message,
            request_id,
        },
    }
}

/// GitHub's message with the errors that go with it, on one line.
pub(super) fn message(answer: &Answer) -> String {
    let text = match body(answer) {
        Some(Body { message, errors }) => {
            let details = details(&errors);
            match (message.is_empty(), details.is_empty()) {
                (_, true) => message,
                (true, false) => details,
                (false, false) => format!("{message}: {details}"),
            }
        }
        // A page for people, from GitHub or from something in between, tells less than the status.
        None if answer.body.trim_ascii_start().starts_with(b"<") => String::new(),
        None => String::from_utf8_lossy(&answer.body).into_owned(),
    };
    let text = excerpt(&text);
    if text.is_empty() {
        StatusCode::from_u16(answer.status)
            .ok()
            .and_then(|status| status.canonical_reason())
            .unwrap_or("no message")
            .to_owned()
    } else {
        text
    }
}

/// Whether a right that is named in the refusal is one for workflow files. GitHub asks for it when a tag makes workflow
/// files visible that differ from those of the default branch
/// ([Create a release](https://docs.github.com/en/rest/releases/releases#create-a-release)).
pub(super) fn wants_workflows(cause: &Cause) -> bool {
    let Cause::Denied {
        status: 403,
        message,
        accepted,
        ..
    } = cause
    else {
        return false;
    };
    let named = accepted
        .as_ref()
        .is_some_and(|accepted| accepted.contains("workflows"));
    named || message.contains("workflow")
}

/// Whether a deletion found nothing to delete.
pub(super) fn is_gone(answer: &Answer) -> bool {
    let says = |text: &str| message(answer).contains(text);
    answer.status == 404 || (answer.status == 422 && says("Reference does not exist"))
}

/// A reference that was to be moved, and was removed meanwhile: that is someone else's doing, to be looked at.
pub(super) fn or_gone(cause: Cause) -> Cause {
    match cause {
        Cause::Refused {
            status: 422,
            message,
            request_id,
        } if message.contains("Reference does not exist") => Cause::Conflict {
            status: 422,
            message,
            request_id,
        },
        other => other,
    }
}

/// What follows from the errors of a GraphQL answer.
pub(super) fn graphql_cause(errors: &[GraphQlError], answer: &Answer) -> Cause {
    let message = errors
        .iter()
        .map(|error| error.message.as_str())
        .collect::<Vec<_>>()
        .join("; ");
    let message = excerpt(&message);
    let request_id = answer.request_id().map(str::to_owned);
    let is_any = |kinds: &[&str]| {
        errors
            .iter()
            .any(|error| kinds.contains(&error.kind.as_str()))
    };
    if is_any(&[
        "NOT_FOUND",
        "FORBIDDEN",
        "INSUFFICIENT_SCOPES",
        "UNAUTHORIZED",
    ]) {
        Cause::Denied {
            status: answer.status,
            message,
            accepted: None,
            request_id,
        }
    } else if answer.graphql_signals().status >= 500 {
        Cause::Unknown { detail: message }
    } else {
        Cause::Refused {
            status: answer.status,
            message,
            request_id,
        }
    }
}

/// Whether the name is in use: of a release's tag, of an asset, of a reference.
fn is_taken(answer: &Answer) -> bool {
    let Some(body) = body(answer) else {
        return false;
    };
    let coded = body
        .errors
        .as_array()
        .is_some_and(|errors| errors.iter().any(|error| error["code"] == "already_exists"));
    coded || body.message.contains("already exists")
}

fn body(answer: &Answer) -> Option<Body> {
    serde_json::from_slice(&answer.body).ok()
}

fn details(errors: &Value) -> String {
    let list = match errors {
        Value::Array(list) => list.as_slice(),
        Value::Null => &[],
        single => std::slice::from_ref(single),
    };
    list.iter().map(detail).collect::<Vec<_>>().join("; ")
}

fn detail(error: &Value) -> String {
    let part = |key: &str| error.get(key).and_then(Value::as_str);
    match (error.as_str(), part("message")) {
        (Some(text), _) | (None, Some(text)) => text.to_owned(),
        (None, None) => ["resource", "field", "code"]
            .into_iter()
            .filter_map(part)
            .collect::<Vec<_>>()
            .join(" "),
    }
}

/// On one line and not too long: it ends in a sentence of ours.
fn excerpt(text: &str) -> String {
    let line = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    match line.char_indices().nth(LONGEST_EXCERPT) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, body: &str) -> Cause {
        cause(&Answer::of(
            status,
            &[
                ("x-github-request-id", "AB:1"),
                ("x-accepted-github-permissions", "contents=write"),
            ],
            body,
        ))
    }

    #[test]
    fn every_status_is_sorted_by_what_follows_from_it() {
        let not_found = r#"{"message":"Not Found","documentation_url":"x","status":"404"}"#;
        for status in [401, 403, 404] {
            assert_eq!(
                of(status, not_found),
                Cause::Denied {
                    status,
                    message: "Not Found".into(),
                    accepted: Some("contents=write".into()),
                    request_id: Some("AB:1".into()),
                }
            );
        }
        for status in [408, 500, 502, 503, 504] {
            assert!(matches!(of(status, ""), Cause::Unknown { detail } if detail.contains("AB:1")));
        }
        assert!(matches!(of(409, "{}"), Cause::Conflict { .. }));
        for status in [400, 410, 413, 415, 422, 451] {
            assert!(
                matches!(of(status, "{}"), Cause::Refused { .. }),
                "{status}"
            );
        }
    }

    #[test]
    fn a_name_in_use_is_a_conflict() {
        for body in [
            r#"{"message":"Validation Failed","errors":[{"resource":"Release","code":"already_exists","field":"tag_name"}]}"#,
            r#"{"message":"Reference already exists"}"#,
        ] {
            assert!(matches!(of(422, body), Cause::Conflict { status: 422, .. }));
        }
        for body in [
            r#"{"message":"Validation Failed","errors":[{"resource":"Release","code":"custom","message":"tag_name was used by an immutable release"}]}"#,
            r#"{"message":"Object does not exist"}"#,
        ] {
            assert!(matches!(of(422, body), Cause::Refused { status: 422, .. }));
        }
    }

    #[test]
    fn errors_are_told_whatever_their_form() {
        for (body, told) in [
            (
                r#"{"message":"Validation Failed","errors":[{"resource":"Release","code":"missing_field","field":"tag_name"}]}"#,
                "Validation Failed: Release tag_name missing_field",
            ),
            (
                r#"{"message":"Validation Failed","errors":["body is too long"]}"#,
                "Validation Failed: body is too long",
            ),
            (
                r#"{"message":"Validation Failed","errors":"one text"}"#,
                "Validation Failed: one text",
            ),
            (
                r#"{"message":"Validation Failed","errors":[{"code":"custom","message":"Published releases must have a valid tag"}]}"#,
                "Validation Failed: Published releases must have a valid tag",
            ),
            (r#"{"message":"No","errors":null}"#, "No"),
            (r#"{"errors":["a","b"]}"#, "a; b"),
            ("<html>\n<body>Unicorn!</body>", "Unprocessable Entity"),
            ("plain\r\n::error::text\0", "plain ::error::text"),
            ("", "Unprocessable Entity"),
            ("[1]", "[1]"),
        ] {
            assert_eq!(message(&Answer::of(422, &[], body)), told);
        }
        let long = message(&Answer::of(422, &[], &"ü".repeat(9000)));
        assert_eq!(long.chars().count(), LONGEST_EXCERPT + 1);
    }

    #[test]
    fn the_refusal_for_workflow_files_is_known() {
        let denied = |status, accepted: &str, message: &str| {
            let headers = [("x-accepted-github-permissions", accepted)];
            let body = format!(r#"{{"message":"{message}"}}"#);
            wants_workflows(&cause(&Answer::of(status, &headers, &body)))
        };
        let accepted = "contents=write; contents=write,workflows=write";
        assert!(denied(
            403,
            accepted,
            "Resource not accessible by integration"
        ));
        assert!(denied(
            403,
            "",
            "refusing to allow a GitHub App to create or update workflow `.github/workflows/x.yaml`"
        ));
        assert!(!denied(
            403,
            "contents=write",
            "Resource not accessible by integration"
        ));
        assert!(!denied(404, accepted, "Not Found"));
    }

    #[test]
    fn graphql_tells_limits_and_failures_by_its_errors() {
        let signals = |body: &str| Answer::of(200, &[], body).graphql_signals();
        let limited =
            signals(r#"{"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded"}]}"#);
        assert!(limited.says_limited && limited.status == 403);
        let failed = r#"{"data":null,"errors":[{"message":"Something went wrong while executing your query"}]}"#;
        assert_eq!(signals(failed).status, 502);
        assert_eq!(
            signals(
                r#"{"data":{"repository":null},"errors":[{"type":"NOT_FOUND","message":"no"}]}"#
            )
            .status,
            200
        );
        assert_eq!(
            signals(r#"{"data":{"repository":{"release":null}}}"#).status,
            200
        );
    }
}
