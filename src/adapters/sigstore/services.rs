//! What is said to Fulcio and to a timestamp authority, and what they answer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use reqwest::Method;
use reqwest::Url;
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::json;

use super::endpoints::below;
use super::identity_token::IdentityToken;
use super::requests::{JSON, Requests, SigstoreRequest};
use super::signing_key::{EphemeralKey, certificate_of_pem};
use crate::protocol::Cause;

/// [Fulcio's interface](https://github.com/sigstore/fulcio/blob/main/fulcio.proto): either member has the chain, by whether the
/// certificate was logged before it was issued.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Issued {
    signed_certificate_embedded_sct: Option<WithChain>,
    signed_certificate_detached_sct: Option<WithChain>,
}

#[derive(Deserialize)]
struct WithChain {
    chain: Chain,
}

#[derive(Deserialize)]
struct Chain {
    certificates: Vec<String>,
}

/// A certificate for the key, in the name of the workflow. It is valid for ten minutes.
pub(super) async fn certificate(
    requests: &Requests,
    fulcio: &Url,
    identity: &IdentityToken,
    key: &EphemeralKey,
) -> Result<Vec<u8>, Cause> {
    let proof = STANDARD.encode(key.sign(identity.subject.as_bytes())?);
    let body = json!({
        "credentials": {"oidcIdentityToken": identity.token.expose_secret()},
        "publicKeyRequest": {
            "publicKey": {"algorithm": "ECDSA", "content": key.public_pem()},
            "proofOfPossession": proof,
        },
    });
    let url = below(fulcio, &["api", "v2", "signingCert"]);
    let answer = requests
        .repeat(&posted(&url, JSON, body.to_string()))
        .await?;
    let leaf = serde_json::from_slice::<Issued>(&answer)
        .ok()
        .and_then(|issued| {
            let issued = issued
                .signed_certificate_embedded_sct
                .or(issued.signed_certificate_detached_sct)?;
            certificate_of_pem(issued.chain.certificates.first()?)
        });
    leaf.ok_or_else(|| broken("Fulcio", "no certificate"))
}

/// What stands before and after the digest in a request for a timestamp with the certificate of who gave it
/// ([RFC 3161](https://www.rfc-editor.org/rfc/rfc3161#section-2.4.1)). There is no nonce: the signature is new each time.
const QUERY_BEGINS: [u8; 24] = [
    0x30, 0x39, 0x02, 0x01, 0x01, 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
    0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20,
];
const QUERY_ENDS: [u8; 3] = [0x01, 0x01, 0xff];

/// Proof that the signature existed at a time.
pub(super) async fn timestamp(
    requests: &Requests,
    authority: &Url,
    signature: &[u8],
) -> Result<Bytes, Cause> {
    let hash = ring::digest::digest(&ring::digest::SHA256, signature);
    let query = [&QUERY_BEGINS, hash.as_ref(), &QUERY_ENDS].concat();
    let answer = requests
        .repeat(&posted(authority, "application/timestamp-query", query))
        .await?;
    if answer.is_empty() {
        return Err(broken("the timestamp authority", "no timestamp"));
    }
    Ok(answer)
}

pub(super) fn posted<'a>(
    url: &'a Url,
    media_type: &'static str,
    body: impl Into<Bytes>,
) -> SigstoreRequest<'a> {
    SigstoreRequest {
        method: Method::POST,
        url,
        body: Some((media_type, body.into())),
        authorization: None,
    }
}

pub(super) fn broken(who: &str, what: &str) -> Cause {
    Cause::Broken {
        detail: format!("the answer of {who} holds {what}"),
    }
}

/// The bytes of a digest, in base64.
pub(super) fn digest_base64(message: &[u8]) -> String {
    let hash = ring::digest::digest(&ring::digest::SHA256, message);
    STANDARD.encode(hash)
}
