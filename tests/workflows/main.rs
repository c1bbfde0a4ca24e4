//! The workflows are consistent: with the command line, with each other, and with the pages under `docs/`.
//!
//! Files are only read and nothing is run, except actionlint on the examples of the documentation.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a file that cannot be read fails the test"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use btp_release::cli::{Cli, SECRET_INPUTS, StepCommand};
use clap::{CommandFactory as _, Subcommand as _};
use yaml_serde::Value;

mod composition;
mod gate;
mod lock;
mod migration;
mod module;
mod pages;
mod provenance;
mod readiness;

const OURS: &str = "kyma-project/btp-release-action/.github/workflows/";
/// The action as module repositories use it, and as our own workflows do.
const ACTION: &str = "kyma-project/btp-release-action@";
const CHECKED_OUT: &str = "./.btp-release";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn parse(name: &str, text: &str) -> Value {
    yaml_serde::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Every workflow of this repository and of the example, by its path.
fn workflows() -> BTreeMap<String, Value> {
    let folders = [".github/workflows", "examples/module/.github/workflows"];
    let files = folders.iter().flat_map(|folder| {
        let entries = fs::read_dir(root().join(folder)).unwrap();
        entries
            .map(move |entry| format!("{folder}/{}", entry.unwrap().file_name().to_str().unwrap()))
    });
    // `actions.lock` is in the same folder.
    files
        .filter(|path| Path::new(path).extension().is_some_and(|e| e == "yaml"))
        .map(|path| (path.clone(), parse(&path, &read(&path))))
        .collect()
}

fn workflow(name: &str) -> Value {
    let path = format!(".github/workflows/{name}");
    parse(&path, &read(&path))
}

fn at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, key| value.get(*key))
}

fn entries(value: Option<&Value>) -> Vec<(String, Value)> {
    let Some(Value::Mapping(mapping)) = value else {
        return vec![];
    };
    mapping
        .iter()
        .map(|(key, value)| (text(key), value.clone()))
        .collect()
}

fn keys(value: Option<&Value>) -> BTreeSet<String> {
    entries(value).into_iter().map(|(key, _)| key).collect()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => yaml_serde::to_string(other).unwrap().trim().to_owned(),
    }
}

fn string(value: Option<&Value>) -> String {
    value.map(text).unwrap_or_default()
}

fn strings(value: Option<&Value>) -> BTreeSet<String> {
    match value {
        Some(Value::Sequence(items)) => items.iter().map(text).collect(),
        Some(one) => [text(one)].into(),
        None => BTreeSet::new(),
    }
}

fn jobs(workflow: &Value) -> Vec<(String, Value)> {
    entries(workflow.get("jobs"))
}

fn job(workflow: &Value, name: &str) -> Value {
    at(workflow, &["jobs", name])
        .unwrap_or_else(|| panic!("no job {name}"))
        .clone()
}

fn steps(job: &Value) -> Vec<Value> {
    match job.get("steps") {
        Some(Value::Sequence(steps)) => steps.clone(),
        _ => vec![],
    }
}

/// Every step of every job, with its position.
fn all_steps() -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for (path, workflow) in workflows() {
        for (name, job) in jobs(&workflow) {
            for step in steps(&job) {
                let place = format!("{path}: {name}: {}", string(step.get("name")));
                all.push((place, step));
            }
        }
    }
    all
}

fn none(wrong: impl IntoIterator<Item = String>) {
    let wrong: Vec<String> = wrong.into_iter().collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn actions_are_pinned_by_commit() {
    let mut wrong = Vec::new();
    for path in workflows().into_keys() {
        for line in read(&path).lines().map(str::trim) {
            let Some(used) = line.trim_start_matches("- ").strip_prefix("uses: ") else {
                continue;
            };
            let (used, comment) = used.split_once(" # ").unwrap_or((used, ""));
            let hash = used.split_once('@').map_or("", |(_, reference)| reference);
            let full = hash.len() == 40 && hash.chars().all(|c| c.is_ascii_hexdigit());
            let pinned = full && comment.starts_with('v');
            let released = used.starts_with(OURS) || used.starts_with(ACTION);
            let ours = path.starts_with("examples/") && released;
            if !(used.starts_with("./") || pinned || ours) {
                wrong.push(format!("{path}: {used}"));
            }
        }
    }
    none(wrong);
}

#[test]
fn every_job_has_permissions_and_a_timeout() {
    let mut wrong = Vec::new();
    for (path, workflow) in workflows() {
        if path == ready() {
            continue;
        }
        if workflow.get("permissions") != Some(&Value::Mapping(yaml_serde::Mapping::new())) {
            wrong.push(format!("{path}: permissions: {{}} is missing"));
        }
        for (name, job) in jobs(&workflow) {
            if job.get("permissions").is_none() {
                wrong.push(format!("{path}: {name} has no permissions"));
            }
            // A job that calls a workflow cannot have a time-out; the jobs of the called workflow have theirs.
            if job.get("uses").is_none() && job.get("timeout-minutes").is_none() {
                wrong.push(format!("{path}: {name} has no timeout-minutes"));
            }
        }
    }
    none(wrong);
}

/// The workflow whose job has the permissions of the job that calls it: only a comment needs to write, and a called job cannot
/// ask for more than its caller has.
fn ready() -> &'static str {
    ".github/workflows/ready.yaml"
}

#[test]
fn ready_has_the_permissions_of_its_caller_and_runs_no_foreign_code() {
    let text = read(ready());
    let workflow = parse(ready(), &text);
    assert_eq!(
        keys(workflow.get("on")),
        ["workflow_call".to_owned()].into()
    );
    assert_eq!(workflow.get("permissions"), None);
    let jobs = jobs(&workflow);
    for (_, job) in &jobs {
        assert_eq!(job.get("permissions"), None);
        assert!(job.get("timeout-minutes").is_some());
        let (run, secrets) = ("run", "secrets");
        assert!(steps(job).iter().all(|step| step.get(run).is_none()));
        assert!(!text.contains(&format!("{{{{ {secrets}")));
        let checkouts = steps(job);
        let checkouts = checkouts
            .iter()
            .filter(|step| string(step.get("uses")).contains("checkout"));
        for checkout in checkouts {
            let of = |name| string(at(checkout, &["with", name]));
            assert_eq!(of("repository"), "${{ job.workflow_repository }}");
            assert_eq!(of("ref"), "${{ job.workflow_sha }}");
        }
    }
    assert_eq!(jobs.len(), 1);
}

#[test]
fn scripts_contain_no_expressions() {
    let wrong = all_steps()
        .into_iter()
        .filter(|(_, step)| string(step.get("run")).contains("${{"))
        .map(|(place, _)| place);
    none(wrong);
}

#[test]
fn scripts_that_are_run_exist() {
    let mut named = BTreeSet::new();
    for (_, step) in all_steps() {
        let run = string(step.get("run"));
        for (from, _) in run.match_indices("scripts/") {
            let path = run.get(from..).unwrap();
            let end = path
                .find(|c: char| !(c.is_ascii_alphanumeric() || "/-._".contains(c)))
                .unwrap_or(path.len());
            named.insert(path.get(..end).unwrap().to_owned());
        }
    }
    assert!(named.len() > 10, "{named:?}");
    for path in named {
        let mode = fs::metadata(root().join(&path))
            .unwrap_or_else(|error| panic!("{path}: {error}"))
            .permissions()
            .mode();
        assert!(mode & 0o111 == 0o111, "{path} is not executable");
    }
}

/// The inputs of a phase or a command, from the command line. `by` is the input that names it.
fn inputs_of(by: &str, name: &str) -> BTreeSet<String> {
    let root = Cli::command();
    let command = root
        .find_subcommand(name)
        .filter(|_| StepCommand::has_subcommand(name) == (by == "command"))
        .unwrap_or_else(|| panic!("no {by} {name}"));
    let typed = command
        .get_arguments()
        .map(|argument| argument.get_id().as_str().replace('_', "-"));
    typed
        .chain(SECRET_INPUTS.iter().map(|(name, _)| (*name).to_owned()))
        .chain([by.to_owned()])
        .collect()
}

/// All errors of a step that uses the action.
fn wrong_step(place: &str, step: &Value) -> Vec<String> {
    let uses = string(step.get("uses"));
    if uses != CHECKED_OUT && !uses.starts_with(ACTION) {
        return vec![];
    }
    let given = keys(step.get("with"));
    let by = if given.contains("command") {
        "command"
    } else {
        "phase"
    };
    let name = string(at(step, &["with", by]));
    let taken = inputs_of(by, &name);
    let unknown = given.difference(&taken);
    let mut wrong: Vec<_> = unknown
        .map(|given| format!("{place}: {given} is not for {name}"))
        .collect();
    let names = ["plan", "version", "commit-build"];
    let planned = names.iter().any(|name| given.contains(*name));
    if by == "phase" && taken.contains("plan") && !planned {
        wrong.push(format!("{place}: {name} has no plan"));
    }
    wrong
}

#[test]
fn steps_pass_only_inputs_of_their_phase_or_command() {
    let mut wrong = Vec::new();
    let mut run = BTreeSet::new();
    for (place, step) in all_steps() {
        wrong.extend(wrong_step(&place, &step));
        if string(step.get("uses")) == CHECKED_OUT {
            run.extend(["phase", "command"].map(|by| string(at(&step, &["with", by]))));
        }
    }
    none(wrong);
    let whole = [
        "plan",
        "draft",
        "build-module",
        "upload",
        "await",
        "fetch-module",
        "record-tests",
        "publish",
    ];
    for phase in whole {
        assert!(run.contains(phase), "no step has the phase {phase}");
    }
    for command in Cli::command().get_subcommands() {
        let name = command.get_name();
        let used = !StepCommand::has_subcommand(name) || run.contains(name);
        assert!(used, "no step has the command {name}");
    }
}

/// The workflow of this repository that a job calls.
fn called(job: &Value) -> Option<String> {
    let uses = string(job.get("uses"));
    let name = uses
        .strip_prefix("./.github/workflows/")
        .or_else(|| uses.strip_prefix(OURS))?;
    Some(name.split('@').next().unwrap().to_owned())
}

/// All errors of a job that calls one of our workflows.
fn wrong_call(place: &str, job: &Value) -> Vec<String> {
    let Some(name) = called(job) else {
        return vec![];
    };
    let callee = workflow(&name);
    let declared = at(&callee, &["on", "workflow_call"]).unwrap();
    let mut wrong = Vec::new();
    for what in ["inputs", "secrets"] {
        let (given, known) = (
            keys(job.get(if what == "inputs" { "with" } else { what })),
            keys(declared.get(what)),
        );
        let unknown = given.difference(&known);
        wrong.extend(unknown.map(|one| format!("{place}: {name} takes no {one} among its {what}")));
        for (one, about) in entries(declared.get(what)) {
            let required = about.get("required") == Some(&Value::Bool(true));
            if required && !given.contains(&one) {
                wrong.push(format!("{place}: {name} wants {one}"));
            }
        }
    }
    // GitHub refuses a run in which a called job requests more permissions than its caller has.
    let granted: BTreeMap<_, _> = entries(job.get("permissions")).into_iter().collect();
    for (right, level) in rights(&callee) {
        let enough = match granted.get(&right).map(text).as_deref() {
            Some("write") => true,
            Some("read") => level == "read",
            _ => false,
        };
        if !enough {
            wrong.push(format!("{place}: {name} wants the right {right}: {level}"));
        }
    }
    wrong
}

/// The permissions that the jobs of a workflow request, including the workflows that they call.
fn rights(workflow: &Value) -> BTreeSet<(String, String)> {
    let of = |job: &Value| {
        entries(job.get("permissions"))
            .into_iter()
            .map(|(right, level)| (right, text(&level)))
            .collect::<Vec<_>>()
    };
    jobs(workflow).iter().flat_map(|(_, job)| of(job)).collect()
}

#[test]
fn workflows_are_called_as_they_declare() {
    let mut wrong = Vec::new();
    for (path, workflow) in workflows() {
        for (name, job) in jobs(&workflow) {
            wrong.extend(wrong_call(&format!("{path}: {name}"), &job));
        }
    }
    none(wrong);
}
