//! The workflows hold together: with the command line, with each other, with what the pages under `docs/` say of them.
//!
//! Files are read and nothing is run, but for actionlint on the examples of the documentation.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a file that cannot be read fails the test"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use btp_release::cli::{Cli, SECRET_INPUTS};
use clap::CommandFactory;
use yaml_serde::Value;

const OURS: &str = "kyma-project/btp-release-action/.github/workflows/";

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
    files
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

/// Every step of every job, with where it stands.
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
fn whatever_is_used_is_pinned() {
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
            let ours = path.starts_with("examples/") && used.starts_with(OURS);
            if !(used.starts_with("./") || pinned || ours) {
                wrong.push(format!("{path}: {used}"));
            }
        }
    }
    none(wrong);
}

#[test]
fn every_job_has_its_rights_and_its_time() {
    let mut wrong = Vec::new();
    for (path, workflow) in workflows() {
        if workflow.get("permissions") != Some(&Value::Mapping(yaml_serde::Mapping::new())) {
            wrong.push(format!("{path}: permissions: {{}} is missing"));
        }
        for (name, job) in jobs(&workflow) {
            if job.get("permissions").is_none() {
                wrong.push(format!("{path}: {name} has no permissions"));
            }
            // A job that calls a workflow takes none; those of the called workflow have theirs.
            if job.get("uses").is_none() && job.get("timeout-minutes").is_none() {
                wrong.push(format!("{path}: {name} has no timeout-minutes"));
            }
        }
    }
    none(wrong);
}

#[test]
fn no_expression_is_run_as_a_script() {
    let wrong = all_steps()
        .into_iter()
        .filter(|(_, step)| string(step.get("run")).contains("${{"))
        .map(|(place, _)| place);
    none(wrong);
}

#[test]
fn scripts_that_are_run_are_there() {
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

/// What a phase takes, by the command line.
fn inputs_of_phase(phase: &str) -> BTreeSet<String> {
    let root = Cli::command();
    let command = root
        .find_subcommand(phase)
        .unwrap_or_else(|| panic!("no phase {phase}"));
    let typed = command
        .get_arguments()
        .map(|argument| argument.get_id().as_str().replace('_', "-"));
    typed
        .chain(SECRET_INPUTS.iter().map(|(name, _)| (*name).to_owned()))
        .chain(["phase".to_owned()])
        .collect()
}

#[test]
fn our_own_steps_pass_what_their_phase_takes() {
    let mut wrong = Vec::new();
    let mut phases = BTreeSet::new();
    for (place, step) in all_steps() {
        if string(step.get("uses")) != "./.btp-release" {
            continue;
        }
        let phase = string(at(&step, &["with", "phase"]));
        let taken = inputs_of_phase(&phase);
        for given in keys(step.get("with")).difference(&taken) {
            wrong.push(format!("{place}: {given} is not for {phase}"));
        }
        if taken.contains("plan") && at(&step, &["with", "plan"]).is_none() {
            wrong.push(format!("{place}: {phase} has no plan"));
        }
        phases.insert(phase);
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
        assert!(phases.contains(phase), "no step has the phase {phase}");
    }
}

/// The workflow of ours that a job calls.
fn called(job: &Value) -> Option<String> {
    let uses = string(job.get("uses"));
    let name = uses
        .strip_prefix("./.github/workflows/")
        .or_else(|| uses.strip_prefix(OURS))?;
    Some(name.split('@').next().unwrap().to_owned())
}

/// Everything that is wrong about a job that calls one of our workflows.
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
    // GitHub refuses a run in which a called job asks for more than its caller has.
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

/// The rights that the jobs of a workflow ask for, those that they call included.
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

/// What keeps anything from being published that was not built and tested.
#[test]
fn the_gate_is_always_asked_and_needs_every_job() {
    let release = workflow("create-release.yaml");
    let publish = job(&release, "publish");
    let condition = string(publish.get("if"));
    assert_eq!(condition, "${{ always() && !inputs.dry-run }}");
    let needs = strings(publish.get("needs"));
    let others = jobs(&release).into_iter().map(|(name, _)| name);
    assert_eq!(needs, others.filter(|name| name != "publish").collect());
    let gate = steps(&publish).pop().unwrap();
    assert_eq!(
        string(at(&gate, &["with", "needs"])),
        "${{ toJSON(needs) }}"
    );
    assert_eq!(
        string(at(&gate, &["with", "artifacts"])),
        "${{ needs.e2e-tests.outputs.artifacts }}"
    );
    assert!(string(at(&gate, &["with", "test-legs"])).contains("e2e-tests.outputs.test-legs"));
    assert!(string(at(&gate, &["with", "optional-jobs"])).contains("plan.outputs.optional-jobs"));
}

#[test]
fn tests_do_not_wait_for_builds() {
    let release = workflow("create-release.yaml");
    let needs = |name: &str| strings(job(&release, name).get("needs"));
    assert_eq!(needs("unit-tests"), ["plan".into()].into());
    assert_eq!(needs("e2e-tests"), ["draft".into(), "plan".into()].into());
    for build in ["build-image", "build-module"] {
        assert_eq!(needs(build), ["draft".into(), "plan".into()].into());
    }
}

#[test]
fn a_queued_release_is_not_dropped() {
    let release = workflow("create-release.yaml");
    let concurrency = release.get("concurrency").unwrap();
    assert_eq!(string(concurrency.get("queue")), "max");
    assert_eq!(string(concurrency.get("cancel-in-progress")), "false");
    assert!(string(concurrency.get("group")).contains("github.repository"));
}

/// Every input of the button is one that callers have as well, with the same meaning.
#[test]
fn the_button_has_no_inputs_of_its_own() {
    let release = workflow("create-release.yaml");
    let inputs = |event: &str| keys(at(&release, &["on", event, "inputs"]));
    assert_eq!(
        inputs("workflow_dispatch")
            .difference(&inputs("workflow_call"))
            .collect::<Vec<_>>(),
        [""; 0]
    );
}

/// What stands between backquotes.
fn quoted(text: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            words.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    words
}

#[test]
fn the_page_of_the_pipeline_names_what_there_is() {
    let page = read("docs/pipeline.md");
    let release = workflow("create-release.yaml");
    let names: BTreeSet<String> = jobs(&release).into_iter().map(|(name, _)| name).collect();
    let sources: String = workflows().keys().map(|path| read(path)).collect();
    let phases = Cli::command();
    let assets = read("scripts/settings.sh");
    let mut wrong = Vec::new();
    for word in quoted(&page) {
        let known = if let Some(command) = word.strip_prefix("btp-release ") {
            let phase = command.split(' ').next().unwrap();
            phases.find_subcommand(phase).is_some()
        } else if word.starts_with("scripts/") || word.starts_with("tests/") {
            root().join(&word).exists()
        } else if Path::new(&word).extension().is_some_and(|e| e == "yaml") {
            root().join(".github/workflows").join(&word).exists() || assets.contains(&word)
        } else if word.starts_with("make ") {
            sources.contains(&format!("default: {word}\n"))
        } else if word.starts_with("cargo ") || word.starts_with("git ") {
            true
        } else if word.contains('-') || word == "plan" {
            names.contains(&word) || sources.contains(&word)
        } else {
            true
        };
        if !known {
            wrong.push(word);
        }
    }
    none(wrong);
    let unsaid = names
        .iter()
        .filter(|name| !page.contains(&format!("`{name}`")));
    assert_eq!(
        unsaid.collect::<Vec<_>>(),
        [""; 0],
        "jobs that the page leaves out"
    );
    let scripts = fs::read_dir(root().join("scripts")).unwrap();
    for script in scripts.map(|entry| entry.unwrap().path()) {
        let name = script.file_name().unwrap().to_str().unwrap().to_owned();
        let run = fs::metadata(&script).unwrap().permissions().mode() & 0o111 != 0;
        assert!(
            !run || script.is_dir() || page.contains(&format!("`scripts/{name}`")),
            "the page leaves out scripts/{name}"
        );
    }
}

/// The fenced blocks of YAML in a page.
fn examples(page: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut block: Option<String> = None;
    for line in page.lines() {
        match &mut block {
            None if line == "```yaml" => block = Some(String::new()),
            None => {}
            Some(_) if line == "```" => blocks.extend(block.take()),
            Some(text) => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    blocks
}

#[test]
fn the_examples_for_siblings_can_be_copied() {
    let page = read("docs/sibling-modules.md");
    let examples = examples(&page);
    assert!(examples.len() >= 9, "{}", examples.len());
    let mut wrong = Vec::new();
    for (number, example) in examples.iter().enumerate() {
        let place = format!("example {}", number + 1);
        let workflow = parse(&place, example);
        for key in ["name", "on", "permissions", "jobs"] {
            if workflow.get(key).is_none() {
                wrong.push(format!("{place} has no {key}"));
            }
        }
        for (name, job) in jobs(&workflow) {
            wrong.extend(wrong_call(&format!("{place}: {name}"), &job));
        }
    }
    none(wrong);
    lint(&examples);
}

/// actionlint, where it is installed; CI has it.
#[expect(
    clippy::disallowed_methods,
    reason = "asks whether this is CI, where nothing is left out"
)]
fn lint(examples: &[String]) {
    if Command::new("actionlint").arg("-version").output().is_err() {
        assert!(std::env::var("CI").is_err(), "actionlint is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (number, example) in examples.iter().enumerate() {
        let path = folder.path().join(format!("example-{}.yaml", number + 1));
        fs::write(&path, example).unwrap();
        let said = Command::new("actionlint").arg(&path).output().unwrap();
        assert!(
            said.status.success(),
            "{}\n{example}",
            String::from_utf8_lossy(&said.stdout)
        );
    }
}
