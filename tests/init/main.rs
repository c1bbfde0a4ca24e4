//! `btp-release init`: the workflows that fit repositories in the shapes of today, and what it does in strange ones.
//!
//! `UPDATE_INIT=1 cargo test --test init` writes `expected/` anew.
#![cfg(feature = "rehearse")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers outside of test functions"
)]

mod calls;
mod command;
mod migration;
mod proposed;
mod strange;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use yaml_serde::Value;

/// Repositories of today, in short: a file each, with their own files between marks.
const REPOSITORIES: [&str; 6] = [
    "btp-manager",
    "infrastructure-manager",
    "istio",
    "keda-manager",
    "telemetry-manager",
    "warden",
];
const COMMIT: &str = "1111111111111111111111111111111111111111";
const OUTPUT: &str = ".github/workflows/release.yaml";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A checkout with the files of a repository.
fn repository(name: &str) -> tempfile::TempDir {
    let text = root().join(format!("tests/init/repositories/{name}.txt"));
    let text = fs::read_to_string(text).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for part in text.split("\n--- ").skip(1) {
        let (path, text) = part.split_once('\n').unwrap();
        match path {
            "origin" => checkout(folder.path(), text.trim()),
            "refs" => {
                let refs = text.lines().map(|name| format!("{COMMIT} {name}\n"));
                write(folder.path(), ".git/packed-refs", &refs.collect::<String>());
            }
            path => write(folder.path(), path, &format!("{text}\n")),
        }
    }
    folder
}

/// What git makes when it clones.
fn checkout(folder: &Path, origin: &str) {
    let config = format!("[core]\n[remote \"origin\"]\n\turl = {origin}\n");
    write(folder, ".git/config", &config);
    write(folder, ".git/HEAD", "ref: refs/heads/main\n");
    let head = "ref: refs/remotes/origin/main\n";
    write(folder, ".git/refs/remotes/origin/HEAD", head);
}

/// Runs the program in a folder.
fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_btp-release"));
    command.env_clear().current_dir(folder).args(arguments);
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Runs `init`, which has to succeed, and answers with the workflow and what was said.
fn init(folder: &Path, options: &[&str]) -> (String, String) {
    let output = run(folder, &[&["init"], options].concat());
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    if options.contains(&"--dry-run") {
        return (text(&output.stdout), said);
    }
    assert_eq!(text(&output.stdout), "");
    (fs::read_to_string(folder.join(OUTPUT)).unwrap(), said)
}

/// A workflow, and its jobs in their order.
fn jobs(workflow: &str) -> Vec<(String, Value)> {
    let workflow: Value = yaml_serde::from_str(workflow).unwrap();
    let jobs = workflow["jobs"].as_mapping().unwrap();
    let named = jobs.iter();
    named
        .map(|(id, job)| (id.as_str().unwrap().to_owned(), job.clone()))
        .collect()
}

/// The texts of a map.
fn texts(value: &Value) -> Vec<(String, String)> {
    let Some(map) = value.as_mapping() else {
        return Vec::new();
    };
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Bool(flag) => flag.to_string(),
        other => panic!("{other:?}"),
    };
    let entries = map.iter();
    entries
        .map(|(key, value)| (key.as_str().unwrap().to_owned(), text(value)))
        .collect()
}
