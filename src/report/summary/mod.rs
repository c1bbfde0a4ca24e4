//! The job summary: the verdict, then what was decided and seen, for the page of the run.

mod artifacts;
mod findings;
mod gate;
mod help;
mod page;
mod planned;
#[cfg(test)]
mod tests;
mod text;
mod timeline;
mod title;

use super::Failure;
use super::difference::differences;
use crate::domain::{Diagnostic, Exit};
use crate::engine::Outcome;
use crate::protocol::{Action, Effect, PhaseId, PhaseReport, ReleaseFacts};
use page::{SummaryPage, count};
use planned::{commit, repository};
use text::{block, bounded, code, link, prose};

/// How many changes are listed.
const MOST_ACTIONS: usize = 50;
/// How many characters of a line are shown.
const LONGEST: usize = 1_000;

/// How a phase ended, in Markdown. `known` is what the phase knew at its end, where it reports nothing itself. It is never longer than
/// GitHub takes.
pub fn summary(phase: PhaseId, known: &ReleaseFacts, result: &Result<Outcome, Failure>) -> String {
    let facts = facts(known, result);
    let (sign, title) = title::title(phase, &facts, result);
    let mut page = SummaryPage::new(&format!("{sign} {}", prose(&bounded(&title, LONGEST))));
    page.add(&about(phase, &facts, result));
    match result {
        Ok(Outcome::Done { report, actions }) => {
            done(&mut page, phase, &facts, report, actions);
        }
        Ok(Outcome::DryRun(actions)) => {
            page.section("It would", &list(actions));
            for (path, difference) in differences(actions) {
                page.section(&code(path), &block("diff", &difference));
            }
            if let Some(plan) = &facts.plan {
                planned::add(&mut page, &facts, plan);
            }
            details(&mut page, phase, &facts);
        }
        Err(failure) => {
            findings::add_errors(&mut page, failure.diagnostics());
            details(&mut page, phase, &facts);
        }
    }
    page.finish()
}

/// Why a step ended before any phase began.
pub fn failure_summary(failure: &Failure) -> String {
    if failure.exit() == Exit::Usage {
        return usage_summary(failure.diagnostics());
    }
    let mut page = SummaryPage::new(&format!("❌ {}: refused", prose(failure.title())));
    findings::add_errors(&mut page, failure.diagnostics());
    page.finish()
}

/// The summary where inputs are wrong: nothing was read or changed.
fn usage_summary(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|one| one.is_error()).count();
    let mut page = SummaryPage::new(&format!(
        "❌ Not started: {} to correct",
        count(errors, "input")
    ));
    page.add("Nothing was read or changed.");
    findings::add_errors(&mut page, diagnostics);
    page.finish()
}

/// What the report says or, where there is none or it says nothing of the release, what the phase knew.
fn facts(known: &ReleaseFacts, result: &Result<Outcome, Failure>) -> ReleaseFacts {
    match result {
        Ok(Outcome::Done { report, .. }) if report.facts.tag.is_some() => ReleaseFacts {
            server: known.server.clone(),
            ..ReleaseFacts::clone(&report.facts)
        },
        _ => known.clone(),
    }
}

/// The phase, the repository, the commit and the release's page, in one line.
fn about(phase: PhaseId, facts: &ReleaseFacts, result: &Result<Outcome, Failure>) -> String {
    let mut parts = vec![code(phase.as_str())];
    if let Some(plan) = &facts.plan {
        let name = plan.wanted.repository.to_string();
        parts.push(link(&prose(&name), &repository(facts, plan)));
        let at = commit(facts, plan, &plan.wanted.commit);
        parts.push(format!("commit {at}"));
    }
    if let Some(release) = &facts.release {
        let is_ready = phase == PhaseId::Publish && matches!(result, Ok(Outcome::Done { .. }));
        let (what, text) = match (release.draft, is_ready) {
            (true, true) => ("**", "publish it here"),
            (true, false) => ("", "the draft"),
            (false, _) => ("**", "the release"),
        };
        let page = link(text, &release.url);
        parts.push(format!("{what}{page}{what}"));
        if !release.draft {
            parts.extend(
                facts
                    .latest
                    .map(|latest| if latest { "latest" } else { "not latest" }.to_owned()),
            );
            parts.extend(release.prerelease.then(|| "prerelease".to_owned()));
            parts.extend(release.immutable.then(|| "immutable".to_owned()));
        }
    }
    parts.join(" · ")
}

fn done(
    page: &mut SummaryPage,
    phase: PhaseId,
    facts: &ReleaseFacts,
    report: &PhaseReport,
    actions: &[Action],
) {
    if says_more(phase) {
        page.add(&format!("{}.", prose(&bounded(&report.summary, LONGEST))));
    }
    if actions.is_empty() && phase.effect() == Effect::Writes {
        page.add("Nothing had to be done.");
    }
    page.add(report.answer.as_ref().map_or("", |answer| &answer.markdown));
    findings::add_warnings(page, &report.warnings);
    details(page, phase, facts);
    page.folded(
        &format!("What was done: {}", count(actions.len(), "change")),
        &list(actions),
    );
}

/// Whether a phase reports more in words than its title and its tables show.
fn says_more(phase: PhaseId) -> bool {
    matches!(
        phase,
        PhaseId::BuildModule
            | PhaseId::FetchModule
            | PhaseId::Publish
            | PhaseId::Verify
            | PhaseId::Discard
    )
}

/// What is known of the release, as far as it matters for the phase.
fn details(page: &mut SummaryPage, phase: PhaseId, facts: &ReleaseFacts) {
    if let (PhaseId::Plan, Some(plan)) = (phase, &facts.plan) {
        planned::add(page, facts, plan);
    }
    artifacts::add(page, phase, facts);
    if phase != PhaseId::RecordTests {
        gate::add(page, facts);
        page.section("Timeline", &timeline::timeline(phase, facts));
    }
}

fn list(actions: &[Action]) -> String {
    let lines = actions.iter().take(MOST_ACTIONS);
    let lines = lines.map(|action| {
        let line = bounded(&action.to_string(), LONGEST);
        format!("- {}\n", prose(&line))
    });
    let left_out = findings::left_out(actions.len(), MOST_ACTIONS);
    lines.collect::<String>() + "\n" + &left_out
}
