//! One thing of a bundle is changed: it is refused, with the code that says what was changed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use btp_release::adapters::sigstore::TrustedRoot;
use btp_release::protocol::SignatureFault::{self, *};
use serde_json::{Value, json};

use crate::recorded::{
    COSIGN, COSIGN_STAMPED, GITHUB, PUBLIC, STAGING, roots, verified, verified_with, without_log,
};

/// A change by name, and the fault that it is.
type Mutation = (&'static str, SignatureFault, fn(&mut Value));

fn decoded(value: &Value) -> Vec<u8> {
    STANDARD.decode(value.as_str().unwrap()).unwrap()
}

fn encode(value: &mut Value, bytes: &[u8]) {
    *value = STANDARD.encode(bytes).into();
}

/// Flips a bit of a byte, counted from the end where `at` is negative.
fn flip(value: &mut Value, at: isize) {
    let mut bytes = decoded(value);
    let length = isize::try_from(bytes.len()).unwrap();
    let at = usize::try_from(at.rem_euclid(length)).unwrap();
    bytes[at] ^= 1;
    encode(value, &bytes);
}

fn material(bundle: &mut Value) -> &mut Value {
    &mut bundle["verificationMaterial"]
}

fn signatures(bundle: &mut Value) -> &mut Vec<Value> {
    bundle["dsseEnvelope"]["signatures"].as_array_mut().unwrap()
}

fn entry(bundle: &mut Value) -> &mut Value {
    &mut material(bundle)["tlogEntries"][0]
}

fn timestamp(bundle: &mut Value) -> &mut Value {
    &mut material(bundle)["timestampVerificationData"]["rfc3161Timestamps"][0]["signedTimestamp"]
}

/// Changes the statement, and encodes it again.
fn statement(bundle: &mut Value, change: impl FnOnce(&mut Value)) {
    let payload = &mut bundle["dsseEnvelope"]["payload"];
    let mut statement: Value = serde_json::from_slice(&decoded(payload)).unwrap();
    change(&mut statement);
    encode(payload, statement.to_string().as_bytes());
}

fn replace(value: &mut Value, old: &str, new: &str) {
    let text = value.as_str().unwrap();
    assert!(text.contains(old), "{old} is not in {text}");
    *value = text.replacen(old, new, 1).into();
}

/// The same member of another genuine bundle.
fn of_other(member: &str) -> Value {
    let mut other: Value = serde_json::from_str(PUBLIC).unwrap();
    material(&mut other)[member].take()
}

/// What can be done to every bundle.
const ANY: &[Mutation] = &[
    ("digest of a subject", SignatureInvalid, |b| {
        statement(b, |s| {
            s["subject"].as_array_mut().unwrap().last_mut().unwrap()["digest"]["sha256"] =
                "0".repeat(64).into()
        });
    }),
    ("name of a subject", SignatureInvalid, |b| {
        statement(b, |s| s["subject"][0]["name"] = "b.txt".into())
    }),
    ("one subject more", SignatureInvalid, |b| {
        statement(b, |s| {
            let more = json!({"name": "more", "digest": {"sha256": "1".repeat(64)}});
            s["subject"].as_array_mut().unwrap().push(more);
        });
    }),
    ("type of the predicate", SignatureInvalid, |b| {
        statement(b, |s| s["predicateType"] = "https://example.com/x".into())
    }),
    ("a word of the predicate", SignatureInvalid, |b| {
        statement(b, |s| s["predicate"] = json!({"result": "PASSED"}))
    }),
    ("a space in the statement", SignatureInvalid, |b| {
        let payload = &mut b["dsseEnvelope"]["payload"];
        let mut bytes = decoded(payload);
        bytes.push(b' ');
        encode(payload, &bytes);
    }),
    ("statement of v0.1", BundleUnreadable, |b| {
        statement(b, |s| {
            s["_type"] = "https://in-toto.io/Statement/v0.1".into()
        })
    }),
    ("statement about nothing", BundleUnreadable, |b| {
        statement(b, |s| s["subject"] = json!([]))
    }),
    ("a subject without a digest", BundleUnreadable, |b| {
        statement(b, |s| s["subject"][0]["digest"] = json!({}))
    }),
    ("unknown member of the statement", BundleUnreadable, |b| {
        statement(b, |s| s["surprise"] = 1.into())
    }),
    ("type of the payload", BundleUnreadable, |b| {
        b["dsseEnvelope"]["payloadType"] = "text/plain".into()
    }),
    (
        "first byte of the signature's content",
        SignatureInvalid,
        |b| flip(&mut signatures(b)[0]["sig"], 10),
    ),
    ("last byte of the signature", SignatureInvalid, |b| {
        flip(&mut signatures(b)[0]["sig"], -1)
    }),
    ("no signature", Unsigned, |b| signatures(b).clear()),
    ("empty signature", Unsigned, |b| {
        signatures(b)[0]["sig"] = "".into()
    }),
    ("no envelope", Unsigned, |b| {
        b.as_object_mut().unwrap().remove("dsseEnvelope");
    }),
    ("two signatures", BundleUnreadable, |b| {
        let one = signatures(b)[0].clone();
        signatures(b).push(one);
    }),
    ("name of a key", BundleUnreadable, |b| {
        signatures(b)[0]["keyid"] = "other".into()
    }),
    ("signature of the certificate", CertificateUntrusted, |b| {
        flip(&mut material(b)["certificate"]["rawBytes"], -1)
    }),
    ("no certificate", BundleUnreadable, |b| {
        material(b).as_object_mut().unwrap().remove("certificate");
    }),
    ("chain of certificates", BundleUnreadable, |b| {
        let one = material(b)["certificate"].take();
        material(b).as_object_mut().unwrap().remove("certificate");
        material(b)["x509CertificateChain"] = json!({"certificates": [one]});
    }),
    ("media type of v0.1", BundleUnreadable, |b| {
        b["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=0.1".into()
    }),
    (
        "media type of v0.3, spelt otherwise",
        BundleUnreadable,
        |b| b["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=0.3".into(),
    ),
    ("unknown member", BundleUnreadable, |b| {
        b["surprise"] = 1.into()
    }),
    ("unknown member of the material", BundleUnreadable, |b| {
        material(b)["surprise"] = 1.into()
    }),
    ("a line end in the base64", BundleUnreadable, |b| {
        let payload = &mut b["dsseEnvelope"]["payload"];
        *payload = format!("{}\n", payload.as_str().unwrap()).into();
    }),
];

/// What can be done to a bundle with an entry of a log.
const LOGGED: &[Mutation] = &[
    ("no entry", LogEntryInvalid, |b| {
        material(b)["tlogEntries"] = json!([])
    }),
    ("two entries", LogEntryInvalid, |b| {
        let one = entry(b).clone();
        material(b)["tlogEntries"].as_array_mut().unwrap().push(one);
    }),
    ("root of the proof", LogEntryInvalid, |b| {
        flip(&mut entry(b)["inclusionProof"]["rootHash"], 3)
    }),
    ("size of the tree", LogEntryInvalid, |b| {
        entry(b)["inclusionProof"]["treeSize"] = "9".into()
    }),
    ("a hash of the proof", LogEntryInvalid, |b| {
        flip(&mut entry(b)["inclusionProof"]["hashes"][0], 0)
    }),
    ("one hash less", LogEntryInvalid, |b| {
        entry(b)["inclusionProof"]["hashes"]
            .as_array_mut()
            .unwrap()
            .pop();
    }),
    ("no proof", LogEntryInvalid, |b| {
        entry(b).as_object_mut().unwrap().remove("inclusionProof");
    }),
    ("index in the proof", LogEntryInvalid, |b| {
        entry(b)["inclusionProof"]["logIndex"] = "0".into()
    }),
    ("index of the entry", LogEntryInvalid, |b| {
        entry(b)["logIndex"] = "1".into()
    }),
    ("origin of the checkpoint", LogEntryInvalid, |b| {
        replace(
            &mut entry(b)["inclusionProof"]["checkpoint"]["envelope"],
            "rekor",
            "hekor",
        )
    }),
    ("signature of the checkpoint", LogEntryInvalid, |b| {
        let envelope = &mut entry(b)["inclusionProof"]["checkpoint"]["envelope"];
        let text = envelope.as_str().unwrap();
        let first = text.find('—').unwrap();
        let line_end = text[first..].find('\n').unwrap() + first;
        let (kept, rest) = text.split_at(line_end - 20);
        *envelope = format!("{kept}AAAA{}", &rest[4..]).into();
    }),
    ("body of the entry", LogEntryInvalid, |b| {
        flip(&mut entry(b)["canonicalizedBody"], 40)
    }),
    (
        "a line end in the body of the entry",
        BundleUnreadable,
        |b| {
            let body = &mut entry(b)["canonicalizedBody"];
            *body = format!("{}\n", body.as_str().unwrap()).into();
        },
    ),
    ("name of the log", LogEntryInvalid, |b| {
        flip(&mut entry(b)["logId"]["keyId"], 0)
    }),
    ("kind of the entry", LogEntryInvalid, |b| {
        entry(b)["kindVersion"]["kind"] = "intoto2".into()
    }),
    ("unknown member of the entry", BundleUnreadable, |b| {
        entry(b)["surprise"] = 1.into()
    }),
];

/// What can be done to a bundle with a timestamp.
const STAMPED: &[Mutation] = &[
    ("a byte of the timestamp", TimestampInvalid, |b| {
        flip(timestamp(b), -1)
    }),
    ("no timestamp", CertificateExpired, |b| {
        material(b)["timestampVerificationData"]["rfc3161Timestamps"] = json!([])
    }),
    ("no bytes of the timestamp", TimestampInvalid, |b| {
        *timestamp(b) = "AAAA".into()
    }),
    ("a line end in the timestamp", BundleUnreadable, |b| {
        *timestamp(b) = format!("{}\n", timestamp(b).as_str().unwrap()).into();
    }),
    ("the same timestamp nine times", BundleUnreadable, |b| {
        let one = json!({"signedTimestamp": timestamp(b).clone()});
        material(b)["timestampVerificationData"]["rfc3161Timestamps"] = vec![one; 9].into();
    }),
    ("a good and a broken timestamp", TimestampInvalid, |b| {
        let mut second = json!({"signedTimestamp": timestamp(b).clone()});
        flip(&mut second["signedTimestamp"], -1);
        material(b)["timestampVerificationData"]["rfc3161Timestamps"]
            .as_array_mut()
            .unwrap()
            .push(second);
    }),
];

fn refuse(name: &str, bundle: &str, mutations: &[Mutation]) {
    refuse_with(&roots(), name, bundle, mutations);
}

fn refuse_with(root: &TrustedRoot, name: &str, bundle: &str, mutations: &[Mutation]) {
    let mut wrong = Vec::new();
    for (what, fault, change) in mutations {
        let mut changed: Value = serde_json::from_str(bundle).unwrap();
        change(&mut changed);
        match verified_with(&changed.to_string(), root) {
            Err(refused) if refused.fault == *fault => {}
            Err(refused) => {
                let seen = refused.fault;
                wrong.push(format!("{what}: {seen:?}, not {fault:?}: {refused}"));
            }
            Ok(_) => wrong.push(format!("{what}: verified")),
        }
    }
    assert!(wrong.is_empty(), "{name}: {wrong:#?}");
}

#[test]
fn changes_of_any_bundle_are_refused() {
    for (name, bundle) in [
        ("public", PUBLIC),
        ("staging", STAGING),
        ("github", GITHUB),
        ("cosign", COSIGN),
    ] {
        verified(&serde_json::from_str::<Value>(bundle).unwrap().to_string()).unwrap();
        refuse(name, bundle, ANY);
    }
}

#[test]
fn changes_of_log_entries_are_refused() {
    refuse("public", PUBLIC, LOGGED);
    refuse("staging", STAGING, LOGGED);
    refuse("cosign", COSIGN, LOGGED);
}

#[test]
fn changes_of_timestamps_are_refused() {
    refuse("staging", STAGING, STAMPED);
    refuse("github", GITHUB, STAMPED);
    refuse("cosign", COSIGN, STAMPED);
}

#[test]
fn changes_of_what_cosign_signed_with_a_timestamp_only_are_refused() {
    let root = without_log();
    for mutations in [ANY, STAMPED] {
        refuse_with(&root, "cosign", COSIGN_STAMPED, mutations);
    }
}

#[test]
fn parts_of_another_bundle_are_refused() {
    refuse(
        "staging",
        STAGING,
        &[
            ("certificate of another", SignatureInvalid, |b| {
                material(b)["certificate"] = of_other("certificate")
            }),
            ("entry of another", LogEntryInvalid, |b| {
                material(b)["tlogEntries"] = of_other("tlogEntries")
            }),
            ("time in an entry of Rekor v2", LogEntryInvalid, |b| {
                entry(b)["integratedTime"] = "1734374576".into()
            }),
            ("promise in an entry of Rekor v2", LogEntryInvalid, |b| {
                entry(b)["inclusionPromise"] = json!({"signedEntryTimestamp": "AAAA"})
            }),
        ],
    );
    refuse(
        "public",
        PUBLIC,
        &[
            ("another time of the entry", LogEntryInvalid, |b| {
                entry(b)["integratedTime"] = "1734374577".into()
            }),
            ("no promise", CertificateExpired, |b| {
                entry(b).as_object_mut().unwrap().remove("inclusionPromise");
            }),
            ("signature of the promise", LogEntryInvalid, |b| {
                flip(
                    &mut entry(b)["inclusionPromise"]["signedEntryTimestamp"],
                    -1,
                )
            }),
        ],
    );
    refuse(
        "github",
        GITHUB,
        &[
            (
                "entry of a log that GitHub does not have",
                LogEntryInvalid,
                |b| material(b)["tlogEntries"] = of_other("tlogEntries"),
            ),
            ("timestamp of the other instance", TimestampInvalid, |b| {
                let mut other: Value = serde_json::from_str(STAGING).unwrap();
                *timestamp(b) = timestamp(&mut other).take();
            }),
        ],
    );
}

#[test]
fn texts_that_are_no_bundles_are_refused() {
    let deep = format!(
        "{{\"mediaType\":{}1{}}}",
        "[".repeat(5000),
        "]".repeat(5000)
    );
    let large = " ".repeat(25 << 20);
    let twice = PUBLIC.replacen(
        '{',
        r#"{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","#,
        1,
    );
    for text in ["", "{}", "null", "[]", "\u{0}", &deep, &large, &twice] {
        let refused = verified(text).unwrap_err();
        assert_eq!(refused.fault, BundleUnreadable, "{refused}");
    }
    // It is not even parsed.
    let refused = verified(&large).unwrap_err();
    assert!(refused.seen.contains("no more than"), "{refused}");
}

/// Every byte of the statement, of the signature and of the certificate is covered.
#[test]
fn any_changed_byte_is_refused() {
    let members: [fn(&mut Value) -> &mut Value; 3] = [
        |b| &mut b["dsseEnvelope"]["payload"],
        |b| &mut b["dsseEnvelope"]["signatures"][0]["sig"],
        |b| &mut b["verificationMaterial"]["certificate"]["rawBytes"],
    ];
    let root = roots();
    for bundle in [STAGING, GITHUB] {
        let whole: Value = serde_json::from_str(bundle).unwrap();
        for member in members {
            let length = decoded(member(&mut whole.clone())).len();
            for at in 0..length {
                let mut changed = whole.clone();
                flip(member(&mut changed), isize::try_from(at).unwrap());
                let text = bytes::Bytes::from(changed.to_string());
                let seen = btp_release::adapters::sigstore::verify(&text, &root);
                assert!(seen.is_err(), "byte {at} of {length}");
            }
        }
    }
}
