//! The token by which an App shows that it is the App
//! ([Generating a JSON Web Token](https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app)).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use crate::domain::GitHubApp;

/// How far in the past it was issued, for a clock that is ahead of GitHub's.
const BACKDATED: Duration = Duration::from_mins(1);
/// How long it can be used. GitHub accepts ten minutes by its own clock; a minute is left for one that is ahead.
const LIFETIME: Duration = Duration::from_mins(9);

/// A new token, signed by RS256; `None` where the system gives no random numbers for it.
pub(super) fn json_web_token(app: &GitHubApp, now: SystemTime) -> Option<String> {
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let encoded = |json: serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let head = encoded(json!({"alg": "RS256", "typ": "JWT"}));
    let claims = encoded(json!({
        "iat": now.saturating_sub(BACKDATED).as_secs(),
        "exp": (now + LIFETIME).as_secs(),
        "iss": app.id(),
    }));
    let message = format!("{head}.{claims}");
    let signature = URL_SAFE_NO_PAD.encode(app.sign(message.as_bytes())?);
    Some(format!("{message}.{signature}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_within_the_limits_of_github() {
        let pem = include_str!("../../../../tests/support/app/private-key.pem");
        let app = GitHubApp::new("12345", &pem.into()).unwrap();
        let token = json_web_token(&app, UNIX_EPOCH + Duration::from_secs(1_000)).unwrap();
        let parts: Vec<_> = token
            .split('.')
            .map(|part| URL_SAFE_NO_PAD.decode(part).unwrap())
            .collect();
        assert_eq!(parts[0], br#"{"alg":"RS256","typ":"JWT"}"#);
        let claims: serde_json::Value = serde_json::from_slice(&parts[1]).unwrap();
        assert_eq!(claims, json!({"iat": 940, "exp": 1_540, "iss": "12345"}));
        assert_eq!((parts.len(), parts[2].len()), (3, 256));
    }
}
