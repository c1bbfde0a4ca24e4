//! Until the pull request is open: one branch, one commit, one pull request.

use btp_release::domain::Code;
use stand_ins::github::{Pull, StoredObject};

use super::support::scene::{Run, Scene};
use super::{
    BRANCH, CONFIG, KUSTOMIZATION, SET, assert_refused, fill, propose, pull, pulls, push, scene,
    scene_with, text, tip, writes,
};
use std::time::Duration;

const BUMPED: &str = "\
images:
  # the manager
  - name: controller
    newTag: '1.2.0' # bumped by the release
";

#[tokio::test]
async fn change_is_one_commit_on_the_base_branch_and_one_pull_request() {
    let scene = scene().await;
    let base = tip(&scene, "main").unwrap();
    let outputs = propose(&scene, &[]).await.unwrap();
    let (number, pull) = pull(&scene);
    assert_eq!(outputs["pull-request"], number.to_string());
    assert_eq!(outputs["state"], "open");
    assert_eq!(outputs["commit"], "");
    assert_eq!(outputs["head"], tip(&scene, BRANCH).unwrap());
    assert!(outputs["pull-request-url"].ends_with(&format!("/pull/{number}")));
    assert_eq!(pull.title, "Prepare the release v1.2.0");
    assert!(
        pull.body
            .contains("<!-- btp-release-proposal: {\"kind\":\"bump\",\"tag\":\"v1.2.0\"")
    );
    assert_eq!(text(&scene, BRANCH, CONFIG), BUMPED);
    assert_eq!(text(&scene, "main", CONFIG), KUSTOMIZATION);
    scene.repository(|repository| {
        let commit = &repository.commits[&outputs["head"]];
        assert_eq!(commit.parents, [base]);
        assert!(commit.message.starts_with(
            "Prepare the release v1.2.0\n\nBtp-Release-Proposal: bump v1.2.0 sha256:"
        ));
    });
}

#[tokio::test]
async fn second_run_changes_nothing_and_says_the_same() {
    let scene = scene().await;
    let first = propose(&scene, &[]).await.unwrap();
    scene.repository(|repository| {
        let pull = repository.pulls.values_mut().next().unwrap();
        // What people do to it stays.
        pull.title = "Prepare 1.2.0 (for ada)".into();
        pull.body = format!("Fixes #1\n\n{}", pull.body);
    });
    scene.seen_by_all().await;
    scene.forget();
    assert_eq!(propose(&scene, &[]).await.unwrap(), first);
    assert_eq!(writes(&scene), [""; 0]);
    assert_eq!(pull(&scene).1.title, "Prepare 1.2.0 (for ada)");
    // Another text is wanted.
    let title = ("title", "Bump to {version} ({tag})");
    propose(&scene, &[title]).await.unwrap();
    assert_eq!(pull(&scene).1.title, "Bump to 1.2.0 (v1.2.0)");
    assert_eq!(tip(&scene, BRANCH).unwrap(), first["head"]);
}

#[tokio::test]
async fn files_have_the_bytes_and_the_mode_of_the_working_folder_or_the_repository() {
    let scene = scene().await;
    scene.begin(Run { id: 17, attempt: 1 });
    let write =
        |name: &str, bytes: &[u8]| std::fs::write(scene.folder.path().join(name), bytes).unwrap();
    write("scanners.yaml", b"rc-tag: 1.2.0\n");
    write("run.sh", b"#!/bin/sh\n");
    write("logo.bin", &[0, 159, 146, 150]);
    set_executable(&scene, "run.sh");
    let files = (
        "files",
        "scanners.yaml=sec-scanners-config.yaml\nrun.sh=hack/new/run.sh\nlogo.bin",
    );
    propose(&scene, &[files, SET]).await.unwrap();
    assert_eq!(
        text(&scene, BRANCH, "sec-scanners-config.yaml"),
        "rc-tag: 1.2.0\n"
    );
    assert_eq!(text(&scene, BRANCH, CONFIG), BUMPED);
    scene.repository(|repository| {
        let tip = repository.branch_tip(BRANCH).unwrap();
        let bytes = repository.file_at(&tip, "logo.bin").unwrap();
        assert_eq!(bytes, [0, 159, 146, 150]);
        let mode = |name: &str| {
            let trees = repository
                .objects
                .values()
                .filter_map(|object| match object {
                    StoredObject::Tree(entries) => Some(entries),
                    StoredObject::Blob(_) => None,
                });
            let mut entries = trees.flatten().filter(|entry| entry.name == name);
            entries.next().unwrap().mode.clone()
        };
        assert_eq!(mode("run.sh"), "100755");
        assert_eq!(mode("sec-scanners-config.yaml"), "100644");
        let readme = repository.file_at(&tip, "README.md");
        assert!(readme.is_some(), "nothing else is changed");
    });
}

fn set_executable(scene: &Scene, name: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    let path = scene.folder.path().join(name);
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[tokio::test]
async fn change_that_is_no_change_is_said() {
    let scene = scene().await;
    push(&scene, "main", CONFIG, BUMPED);
    scene.seen_by_all().await;
    scene.forget();
    let outputs = propose(&scene, &[]).await.unwrap();
    assert_eq!(outputs["state"], "unchanged");
    assert_eq!(outputs["commit"], tip(&scene, "main").unwrap());
    assert_eq!(outputs["pull-request"], "");
    assert_eq!(writes(&scene), [""; 0]);
}

#[tokio::test]
async fn base_that_moved_elsewhere_leaves_the_branch_alone_and_one_that_changed_the_file_renews_it()
{
    let scene = scene().await;
    let first = propose(&scene, &[]).await.unwrap();
    push(&scene, "main", "README.md", "# Another\n");
    scene.seen_by_all().await;
    scene.forget();
    assert_eq!(propose(&scene, &[]).await.unwrap(), first);
    assert_eq!(writes(&scene), [""; 0]);
    let moved = push(&scene, "main", CONFIG, &format!("# new\n{KUSTOMIZATION}"));
    scene.seen_by_all().await;
    let second = propose(&scene, &[]).await.unwrap();
    assert_eq!(second["pull-request"], first["pull-request"]);
    assert_ne!(second["head"], first["head"]);
    assert_eq!(text(&scene, BRANCH, CONFIG), format!("# new\n{BUMPED}"));
    scene.repository(|repository| {
        let commit = &repository.commits[&second["head"]];
        assert_eq!(commit.parents, [moved]);
    });
    assert_eq!(pulls(&scene).len(), 1);
}

#[tokio::test]
async fn another_change_for_the_same_version_takes_the_place_of_the_first() {
    let scene = scene().await;
    propose(&scene, &[]).await.unwrap();
    let readme = ("set", "sec-scanners-config.yaml: rc-tag = {version}");
    propose(&scene, &[readme]).await.unwrap();
    assert_eq!(pulls(&scene).len(), 1);
    assert_eq!(
        text(&scene, BRANCH, "sec-scanners-config.yaml"),
        "rc-tag: 1.2.0\n"
    );
    assert_eq!(text(&scene, BRANCH, CONFIG), KUSTOMIZATION);
}

#[tokio::test]
async fn branch_of_somebody_else_is_left_alone() {
    let scene = scene().await;
    let theirs = push(&scene, BRANCH, "README.md", "mine\n");
    scene.seen_by_all().await;
    scene.forget();
    assert_refused(propose(&scene, &[]).await, Code::BranchForeign, BRANCH);
    // Also where it has the very bytes that are wanted.
    let same = push(&scene, "other", CONFIG, BUMPED);
    let other = ("head-branch", "other");
    assert_refused(
        propose(&scene, &[other]).await,
        Code::BranchForeign,
        "other",
    );
    assert_eq!(tip(&scene, BRANCH), Some(theirs));
    assert_eq!(tip(&scene, "other"), Some(same));
    assert_eq!(writes(&scene), [""; 0]);
}

#[tokio::test]
async fn pushes_of_a_person_to_our_branch_are_not_overwritten() {
    let scene = scene().await;
    propose(&scene, &[]).await.unwrap();
    let theirs = push(&scene, BRANCH, "README.md", "a fix\n");
    scene.seen_by_all().await;
    assert_refused(propose(&scene, &[]).await, Code::BranchForeign, BRANCH);
    assert_eq!(tip(&scene, BRANCH), Some(theirs));
}

#[tokio::test]
async fn pull_request_of_somebody_else_is_left_alone() {
    let scene = scene().await;
    propose(&scene, &[]).await.unwrap();
    scene.repository(|repository| {
        let pull = repository.pulls.values_mut().next().unwrap();
        pull.body = "mine".into();
    });
    scene.seen_by_all().await;
    scene.forget();
    let ended = propose(&scene, &[]).await;
    assert_refused(ended, Code::PullRequestForeign, "does not have the mark");
    assert_eq!(writes(&scene), [""; 0]);
}

#[tokio::test]
async fn closed_pull_request_is_not_opened_again() {
    let scene = scene().await;
    let first = propose(&scene, &[]).await.unwrap();
    let number = first["pull-request"].parse().unwrap();
    scene.repository(|repository| repository.close_pull(number));
    scene.seen_by_all().await;
    scene.forget();
    let ended = propose(&scene, &[]).await;
    assert_refused(ended, Code::PullRequestClosed, &format!("#{number}"));
    assert_eq!(writes(&scene), [""; 0]);
    // Another branch is another proposal.
    propose(&scene, &[("head-branch", "again/{tag}")])
        .await
        .unwrap();
    assert_eq!(pulls(&scene).len(), 2);
}

#[tokio::test]
async fn path_that_leads_nowhere_is_refused_with_its_place() {
    let scene = scene().await;
    for (set, code, words) in [
        (
            "config/manager/kustomization.yaml: images[name=other].newTag = 1",
            "yaml-path-missing",
            "other",
        ),
        (
            "README.md/x.yaml: a = 1",
            "repository-path-occupied",
            "README.md",
        ),
        ("config: a = 1", "repository-path-occupied", "config"),
        ("missing.yaml: a = 1", "file-missing", "missing.yaml"),
    ] {
        let finding = super::refusal(propose(&scene, &[("set", set)]).await);
        assert_eq!(finding.code.as_str(), code, "{finding:?}");
        assert!(finding.to_string().contains(words), "{finding:?}");
    }
    assert_eq!(writes(&scene), [""; 0]);
}

#[tokio::test]
async fn two_runs_at_once_end_with_one_pull_request() {
    for lag in [0, 3] {
        let scene = scene_with(|options| options.lag = Duration::from_secs(lag)).await;
        let (one, other) = tokio::join!(propose(&scene, &[]), propose(&scene, &[]));
        let (one, other) = (one.unwrap(), other.unwrap());
        assert_eq!(one["pull-request"], other["pull-request"]);
        let (_, pull): (u64, Pull) = pull(&scene);
        assert_eq!(pull.head, BRANCH);
        assert_eq!(text(&scene, BRANCH, CONFIG), BUMPED);
        fill(&scene).await;
    }
}

#[tokio::test]
async fn workflows_may_be_forbidden_to_open_pull_requests() {
    let scene = scene().await;
    scene.repository(|repository| repository.merge_settings.actions_create_pulls = false);
    let ended = propose(&scene, &[]).await;
    assert_refused(ended, Code::PullRequestsOff, "not permitted to create");
}
