//! Required checks that do not begin.

use btp_release::engine::Stop;
use stand_ins::github::{Rule, Token};
use stand_ins::{Fault, Pattern};

use super::support::scene::{Outputs, REPOSITORY, Scene, TOKEN};
use super::{EventClock, propose, rule, scene, tip};

/// What was waited for at the end.
fn awaited(ended: Result<Outputs, Stop>) -> Vec<String> {
    match ended {
        Err(Stop::TimedOut { on, .. }) => on,
        other => unreachable!("{other:?}"),
    }
}

fn requires(scene: &Scene, classic: bool, names: &[&str]) {
    rule(scene, |rule: &mut Rule| {
        rule.classic = classic;
        rule.required_checks = names.iter().map(|name| (*name).to_owned()).collect();
    });
}

#[tokio::test]
async fn required_checks_that_have_not_begun_are_named_and_after_a_while_why() {
    for (merge, classic) in [
        ("wait", false),
        ("squash", false),
        ("squash", true),
        ("auto", false),
    ] {
        let case = format!("{merge}, classic: {classic}");
        let scene = scene().await;
        scene.repository(|it| it.merge_settings.auto_merge = true);
        requires(&scene, classic, &["unit", "e2e"]);
        let inputs = |timeout| [("merge", merge), ("timeout", timeout)];
        let on = awaited(propose(&scene, &inputs("1m")).await);
        assert_eq!(
            on,
            ["#1: required checks have not begun: e2e, unit"],
            "{case}"
        );
        scene.seen_by_all().await;
        let on = awaited(propose(&scene, &inputs("10m")).await);
        assert_eq!(on.len(), 2, "{case}: {on:?}");
        assert!(
            on[1].contains("opened with the token of a job"),
            "{case}: {on:?}"
        );
        assert!(on[1].contains("`app-id`"), "{case}: {on:?}");
        // One that begins is named no more.
        scene.repository(|it| it.set_check(super::BRANCH, "unit", None));
        let on = awaited(propose(&scene, &inputs("1m")).await);
        let expected = [
            "#1: checks are not over: unit",
            "#1: required checks have not begun: e2e",
        ];
        assert_eq!(on, expected, "{case}");
    }
}

#[tokio::test]
async fn check_that_is_named_wrongly_is_told_to_those_whose_workflows_begin() {
    let scene = scene().await;
    scene.github.world().token(TOKEN, Token::pat("release-bot"));
    requires(&scene, false, &["unit-tests"]);
    propose(&scene, &[]).await.unwrap();
    scene.repository(|it| it.set_check(super::BRANCH, "unit", Some("success")));
    let on = awaited(propose(&scene, &[("merge", "squash"), ("timeout", "10m")]).await);
    assert_eq!(on[0], "#1: required checks have not begun: unit-tests");
    assert!(on[1].contains("correct the rule of main"), "{on:?}");
}

#[tokio::test]
async fn rules_are_read_only_where_something_blocks_and_few_times() {
    let scene = scene().await;
    let rules = |scene: &Scene| {
        let of_branch = |path: &str| path.ends_with("/rules/branches/main");
        let read = scene.github.log().filter(|entry| of_branch(&entry.path));
        let statuses = read.iter().map(|entry| entry.status.unwrap());
        statuses.collect::<Vec<_>>()
    };
    requires(&scene, false, &["unit"]);
    let github = std::sync::Arc::clone(&scene.github);
    // In 8 minutes and looks every 10 seconds: read once, and confirmed twice.
    let clock = EventClock::of(&scene).after(8 * 60, move || {
        let mut world = github.world();
        let repository = world.repository(REPOSITORY);
        repository.set_check(super::BRANCH, "unit", Some("success"));
    });
    let outputs = clock.propose(&scene, &[("merge", "squash")]).await.unwrap();
    assert_eq!(outputs["commit"], tip(&scene, "main").unwrap());
    assert_eq!(rules(&scene), [200, 304, 304]);

    let scene = super::scene().await;
    propose(&scene, &[("merge", "squash")]).await.unwrap();
    assert_eq!(rules(&scene), [0; 0]);
}

#[tokio::test]
async fn rules_that_may_not_be_read_are_no_failure() {
    let scene = scene().await;
    requires(&scene, false, &["unit"]);
    propose(&scene, &[]).await.unwrap();
    // Both kinds of rules.
    let unreadable = Pattern::new("GET", "*/branches/main");
    scene
        .github
        .faults()
        .when(unreadable, 99, Fault::Status(404));
    let on = awaited(propose(&scene, &[("merge", "squash"), ("timeout", "10m")]).await);
    assert_eq!(on, ["#1: blocked by a rule of its base branch"]);
}
