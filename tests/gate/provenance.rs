//! The gate of a release whose binary image must have a provenance and a bill of materials: what `attest-build` signs is enough, and
//! what is forged, missing or of another build is refused.

use std::time::Duration;

use btp_release::domain::Code;
use btp_release::engine::Stop;
use serde_json::{Value, json};
use stand_ins::{Fault, Pattern};

use super::release::{BINARY, PublishJob, RUN, codes, module_repository};
use super::signed::{OTHER, Signed};
use super::support::scene::{OFF, Outputs, PREFER, REQUIRE, Run, Scene, TAG};
use super::{all_refused, described, json_schema, wrong};

const PROVENANCE: &str = "https://slsa.dev/provenance/v1";
const SPDX: &str = "https://spdx.dev/Document/v2.3";
const BUILDER: &str =
    "kyma-project/btp-release-action/.github/workflows/post-build-image.yaml@refs/tags/v1";
/// As `docs/evidence.md` writes it.
const REQUIRED: &str = "image=binary-image predicate=https://slsa.dev/provenance/v1 signer=https://github.com/kyma-project/btp-release-action/.github/workflows/post-build-image.yaml@*
image=binary predicate=https://spdx.dev/Document/v2.3 signer=https://github.com/kyma-project/btp-release-action/.github/workflows/post-build-image.yaml@*";
const BILL: &str = r#"{"SPDXID": "SPDXRef-DOCUMENT", "spdxVersion": "SPDX-2.3", "packages": [{"name": "go", "score": 7.038531e-26}]}"#;

impl Scene {
    fn manager_digest(&self) -> String {
        self.registry.store().resolve(BINARY, TAG).unwrap()
    }

    /// `attest-build` as the job after the build runs it.
    async fn attest(&self, run: Run, plan: &str, more: &[(&str, &str)]) -> Result<Outputs, Stop> {
        let usual = [
            ("plan", plan),
            ("image", "binary"),
            ("job-workflow", BUILDER),
            ("build-attempt", "1"),
            ("build-parameters", r#"{"dockerfile": "Dockerfile"}"#),
        ];
        let inputs = [&usual, more].concat();
        self.phase(run, "attest-build", &inputs).await
    }

    /// With the digest that was pushed, and a bill of materials.
    async fn attest_all(&self, run: Run, plan: &str) -> Result<Outputs, Stop> {
        std::fs::write(self.folder.path().join("sbom.json"), BILL).unwrap();
        let digest = self.manager_digest();
        let inputs = [("digest", digest.as_str()), ("sbom", "sbom.json")];
        self.attest(run, plan, &inputs).await
    }

    fn bundles(&self) -> Vec<Value> {
        self.repository(|repository| {
            let all = repository.attestations.iter();
            all.map(|one| one.bundle.clone()).collect()
        })
    }

    /// The predicate types of everything that is signed.
    fn signed_types(&self) -> Vec<String> {
        let bundles = self.bundles();
        let of = |bundle| Signed::of(bundle).statement["predicateType"].clone();
        let types = bundles
            .iter()
            .map(|bundle| of(bundle).as_str().unwrap().to_owned());
        types.collect()
    }

    /// Takes the provenance away.
    fn take_provenance(&self) -> Value {
        self.repository(|repository| {
            let mut all = repository.attestations.iter();
            let at = all
                .position(|one| Signed::of(&one.bundle).statement["predicateType"] == PROVENANCE);
            repository.attestations.remove(at.unwrap()).bundle
        })
    }

    /// Replaces it by one that is signed correctly and is another.
    fn forge_provenance(&self, alter: impl FnOnce(&mut Signed)) {
        let mut signed = Signed::of(&self.take_provenance());
        alter(&mut signed);
        self.repository(|repository| repository.attest(&signed.bundle()));
    }
}

/// A release up to the build of its images, whose provenance is required.
async fn built(signing: &'static str) -> (Scene, String) {
    let scene = Scene::start(|_| {}).await.signing(signing);
    let plan = scene
        .until_drafted_with(&[("require-attestations", REQUIRED)])
        .await;
    scene.push_images(&plan);
    scene.build_module(&plan, &[]).await;
    (scene, plan)
}

type Fact = (&'static str, Code, fn(&Scene));

const FORGED: &[Fact] = &[
    ("the provenance is deleted", Code::AttestationMissing, |s| {
        s.take_provenance();
    }),
    (
        "the provenance has no signature",
        Code::AttestationUnsigned,
        |s| {
            let mut bundle = s.take_provenance();
            bundle["dsseEnvelope"]["signatures"] = json!([]);
            s.repository(|repository| repository.attest(&bundle));
        },
    ),
    (
        "the provenance is altered after it was signed",
        Code::AttestationSignatureInvalid,
        |s| {
            let mut bundle = s.take_provenance();
            let mut altered = Signed::of(&bundle);
            altered.predicate()["runDetails"]["builder"]["id"] = "x".into();
            bundle["dsseEnvelope"]["payload"] = altered.bundle()["dsseEnvelope"]["payload"].take();
            s.repository(|repository| repository.attest(&bundle));
        },
    ),
    (
        "the provenance is signed by the caller's own workflow",
        Code::AttestationOfOtherSigner,
        |s| {
            s.forge_provenance(|f| f.identity["subject"] = f.identity["workflow"].clone());
        },
    ),
    (
        "the provenance is signed by another workflow of the builder's repository",
        Code::AttestationOfOtherSigner,
        |s| {
            s.forge_provenance(|f| {
                let other = BUILDER.replace("post-build", "my-build");
                f.identity["subject"] = format!("https://github.com/{other}").into();
            });
        },
    ),
    (
        "the provenance is signed for another repository",
        Code::AttestationOfOtherSigner,
        |s| s.forge_provenance(|f| f.identity["repository"] = OTHER.into()),
    ),
    (
        "the provenance is signed for another commit",
        Code::AttestationOfOtherSigner,
        |s| s.forge_provenance(|f| f.identity["commit"] = "0".repeat(40).into()),
    ),
    (
        "the provenance is about the platforms, and not about the index",
        Code::AttestationMissing,
        |s| {
            s.forge_provenance(|f| {
                f.statement["subject"].as_array_mut().unwrap().remove(0);
            });
        },
    ),
    (
        "the provenance is of another type",
        Code::AttestationMissing,
        |s| s.forge_provenance(|f| f.statement["predicateType"] = "https://x.y/z".into()),
    ),
    (
        "the bill of materials is deleted",
        Code::AttestationMissing,
        |s| {
            s.repository(|repository| {
                repository
                    .attestations
                    .retain(|one| Signed::of(&one.bundle).statement["predicateType"] != SPDX);
            });
        },
    ),
];

#[tokio::test]
async fn gate_refuses_each_forged_provenance_and_takes_the_genuine_one() {
    let (scene, plan) = built(REQUIRE).await;
    scene.attest_all(RUN, &plan).await.unwrap();
    let job: PublishJob = scene.test(plan).await;
    let snapshot = scene.snapshot();
    let mut failed = Vec::new();
    for (fact, code, alter) in FORGED {
        scene.restore(&snapshot);
        alter(&scene);
        if let Some(why) = wrong(scene.publish(&job).await, &[*code]) {
            failed.push(format!("{fact}: {why}"));
        } else if scene.releases_published() > 0 {
            failed.push(format!("{fact}: was published"));
        }
    }
    all_refused("provenance altered after the tests", FORGED.len(), &failed);
    scene.restore(&snapshot);
    let published = scene.publish(&job).await;
    published.unwrap_or_else(|stop| panic!("{}", described(&stop)));
    assert_eq!(scene.releases_published(), 1);
    let verified = scene.phase(RUN, "verify", &[("version", TAG)]).await;
    verified.unwrap_or_else(|stop| panic!("{}", described(&stop)));
}

#[tokio::test]
async fn provenance_is_of_the_form_that_is_documented() {
    let (scene, plan) = built(REQUIRE).await;
    scene.attest_all(RUN, &plan).await.unwrap();
    let mut signed = Signed::of(&scene.take_provenance());
    let schema = include_str!("../../docs/schemas/provenance.schema.json");
    let schema: Value = serde_json::from_str(schema).unwrap();
    let refused = json_schema::refused(&schema, signed.predicate());
    assert_eq!(refused, [""; 0]);
    let subjects = signed.statement["subject"].as_array().unwrap().clone();
    assert_eq!(subjects.len(), 3, "the index and two platforms");
    let digest = scene.manager_digest();
    assert_eq!(
        format!(
            "sha256:{}",
            subjects[0]["digest"]["sha256"].as_str().unwrap()
        ),
        digest
    );
    let builder = &signed.statement["predicate"]["runDetails"]["builder"]["id"];
    assert_eq!(*builder, signed.identity["subject"]);
    assert_eq!(signed.statement["_type"], "https://in-toto.io/Statement/v1");
}

/// A workflow of the module's own builds and signs itself, unless it names another one.
#[tokio::test]
async fn module_image_is_attested_by_the_workflow_that_was_started() {
    let (scene, plan) = built(REQUIRE).await;
    let name = module_repository(&scene.registry.store());
    let digest = scene.registry.store().resolve(&name, "1.2.0").unwrap();
    let inputs = [
        ("plan", plan.as_str()),
        ("image", "module"),
        ("digest", &digest),
    ];
    scene.phase(RUN, "attest-build", &inputs).await.unwrap();
    let signed = Signed::of(&scene.take_provenance());
    let predicate = &signed.statement["predicate"];
    let builder = &predicate["runDetails"]["builder"]["id"];
    assert_eq!(*builder, signed.identity["workflow"]);
    let subjects = signed.statement["subject"].as_array().unwrap();
    let [module] = &subjects[..] else {
        panic!("{subjects:?}");
    };
    assert_eq!(
        module["digest"]["sha256"],
        digest.trim_start_matches("sha256:")
    );
    assert_eq!(
        module["name"],
        predicate["buildDefinition"]["externalParameters"]["image"]
    );
}

#[tokio::test]
async fn nothing_is_signed_twice_in_any_attempt_of_the_run() {
    let (scene, plan) = built(REQUIRE).await;
    for attempt in 1..=3 {
        scene
            .attest_all(Run { attempt, ..RUN }, &plan)
            .await
            .unwrap();
        assert_eq!(
            scene.signed_types(),
            [PROVENANCE, SPDX],
            "attempt {attempt}"
        );
    }
    // Another run that finds the image is satisfied with the provenance of the one that built it.
    let other = Run { id: 18, attempt: 1 };
    let inputs = [("already-built", "true")];
    scene.attest(other, &plan, &inputs).await.unwrap();
    assert_eq!(scene.signed_types().len(), 2);
    scene.take_provenance();
    let refused = scene.attest(other, &plan, &inputs).await.unwrap_err();
    assert_eq!(codes(&refused), [Code::AttestationMissing]);
    assert_eq!(scene.signed_types().len(), 1);
}

#[tokio::test]
async fn only_the_bytes_that_were_built_are_attested() {
    let (scene, plan) = built(REQUIRE).await;
    let digest = scene.manager_digest();
    let built_as = [("digest", digest.as_str())];
    let parsed = btp_release::plan::ReleasePlan::from_json(&plan, None).unwrap();
    scene.push_manager(&parsed, b"another manager");
    let refused = scene.attest(RUN, &plan, &built_as).await.unwrap_err();
    assert_eq!(codes(&refused), [Code::ImageUnexpected]);
    assert_eq!(scene.signed_types(), [""; 0]);
    // The tag moves while the statement is made.
    let scene = std::sync::Arc::new(scene);
    let there = std::sync::Arc::clone(&scene);
    let read = Pattern::new("GET", &format!("*/{BINARY}/manifests/*"));
    let push = Fault::call_after(move |_| there.push_manager(&parsed, b"a third manager"));
    scene.registry.faults().when(read, 1, push);
    let refused = scene.attest(RUN, &plan, &[]).await.unwrap_err();
    assert_eq!(codes(&refused), [Code::ImageDiffers]);
    assert_eq!(scene.signed_types(), [""; 0]);
    scene.attest(RUN, &plan, &[]).await.unwrap();
    assert_eq!(scene.signed_types(), [PROVENANCE]);
}

#[tokio::test]
async fn bill_of_materials_that_is_none_or_too_large_is_refused() {
    let (scene, plan) = built(PREFER).await;
    let path = scene.folder.path().join("sbom.json");
    let large = format!("{{\"a\": \"{}\"}}", "x".repeat(8 << 20));
    for content in [None, Some("{}"), Some(&large)] {
        match content {
            Some(text) => std::fs::write(&path, text).unwrap(),
            None => assert!(!path.exists()),
        }
        let ended = scene.attest(RUN, &plan, &[("sbom", "sbom.json")]).await;
        assert_eq!(codes(&ended.unwrap_err()), [Code::SbomInvalid]);
    }
    assert_eq!(scene.signed_types(), [""; 0]);
}

#[tokio::test]
async fn release_that_is_not_signed_has_no_provenance() {
    let scene = Scene::start(|_| {}).await.signing(OFF);
    let plan = scene.until_drafted().await;
    let before = scene.registry.log().last();
    scene.attest(RUN, &plan, &[]).await.unwrap();
    assert_eq!(scene.registry.log().last(), before, "nothing is read");
    assert_eq!(scene.signed_types(), [""; 0]);
}

#[tokio::test]
async fn await_waits_for_the_provenance() {
    let (scene, plan) = built(REQUIRE).await;
    let inputs = [("plan", plan.as_str()), ("timeout", "30s")];
    match scene.phase(RUN, "await", &inputs).await {
        Err(Stop::TimedOut { on, allowed }) => {
            assert_eq!(allowed, Duration::from_secs(30));
            let on = on.join("\n");
            assert!(on.contains("unattested") && on.contains(SPDX), "{on}");
        }
        other => panic!("{other:?}"),
    }
    scene.attest_all(RUN, &plan).await.unwrap();
    scene.phase(RUN, "await", &inputs).await.unwrap();
}
