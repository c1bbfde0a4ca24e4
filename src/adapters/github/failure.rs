//! Why GitHub refused a request, and what may be concluded from it.
//!
//! [Troubleshooting the REST API](https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api),
//! [Client errors](https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api)

use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::answer::GitHubAnswer;
use super::models::GraphQlError;
use crate::adapters::http::{excerpt, excerpt_of_body};
use crate::protocol::Cause;

/// The body of a refusal.
#[derive(Deserialize)]
struct ErrorBody {
    #[serde(default)]
    message: String,
    /// Objects, texts, one of them without a list, or nothing.
    #[serde(default)]
    errors: Value,
}

/// The cause of a refusal. 404 is a cause here: a caller for which 404 is a result handles it before.
pub(super) fn cause(answer: &GitHubAnswer) -> Cause {
    let status = answer.status;
    let message = message(answer);
    let request_id = answer.request_id().map(str::to_owned);
    match status {
        // GitHub often answers 404 where a permission is missing.
        401 | 403 | 404 => Cause::Denied {
            status,
            message,
            accepted: answer
                .header("x-accepted-github-permissions")
                .filter(|accepted| !accepted.is_empty())
                .map(str::to_owned),
            help: denied_help(status, answer.repository().as_deref()),
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
            message: match answer.shown_location() {
                Some(to) => format!("{message}: GitHub redirects to {to}"),
                None => message,
            },
            request_id,
        },
    }
}

/// What to check for a status, about the token, the right or the repository.
fn denied_help(status: u16, repository: Option<&str>) -> String {
    match (status, repository) {
        (401, _) => "GitHub does not know this token, or no longer: check `github-token` (for `publish` also `publish-token`, for another \
                     repository `target-token`); on a terminal, the variable GITHUB_TOKEN"
            .to_owned(),
        (404, Some(repository)) => format!(
            "is {repository} the right name, and may the token (`github-token`, for another repository `target-token`) see that repository? GitHub answers 404 as well for \
             what a token may not see"
        ),
        _ => "GitHub knows the token (`github-token`, for another repository `target-token`), which lacks the right for this".to_owned(),
    }
}

/// GitHub's message with the errors that go with it, on one line.
pub(super) fn message(answer: &GitHubAnswer) -> String {
    let text = match body(answer) {
        Some(ErrorBody { message, errors }) => {
            let details = details(&errors);
            excerpt(&match (message.is_empty(), details.is_empty()) {
                (_, true) => message,
                (true, false) => details,
                (false, false) => format!("{message}: {details}"),
            })
        }
        None => excerpt_of_body(&answer.body).unwrap_or_default(),
    };
    if !text.is_empty() {
        return text;
    }
    let status = StatusCode::from_u16(answer.status).ok();
    let status = status.and_then(|status| status.canonical_reason());
    let status = status.unwrap_or("no message");
    match answer.page() {
        Some(page) => format!("{status} ({page})"),
        None => status.to_owned(),
    }
}

/// Whether the token lacks the right to write workflow files. GitHub asks for it when a tag would make workflow files
/// visible that differ from those of the default branch
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
pub(super) fn is_gone(answer: &GitHubAnswer) -> bool {
    let says = |text: &str| message(answer).contains(text);
    answer.status == 404 || (answer.status == 422 && says("Reference does not exist"))
}

/// Turns the refusal to move a reference that was deleted meanwhile into a conflict, so that the caller reads again.
pub(super) fn gone_is_conflict(cause: Cause) -> Cause {
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

/// The status that REST would have given for the errors of a GraphQL answer; `None` where the query itself failed.
pub(super) fn graphql_status(errors: &[GraphQlError]) -> Option<u16> {
    let status = |error: &GraphQlError| match error.kind.as_str() {
        "RATE_LIMITED" => Some(403),
        "" | "INTERNAL" | "SERVICE_UNAVAILABLE" | "TIMEOUT" => Some(502),
        _ => None,
    };
    errors.iter().rev().find_map(status)
}

/// The cause of the errors of a GraphQL answer.
pub(super) fn graphql_cause(
    errors: &[GraphQlError],
    answer: &GitHubAnswer,
    repository: &str,
) -> Cause {
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
        // As over REST: GitHub does not say which of the two it is.
        let status = if is_any(&["NOT_FOUND"]) { 404 } else { 403 };
        Cause::Denied {
            status,
            message,
            accepted: None,
            help: denied_help(status, Some(repository)),
            request_id,
        }
    } else if graphql_status(errors) == Some(502) {
        Cause::Unknown { detail: message }
    } else {
        Cause::Refused {
            status: answer.status,
            message,
            request_id,
        }
    }
}

/// Whether the name of a tag, an asset or a reference is in use.
fn is_taken(answer: &GitHubAnswer) -> bool {
    let Some(body) = body(answer) else {
        return false;
    };
    let coded = body
        .errors
        .as_array()
        .is_some_and(|errors| errors.iter().any(|error| error["code"] == "already_exists"));
    coded || body.message.contains("already exists")
}

fn body(answer: &GitHubAnswer) -> Option<ErrorBody> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, body: &str) -> Cause {
        cause(&GitHubAnswer::of(
            status,
            &[
                ("x-github-request-id", "AB:1"),
                ("x-accepted-github-permissions", "contents=write"),
            ],
            body,
        ))
    }

    #[test]
    fn status_decides_the_cause() {
        let not_found = r#"{"message":"Not Found","documentation_url":"x","status":"404"}"#;
        for status in [401, 403, 404] {
            assert_eq!(
                of(status, not_found),
                Cause::Denied {
                    status,
                    message: "Not Found".into(),
                    accepted: Some("contents=write".into()),
                    help: denied_help(status, Some("o/r")),
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
    fn name_in_use_is_a_conflict() {
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
    fn message_is_read_from_every_form_of_errors() {
        for (body, shown) in [
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
            (
                "<html>\n<body>Unicorn!</body>",
                "Unprocessable Entity (https://api.github.com/repos/o/r/x answers with no content type: \"Unicorn!\")",
            ),
            ("plain\r\n::error::text\0", "plain ::error::text"),
            ("", "Unprocessable Entity"),
            ("[1]", "[1]"),
        ] {
            assert_eq!(message(&GitHubAnswer::of(422, &[], body)), shown);
        }
        let long = message(&GitHubAnswer::of(422, &[], &"ü".repeat(9000)));
        assert_eq!(long.chars().count(), 501);
    }

    #[test]
    fn missing_right_for_workflow_files_is_recognised() {
        let denied = |status, accepted: &str, message: &str| {
            let headers = [("x-accepted-github-permissions", accepted)];
            let body = format!(r#"{{"message":"{message}"}}"#);
            wants_workflows(&cause(&GitHubAnswer::of(status, &headers, &body)))
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
}
