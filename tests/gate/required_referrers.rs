//! The attestations that the plan requires of images, where only the registry has them.

use btp_release::domain::Code;
use btp_release::protocol::GITHUB_ISSUER;
use serde_json::json;

use super::referrers::{digest_of_image, published, push, unsealed};
use super::release::{BINARY, RUN};
use super::signed::{OTHER, Signed};
use super::support::scene::{Scene, TAG};
use super::support::signing::bundle;
use super::{all_refused, described, wrong};

const PROVENANCE: &str = "https://slsa.dev/provenance/v1";
const BUILDER: &str = "https://github.com/kyma-project/test-infra/.github/workflows/image-builder.yml@refs/heads/main";

/// The provenance that the builder of the manager's image signs.
fn provenance(scene: &Scene) -> Signed {
    let commit = scene.repository(|repository| repository.tip());
    let repository = "https://github.com/kyma-project/btp-manager";
    let identity = json!({
        "issuer": GITHUB_ISSUER,
        "subject": BUILDER,
        "workflow": format!("{repository}/.github/workflows/build.yml@refs/tags/{TAG}"),
        "repository": repository,
        "commit": commit,
        "run": format!("{repository}/actions/runs/3/attempts/1"),
    });
    let image = digest_of_image(&scene.registry.store(), BINARY);
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": BINARY, "digest": {"sha256": image.trim_start_matches("sha256:")}}],
        "predicateType": PROVENANCE,
        "predicate": {},
    });
    Signed::of(&bundle(
        &identity,
        statement.to_string().as_bytes(),
        1_790_000_000,
    ))
}

type AlterProvenance = fn(&mut Signed);

const REQUIRED: &[(&str, &[Code], AlterProvenance)] = &[
    (
        "another workflow's",
        &[Code::AttestationOfOtherSigner],
        |p| {
            p.identity["subject"] = BUILDER.replace("image-builder", "other").into();
        },
    ),
    (
        "another repository's",
        &[Code::AttestationOfOtherSigner],
        |p| {
            p.identity["repository"] = OTHER.into();
        },
    ),
    ("another commit's", &[Code::AttestationOfOtherSigner], |p| {
        p.identity["commit"] = "0".repeat(40).into();
    }),
    ("another issuer's", &[Code::AttestationOfOtherSigner], |p| {
        p.identity["issuer"] = "https://issuer.example".into();
    }),
    ("another image's", &[Code::AttestationOfOtherBytes], |p| {
        p.statement["subject"][0]["digest"]["sha256"] = "0".repeat(64).into();
    }),
    // It says nothing of provenance.
    ("of another type", &[Code::AttestationMissing], |p| {
        p.statement["predicateType"] = "https://spdx.dev/Document".into();
    }),
];

/// An image's provenance that only its registry has counts as one that GitHub has, and one that is wrong is refused as such.
#[tokio::test]
async fn required_attestation_is_found_among_the_referrers() {
    let scene = Scene::start(|_| {}).await;
    let required = format!("image=binary predicate={PROVENANCE} signer={BUILDER}");
    let plan = scene
        .until_drafted_with(&[("require-attestations", &required)])
        .await;
    scene.push_images(&plan);
    scene.build_module(&plan, &[]).await;
    let store = |provenance: &Signed| {
        push(&scene, BINARY, provenance.bundle().to_string().as_bytes());
    };
    let before = scene.snapshot();
    store(&provenance(&scene));
    let job = scene.test(plan).await;
    let snapshot = scene.snapshot();
    published(&scene, &job).await;
    let verified = scene.phase(RUN, "verify", &[("version", TAG)]).await;
    verified.unwrap_or_else(|stop| panic!("{}", described(&stop)));

    let restore_without = || {
        scene.restore(&snapshot);
        scene
            .registry
            .store()
            .repositories
            .clone_from(before.images());
    };
    let mut failed = Vec::new();
    let mut refused = async |fact: &str, expected: &[Code]| {
        if let Some(why) = wrong(scene.publish(&job).await, expected) {
            failed.push(format!("{fact}: {why}"));
        } else if scene.releases_published() > 0 {
            failed.push(format!("{fact}: was published"));
        }
    };
    restore_without();
    refused("deleted", &[Code::AttestationMissing]).await;
    for (fact, expected, alter) in REQUIRED {
        restore_without();
        let mut other = provenance(&scene);
        alter(&mut other);
        store(&other);
        refused(fact, expected).await;
    }
    restore_without();
    let mut forged = provenance(&scene).bundle();
    unsealed(&mut forged);
    push(&scene, BINARY, forged.to_string().as_bytes());
    refused("forged", &[Code::AttestationSignatureInvalid]).await;
    restore_without();
    push(&scene, BINARY, b"no JSON");
    refused("no bundle", &[Code::AttestationMissing]).await;
    all_refused("of provenance in the registry", REQUIRED.len() + 3, &failed);

    // Beside one that counts, wrong ones at GitHub and in the registry do no harm.
    scene.restore(&snapshot);
    push(&scene, BINARY, forged.to_string().as_bytes());
    scene.repository(|repository| repository.attest(&forged));
    published(&scene, &job).await;
}
