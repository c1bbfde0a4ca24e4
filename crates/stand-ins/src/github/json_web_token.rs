//! The JSON web tokens by which Apps authenticate: their signature and their claims.
//! <https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app>

use super::model::{GitHubWorld, StoredApp};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::Value;

const UNREADABLE: &str = "A JSON web token could not be decoded";
/// How far GitHub's clock and another may differ.
const LEEWAY: u64 = 5;

/// Whether a secret is meant as one.
pub(crate) fn is_one(secret: &str) -> bool {
    secret.starts_with("eyJ") && secret.split('.').count() == 3
}

/// The number of the App, or GitHub's status and message.
pub(crate) fn verify(
    world: &GitHubWorld,
    token: &str,
    now: u64,
) -> Result<String, (u16, &'static str)> {
    let unreadable = (401, UNREADABLE);
    let (message, signature) = token.rsplit_once('.').ok_or(unreadable)?;
    let (head, claims) = message.split_once('.').ok_or(unreadable)?;
    let (head, claims) = json(head).zip(json(claims)).ok_or(unreadable)?;
    let claim = |name: &str| claims.get(name).and_then(Value::as_u64);
    let issuer = match claims.get("iss") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => return Err(unreadable),
    };
    if head.get("alg").and_then(Value::as_str) != Some("RS256") {
        return Err(unreadable);
    }
    let mut apps = world.apps.iter();
    let named = apps.find(|(id, app)| **id == issuer || app.client_id == issuer);
    let (id, app) = named.ok_or((404, "Integration not found"))?;
    if !is_signed(app, message, signature) {
        return Err(unreadable);
    }
    match (claim("iat"), claim("exp")) {
        (_, Some(exp)) if exp + LEEWAY <= now => Err((
            401,
            "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
        )),
        (_, Some(exp)) if exp > now + 600 + LEEWAY => Err((
            401,
            "'Expiration time' claim ('exp') is too far in the future",
        )),
        (Some(iat), Some(_)) if iat <= now + LEEWAY => Ok(id.clone()),
        _ => Err((
            401,
            "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
        )),
    }
}

fn json(part: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

fn is_signed(app: &StoredApp, message: &str, signature: &str) -> bool {
    let key = public_key(&app.public_key);
    let signature = URL_SAFE_NO_PAD.decode(signature).ok();
    key.zip(signature).is_some_and(|(key, signature)| {
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key);
        key.verify(message.as_bytes(), &signature).is_ok()
    })
}

/// The `RSAPublicKey` in a PEM: the whole of `RSA PUBLIC KEY`, or what `PUBLIC KEY` wraps
/// (RFC 5280: the algorithm `rsaEncryption`, and a bit string with the key).
fn public_key(pem: &str) -> Option<Vec<u8>> {
    const RSA_ENCRYPTION: [u8; 13] = [
        0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
    ];
    let body: String = pem
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .map(str::trim)
        .collect();
    let der = STANDARD.decode(body).ok()?;
    let mut windows = der.windows(RSA_ENCRYPTION.len());
    let Some(at) = windows.position(|window| window == RSA_ENCRYPTION) else {
        return Some(der);
    };
    // The bit string: its tag, its length in two bytes, and how many bits are unused.
    let wrapped = der.get(at + RSA_ENCRYPTION.len()..)?;
    match wrapped {
        [0x03, 0x82, _, _, 0x00, key @ ..] => Some(key.to_vec()),
        _ => None,
    }
}
