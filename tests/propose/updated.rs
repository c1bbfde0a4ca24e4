//! GitHub's button *Update branch*, which merges the base branch into ours as a person.

use btp_release::domain::Code;
use stand_ins::github::Token;

use super::support::scene::{REPOSITORY, Scene};
use super::{BRANCH, CONFIG, assert_refused, propose, pull, push, scene, text, tip, writes};

const PERSON: &str = "ada-token";

/// Presses the button (<https://docs.github.com/en/rest/pulls/pulls#update-a-pull-request-branch>).
async fn update_branch(scene: &Scene) -> u16 {
    scene.github.world().token(PERSON, Token::pat("ada"));
    let url = format!(
        "{}/repos/{REPOSITORY}/pulls/1/update-branch",
        scene.github.api_url()
    );
    let pressed = scene.http.answers().put(url).bearer_auth(PERSON);
    let pressed = pressed.body("{}").send();
    let status = pressed.await.unwrap().status().as_u16();
    scene.seen_by_all().await;
    status
}

#[tokio::test]
async fn branch_that_a_person_updated_is_still_ours_and_is_merged() {
    for updates in [1, 3] {
        let scene = scene().await;
        let opened = propose(&scene, &[]).await.unwrap();
        let mut base = String::new();
        for nth in 0..updates {
            base = push(&scene, "main", "README.md", &format!("# Another {nth}\n"));
            assert_eq!(update_branch(&scene).await, 202);
        }
        // There is nothing to merge into it any more.
        assert_eq!(update_branch(&scene).await, 422);
        let updated = tip(&scene, BRANCH).unwrap();
        scene.repository(|repository| {
            let commit = &repository.commits[&updated];
            assert_eq!(commit.parents.last(), Some(&base));
            assert_eq!(commit.login.as_deref(), Some("ada"));
        });
        scene.forget();
        let again = propose(&scene, &[]).await.unwrap();
        assert_eq!(again["pull-request"], opened["pull-request"]);
        assert_eq!(again["head"], updated, "nothing is pushed over it");
        assert_eq!(writes(&scene), [""; 0]);
        let inputs = [("merge", "squash"), ("commit", base.as_str())];
        let outputs = propose(&scene, &inputs).await.unwrap();
        assert_eq!(outputs["state"], "merged");
        assert!(text(&scene, "main", CONFIG).contains("'1.2.0'"));
        let readme = text(&scene, "main", "README.md");
        assert_eq!(readme, format!("# Another {}\n", updates - 1));
        assert_eq!(tip(&scene, BRANCH), None);
        scene.repository(|repository| {
            assert_eq!(
                repository.commits[&outputs["commit"]].parents,
                [base.clone()]
            );
        });
        scene.seen_by_all().await;
        assert_eq!(propose(&scene, &inputs).await.unwrap(), outputs);
    }
}

#[tokio::test]
async fn updated_branch_is_renewed_once_the_file_itself_was_changed() {
    let scene = scene().await;
    propose(&scene, &[]).await.unwrap();
    push(&scene, "main", "README.md", "# Another\n");
    update_branch(&scene).await;
    let changed = format!("# new\n{}", super::KUSTOMIZATION);
    let base = push(&scene, "main", CONFIG, &changed);
    scene.seen_by_all().await;
    let outputs = propose(&scene, &[]).await.unwrap();
    scene.repository(|repository| {
        assert_eq!(repository.commits[&outputs["head"]].parents, [base]);
    });
    assert_eq!(outputs["pull-request"], "1");
}

#[tokio::test]
async fn merge_in_which_a_person_changed_more_is_not_overwritten() {
    let scene = scene().await;
    propose(&scene, &[]).await.unwrap();
    push(&scene, "main", "README.md", "# Another\n");
    update_branch(&scene).await;
    // The same parents, with a file that nobody proposed.
    let theirs = scene.repository(|repository| {
        let merge = repository.branch_tip(BRANCH).unwrap();
        let parents = repository.commits[&merge].parents.clone();
        let pushed = repository.push(BRANCH, "ada", "Merge by hand", &[("fix.md", Some("fix\n"))]);
        let mut commit = repository.commits[&pushed].clone();
        commit.parents = parents;
        let id = "f".repeat(40);
        repository.commits.insert(id.clone(), commit);
        repository
            .refs
            .insert(format!("refs/heads/{BRANCH}"), id.clone());
        id
    });
    scene.seen_by_all().await;
    scene.forget();
    assert_refused(propose(&scene, &[]).await, Code::BranchForeign, BRANCH);
    assert_eq!(writes(&scene), [""; 0]);
    assert_eq!(tip(&scene, BRANCH), Some(theirs));
    assert_eq!(pull(&scene).1.state, "open");
}
