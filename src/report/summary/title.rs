//! The verdict, which comes first: in the words that a phase would use, with a sign that is seen from afar.

use super::page::count;
use crate::domain::{Exit, Tag};
use crate::engine::Outcome;
use crate::protocol::{Action, CheckRole, CheckState, PhaseId, PhaseReport, ReleaseFacts};
use crate::report::Failure;

/// How a phase ended, as text.
pub(super) fn title(
    phase: PhaseId,
    facts: &ReleaseFacts,
    result: &Result<Outcome, Failure>,
) -> (&'static str, String) {
    match result {
        Ok(Outcome::Done { report, actions }) => done(phase, facts, report, actions),
        Ok(Outcome::DryRun(_)) => (
            "⏳",
            format!("Dry run: {} of {} changed nothing", phase, release(facts)),
        ),
        Err(failure) => failed(phase, facts, failure.exit()),
    }
}

fn done(
    phase: PhaseId,
    facts: &ReleaseFacts,
    report: &PhaseReport,
    actions: &[Action],
) -> (&'static str, String) {
    let name = release(facts);
    let is_draft = facts.release.as_ref().is_some_and(|release| release.draft);
    match phase {
        PhaseId::Plan => ("✅", format!("{name} can be released")),
        PhaseId::Await => {
            let ready = count(facts.artifacts.0.len(), "artifact");
            ("✅", format!("{name} is complete: {ready}"))
        }
        PhaseId::RecordTests => {
            let mut legs = facts.checks.iter().filter(|c| c.role == CheckRole::Leg);
            match legs.next() {
                Some(leg) if leg.state == CheckState::Success => {
                    ("✅", format!("The tests {} passed", leg.name))
                }
                Some(leg) => ("❌", format!("The tests {} failed", leg.name)),
                None => ("✅", report.summary.clone()),
            }
        }
        PhaseId::Publish if is_draft => (
            "⏳",
            format!("{name} is ready, and waits for somebody to publish it"),
        ),
        PhaseId::Publish => ("✅", format!("{name} is published")),
        PhaseId::Verify => ("✅", format!("{name} is as it was published")),
        PhaseId::Discard if !actions.iter().all(Action::is_lock) => {
            ("✅", format!("{name} is discarded"))
        }
        PhaseId::Discard => ("✅", format!("Nothing of {name} is left to discard")),
        PhaseId::Ready => {
            let state = report.outputs.iter().find(|output| output.name == "state");
            let sign = match state.map(|state| state.value.as_str()) {
                Some("ready") => "✅",
                Some("not-ready") => "❌",
                _ => "❔",
            };
            (sign, report.summary.clone())
        }
        PhaseId::Status => ("ℹ️", report.summary.clone()),
        PhaseId::BuildModule => ("✅", format!("The module of {name} is built")),
        PhaseId::FetchModule => ("✅", format!("The module of {name} is fetched")),
        PhaseId::Propose => {
            let state = report.outputs.iter().find(|output| output.name == "state");
            let is_open = state.is_some_and(|state| state.value == "open");
            (if is_open { "⏳" } else { "✅" }, report.summary.clone())
        }
        PhaseId::Draft | PhaseId::Upload | PhaseId::AttestBuild => ("✅", report.summary.clone()),
    }
}

fn failed(phase: PhaseId, facts: &ReleaseFacts, exit: Exit) -> (&'static str, String) {
    let name = release(facts);
    match (exit, phase) {
        (Exit::Deadline, PhaseId::Await) => ("⏳", missing(facts, &name)),
        (Exit::Deadline, _) => (
            "⏳",
            format!("{name}: {phase} took too long, run it again to continue"),
        ),
        (Exit::Unavailable, _) => (
            "⏳",
            format!("{name}: {phase} could not reach a service, run it again to continue"),
        ),
        (Exit::Cancelled, _) => (
            "⏳",
            format!("{name}: {phase} was interrupted, run it again to continue"),
        ),
        _ => ("❌", refused(phase, facts, &name)),
    }
}

fn missing(facts: &ReleaseFacts, name: &str) -> String {
    let all = facts.plan.as_ref().map_or(0, |plan| plan.awaited().len());
    let ready = facts.artifacts.0.len();
    let missing = all.saturating_sub(ready);
    format!(
        "{name} is not complete: {missing} of {} missing",
        count(all, "artifact")
    )
}

fn refused(phase: PhaseId, facts: &ReleaseFacts, name: &str) -> String {
    let is_published = facts.release.as_ref().is_some_and(|release| !release.draft);
    match phase {
        PhaseId::Plan => format!("{name} cannot be released"),
        PhaseId::Draft => format!("{name} has no draft of this plan"),
        PhaseId::BuildModule => format!("The module of {name} is not built"),
        PhaseId::Upload => format!("The files of {name} are not uploaded"),
        PhaseId::AttestBuild => format!("An image of {name} is not attested"),
        PhaseId::Await => format!("{name} is not complete, and waiting does not help"),
        PhaseId::FetchModule => format!("The module of {name} cannot be used"),
        PhaseId::RecordTests => format!("The tests of {name} are not recorded"),
        PhaseId::Publish if is_published => {
            format!("{name} is published, and not as it was planned")
        }
        PhaseId::Publish => format!("{name} is not published"),
        PhaseId::Propose => format!("The change for {name} is not proposed, or not merged"),
        PhaseId::Ready => format!("Whether {name} can be released is not known"),
        PhaseId::Status => format!("The state of {name} is not known"),
        PhaseId::Verify => format!("{name} is not as it was published"),
        PhaseId::Discard => format!("{name} is not discarded"),
    }
}

/// The release by its tag. Only a module that is built for no release has none.
fn release(facts: &ReleaseFacts) -> String {
    let tag = facts.tag.as_ref().map(Tag::as_str);
    tag.unwrap_or("the commit").to_owned()
}
