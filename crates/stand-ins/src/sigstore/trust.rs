//! What verifiers and signers are told of a Sigstore: trusted root and signing configuration.
//! <https://github.com/sigstore/protobuf-specs/blob/v0.5.1/protos/sigstore_trustroot.proto>

use super::certificate::Authority;
use super::keys::sha256;
use super::rekor;
use super::state::{SINCE, SigstoreState};
use crate::text::rfc3339;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

fn since() -> Value {
    json!({ "start": rfc3339(SINCE) })
}

/// `trusted_root.json`
pub(crate) fn trusted_root(state: &SigstoreState) -> Value {
    let keys = &state.keys;
    let certificate_log = keys.certificate_log.public().info();
    let mut root = json!({
        "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
        "tlogs": [{
            "baseUrl": format!("http://{}", state.origin),
            "hashAlgorithm": "SHA2_256",
            "publicKey": {
                "rawBytes": STANDARD.encode(keys.log.info()),
                "keyDetails": "PKIX_ED25519",
                "validFor": since(),
            },
            "logId": { "keyId": STANDARD.encode(rekor::log_id(state)) },
        }],
        "certificateAuthorities":
            [authority(&state.urls.fulcio, &[&keys.fulcio, &keys.fulcio_root], "fulcio-root")],
        "timestampAuthorities":
            [authority(&state.urls.timestamp, &[&keys.timestamp, &keys.timestamp_root], "timestamp-root")],
    });
    if let (true, Some(fields)) = (state.certificate_log, root.as_object_mut()) {
        let log = json!({
            "baseUrl": "http://ct.sigstore.local",
            "hashAlgorithm": "SHA2_256",
            "publicKey": {
                "rawBytes": STANDARD.encode(&certificate_log),
                "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                "validFor": since(),
            },
            "logId": { "keyId": STANDARD.encode(sha256(&certificate_log)) },
        });
        fields.insert("ctlogs".to_owned(), json!([log]));
    }
    root
}

fn authority(url: &str, chain: &[&Authority], common: &str) -> Value {
    let certificates: Vec<Value> = chain
        .iter()
        .map(|one| json!({ "rawBytes": STANDARD.encode(&one.certificate) }))
        .collect();
    json!({
        "subject": { "organization": "sigstore.local", "commonName": common },
        "uri": url,
        "certChain": { "certificates": certificates },
        "validFor": since(),
    })
}

/// `signing_config.v0.2.json`
pub(crate) fn signing_config(state: &SigstoreState) -> Value {
    let service = |url: &str, version: u8| {
        json!([{
            "url": url,
            "majorApiVersion": version,
            "validFor": since(),
            "operator": "sigstore.local",
        }])
    };
    json!({
        "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
        "caUrls": service(&state.urls.fulcio, 1),
        "oidcUrls": [],
        "rekorTlogUrls": service(&state.urls.rekor, 2),
        "rekorTlogConfig": { "selector": "ANY" },
        "tsaUrls": service(&format!("{}/api/v1/timestamp", state.urls.timestamp), 1),
        "tsaConfig": { "selector": "ANY" },
    })
}
