//! `record-tests`: records the result of one leg of the tests, for exactly the artifacts that it tested.

use async_trait::async_trait;

use crate::plan::{ReleasePlan, Verdict};
use crate::protocol::{Action, Phase, PhaseId, PhaseReport, ReleaseFacts, Step};
use crate::protocol::{
    CheckRole, CheckState, KnownCheck, NewStatus, Reader, SeenCheck, SeenRelease, ServiceError,
    StatusState,
};
use crate::release::references::our_release;
use crate::release::view::{ReleaseCache, Trust};

/// [`PhaseId::RecordTests`]. The record is a commit status, which `publish` reads.
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
    /// The tested artifacts, and the run.
    pub verdict: Verdict,
    /// The page of the run.
    pub url: Option<String>,
}

impl RecordTests {
    pub fn new(plan: ReleasePlan, result: LegResult) -> Self {
        Self {
            plan,
            result,
            cache: ReleaseCache::new(Trust::DigestsOnly),
        }
    }

    fn decide(&self, releases: &[SeenRelease], statuses: &[SeenCheck]) -> Step {
        if our_release(&self.plan, releases).is_ok_and(|(release, _)| !release.draft) {
            let report = PhaseReport::new(format!(
                "{} is already published, with its own verdicts",
                self.plan.wanted.tag
            ));
            return Step::Done(report.knowing(self.known()));
        }
        let context = Verdict::context(&self.result.leg);
        let description = self.result.verdict.to_string();
        let state = CheckState::from(self.result.state);
        let there = statuses.iter().find(|status| status.name == context);
        let recorded = |status: &SeenCheck| Verdict::read(status.description.as_deref()?);
        let there = there.filter(|status| {
            status.state == state && recorded(status).as_ref() == Some(&self.result.verdict)
        });
        if let Some(status) = there {
            let mut facts = self.known();
            let leg = KnownCheck::new(CheckRole::Leg, &self.result.leg, status);
            facts.checks.push(leg);
            let commit = self.plan.wanted.commit.short();
            let report = PhaseReport::new(format!("{context} is {state} at {commit}"));
            return Step::Done(report.knowing(facts));
        }
        Step::Act(vec![Action::SetStatus(NewStatus {
            commit: self.plan.wanted.commit.clone(),
            context,
            state: self.result.state,
            description,
            url: self.result.url.clone(),
        })])
    }
}

#[async_trait]
impl Phase for RecordTests {
    fn id(&self) -> PhaseId {
        PhaseId::RecordTests
    }

    async fn step(&mut self, reader: Reader<'_>) -> Result<Step, ServiceError> {
        let mut view = self.cache.view(reader, &self.plan.wanted.tag);
        view.known_release().await?;
        view.statuses(&self.plan.wanted.commit).await?;
        let seen = view.finish();
        Ok(self.decide(&seen.releases, &seen.checks))
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
    use crate::release::examples::{our_draft, published};

    #[test]
    fn verdict_is_written_once_and_again_when_it_differs() {
        let verdict = Verdict {
            run: "17".into(),
            artifacts: Digest::of(b"all"),
        };
        let result = LegResult {
            leg: "k3s-1.31".into(),
            state: StatusState::Success,
            verdict: verdict.clone(),
            url: None,
        };
        let phase = RecordTests::new(example(), result);
        let Step::Act(actions) = phase.decide(&[], &[]) else {
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
            phase.decide(&[], &[seen(CheckState::Success, &verdict.to_string())]),
            Step::Done(_)
        ));
        assert!(matches!(
            phase.decide(&[], &[seen(CheckState::Failure, &verdict.to_string())]),
            Step::Act(_)
        ));
        let draft = our_draft(&example());
        assert!(matches!(
            phase.decide(std::slice::from_ref(&draft), &[]),
            Step::Act(_)
        ));
        assert!(
            matches!(phase.decide(&[published(draft)], &[]), Step::Done(_)),
            "a finished release is left alone"
        );
        assert!(matches!(
            phase.decide(&[], &[seen(CheckState::Success, "run 16 tested")]),
            Step::Act(_)
        ));
    }
}
