//! What is said to a log of signatures, and the entry of a bundle that its answer makes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

use super::endpoints::{LogVersion, SignatureLog, below};
use super::requests::{Failed, JSON, Requests};
use super::services::{broken, digest_base64, posted};
use super::signing_key::pem;
use crate::protocol::STATEMENT_MEDIA_TYPE;

/// A signature to make public.
pub(super) struct SignedStatement<'a> {
    pub(super) payload: &'a [u8],
    /// What was signed: the payload with its type.
    pub(super) message: &'a [u8],
    pub(super) signature: &'a [u8],
    pub(super) certificate: &'a [u8],
}

/// The entry of the log. Sent once: the same signature again would be refused, and the entry not be told.
pub(super) async fn log_entry(
    requests: &Requests,
    log: &SignatureLog,
    signed: &SignedStatement<'_>,
) -> Result<Value, Failed> {
    let (path, body) = match log.version {
        LogVersion::Rekor1 => (["api", "v1", "log", "entries"], dsse_entry(signed)),
        LogVersion::Rekor2 => (["api", "v2", "log", "entries"], hashed_entry(signed)),
    };
    let url = below(&log.url, &path);
    let answer = requests.once(&posted(&url, JSON, body.to_string())).await?;
    let entry = match log.version {
        LogVersion::Rekor1 => entry_of_rekor_1(&answer),
        LogVersion::Rekor2 => serde_json::from_slice(&answer).ok(),
    };
    entry.ok_or_else(|| Failed::lasting(broken("the log", "no entry")))
}

/// [`hashedRekordRequestV002`](https://github.com/sigstore/rekor-tiles/blob/main/CLIENTS.md): Rekor v2 has no kind for statements.
fn hashed_entry(signed: &SignedStatement<'_>) -> Value {
    let certificate = STANDARD.encode(signed.certificate);
    json!({"hashedRekordRequestV002": {
        "digest": digest_base64(signed.message),
        "signature": {
            "content": STANDARD.encode(signed.signature),
            "verifier": {
                "x509Certificate": {"rawBytes": certificate},
                "keyDetails": "PKIX_ECDSA_P256_SHA_256",
            },
        },
    }})
}

/// [`dsse` 0.0.1](https://github.com/sigstore/rekor/blob/main/pkg/types/dsse/v0.0.1/dsse_v0_0_1_schema.json).
fn dsse_entry(signed: &SignedStatement<'_>) -> Value {
    let envelope = json!({
        "payloadType": STATEMENT_MEDIA_TYPE,
        "payload": STANDARD.encode(signed.payload),
        "signatures": [{"sig": STANDARD.encode(signed.signature)}],
    });
    let certificate = pem("CERTIFICATE", signed.certificate);
    json!({
        "apiVersion": "0.0.1",
        "kind": "dsse",
        "spec": {"proposedContent": {
            "envelope": envelope.to_string(),
            "verifiers": [STANDARD.encode(certificate)],
        }},
    })
}

/// [An entry as Rekor v1 shows it](https://github.com/sigstore/rekor/blob/main/openapi.yaml), under its UUID.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rekor1Entry {
    body: String,
    integrated_time: u64,
    #[serde(rename = "logID")]
    log_id: String,
    log_index: u64,
    verification: Rekor1Verification,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rekor1Verification {
    inclusion_proof: Rekor1Proof,
    signed_entry_timestamp: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rekor1Proof {
    checkpoint: String,
    hashes: Vec<String>,
    log_index: u64,
    root_hash: String,
    tree_size: u64,
}

fn entry_of_rekor_1(answer: &[u8]) -> Option<Value> {
    let entries: BTreeMap<String, Rekor1Entry> = serde_json::from_slice(answer).ok()?;
    let entry = entries.into_values().next()?;
    let proof = entry.verification.inclusion_proof;
    let hashes = proof
        .hashes
        .iter()
        .map(|hash| base64_of_hex(hash))
        .collect::<Option<Vec<_>>>()?;
    Some(json!({
        "logIndex": entry.log_index.to_string(),
        "logId": {"keyId": base64_of_hex(&entry.log_id)?},
        "kindVersion": {"kind": "dsse", "version": "0.0.1"},
        "integratedTime": entry.integrated_time.to_string(),
        "inclusionPromise": {"signedEntryTimestamp": entry.verification.signed_entry_timestamp},
        "inclusionProof": {
            "logIndex": proof.log_index.to_string(),
            "rootHash": base64_of_hex(&proof.root_hash)?,
            "treeSize": proof.tree_size.to_string(),
            "hashes": hashes,
            "checkpoint": {"envelope": proof.checkpoint},
        },
        "canonicalizedBody": entry.body,
    }))
}

fn base64_of_hex(hex: &str) -> Option<String> {
    let digits = hex.as_bytes().chunks(2);
    let bytes = digits.map(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok());
    Some(STANDARD.encode(bytes.collect::<Option<Vec<_>>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::sigstore::{TrustedRoot, verify};

    const GENUINE: &str =
        include_str!("../../../tests/attestations/data/public-good-rekor1.sigstore.json");

    fn hex(value: &Value) -> String {
        let bytes = STANDARD.decode(value.as_str().unwrap()).unwrap();
        let digits = |byte: &u8| [byte >> 4, byte & 15];
        let digits = bytes.iter().flat_map(digits);
        digits
            .filter_map(|digit| char::from_digit(digit.into(), 16))
            .collect()
    }

    fn number(value: &Value) -> u64 {
        value.as_str().unwrap().parse().unwrap()
    }

    /// The answer that the genuine log must have given for a genuine bundle makes the entry of that bundle.
    #[test]
    fn answer_of_rekor_1_makes_an_entry_that_verifies() {
        let mut bundle: Value = serde_json::from_str(GENUINE).unwrap();
        let entry = bundle["verificationMaterial"]["tlogEntries"][0].take();
        let proof = &entry["inclusionProof"];
        let hashes = proof["hashes"].as_array().unwrap();
        let answer = json!({"24296fb24b8ad77a": {
            "body": entry["canonicalizedBody"],
            "integratedTime": number(&entry["integratedTime"]),
            "logID": hex(&entry["logId"]["keyId"]),
            "logIndex": number(&entry["logIndex"]),
            "verification": {
                "inclusionProof": {
                    "checkpoint": proof["checkpoint"]["envelope"],
                    "hashes": hashes.iter().map(hex).collect::<Vec<_>>(),
                    "logIndex": number(&proof["logIndex"]),
                    "rootHash": hex(&proof["rootHash"]),
                    "treeSize": number(&proof["treeSize"]),
                },
                "signedEntryTimestamp": entry["inclusionPromise"]["signedEntryTimestamp"],
            },
        }});
        let made = entry_of_rekor_1(answer.to_string().as_bytes()).unwrap();
        assert_eq!(made, entry);
        bundle["verificationMaterial"]["tlogEntries"][0] = made;
        let root = TrustedRoot::public_good().unwrap();
        verify(&bundle.to_string().into(), &root).unwrap();
        assert_eq!(entry_of_rekor_1(b"{}"), None);
    }
}
