//! What is signed as referrers of images: pushed before a release is published, and checked by `verify`.

use std::collections::BTreeMap;

use btp_release::domain::{Code, Digest};
use btp_release::plan::EVIDENCE_PREDICATE;
use btp_release::protocol::BUNDLE_MEDIA_TYPE;
use serde_json::{Value, json};
use stand_ins::registry::Store;
use stand_ins::{Fault, Pattern};

use super::release::{BINARY, PublishJob, RUN, SIDECAR, module_repository};
use super::signed::{OTHER, Signed, fail, in_run};
use super::support::scene::{PREFER, REQUIRE, Scene, TAG};
use super::{all_refused, described, wrong};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const SUMMARY: &str = "https://slsa.dev/verification_summary/v1";
const TEST_RESULT: &str = "https://in-toto.io/attestation/test-result/v0.1";

/// The bundles that readers find of an image, by the digests of their manifests: as the registry lists them or, where it lists
/// none, as the index does.
fn referrers(scene: &Scene, image: &str, lists: bool) -> BTreeMap<String, Value> {
    let store = scene.registry.store();
    let repository = &store.repositories[image];
    let subject = digest_of_image(&store, image);
    let listed: Vec<String> = if lists {
        let all = repository.manifests.iter();
        let all = all.filter(|(_, one)| one.subject.as_deref() == Some(&*subject));
        all.map(|(digest, _)| digest.clone()).collect()
    } else {
        let tag = subject.replace(':', "-");
        let Some(index) = repository.tags.get(&tag) else {
            return BTreeMap::new();
        };
        let index: Value = serde_json::from_slice(&store.bytes(index).unwrap()).unwrap();
        let entries = index["manifests"].as_array().unwrap().iter();
        let ours = entries.filter(|entry| entry["artifactType"] == BUNDLE_MEDIA_TYPE);
        ours.map(|entry| entry["digest"].as_str().unwrap().to_owned())
            .collect()
    };
    let bundle = |digest: &String| {
        let manifest: Value = serde_json::from_slice(&store.bytes(digest).unwrap()).unwrap();
        let layer = manifest["layers"][0]["digest"].as_str().unwrap();
        serde_json::from_slice(&store.bytes(layer).unwrap()).unwrap()
    };
    listed
        .iter()
        .map(|digest| (digest.clone(), bundle(digest)))
        .collect()
}

/// The digest of the image of a repository, by its first tag that names no referrers.
pub(super) fn digest_of_image(store: &Store, image: &str) -> String {
    let mut tags = store.repositories[image].tags.iter();
    tags.find(|(tag, _)| !tag.starts_with("sha256-"))
        .unwrap()
        .1
        .clone()
}

fn images(scene: &Scene) -> [String; 3] {
    let module = module_repository(&scene.registry.store());
    [BINARY.to_owned(), SIDECAR.to_owned(), module]
}

fn types(bundles: &BTreeMap<String, Value>) -> Vec<String> {
    let types = bundles.values().map(|bundle| Signed::of(bundle).statement);
    let types = types.map(|statement| statement["predicateType"].as_str().unwrap().to_owned());
    let mut types: Vec<_> = types.collect();
    types.sort();
    types
}

/// Somebody pushes a bundle as a referrer of an image.
pub(super) fn push(scene: &Scene, image: &str, bundle: &[u8]) -> String {
    let mut store = scene.registry.store();
    let subject = digest_of_image(&store, image);
    let layer = store.put_blob(image, bundle).unwrap();
    let config = store.put_blob(image, b"{}").unwrap();
    let manifest = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": BUNDLE_MEDIA_TYPE,
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": config, "size": 2},
        "layers": [{"mediaType": BUNDLE_MEDIA_TYPE, "digest": layer, "size": bundle.len()}],
        "subject": {"mediaType": INDEX, "digest": subject, "size": 1},
    })
    .to_string();
    let digest = Digest::of(manifest.as_bytes()).to_string();
    store
        .put_manifest(image, &digest, MANIFEST, manifest.as_bytes())
        .unwrap()
}

/// Takes the referrer of the manager's image with a statement of this type away.
fn take(scene: &Scene, predicate_type: &str) -> Value {
    let found = referrers(scene, BINARY, true);
    let is_meant =
        |bundle: &Value| Signed::of(bundle).statement["predicateType"] == *predicate_type;
    let (digest, bundle) = found
        .into_iter()
        .find(|(_, bundle)| is_meant(bundle))
        .unwrap();
    let mut store = scene.registry.store();
    let repository = store.repositories.get_mut(BINARY).unwrap();
    repository.manifests.remove(&digest).unwrap();
    bundle
}

/// Replaces it by one that is signed correctly and is another.
fn forge(scene: &Scene, predicate_type: &str, alter: impl FnOnce(&mut Signed)) {
    let mut signed = Signed::of(&take(scene, predicate_type));
    alter(&mut signed);
    push(scene, BINARY, signed.bundle().to_string().as_bytes());
}

/// Replaces it by one that nobody signed so.
fn tamper(scene: &Scene, predicate_type: &str, alter: impl FnOnce(&mut Value)) {
    let mut bundle = take(scene, predicate_type);
    alter(&mut bundle);
    push(scene, BINARY, bundle.to_string().as_bytes());
}

pub(super) fn unsealed(bundle: &mut Value) {
    bundle["dsseEnvelope"]["signatures"][0]["sig"] = "0".into();
}

async fn start(referrers: &'static str, lists: bool) -> Scene {
    let scene = Scene::start(|_| {})
        .await
        .signing(REQUIRE)
        .referring(referrers);
    scene
        .with_registry(|registry| registry.referrers = lists)
        .await
}

pub(super) async fn published(scene: &Scene, job: &PublishJob) {
    let published = scene.publish(job).await;
    published.unwrap_or_else(|stop| panic!("{}", described(&stop)));
}

#[tokio::test]
async fn all_images_have_what_is_signed_as_referrers_before_the_release_is_published() {
    for lists in [true, false] {
        let scene = start(REQUIRE, lists).await;
        let job = scene.until_tested().await;
        // Somebody else's entry in the index stays.
        let entry = json!({
            "mediaType": INDEX,
            "digest": digest_of_image(&scene.registry.store(), SIDECAR),
            "size": 1,
            "artifactType": "application/spdx+json",
        });
        let theirs = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]});
        if !lists {
            let mut store = scene.registry.store();
            let tag = digest_of_image(&store, SIDECAR).replace(':', "-");
            let bytes = theirs.to_string();
            store
                .put_manifest(SIDECAR, &tag, INDEX, bytes.as_bytes())
                .unwrap();
        }
        published(&scene, &job).await;
        for image in images(&scene) {
            let found = referrers(&scene, &image, lists);
            let wanted = [EVIDENCE_PREDICATE, TEST_RESULT, TEST_RESULT, SUMMARY];
            assert_eq!(types(&found), wanted, "{image}");
        }
        if !lists {
            let store = scene.registry.store();
            let tag = digest_of_image(&store, SIDECAR).replace(':', "-");
            let index = store
                .bytes(&store.repositories[SIDECAR].tags[&tag])
                .unwrap();
            let index: Value = serde_json::from_slice(&index).unwrap();
            assert_eq!(index["manifests"][0], theirs["manifests"][0]);
        }
        let before = scene.registry.store().repositories.clone();
        scene.registry.log().clear();
        published(&scene, &job).await;
        let written = scene.registry.log().writes();
        assert!(written.iter().all(|entry| !entry.landed), "{written:?}");
        assert_eq!(scene.registry.store().repositories, before);
        let verified = scene.phase(RUN, "verify", &[("version", TAG)]).await;
        verified.unwrap_or_else(|stop| panic!("{}", described(&stop)));
    }
}

#[tokio::test]
async fn release_without_referrers_asks_for_none() {
    let scene = Scene::start(|_| {}).await.signing(REQUIRE);
    let job = scene.until_tested().await;
    assert!(!job.plan.contains("referrers"));
    scene.registry.log().clear();
    published(&scene, &job).await;
    let asked = scene
        .registry
        .log()
        .filter(|entry| entry.path.contains("referrers"));
    assert!(asked.is_empty(), "{asked:?}");
    assert_eq!(scene.registry.log().writes().len(), 0);
}

/// It is known before anything is written, also of the draft.
#[tokio::test]
async fn registry_that_refuses_referrers_stops_a_release_that_requires_them() {
    let scene = start(REQUIRE, true).await;
    let job = scene.until_tested().await;
    let snapshot = scene.snapshot();
    for status in [401, 403, 405] {
        scene.restore(&snapshot);
        let uploads = Pattern::new("POST", "*/blobs/uploads/*");
        scene
            .registry
            .faults()
            .when(uploads, 99, Fault::Status(status));
        let ended = scene.publish(&job).await;
        let why = wrong(ended, &[Code::ReferrerRefused]);
        assert_eq!(why, None, "{status}");
        assert_eq!(scene.written(), [""; 0], "{status}");
        scene.registry.faults().clear();
    }
    // One that takes an upload and no manifest is found out later, and before the release is published.
    scene.restore(&snapshot);
    let manifests = Pattern::new("PUT", "*/manifests/*");
    scene
        .registry
        .faults()
        .when(manifests, 99, Fault::Status(403));
    let why = wrong(scene.publish(&job).await, &[Code::ReferrerRefused]);
    assert_eq!((why, scene.releases_published()), (None, 0));
}

#[tokio::test]
async fn registry_that_refuses_referrers_does_not_stop_a_release_that_prefers_them() {
    let scene = start(PREFER, true).await;
    let job = scene.until_tested().await;
    let snapshot = scene.snapshot();
    for (method, path) in [
        ("POST", "*/blobs/uploads/*"),
        ("PUT", "*/manifests/*"),
        ("GET", "*/referrers/*"),
    ] {
        for status in [401, 403, 405] {
            scene.restore(&snapshot);
            // Only those of one image.
            let of_sidecar = path.replace("*/", &format!("/v2/{SIDECAR}/"));
            let pattern = Pattern::new(method, &of_sidecar);
            scene
                .registry
                .faults()
                .when(pattern, 99, Fault::Status(status));
            published(&scene, &job).await;
            assert_eq!(scene.releases_published(), 1);
            let found = [BINARY, SIDECAR].map(|image| referrers(&scene, image, true).len());
            assert_eq!(found, [4, 0], "{method} {path} {status}");
            scene.registry.faults().clear();
            // Also later, it is only told.
            let verified = scene.phase(RUN, "verify", &[("version", TAG)]).await;
            verified.unwrap_or_else(|stop| panic!("{}", described(&stop)));
        }
    }
}

type AlteredReferrer = (&'static str, &'static [Code], fn(&Scene));

const PUBLISHED: &[AlteredReferrer] = &[
    (
        "an image loses all of its referrers",
        &[Code::ReferrerMissing],
        |s| {
            for one in [EVIDENCE_PREDICATE, SUMMARY, TEST_RESULT, TEST_RESULT] {
                take(s, one);
            }
        },
    ),
    (
        "the referrer with the evidence is deleted",
        &[Code::ReferrerMissing],
        |s| {
            take(s, EVIDENCE_PREDICATE);
        },
    ),
    (
        "the referrer with the verdict is deleted",
        &[Code::ReferrerMissing],
        |s| {
            take(s, SUMMARY);
        },
    ),
    (
        "the referrer with a leg's result is deleted",
        &[Code::ReferrerMissing],
        |s| {
            take(s, TEST_RESULT);
        },
    ),
    (
        "the bundle of a referrer is deleted",
        &[Code::ReferrerMissing],
        |s| {
            let bundle = take(s, SUMMARY).to_string();
            push(s, BINARY, bundle.as_bytes());
            let mut store = s.registry.store();
            let repository = store.repositories.get_mut(BINARY).unwrap();
            assert!(
                repository
                    .blobs
                    .remove(&Digest::of(bundle.as_bytes()).to_string())
            );
        },
    ),
    (
        "a referrer holds no bundle",
        &[Code::ReferrerMissing],
        |s| {
            take(s, SUMMARY);
            push(s, BINARY, b"no JSON");
        },
    ),
    (
        "the verdict among the referrers has no signature",
        &[Code::AttestationUnsigned],
        |s| tamper(s, SUMMARY, |b| b["dsseEnvelope"]["signatures"] = json!([])),
    ),
    (
        "the verdict among the referrers is forged",
        &[Code::AttestationSignatureInvalid],
        |s| tamper(s, SUMMARY, unsealed),
    ),
    (
        "the verdict among the referrers is FAILED",
        &[Code::AttestationOfOtherContent],
        |s| {
            forge(s, SUMMARY, |f| {
                f.predicate()["verificationResult"] = json!("FAILED")
            })
        },
    ),
    (
        "the verdict among the referrers is another repository's",
        &[Code::AttestationOfOtherSigner],
        |s| forge(s, SUMMARY, |f| f.identity["repository"] = OTHER.into()),
    ),
    (
        "the evidence among the referrers is another run's",
        &[Code::AttestationOfOtherRun],
        |s| forge(s, EVIDENCE_PREDICATE, |f| in_run(f, "16")),
    ),
    (
        "the evidence among the referrers says something else",
        &[Code::AttestationOfOtherContent],
        |s| forge(s, EVIDENCE_PREDICATE, |f| f.predicate()["jobs"] = json!({})),
    ),
    (
        "the evidence among the referrers is about other bytes",
        &[Code::AttestationOfOtherBytes],
        |s| {
            forge(s, EVIDENCE_PREDICATE, |f| {
                f.statement["subject"][0]["digest"]["sha256"] = "0".repeat(64).into();
            });
        },
    ),
    (
        "a leg's result among the referrers is a failure",
        &[Code::EvidenceDiffers],
        |s| forge(s, TEST_RESULT, fail),
    ),
    (
        "a leg's result among the referrers is forged",
        &[Code::AttestationSignatureInvalid],
        |s| tamper(s, TEST_RESULT, unsealed),
    ),
];

type HarmlessReferrer = (&'static str, fn(&Scene));

/// What whoever may push could add, and what counts for nothing beside what is genuine.
const HARMLESS: &[HarmlessReferrer] = &[
    ("nothing", |_| {}),
    ("a forged verdict", |s| {
        let genuine = take(s, SUMMARY);
        push(s, BINARY, genuine.to_string().as_bytes());
        let mut forged = genuine;
        unsealed(&mut forged);
        push(s, BINARY, forged.to_string().as_bytes());
    }),
    ("a verdict of another run", |s| {
        let genuine = take(s, SUMMARY);
        push(s, BINARY, genuine.to_string().as_bytes());
        let mut other = Signed::of(&genuine);
        in_run(&mut other, "16");
        push(s, BINARY, other.bundle().to_string().as_bytes());
    }),
    ("no bundle", |s| drop(push(s, BINARY, b"no JSON"))),
];

#[tokio::test]
async fn verify_finds_each_altered_referrer_of_a_published_release() {
    let scene = start(REQUIRE, true).await;
    let job = scene.until_tested().await;
    published(&scene, &job).await;
    let snapshot = scene.snapshot();
    let verify = async || scene.phase(RUN, "verify", &[("version", TAG)]).await;
    let mut failed = Vec::new();
    for (fact, expected, alter) in PUBLISHED {
        scene.restore(&snapshot);
        alter(&scene);
        if let Some(why) = wrong(verify().await, expected) {
            failed.push(format!("{fact}: {why}"));
        }
    }
    all_refused("of published referrers altered", PUBLISHED.len(), &failed);
    for (fact, alter) in HARMLESS {
        scene.restore(&snapshot);
        alter(&scene);
        let verified = verify().await;
        verified.unwrap_or_else(|stop| panic!("{fact}: {}", described(&stop)));
    }
}
