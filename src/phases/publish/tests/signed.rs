//! The gate where results must be signed, one altered fact at a time, and how evidence and verdict are signed.

use serde_json::json;

use super::*;
use crate::plan::{REQUESTS, RequiredAttestation, SIGNED_EVIDENCE, SIGNED_VERDICT, SigningMode};
use crate::protocol::{
    NewAttestation, OtherSubject, RefusedAttestation, SeenAttestation, SignatureFault,
    SignerIdentity, Subject,
};
use crate::release::attestations::examples::{REPOSITORY, job, signed, signing};
use crate::release::attestations::leg::TestedLeg;
use crate::release::attestations::required::{Attested, AttestedImage};

const LEG: &str = "k3s-1.31";

fn plan_of(mode: SigningMode) -> ReleasePlan {
    plan().with(|wanted| {
        wanted.signing = Some(crate::plan::Signing { mode, ..signing() });
    })
}

fn signed_plan() -> ReleasePlan {
    plan_of(SigningMode::Require)
}

fn statement_of(plan: &ReleasePlan, leg: &str, passed: bool) -> NewAttestation {
    TestedLeg {
        plan,
        artifacts: &tested().artifacts,
        leg,
        passed,
        url: None,
        configuration: &std::collections::BTreeMap::new(),
    }
    .statement()
}

fn passed(attempt: u64) -> SeenAttestation {
    signed(&statement_of(&signed_plan(), LEG, true), job(attempt))
}

fn failed(attempt: u64) -> SeenAttestation {
    signed(&statement_of(&signed_plan(), LEG, false), job(attempt))
}

/// A tested draft of a plan that wants signatures, before anything of the release itself is signed.
fn draft_of(plan: &ReleasePlan) -> PublishState {
    let mut seen = seen();
    let assets = std::mem::take(&mut seen.release.releases[0].assets);
    seen.release.releases[0] = SeenRelease {
        assets,
        ..our_draft(plan)
    };
    seen.signed.legs = vec![Ok(passed(1))];
    seen
}

fn found(plan: &ReleasePlan, inputs: &PublishInputs, seen: &PublishState) -> Vec<Code> {
    match decide(plan, inputs, seen) {
        Step::Blocked(findings) => findings.iter().map(|f| f.code).collect(),
        Step::Act(_) => vec![],
        other => panic!("{other:?}"),
    }
}

fn other_subject() -> OtherSubject {
    OtherSubject {
        name: "source".into(),
        algorithm: "sha1".into(),
        digest: "0".repeat(40),
    }
}

type Alter = fn(&mut SeenAttestation);

/// The altered fact of the only signed result of the leg, and the code of the refusal.
const FORGED: &[(&str, Code, Alter)] = &[
    (
        "signed for another issuer's identity",
        Code::AttestationOfOtherSigner,
        |a| a.signer.issuer = "https://accounts.example".into(),
    ),
    (
        "signed in another repository",
        Code::AttestationOfOtherSigner,
        |a| a.signer.source_repository_uri = Some("https://github.com/mallory/btp-manager".into()),
    ),
    (
        "signed in no repository that it names",
        Code::AttestationOfOtherSigner,
        |a| a.signer.source_repository_uri = None,
    ),
    (
        "signed by another workflow of the repository",
        Code::AttestationOfOtherSigner,
        |a| {
            let other = format!("{REPOSITORY}/.github/workflows/label.yml@refs/heads/main");
            a.signer.build_config_uri = Some(other);
        },
    ),
    (
        "signed by the workflow of another branch",
        Code::AttestationOfOtherSigner,
        |a| {
            let workflow = a.signer.build_config_uri.take().unwrap();
            a.signer.build_config_uri = Some(workflow.replace("main", "fork"));
        },
    ),
    (
        "signed at another commit of the workflow",
        Code::AttestationOfOtherSigner,
        |a| a.signer.source_repository_digest = Some("0".repeat(40)),
    ),
    (
        "replayed from another run",
        Code::AttestationOfOtherRun,
        |a| {
            a.signer.run_invocation_uri = Some(format!("{REPOSITORY}/actions/runs/16/attempts/1"));
        },
    ),
    (
        "signed by a run whose number begins with this one's",
        Code::AttestationOfOtherRun,
        |a| {
            a.signer.run_invocation_uri = Some(format!("{REPOSITORY}/actions/runs/171/attempts/1"));
        },
    ),
    (
        "signed by no run that it names",
        Code::AttestationOfOtherRun,
        |a| a.signer.run_invocation_uri = None,
    ),
    (
        "about another digest of one artifact",
        Code::AttestationOfOtherBytes,
        |a| a.subjects[0].digest = Digest::of(b"others"),
    ),
    (
        "about one artifact less",
        Code::AttestationOfOtherBytes,
        |a| drop(a.subjects.pop()),
    ),
    (
        "about one artifact more",
        Code::AttestationOfOtherBytes,
        |a| {
            a.subjects.push(Subject {
                name: "more".into(),
                digest: Digest::of(b"more"),
            });
        },
    ),
    (
        "about something without a SHA-256 as well",
        Code::AttestationOfOtherBytes,
        |a| a.other_subjects = vec![other_subject()],
    ),
    ("about nothing", Code::AttestationOfOtherBytes, |a| {
        a.subjects.clear()
    }),
    (
        "with a predicate of another type",
        Code::AttestationOfOtherContent,
        |a| a.predicate_type = "https://slsa.dev/provenance/v1".into(),
    ),
    ("about another plan", Code::AttestationOfOtherContent, |a| {
        a.predicate["configuration"][0]["digest"]["sha256"] = "0".repeat(64).into()
    }),
    (
        "about another commit",
        Code::AttestationOfOtherContent,
        |a| a.predicate["configuration"][1]["digest"]["gitCommit"] = "0".repeat(40).into(),
    ),
    ("about no leg", Code::AttestationOfOtherContent, |a| {
        a.predicate["configuration"][0]["annotations"] = json!({})
    }),
    (
        "passed, and yet a test failed",
        Code::AttestationOfOtherContent,
        |a| a.predicate["failedTests"] = json!(["upgrade"]),
    ),
    (
        "passed, and no test did",
        Code::AttestationOfOtherContent,
        |a| a.predicate["passedTests"] = json!([]),
    ),
    ("without a result", Code::AttestationOfOtherContent, |a| {
        a.predicate["result"] = json!(null)
    }),
    ("about another leg only", Code::AttestationMissing, |a| {
        *a = signed(&statement_of(&signed_plan(), "k3s-1.32", true), job(1))
    }),
    ("a failure", Code::VerdictFailed, |a| *a = failed(1)),
    ("with a warning", Code::VerdictFailed, |a| {
        a.predicate["result"] = json!("WARNED")
    }),
];

#[test]
fn each_altered_fact_of_a_signed_result_is_refused() {
    let (plan, inputs) = (signed_plan(), tested());
    assert_eq!(found(&plan, &inputs, &draft_of(&plan)), []);
    for (fact, code, alter) in FORGED {
        for mode in [SigningMode::Require, SigningMode::Prefer] {
            // The statement names the plan, and so its mode.
            let plan = plan_of(mode);
            let mut result = signed(&statement_of(&plan, LEG, true), job(1));
            alter(&mut result);
            let mut seen = draft_of(&plan);
            seen.signed.legs = vec![Ok(result.clone())];
            let found = found(&plan, &inputs, &seen);
            if (mode, *code) == (SigningMode::Prefer, Code::AttestationMissing) {
                assert_eq!(found, [], "{fact}");
            } else if mode == SigningMode::Require {
                assert_eq!(found, [*code], "{fact}");
            } else {
                assert!(!found.is_empty(), "{fact}");
            }
            // Beside one that counts it does no harm, unless the same job signed it.
            if mode == SigningMode::Require && *code != Code::VerdictFailed {
                seen.signed.legs = vec![Ok(result), Ok(passed(1))];
                assert_eq!(self::found(&plan, &inputs, &seen), [], "{fact}");
            }
        }
    }
}

#[test]
fn each_fault_of_a_signature_is_refused_with_its_code() {
    let (plan, inputs) = (signed_plan(), tested());
    for fault in SignatureFault::ALL {
        let mut seen = draft_of(&plan);
        seen.signed.legs = vec![Err(RefusedAttestation::new(fault, "it is so"))];
        assert_eq!(found(&plan, &inputs, &seen), [fault.code()]);
        seen.signed.legs.push(Ok(passed(1)));
        assert_eq!(found(&plan, &inputs, &seen), []);
    }
}

#[test]
fn forged_status_without_a_signed_result_is_refused() {
    let (plan, inputs) = (signed_plan(), tested());
    let mut seen = draft_of(&plan);
    seen.signed.legs.clear();
    assert_eq!(found(&plan, &inputs, &seen), [Code::AttestationMissing]);
    // Nor does the number of legs let it pass.
    let counted = PublishInputs {
        legs: Legs::Count(1),
        ..tested()
    };
    assert_eq!(found(&plan, &counted, &seen), [Code::AttestationMissing]);
    let optional = plan_of(SigningMode::Prefer);
    let mut seen = draft_of(&optional);
    seen.signed.legs.clear();
    assert_eq!(found(&optional, &inputs, &seen), []);
    let [warning] = &unsigned(&optional, &inputs, &seen)[..] else {
        panic!("no warning")
    };
    assert_eq!(warning.code, Code::AttestationMissing);
}

#[test]
fn newest_attempt_of_the_run_counts() {
    let (plan, inputs) = (signed_plan(), tested());
    for (results, expected) in [
        (vec![failed(1), passed(2)], None),
        (vec![passed(2), failed(1)], None),
        (vec![passed(1), failed(2)], Some(Code::VerdictFailed)),
        (vec![passed(1), failed(2), passed(10)], None),
        (vec![passed(2), failed(10)], Some(Code::VerdictFailed)),
        (
            vec![passed(1), failed(1)],
            Some(Code::AttestationContradicts),
        ),
        (
            vec![failed(2), passed(2), passed(1)],
            Some(Code::AttestationContradicts),
        ),
        (vec![passed(1), passed(1)], None),
    ] {
        let mut seen = draft_of(&plan);
        seen.signed.legs = results.into_iter().map(Ok).collect();
        let expected: Vec<_> = expected.into_iter().collect();
        assert_eq!(found(&plan, &inputs, &seen), expected);
    }
}

#[test]
fn job_that_cannot_sign_publishes_nothing_that_must_be_signed() {
    for id_token in [IdToken::Missing, IdToken::Unknown] {
        let inputs = PublishInputs {
            id_token,
            ..tested()
        };
        let plan = signed_plan();
        let seen = draft_of(&plan);
        assert_eq!(found(&plan, &inputs, &seen), [Code::SigningImpossible]);
        let optional = plan_of(SigningMode::Prefer);
        assert_eq!(found(&optional, &inputs, &draft_with_result(&optional)), []);
        let warnings = unsigned(&optional, &inputs, &draft_with_result(&optional));
        assert_eq!(warnings.len(), 1, "{warnings:?}");
    }
}

fn draft_with_result(plan: &ReleasePlan) -> PublishState {
    let mut seen = draft_of(plan);
    seen.signed.legs = vec![Ok(signed(&statement_of(plan, LEG, true), job(1)))];
    seen
}

/// Carries out the actions on the state, as GitHub and the working folder would; comes with their sentences.
fn carry_out(
    seen: &mut PublishState,
    actions: Vec<Action>,
    signer: &SignerIdentity,
) -> Vec<String> {
    let said = actions.iter().map(ToString::to_string).collect();
    for action in actions {
        match action {
            Action::WriteFile { to, bytes } => {
                let file = LocalFile {
                    path: Path::new("/work").join(&to),
                    size: bytes.len() as u64,
                    digest: Digest::of(&bytes),
                };
                match to.to_str().unwrap() {
                    EVIDENCE => seen.written = Some(file),
                    REQUESTS => drop(seen.signed.files.insert(REQUESTS, file)),
                    SIGNED_EVIDENCE => drop(seen.signed.files.insert(SIGNED_EVIDENCE, file)),
                    SIGNED_VERDICT => drop(seen.signed.files.insert(SIGNED_VERDICT, file)),
                    other => panic!("{other}"),
                }
            }
            Action::UploadAsset { name, file, .. } => {
                let uploaded = SeenAsset {
                    digest: Some(file.digest),
                    ..asset(9, name.as_str(), b"")
                };
                seen.release.releases[0].assets.push(uploaded);
            }
            Action::Attest(attestation) => {
                let made = Ok(signed(&attestation, signer.clone()));
                match attestation.predicate_type.as_str() {
                    crate::plan::EVIDENCE_PREDICATE => seen.signed.evidence.push(made),
                    _ => seen.signed.verdicts.push(made),
                }
            }
            Action::Publish(_) => {}
            other => panic!("{other}"),
        }
    }
    said
}

/// Goes on until the publishing request; comes with all sentences.
fn go_on(plan: &ReleasePlan, inputs: &PublishInputs, seen: &mut PublishState) -> Vec<String> {
    let mut said = vec![];
    for _ in 0..12 {
        let Step::Act(actions) = decide(plan, inputs, seen) else {
            panic!("{:?}", decide(plan, inputs, seen))
        };
        let is_last = actions.iter().any(Action::is_final);
        said.extend(carry_out(seen, actions, &job(1)));
        if is_last {
            return said;
        }
    }
    panic!("{said:#?}")
}

#[test]
fn evidence_and_verdict_are_signed_once_before_the_release_is_published() {
    let (plan, inputs) = (signed_plan(), tested());
    let mut seen = draft_of(&plan);
    let said = go_on(&plan, &inputs, &mut seen);
    let begins: Vec<_> = said
        .iter()
        .map(|sentence| sentence.split(" (").next().unwrap())
        .collect();
    assert_eq!(
        begins,
        [
            "write release-requests.json",
            "upload release-requests.json",
            "write release-evidence.json",
            "upload release-evidence.json",
            "sign a statement about 4 artifacts: https://github.com/kyma-project/btp-release-action/evidence/v1",
            "sign a statement about 4 artifacts: https://slsa.dev/verification_summary/v1",
            "write release-evidence.sigstore.json",
            "write release-verdict.sigstore.json",
            "upload release-evidence.sigstore.json",
            "upload release-verdict.sigstore.json",
            "publish v1.2.0",
        ]
    );
    let Ok(verdict) = &seen.signed.verdicts[0] else {
        panic!()
    };
    // The evidence, and the result of the leg.
    let inputs_of_verdict = verdict.predicate["inputAttestations"].as_array();
    assert_eq!(inputs_of_verdict.map(Vec::len), Some(2));
    // Another process, which began later and answers to which GitHub gave other ids.
    let later = PublishInputs {
        began: Some(1_900_000_000),
        ..tested()
    };
    assert_eq!(go_on(&plan, &later, &mut seen), ["publish v1.2.0"]);
}

#[test]
fn status_of_another_run_needs_no_signed_result() {
    let plan = signed_plan();
    let mut seen = draft_of(&plan);
    let (name, said) = (Verdict::context("old"), verdict());
    let said = Some(said.replace("run 17", "run 16"));
    let of_other_run = check(&name, CheckState::Success, said);
    seen.release.checks.push(of_other_run);
    let legs = Legs::Count(1);
    let counted = PublishInputs { legs, ..tested() };
    assert_eq!(found(&plan, &counted, &seen), []);
}

#[test]
fn signature_of_another_run_or_about_other_evidence_is_not_taken_for_ours() {
    let (plan, inputs) = (signed_plan(), tested());
    let mut done = draft_of(&plan);
    go_on(&plan, &inputs, &mut done);
    let alterations: [fn(&mut SeenAttestation); 5] = [
        |a| a.signer.run_invocation_uri = Some(format!("{REPOSITORY}/actions/runs/16/attempts/1")),
        |a| a.signer.source_repository_uri = Some("https://github.com/mallory/x".into()),
        |a| a.subjects[0].digest = Digest::of(b"others"),
        |a| a.predicate["verificationResult"] = json!("FAILED"),
        |a| a.predicate["policy"]["digest"]["sha256"] = json!("0"),
    ];
    for alter in alterations {
        let mut seen = draft_of(&plan);
        seen.release.releases = done.release.releases.clone();
        seen.signed.clone_from(&done.signed);
        let [Ok(verdict)] = seen.signed.verdicts.as_mut_slice() else {
            panic!()
        };
        alter(verdict);
        let Step::Act(actions) = decide(&plan, &inputs, &seen) else {
            panic!()
        };
        assert!(
            matches!(actions.as_slice(), [Action::Attest(_)]),
            "{actions:?}"
        );
    }
}

#[test]
fn release_that_must_be_signed_is_not_published_without_its_signatures() {
    let (plan, inputs) = (signed_plan(), tested());
    let mut seen = draft_of(&plan);
    go_on(&plan, &inputs, &mut seen);
    seen.release.releases[0] = published(seen.release.releases[0].clone());
    seen.latest = Some("v1.2.0".into());
    assert!(matches!(decide(&plan, &inputs, &seen), Step::Done(_)));
    for name in [SIGNED_EVIDENCE, SIGNED_VERDICT] {
        let mut without = draft_of(&plan);
        without.release.releases = seen.release.releases.clone();
        without.latest.clone_from(&seen.latest);
        without.release.releases[0]
            .assets
            .retain(|asset| asset.name != name);
        assert_eq!(found(&plan, &inputs, &without), [Code::PublishedDiffers]);
    }
}

#[test]
fn image_without_its_required_attestation_is_refused() {
    let required = RequiredAttestation {
        image: "binary-image".into(),
        predicate: "https://slsa.dev/provenance/v1".into(),
        signer: "https://github.com/kyma-project/test-infra/*"
            .parse()
            .unwrap(),
    };
    let image = |attested| AttestedImage {
        required: required.clone(),
        digest: Digest::of(b"m"),
        attested,
    };
    let fault = SignatureFault::OtherSigner;
    let refused = Attested::Refused(vec![RefusedAttestation::new(fault, "it is so")]);
    for (attested, expected) in [
        (Attested::Yes, None),
        (Attested::Missing, Some(Code::AttestationMissing)),
        (refused, Some(Code::AttestationOfOtherSigner)),
    ] {
        let mut seen = seen();
        seen.signed.images = vec![image(attested)];
        let expected: Vec<_> = expected.into_iter().collect();
        assert_eq!(codes(&tested(), &seen), expected);
    }
}
