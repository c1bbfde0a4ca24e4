//! What had to be green, and whether it was.

use std::fmt::Write as _;

use super::page::{SummaryPage, table, time, unbroken};
use super::text::{bounded, code, link};
use crate::protocol::{CheckRole, CheckState, KnownCheck, ReleaseFacts};

/// How many rows the table has.
const MOST_ROWS: usize = 60;
/// How many characters of a name are shown.
const LONGEST: usize = 200;

/// A table of jobs, legs of the tests, checks and builds.
pub(super) fn add(page: &mut SummaryPage, facts: &ReleaseFacts) {
    let jobs = facts.jobs.iter().map(|(name, result)| {
        let shown = match result.as_str() {
            "success" => "✅ success".to_owned(),
            "skipped" => "⚪ skipped".to_owned(),
            "failure" | "cancelled" => format!("❌ {result}"),
            other => format!("❌ {}", code(&bounded(other, LONGEST))),
        };
        let name = code(&bounded(name, LONGEST));
        ["job".to_owned(), name, shown, "–".to_owned()]
    });
    let mut checks: Vec<_> = facts.checks.iter().collect();
    checks.sort_by_key(|check| check.role);
    let rows: Vec<_> = jobs.chain(checks.into_iter().map(check)).collect();
    let all = rows.len();
    let head = [
        ("what", "---"),
        ("name", "---"),
        ("result", "---"),
        ("took", "---:"),
    ];
    let mut text = table(head, rows.into_iter().take(MOST_ROWS));
    if all > MOST_ROWS {
        let _ = writeln!(text, "\n… and {} more.", all - MOST_ROWS);
    }
    page.section("Jobs, tests and checks", &text);
}

fn check(check: &KnownCheck) -> [String; 4] {
    let role = match check.role {
        CheckRole::Builder => "build",
        CheckRole::Leg => "tests",
        CheckRole::Required => "check",
    };
    let state = match check.state {
        CheckState::Success => "✅ success",
        CheckState::Failure => "❌ failure",
        CheckState::Pending => "⏳ pending",
        CheckState::Neutral => "⚪ neutral",
        CheckState::Skipped => "⚪ skipped",
    };
    let name = code(&bounded(&check.name, LONGEST));
    let name = match &check.url {
        Some(url) => link(&name, url),
        None => name,
    };
    let took = check.times.began.zip(check.times.ended);
    let took = took.map(|(began, ended)| unbroken(&time(ended.saturating_sub(began))));
    [
        role.to_owned(),
        name,
        state.to_owned(),
        took.unwrap_or_else(|| "–".to_owned()),
    ]
}
