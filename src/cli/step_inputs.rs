//! Turns the inputs of a workflow step into a command line.

use std::collections::BTreeMap;

use clap::error::{ContextKind, ContextValue};
use clap::{ArgAction, CommandFactory as _, Parser as _, Subcommand as _};

use super::{Cli, PhaseArgs};
use crate::domain::{Code, Diagnostic};

/// The names and descriptions of inputs that are no arguments, because every process on the machine can see arguments.
pub const SECRET_INPUTS: [(&str, &str); 3] = [
    (
        "github-token",
        "GitHub token; on a terminal, the variable `GITHUB_TOKEN`",
    ),
    (
        "publish-token",
        "Token that `publish` uses instead of `github-token`, so that publishing starts other workflows; on a terminal, the variable `PUBLISH_TOKEN`",
    ),
    (
        "registry-password",
        "Password or token for the registry of the images; on a terminal, the variable `REGISTRY_PASSWORD`",
    ),
];

/// Turns the inputs of a workflow step (`INPUT_*`, with hyphens, empty where nothing was given) into a command line, so that both
/// are parsed by the same code.
///
/// # Errors
///
/// If there is no such phase, or the phase does not take an input.
pub fn arguments_of_step(env: &BTreeMap<String, String>) -> Result<Vec<String>, Diagnostic> {
    let phase = env.get("INPUT_PHASE").map_or("", |phase| phase.trim());
    let root = Cli::command();
    let phases = || {
        root.get_subcommands()
            .filter(|command| PhaseArgs::has_subcommand(command.get_name()))
    };
    let Some(command) = phases().find(|c| c.get_name() == phase) else {
        let names = phases()
            .map(clap::Command::get_name)
            .collect::<Vec<_>>()
            .join(", ");
        return Err(Diagnostic::value(
            Code::PhaseUnknown,
            "phase",
            phase,
            "is not a phase",
            format!("use one of {names}"),
        ));
    };
    let mut arguments = vec![root.get_name().to_owned(), phase.to_owned()];
    let mut positional = None;
    for (input, value) in given_inputs(env) {
        match argument_of(command, &input) {
            None => {
                let others = phases().filter(|other| argument_of(other, &input).is_some());
                let others = others.map(clap::Command::get_name).collect::<Vec<_>>();
                return Err(not_for_phase(&input, phase, &others.join(", ")));
            }
            Some(argument) if argument.is_positional() => positional = Some(value),
            Some(argument) if matches!(argument.get_action(), ArgAction::SetTrue) => {
                if yaml_bool(&input, &value)? {
                    arguments.push(format!("--{input}"));
                }
            }
            Some(_) => arguments.push(format!("--{input}={value}")),
        }
    }
    if let Some(value) = positional {
        arguments.extend(["--".to_owned(), value]);
    }
    Ok(arguments)
}

/// Inputs that are not empty, except the phase and the secrets.
fn given_inputs(env: &BTreeMap<String, String>) -> impl Iterator<Item = (String, String)> {
    env.iter()
        .filter_map(|(name, value)| {
            Some((name.strip_prefix("INPUT_")?.to_lowercase(), value.clone()))
        })
        .filter(|(name, value)| {
            let apart = name == "phase" || SECRET_INPUTS.iter().any(|(secret, _)| secret == name);
            !apart && !value.trim().is_empty()
        })
}

fn argument_of<'a>(command: &'a clap::Command, input: &str) -> Option<&'a clap::Arg> {
    let mut arguments = command.get_arguments();
    arguments.find(|argument| argument.get_id().as_str().replace('_', "-") == input)
}

/// `others` are the phases that take it.
fn not_for_phase(input: &str, phase: &str, others: &str) -> Diagnostic {
    let why = format!("is not an input of the phase {phase}");
    let help = match similar_input(phase, input) {
        _ if !others.is_empty() => format!("remove it from this step: only {others} takes it"),
        Some(similar) => format!("use `{similar}`, which is similar"),
        None => "check its name; docs/inputs.md lists the inputs of each phase".to_owned(),
    };
    Diagnostic::value(Code::InputNotForPhase, "input", input, why, help)
}

/// What clap suggests for an option of this name.
fn similar_input(phase: &str, input: &str) -> Option<String> {
    let option = format!("--{input}=");
    let error = Cli::try_parse_from(["btp-release", phase, &option]).err()?;
    match error.get(ContextKind::SuggestedArg)? {
        ContextValue::String(similar) => Some(similar.trim_start_matches('-').to_owned()),
        _ => None,
    }
}

/// The booleans of YAML's core schema, which are what GitHub's own toolkit takes
/// (<https://yaml.org/spec/1.2.2/#1032-tag-resolution>).
fn yaml_bool(input: &str, value: &str) -> Result<bool, Diagnostic> {
    match value.trim() {
        "true" | "True" | "TRUE" => Ok(true),
        "false" | "False" | "FALSE" => Ok(false),
        other => Err(Diagnostic::value(
            Code::BooleanInvalid,
            "input",
            format!("{input}: {other}"),
            "is not a boolean",
            "use true or false",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(inputs: &[(&str, &str)]) -> Result<Vec<String>, Diagnostic> {
        let env = inputs
            .iter()
            .map(|(k, v)| (format!("INPUT_{k}"), (*v).to_owned()));
        arguments_of_step(&env.collect())
    }

    #[test]
    fn inputs_become_options_and_the_version_comes_last() {
        let line = step(&[
            ("PHASE", "plan"),
            ("VERSION", "-v1"),
            ("MAKE-LATEST", ""),
            ("DRY-RUN", "True"),
            ("VERBOSE", "false"),
            ("ASSETS", "a.yaml\nb.yaml"),
            ("GITHUB-TOKEN", "secret"),
        ]);
        assert_eq!(
            line.unwrap(),
            [
                "btp-release",
                "plan",
                "--assets=a.yaml\nb.yaml",
                "--dry-run",
                "--",
                "-v1"
            ]
        );
    }

    #[test]
    fn unknown_phases_and_inputs_are_refused() {
        let code = |inputs: &[(&str, &str)]| step(inputs).unwrap_err().code;
        assert_eq!(code(&[]), Code::PhaseUnknown);
        for command in Cli::command().get_subcommands() {
            let name = command.get_name();
            if !PhaseArgs::has_subcommand(name) {
                assert_eq!(code(&[("PHASE", name)]), Code::PhaseUnknown);
            }
        }
        assert_eq!(code(&[("PHASE", "inspect-module")]), Code::PhaseUnknown);
        assert_eq!(
            code(&[("PHASE", "draft"), ("VERSION", "1.2.0")]),
            Code::InputNotForPhase
        );
        assert_eq!(
            code(&[("PHASE", "draft"), ("DRY-RUN", "yes")]),
            Code::BooleanInvalid
        );
    }

    #[test]
    fn help_names_other_phases_or_a_similar_input() {
        let help = |input: &str| {
            let inputs = [("PHASE", "plan"), (input, "x")];
            step(&inputs).unwrap_err().help
        };
        assert_eq!(help("ASSET"), "use `assets`, which is similar");
        assert_eq!(
            help("NEEDS"),
            "remove it from this step: only publish takes it"
        );
        assert!(help("WIBBLE").contains("docs/inputs.md"));
    }

    #[test]
    fn clap_accepts_the_definition() {
        Cli::command().debug_assert();
    }
}
