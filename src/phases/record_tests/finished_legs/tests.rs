//! Which results are signed of legs whose jobs have ended, and which legs are refused.

use super::*;
use crate::domain::Digest;
use crate::plan::tests::example;
use crate::plan::{Artifact, SigningMode};
use crate::protocol::CheckTimes;
use crate::release::attestations::examples::{job as signer, signed, signing};

fn phase(mode: SigningMode, id_token: IdToken) -> SignLegs {
    let plan = example().with(|wanted| wanted.signing = Some(Signing { mode, ..signing() }));
    let asset = Artifact::Asset {
        digest: Digest::of(b"t"),
        size: 1,
        waited: 0,
        ready_at: None,
    };
    let leg = |leg: &str, job: &str| FinishedLeg {
        leg: leg.into(),
        job: job.into(),
    };
    let finished = FinishedLegs {
        legs: vec![leg("k3s-1", "k3s 1"), leg("k3s-2", "k3s 2")],
        artifacts: BTreeMap::from([("template.yaml".to_owned(), asset)]).into(),
        url: None,
        configuration: BTreeMap::new(),
        repository: "kyma-project/btp-manager".parse().unwrap(),
        run: 17,
        attempt: 2,
        id_token,
    };
    SignLegs::new(plan, finished)
}

fn job(name: &str, attempt: u64, conclusion: &str) -> SeenJob {
    SeenJob {
        id: 1,
        name: format!("Release / E2E tests / {name}"),
        attempt,
        conclusion: Some(conclusion.to_owned()).filter(|text| !text.is_empty()),
        times: CheckTimes::default(),
    }
}

/// Both legs passed: the first in an attempt before, the second in this one.
fn seen(phase: &SignLegs) -> LegsState {
    let verdict = Verdict {
        run: "17".into(),
        artifacts: phase.finished.artifacts.digest(),
    };
    let status = |leg: &str| SeenCheck {
        name: Verdict::context(leg),
        state: CheckState::Success,
        description: Some(verdict.to_string()),
        url: None,
        times: CheckTimes::default(),
    };
    LegsState {
        releases: vec![],
        jobs: vec![job("k3s 1", 1, "success"), job("k3s 2", 2, "success")],
        statuses: vec![status("k3s-1"), status("k3s-2")],
        signed: vec![],
    }
}

/// What is signed of each leg in the end, and the codes of what was refused.
fn end(phase: &SignLegs, mut seen: LegsState) -> (Vec<String>, Vec<Code>) {
    let mut results = Vec::new();
    loop {
        match phase.decide(&seen) {
            Step::Act(actions) => {
                for action in actions {
                    let Action::Attest(statement) = action else {
                        panic!("{action:?}")
                    };
                    let said = &statement.predicate;
                    let leg = &said["configuration"][0]["annotations"]["leg"];
                    let result = format!("{leg} {}", said["result"]);
                    results.push(result.replace('"', ""));
                    seen.signed.push(Ok(signed(&statement, signer(2))));
                }
            }
            Step::Blocked(findings) => {
                return (results, findings.iter().map(|one| one.code).collect());
            }
            Step::Done(_) => return (results, vec![]),
            Step::Wait(waiting) => {
                results.extend(waiting.on);
                return (results, vec![]);
            }
        }
    }
}

const BOTH: [&str; 2] = ["k3s-1 PASSED", "k3s-2 PASSED"];
type Row = (
    &'static str,
    &'static [&'static str],
    &'static [Code],
    fn(&mut LegsState),
);

#[test]
fn result_that_is_signed_is_how_the_job_of_the_leg_ended() {
    let first = &BOTH[..1];
    let rows: [Row; 14] = [
        ("both passed", &BOTH, &[], |_| {}),
        ("failed", &["k3s-1 PASSED", "k3s-2 FAILED"], &[], |s| {
            s.jobs[1] = job("k3s 2", 2, "failure");
            s.statuses[1].state = CheckState::Failure;
        }),
        ("forged status", first, &[Code::VerdictContradicts], |s| {
            s.jobs[1] = job("k3s 2", 2, "failure");
        }),
        ("failing status", first, &[Code::VerdictContradicts], |s| {
            s.statuses[1].state = CheckState::Failure;
        }),
        ("no status", first, &[Code::VerdictMissing], |s| {
            s.statuses.remove(1);
        }),
        ("other bytes", first, &[Code::VerdictOfOtherBytes], |s| {
            let other = Digest::of(b"other");
            s.statuses[1].description = Some(format!("run 17 tested {other}"));
        }),
        ("other run", first, &[Code::VerdictOfOtherBytes], |s| {
            let text = s.statuses[1].description.take();
            s.statuses[1].description = text.map(|text| text.replace("17", "16"));
        }),
        ("no job", first, &[Code::LegJobUnclear], |s| {
            s.jobs[1].name = "Release / E2E tests / my k3s 2".into();
        }),
        ("two jobs", first, &[Code::LegJobUnclear], |s| {
            s.jobs.push(job("other / k3s 2", 2, "success"));
        }),
        ("two of one name", first, &[Code::LegJobUnclear], |s| {
            s.jobs.push(job("k3s 2", 2, "success"));
        }),
        ("skipped", first, &[Code::LegJobNotRun], |s| {
            s.jobs[1] = job("k3s 2", 1, "skipped");
        }),
        ("later attempt", first, &[Code::LegJobNotRun], |s| {
            s.jobs[1] = job("k3s 2", 3, "success");
        }),
        ("earlier attempt failed", &BOTH, &[], |s| {
            s.jobs.insert(0, job("k3s 2", 1, "failure"));
            s.jobs.push(job("k3s 1", 1, "success"));
            s.jobs.swap_remove(1);
        }),
        ("still runs", &["k3s-1 PASSED", "the job k3s 2"], &[], |s| {
            s.jobs[1] = job("k3s 2", 2, "");
        }),
    ];
    let phase = phase(SigningMode::Require, IdToken::Granted);
    for (case, results, codes, alter) in rows {
        let mut seen = seen(&phase);
        alter(&mut seen);
        let (found, refused) = end(&phase, seen);
        assert_eq!(
            (found, refused.as_slice()),
            (results.iter().map(|&text| text.to_owned()).collect(), codes),
            "{case}"
        );
    }
}

#[test]
fn nothing_is_signed_without_an_identity_token_or_in_another_run() {
    let codes = |phase: &SignLegs| end(phase, seen(phase));
    let missing = phase(SigningMode::Require, IdToken::Missing);
    assert_eq!(codes(&missing), (vec![], vec![Code::SigningImpossible]));
    let preferred = phase(SigningMode::Prefer, IdToken::Missing);
    let Step::Done(report) = preferred.decide(&seen(&preferred)) else {
        panic!("not done");
    };
    let warned: Vec<_> = report.warnings.iter().map(|one| one.code).collect();
    assert_eq!(warned, [Code::SigningImpossible]);
    let mut other = phase(SigningMode::Require, IdToken::Granted);
    other.finished.run = 18;
    assert_eq!(codes(&other), (vec![], vec![Code::AttestationOfOtherRun]));
    other.plan = example();
    assert_eq!(
        codes(&other),
        (vec![], vec![]),
        "the plan wants no signatures"
    );
}

#[test]
fn results_that_the_planned_workflow_did_not_sign_are_signed_again() {
    let mut phase = phase(SigningMode::Require, IdToken::Granted);
    let planned = "https://github.com/kyma-project/btp-release-action/.github/workflows/run-e2e-tests.yaml@refs/tags/v1";
    phase.plan = phase.plan.with(|wanted| {
        wanted.signing.as_mut().unwrap().test_signer = Some(planned.parse().unwrap());
    });
    let mut seen = seen(&phase);
    let Step::Act(statements) = phase.decide(&seen) else {
        panic!("nothing to sign");
    };
    let mut by = |subject: &str| {
        seen.signed = statements
            .iter()
            .map(|action| {
                let Action::Attest(statement) = action else {
                    panic!()
                };
                let mut signer = signer(2);
                subject.clone_into(&mut signer.subject);
                Ok(signed(statement, signer))
            })
            .collect();
        matches!(phase.decide(&seen), Step::Done(_))
    };
    assert!(by(planned));
    assert!(!by(&signer(2).subject), "a job of the calling workflow");
    assert!(!by(&planned.replace("run-e2e-tests", "post-build-image")));
}
