//! From the open pull request to its merge: who merges, what is in the way, and what else was merged.

use std::time::Duration;

use btp_release::domain::Code;
use btp_release::engine::Stop;
use stand_ins::github::StoredReviewRule;

use super::support::scene::{Outputs, REPOSITORY, Scene};
use super::{
    BRANCH, CONFIG, EventClock, KUSTOMIZATION, assert_refused, propose, pull, push, rule, scene,
    text, tip, writes,
};

const SQUASH: (&str, &str) = ("merge", "squash");
const AUTO: (&str, &str) = ("merge", "auto");
const WAIT: (&str, &str) = ("merge", "wait");

/// Later, in the repository.
fn later(scene: &Scene) -> std::sync::Arc<stand_ins::GitHubServer> {
    std::sync::Arc::clone(&scene.github)
}

/// What is merged: one commit on the base, which has the change, and the branch is gone.
fn assert_merged(scene: &Scene, outputs: &Outputs, base: &str) {
    assert_eq!(outputs["state"], "merged");
    assert_eq!(outputs["commit"], tip(scene, "main").unwrap());
    assert!(text(scene, "main", CONFIG).contains("'1.2.0'"));
    assert_eq!(tip(scene, BRANCH), None);
    scene.repository(|repository| {
        let commit = &repository.commits[&outputs["commit"]];
        assert_eq!(commit.parents, [base]);
    });
}

#[tokio::test]
async fn squash_merges_what_was_seen_and_hands_its_commit_on() {
    let scene = scene().await;
    let base = tip(&scene, "main").unwrap();
    let inputs = [SQUASH, ("commit", base.as_str())];
    let outputs = propose(&scene, &inputs).await.unwrap();
    assert_merged(&scene, &outputs, &base);
    // Another run finds it merged.
    scene.seen_by_all().await;
    scene.forget();
    let again = propose(&scene, &inputs).await.unwrap();
    assert_eq!(again, outputs);
    assert_eq!(writes(&scene), [""; 0]);
    // Also once something else was merged, and whoever merges.
    push(&scene, "main", CONFIG, KUSTOMIZATION);
    scene.seen_by_all().await;
    let again = propose(&scene, &[WAIT, ("commit", base.as_str())])
        .await
        .unwrap();
    assert_eq!(again, outputs);
}

#[tokio::test]
async fn branch_is_deleted_by_github_or_by_us() {
    let scene = scene().await;
    scene.repository(|repository| repository.merge_settings.delete_branch_on_merge = true);
    propose(&scene, &[SQUASH]).await.unwrap();
    assert_eq!(tip(&scene, BRANCH), None);
    assert!(
        !writes(&scene)
            .iter()
            .any(|write| write.starts_with("DELETE"))
    );
}

#[tokio::test]
async fn review_is_waited_for_without_an_end_of_its_own() {
    let scene = scene().await;
    let base = tip(&scene, "main").unwrap();
    rule(&scene, |rule| {
        rule.pull_request = Some(StoredReviewRule {
            approvals: 1,
            ..StoredReviewRule::default()
        });
    });
    let github = later(&scene);
    // Longer than the time limit of the phase.
    let clock = EventClock::of(&scene).after(3 * 3600, move || {
        let mut world = github.world();
        world.repository(REPOSITORY).review(1, "grace", "APPROVED");
    });
    let outputs = clock.propose(&scene, &[SQUASH]).await.unwrap();
    assert_merged(&scene, &outputs, &base);
}

#[tokio::test]
async fn checks_are_waited_for_until_the_deadline_and_named() {
    let scene = scene().await;
    rule(&scene, |rule| rule.required_checks = vec!["unit".into()]);
    propose(&scene, &[]).await.unwrap();
    scene.repository(|repository| repository.set_check(BRANCH, "unit", None));
    let ended = propose(&scene, &[SQUASH, ("timeout", "10m")]).await;
    let Err(Stop::TimedOut { on, .. }) = ended else {
        unreachable!("{ended:?}");
    };
    assert_eq!(on, ["#1: checks are not over: unit"]);
    scene.repository(|repository| repository.set_check(BRANCH, "unit", Some("failure")));
    let ended = propose(&scene, &[SQUASH]).await;
    assert_refused(ended, Code::CheckNotGreen, "#1: checks failed: unit");
    assert_eq!(pull(&scene).1.state, "open");
    scene.repository(|repository| repository.set_check(BRANCH, "unit", Some("success")));
    let outputs = propose(&scene, &[SQUASH]).await.unwrap();
    assert_eq!(outputs["state"], "merged");
}

#[tokio::test]
async fn check_that_no_rule_requires_counts_for_our_own_merge_only() {
    let scene = scene().await;
    propose(&scene, &[]).await.unwrap();
    scene.repository(|repository| repository.set_check(BRANCH, "lint", Some("failure")));
    let ended = propose(&scene, &[SQUASH]).await;
    assert_refused(ended, Code::CheckNotGreen, "lint");
    let outputs = propose(&scene, &[AUTO]).await.unwrap();
    assert_eq!(outputs["state"], "merged");
}

#[tokio::test]
async fn branch_that_has_to_be_up_to_date_is_renewed() {
    let scene = scene().await;
    rule(&scene, |rule| {
        rule.required_checks = vec!["unit".into()];
        rule.up_to_date = true;
    });
    propose(&scene, &[]).await.unwrap();
    let base = push(&scene, "main", "README.md", "# Another\n");
    scene.repository(|repository| repository.set_check(BRANCH, "unit", Some("success")));
    scene.seen_by_all().await;
    let github = later(&scene);
    let clock = EventClock::of(&scene).after(60, move || {
        let mut world = github.world();
        world
            .repository(REPOSITORY)
            .set_check(BRANCH, "unit", Some("success"));
    });
    let outputs = clock.propose(&scene, &[SQUASH]).await.unwrap();
    assert_merged(&scene, &outputs, &base);
    assert_eq!(text(&scene, "main", "README.md"), "# Another\n");
}

#[tokio::test]
async fn auto_merge_is_enabled_and_waited_for() {
    let scene = scene().await;
    let base = tip(&scene, "main").unwrap();
    rule(&scene, |rule| rule.required_checks = vec!["unit".into()]);
    let off = propose(&scene, &[AUTO]).await;
    assert_refused(off, Code::AutoMergeOff, "does not allow auto-merge");
    scene.repository(|repository| {
        repository.merge_settings.auto_merge = true;
        repository.set_check(BRANCH, "unit", None);
    });
    scene.seen_by_all().await;
    let github = later(&scene);
    let clock = EventClock::of(&scene).after(90, move || {
        let mut world = github.world();
        world
            .repository(REPOSITORY)
            .set_check(BRANCH, "unit", Some("success"));
    });
    let outputs = clock.propose(&scene, &[AUTO]).await.unwrap();
    assert_merged(&scene, &outputs, &base);
}

#[tokio::test]
async fn auto_merge_that_somebody_disables_is_not_enabled_again() {
    let scene = scene().await;
    rule(&scene, |rule| rule.required_checks = vec!["unit".into()]);
    scene.repository(|repository| repository.merge_settings.auto_merge = true);
    let github = later(&scene);
    let clock = EventClock::of(&scene).after(60, move || {
        let mut world = github.world();
        let pulls = world.repository(REPOSITORY).pulls.values_mut();
        pulls.for_each(|pull| pull.auto_merge = None);
    });
    let ended = clock.propose(&scene, &[AUTO]).await;
    assert_refused(ended, Code::MergeWithdrawn, "#1");
}

#[tokio::test]
async fn merge_queue_is_used_where_there_is_one() {
    let scene = scene().await;
    let base = tip(&scene, "main").unwrap();
    rule(&scene, |rule| rule.merge_queue = Some("squash".into()));
    let ended = propose(&scene, &[SQUASH]).await;
    assert_refused(ended, Code::MergeQueueRequired, "main");
    let outputs = propose(&scene, &[AUTO, ("commit", base.as_str())])
        .await
        .unwrap();
    assert_merged(&scene, &outputs, &base);
}

#[tokio::test]
async fn person_may_merge_and_close() {
    let scene = scene().await;
    let base = tip(&scene, "main").unwrap();
    let github = later(&scene);
    let clock = EventClock::of(&scene).after(120, move || {
        let mut world = github.world();
        world
            .repository(REPOSITORY)
            .merge_by_hand(1, "grace", "squash");
    });
    let inputs = [WAIT, ("commit", base.as_str())];
    let outputs = clock.propose(&scene, &inputs).await.unwrap();
    assert_merged(&scene, &outputs, &base);

    let scene = super::scene().await;
    let github = later(&scene);
    let clock = EventClock::of(&scene).after(120, move || {
        github.world().repository(REPOSITORY).close_pull(1);
    });
    let ended = clock.propose(&scene, &[WAIT]).await;
    assert_refused(ended, Code::PullRequestClosed, "#1");
}

#[tokio::test]
async fn merge_right_after_opening_is_ours_although_no_list_shows_the_pull_request_yet() {
    for github_deletes in [false, true] {
        let scene = super::scene_with(|options| options.lag = Duration::from_secs(3)).await;
        scene.repository(|it| it.merge_settings.delete_branch_on_merge = github_deletes);
        let base = tip(&scene, "main").unwrap();
        let github = later(&scene);
        let clock = EventClock::of(&scene).after(1, move || {
            let mut world = github.world();
            let repository = world.repository(REPOSITORY);
            repository.merge_by_hand(1, "grace", "squash").unwrap();
        });
        let inputs = [WAIT, ("commit", base.as_str())];
        let outputs = clock.propose(&scene, &inputs).await.unwrap();
        assert_merged(&scene, &outputs, &base);
    }
}

#[tokio::test]
async fn release_may_begin_anew_from_the_merge_or_after_it() {
    let scene = scene().await;
    let base = tip(&scene, "main").unwrap();
    let inputs = [SQUASH, ("commit", base.as_str())];
    let outputs = propose(&scene, &inputs).await.unwrap();
    scene.seen_by_all().await;
    let merge = outputs["commit"].clone();
    let again = propose(&scene, &[SQUASH, ("commit", merge.as_str())]).await;
    assert_eq!(again.unwrap(), outputs);
    // An earlier attempt's merge is in what this one begins from.
    let later = push(&scene, "main", "README.md", "# Another\n");
    scene.seen_by_all().await;
    scene.forget();
    let anew = [SQUASH, ("commit", later.as_str())];
    let outputs = propose(&scene, &anew).await.unwrap();
    assert_eq!(
        (outputs["state"].as_str(), &outputs["commit"]),
        ("unchanged", &later)
    );
    assert_eq!(writes(&scene), [""; 0]);
    // The first attempt still finds its own.
    let inputs = [SQUASH, ("commit", base.as_str())];
    assert_eq!(propose(&scene, &inputs).await.unwrap()["commit"], merge);
}

#[tokio::test]
async fn other_merge_since_the_release_began_is_refused_and_named() {
    let scene = scene().await;
    let began = tip(&scene, "main").unwrap();
    let only = [SQUASH, ("commit", began.as_str())];
    push(&scene, "main", "README.md", "# Another\n");
    scene.seen_by_all().await;
    scene.forget();
    let ended = propose(&scene, &only).await;
    assert_refused(ended, Code::MergedElsewhere, "Go on");
    assert_eq!(writes(&scene), [""; 0]);
    let anything = [SQUASH, ("commit", began.as_str()), ("guard", "anything")];
    let outputs = propose(&scene, &anything).await.unwrap();
    assert_eq!(outputs["state"], "merged");
    // The one that is merged now has a parent that the release did not begin from.
    let ended = propose(&scene, &only).await;
    assert_refused(ended, Code::MergedElsewhere, "Go on");
}

#[tokio::test]
async fn merge_with_other_files_than_proposed_is_refused() {
    let scene = scene().await;
    let began = tip(&scene, "main").unwrap();
    let github = later(&scene);
    let clock = EventClock::of(&scene).after(60, move || {
        let mut world = github.world();
        let repository = world.repository(REPOSITORY);
        repository.push(BRANCH, "mallory", "More", &[("README.md", Some("evil\n"))]);
        repository.merge_by_hand(1, "mallory", "squash");
    });
    let ended = clock
        .propose(&scene, &[WAIT, ("commit", began.as_str())])
        .await;
    assert_refused(ended, Code::MergedElsewhere, "not those that were proposed");
}
