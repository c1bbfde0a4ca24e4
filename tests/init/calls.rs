//! Whoever is called takes what it is given: every input and secret is declared, and the phases that get the inputs accept them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use btp_release::cli::{Cli, Command};
use btp_release::settings::{self, Context, Environment};
use yaml_serde::Value;

use crate::{REPOSITORIES, init, jobs, repository, root, run, text, texts};

const OURS: &str = "kyma-project/btp-release-action/";

/// Our workflow that a job calls.
fn called(job: &Value) -> Option<(String, Value)> {
    let path = job["uses"]
        .as_str()?
        .strip_prefix(OURS)?
        .strip_suffix("@v1")?;
    let text = fs::read_to_string(root().join(path)).unwrap();
    Some((path.to_owned(), yaml_serde::from_str(&text).unwrap()))
}

fn keys(value: &Value) -> BTreeSet<String> {
    let map = value.as_mapping().into_iter().flat_map(|map| map.keys());
    map.map(|key| key.as_str().unwrap().to_owned()).collect()
}

/// `read` is less than `write`.
fn grants(job: &Value, name: &str, level: &str) -> bool {
    match job["permissions"][name].as_str() {
        Some("write") => true,
        Some(granted) => granted == level,
        None => false,
    }
}

#[test]
fn inputs_secrets_and_permissions_are_those_of_the_called_workflows() {
    for name in REPOSITORIES {
        let (workflow, _) = init(repository(name).path(), &["--dry-run"]);
        let jobs = jobs(&workflow);
        for (id, job) in &jobs {
            let Some((path, called)) = called(job) else {
                continue;
            };
            // `on` is a text for this library.
            let interface = &called["on"]["workflow_call"];
            let known = keys(&interface["inputs"]);
            let given = keys(&job["with"]);
            let unknown: Vec<_> = given.difference(&known).collect();
            assert!(unknown.is_empty(), "{name}, {id}: {unknown:?} of {path}");
            for input in &known {
                let is_required = interface["inputs"][input.as_str()]["required"].as_bool();
                let is_given = given.contains(input);
                assert!(
                    is_required != Some(true) || is_given,
                    "{name}, {id}: {input}"
                );
            }
            let secrets = keys(&interface["secrets"]);
            assert!(keys(&job["secrets"]).is_subset(&secrets), "{name}, {id}");
            let inner = called["jobs"].as_mapping().unwrap();
            for wanted in inner.values().map(|job| &job["permissions"]) {
                for (right, level) in texts(wanted) {
                    assert!(
                        grants(job, &right, &level),
                        "{name}, {id}: {right}: {level}"
                    );
                }
            }
        }
        let last = &jobs.last().unwrap().1;
        if jobs.len() > 1 {
            let needs = last["needs"].as_sequence().unwrap();
            assert_eq!(needs.len(), jobs.len() - 1, "{name}: everything is a gate");
            assert_eq!(last["if"].as_str(), Some("always()"));
        }
    }
}

/// The inputs of the first job.
fn first_inputs(name: &str) -> BTreeMap<String, String> {
    let (workflow, _) = init(repository(name).path(), &["--dry-run"]);
    let first = jobs(&workflow).remove(0).1;
    texts(&first["with"]).into_iter().collect()
}

/// Those of the inputs that a command takes, as a command line.
fn command_line(command: &str, given: &BTreeMap<String, String>) -> Vec<String> {
    use clap::CommandFactory as _;
    let root = Cli::command();
    let command = root.find_subcommand(command).unwrap();
    let mut line = vec!["btp-release".to_owned(), command.get_name().to_owned()];
    for argument in command.get_arguments() {
        let Some(value) = argument.get_long().and_then(|name| given.get(name)) else {
            continue;
        };
        let name = argument.get_long().unwrap();
        let takes_value = argument.get_action().takes_values();
        match (takes_value, value.as_str()) {
            (true, value) => line.push(format!("--{name}={value}")),
            (false, "true") => line.push(format!("--{name}")),
            (false, _) => {}
        }
    }
    line
}

#[test]
fn first_job_accepts_its_inputs() {
    for name in REPOSITORIES {
        let mut given = first_inputs(name);
        given.insert("guard-branch".to_owned(), "main".to_owned());
        let mut line = command_line("release-settings", &given);
        if given["builders"] == "tag" {
            line.push("--has-release-token".to_owned());
        }
        line.push(format!("--repository=kyma-project/{name}"));
        let arguments: Vec<&str> = line.iter().skip(1).map(String::as_str).collect();
        let output = run(&root(), &arguments);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{name}: {said}");
        let out = text(&output.stdout);
        assert!(out.contains(&given["builders"]), "{name}: {out}");

        let mut line = command_line("plan", &given);
        line.push("1.99.0".to_owned());
        line.push(format!("--repository=kyma-project/{name}"));
        line.push(format!("--commit={}", crate::COMMIT));
        let cli = Cli::of(line).unwrap();
        let Command::Phase(args) = cli.command else {
            panic!("plan is a phase");
        };
        let variables = [("GITHUB_TOKEN".to_owned(), "t".to_owned())];
        let context = Context::read(&variables.into());
        let environment = Environment {
            context: &context,
            read_file: &|path: &Path| {
                if path.starts_with("docs/release-notes") {
                    return Ok("notes".to_owned());
                }
                fs::read_to_string(path)
            },
            now: SystemTime::UNIX_EPOCH,
        };
        let planned = settings::phase(&args, environment);
        assert!(planned.is_ok(), "{name}: {:?}", planned.err());
    }
}
