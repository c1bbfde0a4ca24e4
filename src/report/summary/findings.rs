//! Errors and warnings: what is wrong, and what to do about it.

use std::fmt::Write as _;

use super::help::help;
use super::page::{SummaryPage, count};
use super::text::{bounded, code, link, prose};
use crate::domain::{Code, Diagnostic, Exit, Severity};
use crate::report::details::headline;

/// How many findings are shown; the log has all of them.
const MOST: usize = 30;
/// How many lines of one are shown.
const MOST_LINES: usize = 50;
/// How many characters of a line are shown.
const LONGEST: usize = 1_000;

/// The reason that comes first, with its remedy, and then the others.
pub(super) fn add_errors(page: &mut SummaryPage, diagnostics: &[Diagnostic]) {
    let (errors, warnings): (Vec<_>, Vec<_>) = diagnostics
        .iter()
        .partition(|diagnostic| diagnostic.is_error());
    if let Some((first, others)) = errors.split_first() {
        page.add(&finding(first));
        let heading = match others.len() {
            1 => "One more reason".to_owned(),
            more => format!("{more} more reasons"),
        };
        page.section(&heading, &list(others));
    }
    page.section("Warnings", &list(&warnings));
}

/// The warnings of a phase that ended well.
pub(super) fn add_warnings(page: &mut SummaryPage, warnings: &[Diagnostic]) {
    let warnings: Vec<_> = warnings.iter().collect();
    page.section("Warnings", &list(&warnings));
}

fn list(diagnostics: &[&Diagnostic]) -> String {
    let shown = diagnostics.iter().take(MOST).map(|one| finding(one));
    let mut text: String = shown.collect();
    text.push_str(&left_out(diagnostics.len(), MOST));
    text
}

/// That a list was cut, if it was.
pub(super) fn left_out(all: usize, shown: usize) -> String {
    match all.saturating_sub(shown) {
        0 => String::new(),
        more => format!("… and {more} more, which the log has.\n"),
    }
}

/// What was seen and its code, what was wanted, what to do.
fn finding(diagnostic: &Diagnostic) -> String {
    let icon = match (diagnostic.severity, diagnostic.code.exit()) {
        (Severity::Warning, _) => "⚠️",
        (_, Exit::Deadline | Exit::Unavailable | Exit::Cancelled) => "⏳",
        _ => "❌",
    };
    let headline = headline(diagnostic);
    let mut lines = headline.lines().map(|line| bounded(line.trim(), LONGEST));
    let first = prose(&lines.next().unwrap_or_default());
    let mut text = format!("{icon} **{first}** {}\n\n", explained(diagnostic.code));
    let rest: Vec<_> = lines.collect();
    for line in rest.iter().take(MOST_LINES) {
        let _ = writeln!(text, "- {}", prose(line));
    }
    if rest.len() > MOST_LINES {
        let _ = writeln!(
            text,
            "- and {}",
            count(rest.len() - MOST_LINES, "more line")
        );
    }
    if !rest.is_empty() {
        text.push('\n');
    }
    if let Some(wanted) = &diagnostic.wanted {
        let _ = writeln!(text, "Wanted: {}\n", prose(&bounded(wanted, LONGEST)));
    }
    if !diagnostic.help.is_empty() {
        text.push_str(&help(&bounded(&diagnostic.help, MOST_LINES * 100)));
    }
    text
}

/// A code as a link to what explains it, in the version that this program was built as.
fn explained(code_: Code) -> String {
    let version = option_env!("BTP_RELEASE_REF").unwrap_or("main");
    let page = format!(
        "https://github.com/kyma-project/btp-release-action/blob/{version}/docs/errors.md#{code_}"
    );
    link(&code(code_.as_str()), &page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_links_to_its_own_line_of_the_page() {
        let page = include_str!("../../../docs/errors.md");
        for code in Code::all() {
            let link = explained(code);
            let anchor = link.rsplit_once('#').unwrap().1.trim_end_matches(">)");
            let row = format!("| <a id=\"{anchor}\"></a>`{code}` |");
            assert_eq!(page.matches(&row).count(), 1, "{row}");
            assert!(link.contains("/blob/main/docs/errors.md#"), "{link}");
        }
    }
}
