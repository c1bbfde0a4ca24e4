//! What is decided about an open pull request.

use super::*;
use crate::protocol::{
    CheckState, MOST_CHECKS, MergeStatus, Mergeable, NodeId, QueuePlace, ReviewState,
    SeenMergeState, SeenPullCheck, WaitTime,
};

fn clean() -> SeenMergeState {
    SeenMergeState {
        node: NodeId("PR_1".into()),
        state: PullRequestState::Open,
        head: commit('b'),
        is_draft: false,
        mergeable: Mergeable::Yes,
        status: MergeStatus::Clean,
        review: ReviewState::NotRequired,
        has_auto_merge: false,
        has_queue: false,
        queue: None,
        checks: vec![],
        merge_commit: None,
    }
}

fn check(name: &str, state: CheckState, is_required: bool) -> SeenPullCheck {
    let name = name.to_owned();
    SeenPullCheck {
        name,
        state,
        is_required,
    }
}

/// The course in short, for a branch that stands on the head of its base or not.
fn course(mode: MergeMode, seen: &SeenMergeState, is_on_head: bool) -> String {
    course_after(&mut MergeMemory::default(), mode, seen, is_on_head)
}

fn course_after(
    memory: &mut MergeMemory,
    mode: MergeMode,
    seen: &SeenMergeState,
    is_on_head: bool,
) -> String {
    course_at(memory, mode, seen, is_on_head, Moment::default())
}

fn course_at(
    memory: &mut MergeMemory,
    mode: MergeMode,
    seen: &SeenMergeState,
    is_on_head: bool,
    now: Moment,
) -> String {
    let wanted = wanted(b"now");
    let pull = pull(7, PullRequestState::Open, String::new());
    let context = MergeContext {
        wanted: &wanted,
        mode,
        pull: &pull,
        head: &commit('b'),
        is_on_head,
        allows_auto_merge: Some(true),
        now,
    };
    match merge::decide(&context, seen, memory) {
        MergeCourse::Merged(commit) => format!("merged {}", commit.short()),
        MergeCourse::Renew => "renew".into(),
        MergeCourse::Step(Step::Act(actions)) => actions[0].to_string(),
        MergeCourse::Step(Step::Blocked(findings)) => findings[0].code.to_string(),
        MergeCourse::Step(Step::Wait(waiting)) => {
            let time = match waiting.time {
                WaitTime::Counted => "counted",
                WaitTime::Uncounted => "uncounted",
            };
            format!("{time}: {}", waiting.on.join("; ").replace("#7: ", ""))
        }
        MergeCourse::Step(Step::Done(_)) => unreachable!(),
    }
}

fn with(change: fn(&mut SeenMergeState)) -> SeenMergeState {
    let mut seen = clean();
    change(&mut seen);
    seen
}

fn blocked_with(checks: Vec<SeenPullCheck>) -> SeenMergeState {
    SeenMergeState {
        checks,
        status: MergeStatus::Blocked,
        ..clean()
    }
}

const MODES: [MergeMode; 3] = [MergeMode::Wait, MergeMode::Squash, MergeMode::Auto];

fn assert_courses(table: &[(MergeMode, SeenMergeState, &str)]) {
    for (mode, seen, expected) in table {
        assert_eq!(course(*mode, seen, true), *expected, "{mode:?} {seen:?}");
    }
}

#[test]
fn who_merges_and_which_person_is_waited_for_follows_from_the_state() {
    let [wait, squash, auto] = MODES;
    assert_courses(&[
        (wait, clean(), "counted: ready to be merged"),
        (squash, clean(), "merge pull request #7 at bbbbbbb"),
        (auto, clean(), "merge pull request #7 at bbbbbbb"),
        (
            squash,
            with(|it| it.status = MergeStatus::HasHooks),
            "merge pull request #7 at bbbbbbb",
        ),
        (
            auto,
            with(|it| it.has_queue = true),
            "add pull request #7 to the merge queue",
        ),
        (
            squash,
            with(|it| it.has_queue = true),
            "merge-queue-required",
        ),
        (
            squash,
            with(|it| it.mergeable = Mergeable::Unknown),
            "counted: GitHub works out whether it can be merged",
        ),
        (
            squash,
            with(|it| it.is_draft = true),
            "uncounted: a draft, which somebody has to mark as ready for review",
        ),
        (
            squash,
            with(|it| it.review = ReviewState::Required),
            "uncounted: a review is missing, not counted",
        ),
        (
            wait,
            with(|it| it.review = ReviewState::ChangesRequested),
            "uncounted: changes were requested, not counted",
        ),
        (
            auto,
            with(|it| it.review = ReviewState::Required),
            "enable auto-merge for pull request #7",
        ),
        (
            auto,
            with(|it| {
                it.review = ReviewState::Required;
                it.has_auto_merge = true;
            }),
            "uncounted: a review is missing, not counted",
        ),
    ]);
}

#[test]
fn what_is_in_the_way_is_told_apart() {
    use CheckState::{Failure, Pending};
    let [wait, squash, _] = MODES;
    assert_courses(&[
        (
            squash,
            blocked_with(vec![check("unit", Failure, true)]),
            "check-not-green",
        ),
        (
            wait,
            blocked_with(vec![check("unit", Failure, true)]),
            "check-not-green",
        ),
        (
            squash,
            blocked_with(vec![check("unit", Pending, true)]),
            "counted: checks are not over: unit",
        ),
        (
            squash,
            blocked_with(vec![
                check("unit", Pending, true),
                check("lint", Failure, false),
            ]),
            "counted: checks are not over: unit",
        ),
        (
            squash,
            blocked_with(vec![]),
            "counted: blocked by a rule of its base branch",
        ),
        (
            wait,
            with(|it| {
                it.queue = Some(QueuePlace {
                    position: 3,
                    state: "AWAITING_CHECKS".into(),
                });
            }),
            "counted: in the merge queue, at position 3, awaiting checks",
        ),
        (
            wait,
            with(|it| it.state = PullRequestState::Closed),
            "pull-request-closed",
        ),
        (
            wait,
            with(|it| {
                it.state = PullRequestState::Merged;
                it.merge_commit = Some(commit('c'));
            }),
            "merged ccccccc",
        ),
        (
            squash,
            with(|it| it.head = commit('d')),
            "counted: GitHub does not show its head bbbbbbb yet",
        ),
        (
            squash,
            with(|it| it.status = MergeStatus::Behind),
            "counted: behind its base branch",
        ),
        (
            squash,
            with(|it| it.mergeable = Mergeable::Conflicting),
            "counted: conflicts with its base branch",
        ),
    ]);
    // Only a commit that stands on an older one is made anew.
    for status in [MergeStatus::Behind, MergeStatus::Dirty] {
        let seen = SeenMergeState { status, ..clean() };
        assert_eq!(course(squash, &seen, false), "renew");
    }
    // While a check runs as well as a review is missing, the time counts.
    let both = SeenMergeState {
        review: ReviewState::Required,
        ..blocked_with(vec![check("unit", Pending, true)])
    };
    assert!(course(wait, &both, true).starts_with("counted: checks are not over: unit; a review"));
}

#[test]
fn required_checks_that_have_not_begun_are_named_and_after_a_while_why() {
    use CheckState::{Pending, Success};
    let [_, squash, auto] = MODES;
    let done = || vec![check("unit", Success, true)];
    let many = || {
        let names = (0..MOST_CHECKS).map(|n| format!("check {n}"));
        names.map(|name| check(&name, Success, true)).collect()
    };
    let rule = "counted: blocked by a rule of its base branch";
    let not_begun = "counted: required checks have not begun: ";
    let known = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
    for (seen, required, expected) in [
        (blocked_with(vec![]), None, rule.to_owned()),
        (blocked_with(vec![]), known(&[]), rule.to_owned()),
        (blocked_with(done()), known(&["unit"]), rule.to_owned()),
        (
            blocked_with(done()),
            known(&["unit", "e2e", "a"]),
            format!("{not_begun}a, e2e"),
        ),
        (
            blocked_with(vec![check("unit", Pending, true)]),
            known(&["unit", "e2e"]),
            "counted: checks are not over: unit; required checks have not begun: e2e".into(),
        ),
        // A person's review does not stop the time while a check may never begin.
        (
            SeenMergeState {
                review: ReviewState::Required,
                ..blocked_with(vec![])
            },
            known(&["e2e"]),
            format!("{not_begun}e2e; a review is missing, not counted"),
        ),
        // Not all checks of the head are known.
        (blocked_with(many()), known(&["e2e"]), rule.to_owned()),
        // What was required a while ago is no more.
        (
            clean(),
            known(&["e2e"]),
            "merge pull request #7 at bbbbbbb".into(),
        ),
    ] {
        let mut memory = MergeMemory::default();
        memory.know_rules(required.clone(), Moment::default());
        let found = course_after(&mut memory, squash, &seen, true);
        assert_eq!(found, expected, "{required:?} {seen:?}");
    }
    // The remedy comes after a while at the same head.
    let seen = SeenMergeState {
        has_auto_merge: true,
        ..blocked_with(vec![])
    };
    let mut memory = MergeMemory::default();
    memory.know_rules(known(&["e2e"]), Moment::default());
    let mut at = |seconds, seen: &SeenMergeState| {
        let now = Moment::default().plus(Duration::from_secs(seconds));
        course_at(&mut memory, auto, seen, true, now)
    };
    assert_eq!(at(0, &seen), format!("{not_begun}e2e"));
    assert_eq!(at(179, &seen), format!("{not_begun}e2e"));
    assert!(at(180, &seen).contains("correct the rule of main"));
    let begun = SeenMergeState {
        checks: vec![check("e2e", Pending, true)],
        ..seen.clone()
    };
    assert_eq!(at(200, &begun), "counted: checks are not over: e2e");
    assert_eq!(at(400, &seen), format!("{not_begun}e2e"));
}

#[test]
fn rules_are_read_where_something_blocks_and_not_at_every_look() {
    let mut memory = MergeMemory::default();
    let at = |seconds| Moment::default().plus(Duration::from_secs(seconds));
    assert!(!memory.needs_rules(&clean(), at(0)));
    assert!(memory.needs_rules(&blocked_with(vec![]), at(0)));
    memory.know_rules(None, at(0));
    assert!(!memory.needs_rules(&blocked_with(vec![]), at(179)));
    assert!(memory.needs_rules(&blocked_with(vec![]), at(180)));
}

#[test]
fn checks_that_no_rule_requires_count_for_our_own_merge_only() {
    let seen = SeenMergeState {
        status: MergeStatus::Unstable,
        checks: vec![check("lint", CheckState::Failure, false)],
        ..clean()
    };
    assert_eq!(course(MergeMode::Squash, &seen, true), "check-not-green");
    assert_eq!(
        course(MergeMode::Auto, &seen, true),
        "merge pull request #7 at bbbbbbb"
    );
    assert_eq!(
        course(MergeMode::Wait, &seen, true),
        "counted: ready to be merged"
    );
}

#[test]
fn what_somebody_withdraws_is_not_asked_for_again() {
    let queued = SeenMergeState {
        has_queue: true,
        queue: Some(QueuePlace {
            position: 1,
            state: "QUEUED".into(),
        }),
        ..clean()
    };
    let automatic = SeenMergeState {
        has_auto_merge: true,
        status: MergeStatus::Blocked,
        ..clean()
    };
    for before in [queued, automatic] {
        let mut memory = MergeMemory::default();
        let first = course_after(&mut memory, MergeMode::Auto, &before, true);
        assert!(first.starts_with("counted: "), "{first}");
        let after = SeenMergeState {
            queue: None,
            has_auto_merge: false,
            ..before
        };
        let then = course_after(&mut memory, MergeMode::Auto, &after, true);
        assert_eq!(then, "merge-withdrawn");
    }
}
