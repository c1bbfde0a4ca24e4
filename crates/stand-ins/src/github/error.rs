//! Error answers in GitHub's forms.
//! <https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api>

use super::model::{Level, Right, TokenKind};
use crate::log::Service;
use crate::transport::{HttpRequest, Reply};
use crate::{fields, server};
use serde_json::{Value, json};

#[derive(Debug)]
pub(crate) struct ApiError {
    status: u16,
    message: String,
    errors: Vec<Value>,
    accepted: Option<String>,
}

pub(crate) type ApiResult = Result<Reply, ApiError>;

impl ApiError {
    pub(crate) fn new(status: u16, message: impl Into<String>) -> ApiError {
        ApiError {
            status,
            message: message.into(),
            errors: Vec::new(),
            accepted: None,
        }
    }

    pub(crate) fn not_found() -> ApiError {
        ApiError::new(404, "Not Found")
    }

    /// An internal failure of the stand-in, such as a full disk.
    pub(crate) fn internal(error: &std::io::Error) -> ApiError {
        ApiError::new(500, format!("Server Error: {error}"))
    }

    /// A field with one of the codes of the documentation: `missing`, `missing_field`, `invalid`,
    /// `already_exists`, `unprocessable`.
    pub(crate) fn field(resource: &str, code: &str, field: &str) -> ApiError {
        ApiError::validation(vec![
            json!({"resource": resource, "code": code, "field": field}),
        ])
    }

    /// A field with a message of its own.
    pub(crate) fn custom(resource: &str, field: &str, message: &str) -> ApiError {
        ApiError::validation(vec![
            json!({"resource": resource, "code": "custom", "field": field, "message": message}),
        ])
    }

    /// The same with entries in `errors`.
    pub(crate) fn with_errors(self, errors: Vec<Value>) -> ApiError {
        ApiError { errors, ..self }
    }

    pub(crate) fn validation(errors: Vec<Value>) -> ApiError {
        ApiError {
            errors,
            ..ApiError::new(422, "Validation Failed")
        }
    }

    /// The body does not have the form the description asks for.
    pub(crate) fn form(detail: impl AsRef<str>) -> ApiError {
        ApiError::new(422, format!("Invalid request.\n\n{}", detail.as_ref()))
    }

    pub(crate) fn lacks(kind: TokenKind, right: Right, level: Level) -> ApiError {
        let level = if level == Level::Write {
            "write"
        } else {
            "read"
        };
        ApiError::forbidden(kind, format!("{}={level}", right.name()))
    }

    pub(crate) fn forbidden(kind: TokenKind, accepted: String) -> ApiError {
        let holder = if kind == TokenKind::Pat {
            "personal access token"
        } else {
            "integration"
        };
        ApiError {
            accepted: Some(accepted),
            ..ApiError::new(403, format!("Resource not accessible by {holder}"))
        }
    }

    pub(crate) fn is_forbidden(&self) -> bool {
        self.status == 401 || self.status == 403
    }

    /// Why it is refused in one text, as GraphQL says it.
    pub(crate) fn reason(&self) -> String {
        let texts = self.errors.iter().map(|error| {
            let (field, code) = (fields::text(error, "field"), fields::text(error, "code"));
            match (error.as_str(), fields::text(error, "message")) {
                (Some(text), _) => text.to_owned(),
                (None, "") => format!("{field} {code}"),
                (None, message) => message.to_owned(),
            }
        });
        let texts: Vec<String> = texts.collect();
        if texts.is_empty() {
            self.message.clone()
        } else {
            texts.join(", ")
        }
    }

    /// The same with the permissions of which one would do.
    pub(crate) fn accepting(self, accepted: &str) -> ApiError {
        ApiError {
            accepted: Some(accepted.to_owned()),
            ..self
        }
    }

    pub(crate) fn reply(self, request: &HttpRequest) -> Reply {
        let docs = documentation(request);
        let mut body = json!({ "message": self.message, "documentation_url": docs });
        // The uploads host has a form of its own: no `status`, but the request's id.
        if request.service == Service::Upload {
            fields::set(&mut body, "request_id", server::request_id(request.number));
        } else {
            fields::set(&mut body, "status", self.status.to_string());
        }
        if !self.errors.is_empty() {
            fields::set(&mut body, "errors", self.errors);
        }
        let reply = Reply::json(self.status, &body);
        match self.accepted {
            Some(accepted) => reply.set("x-accepted-github-permissions", accepted),
            None => reply,
        }
    }
}

/// The page about what was tried.
fn documentation(request: &HttpRequest) -> String {
    const ROOT: &str = "https://docs.github.com/rest";
    if request.service == Service::Upload {
        return ROOT.to_owned();
    }
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().skip(3).map(String::as_str).collect();
    let page = match (request.method.as_str(), segments.as_slice()) {
        ("POST", ["releases", "generate-notes"]) => {
            "/releases/releases#generate-release-notes-content-for-a-release"
        }
        ("POST", ["releases"]) => "/releases/releases#create-a-release",
        ("PATCH", ["releases", _]) => "/releases/releases#update-a-release",
        ("GET", ["releases", "tags", ..]) => "/releases/releases#get-a-release-by-tag-name",
        ("GET", ["releases", "latest"]) => "/releases/releases#get-the-latest-release",
        (_, ["releases", "assets", ..]) => "/releases/assets",
        (_, ["releases", ..]) => "/releases/releases",
        ("POST", ["git", "refs"]) => "/git/refs#create-a-reference",
        ("PATCH", ["git", "refs", ..]) => "/git/refs#update-a-reference",
        ("DELETE", ["git", "refs", ..]) => "/git/refs#delete-a-reference",
        (_, ["git", "tags", ..]) => "/git/tags",
        ("POST", ["git", "blobs"]) => "/git/blobs#create-a-blob",
        (_, ["git", "blobs", ..]) => "/git/blobs#get-a-blob",
        ("POST", ["git", "trees"]) => "/git/trees#create-a-tree",
        (_, ["git", "trees", ..]) => "/git/trees#get-a-tree",
        ("POST", ["git", "commits"]) => "/git/commits#create-a-commit",
        (_, ["git", "commits", ..]) => "/git/commits#get-a-commit-object",
        (_, ["git", ..]) => "/git/refs",
        (_, ["check-runs", ..] | ["commits", .., "check-runs"]) => "/checks/runs",
        (_, ["statuses", ..] | ["commits", .., "status" | "statuses"]) => "/commits/statuses",
        ("POST", ["attestations"]) => "/repos/attestations#create-an-attestation",
        (_, ["attestations", ..]) => "/repos/attestations#list-attestations",
        (_, ["commits" | "compare", ..]) => "/commits/commits",
        (_, ["issues", .., "comments"] | ["issues", "comments", _]) => "/issues/comments",
        (_, ["contents", ..]) => "/repos/contents#get-repository-content",
        ("POST", ["pulls"]) => "/pulls/pulls#create-a-pull-request",
        ("PATCH", ["pulls", _]) => "/pulls/pulls#update-a-pull-request",
        ("PUT", ["pulls", _, "merge"]) => "/pulls/pulls#merge-a-pull-request",
        (_, ["pulls", _, "reviews", ..]) => "/pulls/reviews",
        (_, ["pulls", _, "requested_reviewers"]) => "/pulls/review-requests",
        (_, ["pulls", ..]) => "/pulls/pulls",
        (_, ["actions", ..]) => "/actions/workflow-runs",
        (_, []) => "/repos/repos#get-a-repository",
        _ => "",
    };
    format!("{ROOT}{page}")
}
