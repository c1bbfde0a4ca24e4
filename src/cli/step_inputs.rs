//! Turns the inputs of a workflow step into a command line.

use std::collections::BTreeMap;

use clap::error::{ContextKind, ContextValue};
use clap::{ArgAction, CommandFactory as _, Parser as _, Subcommand as _};

use super::{Cli, PhaseArgs, StepCommand};
use crate::domain::{Code, Diagnostic};

/// The names and descriptions of inputs that are no arguments, because every process on the machine can see arguments.
pub const SECRET_INPUTS: [(&str, &str); 6] = [
    (
        "github-token",
        "GitHub token; on a terminal, the variable `GITHUB_TOKEN` or `GH_TOKEN`, or the login of `gh`",
    ),
    (
        "publish-token",
        "Token that `publish` uses instead of `github-token`, so that publishing starts other workflows; on a terminal, the variable `PUBLISH_TOKEN`",
    ),
    (
        "app-private-key",
        "Private key of the GitHub App that `app-id` names: the text of the PEM file that GitHub gives, or the path of the file; on a terminal, the variable `APP_PRIVATE_KEY`",
    ),
    (
        "target-token",
        "Token for `target-repository`; default: `github-token`, where both are on one GitHub; on a terminal, the variable `TARGET_TOKEN`",
    ),
    (
        "target-app-private-key",
        "Private key of the GitHub App that `target-app-id` names, in the form of `app-private-key`; on a terminal, the variable `TARGET_APP_PRIVATE_KEY`",
    ),
    (
        "registry-password",
        "Password or token for the registry of the images; on a terminal, the variable `REGISTRY_PASSWORD`",
    ),
];

/// Turns the inputs of a workflow step (`INPUT_*`, with hyphens, empty where nothing was given) into a command line, so that both
/// are parsed by the same code.
///
/// The step names a phase or, in its place, one of [`StepCommand`].
///
/// # Errors
///
/// If there is no such phase or command, or it does not take an input.
pub fn arguments_of_step(env: &BTreeMap<String, String>) -> Result<Vec<String>, Diagnostic> {
    let given = |name: &str| env.get(name).map_or("", |value| value.trim());
    let (kind, name) = match (given("INPUT_PHASE"), given("INPUT_COMMAND")) {
        ("", command) if !command.is_empty() => (StepKind::Command, command),
        (phase, _) => (StepKind::Phase, phase),
    };
    let root = Cli::command();
    let known = || {
        root.get_subcommands()
            .filter(|command| kind.has(command.get_name()))
    };
    let Some(command) = known().find(|c| c.get_name() == name) else {
        let names = known()
            .map(clap::Command::get_name)
            .collect::<Vec<_>>()
            .join(", ");
        let help = format!("use one of {names}");
        if name.is_empty() {
            let seen = "phase or command is missing: the step names neither";
            return Err(Diagnostic::error(kind.unknown(), seen, help));
        }
        let why = format!("is not a {}", kind.input());
        return Err(Diagnostic::value(
            kind.unknown(),
            kind.input(),
            name,
            why,
            help,
        ));
    };
    let mut arguments = vec![root.get_name().to_owned(), name.to_owned()];
    let mut positional = None;
    for (input, value) in given_inputs(env, kind) {
        match argument_of(command, &input) {
            None => {
                let others = known().filter(|other| argument_of(other, &input).is_some());
                let others = others.map(clap::Command::get_name).collect::<Vec<_>>();
                return Err(not_taken(&input, kind, name, &others.join(", ")));
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

/// What a step runs.
#[derive(Clone, Copy)]
enum StepKind {
    Phase,
    Command,
}

impl StepKind {
    /// The input that names it.
    fn input(self) -> &'static str {
        match self {
            Self::Phase => "phase",
            Self::Command => "command",
        }
    }

    /// The error if there is none of the name.
    fn unknown(self) -> Code {
        match self {
            Self::Phase => Code::PhaseUnknown,
            Self::Command => Code::CommandUnknown,
        }
    }

    fn has(self, subcommand: &str) -> bool {
        match self {
            Self::Phase => PhaseArgs::has_subcommand(subcommand),
            Self::Command => StepCommand::has_subcommand(subcommand),
        }
    }
}

/// Inputs that are not empty, except the one that names the phase or the command, and the secrets.
fn given_inputs(
    env: &BTreeMap<String, String>,
    kind: StepKind,
) -> impl Iterator<Item = (String, String)> {
    env.iter()
        .filter_map(|(name, value)| {
            Some((name.strip_prefix("INPUT_")?.to_lowercase(), value.clone()))
        })
        .filter(move |(name, value)| {
            let apart =
                name == kind.input() || SECRET_INPUTS.iter().any(|(secret, _)| secret == name);
            !apart && !value.trim().is_empty()
        })
}

fn argument_of<'a>(command: &'a clap::Command, input: &str) -> Option<&'a clap::Arg> {
    let mut arguments = command.get_arguments();
    arguments.find(|argument| argument.get_id().as_str().replace('_', "-") == input)
}

/// `others` are the phases or commands that take it.
fn not_taken(input: &str, kind: StepKind, name: &str, others: &str) -> Diagnostic {
    let why = format!("is not an input of the {} {name}", kind.input());
    let help = match similar_input(name, input) {
        _ if !others.is_empty() => format!("remove it from this step: only {others} takes it"),
        Some(similar) => format!("use `{similar}`, which is similar"),
        None => {
            "check its name; docs/inputs.md lists the inputs of each phase and command".to_owned()
        }
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
    fn a_step_names_a_command_in_place_of_a_phase() {
        let line = step(&[
            ("PHASE", ""),
            ("COMMAND", "check-pods"),
            ("PODS", "pods.json"),
            ("GITHUB-TOKEN", "secret"),
        ]);
        assert_eq!(
            line.unwrap(),
            ["btp-release", "check-pods", "--pods=pods.json"]
        );
        let root = Cli::command();
        let names = root.get_subcommands().map(clap::Command::get_name);
        for name in names.filter(|name| StepCommand::has_subcommand(name)) {
            assert!(step(&[("COMMAND", name)]).is_ok(), "{name}");
            let code = |inputs: &[(&str, &str)]| step(inputs).unwrap_err().code;
            assert_eq!(code(&[("PHASE", name)]), Code::PhaseUnknown);
            assert_eq!(
                code(&[("PHASE", "draft"), ("COMMAND", name)]),
                Code::InputNotForPhase
            );
            assert_eq!(
                code(&[("COMMAND", name), ("VERSION", "1.2.0")]),
                Code::InputNotForPhase
            );
        }
        for other in ["plan", "inspect-module", "nothing"] {
            let refused = step(&[("COMMAND", other)]).unwrap_err();
            assert_eq!(refused.code, Code::CommandUnknown, "{other}");
            assert!(refused.help.contains("check-pods"), "{}", refused.help);
        }
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
