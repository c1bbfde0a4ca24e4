//! Signs the results of legs whose jobs have ended.
//!
//! The jobs of the legs run a module's own code, which could sign anything with their identity. So they have none, and this phase runs in
//! a job that runs nothing of the module. The result of a leg is how GitHub says that its job ended. The commit status of the leg
//! only names the artifacts that it tested: whoever may set statuses cannot have another result signed.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;

use crate::domain::{Code, Diagnostic, IdToken, RepoSlug};
use crate::plan::{Artifacts, ReleasePlan, Signing, Verdict};
use crate::protocol::{
    Action, CheckRole, CheckState, KnownCheck, Phase, PhaseId, PhaseReport, Reader, ReleaseFacts,
    SeenCheck, SeenJob, SeenRelease, ServiceError, Step, WaitTime, Waiting,
};
use crate::release::attestations::leg::{TEST_RESULT, TestedLeg};
use crate::release::attestations::{Found, SigningRun, first_digest};
use crate::release::references::our_release;
use crate::release::view::{ReleaseCache, ReleaseView, Trust};

/// How often GitHub is asked whether a job has ended.
const POLL: Duration = Duration::from_secs(10);

/// [`PhaseId::RecordTests`] for legs that other jobs ran.
pub struct SignLegs {
    plan: ReleasePlan,
    finished: FinishedLegs,
    cache: ReleaseCache,
}

/// Legs of the tests that jobs of this run ran.
#[derive(Clone, Debug)]
pub struct FinishedLegs {
    pub legs: Vec<FinishedLeg>,
    /// The artifacts as this job awaited them.
    pub artifacts: Artifacts,
    /// The page of the run.
    pub url: Option<String>,
    /// What the tests ran with, by name.
    pub configuration: BTreeMap<String, String>,
    /// The repository whose workflow runs.
    pub repository: RepoSlug,
    pub run: u64,
    /// The attempt of the run, counted from 1.
    pub attempt: u64,
    /// Whether this job can sign.
    pub id_token: IdToken,
}

/// A leg of the tests, and the job that ran it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinishedLeg {
    /// Such as `k3s-v1.33.5+k3s1`.
    pub leg: String,
    /// The end of the job's name. GitHub writes the names of the calling jobs before it.
    pub job: String,
}

/// What was read.
struct LegsState {
    releases: Vec<SeenRelease>,
    jobs: Vec<SeenJob>,
    statuses: Vec<SeenCheck>,
    /// The signed results of tests of these artifacts.
    signed: Vec<Found>,
}

/// How a leg ended.
#[derive(Debug, PartialEq)]
enum LegEnd<'s> {
    Passed(&'s SeenCheck),
    Failed(&'s SeenCheck),
    /// Its job still runs.
    Open,
}

impl SignLegs {
    pub fn new(plan: ReleasePlan, finished: FinishedLegs) -> Self {
        Self {
            plan,
            finished,
            cache: ReleaseCache::new(Trust::DigestsOnly),
        }
    }

    fn signing(&self) -> Option<&Signing> {
        self.plan.wanted.signing.as_ref()
    }

    fn signs(&self) -> bool {
        self.signing().is_some() && self.finished.id_token == IdToken::Granted
    }

    fn decide(&self, seen: &LegsState) -> Step {
        let done = |text: String| Step::Done(PhaseReport::new(text).knowing(self.known()));
        if our_release(&self.plan, &seen.releases).is_ok_and(|(release, _)| !release.draft) {
            return done(format!(
                "{} is already published, with its own verdicts",
                self.plan.wanted.tag
            ));
        }
        let planned = self.signing().zip(SigningRun::planned(&self.plan));
        let Some((signing, run)) = planned else {
            return done("the plan wants no signatures".to_owned());
        };
        match self.finished.id_token {
            IdToken::Granted => {}
            _ if signing.is_required() => {
                return Step::Blocked(vec![cannot_sign(Diagnostic::error)]);
            }
            _ => {
                let mut report = PhaseReport::new("no result is signed").knowing(self.known());
                report.warnings.push(cannot_sign(Diagnostic::warning));
                return Step::Done(report);
            }
        }
        if self.plan.wanted.run != self.finished.run.to_string() {
            return Step::Blocked(vec![self.other_run()]);
        }
        self.sign_all(&run, seen)
    }

    /// All legs that can be signed are, before the others are refused: a new attempt may then run only those.
    fn sign_all(&self, run: &SigningRun, seen: &LegsState) -> Step {
        let (mut unsigned, mut refused, mut open) = (vec![], vec![], vec![]);
        let mut facts = self.known();
        for leg in &self.finished.legs {
            let (passed, status) = match self.end_of(leg, seen) {
                Ok(LegEnd::Passed(status)) => (true, status),
                Ok(LegEnd::Failed(status)) => (false, status),
                Ok(LegEnd::Open) => {
                    open.push(format!("the job {}", leg.job));
                    continue;
                }
                Err(finding) => {
                    refused.push(finding);
                    continue;
                }
            };
            let tested = TestedLeg {
                plan: &self.plan,
                artifacts: &self.finished.artifacts,
                leg: &leg.leg,
                passed,
                url: self.finished.url.as_deref(),
                configuration: &self.finished.configuration,
            };
            if !tested.is_signed(run, self.finished.attempt, &seen.signed) {
                unsigned.push(Action::Attest(tested.statement()));
            }
            let known = KnownCheck::new(CheckRole::Leg, &leg.leg, status);
            facts.checks.push(known);
        }
        if !unsigned.is_empty() {
            return Step::Act(unsigned);
        }
        if !refused.is_empty() {
            return Step::Blocked(refused);
        }
        if !open.is_empty() {
            return Step::Wait(Waiting {
                on: open,
                poll_after: POLL,
                time: WaitTime::Counted,
            });
        }
        let ends = facts.checks.iter();
        let ends: Vec<_> = ends
            .map(|leg| format!("{} is {}", leg.name, leg.state))
            .collect();
        let report = PhaseReport::new(format!("{}, signed", ends.join(", ")));
        Step::Done(report.knowing(facts))
    }

    /// How GitHub says that the job of a leg ended, with the status that names what it tested.
    fn end_of<'s>(&self, leg: &FinishedLeg, seen: &'s LegsState) -> Result<LegEnd<'s>, Diagnostic> {
        let FinishedLeg { leg, job: name } = leg;
        let run = self.finished.run;
        let job = match jobs_called(name, &seen.jobs).as_slice() {
            [one] => *one,
            [] => {
                return Err(Diagnostic::error(
                    Code::LegJobUnclear,
                    format!("run {run} has no job called {name}, for the leg {leg} of the tests"),
                    format!(
                        "name the job of the leg as the run's page shows it, without the jobs that call it, as in legs: {leg}=JOB"
                    ),
                ));
            }
            several => {
                let names: Vec<_> = several.iter().map(|job| job.name.as_str()).collect();
                return Err(Diagnostic::error(
                    Code::LegJobUnclear,
                    format!(
                        "run {run} has {} jobs called {name}, for the leg {leg} of the tests: {}",
                        names.len(),
                        names.join(", ")
                    ),
                    format!(
                        "name more of it, as in legs: {leg}=CALLING JOB / {name}, or give the other jobs other names"
                    ),
                ));
            }
        };
        let not_run = |seen: String, help: &str| Diagnostic::error(Code::LegJobNotRun, seen, help);
        if job.attempt > self.finished.attempt {
            return Err(not_run(
                format!(
                    "the job {} of the leg {leg} is of attempt {} of run {run}, and this job of attempt {}",
                    job.name, job.attempt, self.finished.attempt
                ),
                "let the newer attempt sign: its own job does",
            ));
        }
        let passed = match job.conclusion.as_deref() {
            None => return Ok(LegEnd::Open),
            Some("success") => true,
            Some("failure") => false,
            Some(other) => {
                return Err(not_run(
                    format!(
                        "the job {} of the leg {leg} ended as {other:?}: it did not test to its end",
                        job.name
                    ),
                    "run it again, in a new attempt of the run",
                ));
            }
        };
        let status = self.status_of(leg, passed, &seen.statuses)?;
        Ok(if passed {
            LegEnd::Passed(status)
        } else {
            LegEnd::Failed(status)
        })
    }

    /// The status of a leg that ended so. It must name these artifacts and say the same.
    fn status_of<'s>(
        &self,
        leg: &str,
        passed: bool,
        statuses: &'s [SeenCheck],
    ) -> Result<&'s SeenCheck, Diagnostic> {
        let context = Verdict::context(leg);
        let status = statuses.iter().find(|status| status.name == context);
        let again = "look at the log of its job, and run it again";
        let Some(status) = status else {
            return Err(Diagnostic::error(
                Code::VerdictMissing,
                format!(
                    "the leg {leg} of the tests set no status {context}: nothing says which artifacts it tested"
                ),
                again,
            ));
        };
        let verdict = Verdict {
            run: self.plan.wanted.run.clone(),
            artifacts: self.finished.artifacts.digest(),
        };
        let text = status.description.as_deref().unwrap_or_default();
        if Verdict::read(text).as_ref() != Some(&verdict) {
            let other = Diagnostic::error(
                Code::VerdictOfOtherBytes,
                format!(
                    "the status {context} does not name the awaited artifacts, but says {text:?}"
                ),
                again,
            );
            return Err(other.wanted(verdict.to_string()));
        }
        let wanted = if passed {
            CheckState::Success
        } else {
            CheckState::Failure
        };
        if status.state != wanted {
            return Err(Diagnostic::error(
                Code::VerdictContradicts,
                format!(
                    "the status {context} is {}, and GitHub says of the job of the leg: {wanted}",
                    status.state
                ),
                "find out who set the status, or which step failed after it was set, and run the leg again",
            ));
        }
        Ok(status)
    }

    fn other_run(&self) -> Diagnostic {
        Diagnostic::error(
            Code::AttestationOfOtherRun,
            format!(
                "the plan is of run {}, and this is run {}: what it signs would not count",
                self.plan.wanted.run, self.finished.run
            ),
            "sign in the run that made the plan",
        )
    }
}

/// The jobs whose names are this, or end so after the names of the calling jobs; of a job that ran in several attempts the newest.
fn jobs_called<'j>(name: &str, jobs: &'j [SeenJob]) -> Vec<&'j SeenJob> {
    let mut newest: BTreeMap<&str, Vec<&SeenJob>> = BTreeMap::new();
    for job in jobs {
        let calling = job.name.strip_suffix(name);
        if !calling.is_some_and(|calling| calling.is_empty() || calling.ends_with(" / ")) {
            continue;
        }
        let same = newest.entry(&job.name).or_default();
        let latest = same.first().map_or(0, |other| other.attempt);
        if job.attempt > latest {
            same.clear();
        }
        if job.attempt >= latest {
            same.push(job);
        }
    }
    newest.into_values().flatten().collect()
}

fn cannot_sign(make: fn(Code, String, String) -> Diagnostic) -> Diagnostic {
    make(
        Code::SigningImpossible,
        "the results of the tests are not signed: this job may not ask for an identity token"
            .to_owned(),
        "give the job `permissions: id-token: write` and `attestations: write`, in the workflows that call it as well".to_owned(),
    )
}

#[async_trait]
impl Phase for SignLegs {
    fn id(&self) -> PhaseId {
        PhaseId::RecordTests
    }

    async fn step(&mut self, reader: Reader<'_>) -> Result<Step, ServiceError> {
        let view = self.cache.statuses(reader, &self.plan.wanted).await?;
        let ReleaseView {
            releases, checks, ..
        } = view;
        let FinishedLegs {
            repository,
            run,
            artifacts,
            ..
        } = &self.finished;
        let (jobs, signed) = match first_digest(artifacts).filter(|_| self.signs()) {
            Some(digest) => (
                reader.github.jobs(repository, *run).await?,
                reader.attestations(digest, TEST_RESULT).await?,
            ),
            None => (vec![], vec![]),
        };
        Ok(self.decide(&LegsState {
            releases,
            jobs,
            statuses: checks,
            signed,
        }))
    }

    fn known(&self) -> ReleaseFacts {
        ReleaseFacts::of_plan(&self.plan)
    }
}
