//! `completions` and `man`: every command of the command line, in a folder or on standard output.
#![cfg(feature = "rehearse")]
#![expect(clippy::unwrap_used, reason = "helpers outside of test functions")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

use btp_release::cli::Cli;
use clap::CommandFactory as _;

/// The commands that the files of a release do not have.
const LOCAL: [&str; 4] = ["completions", "init", "man", "rehearse"];

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_btp-release"))
        .args(arguments)
        .env_clear()
        .output()
        .unwrap()
}

fn printed(arguments: &[&str]) -> String {
    let output = run(arguments);
    let log = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), log.as_str()), (Some(0), ""));
    String::from_utf8(output.stdout).unwrap()
}

fn commands() -> Vec<String> {
    let root = Cli::command();
    let names = root.get_subcommands().map(clap::Command::get_name);
    names.map(str::to_owned).collect()
}

fn in_folder(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

#[test]
fn shells_complete_every_command() {
    let script = printed(&["completions", "bash"]);
    let is_known = |name: &str| script.contains(&format!(",{name})\n"));
    let unknown: Vec<_> = commands().into_iter().filter(|it| !is_known(it)).collect();
    assert_eq!(unknown, [""; 0]);
    for shell in ["zsh", "fish", "elvish", "powershell"] {
        let script = printed(&["completions", shell]);
        for name in commands() {
            assert!(script.contains(&name), "{shell}: {name}");
        }
    }
    let refused = run(&["completions", "tcsh"]);
    assert_eq!(refused.status.code(), Some(2));
}

#[test]
fn files_of_a_release_leave_out_what_it_does_not_have() {
    let script = printed(&["completions", "bash", "--for-release"]);
    for name in commands() {
        let is_known = script.contains(&format!(",{name})\n"));
        assert_eq!(is_known, !LOCAL.contains(&name.as_str()), "{name}");
    }
}

#[test]
fn each_command_has_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/pages");
    assert_eq!(printed(&["man", "--output", path.to_str().unwrap()]), "");
    let wanted = commands().into_iter();
    let wanted = wanted.map(|name| format!("btp-release-{name}.1"));
    let wanted = wanted.chain(["btp-release.1".to_owned()]).collect();
    assert_eq!(in_folder(&path), wanted);
    let page = std::fs::read_to_string(path.join("btp-release-status.1")).unwrap();
    assert!(page.contains("watch"), "{page}");
    assert!(printed(&["man"]).contains(".TH btp-release 1"));
    let completions = folder.path().join("completions");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        printed(&[
            "completions",
            shell,
            "--output",
            completions.to_str().unwrap(),
        ]);
    }
    let names = [
        "_btp-release",
        "_btp-release.ps1",
        "btp-release.bash",
        "btp-release.elv",
        "btp-release.fish",
    ];
    assert_eq!(in_folder(&completions), names.map(str::to_owned).into());
}

#[test]
fn folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let file = file.to_str().unwrap();
    for arguments in [
        ["man", "--output", file].as_slice(),
        &["completions", "bash", "--output", file],
        &["man", "--output", ""],
        &["completions", "bash", "--output", ""],
    ] {
        let refused = run(arguments);
        let log = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(2), "{log}");
        let output = arguments.last().unwrap();
        assert!(log.contains(&format!("output \"{output}\"")), "{log}");
    }
}
