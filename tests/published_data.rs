//! What any released version published is read by every later one. `tests/golden/<version>/` holds what each of them wrote;
//! `docs/compatibility.md` says what may change.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests are tests, which clippy does not see"
)]

#[path = "golden/recorded.rs"]
mod golden;
#[path = "gate/images.rs"]
#[expect(dead_code, reason = "the gate's images can do more")]
mod images;
#[path = "golden/interface.rs"]
mod interface;
#[path = "golden/record.rs"]
mod record;
mod support;

use btp_release::domain::{Digest, Lock};
use btp_release::engine::Stop;
use btp_release::plan::{Artifacts, JsonObject, Mark, ReleasePlan, Statement, Verdict};

use serde_json::Value;
use stand_ins::github::GitHubWorld;

use golden::{EVIDENCE, Golden, versions, without};
use interface::Interface;
use support::scene::{Outputs, REPOSITORY, Scene, TAG};

/// The registry's host in all that is recorded.
const HOST: &str = "registry.example";

/// The fields of a version that is to come, in each kind of value.
const NEWER: &str =
    r#""zz-newer":{"list":[1.50,12345678901234567890123,"-\u002d>",null],"deep":{"b":1,"a":true}}"#;

/// The JSON object with fields of a newer version as its first ones.
fn newer(object: &str) -> String {
    let rest = object.trim_start().strip_prefix('{').unwrap();
    format!("{{{NEWER},{rest}")
}

#[test]
fn there_is_a_recording_of_this_version() {
    assert!(versions().contains(&env!("CARGO_PKG_VERSION").to_owned()));
}

#[test]
fn plans_are_kept_byte_for_byte() {
    for golden in Golden::all() {
        for name in ["plan.json", "plan-minimal.json", "plan-notes.json"] {
            let json = golden.text(name);
            for json in [newer(&json), json] {
                let plan = ReleasePlan::from_json(&json, None).unwrap();
                assert_eq!(plan.to_json(), json);
                assert_eq!(serde_json::to_string(&plan).unwrap(), json);
                assert_eq!(plan.digest(), Digest::of(json.as_bytes()));
                let spaced = json.replace("{\"", "\n{ \"");
                assert_eq!(ReleasePlan::from_json(&spaced, None).unwrap(), plan);
            }
        }
    }
}

/// Whether `now` is the JSON of `then`, perhaps with more fields: those may be added, and none may change or go.
fn extends(now: &Value, then: &Value) -> bool {
    match (now, then) {
        (Value::Object(now), Value::Object(then)) => then
            .iter()
            .all(|(name, then)| now.get(name).is_some_and(|now| extends(now, then))),
        (Value::Array(now), Value::Array(then)) => {
            now.len() == then.len() && now.iter().zip(then).all(|(now, then)| extends(now, then))
        }
        (now, then) => now == then,
    }
}

/// Byte for byte, where this version has not added a field.
fn assert_extends(now: &str, then: &str) {
    let [of_now, of_then] = [now, then].map(|text| serde_json::from_str(text).unwrap());
    assert!(extends(&of_now, &of_then), "{now}\n{then}");
    if extends(&of_then, &of_now) {
        assert_eq!(now, then);
    }
}

/// What is made of the same values today, so that a change of the form is noticed.
#[test]
fn what_is_made_today_has_every_field_of_before() {
    for golden in Golden::all() {
        for name in ["plan.json", "plan-minimal.json", "plan-notes.json"] {
            let then = golden.text(name);
            let plan = ReleasePlan::from_json(&then, None).unwrap();
            let made = ReleasePlan::complete(
                plan.wanted.clone(),
                plan.previous_tag.clone(),
                plan.guard.clone(),
            );
            assert_extends(&made.to_json(), &then);
        }
        let then = golden.text(EVIDENCE);
        let predicate = Statement::from_bytes(then.as_bytes()).unwrap().predicate;
        let made = Statement::new(predicate.clone()).to_bytes();
        assert_extends(&String::from_utf8(made).unwrap(), &then);
        let made = Artifacts::from(predicate.artifacts.0);
        assert_extends(&made.to_json(), &golden.text("artifacts.json"));
        let body = golden.text("draft-body.md");
        let found = JsonObject::default();
        let made = Mark {
            found,
            ..Mark::find(&body).unwrap()
        };
        let json = |body: &str| {
            let (_, mark) = body.rsplit_once("btp-release: ").unwrap();
            mark.trim_end().trim_end_matches(" -->").to_owned()
        };
        assert_extends(&json(&made.put("")), &json(&body));
    }
}

#[test]
fn marks_are_kept_byte_for_byte() {
    for golden in Golden::all() {
        for name in ["body.md", "draft-body.md"] {
            let body = golden.text(name);
            let mark = Mark::find(&body).unwrap();
            assert_eq!(mark.plan, Digest::of(golden.text("plan.json").as_bytes()));
            assert_eq!(mark.leftovers.len(), 1);
            assert_eq!(mark.put(&body), body);
            let newer = body.replace("]} -->", &format!("],{NEWER}}} -->"));
            assert_ne!(newer, body);
            assert_eq!(Mark::find(&newer).unwrap().put(&newer), newer);
            let (before, after) = body.rsplit_once(",\"leftovers\":[").unwrap();
            let older = format!("{before}{}", after.split_once(']').unwrap().1);
            let mark = Mark::find(&older).unwrap();
            assert!(mark.leftovers.is_empty());
            assert_eq!(mark.put(&older), older);
        }
    }
}

#[test]
fn artifacts_are_kept_byte_for_byte() {
    for golden in Golden::all() {
        let json = golden.text("artifacts.json");
        let artifacts = Artifacts::from_json(&json).unwrap();
        assert_eq!(artifacts.to_json(), json);
        let newer = json.replace("\"waited\":0", &format!("{NEWER},\"waited\":0"));
        let newer_artifacts = Artifacts::from_json(&newer).unwrap();
        assert_eq!(newer_artifacts.to_json(), newer);
        assert_eq!(newer_artifacts.digest(), artifacts.digest());
        assert_eq!(newer_artifacts.0, artifacts.0);
        let older = json.replace(",\"waited\":0", "");
        assert_ne!(older, json);
        let older_artifacts = Artifacts::from_json(&older).unwrap();
        assert_eq!(older_artifacts.to_json(), older);
        assert_eq!(older_artifacts.0, artifacts.0);
    }
}

#[test]
fn verdicts_name_the_digest_of_the_artifacts() {
    for golden in Golden::all() {
        let (context, description) = golden.verdict();
        assert_eq!(Verdict::leg(&context), Some("k3s-1.31"));
        let verdict = Verdict::read(&description).unwrap();
        let artifacts = Artifacts::from_json(&golden.text("artifacts.json")).unwrap();
        assert_eq!(
            (&*verdict.run, verdict.artifacts),
            ("17", artifacts.digest())
        );
        assert_eq!(verdict.to_string(), description);
    }
}

#[test]
fn locks_are_read() {
    for golden in Golden::all() {
        let text = golden.text("lock.txt");
        let lock = Lock::read(&text).unwrap();
        assert_eq!((lock.owner.run, lock.owner.attempt), (Some(17), 1));
        assert_eq!(lock.message(), text);
        let newer = text.replace("{\"", &format!("{{{NEWER},\""));
        assert_eq!(Lock::read(&newer), Some(lock));
    }
}

#[test]
fn evidence_is_kept_byte_for_byte() {
    for golden in Golden::all() {
        let bytes = golden.bytes(EVIDENCE);
        let evidence = Statement::from_bytes(&bytes).unwrap();
        assert_eq!(evidence.to_bytes(), bytes);
        assert_eq!(evidence.predicate.plan.to_json(), golden.text("plan.json"));
        assert_eq!(
            evidence.predicate.artifacts.to_json(),
            golden.text("artifacts.json")
        );
        let subjects = evidence
            .subject
            .iter()
            .map(|subject| subject.digest().unwrap());
        let artifacts = evidence.predicate.artifacts.0.values();
        assert!(subjects.eq(artifacts.map(btp_release::plan::Artifact::digest)));
    }
}

#[test]
fn evidence_of_other_versions_is_read() {
    for golden in Golden::all() {
        let text = golden.text(EVIDENCE);
        let evidence = Statement::from_bytes(text.as_bytes()).unwrap();
        let newer = golden.newer_evidence(&text);
        let kept = Statement::from_bytes(newer.as_bytes()).unwrap();
        assert_eq!(kept.to_bytes(), newer.as_bytes());
        assert_eq!(kept.subject, evidence.subject);
        assert_eq!(kept.predicate.checks, evidence.predicate.checks);
        let older = without(&text, &["builders", "requests"]);
        let read = Statement::from_bytes(older.as_bytes()).unwrap();
        assert_eq!(read.to_bytes(), older.as_bytes());
        assert_eq!(
            (read.predicate.builders.len(), read.predicate.requests.len()),
            (0, 0)
        );
        assert_eq!(read.predicate.plan, evidence.predicate.plan);
    }
}

/// Inputs, error codes, exit codes and the workflows' parameters of each version go on being what they were.
#[test]
fn nothing_that_callers_name_is_gone() {
    for golden in Golden::all() {
        let recorded: Interface = serde_json::from_str(&golden.text("interface.json")).unwrap();
        assert_eq!(Interface::now().lacks(&recorded), [""; 0]);
    }
}

/// No output that a workflow may use is gone.
#[tokio::test]
async fn every_output_is_still_there() {
    let folder = tempfile::tempdir().unwrap();
    let outputs = record::release(folder.path()).await.outputs;
    for golden in Golden::all() {
        let recorded: std::collections::BTreeMap<String, Outputs> =
            serde_json::from_str(&golden.text("outputs.json")).unwrap();
        for (phase, recorded) in recorded {
            for name in recorded.keys() {
                assert!(
                    outputs[phase.as_str()].contains_key(name),
                    "{phase}: {name}"
                );
            }
        }
    }
}

fn described(stop: &Stop) -> String {
    match stop {
        Stop::Blocked { findings, .. } => format!("{findings:#?}"),
        other => other.to_string(),
    }
}

async fn verify(scene: &Scene) -> Result<(), String> {
    let verified = scene
        .phase(record::RUN, "verify", &[("version", TAG)])
        .await;
    verified.map(drop).map_err(|stop| described(&stop))
}

#[tokio::test]
async fn verify_accepts_what_each_version_published() {
    for golden in Golden::all() {
        let scene = golden.published().await;
        assert_eq!(verify(&scene).await, Ok(()));
        // That nothing else is: one letter of the plan in the evidence.
        let other = golden.altered(EVIDENCE, |text| {
            text.replace("\"run\": \"17\"", "\"run\": \"18\"")
        });
        let refused = verify(&other.published().await).await.unwrap_err();
        assert!(refused.contains("the plan in the mark"), "{refused}");
    }
}

/// The published release of a version to come: plan, artifacts, mark and evidence have fields that this one does not know.
#[tokio::test]
async fn verify_accepts_what_a_newer_version_publishes() {
    for golden in Golden::all() {
        let newer = golden.newer();
        assert_eq!(verify(&newer.published().await).await, Ok(()));
        let other = newer.altered(EVIDENCE, |text| text.replace("1.50", "1.5"));
        let refused = verify(&other.published().await).await.unwrap_err();
        assert!(refused.contains("the plan in the mark"), "{refused}");
    }
}

/// What `publish` wrote of the release.
fn evidence(scene: &Scene) -> Statement {
    let asset = scene.repository(|repository| {
        let mut assets = repository.releases_of(TAG)[0].assets.iter();
        assets.find(|asset| asset.name == EVIDENCE).cloned()
    });
    let bytes = scene.github.world().bytes(&asset.unwrap()).unwrap();
    Statement::from_bytes(&bytes).unwrap()
}

async fn publish(scene: &Scene, golden: &Golden) -> Outputs {
    let (plan, artifacts) = (golden.text("plan.json"), golden.text("artifacts.json"));
    let inputs = record::publish_inputs(&plan, &artifacts);
    let published = scene.phase(record::RUN, "publish", &inputs).await;
    published.unwrap_or_else(|stop| panic!("{}", described(&stop)))
}

/// The jobs of one run may use different versions of the action.
#[tokio::test]
async fn publish_takes_what_the_phases_of_another_version_left() {
    for recorded in Golden::all() {
        for golden in [recorded.newer(), recorded] {
            let scene = golden.tested().await;
            let outputs = publish(&scene, &golden).await;
            assert_eq!(outputs["artifacts"], golden.text("artifacts.json"));
            assert_eq!(verify(&scene).await, Ok(()));
            let body = scene.repository(|repository| repository.releases_of(TAG)[0].body.clone());
            assert_eq!(
                Mark::find(&body.unwrap()),
                Mark::find(&golden.text("draft-body.md"))
            );
            let predicate = evidence(&scene).predicate;
            assert_eq!(predicate.plan.to_json(), golden.text("plan.json"));
            assert_eq!(predicate.artifacts.to_json(), golden.text("artifacts.json"));
        }
    }
}

/// A process that died had uploaded evidence with fields that this version does not know: it says the same, and stays.
#[tokio::test]
async fn publish_keeps_the_bytes_of_evidence_that_is_there() {
    for golden in Golden::all() {
        let scene = golden.tested().await;
        let before = scene.github.world().clone();
        publish(&scene, &golden).await;
        let text = String::from_utf8(evidence(&scene).to_bytes()).unwrap();
        let left = text.replace("\"draftedAt\"", &format!("{NEWER}, \"draftedAt\""));
        assert_ne!(left, text);
        *scene.github.world() = before;
        let id = scene.repository(|repository| repository.releases_of(TAG)[0].id);
        let bytes = left.as_bytes();
        let attach = |world: &mut GitHubWorld| world.attach(REPOSITORY, id, EVIDENCE, bytes);
        attach(&mut scene.github.world()).unwrap();
        publish(&scene, &golden).await;
        assert_eq!(
            String::from_utf8(evidence(&scene).to_bytes()).unwrap(),
            left
        );
        assert_eq!(verify(&scene).await, Ok(()));
    }
}
