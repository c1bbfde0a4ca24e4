//! Authentication: none, Basic, or a bearer token that expires.
//! <https://distribution.github.io/distribution/spec/auth/token/>

use super::error::RegistryError;
use super::options::{Anonymous, Auth};
use super::state::RegistryServerState;
use super::tokens::IssuedToken;
use crate::transport::{HttpRequest, Reply};
use crate::{faults::Fault, sync::lock, text};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::WWW_AUTHENTICATE;
use serde_json::json;

pub(crate) const PATH: &str = "/token";

/// Lets a request in, or answers it with 401. `name` is the repository it is about.
pub(crate) fn admit(
    state: &RegistryServerState,
    request: &HttpRequest,
    name: Option<&str>,
) -> Result<(), Box<Reply>> {
    let unauthorized =
        || RegistryError::new(401, "UNAUTHORIZED", "authentication required").reply();
    match &state.options.auth {
        Auth::None => Ok(()),
        Auth::Basic(users) => match user(request) {
            Some((name, password)) if users.get(&name) == Some(&password) => Ok(()),
            _ => Err(Box::new(
                unauthorized().with(WWW_AUTHENTICATE, "Basic realm=\"Registry\""),
            )),
        },
        Auth::Token(_) => {
            let action = match request.method {
                _ if request.is_read() => "pull",
                http::Method::DELETE => "delete",
                _ => "push",
            };
            let scope = name.map(|name| format!("repository:{name}:{action}"));
            if holds(state, request, scope.as_deref()) {
                return Ok(());
            }
            if is_limited(state, request) {
                let right = if action == "pull" { "read" } else { "write" };
                let message = format!("permission_denied: {right}_package");
                return Err(Box::new(RegistryError::new(403, "DENIED", message).reply()));
            }
            // The right to push includes the right to pull.
            let wanted = name.map(|name| match action {
                "push" => format!("repository:{name}:pull,push"),
                _ => format!("repository:{name}:{action}"),
            });
            Err(Box::new(unauthorized().with(
                WWW_AUTHENTICATE,
                challenge(state, wanted.as_deref()),
            )))
        }
    }
}

fn challenge(state: &RegistryServerState, scope: Option<&str>) -> String {
    let own = || format!("http://{}{PATH}", state.host);
    let realm = state.options.token_realm.clone().unwrap_or_else(own);
    let scope = scope
        .map(|scope| format!(",scope=\"{scope}\""))
        .unwrap_or_default();
    format!("Bearer realm=\"{realm}\",service=\"{}\"{scope}", state.host)
}

fn holds(state: &RegistryServerState, request: &HttpRequest, scope: Option<&str>) -> bool {
    let Some((scheme, secret)) = request.credentials() else {
        return false;
    };
    let mut tokens = lock(&state.tokens);
    let Some(grant) = tokens.issued.get_mut(secret).filter(|_| scheme == "bearer") else {
        return false;
    };
    let alive = state.shared.clock.now() < grant.until && grant.left != Some(0);
    let covers = scope.is_none_or(|scope| grant.scopes.iter().any(|given| given == scope));
    if alive && covers {
        grant.left = grant.left.map(|left| left - 1);
    }
    alive && covers
}

/// Whether the token is one of a user who has no right to more than its scopes.
fn is_limited(state: &RegistryServerState, request: &HttpRequest) -> bool {
    let tokens = lock(&state.tokens);
    let secret = request.credentials().map(|(_, secret)| secret);
    let issued = secret.and_then(|secret| tokens.issued.get(secret));
    issued.is_some_and(|grant| grant.is_limited && state.shared.clock.now() < grant.until)
}

fn user(request: &HttpRequest) -> Option<(String, String)> {
    let (scheme, secret) = request.credentials()?;
    let pair = String::from_utf8(STANDARD.decode(secret).ok()?).ok()?;
    let (name, password) = pair.split_once(':')?;
    (scheme == "basic").then(|| (name.to_owned(), password.to_owned()))
}

/// The token endpoint.
pub(crate) fn grant(state: &RegistryServerState, request: &HttpRequest, faults: &[Fault]) -> Reply {
    let Auth::Token(users) = &state.options.auth else {
        return Reply::status(404);
    };
    let packages = lock(&state.packages).clone();
    let user = user(request);
    let known = match &user {
        Some((name, password)) if users.get(name) == Some(password) => true,
        None if !request.headers.contains_key(http::header::AUTHORIZATION) => false,
        _ => {
            return RegistryError::new(401, "UNAUTHORIZED", "incorrect username or password")
                .reply();
        }
    };
    match state.options.anonymous {
        Anonymous::Unauthorized if !known => {
            return RegistryError::new(401, "UNAUTHORIZED", "authentication required").reply();
        }
        Anonymous::Denied if !known => {
            let message = "Unauthenticated request. Unauthenticated requests do not have permission \
                           \"artifactregistry.repositories.downloadArtifacts\" on resource (or it may not exist)";
            return RegistryError::new(403, "DENIED", message).reply();
        }
        _ => {}
    }
    let wanted = text::query_pairs(&request.query)
        .into_iter()
        .filter(|(name, _)| name == "scope");
    let scopes =
        wanted.flat_map(|(_, scopes)| scopes.split(' ').flat_map(scopes_of).collect::<Vec<_>>());
    let scopes: Vec<String> = scopes.collect();
    if !known && scopes.iter().any(|scope| packages.hides(scope)) {
        return RegistryError::new(401, "UNAUTHORIZED", "authentication required").reply();
    }
    let name = user.map(|(name, _)| name).unwrap_or_default();
    let may = |scope: &String| {
        let pulls_only = !known || packages.pull_only.contains(&name);
        !packages.denied.contains(&name) && (!pulls_only || scope.ends_with(":pull"))
    };
    let is_limited = known && !scopes.iter().all(may);
    let scopes = scopes.into_iter().filter(may).collect();
    let left = faults.iter().find_map(|fault| match fault {
        Fault::TokenDiesAfter(requests) => Some(*requests),
        _ => None,
    });
    let lifetime = state.options.token_lifetime;
    let now = state.shared.clock.now();
    let mut tokens = lock(&state.tokens);
    let token = text::stable_hex(
        &format!("token {} of {}", tokens.issued.len(), state.host),
        40,
    );
    tokens.issued.insert(
        token.clone(),
        IssuedToken {
            scopes,
            is_limited,
            until: now + lifetime,
            left,
        },
    );
    Reply::json(
        200,
        &json!({
            "token": token,
            "access_token": token,
            "expires_in": lifetime.as_secs(),
            "issued_at": text::rfc3339(state.shared.clock.unix()),
        }),
    )
}

/// `repository:a/b:pull,push` as one scope for each action.
fn scopes_of(scope: &str) -> Vec<String> {
    let (resource, actions) = scope.rsplit_once(':').unwrap_or_default();
    let actions = if actions == "*" {
        "pull,push,delete"
    } else {
        actions
    };
    actions
        .split(',')
        .map(|action| format!("{resource}:{action}"))
        .collect()
}
