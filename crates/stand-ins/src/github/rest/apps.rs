//! Apps: their installations, and the tokens that they make.
//! <https://docs.github.com/en/rest/apps/apps>, <https://docs.github.com/en/rest/apps/installations>

use super::objects;
use crate::github::call::ApiCall;
use crate::github::error::{ApiError, ApiResult};
use crate::github::model::{
    GitHubWorld, Level, Rights, StoredApp, StoredInstallation, Token, TokenKind,
};
use crate::text::{rfc3339, stable_hex};
use crate::transport::Reply;
use http::Method;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// How long a token of an installation lasts.
const LIFETIME: u64 = 3600;

/// Whether a request is one that only an App, or the token of one, may send.
pub(crate) fn is_one(path: &[&str]) -> bool {
    matches!(
        path,
        ["app", ..] | ["installation", "token"] | ["repos", _, _, "installation"]
    )
}

pub(crate) fn route(call: &ApiCall, world: &mut GitHubWorld, path: &[&str]) -> ApiResult {
    if let (&Method::DELETE, ["installation", "token"]) = (&call.request.method, path) {
        return revoke(call, world);
    }
    let undecoded = || ApiError::new(401, "A JSON web token could not be decoded");
    let id = call.app.ok_or_else(undecoded)?;
    match (&call.request.method, path) {
        (&Method::GET, ["app"]) => app(call, world, id),
        (&Method::GET, ["app", "installations"]) => {
            let app = world.apps.get(id).ok_or_else(ApiError::not_found)?;
            let all = app.installations.iter();
            let all: Vec<_> = all.map(|one| installation(call, id, app, one)).collect();
            Ok(Reply::json(200, &json!(all)))
        }
        (&Method::GET, ["repos", owner, name, "installation"]) => {
            let wanted = format!("{owner}/{name}");
            let app = world.apps.get(id).ok_or_else(ApiError::not_found)?;
            let mut installations = app.installations.iter();
            let found = installations.find(|found| {
                let mut names = found.repositories.iter();
                names.any(|name| name.eq_ignore_ascii_case(&wanted))
            });
            let found = found.ok_or_else(ApiError::not_found)?;
            Ok(Reply::json(200, &installation(call, id, app, found)))
        }
        (&Method::POST, ["app", "installations", number, "access_tokens"]) => {
            create_token(call, world, id, number)
        }
        _ => Err(ApiError::not_found()),
    }
}

fn app(call: &ApiCall, world: &GitHubWorld, id: &str) -> ApiResult {
    let app = world.apps.get(id).ok_or_else(ApiError::not_found)?;
    let body = json!({
        "id": number(id),
        "client_id": app.client_id,
        "slug": app.slug,
        "name": app.slug,
        "node_id": stable_hex(&format!("app {id}"), 24),
        "owner": objects::user(call, "octo-org"),
        "html_url": format!("{}/apps/{}", call.state.urls.web, app.slug),
        "installations_count": app.installations.len(),
        "permissions": {},
        "events": [],
    });
    Ok(Reply::json(200, &body))
}

fn number(id: &str) -> u64 {
    id.parse().unwrap_or_default()
}

fn levels(rights: Rights) -> Value {
    let mut levels: BTreeMap<String, Level> = rights.named().into_iter().collect();
    levels.insert("metadata".to_owned(), Level::Read);
    json!(levels)
}

fn installation(call: &ApiCall, id: &str, app: &StoredApp, found: &StoredInstallation) -> Value {
    let (api, web) = (&call.state.urls.api, &call.state.urls.web);
    let own = format!("{api}/app/installations/{}", found.id);
    let first = found.repositories.first();
    let owner = first.and_then(|name| name.split_once('/'));
    let owner = owner.map_or("octo-org", |(owner, _)| owner);
    json!({
        "id": found.id,
        "app_id": number(id),
        "app_slug": app.slug,
        "client_id": app.client_id,
        "account": objects::user(call, owner),
        "target_type": "Organization",
        "repository_selection": "selected",
        "access_tokens_url": format!("{own}/access_tokens"),
        "repositories_url": format!("{api}/installation/repositories"),
        "html_url": format!("{web}/organizations/{owner}/settings/installations/{}", found.id),
        "permissions": levels(found.permissions),
        "events": [],
        "created_at": rfc3339(objects::REPOSITORY_DATE),
        "updated_at": rfc3339(objects::REPOSITORY_DATE),
        "suspended_at": found.suspended.then(|| rfc3339(objects::REPOSITORY_DATE)),
        "suspended_by": null,
    })
}

/// The permissions that the body asks for, or all that were granted.
fn permissions(body: &Value, granted: Rights) -> Result<Rights, ApiError> {
    let refused = || {
        ApiError::new(
            422,
            "The permissions requested are not granted to this installation.",
        )
    };
    let Some(wanted) = body.get("permissions").filter(|wanted| !wanted.is_null()) else {
        return Ok(granted);
    };
    let levels: BTreeMap<String, Level> =
        serde_json::from_value(wanted.clone()).map_err(|_| refused())?;
    let granted: BTreeMap<_, _> = granted.named().into_iter().collect();
    let is_granted = |(name, level): (&String, &Level)| {
        name == "metadata" || granted.get(name).is_some_and(|granted| level <= granted)
    };
    if !levels.iter().all(is_granted) {
        return Err(refused());
    }
    serde_json::from_value(wanted.clone()).map_err(|_| refused())
}

/// The repositories that the body asks for, or all of the installation.
fn repositories(body: &Value, found: &StoredInstallation) -> Result<BTreeSet<String>, ApiError> {
    let refused = || {
        ApiError::new(
            422,
            "There is at least one repository that does not exist or is not accessible to the parent installation.",
        )
    };
    let Some(wanted) = body.get("repositories").filter(|wanted| !wanted.is_null()) else {
        return Ok(found.repositories.clone());
    };
    let names: Vec<String> = serde_json::from_value(wanted.clone()).map_err(|_| refused())?;
    let full = names.iter().map(|wanted| {
        let mut installed = found.repositories.iter();
        let found = installed.find(|full| {
            let name = full.split_once('/').map(|(_, name)| name);
            name.is_some_and(|name| name.eq_ignore_ascii_case(wanted))
        });
        found.cloned().ok_or_else(refused)
    });
    full.collect()
}

fn create_token(call: &ApiCall, world: &mut GitHubWorld, id: &str, number: &str) -> ApiResult {
    let app = world.apps.get_mut(id).ok_or_else(ApiError::not_found)?;
    let mut installations = app.installations.iter();
    let found = installations.find(|found| found.id.to_string() == number);
    let found = found.ok_or_else(ApiError::not_found)?;
    if found.suspended {
        return Err(ApiError::new(403, "This installation has been suspended"));
    }
    let rights = permissions(&call.body, found.permissions)?;
    let names = repositories(&call.body, found)?;
    app.tokens += 1;
    // Two that are made by one App at one time differ by the count.
    let secret = stable_hex(
        &format!("token {id} {number} {} {}", app.tokens, call.now()),
        36,
    );
    let secret = format!("ghs_{secret}");
    let mut token = Token::new(TokenKind::App, &format!("{}[bot]", app.slug), rights);
    let expires_at = call.now() + LIFETIME;
    token.repositories = Some(names.clone());
    token.expires_at = Some(expires_at);
    world.tokens.insert(secret.clone(), token);
    let views = names.iter().filter_map(|name| world.find(name));
    let views: Vec<Value> = views
        .map(|found| objects::repository(call, found))
        .collect();
    let body = json!({
        "token": secret,
        "expires_at": rfc3339(expires_at),
        "permissions": levels(rights),
        "repository_selection": "selected",
        "repositories": views,
    });
    Ok(Reply::json(201, &body))
}

/// Only the token itself can be revoked by it.
fn revoke(call: &ApiCall, world: &mut GitHubWorld) -> ApiResult {
    match &call.token {
        Some(token) if token.kind == TokenKind::App => {
            world.tokens.remove(call.caller);
            Ok(Reply::status(204))
        }
        Some(token) => Err(ApiError::forbidden(token.kind, String::new())),
        None => Err(ApiError::new(401, "Requires authentication")),
    }
}
