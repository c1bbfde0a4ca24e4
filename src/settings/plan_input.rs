//! The plan and the artifacts as inputs: JSON, or the path of a file with it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::input_parser::InputParser;
use crate::cli::{ArtifactsInput, CommonArgs, PlanInput};
use crate::domain::{Code, Diagnostic};
use crate::plan::{Artifacts, ReleasePlan};

/// How the plan is given where no workflow passes it on.
const PLAN_ON_TERMINAL: &str =
    "give --plan FILE: a file that `btp-release plan VERSION --output FILE` has written";

/// How it is given in a workflow.
const PASS_PLAN_ON: &str =
    "pass the output of the phase `plan`: plan: ${{ needs.plan.outputs.plan }}";

impl InputParser<'_> {
    /// The plan, which has to be given and to be for the repository of this run.
    pub(super) fn plan(&mut self, input: &PlanInput, common: &CommonArgs) -> Option<ReleasePlan> {
        let on_terminal = self.environment.context.runner.is_none();
        let help = if on_terminal {
            PLAN_ON_TERMINAL
        } else {
            PASS_PLAN_ON
        };
        let Some(given) = &input.plan else {
            self.missing("plan", help);
            return None;
        };
        let text = self.output_or_file("plan", given, |why| {
            Diagnostic::value(Code::PlanUnreadable, "plan", shown(given), why, help)
        })?;
        let repository = self.named_repository(common);
        let plan = ReleasePlan::from_json(&text, repository.as_ref());
        let plan = plan.map_err(|mut finding| {
            if finding.code == Code::PlanUnreadable && on_terminal {
                PLAN_ON_TERMINAL.clone_into(&mut finding.help);
            }
            finding
        });
        self.take("plan", plan)
    }

    /// The artifacts; `None` also where none were given.
    pub(super) fn artifacts(&mut self, input: &ArtifactsInput) -> Option<Artifacts> {
        let given = input.artifacts.as_ref()?;
        let text = self.output_or_file("artifacts", given, |why| {
            let help = "pass the output of the phase `await`, or the path of a file with it";
            let shown = shown(given);
            Diagnostic::value(Code::ArtifactsUnreadable, "artifacts", shown, why, help)
        })?;
        self.take("artifacts", Artifacts::from_json(&text))
    }

    /// The value of an output: the text itself, if it is of a JSON object, or else what the file has that it names, with or
    /// without `@` before the path. So a path that begins with `{` needs the `@`.
    fn output_or_file(
        &mut self,
        output: &str,
        given: &str,
        neither: impl FnOnce(String) -> Diagnostic,
    ) -> Option<String> {
        if given.trim_start().starts_with('{') {
            return Some(given.to_owned());
        }
        if let Some(path) = given.strip_prefix('@') {
            let text = self.file(output, path)?;
            return Some(output_in(&text, output));
        }
        let path = given.trim();
        // Nobody has typed a path of several lines.
        let read = if path.contains('\n') {
            Err("is not JSON".to_owned())
        } else {
            let read = (self.environment.read_file)(Path::new(path));
            read.map_err(|error| format!("is neither JSON nor a file: {error}"))
        };
        let read = read.map(|text| output_in(&text, output));
        self.take(output, read.map_err(neither))
    }
}

/// The value of an output in a file: the file itself, what a phase printed with `--json`, or the outputs that it printed.
fn output_in(text: &str, output: &str) -> String {
    #[derive(Deserialize)]
    struct Printed {
        outputs: BTreeMap<String, Box<RawValue>>,
    }
    if text.trim_start().starts_with('{') {
        let printed = serde_json::from_str::<Printed>(text).ok();
        let value = printed.and_then(|mut printed| printed.outputs.remove(output));
        return value.map_or_else(|| text.to_owned(), |value| value.get().to_owned());
    }
    let value = |line: &str| {
        let value = line.strip_prefix(output)?.strip_prefix('=')?;
        Some(value.to_owned())
    };
    let found = text.lines().find_map(value);
    found.unwrap_or_else(|| text.to_owned())
}

/// The beginning of what was given.
fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_found_in_what_a_phase_printed() {
        let plan = r#"{"schema":"btp-release-plan/1","b":1,"a":1.0}"#;
        let result = format!(
            "{{\n  \"schema\": \"btp-release-result/1\",\n  \"outputs\": {{\n \"tag\": \"v1\", \"plan\": {plan}}}\n}}\n"
        );
        let lines = format!("version=1.2.0\nplan={plan}\ntag=v1.2.0\n");
        for text in [plan, &result, &lines] {
            assert_eq!(output_in(text, "plan"), plan, "{text}");
        }
        for other in [
            "",
            "version=1.2.0\n",
            "{}",
            "[1]",
            r#"{"outputs":{"tag":"v1"}}"#,
        ] {
            assert_eq!(output_in(other, "plan"), other);
        }
    }
}
