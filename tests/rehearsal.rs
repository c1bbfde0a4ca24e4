//! The whole pipeline in one command, as a newcomer first meets it: what it ends with, and that it can be run again.
#![expect(clippy::unwrap_used, reason = "helpers outside of test functions")]

use std::path::Path;
use std::process::{Command, Output};

/// A folder that outlives one rehearsal, so that the next goes on with its world.
fn rehearse(state: &Path, how: &[&str]) -> Output {
    let binary = env!("CARGO_BIN_EXE_btp-release");
    let mut command = Command::new(binary);
    command
        .env_clear()
        .args(["rehearse", "v1.2.0", "--state"])
        .arg(state)
        .args(how);
    command.output().unwrap()
}

fn told(output: &Output) -> String {
    let (out, err) = (output.stdout.clone(), output.stderr.clone());
    String::from_utf8([out, err].concat()).unwrap()
}

#[test]
fn a_second_rehearsal_finds_the_release_and_writes_nothing() {
    let state = tempfile::tempdir().unwrap();
    let first = rehearse(state.path(), &[]);
    assert_eq!(first.status.code(), Some(0), "{}", told(&first));
    assert!(told(&first).contains("\nv1.2.0 is published\n"));
    let second = rehearse(state.path(), &[]);
    assert_eq!(second.status.code(), Some(0), "{}", told(&second));
    let written = told(&second);
    let writes = written.lines().filter(|line| line.ends_with(", 0 write"));
    assert_eq!(
        writes.count(),
        2,
        "neither GitHub nor the registry: {written}"
    );
}

#[test]
fn what_did_not_pass_is_not_published_until_it_does() {
    let state = tempfile::tempdir().unwrap();
    for failing in [["--unit-tests", "fail"], ["--e2e", "fail"]] {
        let refused = rehearse(state.path(), &failing);
        assert_eq!(refused.status.code(), Some(12), "{}", told(&refused));
        assert!(!told(&refused).contains("v1.2.0 is published"));
    }
    let passed = rehearse(state.path(), &[]);
    assert_eq!(passed.status.code(), Some(0), "{}", told(&passed));
    assert!(told(&passed).contains("\nv1.2.0 is published\n"));
}

#[test]
fn builders_that_never_begin_are_not_waited_for_without_an_end() {
    let state = tempfile::tempdir().unwrap();
    let ended = rehearse(state.path(), &["--builder", "never"]);
    assert_eq!(ended.status.code(), Some(11), "{}", told(&ended));
    assert!(!told(&ended).contains("v1.2.0 is published"));
}
