//! One request to the API host: authentication, limits, handler, headers.

use super::authentication::{self, Caller};
use super::call::ApiCall;
use super::error::{ApiError, ApiResult};
use super::event::GitHubEvent;
use super::model::{GitHubWorld, TokenKind};
use super::state::GitHubServerState;
use super::{graphql, response, rest};
use crate::server::{self, Dropped};
use crate::sync::lock;
use crate::transport::{HttpRequest, Reply};
use bytes::Bytes;
use http::{Method, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::Value;

/// Frees the caller's place among the concurrent requests, even when the client goes away.
struct ConcurrencySlot<'a> {
    state: &'a GitHubServerState,
    caller: &'a str,
}

impl Drop for ConcurrencySlot<'_> {
    fn drop(&mut self) {
        lock(&self.state.limiter).leave(self.caller);
    }
}

pub(crate) async fn serve(
    state: &GitHubServerState,
    request: &HttpRequest,
    body: Incoming,
) -> Result<Reply, Dropped> {
    let reply = match authentication::authenticate(state, request) {
        Err(reply) => {
            server::drain(body).await?;
            *reply
        }
        Ok(caller) => limited(state, request, caller, body).await?,
    };
    let reply = response::sign(request, reply);
    Ok(match &state.options.enterprise {
        Some(version) => reply.set("x-github-enterprise-version", version.clone()),
        None => reply,
    })
}

/// Handles a request if the caller's limits let it pass.
async fn limited(
    state: &GitHubServerState,
    request: &HttpRequest,
    caller: Caller,
    body: Incoming,
) -> Result<Reply, Dropped> {
    let Caller { key, token, .. } = &caller;
    let kind = token.as_ref().map(|token| token.kind);
    let entered = lock(&state.limiter).enter(key, kind, request, &state.shared.clock);
    let mut quota = match entered {
        Ok(quota) => quota,
        Err(reply) => {
            server::drain(body).await?;
            return Ok(*reply);
        }
    };
    let _slot = ConcurrencySlot { state, caller: key };
    let body = body.collect().await.map_err(|_| Dropped)?.to_bytes();
    let reply = response::scoped(token.as_ref(), handle(state, request, &body, &caller));
    let reply = response::conditional(request, key, reply);
    if reply.status == StatusCode::NOT_MODIFIED && kind.is_some() {
        lock(&state.limiter).refund(key, &mut quota);
    }
    let landed = request.is_write() && reply.status.is_success();
    state.shared.log.update(request.number, |entry| {
        entry.cost = quota.cost;
        entry.landed = landed;
    });
    Ok(quota.on(reply))
}

fn handle(
    state: &GitHubServerState,
    request: &HttpRequest,
    body: &Bytes,
    caller: &Caller,
) -> Reply {
    let body = match body.as_ref() {
        [] => Value::Null,
        bytes => match serde_json::from_slice(bytes) {
            Ok(body) => body,
            Err(_) => return ApiError::new(400, "Problems parsing JSON").reply(request),
        },
    };
    let now = state.shared.clock.now();
    let mut world = lock(&state.world);
    settle(state, &mut world);
    let past = {
        let mut replica = lock(&state.replica);
        replica.note(now, &world);
        replica.view(now)
    };
    let call = ApiCall {
        state,
        request,
        body,
        caller: &caller.key,
        token: caller.token.clone(),
        app: caller.app.as_deref(),
        past: past.as_deref(),
    };
    let answer = dispatch(&call, &mut world);
    lock(&state.replica).note(now, &world);
    answer.unwrap_or_else(|error| error.reply(request))
}

/// What GitHub does by itself between two requests, such as merging what waited for its checks.
fn settle(state: &GitHubServerState, world: &mut GitHubWorld) {
    let (clock, options) = (&state.shared.clock, &state.options);
    for repository in world.repositories.values_mut() {
        let merged = repository.settle_pulls(
            clock.unix(),
            clock.now(),
            options.mergeable_after,
            options.queue_length,
        );
        for number in merged {
            let merged = repository.pulls.get(&number);
            let commit = merged.and_then(|pull| pull.merge_commit.clone());
            let login = merged.and_then(|pull| pull.merged_by.as_deref());
            // An error only means that there is no receiver.
            let _ = state.events.send(GitHubEvent::PullMerged {
                repository: repository.full_name(),
                number,
                commit: commit.unwrap_or_default(),
                by: match login.unwrap_or_default() {
                    "github-actions[bot]" => TokenKind::GitHubToken,
                    bot if bot.ends_with("[bot]") => TokenKind::App,
                    _ => TokenKind::Pat,
                },
            });
        }
    }
}

fn dispatch(call: &ApiCall, world: &mut GitHubWorld) -> ApiResult {
    if call.request.method == Method::POST && call.request.path == "/graphql" {
        graphql::answer(call, world)
    } else {
        rest::route(call, world)
    }
}
