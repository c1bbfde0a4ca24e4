//! The signatures of a published release: `verify` accepts them as they were made, and finds each one that was altered.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use btp_release::domain::Code;
use btp_release::plan::{REQUESTS, SIGNED_EVIDENCE, SIGNED_VERDICT};
use serde_json::{Value, json};

use super::described;
use super::release::{RUN, codes};
use super::signed::{OTHER, Signed, fail, forge, in_run, take};
use super::support::scene::{REQUIRE, Scene, TAG};
use super::world::{attach, remove, swap};

fn attestations(scene: &Scene) -> usize {
    scene.repository(|repository| repository.attestations.len())
}

type AlteredSignature = (&'static str, &'static [Code], fn(&Scene));

const PUBLISHED: &[AlteredSignature] = &[
    (
        "the signed evidence is deleted",
        &[Code::AttestationMissing],
        |s| remove(s, SIGNED_EVIDENCE),
    ),
    (
        "the signed verdict is deleted",
        &[Code::AttestationMissing],
        |s| remove(s, SIGNED_VERDICT),
    ),
    (
        "the signed verdict is no bundle",
        &[Code::AttestationUnreadable],
        |s| swap(s, SIGNED_VERDICT, |_| "no JSON".into()),
    ),
    (
        "the verdict is altered",
        &[Code::AttestationSignatureInvalid],
        |s| {
            swap(s, SIGNED_VERDICT, |text| {
                let mut bundle: Value = serde_json::from_str(&text).unwrap();
                let mut altered = Signed::of(&bundle);
                altered.predicate()["verifiedLevels"] = json!(["SLSA_BUILD_LEVEL_3"]);
                let payload = BASE64_STANDARD.encode(altered.statement.to_string());
                bundle["dsseEnvelope"]["payload"] = payload.into();
                bundle.to_string()
            });
        },
    ),
    (
        "the verdict is another run's",
        &[Code::AttestationOfOtherRun],
        |s| resign(s, SIGNED_VERDICT, |f| in_run(f, "16")),
    ),
    (
        "the verdict is FAILED",
        &[Code::AttestationOfOtherContent],
        |s| {
            resign(s, SIGNED_VERDICT, |f| {
                f.predicate()["verificationResult"] = json!("FAILED");
            });
        },
    ),
    (
        "the verdict is on another release",
        &[Code::AttestationOfOtherContent],
        |s| {
            resign(s, SIGNED_VERDICT, |f| {
                f.predicate()["resourceUri"] = json!("https://github.com/x/y");
            });
        },
    ),
    (
        "the verdict is by another policy",
        &[Code::AttestationOfOtherContent],
        |s| {
            resign(s, SIGNED_VERDICT, |f| {
                f.predicate()["policy"]["digest"]["sha256"] = json!("0");
            });
        },
    ),
    (
        "the signed evidence is another repository's",
        &[Code::AttestationOfOtherSigner],
        |s| {
            resign(s, SIGNED_EVIDENCE, |f| {
                f.identity["repository"] = OTHER.into()
            })
        },
    ),
    (
        "the signed evidence says something else",
        &[Code::AttestationOfOtherContent],
        |s| {
            resign(s, SIGNED_EVIDENCE, |f| {
                f.predicate()["jobs"]["unit-tests"] = json!("skipped");
            });
        },
    ),
    (
        "the signed evidence is about other bytes",
        &[Code::AttestationOfOtherBytes],
        |s| {
            resign(s, SIGNED_EVIDENCE, |f| {
                f.statement["subject"][0]["digest"]["sha256"] = "0".repeat(64).into();
            });
        },
    ),
    (
        "evidence and verdict change names",
        &[Code::AttestationOfOtherContent],
        |s| {
            let mut texts = [String::new(), String::new()];
            swap(s, SIGNED_EVIDENCE, |text| {
                texts[0].clone_from(&text);
                text
            });
            let [evidence, _] = &texts;
            swap(s, SIGNED_VERDICT, |_| evidence.clone());
        },
    ),
    (
        "a leg's signed result is deleted",
        &[Code::AttestationMissing],
        |s| {
            take(s);
        },
    ),
    (
        "a leg's signed result is replaced by a failure",
        &[Code::EvidenceDiffers],
        |s| forge(s, fail),
    ),
    ("there is one more asset", &[Code::EvidenceDiffers], |s| {
        attach(s, "more.sigstore.json", b"{}")
    }),
];

/// Replaces a bundle among the assets by one that is signed correctly and is another.
fn resign(scene: &Scene, name: &str, alter: impl FnOnce(&mut Signed)) {
    swap(scene, name, |text| {
        let mut signed = Signed::of(&serde_json::from_str(&text).unwrap());
        alter(&mut signed);
        signed.bundle().to_string()
    });
}

#[tokio::test]
async fn verify_finds_each_altered_signature_of_a_published_release() {
    let scene = Scene::start(|_| {}).await.signing(REQUIRE);
    let job = scene.until_tested().await;
    scene.publish(&job).await.unwrap();
    // Two legs, the evidence and the verdict; a run again signs nothing.
    assert_eq!(attestations(&scene), 4);
    scene.publish(&job).await.unwrap();
    assert_eq!(attestations(&scene), 4);
    let names: Vec<String> = scene.repository(|repository| {
        let assets = repository.releases_of(TAG)[0].assets.iter();
        assets.map(|asset| asset.name.clone()).collect()
    });
    for name in [REQUESTS, SIGNED_EVIDENCE, SIGNED_VERDICT] {
        assert!(names.iter().any(|one| one == name), "{names:?}");
    }
    let snapshot = scene.snapshot();
    let verify = async || scene.phase(RUN, "verify", &[("version", TAG)]).await;
    verify()
        .await
        .unwrap_or_else(|stop| panic!("{}", described(&stop)));
    for (fact, expected, alter) in PUBLISHED {
        scene.restore(&snapshot);
        alter(&scene);
        let refused = verify().await.map(drop).expect_err(fact);
        assert_eq!(
            codes(&refused),
            *expected,
            "{fact}: {}",
            described(&refused)
        );
    }
}
