//! The command line, `action.yml` and the pages under `docs/` say the same.
//!
//! `UPDATE_DOCS=1 cargo test --test documentation` writes what can be generated.
#![expect(
    clippy::unwrap_used,
    reason = "a file that is missing or has no marks fails the test"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use btp_release::cli::{Cli, SECRET_INPUTS, StepCommand};
use btp_release::domain::{Code, Exit};
use btp_release::protocol::PhaseId;
use btp_release::release::existing_release::ExistingRelease;
use btp_release::release::existing_release::ReplacePolicy;
use btp_release::release::existing_release::decision;
use clap::{CommandFactory as _, Subcommand as _};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// The generated part of a file, between its marks; rewritten when that is asked for.
fn holds(file: &str, generated: &str) {
    let (open, close) = match Path::new(file).extension().and_then(|e| e.to_str()) {
        Some("yml") => ("# generated", "# /generated"),
        _ => ("<!-- generated -->", "<!-- /generated -->"),
    };
    let path = root().join(file);
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(open).unwrap();
    let (_, after) = rest.split_once(close).unwrap();
    let wanted = format!("{before}{open}\n{generated}{close}{after}");
    if update() {
        fs::write(&path, &wanted).unwrap();
    } else {
        assert!(
            text == wanted,
            "{file} is not up to date: run UPDATE_DOCS=1 cargo test --test documentation\n{wanted}"
        );
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a switch for whoever runs the test"
)]
fn update() -> bool {
    std::env::var("UPDATE_DOCS").is_ok()
}

/// The one command of the README is `cargo run`, which has to know which of the workspace's binaries is meant.
#[test]
fn cargo_run_is_the_command() {
    let cargo = std::process::Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version=1", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&cargo.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let named: Vec<_> = packages
        .iter()
        .filter_map(|package| package["default_run"].as_str())
        .collect();
    assert_eq!(named, ["btp-release"]);
}

/// An input: its description, and the phases and commands that take it.
struct Input {
    about: String,
    phases: BTreeSet<&'static str>,
    commands: BTreeSet<String>,
}

/// The commands that a step calls in place of a phase.
fn step_commands() -> Vec<clap::Command> {
    let all = Cli::command();
    let commands = all
        .get_subcommands()
        .filter(|command| StepCommand::has_subcommand(command.get_name()));
    commands.cloned().collect()
}

fn inputs() -> BTreeMap<String, Input> {
    let root = Cli::command();
    let mut inputs: BTreeMap<String, Input> = BTreeMap::new();
    let phases = PhaseId::ALL.map(|phase| root.find_subcommand(phase.as_str()).unwrap().clone());
    for command in phases.into_iter().chain(step_commands()) {
        for argument in command
            .get_arguments()
            .filter(|a| !matches!(a.get_id().as_str(), "help"))
        {
            let about = argument.get_help().unwrap().to_string();
            let name = argument.get_id().as_str().replace('_', "-");
            let input = inputs.entry(name).or_insert_with(|| Input {
                about,
                phases: BTreeSet::new(),
                commands: BTreeSet::new(),
            });
            match PhaseId::ALL
                .iter()
                .find(|p| p.as_str() == command.get_name())
            {
                Some(phase) => input.phases.insert(phase.as_str()),
                None => input.commands.insert(command.get_name().to_owned()),
            };
        }
    }
    for (name, about) in SECRET_INPUTS {
        let phases = PhaseId::ALL.map(PhaseId::as_str).into();
        let commands = BTreeSet::new();
        inputs.insert(
            name.into(),
            Input {
                about: about.into(),
                phases,
                commands,
            },
        );
    }
    inputs
}

fn taken_by(input: &Input) -> String {
    let phases: Vec<String> = if input.phases.len() == PhaseId::ALL.len() {
        vec!["every phase".into()]
    } else {
        let in_order = PhaseId::ALL.iter().map(|p| p.as_str());
        in_order
            .filter(|p| input.phases.contains(p))
            .map(|phase| format!("`{phase}`"))
            .collect()
    };
    let commands = input.commands.iter().map(|name| format!("`{name}`"));
    phases
        .into_iter()
        .chain(commands)
        .collect::<Vec<_>>()
        .join(", ")
}

#[test]
fn every_phase_is_a_subcommand_of_its_name() {
    let root = Cli::command();
    let commands: BTreeSet<_> = root
        .get_subcommands()
        .map(clap::Command::get_name)
        .collect();
    let phases: BTreeSet<_> = PhaseId::ALL.map(PhaseId::as_str).into();
    assert!(phases.is_subset(&commands));
    assert!(
        commands
            .difference(&phases)
            .all(|c| matches!(*c, "rehearse" | "inspect-module") || StepCommand::has_subcommand(c))
    );
}

#[test]
fn the_page_of_inputs_is_what_the_command_line_takes() {
    let mut table = "\n| input | taken by | meaning |\n|---|---|---|\n".to_owned();
    for (name, input) in inputs() {
        writeln!(
            table,
            "| `{name}` | {} | {} |",
            taken_by(&input),
            input.about.replace('|', "\\|")
        )
        .unwrap();
    }
    holds("docs/inputs.md", &(table + "\n"));
}

/// `action.yml` names every phase and every command where it asks for one.
#[test]
fn the_action_names_every_phase_and_command() {
    let action = fs::read_to_string(root().join("action.yml")).unwrap();
    let (_, inputs) = action.split_once("  phase:\n").unwrap();
    let (phases, rest) = inputs.split_once("  command:\n").unwrap();
    let (commands, _) = rest.split_once("# generated").unwrap();
    let named = |text: &str| {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        words.map(str::to_owned).collect::<BTreeSet<_>>()
    };
    for phase in PhaseId::ALL {
        assert!(named(phases).contains(phase.as_str()), "{phase}");
    }
    for command in step_commands() {
        assert!(named(commands).contains(command.get_name()), "{command}");
    }
}

#[test]
fn the_action_declares_every_input() {
    let mut yaml = String::new();
    for (name, input) in inputs() {
        let about = input.about.replace('"', "'").replace("${{", "$ {{");
        writeln!(yaml, "  {name}:\n    description: \"{about}\"").unwrap();
        if name == "github-token" {
            writeln!(yaml, "    default: ${{{{ github.token }}}}").unwrap();
        }
    }
    holds("action.yml", &(yaml + "  "));
}

#[test]
fn every_error_code_is_explained() {
    let mut table = "\n| code | exit | when |\n|---|---|---|\n".to_owned();
    for code in Code::all() {
        writeln!(
            table,
            "| `{code}` | {} | {} |",
            code.exit().code(),
            code.meaning()
        )
        .unwrap();
    }
    table += "\n| exit | meaning |\n|---|---|\n";
    for exit in Exit::ALL {
        writeln!(table, "| {} | {} |", exit.code(), exit.meaning()).unwrap();
    }
    holds("docs/errors.md", &(table + "\n"));
    let names: BTreeSet<&str> = Code::all().map(Code::as_str).collect();
    assert_eq!(names.len(), Code::all().count(), "a code is listed twice");
}

/// The compiler knows which codes there are, and not whether any of them is still needed.
#[test]
fn every_error_code_is_used() {
    let source = source();
    let unused: Vec<_> = Code::all()
        .filter(|code| {
            let variant = match code {
                Code::Format(code) => format!("FormatCode::{code:?}"),
                code => format!("Code::{code:?}"),
            };
            !source.contains(&variant)
        })
        .collect();
    assert_eq!(unused, []);
}

#[test]
fn the_page_of_replacing_is_what_decides() {
    let policies = ReplacePolicy::ALL
        .map(|policy| policy.to_string())
        .join(" | ");
    let mut table =
        format!("\n| there is | the tag is | {policies} |\n|---|---|---|---|---|---|\n");
    for there in ExistingRelease::ALL {
        for tag in there.tags() {
            let courses = ReplacePolicy::ALL.map(|policy| decision(policy, there, tag).to_string());
            writeln!(table, "| {there} | {tag} | {} |", courses.join(" | ")).unwrap();
        }
    }
    holds("docs/replace.md", &(table + "\n"));
}

/// All of our code without the lists of codes.
fn source() -> String {
    let mut source = String::new();
    let mut folders = vec![root().join("src"), root().join("crates/ocm-module/src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("code.rs") && !path.ends_with("tests.rs") {
                let text = fs::read_to_string(&path).unwrap_or_default();
                source += text.split("#[cfg(test)]\nmod tests {").next().unwrap();
            }
        }
    }
    source
}
