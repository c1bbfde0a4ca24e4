//! When what happened, as a [Mermaid](https://mermaid.js.org/syntax/gantt.html) chart in the time zone of who looks at it.

use std::fmt::Write as _;

use super::page::time;
use crate::plan::Artifact;
use crate::protocol::{CheckRole, CheckState, CheckTimes, PhaseId, ReleaseFacts};

/// More rows cannot be read.
const MOST_ROWS: usize = 50;
/// From this length on, in seconds, the axis shows no seconds.
const LONG: u64 = 10 * 60;
/// How many characters of a name are shown.
const LONGEST: usize = 60;

/// A bar of the chart.
struct Row<'a> {
    section: &'static str,
    name: &'a str,
    began: u64,
    ended: u64,
    has_failed: bool,
}

/// The chart; nothing if no time is known.
pub(super) fn timeline(phase: PhaseId, facts: &ReleaseFacts) -> String {
    let mut rows = rows(phase, facts);
    let (Some(first), Some(last)) = (
        rows.iter().map(|row| row.began).min(),
        rows.iter().map(|row| row.ended).max(),
    ) else {
        return String::new();
    };
    let left_out = rows.len().saturating_sub(MOST_ROWS);
    rows.truncate(MOST_ROWS);
    let axis = if last - first < LONG {
        "%H:%M:%S"
    } else {
        "%H:%M"
    };
    let mut text =
        format!("```mermaid\ngantt\n  dateFormat x\n  axisFormat {axis}\n  todayMarker off\n");
    let mut section = "";
    for row in &rows {
        if row.section != section {
            section = row.section;
            let _ = writeln!(text, "  section {section}");
        }
        let _ = writeln!(text, "  {}", row.task());
    }
    text.push_str("```\n");
    if left_out > 0 {
        let _ = writeln!(text, "\n… and {left_out} more.");
    }
    text
}

/// In the order of a release: builds, artifacts, tests, checks, and the phase itself.
fn rows(phase: PhaseId, facts: &ReleaseFacts) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    rows.extend(checks(facts, CheckRole::Builder, "Builds", None));
    let mut waits: Vec<_> = facts
        .artifacts
        .0
        .iter()
        .filter_map(|(name, artifact)| wait(name, artifact))
        .collect();
    waits.sort_by_key(|row| row.ended);
    let ready = waits.last().map(|row| row.ended);
    rows.extend(waits);
    // A leg begins its tests when it has all artifacts, and records its verdict at their end.
    rows.extend(checks(facts, CheckRole::Leg, "Tests", ready));
    rows.extend(checks(facts, CheckRole::Required, "Checks", None));
    if let Some(began) = facts
        .began
        .filter(|_| phase == PhaseId::Publish && !rows.is_empty())
    {
        rows.push(Row {
            section: "Release",
            name: phase.as_str(),
            began,
            ended: began,
            has_failed: false,
        });
    }
    rows
}

fn wait<'a>(name: &'a str, artifact: &Artifact) -> Option<Row<'a>> {
    let ended = artifact.ready_at()?;
    Some(Row {
        section: "Artifacts",
        name,
        began: ended.saturating_sub(artifact.waited()),
        ended,
        has_failed: false,
    })
}

/// The checks of a role that have ended; one whose begin is not known began `otherwise`.
fn checks<'a>(
    facts: &'a ReleaseFacts,
    role: CheckRole,
    section: &'static str,
    otherwise: Option<u64>,
) -> impl Iterator<Item = Row<'a>> {
    let of_role = facts.checks.iter().filter(move |check| check.role == role);
    of_role.filter_map(move |check| {
        let CheckTimes { began, ended } = check.times;
        let ended = ended?;
        let began = began.or(otherwise)?;
        Some(Row {
            section,
            name: &check.name,
            began: began.min(ended),
            ended,
            has_failed: check.state == CheckState::Failure,
        })
    })
}

impl Row<'_> {
    /// The line of the bar, with times in milliseconds: Mermaid takes a begin in seconds for one in milliseconds, but not an end. It
    /// begins with the time, because a name could be one of Mermaid's own words.
    fn task(&self) -> String {
        let took = self.ended - self.began;
        let name = plain(self.name);
        let (text, kind) = if took == 0 {
            (format!("· {name}"), "milestone, ")
        } else if self.has_failed {
            (format!("{} · {name}", time(took)), "crit, ")
        } else {
            (format!("{} · {name}", time(took)), "")
        };
        let milliseconds = |seconds: u64| seconds.saturating_mul(1000);
        let (began, ended) = (milliseconds(self.began), milliseconds(self.ended));
        format!("{text} :{kind}{began}, {ended}")
    }
}

/// A name in the characters that Mermaid takes as they are: others end the name of a task, or begin an entity, a comment or markup.
fn plain(name: &str) -> String {
    let plain = |c: char| {
        if c.is_alphanumeric() || ".-_/()+@=".contains(c) {
            c
        } else {
            ' '
        }
    };
    name.chars().take(LONGEST).map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Digest;

    fn asset(waited: u64, ready_at: Option<u64>) -> Artifact {
        Artifact::Asset {
            digest: Digest::of(b"x"),
            size: 1,
            waited,
            ready_at,
        }
    }

    fn chart(names: impl IntoIterator<Item = (String, Artifact)>) -> String {
        let mut facts = ReleaseFacts::default();
        facts.artifacts.0.extend(names);
        timeline(PhaseId::Await, &facts)
    }

    #[test]
    fn names_are_never_syntax() {
        for (name, task) in [
            ("gantt", "5s · gantt :995000, 1000000"),
            ("a:b;c#d%%e", "5s · a b c d  e :995000, 1000000"),
            ("section\nx`<b>", "5s · section x  b  :995000, 1000000"),
            ("\u{202e}x", "5s ·  x :995000, 1000000"),
        ] {
            let chart = chart([(name.to_owned(), asset(5, Some(1_000)))]);
            assert_eq!(chart.lines().nth(6), Some(format!("  {task}").as_str()));
        }
    }

    #[test]
    fn chart_has_a_limited_number_of_rows() {
        let many = |count| (0..count).map(|n| (format!("a{n}"), asset(5, Some(1_000))));
        assert_eq!(chart(many(50)).matches(" :995000").count(), 50);
        let cut = chart(many(999));
        assert_eq!(cut.matches(" :995000").count(), 50);
        assert!(cut.ends_with("```\n\n… and 949 more.\n"), "{cut}");
    }

    #[test]
    fn nothing_is_shown_without_times() {
        assert_eq!(chart([("a".to_owned(), asset(5, None))]), "");
    }

    #[test]
    fn what_took_no_time_is_a_milestone() {
        let chart = chart([("a".to_owned(), asset(0, Some(1_000)))]);
        assert!(
            chart.contains("  · a :milestone, 1000000, 1000000\n"),
            "{chart}"
        );
    }
}
