//! Inputs that a person gets wrong: each is refused with its code, its exit code and a text that says what to do.

use std::fs::{self, File};
use std::process::Command;

use super::{Desk, TOKEN};

const EVIDENCE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/golden/0.1.0/release-evidence.json"
);

/// Ends with the code, and says all of it.
async fn assert_refused(desk: &Desk, arguments: &[&str], code: i32, said: &[&str]) {
    let ended = desk.run(arguments, &[("GITHUB_TOKEN", TOKEN)]).await;
    assert_eq!(ended.code, code, "{arguments:?}: {}", ended.log);
    for text in said {
        assert!(ended.log.contains(text), "no {text:?} in\n{}", ended.log);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_a_report_that_cannot_be_written_are_named() {
    let desk = Desk::new().await;
    let unwritable = "error[file-unwritable]";
    for (output, page) in [
        (".", "the page \".\""),
        ("no/r.html", "the page \"no/r.html\""),
    ] {
        let arguments = ["report", "--evidence", EVIDENCE, "--output", output];
        assert_refused(
            &desk,
            &arguments,
            2,
            &[unwritable, page, "help: name a file"],
        )
        .await;
    }
    let svg = ["report", "--evidence", EVIDENCE, "--svg", "no/r.svg"];
    assert_refused(&desk, &svg, 2, &[unwritable, "the timeline \"no/r.svg\""]).await;
    desk.write("work/other.json", "{}");
    let other = ["report", "--evidence", "other.json"];
    let said = ["error[evidence-unreadable]", "other.json: evidence"];
    assert_refused(&desk, &other, 12, &said).await;
    let same = ["report", "--evidence", EVIDENCE, "--svg", "report.html"];
    assert_refused(&desk, &same, 2, &["error[inputs-exclusive]"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn file_of_a_plan_that_cannot_be_written_is_named() {
    let desk = Desk::new().await;
    for (output, why) in [
        (
            "no/plan.json",
            "output \"no/plan.json\": its folder does not exist",
        ),
        ("", "output \"\": is not the name of a file"),
        (".", "output \".\": is not the name of a file"),
    ] {
        let arguments = ["plan", "v1.2.0", "--output", output];
        assert_refused(&desk, &arguments, 2, &["error[file-unwritable]", why]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signatures_that_a_plan_cannot_have_are_explained() {
    let desk = Desk::new().await;
    for mode in ["require", "prefer"] {
        let arguments = ["plan", "v1.2.0", "--signing", mode];
        let said = [
            "signing: needs GITHUB_WORKFLOW_REF",
            "run `plan` in the workflow",
        ];
        assert_refused(&desk, &arguments, 2, &said).await;
    }
    let arguments = ["plan", "v1.2.0", "--referrers", "require"];
    let said = ["signing is missing", "or leave `referrers` out"];
    assert_refused(&desk, &arguments, 2, &said).await;
    let signer =
        "https://github.com/kyma-project/test-infra/.github/workflows/build.yml@refs/heads/main";
    let line = format!("image=binary predicate=https://slsa.dev/provenance/v1 signer={signer}");
    let mut arguments = vec!["plan", "v1.2.0", "--require-attestations", &line];
    let none = "the release has no images at all";
    assert_refused(
        &desk,
        &arguments,
        10,
        &["required-attestation-invalid", none],
    )
    .await;
    arguments.extend(["--extra-images", "registry.example/a/b"]);
    let known = "(registry.example/a/b:v1.2.0)";
    assert_refused(
        &desk,
        &arguments,
        10,
        &["required-attestation-invalid", known],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn release_that_does_not_exist_cannot_be_verified() {
    let desk = Desk::new().await;
    let said = ["error[evidence-missing]", "v9.9.9 has no release\n"];
    assert_refused(&desk, &["verify", "v9.9.9"], 12, &said).await;
}

/// What the process ends with, and what it says.
async fn end_of(mut command: Command) -> (Option<i32>, String) {
    let ended = tokio::task::spawn_blocking(move || command.output().unwrap());
    let ended = ended.await.unwrap();
    let log = String::from_utf8(ended.stderr).unwrap();
    (ended.status.code(), log)
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn full_disk_is_no_defect() {
    let desk = Desk::new().await;
    for line in [
        "--help",
        "plan v1.2.0",
        "plan v1.2.0 --json",
        "plan v1.2.0 --dry-run --json",
        "status v1.2.0",
        "completions bash",
        "man",
    ] {
        let arguments: Vec<_> = line.split(' ').collect();
        let mut command = desk.command(&arguments, &[("GITHUB_TOKEN", TOKEN)]);
        let full = File::options().write(true).open("/dev/full").unwrap();
        command.stdout(full);
        let (code, log) = end_of(command).await;
        let said = "error[result-unwritable] btp-release: the result cannot be written: No space left on device (os error 28)\n  help: ";
        assert!(
            code == Some(12) && log.contains(said),
            "{line}: {code:?} {log}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn folder_that_was_deleted_is_no_defect() {
    let desk = Desk::new().await;
    for line in ["plan v1.2.0", "init"] {
        let folder = desk.path("gone");
        fs::create_dir(&folder).unwrap();
        let mut command = Command::new("/bin/sh");
        let script = format!("rmdir ../gone && exec \"$0\" {line}");
        command
            .args(["-c", &script, env!("CARGO_BIN_EXE_btp-release")])
            .env_clear()
            .env("GITHUB_TOKEN", TOKEN)
            .env("PATH", "/usr/bin:/bin")
            .current_dir(&folder);
        let (code, log) = end_of(command).await;
        let said = "error[file-unreadable] input: the working folder cannot be read: No such file or directory (os error 2)\n  help: ";
        assert!(
            code == Some(2) && log.contains(said),
            "{line}: {code:?} {log}"
        );
    }
}
