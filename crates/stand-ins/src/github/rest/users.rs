//! What belongs to no repository: the caller, users, installations, the API's root and the rate limit.
//! <https://docs.github.com/en/rest/users/users>

use super::objects;
use crate::fields;
use crate::github::call::ApiCall;
use crate::github::error::{ApiError, ApiResult};
use crate::github::model::{GitHubWorld, TokenKind};
use crate::sync::lock;
use crate::transport::Reply;
use serde_json::{Value, json};

pub(crate) fn read(call: &ApiCall, world: &GitHubWorld, path: &[&str]) -> ApiResult {
    match path {
        [""] => Ok(root(call)),
        ["rate_limit"] => Ok(rate_limit(call)),
        ["user"] => current(call),
        ["users", login] => Ok(Reply::json(200, &objects::user(call, login))),
        ["installation", "repositories"] => installation(call, world),
        _ => Err(ApiError::not_found()),
    }
}

fn root(call: &ApiCall) -> Reply {
    let api = &call.state.urls.api;
    Reply::json(
        200,
        &json!({
            "current_user_url": format!("{api}/user"),
            "rate_limit_url": format!("{api}/rate_limit"),
            "repository_url": format!("{api}/repos/{{owner}}/{{repo}}"),
            "user_url": format!("{api}/users/{{user}}"),
        }),
    )
}

/// The user of a personal token; a job's token and an app's have none.
fn current(call: &ApiCall) -> ApiResult {
    let Some(token) = &call.token else {
        return Err(ApiError::new(401, "Requires authentication"));
    };
    if token.kind != TokenKind::Pat {
        return Err(ApiError::new(403, "Resource not accessible by integration"));
    }
    let mut body = objects::user(call, &token.login);
    for field in ["name", "company", "email", "bio", "location", "blog"] {
        fields::set(&mut body, field, Value::Null);
    }
    Ok(Reply::json(200, &body))
}

/// What an installation token reaches.
fn installation(call: &ApiCall, world: &GitHubWorld) -> ApiResult {
    let installed = call
        .token
        .as_ref()
        .filter(|token| token.kind != TokenKind::Pat);
    let Some(token) = installed else {
        let message = "You must authenticate with an installation access token in order to list \
                       repositories for an installation.";
        return Err(ApiError::new(403, message));
    };
    let found = world.repositories.values();
    let views: Vec<Value> = found
        .filter(|repository| token.reaches(&repository.full_name()))
        .map(|repository| objects::repository(call, repository))
        .collect();
    Ok(Reply::json(
        200,
        &json!({ "total_count": views.len(), "repositories": views }),
    ))
}

/// How much of the primary limits is left.
fn rate_limit(call: &ApiCall) -> Reply {
    let kind = call.token.as_ref().map(|token| token.kind);
    let mut limiter = lock(&call.state.limiter);
    let mut quota = |resource| {
        let quota = limiter.quota(call.caller, kind, resource, &call.state.shared.clock);
        json!({
            "limit": quota.limit,
            "used": quota.used,
            "remaining": quota.remaining(),
            "reset": quota.reset,
        })
    };
    let (core, graphql) = (quota("core"), quota("graphql"));
    Reply::json(
        200,
        &json!({ "resources": { "core": core, "graphql": graphql, "search": core }, "rate": core }),
    )
}
