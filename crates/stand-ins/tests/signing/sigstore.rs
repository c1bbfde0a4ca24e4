//! Certificates, timestamps and log entries: for whom, and what they prove.

use super::rig::{Key, Rig, claims, json_of};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use stand_ins::oidc::{Job, TrustedIssuer};
use stand_ins::sigstore::BundleForm;
use stand_ins::{Fault, OidcOptions, OidcServer, Pattern, ServerClock};
use std::time::Duration;

fn contains(bytes: &[u8], text: &str) -> bool {
    let mut windows = bytes.windows(text.len());
    windows.any(|window| window == text.as_bytes())
}

fn leaf(answer: &Value) -> Vec<u8> {
    let pem = &answer["signedCertificateEmbeddedSct"]["chain"]["certificates"][0];
    let lines = pem.as_str().unwrap().lines();
    let body: String = lines.filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode(body).unwrap()
}

async fn signing_token(rig: &Rig) -> (String, String) {
    let (_, answer) = rig.token("sigstore").await;
    let token = answer["value"].as_str().unwrap().to_owned();
    let subject = claims(&token)["sub"].as_str().unwrap().to_owned();
    (token, subject)
}

#[tokio::test]
async fn a_certificate_names_the_job() {
    let called = "acme/workflows/.github/workflows/shared.yaml@refs/tags/v2";
    let job = Job::default().called(called, &"2".repeat(40)).in_run(77, 2);
    let rig = Rig::start(job).await;
    let (token, subject) = signing_token(&rig).await;
    let key = Key::new();
    let proof = key.sign(subject.as_bytes());
    let (status, answer) = rig.certify(&token, &key, &proof).await;
    assert_eq!(status, 200, "{answer}");
    let leaf = leaf(&answer);
    for text in [
        "https://token.actions.githubusercontent.com",
        "https://github.com/acme/workflows/.github/workflows/shared.yaml@refs/tags/v2",
        "https://github.com/kyma-project/btp-manager/actions/runs/77/attempts/2",
        "https://github.com/kyma-project/btp-manager/.github/workflows/create-release.yaml@refs/heads/main",
        "260101001000Z",
    ] {
        assert!(contains(&leaf, text), "{text}");
    }
    let chain = &answer["signedCertificateEmbeddedSct"]["chain"]["certificates"];
    assert_eq!(chain.as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn a_token_for_something_else_gets_no_certificate() {
    let rig = Rig::start(Job::default()).await;
    let key = Key::new();
    let refused = async |token: &str| {
        let subject = claims(token)["sub"].as_str().unwrap().to_owned();
        let (status, answer) = rig
            .certify(token, &key, &key.sign(subject.as_bytes()))
            .await;
        let message = "There was an error processing the identity token";
        (status, answer["message"] == message) == (400, true)
    };
    let job = Job::default();
    let now = rig.clock.unix();
    let made = |job: &Job, audience: &str| rig.issuer.token(job, audience).unwrap();
    let good = made(&job, "sigstore");
    assert!(!refused(&good).await);
    assert!(refused(&made(&job, "other")).await, "audience");
    let early = job.clone().with("nbf", now + 60);
    assert!(refused(&made(&early, "sigstore")).await, "not yet");
    let foreign = job.clone().with("iss", "https://gitlab.example");
    assert!(refused(&made(&foreign, "sigstore")).await, "issuer");
    let (head, signature) = good.rsplit_once('.').unwrap();
    let other = made(&job.clone().in_run(5, 1), "sigstore");
    let other = other.rsplit_once('.').unwrap().0;
    assert!(refused(&format!("{other}.{signature}")).await, "signature");
    assert!(!refused(&format!("{head}.{signature}")).await);
    rig.clock.advance(Duration::from_mins(5));
    assert!(refused(&good).await, "expired");
}

/// An issuer with the right name but other keys is none.
#[tokio::test]
async fn an_issuer_is_known_by_its_keys() {
    let clock = ServerClock::manual();
    let options = OidcOptions {
        clock: clock.clone(),
        ..OidcOptions::default()
    };
    let issuer = OidcServer::start(options).await.unwrap();
    let mut trusted = issuer.trusted();
    let modulus = trusted.keys["keys"][0]["n"].as_str().unwrap();
    let flipped = modulus.replace(&modulus[10..11], "A");
    trusted.keys["keys"][0]["n"] = json!(flipped);
    let rig = Rig::start(Job::default()).await;
    let sigstore = stand_ins::SigstoreServer::start(
        vec![TrustedIssuer { ..trusted }],
        stand_ins::SigstoreOptions {
            clock,
            ..stand_ins::SigstoreOptions::default()
        },
    )
    .await
    .unwrap();
    let rig = Rig { sigstore, ..rig };
    let (token, subject) = signing_token(&rig).await;
    let key = Key::new();
    let (status, _) = rig
        .certify(&token, &key, &key.sign(subject.as_bytes()))
        .await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn a_certificate_takes_proof_of_the_key() {
    let rig = Rig::start(Job::default()).await;
    let (token, subject) = signing_token(&rig).await;
    let (key, other) = (Key::new(), Key::new());
    let message = "The signature supplied in the request could not be verified";
    for proof in [
        other.sign(subject.as_bytes()),
        key.sign(b"another subject"),
        Vec::new(),
    ] {
        let (status, answer) = rig.certify(&token, &key, &proof).await;
        assert_eq!((status, &answer["message"]), (400, &json!(message)));
    }
    let body = json!({ "credentials": { "oidcIdentityToken": token } });
    let (status, answer) = rig.certify_with(&body).await;
    let message = "The public key supplied in the request could not be parsed";
    assert_eq!((status, &answer["message"]), (400, &json!(message)));
}

/// sigstore-python asks with a certificate request. This one was made by `openssl req -new`.
#[tokio::test]
async fn a_certificate_request_proves_the_key_as_well() {
    let rig = Rig::start(Job::default()).await;
    let (token, _) = signing_token(&rig).await;
    let request = include_str!("request.pem");
    let with = |text: &str| {
        json!({
            "credentials": { "oidcIdentityToken": token },
            "certificateSigningRequest": STANDARD.encode(text),
        })
    };
    let (status, answer) = rig.certify_with(&with(request)).await;
    assert_eq!(status, 200, "{answer}");
    let at = request.find("MI").unwrap() + 60;
    let broken = format!("{}{}{}", &request[..at], "AAAA", &request[at + 4..]);
    assert_eq!(rig.certify_with(&with(&broken)).await.0, 400);
    assert_eq!(rig.certify_with(&with("no PEM")).await.0, 400);
}

fn entry(key: &Key, message: &[u8]) -> Value {
    json!({ "hashedRekordRequestV002": {
        "digest": STANDARD.encode(digest(&SHA256, message)),
        "signature": {
            "content": STANDARD.encode(key.sign(message)),
            "verifier": {
                "publicKey": { "rawBytes": STANDARD.encode(key.info()) },
                "keyDetails": "PKIX_ECDSA_P256_SHA_256",
            },
        },
    } })
}

#[tokio::test]
async fn the_log_takes_good_signatures_and_proves_it() {
    let rig = Rig::start(Job::default()).await;
    let key = Key::new();
    for index in 0..3_u8 {
        let body = entry(&key, &[index]);
        let (status, found) = json_of(rig.log_entry(&body).await.unwrap()).await;
        assert_eq!(status, 201, "{found}");
        assert_eq!(found["logIndex"], index.to_string());
        let proof = &found["inclusionProof"];
        assert_eq!(proof["treeSize"], (index + 1).to_string());
        let note = proof["checkpoint"]["envelope"].as_str().unwrap();
        let lines: Vec<&str> = note.lines().collect();
        assert_eq!(
            lines[..2],
            ["rekor.sigstore.local", &format!("{}", index + 1)]
        );
        assert_eq!(lines[2], proof["rootHash"]);
        let stored = STANDARD.decode(found["canonicalizedBody"].as_str().unwrap());
        let stored = String::from_utf8(stored.unwrap()).unwrap();
        let head = r#"{"apiVersion":"0.0.2","kind":"hashedrekord","spec":{"hashedRekordV002":{"data":{"algorithm":"SHA2_256","#;
        assert!(stored.starts_with(head), "{stored}");
    }
    let mut wrong = entry(&key, b"message");
    wrong["hashedRekordRequestV002"]["digest"] = json!(STANDARD.encode([7; 32]));
    let (status, found) = json_of(rig.log_entry(&wrong).await.unwrap()).await;
    assert_eq!((status, found["code"].as_u64()), (400, Some(3)));
    assert_eq!(rig.sigstore.log_size(), 3);
}

/// A client whose answer was lost finds that its entry is in the log already.
#[tokio::test]
async fn the_log_takes_an_entry_once() {
    let rig = Rig::start(Job::default()).await;
    let body = entry(&Key::new(), b"message");
    let pattern = Pattern::path("/api/v2/log/entries");
    rig.sigstore.faults().when(pattern, 1, Fault::AnswerLost);
    assert!(rig.log_entry(&body).await.is_err());
    let again = rig.log_entry(&body).await.unwrap();
    assert_eq!(again.status(), 409);
    assert_eq!(again.headers()["x-log-index"], "0");
    assert_eq!(rig.sigstore.log_size(), 1);
    let landed: Vec<_> = rig.sigstore.log().entries();
    let landed: Vec<_> = landed.iter().map(|entry| entry.landed).collect();
    assert_eq!(landed, [true, false]);
}

#[tokio::test]
async fn timestamps_are_of_the_hash_and_the_nonce_asked_for() {
    let rig = Rig::start(Job::default()).await;
    let hash = digest(&SHA256, b"signature");
    let algorithm = b"\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00";
    let imprint = [&b"\x30\x31"[..], algorithm, b"\x04\x20", hash.as_ref()].concat();
    let nonce = b"\x02\x04\x11\x22\x33\x44";
    let query = [
        &b"\x30\x3f\x02\x01\x01"[..],
        &imprint,
        nonce,
        b"\x01\x01\xff",
    ]
    .concat();
    let url = format!("{}/api/v1/timestamp", rig.sigstore.timestamp_url());
    let send = async |body: Vec<u8>, kind: &str| {
        let request = rig.http.post(&url).header("content-type", kind).body(body);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.bytes().await.unwrap())
    };
    let kind = "application/timestamp-query";
    rig.clock.advance(Duration::from_secs(61));
    let (status, answer) = send(query.clone(), kind).await;
    assert_eq!(status, 201);
    for part in [&imprint[..], nonce, b"20260101000101Z"] {
        assert!(answer.windows(part.len()).any(|window| window == part));
    }
    assert_eq!(send(query.clone(), "text/plain").await.0, 415);
    assert_eq!(send(query[..20].to_vec(), kind).await.0, 400);
}

/// The shape of each form; whether the signatures are good is for verifiers to say.
#[tokio::test]
async fn statements_are_signed_without_requests() {
    let rig = Rig::start(Job::default()).await;
    for (form, entries, stamps) in [
        (BundleForm::Logged, 1, 1),
        (BundleForm::Timestamped, 0, 1),
        (BundleForm::Unproven, 0, 0),
    ] {
        let bundle = rig.sigstore.sign(&Job::default(), b"{}", form).unwrap();
        let material = &bundle["verificationMaterial"];
        let count = |value: &Value| value.as_array().map_or(0, Vec::len);
        assert_eq!(count(&material["tlogEntries"]), entries);
        let data = &material["timestampVerificationData"];
        assert_eq!(count(&data["rfc3161Timestamps"]), stamps);
        assert_eq!(bundle["dsseEnvelope"]["payload"], "e30=");
    }
    assert_eq!(rig.sigstore.log_size(), 1);
    assert!(rig.sigstore.log().entries().is_empty());
}
