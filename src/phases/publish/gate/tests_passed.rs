//! The jobs, the legs of the tests and the required checks: all of them passed, for exactly these artifacts.

use crate::domain::{Code, Diagnostic};
use crate::phases::publish::{Candidate, Legs};
use crate::plan::Verdict;
use crate::protocol::{CheckState, SeenCheck};
use crate::release::required_checks::check_required;

/// What `run-e2e-tests.yaml` names in place of an empty list of legs, which would require no verdict at all.
const NO_LEG: &str = "no-leg-said-anything";

impl Candidate<'_> {
    pub(super) fn jobs(&self) -> Vec<Diagnostic> {
        let Some(jobs) = &self.inputs.jobs else {
            return vec![];
        };
        if jobs.is_empty() {
            return vec![Diagnostic::error(
                Code::JobsMissing,
                "the publishing job needs no other job, so nothing says that tests passed",
                "list the test jobs under `needs:` of the publishing job",
            )];
        }
        jobs.refusals(&self.inputs.optional)
    }

    /// Every leg of the tests passed, for these digests and this run.
    pub(super) fn verdicts(&self) -> Vec<Diagnostic> {
        // A published release was tested in the run that published it, which may be another run than this one.
        let run = if self.release.draft {
            &self.plan.wanted.run
        } else {
            &self.mark.run
        };
        let verdict = Verdict {
            run: run.clone(),
            artifacts: self.inputs.artifacts.digest(),
        };
        leg_findings(&self.inputs.legs, &self.seen.release.checks, &verdict)
    }

    pub(super) fn checks(&self) -> Vec<Diagnostic> {
        let (checks, commit) = (&self.seen.release.checks, &self.plan.wanted.commit);
        let required = self.inputs.checks.iter();
        required
            .flat_map(|required| check_required(required, checks, commit))
            .collect()
    }
}

/// What is wrong with the legs of the tests, for the artifacts and the run of a verdict.
pub fn leg_findings(legs: &Legs, checks: &[SeenCheck], verdict: &Verdict) -> Vec<Diagnostic> {
    match legs {
        Legs::None => vec![],
        Legs::Named(legs) => {
            let of_leg = |leg: &str| {
                let context = Verdict::context(leg);
                checks.iter().find(|check| check.name == context)
            };
            let (found, missing): (Vec<_>, Vec<_>) = legs
                .iter()
                .map(|leg| (leg.as_str(), of_leg(leg)))
                .partition(|(_, check)| check.is_some());
            let found = found
                .into_iter()
                .filter_map(|(leg, check)| leg_objection(leg, check?, verdict));
            let missing: Vec<_> = missing.into_iter().map(|(leg, _)| leg).collect();
            found.chain(without_verdict(&missing)).collect()
        }
        Legs::Count(wanted) => counted_legs(checks, *wanted, verdict),
    }
}

/// Enough legs recorded a verdict in this run, and all of them passed.
fn counted_legs(checks: &[SeenCheck], wanted: usize, verdict: &Verdict) -> Vec<Diagnostic> {
    let recorded = checks
        .iter()
        .filter_map(|check| Some((Verdict::leg(&check.name)?, check)));
    let (of_this_run, others): (Vec<_>, Vec<_>) =
        recorded.partition(|(_, check)| verdict_of(check).as_ref() == Some(verdict));
    let mut findings: Vec<_> = of_this_run
        .iter()
        .filter_map(|(leg, check)| leg_objection(leg, check, verdict))
        .collect();
    if of_this_run.len() < wanted {
        let recorded = match legs_of(&of_this_run).as_str() {
            "" => "no leg of the tests recorded a verdict for these artifacts".to_owned(),
            legs => {
                format!(
                    "only these legs of the tests recorded a verdict for these artifacts: {legs}"
                )
            }
        };
        let others = others.into_iter();
        let others = others.map(|(leg, check)| format!("{leg} {}", tested(check, verdict)));
        let seen = [recorded].into_iter().chain(others).collect::<Vec<_>>();
        let missing = Diagnostic::error(
            Code::VerdictMissing,
            seen.join("; "),
            "run the missing legs again; each ends with the phase `record-tests`",
        );
        findings.push(missing.wanted(format!("{wanted} legs")));
    }
    findings
}

fn legs_of(checks: &[(&str, &SeenCheck)]) -> String {
    let legs: Vec<_> = checks.iter().map(|(leg, _)| *leg).collect();
    legs.join(", ")
}

fn verdict_of(check: &SeenCheck) -> Option<Verdict> {
    Verdict::read(check.description.as_deref()?)
}

/// What a leg says that it tested, where that is something else.
fn tested(check: &SeenCheck, verdict: &Verdict) -> String {
    match verdict_of(check) {
        None => match check.description.as_deref() {
            Some(text) => format!("does not say what it tested, but {text:?}"),
            None => "does not say what it tested".to_owned(),
        },
        Some(other) if other.artifacts == verdict.artifacts => {
            format!("tested these artifacts in run {}", other.run)
        }
        Some(other) if other.run == verdict.run => {
            format!(
                "tested other artifacts, {} all together",
                other.artifacts.short()
            )
        }
        Some(other) => format!(
            "tested other artifacts, {} all together, in run {}",
            other.artifacts.short(),
            other.run
        ),
    }
}

/// All legs without a verdict in one finding, and in another one that a job did not say which legs it has.
fn without_verdict(legs: &[&str]) -> Vec<Diagnostic> {
    let (nameless, legs): (Vec<&str>, Vec<_>) = legs.iter().partition(|leg| **leg == NO_LEG);
    let nameless = nameless.first().map(|_| {
        Diagnostic::error(
            Code::VerdictMissing,
            "a job of the tests named no leg, so that none of its legs recorded a verdict",
            "look at the log of that job, and run it again",
        )
    });
    nameless
        .into_iter()
        .chain(legs_without_verdict(&legs))
        .collect()
}

fn legs_without_verdict(legs: &[&str]) -> Option<Diagnostic> {
    let (seen, help) = match legs {
        [] => return None,
        [one] => (
            format!("the leg {one} of the tests recorded no verdict"),
            "run it again",
        ),
        many => (
            format!(
                "the legs {} of the tests recorded no verdict",
                many.join(", ")
            ),
            "run them again",
        ),
    };
    let help = format!("{help}; each leg ends with the phase `record-tests`");
    Some(Diagnostic::error(Code::VerdictMissing, seen, help))
}

fn leg_objection(leg: &str, found: &SeenCheck, verdict: &Verdict) -> Option<Diagnostic> {
    if found.state != CheckState::Success {
        let page = found.url.as_deref().unwrap_or("its log");
        let why = format!("the leg {leg} of the tests ended with {}", found.state);
        return Some(Diagnostic::error(
            Code::VerdictFailed,
            why,
            format!("look at {page}, repair it, and run it again"),
        ));
    }
    let differs = || {
        Diagnostic::error(
            Code::VerdictOfOtherBytes,
            format!("the leg {leg} of the tests {}", tested(found, verdict)),
            "run the tests again with the artifacts of this run",
        )
        .wanted(format!(
            "{} all together, in run {}",
            verdict.artifacts.short(),
            verdict.run
        ))
    };
    (verdict_of(found).as_ref() != Some(verdict)).then(differs)
}
