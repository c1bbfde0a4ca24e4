//! A change that was merged, and is on the base branch no more.

use btp_release::domain::Code;

use super::support::scene::{Outputs, Scene};
use super::{
    BRANCH, CONFIG, KUSTOMIZATION, assert_refused, propose, pulls, push, scene, text, tip, writes,
};

const SQUASH: (&str, &str) = ("merge", "squash");

/// Merged from `base`, and reverted: the merge, and the head of the base branch.
async fn reverted(scene: &Scene, base: &str) -> (Outputs, String) {
    let outputs = propose(scene, &[SQUASH, ("commit", base)]).await.unwrap();
    let head = push(scene, "main", CONFIG, KUSTOMIZATION);
    scene.seen_by_all().await;
    scene.forget();
    (outputs, head)
}

#[tokio::test]
async fn release_that_begins_after_a_revert_proposes_the_change_again() {
    for method in ["squash", "merge"] {
        for keeps_branch in [false, true] {
            let case = format!("{method}, branch kept: {keeps_branch}");
            let scene = scene().await;
            let base = tip(&scene, "main").unwrap();
            let opened = propose(&scene, &[]).await.unwrap();
            scene.repository(|it| it.merge_by_hand(1, "grace", method));
            let merge = tip(&scene, "main").unwrap();
            if !keeps_branch {
                scene.repository(|it| it.delete_branch(BRANCH));
            }
            let head = push(&scene, "main", CONFIG, KUSTOMIZATION);
            scene.seen_by_all().await;
            let anew = [SQUASH, ("commit", head.as_str())];
            let outputs = propose(&scene, &anew).await.unwrap();
            assert_eq!(outputs["state"], "merged", "{case}");
            assert_eq!(outputs["pull-request"], "2", "{case}");
            assert_ne!(outputs["head"], opened["head"], "{case}");
            assert!(text(&scene, "main", CONFIG).contains("'1.2.0'"), "{case}");
            scene.repository(|it| {
                assert_eq!(
                    it.commits[&outputs["commit"]].parents,
                    std::slice::from_ref(&head),
                    "{case}"
                );
            });
            // Each attempt finds its own merge, whichever is run again.
            scene.seen_by_all().await;
            scene.forget();
            assert_eq!(propose(&scene, &anew).await.unwrap(), outputs, "{case}");
            let first = [SQUASH, ("commit", base.as_str())];
            let first = propose(&scene, &first).await.unwrap();
            assert_eq!(first["commit"], merge, "{case}");
            assert_eq!(writes(&scene), [""; 0], "{case}");
            assert_eq!(pulls(&scene).len(), 2, "{case}");
        }
    }
}

#[tokio::test]
async fn same_release_finds_its_merge_whatever_came_after_it() {
    let scene = scene().await;
    let base = tip(&scene, "main").unwrap();
    let (outputs, _) = reverted(&scene, &base).await;
    let again = propose(&scene, &[SQUASH, ("commit", base.as_str())]).await;
    assert_eq!(again.unwrap(), outputs);
    // Also where another version took its place, and nothing says from where the release began.
    let later = KUSTOMIZATION.replace("1.1.0", "1.3.0");
    push(&scene, "main", CONFIG, &later);
    scene.seen_by_all().await;
    let again = propose(&scene, &[SQUASH]).await.unwrap();
    assert_eq!(again, outputs);
    assert_eq!(writes(&scene), [""; 0]);
}

#[tokio::test]
async fn revert_is_told_where_nothing_says_that_the_release_begins_anew() {
    let scene = scene().await;
    let base = tip(&scene, "main").unwrap();
    let (_, head) = reverted(&scene, &base).await;
    for merge in ["none", "wait", "squash", "auto"] {
        let ended = propose(&scene, &[("merge", merge)]).await;
        assert_refused(
            ended,
            Code::ChangeReverted,
            "#1 with this change was merged into main",
        );
    }
    assert_eq!(writes(&scene), [""; 0]);
    assert_eq!(tip(&scene, "main"), Some(head));
    // Another branch is another proposal.
    let other = ("head-branch", "again/{tag}");
    let outputs = propose(&scene, &[SQUASH, other]).await.unwrap();
    assert_eq!(outputs["pull-request"], "2");
}
