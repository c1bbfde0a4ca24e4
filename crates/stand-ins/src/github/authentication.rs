//! Authentication: the token of a request, as `Bearer`, as `token`, or as the password of `Basic`.
//! <https://docs.github.com/en/rest/authentication/authenticating-to-the-rest-api>

use super::error::ApiError;
use super::json_web_token;
use super::model::Token;
use super::state::GitHubServerState;
use crate::sync::lock;
use crate::transport::{HttpRequest, Reply};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::USER_AGENT;

/// The caller of a request.
pub(crate) struct Caller {
    /// What limits count by.
    pub(crate) key: String,
    pub(crate) token: Option<Token>,
    /// The number of the App that authenticates as itself.
    pub(crate) app: Option<String>,
}

/// Authenticates the caller, or refuses a request that has no `User-Agent` or a wrong token.
pub(crate) fn authenticate(
    state: &GitHubServerState,
    request: &HttpRequest,
) -> Result<Caller, Box<Reply>> {
    if request.header(USER_AGENT).is_none_or(str::is_empty) {
        let message = "HttpRequest forbidden by administrative rules. Please make sure your request has a \
                       User-Agent header.";
        return Err(Box::new(ApiError::new(403, message).reply(request)));
    }
    let Some((scheme, value)) = request.credentials() else {
        return Ok(Caller {
            key: "anonymous".to_owned(),
            token: None,
            app: None,
        });
    };
    let now = state.shared.clock.unix();
    if scheme == "bearer" && json_web_token::is_one(value) {
        let app = json_web_token::verify(&lock(&state.world), value, now);
        return match app {
            Ok(app) => Ok(Caller {
                key: format!("app {app}"),
                token: None,
                app: Some(app),
            }),
            Err((status, message)) => Err(Box::new(ApiError::new(status, message).reply(request))),
        };
    }
    let alive = |token: &Token| token.expires_at.is_none_or(|end| now < end);
    let world = lock(&state.world);
    let found = secrets(&scheme, value).into_iter().find_map(|secret| {
        let token = world.tokens.get(&secret).filter(|token| alive(token))?;
        Some((secret, token.clone()))
    });
    match found {
        Some((key, token)) => Ok(Caller {
            key,
            token: Some(token),
            app: None,
        }),
        None => Err(Box::new(
            ApiError::new(401, "Bad credentials").reply(request),
        )),
    }
}

/// What may be the token. With `Basic` it is the password, or the user where the password says
/// `x-oauth-basic` or nothing.
fn secrets(scheme: &str, value: &str) -> Vec<String> {
    match scheme {
        "bearer" | "token" => vec![value.to_owned()],
        "basic" => {
            let decoded = STANDARD.decode(value).unwrap_or_default();
            let pair = String::from_utf8(decoded).unwrap_or_default();
            match pair.split_once(':') {
                Some((user, "" | "x-oauth-basic")) => vec![user.to_owned()],
                Some((_, password)) => vec![password.to_owned()],
                None => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}
