//! `record-tests`: records the result of one leg of the tests, for exactly the artifacts that it tested; or signs the results of
//! several legs whose jobs have ended.

mod finished_legs;

use std::collections::BTreeMap;

use async_trait::async_trait;

use crate::domain::{Code, Diagnostic, IdToken};
use crate::plan::{Artifacts, ReleasePlan, Signing, Verdict};
use crate::protocol::{Action, Phase, PhaseId, PhaseReport, ReleaseFacts, Step};
use crate::protocol::{
    CheckRole, CheckState, KnownCheck, NewStatus, Reader, SeenCheck, SeenRelease, ServiceError,
    StatusState,
};
use crate::release::attestations::leg::{TEST_RESULT, TestedLeg};
use crate::release::attestations::{Found, SigningRun, first_digest};
use crate::release::references::our_release;
use crate::release::view::{ReleaseCache, ReleaseView, Trust};
pub use finished_legs::{FinishedLeg, FinishedLegs, SignLegs};

/// [`PhaseId::RecordTests`]. The record is a commit status, which people see and `publish` reads and, where the plan says so, a
/// signed statement.
pub struct RecordTests {
    plan: ReleasePlan,
    result: LegResult,
    cache: ReleaseCache,
}

/// The result of one leg of the tests.
#[derive(Clone, Debug)]
pub struct LegResult {
    /// Such as `k3s-1.31`.
    pub leg: String,
    pub state: StatusState,
    /// The tested artifacts.
    pub artifacts: Artifacts,
    /// The page of the run.
    pub url: Option<String>,
    /// What the tests ran with, by name, such as `k3s` and its version.
    pub configuration: BTreeMap<String, String>,
    /// The attempt of the run, counted from 1.
    pub attempt: u64,
    pub signed_by: ResultSigner,
}

/// Which job signs the result of a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultSigner {
    /// This one, if it can.
    ThisJob(IdToken),
    /// One that comes after it, with [`SignLegs`].
    LaterJob,
}

/// What was read.
struct RecordState {
    releases: Vec<SeenRelease>,
    statuses: Vec<SeenCheck>,
    /// The signed results of tests of these artifacts. Empty where nothing is signed.
    signed: Vec<Found>,
}

impl RecordTests {
    pub fn new(plan: ReleasePlan, result: LegResult) -> Self {
        Self {
            plan,
            result,
            cache: ReleaseCache::new(Trust::DigestsOnly),
        }
    }

    fn verdict(&self) -> Verdict {
        Verdict {
            run: self.plan.wanted.run.clone(),
            artifacts: self.result.artifacts.digest(),
        }
    }

    /// Whether this job signs the result.
    fn signs(&self) -> bool {
        let granted = ResultSigner::ThisJob(IdToken::Granted);
        self.signing().is_some() && self.result.signed_by == granted
    }

    fn decide(&self, seen: &RecordState) -> Step {
        if our_release(&self.plan, &seen.releases).is_ok_and(|(release, _)| !release.draft) {
            let report = PhaseReport::new(format!(
                "{} is already published, with its own verdicts",
                self.plan.wanted.tag
            ));
            return Step::Done(report.knowing(self.known()));
        }
        if self.should_sign() && self.signing().is_some_and(Signing::is_required) {
            return Step::Blocked(vec![self.cannot_sign(Diagnostic::error)]);
        }
        // The status comes last: it is what says that the leg is done.
        if let Some(action) = self.missing_signature(&seen.signed) {
            return Step::Act(vec![action]);
        }
        let context = Verdict::context(&self.result.leg);
        let state = CheckState::from(self.result.state);
        let verdict = self.verdict();
        let there = seen.statuses.iter().find(|status| status.name == context);
        let recorded = |status: &SeenCheck| Verdict::read(status.description.as_deref()?);
        let there = there
            .filter(|status| status.state == state && recorded(status).as_ref() == Some(&verdict));
        match there {
            Some(status) => Step::Done(self.report(status)),
            None => Step::Act(vec![Action::SetStatus(NewStatus {
                commit: self.plan.wanted.commit.clone(),
                context,
                state: self.result.state,
                description: verdict.to_string(),
                url: self.result.url.clone(),
            })]),
        }
    }

    fn report(&self, status: &SeenCheck) -> PhaseReport {
        let mut facts = self.known();
        let leg = KnownCheck::new(CheckRole::Leg, &self.result.leg, status);
        facts.checks.push(leg);
        let commit = self.plan.wanted.commit.short();
        let signed = if self.signs() { ", signed" } else { "" };
        let (context, state) = (&status.name, status.state);
        let mut report = PhaseReport::new(format!("{context} is {state} at {commit}{signed}"));
        if self.should_sign() {
            report.warnings.push(self.cannot_sign(Diagnostic::warning));
        }
        report.knowing(facts)
    }

    /// Whether the plan wants this job to sign, and it cannot.
    fn should_sign(&self) -> bool {
        let is_later = self.result.signed_by == ResultSigner::LaterJob;
        self.signing().is_some() && !self.signs() && !is_later
    }

    fn signing(&self) -> Option<&Signing> {
        self.plan.wanted.signing.as_ref()
    }

    fn cannot_sign(&self, make: fn(Code, String, String) -> Diagnostic) -> Diagnostic {
        make(
            Code::SigningImpossible,
            format!(
                "the result of the leg {} is not signed: this job may not ask for an identity token",
                self.result.leg
            ),
            "give the job `permissions: id-token: write` and `attestations: write`".to_owned(),
        )
    }

    /// The statement, unless this attempt of the run has signed it already.
    fn missing_signature(&self, found: &[Found]) -> Option<Action> {
        let run = SigningRun::planned(&self.plan).filter(|_| self.signs())?;
        let result = &self.result;
        let tested = TestedLeg {
            plan: &self.plan,
            artifacts: &result.artifacts,
            leg: &result.leg,
            passed: result.state == StatusState::Success,
            url: result.url.as_deref(),
            configuration: &result.configuration,
        };
        let is_signed = tested.is_signed(&run, result.attempt, found);
        (!is_signed).then(|| Action::Attest(tested.statement()))
    }
}

#[async_trait]
impl Phase for RecordTests {
    fn id(&self) -> PhaseId {
        PhaseId::RecordTests
    }

    async fn step(&mut self, reader: Reader<'_>) -> Result<Step, ServiceError> {
        let view = self.cache.statuses(reader, &self.plan.wanted).await?;
        let ReleaseView {
            releases, checks, ..
        } = view;
        let digest = first_digest(&self.result.artifacts).filter(|_| self.signs());
        let signed = match digest {
            Some(digest) => reader.attestations(digest, TEST_RESULT).await?,
            None => vec![],
        };
        Ok(self.decide(&RecordState {
            releases,
            statuses: checks,
            signed,
        }))
    }

    fn known(&self) -> ReleaseFacts {
        ReleaseFacts::of_plan(&self.plan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Digest;
    use crate::plan::tests::example;
    use crate::plan::{Artifact, SigningMode};
    use crate::protocol::{NewAttestation, SeenAttestation};
    use crate::release::attestations::examples::{job, signed, signing};
    use crate::release::examples::{our_draft, published};

    fn result() -> LegResult {
        LegResult {
            leg: "k3s-1.31".into(),
            state: StatusState::Success,
            artifacts: Artifacts::default(),
            url: None,
            configuration: BTreeMap::new(),
            attempt: 1,
            signed_by: ResultSigner::ThisJob(IdToken::Granted),
        }
    }

    #[test]
    fn verdict_is_written_once_and_again_when_it_differs() {
        let phase = RecordTests::new(example(), result());
        let verdict = phase.verdict();
        let decide = |releases: &[SeenRelease], statuses: &[SeenCheck]| {
            phase.decide(&RecordState {
                releases: releases.to_vec(),
                statuses: statuses.to_vec(),
                signed: vec![],
            })
        };
        let Step::Act(actions) = decide(&[], &[]) else {
            panic!("nothing to do")
        };
        let [Action::SetStatus(status)] = actions.as_slice() else {
            panic!("{actions:?}")
        };
        assert_eq!(
            (status.context.as_str(), status.state),
            ("btp-release/e2e/k3s-1.31", StatusState::Success)
        );
        assert!(status.description.len() <= 140, "GitHub's limit");
        let seen = |state, description: &str| SeenCheck {
            name: status.context.clone(),
            state,
            description: Some(description.into()),
            url: None,
            times: crate::protocol::CheckTimes::default(),
        };
        assert!(matches!(
            decide(&[], &[seen(CheckState::Success, &verdict.to_string())]),
            Step::Done(_)
        ));
        assert!(matches!(
            decide(&[], &[seen(CheckState::Failure, &verdict.to_string())]),
            Step::Act(_)
        ));
        let draft = our_draft(&example());
        assert!(matches!(
            decide(std::slice::from_ref(&draft), &[]),
            Step::Act(_)
        ));
        assert!(
            matches!(decide(&[published(draft)], &[]), Step::Done(_)),
            "a finished release is left alone"
        );
        assert!(matches!(
            decide(&[], &[seen(CheckState::Success, "run 16 tested")]),
            Step::Act(_)
        ));
    }

    /// The phase with a plan that wants signatures, in an attempt of its run.
    fn signing_phase(mode: SigningMode, id_token: IdToken, attempt: u64) -> RecordTests {
        phase_signed_by(mode, ResultSigner::ThisJob(id_token), attempt)
    }

    fn phase_signed_by(mode: SigningMode, signed_by: ResultSigner, attempt: u64) -> RecordTests {
        let plan = example().with(|wanted| wanted.signing = Some(Signing { mode, ..signing() }));
        let asset = Artifact::Asset {
            digest: Digest::of(b"t"),
            size: 1,
            waited: 0,
            ready_at: None,
        };
        let result = LegResult {
            artifacts: BTreeMap::from([("template.yaml".to_owned(), asset)]).into(),
            attempt,
            signed_by,
            ..result()
        };
        RecordTests::new(plan, result)
    }

    fn step(phase: &RecordTests, signed: &[SeenAttestation], statuses: &[SeenCheck]) -> Step {
        phase.decide(&RecordState {
            releases: vec![],
            statuses: statuses.to_vec(),
            signed: signed.iter().cloned().map(Ok).collect(),
        })
    }

    fn only_action(step: Step) -> Action {
        match step {
            Step::Act(mut actions) if actions.len() == 1 => actions.remove(0),
            other => panic!("{other:?}"),
        }
    }

    fn statement(phase: &RecordTests, signed: &[SeenAttestation]) -> NewAttestation {
        match only_action(step(phase, signed, &[])) {
            Action::Attest(statement) => statement,
            other => panic!("{other:?}"),
        }
    }

    fn status(phase: &RecordTests, signed: &[SeenAttestation]) -> SeenCheck {
        match only_action(step(phase, signed, &[])) {
            Action::SetStatus(status) => SeenCheck {
                name: status.context,
                state: CheckState::Success,
                description: Some(status.description),
                url: None,
                times: crate::protocol::CheckTimes::default(),
            },
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn result_is_signed_before_the_status_is_set() {
        let phase = signing_phase(SigningMode::Require, IdToken::Granted, 2);
        let statement = statement(&phase, &[]);
        assert_eq!(statement.predicate_type, TEST_RESULT);
        let found = [signed(&statement, job(2))];
        let status = status(&phase, &found);
        let Step::Done(report) = step(&phase, &found, &[status]) else {
            panic!("not done");
        };
        assert!(report.summary.ends_with(", signed"), "{}", report.summary);
    }

    #[test]
    fn statement_of_another_attempt_run_or_result_is_not_this_ones() {
        let phase = signing_phase(SigningMode::Require, IdToken::Granted, 2);
        let ours = statement(&phase, &[]);
        let mut of_other_run = job(2);
        of_other_run.run_invocation_uri = of_other_run
            .run_invocation_uri
            .map(|uri| uri.replace("/runs/17/", "/runs/16/"));
        let mut other_result = ours.clone();
        other_result.predicate["result"] = "FAILED".into();
        for other in [
            signed(&ours, job(1)),
            signed(&ours, of_other_run),
            signed(&other_result, job(2)),
        ] {
            assert_eq!(statement(&phase, &[other]), ours);
        }
    }

    #[test]
    fn job_without_an_identity_token_is_refused_or_warns() {
        for id_token in [IdToken::Missing, IdToken::Unknown] {
            let phase = signing_phase(SigningMode::Require, id_token, 1);
            let Step::Blocked(findings) = step(&phase, &[], &[]) else {
                panic!("not refused");
            };
            let codes: Vec<_> = findings.iter().map(|finding| finding.code).collect();
            assert_eq!(codes, [Code::SigningImpossible]);
            let phase = signing_phase(SigningMode::Prefer, id_token, 1);
            let status = status(&phase, &[]);
            let Step::Done(report) = step(&phase, &[], &[status]) else {
                panic!("not done");
            };
            assert!(!report.summary.contains("signed"), "{}", report.summary);
            let codes: Vec<_> = report.warnings.iter().map(|one| one.code).collect();
            assert_eq!(codes, [Code::SigningImpossible]);
        }
    }

    #[test]
    fn leg_that_a_later_job_signs_only_sets_its_status() {
        for mode in [SigningMode::Require, SigningMode::Prefer] {
            let phase = phase_signed_by(mode, ResultSigner::LaterJob, 1);
            let status = status(&phase, &[]);
            let Step::Done(report) = step(&phase, &[], &[status]) else {
                panic!("not done");
            };
            assert!(!report.summary.contains("signed"), "{}", report.summary);
            assert_eq!(report.warnings, [], "the later job tells");
        }
    }
}
