//! `btp-release rehearse`: its exit codes, and that it can be run again.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers outside of test functions"
)]

mod own_module;
mod report;
mod signing;
mod whole;

use std::path::Path;
use std::process::{Command, Output};

/// A rehearsal of v1.2.0 that keeps its state, for the next one to continue with.
fn rehearse(state: &Path, options: &[&str]) -> Output {
    rehearse_version(state, Some("v1.2.0"), options)
}

fn rehearse_version(state: &Path, version: Option<&str>, options: &[&str]) -> Output {
    let mut command = rehearse_command();
    command
        .args(version)
        .arg("--state")
        .arg(state)
        .args(options);
    command.output().unwrap()
}

fn rehearse_command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_btp-release"));
    command.env_clear().arg("rehearse");
    command
}

fn text(output: &Output) -> String {
    let (out, err) = (output.stdout.clone(), output.stderr.clone());
    String::from_utf8([out, err].concat()).unwrap()
}

#[test]
fn second_rehearsal_writes_nothing() {
    let state = tempfile::tempdir().unwrap();
    let first = rehearse(state.path(), &[]);
    assert_eq!(first.status.code(), Some(0), "{}", text(&first));
    assert!(text(&first).contains("\nv1.2.0 is published\n"));
    let second = rehearse(state.path(), &[]);
    assert_eq!(second.status.code(), Some(0), "{}", text(&second));
    let written = text(&second);
    let writes = written.lines().filter(|line| line.ends_with(", 0 write"));
    assert_eq!(
        writes.count(),
        3,
        "neither GitHub nor the registry nor Sigstore: {written}"
    );
}

/// The default form is rehearsed by every other test.
#[test]
fn every_form_is_released_with_its_own_tags_and_templates() {
    for (form, pushed, uploaded) in [
        ("kyma-cli-2", ":v1.2.0: ok", "template.yaml"),
        ("both", ":1.2.0: ok", "template-kyma-cli-2.yaml"),
        ("modulectl-3", ":1.2.0: ok", "template_control_plane.yaml"),
    ] {
        let state = tempfile::tempdir().unwrap();
        let options = ["--module-form", form];
        let released = rehearse(state.path(), &options);
        assert_eq!(released.status.code(), Some(0), "{}", text(&released));
        let log = text(&released);
        let of_module =
            |line: &&str| line.contains("component-descriptors/") && line.ends_with(pushed);
        assert!(log.lines().any(|line| of_module(&line)), "{form}: {log}");
        assert!(log.contains(uploaded), "{form}: {log}");
        let not_installed = log.contains("warning[module-not-installed]");
        assert_eq!(not_installed, form == "kyma-cli-2", "{log}");
        let again = rehearse(state.path(), &options);
        let writes = text(&again);
        let writes = writes.lines().filter(|line| line.ends_with(", 0 write"));
        assert_eq!(writes.count(), 3, "{form}: {}", text(&again));
    }
}

#[test]
fn failed_tests_prevent_publishing_until_they_pass() {
    let state = tempfile::tempdir().unwrap();
    for failing in [["--unit-tests", "fail"], ["--e2e", "fail"]] {
        let refused = rehearse(state.path(), &failing);
        assert_eq!(refused.status.code(), Some(12), "{}", text(&refused));
        assert!(!text(&refused).contains("v1.2.0 is published"));
    }
    let passed = rehearse(state.path(), &[]);
    assert_eq!(passed.status.code(), Some(0), "{}", text(&passed));
    assert!(text(&passed).contains("\nv1.2.0 is published\n"));
}

#[test]
fn failed_run_leaves_no_tag_where_the_tag_comes_late() {
    let state = tempfile::tempdir().unwrap();
    let late = ["--tag-when", "publish"];
    let refused = rehearse(state.path(), &[&late[..], &["--e2e", "fail"]].concat());
    assert_eq!(refused.status.code(), Some(12), "{}", text(&refused));
    assert!(
        text(&refused).contains("  it has no tag\n"),
        "{}",
        text(&refused)
    );
    let passed = rehearse(state.path(), &late);
    assert_eq!(passed.status.code(), Some(0), "{}", text(&passed));
    let published = text(&passed);
    assert!(
        published.contains("\nv1.2.0 is published\n  its tag is at "),
        "{published}"
    );
    let again = text(&rehearse(state.path(), &late));
    let writes = again.lines().filter(|line| line.ends_with(", 0 write"));
    assert_eq!(writes.count(), 3, "{again}");
}

#[test]
fn wait_for_builders_that_never_start_ends() {
    let state = tempfile::tempdir().unwrap();
    let ended = rehearse(state.path(), &["--builder", "never"]);
    assert_eq!(ended.status.code(), Some(11), "{}", text(&ended));
    assert!(!text(&ended).contains("v1.2.0 is published"));
}

#[test]
fn unreadable_files_are_usage_errors_that_name_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.yaml");
    std::fs::write(&file, "kind: Namespace\n").unwrap();
    let state = folder.path().join("state");
    let cases: [(&Path, &[&str], &str); 5] = [
        (&state, &["--manifest", "nope.yaml"], "nope.yaml"),
        (&state, &["--default-cr", "nope.yaml"], "nope.yaml"),
        (&state, &["--manifest", "."], "\".\""),
        (&file, &[], "a.yaml"),
        (&file.join("b"), &[], "a.yaml"),
    ];
    for (state, options, name) in cases {
        let refused = rehearse(state, options);
        let text = text(&refused);
        assert_eq!(refused.status.code(), Some(2), "{text}");
        assert!(text.contains("error[file-unreadable]"), "{text}");
        assert!(text.contains(name), "{text}");
        assert!(text.contains("\n  help: "), "{text}");
    }
    assert!(!state.exists(), "nothing was started");
}

#[test]
fn state_of_another_program_is_a_usage_error() {
    let state = tempfile::tempdir().unwrap();
    let github = state.path().join("github");
    std::fs::create_dir(&github).unwrap();
    std::fs::write(github.join("world.json"), "{").unwrap();
    let refused = rehearse(state.path(), &[]);
    let text = text(&refused);
    assert_eq!(refused.status.code(), Some(2), "{text}");
    assert!(text.contains("error[file-unreadable]"), "{text}");
}

#[test]
fn failed_builder_ends_the_wait_and_is_run_again() {
    let state = tempfile::tempdir().unwrap();
    let failed = rehearse(state.path(), &["--builder", "fail"]);
    let log = text(&failed);
    assert_eq!(failed.status.code(), Some(12), "{log}");
    assert!(log.contains("error[builder-failed]"), "{log}");
    assert!(!log.contains("error[deadline-passed]"), "{log}");
    assert!(!log.contains("v1.2.0 is published"), "{log}");
    let repaired = rehearse(state.path(), &[]);
    assert_eq!(repaired.status.code(), Some(0), "{}", text(&repaired));
}

#[test]
fn builders_that_never_started_are_started_by_the_next_rehearsal() {
    let state = tempfile::tempdir().unwrap();
    let ended = rehearse(state.path(), &["--builder", "never"]);
    assert_eq!(ended.status.code(), Some(11), "{}", text(&ended));
    let built = rehearse(state.path(), &[]);
    assert_eq!(built.status.code(), Some(0), "{}", text(&built));
}

#[test]
fn what_is_kept_is_named() {
    let temporary = tempfile::tempdir().unwrap();
    let mut command = rehearse_command();
    command
        .args(["v1.2.0", "--keep"])
        .env("TMPDIR", temporary.path());
    let log = text(&command.output().unwrap());
    let kept = log.lines().find_map(|line| line.strip_prefix("kept in "));
    let kept = Path::new(kept.unwrap_or_else(|| panic!("{log}")));
    assert!(kept.starts_with(temporary.path()));
    for name in [
        "summary.md",
        "workspace/module-release",
        "workspace/module",
        "github",
        "registry",
    ] {
        assert!(kept.join(name).exists(), "{name}");
        assert!(log.contains(&format!("\n  {name} ")), "{name}: {log}");
    }
    let summary = std::fs::read_to_string(kept.join("summary.md")).unwrap();
    assert!(summary.contains("v1.2.0"), "{summary}");
    let again = rehearse(kept, &[]);
    assert_eq!(again.status.code(), Some(0), "{}", text(&again));
}

#[test]
fn nothing_is_kept_without_being_asked_for() {
    let temporary = tempfile::tempdir().unwrap();
    let mut command = rehearse_command();
    command
        .args(["v1.2.0", "--builder", "never"])
        .env("TMPDIR", temporary.path());
    let log = text(&command.output().unwrap());
    assert!(!log.contains("kept in"), "{log}");
    assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0);
}

#[test]
fn bad_input_is_never_called_a_bug() {
    let folder = tempfile::tempdir().unwrap();
    for (options, code) in [
        (&[][..], 2),
        (&["v1"], 2),
        (&["v1.2.0", "v1.3.0"], 2),
        (&["v1.2.0", "--state", "/dev/null/state"], 2),
        (&["v1.2.0", "--state", "/proc/no-such-folder"], 2),
        (&["v1.2.0", "--state", ""], 2),
        (&["v1.2.0", "--registry", "a b"], 2),
        (&["v1.2.0", "--image", ""], 2),
        (&["v1.2.0", "--manifest", ""], 2),
        (&["v1.2.0", "--workflow", "."], 2),
        (&["v1.2.0", "--no-such-option"], 2),
    ] {
        let mut command = rehearse_command();
        command.args(options).current_dir(folder.path());
        let refused = command.output().unwrap();
        let text = text(&refused);
        assert_eq!(refused.status.code(), Some(code), "{options:?}: {text}");
        assert!(!text.contains("error[bug]"), "{options:?}: {text}");
        assert!(
            text.contains("help: ") || text.contains("--help"),
            "{options:?}: {text}"
        );
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
