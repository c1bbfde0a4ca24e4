//! The transparency log, in its second form: an entry is a signature over a digest, and the answer proves that it
//! is in the log.
//! <https://github.com/sigstore/rekor-tiles/blob/v2.3.0/CLIENTS.md>

use super::certificate::key_of;
use super::keys::{PublicKey, sha256};
use super::state::SigstoreState;
use super::{error, merkle};
use crate::fields;
use crate::sync::lock;
use crate::transport::{HttpRequest, Reply};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

/// The only kind of keys here.
const KEY_DETAILS: &str = "PKIX_ECDSA_P256_SHA_256";
/// The kind of a key in a signed note: <https://c2sp.org/signed-note>.
const ED25519: u8 = 1;

pub(crate) fn answer(state: &SigstoreState, request: &HttpRequest, body: &[u8]) -> Reply {
    match (&request.method, request.path.as_str()) {
        (&Method::GET, "/healthz") => Reply::json(200, &json!({ "status": "SERVING" })),
        (&Method::GET, "/api/v2/checkpoint") => {
            let leaves = leaves(&lock(&state.entries));
            Reply::status(200)
                .with(CONTENT_TYPE, "text/plain; charset=utf-8")
                .bytes(checkpoint(state, &leaves))
        }
        (&Method::POST, "/api/v2/log/entries") => match serde_json::from_slice(body) {
            Ok(body) => create(state, &body),
            Err(_) => error::invalid("proto: syntax error"),
        },
        _ => error::answer(404, "Not Found"),
    }
}

fn create(state: &SigstoreState, body: &Value) -> Reply {
    let Some(wanted) = body.get("hashedRekordRequestV002") else {
        return error::invalid("invalid type, must be hashedrekord");
    };
    let Some(entry) = checked(wanted) else {
        return error::invalid("invalid hashedrekord request");
    };
    match add(state, entry) {
        Ok(found) => Reply::json(201, &found),
        Err(index) => {
            let message = format!(
                "an equivalent entry already exists in the transparency log with index {index}"
            );
            error::answer(409, &message).set("x-log-index", index.to_string())
        }
    }
}

/// The entry that is stored for a request, if the signature in it is good.
fn checked(wanted: &Value) -> Option<String> {
    let bytes = |value: &Value, field: &str| STANDARD.decode(fields::text(value, field)).ok();
    let signature = fields::get(wanted, "signature");
    let verifier = fields::get(signature, "verifier");
    let (kind, key) = match verifier.get("x509Certificate") {
        Some(certificate) => ("x509Certificate", bytes(certificate, "rawBytes")?),
        None => ("publicKey", bytes(verifier.get("publicKey")?, "rawBytes")?),
    };
    let found = if kind == "publicKey" {
        PublicKey::from_info(&key)
    } else {
        key_of(&key)
    };
    let (digest, content) = (bytes(wanted, "digest")?, bytes(signature, "content")?);
    let good = digest.len() == 32
        && fields::text(verifier, "keyDetails") == KEY_DETAILS
        && found?.verifies_digest(&digest, &content);
    good.then(|| entry(&digest, &self::signature(&content, kind, &key)))
}

/// In canonical JSON: names are in order, here and in [`signature`], and no value needs an escape.
pub(crate) fn entry(digest: &[u8], signature: &Value) -> String {
    let data = json!({ "algorithm": "SHA2_256", "digest": STANDARD.encode(digest) });
    json!({
        "apiVersion": "0.0.2",
        "kind": "hashedrekord",
        "spec": { "hashedRekordV002": { "data": data, "signature": signature } },
    })
    .to_string()
}

/// A signature with the key that verifies it, as in a request: a `publicKey`, or an `x509Certificate`.
pub(crate) fn signature(content: &[u8], kind: &str, key: &[u8]) -> Value {
    json!({
        "content": STANDARD.encode(content),
        "verifier": {
            "keyDetails": KEY_DETAILS,
            kind: { "rawBytes": STANDARD.encode(key) },
        },
    })
}

/// Adds an entry, and proves that it is there. The same entry again is refused with its number.
pub(crate) fn add(state: &SigstoreState, entry: String) -> Result<Value, usize> {
    let mut entries = lock(&state.entries);
    if let Some(index) = entries.iter().position(|known| *known == entry) {
        return Err(index);
    }
    let index = entries.len();
    let body = STANDARD.encode(&entry);
    entries.push(entry);
    let leaves = leaves(&entries);
    let hashes = merkle::path(&leaves, index);
    let hashes: Vec<String> = hashes.iter().map(|hash| STANDARD.encode(hash)).collect();
    Ok(json!({
        "logIndex": index.to_string(),
        "logId": { "keyId": STANDARD.encode(log_id(state)) },
        "kindVersion": { "kind": "hashedrekord", "version": "0.0.2" },
        "integratedTime": "0",
        "inclusionPromise": null,
        "inclusionProof": {
            "logIndex": index.to_string(),
            "rootHash": STANDARD.encode(merkle::root(&leaves)),
            "treeSize": leaves.len().to_string(),
            "hashes": hashes,
            "checkpoint": { "envelope": checkpoint(state, &leaves) },
        },
        "canonicalizedBody": body,
    }))
}

fn leaves(entries: &[String]) -> Vec<merkle::Hash> {
    entries
        .iter()
        .map(|entry| merkle::leaf(entry.as_bytes()))
        .collect()
}

/// Identifies the log's key in a signed note; its first four bytes are in the checkpoint.
pub(crate) fn log_id(state: &SigstoreState) -> Vec<u8> {
    let mut named = format!("{}\n", state.origin).into_bytes();
    named.push(ED25519);
    named.extend(state.keys.log.public());
    sha256(&named)
}

/// <https://c2sp.org/tlog-checkpoint>
fn checkpoint(state: &SigstoreState, leaves: &[merkle::Hash]) -> String {
    let origin = &state.origin;
    let root = STANDARD.encode(merkle::root(leaves));
    let note = format!("{origin}\n{}\n{root}\n", leaves.len());
    let mut signature = log_id(state);
    signature.truncate(4);
    signature.extend(state.keys.log.sign(note.as_bytes()));
    format!("{note}\n\u{2014} {origin} {}\n", STANDARD.encode(signature))
}
