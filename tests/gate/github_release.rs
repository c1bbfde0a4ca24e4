//! GitHub's own attestation of an immutable release, which `verify` looks for where a release is signed.

use btp_release::domain::Code;
use serde_json::{Value, json};

use super::described;
use super::release::{RUN, codes};
use super::support::scene::{REQUIRE, Scene, TAG};
use super::support::signing::bundle;

const GITHUB: &str = "https://dotcom.releases.github.com";
const STRANGER: &str = "https://mallory.example";
const RELEASE: &str = "https://in-toto.io/attestation/release/v0.2";

/// The statement as GitHub makes it: the tag's commit, and each asset.
fn statement(scene: &Scene) -> Value {
    scene.repository(|repository| {
        let commit = repository.tag_commit(TAG).unwrap();
        let releases = repository.releases_of(TAG);
        let assets = releases[0].assets.iter().map(|asset| {
            json!({"name": asset.name, "digest": {"sha256": asset.content.clone().unwrap()}})
        });
        let assets: Vec<Value> = assets.collect();
        json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": assets,
            "predicateType": RELEASE,
            "predicate": {"tag": TAG, "commit": commit},
        })
    })
}

fn attest(scene: &Scene, signer: &str, alter: impl FnOnce(&mut Value)) {
    let mut statement = statement(scene);
    alter(&mut statement);
    let identity = json!({"issuer": "", "subject": signer});
    let bundle = bundle(&identity, statement.to_string().as_bytes(), 1_790_000_000);
    scene.repository(|repository| repository.attest(&bundle));
}

/// The digest of an asset other than the evidence, by which the attestation is found.
fn other_digest(statement: &mut Value) {
    statement["subject"][0]["digest"]["sha256"] = "0".repeat(64).into();
}

/// What GitHub attests, the codes of the refusal, and how it comes to be.
type AttestedRelease = (&'static str, &'static [Code], fn(&Scene));

const ATTESTED: &[AttestedRelease] = &[
    ("it comes late", &[], |_| {}),
    ("it names all assets", &[], |s| attest(s, GITHUB, |_| {})),
    (
        "it names another digest of an asset",
        &[Code::EvidenceDiffers],
        |s| attest(s, GITHUB, other_digest),
    ),
    ("it does not name an asset", &[Code::EvidenceDiffers], |s| {
        attest(s, GITHUB, |statement| {
            statement["subject"].as_array_mut().unwrap().remove(0);
        });
    }),
    ("another one signed something else", &[], |s| {
        attest(s, STRANGER, other_digest)
    }),
];

#[tokio::test]
async fn verify_compares_githubs_attestation_of_an_immutable_release() {
    let scene = Scene::start(|_| {}).await.signing(REQUIRE);
    scene.repository(|repository| repository.immutable_releases = true);
    let job = scene.until_tested().await;
    let outputs = scene.publish(&job).await.unwrap();
    assert_eq!(outputs["is-immutable"], "true");
    let first = statement(&scene)["subject"][0]["name"].clone();
    assert_ne!(first, "release-evidence.json");
    let snapshot = scene.snapshot();
    for (fact, expected, alter) in ATTESTED {
        scene.restore(&snapshot);
        alter(&scene);
        match scene.phase(RUN, "verify", &[("version", TAG)]).await {
            Ok(_) => assert!(expected.is_empty(), "{fact} is not refused"),
            Err(stop) => assert_eq!(codes(&stop), *expected, "{fact}: {}", described(&stop)),
        }
    }
}
