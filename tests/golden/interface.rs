//! The public interface: inputs, error codes, exit codes, and the inputs, secrets and outputs of the workflows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use btp_release::cli::{Cli, SECRET_INPUTS};
use btp_release::domain::{Code, Exit};
use btp_release::protocol::PhaseId;
use clap::CommandFactory as _;
use serde::{Deserialize, Serialize};
use yaml_serde::Value;

type Names = BTreeSet<String>;

#[derive(Serialize, Deserialize)]
pub(crate) struct Interface {
    exits: BTreeSet<u8>,
    /// Code → exit.
    codes: BTreeMap<String, u8>,
    /// Phase → inputs, under all their names.
    inputs: BTreeMap<String, Names>,
    /// File → `inputs`, `secrets`, `outputs` → names.
    workflows: BTreeMap<String, BTreeMap<String, Names>>,
}

impl Interface {
    /// Of this version.
    pub(crate) fn now() -> Self {
        let phases = PhaseId::ALL.map(PhaseId::as_str);
        Self {
            exits: Exit::ALL.map(Exit::code).into(),
            codes: Code::all()
                .map(|code| (code.to_string(), code.exit().code()))
                .collect(),
            inputs: phases.map(|phase| (phase.to_owned(), inputs(phase))).into(),
            workflows: workflows(),
        }
    }

    /// The names of the older interface that are missing in this one.
    pub(crate) fn lacks(&self, older: &Self) -> Vec<String> {
        let mut lacks = Vec::new();
        let mut compare = |of: &str, older: &Names, now: Option<&Names>| {
            let gone = older
                .iter()
                .filter(|name| now.is_none_or(|now| !now.contains(*name)));
            lacks.extend(gone.map(|name| format!("{of}: {name}")));
        };
        for (phase, inputs) in &older.inputs {
            compare(phase, inputs, self.inputs.get(phase));
        }
        for (file, parts) in &older.workflows {
            for (part, names) in parts {
                let now = self.workflows.get(file).and_then(|parts| parts.get(part));
                compare(&format!("{file} {part}"), names, now);
            }
        }
        let named = |exits: &BTreeSet<u8>| exits.iter().map(ToString::to_string).collect();
        compare("exits", &named(&older.exits), Some(&named(&self.exits)));
        let named = |codes: &BTreeMap<String, u8>| {
            codes
                .iter()
                .map(|(code, exit)| format!("{code} ends with {exit}"))
                .collect()
        };
        compare("codes", &named(&older.codes), Some(&named(&self.codes)));
        lacks
    }
}

fn inputs(phase: &str) -> Names {
    let root = Cli::command();
    let command = root.find_subcommand(phase).unwrap();
    let arguments = command.get_arguments().filter(|a| a.get_id() != "help");
    let mut names: Names = arguments
        .flat_map(|argument| {
            let aliases = argument.get_all_aliases().unwrap_or_default();
            let id = argument.get_id().as_str().replace('_', "-");
            aliases.into_iter().map(str::to_owned).chain([id])
        })
        .collect();
    names.extend(SECRET_INPUTS.iter().map(|(name, _)| (*name).to_owned()));
    names
}

fn workflows() -> BTreeMap<String, BTreeMap<String, Names>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/workflows");
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let callable = files.filter_map(|path| {
        let workflow: Value =
            yaml_serde::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let call = workflow.get("on")?.get("workflow_call")?;
        let names = |part: &str| -> Names {
            let names = call.get(part).and_then(Value::as_mapping);
            let names = names.into_iter().flatten();
            names
                .map(|(name, _)| name.as_str().unwrap().to_owned())
                .collect()
        };
        let parts = ["inputs", "secrets", "outputs"].map(|part| (part.to_owned(), names(part)));
        let name = path.file_name()?.to_str()?.to_owned();
        Some((name, parts.into()))
    });
    callable.collect()
}
