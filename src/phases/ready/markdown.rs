//! The answer in Markdown, for the job summary and for the comment.
//!
//! In a comment, names would notify people and numbers would leave a link at every pull request that is listed. Neither happens here.

use std::fmt::Write as _;

use super::readiness::{Judged, Readiness, ReadyState};
use super::text::{MOST_PULLS, changes_in_words, checks_in_words, pulls_left_out, verdict};
use crate::domain::{Diagnostic, Severity};
use crate::release::notes::markdown::line;

/// The most characters of a comment. GitHub takes 65,536.
const LONGEST_COMMENT: usize = 60_000;
/// How many lines of a finding are shown.
const MOST_LINES: usize = 300;
const GITHUB: &str = "https://github.com/";
/// GitHub makes no link back from what is linked by this address
/// (<https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls#avoiding-backlinks-to-linked-references>).
const REDIRECT: &str = "https://redirect.github.com/";

/// The answer with its mark, by which it is found again.
pub(super) fn comment(readiness: &Readiness, page: &str) -> String {
    let sign = match readiness.state() {
        ReadyState::Ready => "✅",
        ReadyState::NotReady => "❌",
        ReadyState::Unknown => "❔",
    };
    let mut text = format!(
        "{}\n### {sign} {}\n\n{}",
        mark(readiness),
        prose(&readiness.summary(), page),
        render(readiness, page)
    );
    if let Some((end, _)) = text.char_indices().nth(LONGEST_COMMENT) {
        text.truncate(end);
        text.truncate(text.rfind('\n').unwrap_or(end));
        text.push_str("\n\n_More does not fit in here: the job summary has all of it._\n");
    }
    text
}

/// Modules of one repository have a comment each: their tags begin differently.
fn mark(readiness: &Readiness) -> String {
    let first = readiness.versions.first();
    match first.map_or("", |version| version.candidate.tag_format.line()) {
        "" => "<!-- btp-release-ready -->".to_owned(),
        line => format!("<!-- btp-release-ready: {line} -->"),
    }
}

/// The answer without a title.
pub(super) fn render(readiness: &Readiness, page: &str) -> String {
    let mut text = "| next version | | possible | why not |\n|---|---|---|---|\n".to_owned();
    for version in &readiness.versions {
        let _ = writeln!(text, "{}", row(version, readiness));
    }
    let of_versions = readiness.versions.iter();
    let of_versions =
        of_versions.flat_map(|version| version.findings.iter().chain(&version.warnings));
    section(&mut text, "In the way", readiness.findings.iter(), page);
    section(&mut text, "In the way of some versions", of_versions, page);
    section(&mut text, "Not known", readiness.not_known.iter(), page);
    if let Some(checks) = &readiness.checks {
        let _ = writeln!(text, "\nChecks at the head: {}.", checks_in_words(checks));
    }
    changes(&mut text, readiness, page);
    for note in &readiness.notes {
        let _ = writeln!(text, "\n_Note: {}._", prose(note, page));
    }
    text
}

fn row(version: &Judged, readiness: &Readiness) -> String {
    let sign = match verdict(version, readiness) {
        "yes" => "✅",
        "not yet" => "⏳",
        _ => "❌",
    };
    let codes = version
        .findings
        .iter()
        .map(|finding| format!("`{}`", finding.code));
    let codes = codes.collect::<Vec<_>>().join(", ");
    let candidate = &version.candidate;
    format!(
        "| `{}` | {} | {sign} | {codes} |",
        candidate.tag, candidate.kind
    )
}

fn changes(text: &mut String, readiness: &Readiness, page: &str) {
    let Some(words) = changes_in_words(readiness) else {
        return;
    };
    let (words, commit) = (prose(&words, page), readiness.head.commit.as_str());
    let words = match &readiness.previous {
        Some(tag) => format!("[{words}](<{page}/compare/{tag}...{commit}>)"),
        None => words,
    };
    let _ = writeln!(text, "\n{words}.");
    let pulls = readiness
        .changes
        .iter()
        .flat_map(|changes| changes.pulls.iter().rev());
    let mut list = String::new();
    for pull in pulls.take(MOST_PULLS) {
        let login = pull.login.as_deref().unwrap_or("a deleted account");
        let (link, title) = (reference(page, pull.number), prose(&pull.title, page));
        let _ = writeln!(list, "- {link} {title} ({})", line(login));
    }
    if let Some(more) = pulls_left_out(readiness) {
        let _ = writeln!(list, "- {more}");
    }
    if !list.is_empty() {
        let _ = writeln!(
            text,
            "\n<details><summary>Pull requests</summary>\n\n{list}\n</details>"
        );
    }
}

fn section<'a>(
    text: &mut String,
    title: &str,
    findings: impl Iterator<Item = &'a Diagnostic>,
    page: &str,
) {
    let findings: Vec<_> = findings.collect();
    if findings.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n#### {title}\n");
    for (nth, finding) in findings.iter().enumerate() {
        if findings.iter().take(nth).any(|earlier| earlier == finding) {
            continue;
        }
        let sign = match finding.severity {
            Severity::Error => "❌",
            Severity::Warning => "⚠️",
        };
        let mut lines = finding.seen.lines();
        let first = prose(lines.next().unwrap_or_default(), page);
        let _ = writeln!(text, "- {sign} {first} (`{}`)", finding.code);
        for more in lines.by_ref().take(MOST_LINES) {
            let _ = writeln!(text, "  - {}", prose(more, page));
        }
        if let more @ 1.. = lines.count() {
            let _ = writeln!(text, "  - and {more} more, which the log has");
        }
        let _ = writeln!(text, "{}", help(&finding.help, page));
    }
}

/// What to do; lines after the first one are a text to copy.
fn help(text: &str, page: &str) -> String {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let mut help = format!("\n  {}\n", prose(first, page));
    if !rest.is_empty() {
        help.push_str("\n  ```\n");
        for line in rest.lines() {
            let _ = writeln!(help, "  {}", line.replace("```", "'''"));
        }
        help.push_str("  ```\n");
    }
    help
}

/// A pull request or an issue of the repository, with a link that leaves none there.
fn reference(page: &str, number: u64) -> String {
    match page.strip_prefix(GITHUB) {
        Some(path) => format!("[#{number}](<{REDIRECT}{path}/pull/{number}>)"),
        None => format!("`#{number}`"),
    }
}

/// Plain text, in which web addresses are links, and what is between backticks is code.
fn prose(text: &str, page: &str) -> String {
    let parts: Vec<_> = text.split('`').collect();
    let is_paired = !parts.len().is_multiple_of(2);
    let mut prose = String::new();
    for (nth, part) in parts.into_iter().enumerate() {
        if is_paired && nth % 2 == 1 && !part.trim().is_empty() {
            let part = part.replace(['\r', '\n'], " ").replace('|', "\\|");
            let _ = write!(prose, "`{part}`");
        } else {
            if nth > 0 && !is_paired {
                prose.push_str("\\`");
            }
            words(&mut prose, part, page);
        }
    }
    prose
}

fn words(prose: &mut String, text: &str, page: &str) {
    for word in text.split_inclusive(char::is_whitespace) {
        let bare = word.trim_end();
        let (before, rest) = bare.split_at(bare.find("https://").unwrap_or(bare.len()));
        let address = rest.trim_end_matches([',', ';', '.', ')', ':']);
        let after = rest.get(address.len()..).unwrap_or_default();
        if is_harmless(address) {
            prose.push_str(&unlinked(before));
            prose.push_str(&linked(address, page));
            // Nothing but punctuation.
            prose.push_str(after);
        } else {
            prose.push_str(&unlinked(bare));
        }
        if bare.len() < word.len() {
            prose.push(' ');
        }
    }
}

/// A web address as a link that leaves none where it leads to.
fn linked(address: &str, page: &str) -> String {
    let number = |kind| address.strip_prefix(page)?.strip_prefix(kind)?.parse().ok();
    match number("/pull/").or_else(|| number("/issues/")) {
        Some(number) => reference(page, number),
        None if address.is_empty() => String::new(),
        None => format!("<{}>", address.replacen(GITHUB, REDIRECT, 1)),
    }
}

fn is_harmless(address: &str) -> bool {
    let is_harmless = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#@!&=+,;%".contains(c);
    address.chars().all(is_harmless)
}

/// Words of which GitHub makes no link: an invisible space is in what it would take for the number of an issue or for an address.
fn unlinked(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let text = line(text).replace("://", ":\u{200b}//");
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        safe.push(c);
        if c == '#' && chars.peek().is_some_and(char::is_ascii_digit) {
            safe.push('\u{200b}');
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "https://github.com/kyma-project/btp-manager";

    #[test]
    fn prose_notifies_nobody_and_leaves_no_links() {
        for (text, expected) in [
            ("for @everyone (#12)", "for @\u{200b}everyone (#\u{200b}12)"),
            (
                "https://github.com/kyma-project/btp-manager/pull/130 has none",
                "[#130](<https://redirect.github.com/kyma-project/btp-manager/pull/130>) has none",
            ),
            (
                "look at https://github.com/other/one/issues/7.",
                "look at <https://redirect.github.com/other/one/issues/7>.",
            ),
            ("https://x.example/<b>", "https:\u{200b}//x.example/\\<b\\>"),
            (
                "a(http://x.example), (https://x.example/a_b).",
                "a(http:\u{200b}//x.example), (<https://x.example/a_b>).",
            ),
            ("set `a_b` or `c|d`", "set `a_b` or `c\\|d`"),
            ("one ` alone", "one \\` alone"),
            ("<!-- x -->", "\\<!-- x --\\>"),
        ] {
            assert_eq!(prose(text, PAGE), expected);
        }
        let elsewhere = "https://github.example/kyma-project/btp-manager";
        assert_eq!(
            prose(&format!("{elsewhere}/pull/130 has none"), elsewhere),
            "`#130` has none"
        );
    }

    #[test]
    fn help_of_several_lines_is_a_block() {
        assert_eq!(
            help("give these:\npermissions:\n  contents: write", PAGE),
            "\n  give these:\n\n  ```\n  permissions:\n    contents: write\n  ```\n"
        );
    }
}
