//! The job summary: what a phase did, for the page of the run.

use std::fmt::Write as _;

use super::Failure;
use crate::engine::Outcome;
use crate::plan::Artifacts;
use crate::protocol::PhaseId;

/// Markdown for what became of a phase.
pub fn summary(phase: PhaseId, result: &Result<Outcome, Failure>) -> String {
    let mut text = format!("### {phase}\n\n");
    match result {
        Ok(Outcome::Done { report, actions }) => {
            let _ = writeln!(text, "{}.\n", escaped(&report.summary));
            for action in actions {
                let _ = writeln!(text, "- {}", escaped(&action.to_string()));
            }
            if let Some(page) = report.outputs.iter().find(|o| o.name == "release-url") {
                let _ = writeln!(
                    text,
                    "\n[The release on GitHub](<{}>)",
                    escaped(&page.value)
                );
            }
            let table = report
                .outputs
                .iter()
                .find(|o| matches!(o.name, "artifacts" | "assets"));
            if let Some(artifacts) = table.and_then(|o| Artifacts::from_json(&o.value).ok()) {
                text.push_str(&artifact_table(&artifacts));
            }
        }
        Ok(Outcome::DryRun(actions)) => {
            text.push_str("Dry run. It would:\n\n");
            for action in actions {
                let _ = writeln!(text, "- {}", escaped(&action.to_string()));
            }
        }
        Err(failure) => {
            for finding in &failure.findings {
                let _ = writeln!(
                    text,
                    "- **{}** {}  ",
                    finding.code,
                    escaped(&finding.to_string())
                );
                let _ = writeln!(text, "  {}", escaped(&finding.help).replace('\n', "  \n  "));
            }
        }
    }
    text.push('\n');
    text
}

fn artifact_table(artifacts: &Artifacts) -> String {
    let mut text = "\n| artifact | digest | bytes | waited |\n|---|---|---:|---:|\n".to_owned();
    for (name, artifact) in &artifacts.0 {
        let (digest, size, waited) = (artifact.digest(), artifact.size(), artifact.waited());
        let _ = writeln!(
            text,
            "| {} | `{digest}` | {size} | {waited} s |",
            escaped(name)
        );
    }
    if artifacts.0.values().any(|artifact| artifact.waited() > 0) {
        text.push_str(&timeline(artifacts));
    }
    text
}

/// When each artifact came, as a [Mermaid](https://mermaid.js.org/syntax/gantt.html) chart.
fn timeline(artifacts: &Artifacts) -> String {
    let mut text =
        "\n```mermaid\ngantt\n  title Waited for\n  dateFormat X\n  axisFormat %M:%S\n".to_owned();
    for (name, artifact) in &artifacts.0 {
        // A colon would end the name of a task.
        let name: String = name
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || ".-_/".contains(c) {
                    c
                } else {
                    ' '
                }
            })
            .collect();
        let _ = writeln!(text, "  {name} : 0, {}", artifact.waited().max(1));
    }
    text + "```\n"
}

/// Text from outside, such as a file's name, with nothing left that Markdown or HTML would take for its own.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => safe.push_str("&lt;"),
            '&' => safe.push_str("&amp;"),
            '|' | '`' | '*' | '[' | ']' | '\\' => {
                safe.push('\\');
                safe.push(c);
            }
            _ => safe.push(c),
        }
    }
    safe
}
