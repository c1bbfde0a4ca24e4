//! What `propose` decides, without any service.

use super::change::ChangeOnCommit;
use super::decide::{Course, WantedProposal, decide};
use super::merge::{MergeContext, MergeCourse, MergeMemory, MergeMode};
use super::see::{BranchContent, SeenBranch, SeenWork};
use super::text::ProposalText;
use super::*;
use crate::domain::Digest;
use crate::plan::ProposalKind;
use crate::protocol::{
    CheckState, MergeStatus, Mergeable, NodeId, PullRequestState, QueuePlace, ReviewState,
    SeenMergeState, SeenPullCheck, SeenRevision, WaitTime,
};

fn commit(digit: char) -> CommitSha {
    digit.to_string().repeat(40).parse().unwrap()
}

fn revision(digit: char) -> SeenRevision {
    SeenRevision {
        commit: commit(digit),
        tree: digit.to_string().repeat(40).parse().unwrap(),
        parents: vec![commit('0')],
        message: String::new(),
    }
}

fn wanted(change: &[u8]) -> WantedProposal {
    WantedProposal {
        proposal: Proposal {
            kind: ProposalKind::Bump,
            tag: "v1.2.0".parse().unwrap(),
            change: Digest::of(change),
            channel: None,
        },
        head: "release/bump/v1.2.0".parse().unwrap(),
        text: ProposalText {
            title: "Bump".into(),
            body: "Text".into(),
        },
    }
}

fn pull(number: u64, state: PullRequestState, body: String) -> SeenProposal {
    SeenProposal {
        number,
        url: format!("https://github.com/o/r/pull/{number}"),
        body,
        state,
        head: commit('b'),
        base: "main".parse().unwrap(),
        merge_commit: (state == PullRequestState::Merged).then(|| commit('c')),
    }
}

fn work(is_changed: bool, content: Option<BranchContent>, pulls: Vec<SeenProposal>) -> SeenWork {
    let files = is_changed.then(|| crate::protocol::FileChange {
        path: "a.yaml".parse().unwrap(),
        bytes: "a: 2\n".into(),
        mode: crate::domain::EntryMode::File,
        before: Some("a: 1\n".into()),
    });
    SeenWork {
        base: "main".parse().unwrap(),
        resolved: ChangeOnCommit::example(revision('a'), files.into_iter().collect()),
        branch: content.map(|content| SeenBranch {
            head: revision('b'),
            content,
        }),
        pulls,
    }
}

/// The course in short.
fn words(course: &Course) -> String {
    match course {
        Course::Unchanged => "unchanged".into(),
        Course::Open(pull) => format!("open {}", pull.number),
        Course::Merged(pull) => format!("merged {}", pull.number),
        Course::Refused(finding) => finding.code.to_string(),
        Course::Act(actions) => {
            let words = actions.iter().map(|action| match action {
                Action::PullRequest(PullRequestAction::Push(new)) => match new.replaces {
                    None => "create".to_owned(),
                    Some(_) => "move".to_owned(),
                },
                Action::PullRequest(PullRequestAction::Open(_)) => "open".to_owned(),
                Action::PullRequest(PullRequestAction::Edit { number, .. }) => {
                    format!("edit {number}")
                }
                other => unreachable!("{other}"),
            });
            words.collect::<Vec<_>>().join(", ")
        }
    }
}

#[test]
fn branch_and_pull_request_decide_what_is_done() {
    use BranchContent::{AsWanted, Foreign, Outdated};
    use PullRequestState::{Closed, Merged, Open};
    let now = wanted(b"now");
    let before = wanted(b"before");
    let ours = |number, state| pull(number, state, now.text.marked_body(&now.proposal));
    let former = |number, state| pull(number, state, before.text.marked_body(&before.proposal));
    let theirs = |number, state| pull(number, state, "mine".into());
    let at_head = AsWanted { is_on_head: true };
    let below = AsWanted { is_on_head: false };
    for (changed, branch, pulls, expected) in [
        (true, None, vec![], "create, open"),
        (true, Some(at_head), vec![], "open"),
        (true, Some(below), vec![], "open"),
        (true, Some(Outdated), vec![], "move, open"),
        (true, Some(Foreign), vec![], "branch-foreign"),
        (true, Some(at_head), vec![ours(1, Open)], "open 1"),
        (true, Some(Outdated), vec![ours(1, Open)], "move"),
        (true, Some(Outdated), vec![former(1, Open)], "move, edit 1"),
        (true, Some(Foreign), vec![ours(1, Open)], "branch-foreign"),
        (
            true,
            Some(at_head),
            vec![theirs(1, Open)],
            "pull-request-foreign",
        ),
        (true, None, vec![theirs(1, Closed)], "create, open"),
        (true, None, vec![theirs(1, Merged)], "create, open"),
        (
            true,
            Some(at_head),
            vec![ours(1, Closed)],
            "pull-request-closed",
        ),
        (true, None, vec![ours(1, Closed)], "pull-request-closed"),
        (true, None, vec![former(1, Closed)], "create, open"),
        (
            true,
            Some(at_head),
            vec![ours(2, Open), ours(1, Closed)],
            "open 2",
        ),
        (true, None, vec![former(1, Merged)], "create, open"),
        (true, Some(at_head), vec![ours(1, Merged)], "merged 1"),
        (false, None, vec![ours(1, Merged)], "merged 1"),
        (false, None, vec![], "unchanged"),
        (false, None, vec![former(1, Merged)], "unchanged"),
        (false, Some(Outdated), vec![ours(1, Open)], "unchanged"),
        (false, Some(Foreign), vec![theirs(1, Open)], "unchanged"),
    ] {
        let seen = work(changed, branch, pulls);
        let found = words(&decide(&now, &seen));
        assert_eq!(found, expected, "{changed} {branch:?} {:?}", seen.pulls);
    }
}

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
    let wanted = wanted(b"now");
    let pull = pull(7, PullRequestState::Open, String::new());
    let context = MergeContext {
        wanted: &wanted,
        mode,
        pull: &pull,
        head: &commit('b'),
        is_on_head,
        allows_auto_merge: Some(true),
        now: Moment::default(),
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
            "counted: blocked by a rule of its base branch, such as a required check that has not begun",
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
