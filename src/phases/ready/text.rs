//! The answer as lines for a terminal.

use std::fmt::Write as _;

use super::readiness::{CheckCounts, Judged, Readiness};
use crate::domain::{Diagnostic, Tag, hides_or_turns};

/// How many pull requests are listed.
pub(super) const MOST_PULLS: usize = 30;

/// Everything in the answer, one thing a line.
pub(super) fn render(readiness: &Readiness) -> String {
    let mut text = format!("{}: {}\n", readiness.repository, readiness.summary());
    let last = readiness.last_release.as_ref();
    let _ = writeln!(text, "\nLast release: {}", last.map_or("none", Tag::as_str));
    if let Some(changes) = changes_in_words(readiness) {
        let _ = writeln!(text, "{changes}");
    }
    let pulls = readiness
        .changes
        .iter()
        .flat_map(|changes| changes.pulls.iter().rev());
    for pull in pulls.take(MOST_PULLS) {
        let login = pull.login.as_deref().unwrap_or("a deleted account");
        let _ = writeln!(
            text,
            "  #{} {} ({})",
            pull.number,
            plain(&pull.title),
            plain(login)
        );
    }
    if let Some(more) = pulls_left_out(readiness) {
        let _ = writeln!(text, "  {more}");
    }
    if let Some(checks) = &readiness.checks {
        let _ = writeln!(text, "\nChecks at the head: {}", checks_in_words(checks));
    }
    let _ = writeln!(text, "\nNext versions:");
    for version in &readiness.versions {
        let _ = writeln!(
            text,
            "  {} ({}): {}",
            version.candidate.tag,
            version.candidate.kind,
            verdict(version, readiness)
        );
        list(&mut text, "    ", &version.findings);
        list(&mut text, "    ", &version.warnings);
    }
    section(&mut text, "In the way", &readiness.findings);
    section(&mut text, "Not known", &readiness.not_known);
    for note in &readiness.notes {
        let _ = writeln!(text, "\nNote: {note}");
    }
    text
}

/// Whether a version is possible.
pub(super) fn verdict(version: &Judged, readiness: &Readiness) -> &'static str {
    match (version.is_allowed(), readiness.findings.is_empty()) {
        (false, _) => "no",
        (true, false) => "not yet",
        (true, true) => "yes",
    }
}

/// How much was changed since which release; `None` where it is not known.
pub(super) fn changes_in_words(readiness: &Readiness) -> Option<String> {
    let changes = readiness.changes.as_ref()?;
    let since = match &readiness.previous {
        Some(tag) => format!("Since {tag}"),
        None => "So far".to_owned(),
    };
    let at_least = if changes.is_complete { "" } else { "at least " };
    Some(format!(
        "{since}: {at_least}{}, {} by {}",
        count(changes.commits.len(), "commit", "commits"),
        count(changes.pulls.len(), "pull request", "pull requests"),
        count(Readiness::authors(changes), "person", "people"),
    ))
}

/// That the list of pull requests was cut, if it was.
pub(super) fn pulls_left_out(readiness: &Readiness) -> Option<String> {
    let all = readiness.changes.as_ref()?.pulls.len();
    let more = all.checked_sub(MOST_PULLS).filter(|more| *more > 0)?;
    Some(format!("and {more} more"))
}

pub(super) fn checks_in_words(counts: &CheckCounts) -> String {
    let words = [
        (counts.succeeded, "succeeded"),
        (counts.failed, "failed"),
        (counts.pending, "pending"),
        (counts.other, "skipped or neutral"),
    ];
    let words = words.into_iter().filter(|(count, _)| *count > 0);
    let words: Vec<_> = words
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    match words.as_slice() {
        [] => "none".to_owned(),
        words => words.join(", "),
    }
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

fn section(text: &mut String, title: &str, findings: &[Diagnostic]) {
    if !findings.is_empty() {
        let _ = writeln!(text, "\n{title}:");
        list(text, "  ", findings);
    }
}

fn list(text: &mut String, indent: &str, findings: &[Diagnostic]) {
    for finding in findings {
        let _ = write!(text, "{indent}[{}] ", finding.code);
        for (nth, line) in finding.seen.lines().enumerate() {
            let begin = if nth == 0 { "" } else { indent };
            let _ = writeln!(text, "{begin}{}", plain(line));
        }
        for (nth, line) in finding.help.lines().enumerate() {
            let begin = if nth == 0 { "help: " } else { "      " };
            let _ = writeln!(text, "{indent}  {begin}{}", plain(line));
        }
    }
}

/// Without what would move the cursor, colour the terminal or turn the direction of the text.
fn plain(text: &str) -> String {
    let is_plain = |c: &char| !c.is_control() && !hides_or_turns(*c);
    text.chars().filter(is_plain).collect()
}
