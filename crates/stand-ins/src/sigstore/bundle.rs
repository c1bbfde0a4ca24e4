//! Signs statements without requests, for tests that need a bundle and not the way to it.
//! <https://docs.sigstore.dev/about/bundle/>

use super::keys::{SigningKey, sha256};
use super::state::SigstoreState;
use super::{fulcio, rekor, timestamp};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::io;

const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// What a bundle proves the time of its signature with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BundleForm {
    /// An entry of the log and a timestamp, as for public repositories.
    Logged,
    /// A timestamp only, as for private repositories.
    Timestamped,
    /// Nothing: not to be accepted.
    Unproven,
}

/// A bundle with a statement that was signed with a new certificate for these claims.
pub(crate) fn sign(
    state: &SigstoreState,
    claims: &Value,
    statement: &[u8],
    form: BundleForm,
) -> io::Result<Value> {
    let key = SigningKey::generate()?;
    let certificate = fulcio::certificate(state, key.public(), claims)?;
    let message = pre_authentication(statement);
    let signature = key.sign(&message)?;
    let mut material = serde_json::Map::new();
    let raw = json!({ "rawBytes": STANDARD.encode(&certificate) });
    material.insert("certificate".to_owned(), raw);
    if form == BundleForm::Logged {
        let logged = rekor::signature(&signature, "x509Certificate", &certificate);
        let entry = rekor::add(state, rekor::entry(&sha256(&message), &logged));
        let entry = entry.map_err(|_| io::Error::other("the entry is in the log already"))?;
        material.insert("tlogEntries".to_owned(), json!([entry]));
    }
    if form != BundleForm::Unproven {
        let answer = timestamp::respond(state, &timestamp::Query::of(&signature))?;
        let stamps = json!([{ "signedTimestamp": STANDARD.encode(answer) }]);
        let data = json!({ "rfc3161Timestamps": stamps });
        material.insert("timestampVerificationData".to_owned(), data);
    }
    Ok(json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": material,
        "dsseEnvelope": {
            "payload": STANDARD.encode(statement),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{ "sig": STANDARD.encode(signature) }],
        },
    }))
}

/// What is signed of a statement.
/// <https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md>
fn pre_authentication(statement: &[u8]) -> Vec<u8> {
    let head = format!(
        "DSSEv1 {} {PAYLOAD_TYPE} {} ",
        PAYLOAD_TYPE.len(),
        statement.len()
    );
    [head.as_bytes(), statement].concat()
}
