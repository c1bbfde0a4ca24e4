//! Attestations are stored and listed.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use btp_release::domain::Digest;
use btp_release::protocol::{Cause, GitHubReader as _, GitHubWriter as _};
use bytes::Bytes;
use serde_json::{Value, json};
use stand_ins::github::{GitHubWorld, Level, NoAttestations, Token};
use stand_ins::{Fault, Options, Pattern};

use crate::support::github::{Rig, TOKEN, kind};

const TYPE: &str = "https://in-toto.io/attestation/test-result/v0.1";

fn bundle(digest: Digest, predicate_type: &str, nth: usize) -> Value {
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "x", "digest": {"sha256": digest.hex()}}],
        "predicateType": predicate_type,
        "predicate": {"nth": nth},
    });
    json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {},
        "dsseEnvelope": {"payload": BASE64_STANDARD.encode(statement.to_string())},
    })
}

async fn rig(level: Level, choose: impl FnOnce(&mut Options)) -> Rig {
    let mut world = GitHubWorld::example();
    let token = Token::github_token().with(|rights| rights.attestations = level);
    world.token(TOKEN, token);
    Rig::with(world, choose).await
}

fn values(bundles: &[Bytes]) -> Vec<Value> {
    let value = |bytes: &Bytes| serde_json::from_slice(bytes).unwrap();
    bundles.iter().map(value).collect()
}

#[tokio::test]
async fn bundle_is_stored_and_found_by_digest_and_type() {
    let rig = rig(Level::Write, |_| {}).await;
    let digest = Digest::of(b"artifact");
    let stored = bundle(digest, TYPE, 1);
    let bytes = Bytes::from(stored.to_string());
    rig.github.store_attestation(&bytes).await.unwrap();
    let found = rig.github.attestations(digest, TYPE).await.unwrap();
    assert_eq!(values(&found), [stored]);
    for (digest, kind) in [
        (Digest::of(b"other"), TYPE),
        (digest, "https://slsa.dev/provenance/v1"),
    ] {
        let none = rig.github.attestations(digest, kind).await.unwrap();
        assert!(none.is_empty(), "{none:?}");
    }
}

#[tokio::test]
async fn no_attestations_are_a_404_or_an_empty_list() {
    for answer in [NoAttestations::NotFound, NoAttestations::EmptyList] {
        let rig = rig(Level::Read, |options| options.no_attestations = answer).await;
        let found = rig.github.attestations(Digest::of(b"x"), TYPE).await;
        assert_eq!(found.unwrap().len(), 0);
    }
}

#[tokio::test]
async fn all_pages_are_read_and_an_unchanged_short_one_costs_nothing() {
    let rig = rig(Level::Read, |_| {}).await;
    let digest = Digest::of(b"artifact");
    let attest = |from: usize, to: usize| {
        rig.repository(|repository| {
            for nth in from..to {
                repository.attest(&bundle(digest, TYPE, nth));
            }
        });
    };
    let read = async || rig.github.attestations(digest, TYPE).await.unwrap().len();
    attest(0, 2);
    assert_eq!(read().await, 2);
    assert_eq!(read().await, 2);
    let confirmed = rig.hub.log().filter(|entry| entry.status == Some(304));
    assert_eq!(confirmed.len(), 1);
    // A full page is not kept: a second one may follow it later.
    attest(2, 100);
    assert_eq!(read().await, 100);
    attest(100, 250);
    assert_eq!(read().await, 250);
}

/// What would be on the pages that are not read may matter.
#[tokio::test]
async fn list_that_is_too_long_is_not_taken_for_the_whole() {
    let rig = rig(Level::Write, |_| {}).await;
    let digest = Digest::of(b"artifact");
    for nth in 0..999 {
        rig.repository(|repository| repository.attest(&bundle(digest, TYPE, nth)));
    }
    let all = rig.github.attestations(digest, TYPE).await.unwrap();
    assert_eq!(all.len(), 999);
    rig.repository(|repository| repository.attest(&bundle(digest, TYPE, 999)));
    let error = rig.github.attestations(digest, TYPE).await.unwrap_err();
    let told = error.cause.to_string();
    assert!(
        told.contains("GitHub has 1000 or more attestations of sha256:"),
        "{told}"
    );
}

#[tokio::test]
async fn bundle_that_lies_elsewhere_is_read_without_the_token() {
    let rig = rig(Level::Read, |options| options.inline_bundles = false).await;
    let digest = Digest::of(b"artifact");
    let stored = bundle(digest, TYPE, 7);
    rig.repository(|repository| repository.attest(&stored));
    let found = rig.github.attestations(digest, TYPE).await.unwrap();
    assert_eq!(values(&found), [stored]);
}

#[tokio::test]
async fn missing_right_is_named() {
    let rig = rig(Level::Read, |_| {}).await;
    let bytes = Bytes::from(bundle(Digest::of(b"x"), TYPE, 1).to_string());
    let refused = rig.github.store_attestation(&bytes).await;
    assert_eq!(kind(&refused), "denied");
    let error = refused.unwrap_err();
    assert!(error.to_string().contains("attestations: write"), "{error}");
    assert!(matches!(error.cause, Cause::Denied { .. }));
}

#[tokio::test]
async fn lost_answer_is_not_known() {
    let rig = rig(Level::Write, |_| {}).await;
    let store = Pattern::new("POST", "*/attestations");
    rig.hub.faults().when(store, 1, Fault::AnswerLost);
    let bytes = Bytes::from(bundle(Digest::of(b"x"), TYPE, 1).to_string());
    let lost = rig.github.store_attestation(&bytes).await;
    assert_eq!(kind(&lost), "unknown");
    let no_json = rig.github.store_attestation(&Bytes::from("no JSON")).await;
    assert_eq!(kind(&no_json), "broken");
}
