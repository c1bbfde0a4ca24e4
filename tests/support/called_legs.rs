//! Legs of the tests whose jobs are in a called workflow, which has a job of its own that signs.

use stand_ins::github::StoredJob;

use super::scene::{OFF, Run, Scene};

/// The called workflow that has the jobs of a signed release.
pub(crate) const CALLED: &str =
    "kyma-project/btp-release-action/.github/workflows/run-e2e-tests.yaml@refs/tags/v1";

impl Scene {
    /// The job of a leg has succeeded: `k3s-1.32` as `k3s 1.32`. It is the only one of the run that GitHub lists.
    pub(crate) fn end_job_of(&self, leg: &str, run: Run) {
        let job = StoredJob {
            id: run.id,
            name: format!("Release / E2E tests / {}", leg.replacen('-', " ", 1)),
            status: "completed".into(),
            conclusion: Some("success".into()),
            run_attempt: run.attempt,
            ..StoredJob::default()
        };
        self.repository(|repository| {
            repository.runs.get_mut(&run.id).unwrap().jobs = vec![job];
        });
    }

    /// The inputs of `plan` that make only jobs of [`CALLED`] sign results of tests.
    pub(crate) fn test_signer(&self) -> [(&'static str, &'static str); 2] {
        let beside =
            "kyma-project/btp-release-action/.github/workflows/start-release.yaml@refs/tags/v1";
        match self.signing {
            OFF => [("test-signer", ""), ("job-workflow", "")],
            _ => [
                ("test-signer", "run-e2e-tests.yaml"),
                ("job-workflow", beside),
            ],
        }
    }
}
