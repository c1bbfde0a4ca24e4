//! One API request: who calls, what they may, the limits, conditional answers and the headers on all.

use super::refusal::{Answer, Refusal};
use super::tokens::{Level, Right, Token, TokenKind};
use super::world::{Repository, World};
use super::{Event, Hub, route};
use crate::server::{self, Cut};
use crate::wire::{Payload, Reply, Request};
use crate::{fields, lock, text};
use bytes::Bytes;
use http::StatusCode;
use http::header::{ETAG, IF_NONE_MATCH, USER_AGENT};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::Value;

/// What a handler is told.
pub(crate) struct Call<'a> {
    pub(crate) hub: &'a Hub,
    pub(crate) request: &'a Request,
    pub(crate) body: Value,
    pub(crate) token: Option<Token>,
    /// What lists and look-ups by tag see, where that is behind.
    pub(crate) past: Option<&'a World>,
}

impl Call<'_> {
    /// Seconds since 1970.
    pub(crate) fn now(&self) -> u64 {
        self.hub.desk.clock.unix()
    }

    pub(crate) fn emit(&self, event: Event) {
        // Nobody has to listen.
        let _ = self.hub.events.send(event);
    }

    pub(crate) fn has(&self, right: Right, level: Level) -> bool {
        self.token
            .as_ref()
            .is_some_and(|token| token.level(right) >= level)
    }

    pub(crate) fn need(&self, right: Right, level: Level) -> Result<&Token, Refusal> {
        match &self.token {
            None => Err(Refusal::new(401, "Requires authentication")),
            Some(token) if token.level(right) >= level => Ok(token),
            Some(token) => Err(Refusal::lacks(token.kind, right, level)),
        }
    }

    pub(crate) fn may_push(&self) -> bool {
        self.has(Right::Contents, Level::Write)
    }

    /// The repository as lists see it.
    pub(crate) fn listed<'b>(&'b self, live: &'b Repository) -> Option<&'b Repository> {
        match self.past {
            None => Some(live),
            Some(past) => past.repositories.get(&live.full_name()),
        }
    }

    /// A text field of the body; `null` is as good as left out.
    pub(crate) fn text(&self, field: &str) -> Result<Option<String>, Refusal> {
        match fields::get(&self.body, field) {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text.clone())),
            other => Err(Refusal::form(format!(
                "For 'properties/{field}', {other} is not a string."
            ))),
        }
    }

    pub(crate) fn required(&self, field: &str) -> Result<String, Refusal> {
        self.text(field)?
            .ok_or_else(|| Refusal::form(format!("\"{field}\" wasn't supplied.")))
    }

    pub(crate) fn flag(&self, field: &str) -> Result<Option<bool>, Refusal> {
        match fields::get(&self.body, field) {
            Value::Null => Ok(None),
            Value::Bool(flag) => Ok(Some(*flag)),
            other => Err(Refusal::form(format!(
                "For 'properties/{field}', {other} is not a boolean."
            ))),
        }
    }
}

/// Frees the caller's place among the concurrent requests, even when the client goes away.
struct Seat<'a> {
    hub: &'a Hub,
    caller: &'a str,
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        lock(&self.hub.limiter).leave(self.caller);
    }
}

pub(crate) async fn serve(hub: &Hub, request: &Request, body: Incoming) -> Result<Reply, Cut> {
    let reply = match admit(hub, request) {
        Err(reply) => {
            server::drain(body).await?;
            *reply
        }
        Ok((caller, token)) => {
            let kind = token.as_ref().map(|token| token.kind);
            let entered = lock(&hub.limiter).enter(&caller, kind, request, &hub.desk.clock);
            match entered {
                Err(reply) => {
                    server::drain(body).await?;
                    *reply
                }
                Ok(mut quota) => {
                    let _seat = Seat {
                        hub,
                        caller: &caller,
                    };
                    let body = body.collect().await.map_err(|_| Cut)?.to_bytes();
                    let reply = handle(hub, request, &body, token);
                    let reply = conditional(request, &caller, reply);
                    if reply.status == StatusCode::NOT_MODIFIED && kind.is_some() {
                        lock(&hub.limiter).refund(&caller, &mut quota);
                    }
                    let landed = request.is_write() && reply.status.is_success();
                    hub.desk.log.update(request.number, |entry| {
                        entry.cost = quota.cost;
                        entry.landed = landed;
                    });
                    quota.on(reply)
                }
            }
        }
    };
    Ok(sign(request, reply))
}

/// Headers that every answer carries.
pub(crate) fn sign(request: &Request, reply: Reply) -> Reply {
    reply
        .set("x-github-request-id", server::request_id(request.number))
        .set("x-github-media-type", "github.v3; format=json")
        .set("x-github-api-version-selected", "2022-11-28")
}

/// Who calls: the key that limits count by, and the token if there is one.
pub(crate) fn admit(hub: &Hub, request: &Request) -> Result<(String, Option<Token>), Box<Reply>> {
    if request.header(USER_AGENT).is_none_or(str::is_empty) {
        let message = "Request forbidden by administrative rules. Please make sure your request has a \
                       User-Agent header.";
        return Err(Box::new(Refusal::new(403, message).reply(request)));
    }
    let Some((scheme, secret)) = request.credentials() else {
        return Ok(("anonymous".to_owned(), None));
    };
    let token = lock(&hub.world).tokens.get(secret).cloned();
    let alive = |token: &Token| {
        token
            .expires_at
            .is_none_or(|end| hub.desk.clock.unix() < end)
    };
    match token.filter(alive) {
        Some(token) if scheme == "bearer" || scheme == "token" => {
            Ok((secret.to_owned(), Some(token)))
        }
        _ => Err(Box::new(
            Refusal::new(401, "Bad credentials").reply(request),
        )),
    }
}

fn handle(hub: &Hub, request: &Request, body: &Bytes, token: Option<Token>) -> Reply {
    let body = match body.as_ref() {
        [] => Value::Null,
        bytes => match serde_json::from_slice(bytes) {
            Ok(body) => body,
            Err(_) => return Refusal::new(400, "Problems parsing JSON").reply(request),
        },
    };
    let now = hub.desk.clock.now();
    let mut world = lock(&hub.world);
    let past = {
        let mut replica = lock(&hub.replica);
        replica.note(now, &world);
        replica.view(now)
    };
    let call = Call {
        hub,
        request,
        body,
        token,
        past: past.as_deref(),
    };
    let answer: Answer = route::route(&call, &mut world);
    lock(&hub.replica).note(now, &world);
    answer.unwrap_or_else(|refusal| refusal.reply(request))
}

/// Reads carry an `ETag`; each caller and media type has its own.
/// <https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api>
fn conditional(request: &Request, caller: &str, reply: Reply) -> Reply {
    let (true, StatusCode::OK, Payload::Bytes(bytes)) =
        (request.is_read(), reply.status, &reply.payload)
    else {
        return reply;
    };
    let accept = request.header(http::header::ACCEPT).unwrap_or_default();
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

/// Whether a repository shows itself at all to the caller.
pub(crate) fn visible(repository: &Repository, token: Option<&Token>) -> bool {
    let reached = token.is_some_and(|token| {
        let nothing = token.kind == TokenKind::GitHubToken && token.rights.contents == Level::None;
        token.reaches(&repository.full_name()) && !nothing
    });
    !repository.private || reached
}
