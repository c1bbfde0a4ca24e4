//! The job summary: what a phase did, for the page of the run.

use std::fmt::Write as _;

use super::Failure;
use super::details::{details, headline};
use crate::domain::Diagnostic;
use crate::engine::Outcome;
use crate::plan::Artifacts;
use crate::protocol::PhaseId;

/// How a phase ended, in Markdown: what is so now, what was done, and a table of the artifacts.
pub fn summary(phase: PhaseId, result: &Result<Outcome, Failure>) -> String {
    let mut text = format!("### {phase}\n\n");
    match result {
        Ok(Outcome::Done { report, actions }) => {
            let _ = writeln!(text, "{}.\n", escaped(&report.summary));
            text.push_str(&list(&report.warnings));
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
        Err(failure) => text.push_str(&list(failure.diagnostics())),
    }
    text.push('\n');
    text
}

/// Why a step ended before any phase began, in Markdown.
pub fn failure_summary(failure: &Failure) -> String {
    format!(
        "### {}\n\n{}\n",
        failure.title(),
        list(failure.diagnostics())
    )
}

fn list(diagnostics: &[Diagnostic]) -> String {
    let mut text = String::new();
    for diagnostic in diagnostics {
        let headline = escaped(&headline(diagnostic)).replace('\n', "  \n  ");
        let _ = writeln!(text, "- **{}** {headline}  ", diagnostic.code);
        for line in details(diagnostic) {
            let _ = writeln!(text, "  {}  ", escaped(&line));
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Code;

    #[test]
    fn failure_is_listed_with_all_its_parts() {
        let diagnostic = Diagnostic::error(Code::ImageDiffers, "is a|b", "push it\nagain")
            .wanted("sha256:1")
            .at("template.yaml", None);
        let failure = Failure::new("publish", vec![diagnostic]);
        assert_eq!(
            summary(PhaseId::Publish, &Err(failure)),
            "### publish\n\n- **image-differs** template.yaml: is a\\|b  \n  wanted: sha256:1  \n  help: push it  \n  \
             help: again  \n\n"
        );
    }
}
