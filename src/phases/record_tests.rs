//! `record-tests`: says of one leg of the tests how it ended, for exactly the artifacts that it tested.

use async_trait::async_trait;

use crate::plan::{ReleasePlan, Verdict};
use crate::protocol::{Action, Phase, PhaseId, PhaseReport, Step};
use crate::protocol::{CheckState, NewStatus, Reader, SeenCheck, SeenRelease, ServiceError};
use crate::release::references::our_release;

pub struct RecordTests {
    plan: ReleasePlan,
    leg: String,
    passed: bool,
    verdict: Verdict,
    /// The page of the run.
    url: Option<String>,
}

impl RecordTests {
    pub fn new(
        plan: ReleasePlan,
        leg: String,
        passed: bool,
        verdict: Verdict,
        url: Option<String>,
    ) -> Self {
        Self {
            plan,
            leg,
            passed,
            verdict,
            url,
        }
    }

    fn decide(&self, releases: &[SeenRelease], statuses: &[SeenCheck]) -> Step {
        if our_release(&self.plan, releases).is_ok_and(|(release, _)| !release.draft) {
            return Step::Done(PhaseReport::new(format!(
                "{} is already published, with its own verdicts",
                self.plan.tag
            )));
        }
        let context = Verdict::context(&self.leg);
        let description = self.verdict.to_string();
        let state = if self.passed {
            CheckState::Success
        } else {
            CheckState::Failure
        };
        let there = statuses.iter().find(|status| status.name == context);
        let recorded = there.and_then(|status| Verdict::read(status.description.as_deref()?));
        if there.is_some_and(|s| s.state == state) && recorded.as_ref() == Some(&self.verdict) {
            return Step::Done(PhaseReport::new(format!(
                "{context} is {state} at {}",
                self.plan.commit.short()
            )));
        }
        Step::Act(vec![Action::SetStatus(NewStatus {
            commit: self.plan.commit.clone(),
            context,
            success: self.passed,
            description,
            url: self.url.clone(),
        })])
    }
}

#[async_trait]
impl Phase for RecordTests {
    fn id(&self) -> PhaseId {
        PhaseId::RecordTests
    }

    async fn step(&mut self, reader: Reader<'_>) -> Result<Step, ServiceError> {
        let releases = reader.github.releases(&self.plan.tag).await?;
        Ok(self.decide(&releases, &reader.github.statuses(&self.plan.commit).await?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Digest;
    use crate::plan::tests::example;
    use crate::release::examples::{our_draft, published};

    #[test]
    fn a_verdict_is_written_once_and_renewed_when_it_differs() {
        let verdict = Verdict {
            run: "17".into(),
            artifacts: Digest::of(b"all"),
        };
        let phase = RecordTests::new(example(), "k3s-1.31".into(), true, verdict.clone(), None);
        let Step::Act(actions) = phase.decide(&[], &[]) else {
            panic!("nothing to do")
        };
        let [Action::SetStatus(status)] = actions.as_slice() else {
            panic!("{actions:?}")
        };
        assert_eq!(
            (status.context.as_str(), status.success),
            ("btp-release/e2e/k3s-1.31", true)
        );
        assert!(status.description.len() <= 140, "GitHub's limit");
        let seen = |state, description: &str| SeenCheck {
            name: status.context.clone(),
            state,
            description: Some(description.into()),
            url: None,
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
