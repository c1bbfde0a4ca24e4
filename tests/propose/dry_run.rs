//! `dry-run: true`: what would be done, with the difference of each file, and nothing that could change anything.

use std::process::Command;

use stand_ins::Category;

use super::support::scene::Scene;
use super::{CONFIG, RUN, SET, inputs, propose, pull, pulls, scene};

/// Exit code, log and job summary of a step.
async fn dry_run(scene: &Scene, more: &[(&str, &str)]) -> (i32, String, String) {
    let more = [&[("dry-run", "true")], more].concat();
    let env = scene.env(RUN, "propose", &inputs(&more));
    let folder = scene.folder.path();
    let summary = folder.join("summary.md");
    std::fs::write(&summary, "").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_btp-release"));
    command
        .env_clear()
        .envs(&env)
        .env("GITHUB_STEP_SUMMARY", &summary)
        .env("GITHUB_OUTPUT", folder.join("outputs"))
        .current_dir(folder);
    let ended = tokio::task::spawn_blocking(move || command.output().unwrap());
    let ended = ended.await.unwrap();
    let log = String::from_utf8(ended.stderr).unwrap();
    let summary = std::fs::read_to_string(summary).unwrap();
    (ended.status.code().unwrap(), log, summary)
}

fn assert_only_read(scene: &Scene) {
    let wrote = scene.github.log().filter(|entry| {
        entry.category == Category::Write || entry.landed || entry.path.ends_with("/git/blobs")
    });
    assert!(wrote.is_empty(), "{wrote:#?}");
    assert!(!scene.github.log().entries().is_empty());
}

#[tokio::test]
async fn differences_are_shown_and_no_write_is_sent() {
    let scene = scene().await;
    std::fs::write(scene.folder.path().join("new.md"), "# New\n").unwrap();
    let change = [("merge", "squash"), ("files", "new.md=docs/new.md"), SET];
    let (code, log, summary) = dry_run(&scene, &change).await;
    assert_eq!(code, 0, "{log}");
    assert_only_read(&scene);
    assert!(pulls(&scene).is_empty());
    let config = format!("--- a/{CONFIG}");
    for shown in [&log, &summary] {
        for words in [
            "create the branch release/bump/v1.2.0 with a change of 2 files",
            "open a pull request of release/bump/v1.2.0 into main",
            &config,
            "-    newTag: '1.1.0' # bumped by the release",
            "+    newTag: '1.2.0' # bumped by the release",
            "--- /dev/null",
            "+++ b/docs/new.md",
            "+# New",
        ] {
            assert!(shown.contains(words), "no {words:?} in\n{shown}");
        }
    }
    assert!(log.contains("dry run, nothing was changed"), "{log}");
    assert!(
        log.contains("would then merge it, once nothing is in the way"),
        "{log}"
    );
}

#[tokio::test]
async fn what_is_there_is_neither_merged_nor_deleted() {
    let scene = scene().await;
    propose(&scene, &[]).await.unwrap();
    scene.seen_by_all().await;
    for merge in ["none", "wait", "squash", "auto"] {
        scene.forget();
        // One that waits is not waited for: a dry run says what it would do now.
        let (code, log, _) = dry_run(&scene, &[("merge", merge), ("timeout", "2s")]).await;
        assert!([0, 11].contains(&code), "{merge}: {code}\n{log}");
        assert_only_read(&scene);
        if ["squash", "auto"].contains(&merge) {
            assert!(
                log.contains("would merge pull request #1 at"),
                "{merge}: {log}"
            );
        }
    }
    assert_eq!(pull(&scene).1.state, "open");
}
