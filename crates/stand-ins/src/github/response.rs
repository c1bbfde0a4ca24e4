//! Headers of every API answer, and conditional requests.
//! <https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api>

use super::model::{Token, TokenKind};
use crate::server;
use crate::text;
use crate::transport::{HttpRequest, Reply, ReplyBody};
use http::StatusCode;
use http::header::{ACCEPT, ETAG, IF_NONE_MATCH};

/// Headers that every answer carries.
pub(crate) fn sign(request: &HttpRequest, reply: Reply) -> Reply {
    reply
        .set("x-github-request-id", server::request_id(request.number))
        .set("x-github-media-type", "github.v3; format=json")
        .set("x-github-api-version-selected", "2022-11-28")
}

/// The scopes of a personal token, which clients check before further requests.
pub(crate) fn scoped(token: Option<&Token>, reply: Reply) -> Reply {
    match token {
        Some(token) if token.kind == TokenKind::Pat => {
            reply.set("x-oauth-scopes", "read:org, repo, workflow")
        }
        _ => reply,
    }
}

/// Reads carry an `ETag`; each caller and media type has its own.
pub(crate) fn conditional(request: &HttpRequest, caller: &str, reply: Reply) -> Reply {
    let (true, StatusCode::OK, ReplyBody::Bytes(bytes)) =
        (request.is_read(), reply.status, &reply.payload)
    else {
        return reply;
    };
    let accept = request.header(ACCEPT).unwrap_or_default();
    let content = format!("{caller}\n{accept}\n{}", String::from_utf8_lossy(bytes));
    let tag = format!("\"{}\"", text::stable_hex(&content, 64));
    let known = request
        .header(IF_NONE_MATCH)
        .is_some_and(|sent| sent.contains(&tag));
    let reply = if known {
        Reply {
            headers: reply.headers,
            ..Reply::status(304)
        }
    } else {
        reply
    };
    reply.with(ETAG, format!("W/{tag}"))
}
