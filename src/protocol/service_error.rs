//! The errors of a service, by what may be concluded from them.

use crate::domain::Diagnostic;

/// The operation that failed, and the cause.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{doing}: {cause}")]
pub struct ServiceError {
    /// In the words of the reader: "find the draft release v1.2.0".
    pub doing: String,
    pub cause: Cause,
}

impl ServiceError {
    pub fn new(doing: impl Into<String>, cause: Cause) -> Self {
        Self {
            doing: doing.into(),
            cause,
        }
    }
}

/// Absence is never here: where a thing may be absent, the answer is an `Option`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// No usable answer: a broken connection, a time-out, 5xx. A write may or may not have been carried out.
    #[error("no usable answer: {detail}")]
    Unknown { detail: String },
    /// A rate limit that would outlast the wait that is allowed. What was asked did not happen.
    #[error("limited by the service: {detail}")]
    Limited { detail: String },
    /// 401, or 403 that is no limit: the credentials are missing, wrong or lack a right.
    #[error("denied with {status}: {message}{}", request(request_id.as_ref()))]
    Denied {
        status: u16,
        message: String,
        /// GitHub's `X-Accepted-GitHub-Permissions`, such as `contents=write`.
        accepted: Option<String>,
        /// What to check, where the service names no right that is missing.
        help: String,
        request_id: Option<String>,
    },
    /// Someone, perhaps we ourselves in an answer that was lost, did it first: read again.
    #[error("already so: {message}{}", request(request_id.as_ref()))]
    Conflict {
        status: u16,
        message: String,
        request_id: Option<String>,
    },
    /// Any other 4xx: asking again would be refused again.
    #[error("refused with {status}: {message}{}", request(request_id.as_ref()))]
    Refused {
        status: u16,
        message: String,
        request_id: Option<String>,
    },
    /// An answer or a file that is not what it must be: unreadable, too large, or with another digest than named.
    #[error("{detail}")]
    Broken { detail: String },
    /// An error with a code and a remedy of its own: asking again would not help.
    #[error("{}", .0.seen)]
    Explained(Box<Diagnostic>),
    /// An archive that is damaged, breaks a limit, or does not hold what it must.
    #[error("{detail}")]
    Archive { detail: String },
}

fn request(id: Option<&String>) -> String {
    id.map_or_else(String::new, |id| format!(" (request {id})"))
}
