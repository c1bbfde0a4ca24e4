//! The gate of a release whose results must be signed: one fact of the signed results is altered, and the release is refused.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use btp_release::domain::Code;
use serde_json::{Value, json};
use stand_ins::github::StoredStatus;

use super::release::{LEGS, verdict};
use super::support::scene::{PREFER, REQUIRE, Scene};
use super::support::signing::bundle;
use super::{all_refused, described, wrong};

const TEST_RESULT: &str = "https://in-toto.io/attestation/test-result/v0.1";
const SUMMARY: &str = "https://slsa.dev/verification_summary/v1";
pub(super) const OTHER: &str = "https://github.com/mallory/btp-manager";

/// A signed statement, taken apart.
pub(super) struct Signed {
    pub(super) identity: Value,
    pub(super) statement: Value,
    at: u64,
}

impl Signed {
    pub(super) fn of(bundle: &Value) -> Self {
        let payload = bundle["dsseEnvelope"]["payload"].as_str().unwrap();
        let payload = BASE64_STANDARD.decode(payload).unwrap();
        let material = &bundle["verificationMaterial"];
        Self {
            identity: material["identity"].clone(),
            statement: serde_json::from_slice(&payload).unwrap(),
            at: material["signedAt"].as_u64().unwrap(),
        }
    }

    /// The same, signed anew by whom it names.
    pub(super) fn bundle(&self) -> Value {
        bundle(
            &self.identity,
            self.statement.to_string().as_bytes(),
            self.at,
        )
    }

    pub(super) fn predicate(&mut self) -> &mut Value {
        &mut self.statement["predicate"]
    }
}

/// Whether it is the signed result of a leg.
fn is_result(bundle: &Value, leg: &str) -> bool {
    let statement = Signed::of(bundle).statement;
    let of = &statement["predicate"]["configuration"][0]["annotations"]["leg"];
    statement["predicateType"] == TEST_RESULT && *of == *leg
}

/// Takes the signed result of the first leg away.
pub(super) fn take(scene: &Scene) -> Value {
    take_of(scene, LEGS[0])
}

pub(super) fn take_of(scene: &Scene, leg: &str) -> Value {
    scene.repository(|repository| {
        let mut all = repository.attestations.iter();
        let at = all.position(|one| is_result(&one.bundle, leg));
        repository.attestations.remove(at.unwrap()).bundle
    })
}

/// Stores one in its place.
fn put(scene: &Scene, bundle: &Value) {
    scene.repository(|repository| repository.attest(bundle));
}

/// Replaces the result of the first leg by one that is signed correctly and is another.
pub(super) fn forge(scene: &Scene, alter: impl FnOnce(&mut Signed)) {
    let mut signed = Signed::of(&take(scene));
    alter(&mut signed);
    put(scene, &signed.bundle());
}

/// Adds one beside it.
fn add(scene: &Scene, alter: impl FnOnce(&mut Signed)) {
    let genuine = take(scene);
    put(scene, &genuine);
    let mut signed = Signed::of(&genuine);
    alter(&mut signed);
    put(scene, &signed.bundle());
}

/// Replaces the bundle by one that nobody signed so.
fn tamper(scene: &Scene, alter: impl FnOnce(&mut Value)) {
    let mut bundle = take(scene);
    alter(&mut bundle);
    put(scene, &bundle);
}

pub(super) fn fail(signed: &mut Signed) {
    let predicate = signed.predicate();
    predicate["result"] = json!("FAILED");
    predicate["failedTests"] = predicate["passedTests"].take();
    predicate["passedTests"] = json!([]);
}

fn in_attempt(signed: &mut Signed, attempt: u64) {
    let run = signed.identity["run"].as_str().unwrap();
    let run = run.replace("/attempts/1", &format!("/attempts/{attempt}"));
    signed.identity["run"] = run.into();
}

pub(super) fn in_run(signed: &mut Signed, run: &str) {
    let url = signed.identity["run"].as_str().unwrap();
    signed.identity["run"] = url.replace("/runs/17/", &format!("/runs/{run}/")).into();
}

/// A status that says that the first leg passed, set by whoever may write statuses.
fn forge_status(scene: &Scene) {
    scene.repository(|repository| {
        let genuine = verdict(repository, LEGS[0]).clone();
        repository.statuses.push(StoredStatus {
            creator: "mallory".into(),
            ..genuine
        });
    });
}

type Fact = (&'static str, Code, fn(&Scene));
type Change = (&'static str, fn(&Scene));

const FORGED: &[Fact] = &[
    (
        "a leg's signed result is deleted",
        Code::AttestationMissing,
        |s| {
            take(s);
        },
    ),
    (
        "a forged status says that a leg passed",
        Code::AttestationMissing,
        |s| {
            take(s);
            forge_status(s);
        },
    ),
    ("no result is signed", Code::AttestationMissing, |s| {
        s.repository(|repository| repository.attestations.clear());
    }),
    (
        "a result has no signature",
        Code::AttestationUnsigned,
        |s| {
            tamper(s, |b| b["dsseEnvelope"]["signatures"] = json!([]));
        },
    ),
    (
        "a result is altered after it was signed",
        Code::AttestationSignatureInvalid,
        |s| {
            tamper(s, |b| {
                let mut altered = Signed::of(b);
                altered.predicate()["url"] = json!("https://example.com");
                let payload = BASE64_STANDARD.encode(altered.statement.to_string());
                b["dsseEnvelope"]["payload"] = payload.into();
            });
        },
    ),
    (
        "a result is signed by another identity than the certificate's",
        Code::AttestationSignatureInvalid,
        |s| {
            tamper(s, |b| {
                b["verificationMaterial"]["identity"]["actor"] = "x".into();
            });
        },
    ),
    (
        "a result is signed in another repository",
        Code::AttestationOfOtherSigner,
        |s| forge(s, |f| f.identity["repository"] = OTHER.into()),
    ),
    (
        "a result is signed with another issuer's token",
        Code::AttestationOfOtherSigner,
        |s| {
            forge(s, |f| {
                f.identity["issuer"] = "https://issuer.example".into()
            })
        },
    ),
    (
        "a result is signed in a run of another workflow",
        Code::AttestationOfOtherSigner,
        |s| {
            forge(s, |f| {
                let workflow = f.identity["workflow"].as_str().unwrap();
                f.identity["workflow"] = workflow.replace("release.yml", "label.yml").into();
            });
        },
    ),
    (
        "a result is signed in a run of another branch's workflow",
        Code::AttestationOfOtherSigner,
        |s| {
            forge(s, |f| {
                let workflow = f.identity["workflow"].as_str().unwrap();
                f.identity["workflow"] = workflow.replace("heads/main", "heads/fork").into();
            });
        },
    ),
    (
        "a result is signed at another commit of the workflow",
        Code::AttestationOfOtherSigner,
        |s| forge(s, |f| f.identity["commit"] = "0".repeat(40).into()),
    ),
    (
        "a result is signed by a job of the calling workflow",
        Code::AttestationOfOtherSigner,
        |s| {
            forge(s, |f| {
                f.identity["subject"] = f.identity["workflow"].clone()
            })
        },
    ),
    (
        "a result is signed by a job of another called workflow",
        Code::AttestationOfOtherSigner,
        |s| {
            forge(s, |f| {
                let subject = f.identity["subject"].as_str().unwrap();
                let other = subject.replace("run-e2e-tests", "post-build-image");
                f.identity["subject"] = other.into();
            });
        },
    ),
    (
        "a result is signed by the called workflow of another branch",
        Code::AttestationOfOtherSigner,
        |s| {
            forge(s, |f| {
                let subject = f.identity["subject"].as_str().unwrap();
                f.identity["subject"] = subject.replace("tags/v1", "heads/main").into();
            });
        },
    ),
    (
        "a result is replayed from another run",
        Code::AttestationOfOtherRun,
        |s| forge(s, |f| in_run(f, "16")),
    ),
    (
        "a result is of a run whose number begins with this one's",
        Code::AttestationOfOtherRun,
        |s| forge(s, |f| in_run(f, "171")),
    ),
    (
        "a result is about another digest of one artifact",
        Code::AttestationOfOtherBytes,
        |s| {
            forge(s, |f| {
                let subjects = f.statement["subject"].as_array_mut().unwrap();
                subjects.last_mut().unwrap()["digest"]["sha256"] = "0".repeat(64).into();
            });
        },
    ),
    (
        "a result is about one artifact less",
        Code::AttestationOfOtherBytes,
        |s| {
            forge(s, |f| {
                let subjects = f.statement["subject"].as_array_mut().unwrap();
                subjects.retain(|subject| subject["name"] != "rendered.yaml");
            });
        },
    ),
    (
        "a result is about one artifact more",
        Code::AttestationOfOtherBytes,
        |s| {
            forge(s, |f| {
                let more = json!({"name": "more", "digest": {"sha256": "0".repeat(64)}});
                f.statement["subject"].as_array_mut().unwrap().push(more);
            });
        },
    ),
    (
        "a result is about another plan",
        Code::AttestationOfOtherContent,
        |s| {
            forge(s, |f| {
                f.predicate()["configuration"][0]["digest"]["sha256"] = "0".repeat(64).into();
            });
        },
    ),
    (
        "a result is about another commit",
        Code::AttestationOfOtherContent,
        |s| {
            forge(s, |f| {
                f.predicate()["configuration"][1]["digest"]["gitCommit"] = "0".repeat(40).into();
            });
        },
    ),
    (
        "a result passed, and one of its tests failed",
        Code::AttestationOfOtherContent,
        |s| forge(s, |f| f.predicate()["failedTests"] = json!(["upgrade"])),
    ),
    (
        "a result says that it is another leg's",
        Code::AttestationMissing,
        |s| {
            forge(s, |f| {
                f.predicate()["configuration"][0]["annotations"]["leg"] = LEGS[1].into();
                f.predicate()["passedTests"] = json!([LEGS[1]]);
            });
        },
    ),
    (
        "a result is of another type",
        Code::AttestationMissing,
        |s| forge(s, |f| f.statement["predicateType"] = SUMMARY.into()),
    ),
    ("a failure is signed", Code::VerdictFailed, |s| {
        forge(s, fail)
    }),
    ("a warning is signed", Code::VerdictFailed, |s| {
        forge(s, |f| f.predicate()["result"] = json!("WARNED"));
    }),
    (
        "a newer attempt signs a failure",
        Code::VerdictFailed,
        |s| {
            add(s, |f| {
                in_attempt(f, 2);
                fail(f);
            });
        },
    ),
    (
        "one attempt signs two different results",
        Code::AttestationContradicts,
        |s| add(s, fail),
    ),
];

/// What does not matter beside a genuine result.
const HARMLESS: &[Change] = &[
    ("nothing", |_| {}),
    ("a result of another repository", |s| {
        add(s, |f| f.identity["repository"] = OTHER.into());
    }),
    ("a failure in another run", |s| {
        add(s, |f| {
            in_run(f, "16");
            fail(f);
        });
    }),
    ("a failure that was signed by nobody", |s| {
        add(s, |f| {
            f.identity["issuer"] = "https://issuer.example".into();
            fail(f);
        });
    }),
    ("a failure in an older attempt", |s| {
        let mut newer = Signed::of(&take(s));
        in_attempt(&mut newer, 2);
        put(s, &newer.bundle());
        in_attempt(&mut newer, 2);
        let mut older = Signed::of(&newer.bundle());
        older.identity["run"] = older.identity["run"]
            .as_str()
            .unwrap()
            .replace("/attempts/2", "/attempts/1")
            .into();
        fail(&mut older);
        put(s, &older.bundle());
    }),
    ("the same result once more", |s| add(s, |f| f.at += 1)),
];

#[tokio::test]
async fn gate_refuses_each_forged_result() {
    assert!(FORGED.len() >= 15);
    let scene = Scene::start(|_| {}).await.signing(REQUIRE);
    let job = scene.until_tested().await;
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
    all_refused(
        "signed results altered after the tests",
        FORGED.len(),
        &failed,
    );
    for (fact, alter) in HARMLESS {
        scene.restore(&snapshot);
        alter(&scene);
        let published = scene.publish(&job).await;
        published.unwrap_or_else(|stop| panic!("{fact}: {}", described(&stop)));
        assert_eq!(scene.releases_published(), 1, "{fact}");
    }
}

/// Where signatures are optional, one that is missing does no harm, and one that is wrong does.
#[tokio::test]
async fn optional_signatures_may_be_missing_and_not_wrong() {
    let scene = Scene::start(|_| {}).await.signing(PREFER);
    let job = scene.until_tested().await;
    let snapshot = scene.snapshot();
    for (fact, code, alter) in FORGED {
        scene.restore(&snapshot);
        alter(&scene);
        let ended = scene.publish(&job).await;
        if *code == Code::AttestationMissing {
            assert!(ended.is_ok(), "{fact}");
        } else if let Some(why) = wrong(ended, &[*code]) {
            // A bundle that nobody signed may be meant for any leg, and only the one without a result of its own is refused.
            panic!("{fact}: {why}");
        }
    }
}
