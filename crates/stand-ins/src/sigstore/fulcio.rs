//! The certificate authority: a short-lived certificate for who proves a token and a key.
//! <https://github.com/sigstore/fulcio/blob/v1.8.8/fulcio.proto>

use super::certificate::{
    CODE_SIGNING, Certificate, Criticality, digital_signature, extended_usage, key_of_request,
};
use super::keys::PublicKey;
use super::state::SigstoreState;
use super::{error, identity, pem};
use crate::fields;
use crate::transport::{HttpRequest, Reply};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::{Value, json};
use std::io;

/// How long a certificate is valid, in seconds.
const LIFETIME: u64 = 600;
const AUDIENCE: &str = "sigstore";

pub(crate) fn answer(state: &SigstoreState, request: &HttpRequest, body: &[u8]) -> Reply {
    match (&request.method, request.path.as_str()) {
        (&Method::GET, "/healthz") => Reply::json(200, &json!({ "status": "SERVING" })),
        (&Method::GET, "/api/v2/trustBundle") => Reply::json(
            200,
            &json!({ "chains": [{ "certificates": authorities(state) }] }),
        ),
        (&Method::GET, "/api/v2/configuration") => {
            let issuers = state.issuers.iter().map(|issuer| {
                json!({
                    "issuerUrl": issuer.issuer,
                    "audience": AUDIENCE,
                    "challengeClaim": "sub",
                    "spiffeTrustDomain": "",
                    "issuerType": "ci-provider",
                })
            });
            let issuers: Vec<Value> = issuers.collect();
            Reply::json(200, &json!({ "issuers": issuers }))
        }
        (&Method::POST, "/api/v2/signingCert") => match serde_json::from_slice(body) {
            Ok(body) => certify(state, &body).unwrap_or_else(|reply| *reply),
            Err(_) => error::invalid("proto: syntax error"),
        },
        _ => error::answer(404, "Not Found"),
    }
}

fn authorities(state: &SigstoreState) -> [String; 2] {
    [&state.keys.fulcio, &state.keys.fulcio_root]
        .map(|authority| pem::encode("CERTIFICATE", &authority.certificate))
}

fn certify(state: &SigstoreState, body: &Value) -> Result<Reply, Box<Reply>> {
    let token = fields::text(fields::get(body, "credentials"), "oidcIdentityToken");
    let now = state.shared.clock.unix();
    let issuer = state.issuers.iter().find(|issuer| issuer.made(token));
    let claims = issuer
        .ok_or("unsupported issuer")
        .and_then(|issuer| issuer.verify(token, AUDIENCE, now))
        // As at Fulcio the reason is for its log only.
        .map_err(|_| {
            Box::new(error::invalid(
                "There was an error processing the identity token",
            ))
        })?;
    let key = proven_key(body, &claims)?;
    let leaf = certificate(state, key, &claims)
        .map_err(|failure| Box::new(error::answer(500, &failure.to_string())))?;
    let mut chain = vec![pem::encode("CERTIFICATE", &leaf)];
    chain.extend(authorities(state));
    let kind = if state.certificate_log {
        "signedCertificateEmbeddedSct"
    } else {
        "signedCertificateDetachedSct"
    };
    let body = json!({ kind: { "chain": { "certificates": chain } } });
    Ok(Reply::json(200, &body))
}

/// The key of which the request proves that the caller holds it.
fn proven_key(body: &Value, claims: &Value) -> Result<PublicKey, Box<Reply>> {
    let refused = |message| Box::new(error::invalid(message));
    let encoded = fields::text(body, "certificateSigningRequest");
    if !encoded.is_empty() {
        const UNREADABLE: &str = "The certificate signing request could not be parsed";
        let request = STANDARD.decode(encoded).ok();
        let request = request.and_then(|bytes| String::from_utf8(bytes).ok());
        let request = request.and_then(|text| pem::decode(&text));
        let request = request.ok_or_else(|| refused(UNREADABLE))?;
        return key_of_request(&request)
            .ok_or_else(|| refused("The signature supplied in the request could not be verified"));
    }
    let wanted = fields::get(body, "publicKeyRequest");
    let key = pem::decode(fields::text(fields::get(wanted, "publicKey"), "content"));
    let key = key.and_then(|info| PublicKey::from_info(&info));
    let key =
        key.ok_or_else(|| refused("The public key supplied in the request could not be parsed"))?;
    let proof = STANDARD
        .decode(fields::text(wanted, "proofOfPossession"))
        .unwrap_or_default();
    let subject = fields::text(claims, "sub");
    if !key.verifies(subject.as_bytes(), &proof) {
        return Err(refused(
            "The signature supplied in the request could not be verified",
        ));
    }
    Ok(key)
}

/// A certificate for a key and the claims of a token.
pub(crate) fn certificate(
    state: &SigstoreState,
    key: PublicKey,
    claims: &Value,
) -> io::Result<Vec<u8>> {
    let now = state.shared.clock.unix();
    let mut extensions = vec![
        digital_signature(),
        extended_usage(CODE_SIGNING, Criticality::Optional),
    ];
    extensions.extend(identity::extensions(&state.github, claims));
    let wanted = Certificate {
        subject: vec![0x30, 0],
        key,
        valid: now..now + LIFETIME,
        extensions,
    };
    let log = &state.keys.certificate_log;
    let log = state.certificate_log.then_some((log, now));
    state.keys.fulcio.issue(&wanted, log)
}
