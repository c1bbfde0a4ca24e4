//! What `propose` decides, without any service.

mod merging;

use super::change::ChangeOnCommit;
use super::decide::{Course, WantedProposal, decide};
use super::merge::{MergeContext, MergeCourse, MergeMemory};
use super::merged::{PastMerge, ThenOnBase};
use super::see::{BranchContent, SeenBranch, SeenWork};
use super::text::ProposalText;
use super::*;
use crate::domain::Digest;
use crate::plan::ProposalKind;
use crate::protocol::{PullRequestState, SeenRevision};

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
        is_of_job: false,
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
        Course::Merged(merged) => match merged.clone().noted(Step::Done(PhaseReport::new("x"))) {
            Step::Done(report) if report.warnings.is_empty() => {
                format!("merged {}", merged.pull.number)
            }
            _ => format!("merged {}, warned", merged.pull.number),
        },
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
        (false, None, vec![], "unchanged"),
        (false, None, vec![former(1, Merged)], "unchanged"),
        (false, Some(Outdated), vec![ours(1, Open)], "unchanged"),
        (false, Some(Foreign), vec![theirs(1, Open)], "unchanged"),
    ] {
        let seen = work(changed, branch, pulls);
        let found = words(&decide(&now, &seen, None));
        assert_eq!(found, expected, "{changed} {branch:?} {:?}", seen.pulls);
    }
}

#[test]
fn merge_counts_whatever_the_base_has_now_and_a_revert_is_refused_where_nothing_shows_a_new_attempt()
 {
    use ThenOnBase::{Changed, Reverted, There};
    let now = wanted(b"now");
    let ours = |number, state| pull(number, state, now.text.marked_body(&now.proposal));
    let again = vec![ours(2, PullRequestState::Open)];
    let at_head = Some(BranchContent::AsWanted { is_on_head: true });
    for (then, is_certain, branch, pulls, expected) in [
        (There, false, None, vec![], "merged 1"),
        (There, true, None, vec![], "merged 1"),
        (Changed, false, None, vec![], "merged 1, warned"),
        (Changed, true, None, vec![], "merged 1, warned"),
        (Reverted, true, None, vec![], "merged 1, warned"),
        (Reverted, false, None, vec![], "change-reverted"),
        (Reverted, false, at_head, vec![], "change-reverted"),
        (Reverted, false, at_head, again, "open 2"),
    ] {
        let seen = work(then != There, branch, pulls);
        let merged = PastMerge {
            pull: ours(1, PullRequestState::Merged),
            then,
            is_certain,
        };
        let found = words(&decide(&now, &seen, Some(merged)));
        assert_eq!(found, expected, "{then:?} {is_certain} {:?}", seen.pulls);
    }
}
