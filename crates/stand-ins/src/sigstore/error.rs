//! Error answers as gRPC's gateway gives them.

use crate::faults::Fault;
use crate::transport::Reply;
use http::header::RETRY_AFTER;
use serde_json::json;

/// A request that is refused for what it says.
pub(crate) fn invalid(message: &str) -> Reply {
    answer(400, message)
}

pub(crate) fn answer(status: u16, message: &str) -> Reply {
    let code = match status {
        400 => 3,
        401 => 16,
        403 => 7,
        404 => 5,
        409 => 6,
        429 => 8,
        503 => 14,
        _ => 13,
    };
    Reply::json(
        status,
        &json!({ "code": code, "message": message, "details": [] }),
    )
}

pub(crate) fn for_fault(fault: &Fault) -> Option<Reply> {
    match fault {
        Fault::Status(status) | Fault::StatusAfter(status) => {
            Some(answer(*status, "the service failed"))
        }
        Fault::TooManyRequests { retry_after } => {
            let reply = answer(429, "too many requests");
            Some(match retry_after {
                Some(wait) => reply.with(RETRY_AFTER, wait.as_secs().to_string()),
                None => reply,
            })
        }
        _ => None,
    }
}
