//! JSON web tokens of an issuer: made with its key, checked with its published keys.
//! <https://www.rfc-editor.org/rfc/rfc7519>, <https://www.rfc-editor.org/rfc/rfc7517>

use crate::fields;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Map, Value, json};
use std::io;

/// The key of every issuer of this crate. It is public, and good for nothing else.
const KEY: &str = include_str!("key.pem");
const KEY_ID: &str = "stand-in-1";

/// The key that signs tokens.
#[derive(Debug)]
pub(crate) struct IssuerKey(RsaKeyPair);

impl IssuerKey {
    pub(crate) fn load() -> io::Result<IssuerKey> {
        let body: String = KEY.lines().filter(|line| !line.starts_with('-')).collect();
        let der = STANDARD.decode(body).map_err(io::Error::other)?;
        RsaKeyPair::from_pkcs8(&der)
            .map(IssuerKey)
            .map_err(|error| io::Error::other(error.to_string()))
    }

    /// As the issuer publishes it at `/.well-known/jwks`.
    pub(crate) fn published(&self) -> Value {
        let parts = PublicKeyComponents::<Vec<u8>>::from(self.0.public_key());
        json!({ "keys": [{
            "kty": "RSA",
            "alg": "RS256",
            "use": "sig",
            "kid": KEY_ID,
            "n": URL_SAFE_NO_PAD.encode(parts.n),
            "e": URL_SAFE_NO_PAD.encode(parts.e),
        }] })
    }

    pub(crate) fn token(&self, claims: &Map<String, Value>) -> io::Result<String> {
        let head = json!({ "alg": "RS256", "kid": KEY_ID, "typ": "JWT", "x5t": KEY_ID });
        let head = URL_SAFE_NO_PAD.encode(head.to_string());
        let claims = URL_SAFE_NO_PAD.encode(json!(claims).to_string());
        let message = format!("{head}.{claims}");
        let mut signature = vec![0; self.0.public().modulus_len()];
        self.0
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message.as_bytes(),
                &mut signature,
            )
            .map_err(|error| io::Error::other(error.to_string()))?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// An issuer as those know it who accept its tokens.
#[derive(Clone, Debug, PartialEq)]
pub struct TrustedIssuer {
    /// What `iss` says.
    pub issuer: String,
    /// Its JSON web key set.
    pub keys: Value,
}

impl TrustedIssuer {
    /// Whether a token claims to be from here.
    pub(crate) fn made(&self, token: &str) -> bool {
        let claims = token.split('.').nth(1).and_then(decode);
        claims.is_some_and(|claims| fields::text(&claims, "iss") == self.issuer)
    }

    /// The claims of a token for that audience, or what is wrong with it.
    pub(crate) fn verify(
        &self,
        token: &str,
        audience: &str,
        now: u64,
    ) -> Result<Value, &'static str> {
        let malformed = "oidc: malformed jwt";
        let (message, signature) = token.rsplit_once('.').ok_or(malformed)?;
        let (head, claims) = message.split_once('.').ok_or(malformed)?;
        let (head, claims) = decode(head).zip(decode(claims)).ok_or(malformed)?;
        if fields::text(&head, "alg") != "RS256" {
            return Err("oidc: id token signed with unsupported algorithm");
        }
        if fields::text(&claims, "iss") != self.issuer {
            return Err("oidc: id token issued by a different provider");
        }
        if !self.signed(&head, message, signature) {
            return Err("failed to verify signature: failed to verify id token signature");
        }
        let time = |name: &str| fields::get(&claims, name).as_u64().unwrap_or_default();
        if fields::text(&claims, "aud") != audience {
            return Err("oidc: expected audience \"sigstore\" got another");
        }
        if time("exp") <= now {
            return Err("oidc: token is expired");
        }
        if time("nbf") > now {
            return Err("oidc: current time before the nbf (not before) time");
        }
        Ok(claims)
    }

    fn signed(&self, head: &Value, message: &str, signature: &str) -> bool {
        let keys = fields::get(&self.keys, "keys").as_array();
        let mut named = keys
            .into_iter()
            .flatten()
            .filter(|key| fields::text(key, "kid") == fields::text(head, "kid"));
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap_or_default();
        named.any(|key| {
            let part = |name| URL_SAFE_NO_PAD.decode(fields::text(key, name));
            let (Ok(n), Ok(e)) = (part("n"), part("e")) else {
                return false;
            };
            let key = PublicKeyComponents { n, e };
            let message = message.as_bytes();
            key.verify(&RSA_PKCS1_2048_8192_SHA256, message, &signature)
                .is_ok()
        })
    }
}

fn decode(part: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}
