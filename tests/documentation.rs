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

use btp_release::cli::{Cli, OUTPUTS, PERMISSIONS, PhaseArgs, SECRET_INPUTS, StepCommand};
use btp_release::domain::{Code, Exit};
use btp_release::protocol::PhaseId;
use btp_release::release::existing_release::ExistingRelease;
use btp_release::release::existing_release::ReplacePolicy;
use btp_release::release::existing_release::decision;
use btp_release::release::rights::MISCONFIGURATIONS;
use clap::{CommandFactory as _, Subcommand as _};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// The generated part of a Markdown file, between its marks.
fn assert_page(file: &str, generated: &str) {
    let marks = ("<!-- generated -->", "<!-- /generated -->");
    assert_generated(file, marks, generated);
}

/// A generated part of `action.yml`.
fn assert_action(part: &str, generated: &str) {
    let (open, close) = (
        format!("# generated: {part}"),
        format!("# /generated: {part}"),
    );
    let indented = format!("{generated}  ");
    assert_generated("action.yml", (&open, &close), &indented);
}

/// Compares what stands between two marks; rewrites it where that is asked for.
fn assert_generated(file: &str, (open, close): (&str, &str), generated: &str) {
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
fn cargo_run_starts_btp_release() {
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

/// The commands that a step runs in place of a phase.
fn step_commands() -> Vec<clap::Command> {
    let all = Cli::command();
    let commands = all.get_subcommands();
    let commands = commands.filter(|command| StepCommand::has_subcommand(command.get_name()));
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
fn phases_are_the_subcommands_that_steps_may_use() {
    let root = Cli::command();
    let commands: BTreeSet<_> = root
        .get_subcommands()
        .map(clap::Command::get_name)
        .collect();
    let phases: BTreeSet<_> = PhaseId::ALL.map(PhaseId::as_str).into();
    let usable: BTreeSet<_> = commands
        .into_iter()
        .filter(|name| PhaseArgs::has_subcommand(name))
        .collect();
    assert_eq!(usable, phases);
}

#[test]
fn page_of_inputs_lists_the_options_of_the_command_line() {
    let mut table = "\n| input | phases and commands | meaning |\n|---|---|---|\n".to_owned();
    for (name, input) in inputs() {
        writeln!(
            table,
            "| `{name}` | {} | {} |",
            taken_by(&input),
            input.about.replace('|', "\\|")
        )
        .unwrap();
    }
    assert_page("docs/inputs.md", &(table + "\n"));
}

#[test]
fn readme_lists_the_phases() {
    let root = Cli::command();
    let mut table = "\n| phase | what it does |\n|---|---|\n".to_owned();
    for phase in PhaseId::ALL {
        let command = root.find_subcommand(phase.as_str()).unwrap();
        let about = command.get_about().unwrap();
        writeln!(table, "| `{phase}` | {about} |").unwrap();
    }
    assert_page("README.md", &(table + "\n"));
}

#[test]
fn page_of_permissions_lists_every_phase() {
    let mut table =
        "\n| phase | `permissions:` of the job | what for |\n|---|---|---|\n".to_owned();
    for entry in PERMISSIONS {
        let (phase, permissions, reason) = (entry.phase, entry.in_words(), entry.reason);
        writeln!(table, "| `{phase}` | {permissions} | {reason} |").unwrap();
    }
    assert_page("docs/permissions.md", &(table + "\n"));
    let listed = PERMISSIONS.iter().map(|entry| entry.phase);
    assert!(listed.eq(PhaseId::ALL.map(PhaseId::as_str)));
}

#[test]
fn page_of_permissions_lists_the_misconfigurations() {
    let mut page = "\n| what is wrong | code | who finds it |\n|---|---|---|\n".to_owned();
    for known in &MISCONFIGURATIONS {
        let (code, wrong, found_by) = (known.code, known.wrong, known.found_by);
        writeln!(page, "| {wrong} | [`{code}`](#{code}) | {found_by} |").unwrap();
    }
    for known in &MISCONFIGURATIONS {
        let (code, remedy) = (known.code, known.remedy);
        match known.yaml {
            "" => write!(page, "\n### `{code}`\n\n{remedy}.\n").unwrap(),
            yaml => {
                write!(
                    page,
                    "\n### `{code}`\n\n{remedy}:\n\n```yaml\n{yaml}\n```\n"
                )
                .unwrap();
            }
        }
    }
    let marks = (
        "<!-- generated: misconfigurations -->",
        "<!-- /generated: misconfigurations -->",
    );
    assert_generated("docs/permissions.md", marks, &(page + "\n"));
}

#[test]
fn action_declares_every_input() {
    let phases = PhaseId::ALL.map(PhaseId::as_str).join(", ");
    let mut yaml = format!(
        "  phase:\n    description: \"Part of the release to run: one of {phases}\"\n    required: false\n"
    );
    let commands = step_commands();
    let commands: Vec<_> = commands.iter().map(clap::Command::get_name).collect();
    let commands = commands.join(", ");
    writeln!(yaml, "  command:\n    description: \"Command to run in place of a phase: one of {commands}\"\n    required: false").unwrap();
    for (name, input) in inputs() {
        let about = yaml_text(&input.about);
        writeln!(yaml, "  {name}:\n    description: {about}").unwrap();
        if name == "github-token" {
            writeln!(yaml, "    default: ${{{{ github.token }}}}").unwrap();
        }
    }
    assert_action("inputs", &yaml);
}

#[test]
fn page_and_action_list_every_output() {
    let mut table = "\n| output | phases and commands | value |\n|---|---|---|\n".to_owned();
    let mut yaml = String::new();
    for output in OUTPUTS {
        let (name, about) = (output.name, output.about);
        let phases = output.phases.join("`, `");
        writeln!(table, "| `{name}` | `{phases}` | {about} |").unwrap();
        let about = yaml_text(&format!("{about} ({})", output.phases.join(", ")));
        writeln!(yaml, "  {name}:\n    description: {about}").unwrap();
    }
    assert_page("docs/outputs.md", &(table + "\n"));
    assert_action("outputs", &yaml);
}

#[test]
fn outputs_of_phases_and_commands_are_those_that_are_listed() {
    let source = source(&["src/phases", "src/commands", "src/app"]);
    let compact: String = source.split_whitespace().collect();
    let given: BTreeSet<_> = [".with(\"", ".output(\""]
        .into_iter()
        .flat_map(|call| compact.split(call).skip(1))
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    let listed: BTreeSet<_> = OUTPUTS.iter().map(|output| output.name).collect();
    assert_eq!(given, listed);
    assert_eq!(OUTPUTS.len(), listed.len(), "an output is listed twice");
    let phases: BTreeSet<_> = PhaseId::ALL.map(PhaseId::as_str).into();
    let named = OUTPUTS.iter().flat_map(|output| output.phases);
    assert!(
        named
            .into_iter()
            .all(|name| phases.contains(name) || StepCommand::has_subcommand(name))
    );
}

/// In double quotes, and without the expressions that GitHub would fill in.
fn yaml_text(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "'").replace("${{", "$ {{"))
}

#[test]
fn page_of_errors_lists_every_code_and_exit_code() {
    let mut table = "\n| code | exit | when |\n|---|---|---|\n".to_owned();
    for code in Code::all() {
        let is_known = MISCONFIGURATIONS.iter().any(|known| known.code == code);
        let remedy = if is_known {
            format!(" [What to paste](permissions.md#{code}).")
        } else {
            String::new()
        };
        writeln!(
            table,
            "| <a id=\"{code}\"></a>`{code}` | {} | {}{remedy} |",
            code.exit().code(),
            code.meaning()
        )
        .unwrap();
    }
    table += "\n| exit | meaning |\n|---|---|\n";
    for exit in Exit::ALL {
        writeln!(table, "| {} | {} |", exit.code(), exit.meaning()).unwrap();
    }
    assert_page("docs/errors.md", &(table + "\n"));
    let names: BTreeSet<&str> = Code::all().map(Code::as_str).collect();
    assert_eq!(names.len(), Code::all().count(), "a code is listed twice");
}

/// The compiler knows which codes there are, and not whether any of them is still needed.
#[test]
fn every_error_code_is_used() {
    let source = source(&["src", "crates/ocm-module/src"]);
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
fn page_of_replacing_lists_every_decision() {
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
    assert_page("docs/replace.md", &(table + "\n"));
}

/// Pages of the documentation, and those at the root of the repository.
fn pages() -> BTreeSet<PathBuf> {
    let mut pages = BTreeSet::new();
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("SUMMARY.md") {
                pages.insert(path);
            }
        }
    }
    pages.extend(
        fs::read_dir(root())
            .unwrap()
            .map(|entry| entry.unwrap().path()),
    );
    pages.retain(|path| path.extension().is_some_and(|e| e == "md"));
    pages
}

/// `docs/site/build` makes the site of the pages that it lists, and checks their links.
#[test]
fn summary_of_the_site_lists_every_page_once() {
    let docs = root().join("docs");
    let summary = fs::read_to_string(docs.join("SUMMARY.md")).unwrap();
    let listed: Vec<PathBuf> = summary
        .lines()
        .filter_map(|line| line.split_once("](")?.1.strip_suffix(')'))
        .map(|link| docs.join(link).canonicalize().unwrap())
        .collect();
    let pages: BTreeSet<_> = pages()
        .into_iter()
        .map(|page| page.canonicalize().unwrap())
        .collect();
    assert_eq!(listed.len(), pages.len(), "a page is listed twice");
    assert_eq!(BTreeSet::from_iter(listed), pages);
}

/// The code of some folders, without the lists of codes and without tests.
fn source(folders: &[&str]) -> String {
    let mut source = String::new();
    let mut folders: Vec<_> = folders.iter().map(|folder| root().join(folder)).collect();
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
