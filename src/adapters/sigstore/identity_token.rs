//! The identity of the running workflow, as GitHub vouches for it
//! ([OpenID Connect](https://docs.github.com/en/actions/reference/security/oidc)).

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderValue;
use reqwest::{Method, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::requests::{Requests, SigstoreRequest};
use crate::domain::{Code, Diagnostic};
use crate::protocol::{Cause, SecretMask};

/// The audience that Fulcio demands.
const AUDIENCE: &str = "sigstore";

/// What a runner gives a job with `id-token: write`: the values of `ACTIONS_ID_TOKEN_REQUEST_URL` and
/// `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
#[derive(Clone)]
pub struct IdTokenRequest {
    pub url: SecretString,
    pub token: SecretString,
}

impl fmt::Debug for IdTokenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdTokenRequest")
    }
}

/// A token that says who runs, for one use.
pub(super) struct IdentityToken {
    pub(super) token: SecretString,
    /// The claim `sub`, whose signature proves that the key is held.
    pub(super) subject: String,
}

#[derive(Deserialize)]
struct IdTokenAnswer {
    value: String,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
}

/// Asks the runner for a token, and hides it in everything that is printed from then on.
pub(super) async fn identity_token(
    requests: &Requests,
    from: Option<&IdTokenRequest>,
    mask: Option<&Arc<dyn SecretMask>>,
) -> Result<IdentityToken, Cause> {
    let from = from.ok_or_else(|| no_identity("the runner gives this job no identity token"))?;
    let unusable = || no_identity("what the runner gives to ask for an identity token is unusable");
    let mut url: Url = from.url.expose_secret().parse().map_err(|_| unusable())?;
    url.query_pairs_mut().append_pair("audience", AUDIENCE);
    let bearer = format!("Bearer {}", from.token.expose_secret());
    let mut authorization = HeaderValue::try_from(bearer).map_err(|_| unusable())?;
    authorization.set_sensitive(true);
    let answer = requests
        .repeat(&SigstoreRequest {
            method: Method::GET,
            url: &url,
            body: None,
            authorization: Some(authorization),
        })
        .await?;
    let broken = || Cause::Broken {
        detail: "the runner's answer holds no identity token".into(),
    };
    let IdTokenAnswer { value } = serde_json::from_slice(&answer).map_err(|_| broken())?;
    if let Some(mask) = mask {
        mask.mask(&value);
    }
    let subject = subject_of(&value).ok_or_else(broken)?;
    Ok(IdentityToken {
        token: value.into(),
        subject,
    })
}

/// The claim `sub`. Nothing is believed for it: Fulcio verifies the token.
fn subject_of(token: &str) -> Option<String> {
    let claims = token.split('.').nth(1)?;
    let claims = URL_SAFE_NO_PAD.decode(claims).ok()?;
    let Claims { sub } = serde_json::from_slice(&claims).ok()?;
    Some(sub)
}

fn no_identity(seen: &str) -> Cause {
    Cause::Explained(Box::new(Diagnostic::error(
        Code::SigningImpossible,
        seen,
        "let the job that signs have `permissions: id-token: write`, in the workflow that calls it as well; pull requests from forks never have it",
    )))
}
