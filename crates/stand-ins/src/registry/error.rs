//! Error answers, with the codes of the specification.
//! <https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes>

use crate::faults::Fault;
use crate::transport::Reply;
use http::header::RETRY_AFTER;
use serde_json::json;

pub(crate) type RegistryResult = Result<Reply, RegistryError>;

#[derive(Debug)]
pub(crate) struct RegistryError {
    status: u16,
    code: &'static str,
    message: String,
}

impl RegistryError {
    pub(crate) fn new(
        status: u16,
        code: &'static str,
        message: impl Into<String>,
    ) -> RegistryError {
        RegistryError {
            status,
            code,
            message: message.into(),
        }
    }

    pub(crate) fn manifest_unknown() -> RegistryError {
        RegistryError::new(404, "MANIFEST_UNKNOWN", "manifest unknown")
    }

    pub(crate) fn blob_unknown() -> RegistryError {
        RegistryError::new(404, "BLOB_UNKNOWN", "blob unknown to registry")
    }

    pub(crate) fn name_unknown() -> RegistryError {
        RegistryError::new(404, "NAME_UNKNOWN", "repository name not known to registry")
    }

    pub(crate) fn digest_invalid() -> RegistryError {
        RegistryError::new(
            400,
            "DIGEST_INVALID",
            "provided digest did not match uploaded content",
        )
    }

    pub(crate) fn unsupported() -> RegistryError {
        RegistryError::new(405, "UNSUPPORTED", "the operation is unsupported")
    }

    pub(crate) fn broken(error: &std::io::Error) -> RegistryError {
        RegistryError::new(500, "UNKNOWN", error.to_string())
    }

    pub(crate) fn reply(self) -> Reply {
        let error = json!({ "code": self.code, "message": self.message, "detail": null });
        Reply::json(self.status, &json!({ "errors": [error] }))
    }
}

/// The answer a planned fault makes a registry give.
pub(crate) fn for_fault(fault: &Fault) -> Option<Reply> {
    let (status, retry_after) = match fault {
        Fault::Status(status) | Fault::StatusAfter(status) => (*status, None),
        Fault::TooManyRequests { retry_after } => (429, *retry_after),
        Fault::SecondaryLimit {
            status,
            retry_after,
        } => (*status, *retry_after),
        Fault::ManifestUnknown => return Some(RegistryError::manifest_unknown().reply()),
        _ => return None,
    };
    let code = match status {
        401 => "UNAUTHORIZED",
        403 => "DENIED",
        429 => "TOOMANYREQUESTS",
        503 => "UNAVAILABLE",
        _ => "UNKNOWN",
    };
    let reply = RegistryError::new(status, code, "refused on purpose").reply();
    Some(match retry_after {
        Some(wait) => reply.with(RETRY_AFTER, wait.as_secs().to_string()),
        None => reply,
    })
}
