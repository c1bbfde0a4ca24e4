//! What is to be done until the pull request is open, from what is there.

use super::merged::PastMerge;
use super::see::{BranchContent, SeenWork, mark_of};
use super::text::ProposalText;
use crate::domain::{BranchName, Code, Diagnostic};
use crate::plan::{Proposal, ProposalMark};
use crate::protocol::{
    Action, NewPullRequest, NewRevision, PullRequestAction, PullRequestState, SeenProposal,
};

/// What is wanted: it stays the same during a run.
#[derive(Clone, Debug)]
pub(super) struct WantedProposal {
    pub(super) proposal: Proposal,
    pub(super) head: BranchName,
    pub(super) text: ProposalText,
}

/// How far a proposal is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Course {
    /// The base branch has the change, and nothing shows that we brought it there.
    Unchanged,
    Act(Vec<Action>),
    Open(Box<SeenProposal>),
    Merged(Box<PastMerge>),
    Refused(Diagnostic),
}

/// Decides about branch and pull request.
pub(super) fn decide(
    wanted: &WantedProposal,
    seen: &SeenWork,
    merged: Option<PastMerge>,
) -> Course {
    let proposal = &wanted.proposal;
    if let Some(merged) = merged {
        match merged.refusal() {
            None => return Course::Merged(Box::new(merged)),
            // Somebody has proposed it again.
            Some(_) if seen.open_pull(proposal).is_some() => {}
            Some(finding) => return Course::Refused(finding),
        }
    }
    let is_same = |mark: &ProposalMark| mark.proposal == *proposal;
    let is_in = |pull: &&SeenProposal, state| pull.state == state;
    let ours = |state| {
        let pulls = seen.pulls.iter().filter(move |pull| is_in(pull, state));
        pulls.filter_map(|pull| Some((pull, mark_of(pull, proposal)?)))
    };
    if seen.resolved.is_nothing() {
        return Course::Unchanged;
    }
    let open = seen
        .pulls
        .iter()
        .find(|pull| pull.state == PullRequestState::Open);
    let mark = open.map(|open| (open, mark_of(open, proposal)));
    if let Some((foreign, None)) = mark {
        return Course::Refused(foreign_pull(wanted, foreign));
    }
    if open.is_none()
        && let Some((closed, _)) = ours(PullRequestState::Closed).find(|(_, mark)| is_same(mark))
    {
        return Course::Refused(closed_pull(wanted, closed));
    }
    let mut actions = Vec::new();
    match seen.branch.as_ref().map(|branch| (branch, branch.content)) {
        Some((branch, BranchContent::Foreign)) => {
            return Course::Refused(foreign_branch(wanted, branch.head.commit.short()));
        }
        Some((_, BranchContent::AsWanted { .. })) => {}
        Some((_, BranchContent::Outdated)) | None => actions.push(push(wanted, seen)),
    }
    match mark {
        None => actions.push(Action::PullRequest(PullRequestAction::Open(
            NewPullRequest {
                head: wanted.head.clone(),
                base: seen.base.clone(),
                title: wanted.text.title.clone(),
                body: wanted.text.marked_body(proposal),
            },
        ))),
        Some((open, Some(mark))) if mark != wanted.text.mark(proposal) => {
            actions.push(Action::PullRequest(PullRequestAction::Edit {
                number: open.number,
                title: wanted.text.title.clone(),
                body: wanted.text.marked_body(proposal),
            }));
        }
        Some(_) => {}
    }
    match open {
        Some(open) if actions.is_empty() => Course::Open(Box::new(open.clone())),
        _ => Course::Act(actions),
    }
}

/// The branch as it is to be: one commit, on the head of the base branch.
pub(super) fn push(wanted: &WantedProposal, seen: &SeenWork) -> Action {
    let resolved = &seen.resolved;
    Action::PullRequest(PullRequestAction::Push(NewRevision {
        branch: wanted.head.clone(),
        replaces: seen
            .branch
            .as_ref()
            .map(|branch| branch.head.commit.clone()),
        parent: resolved.on.commit.clone(),
        parent_tree: resolved.on.tree.clone(),
        tree: resolved.tree.clone(),
        files: resolved.files.clone(),
        message: wanted.text.message(&wanted.proposal),
    }))
}

fn foreign_branch(wanted: &WantedProposal, at: &str) -> Diagnostic {
    let head = &wanted.head;
    Diagnostic::error(
        Code::BranchForeign,
        format!("the branch {head} exists at {at}, and that commit is not btp-release's"),
        format!("delete or rename the branch {head}, or give another `head-branch`; nothing of it is overwritten"),
    )
    .wanted(wanted.proposal.trailer())
}

fn foreign_pull(wanted: &WantedProposal, pull: &SeenProposal) -> Diagnostic {
    let (number, head) = (pull.number, &wanted.head);
    Diagnostic::error(
        Code::PullRequestForeign,
        format!(
            "#{number} is an open pull request of {head}, and its text does not have the mark of btp-release"
        ),
        format!(
            "close {}, or give another `head-branch`: there is one open pull request of a branch",
            pull.url
        ),
    )
}

/// A pull request that somebody closed.
pub(super) fn closed_pull(wanted: &WantedProposal, pull: &SeenProposal) -> Diagnostic {
    Diagnostic::error(
        Code::PullRequestClosed,
        format!(
            "#{} with this change was closed without being merged",
            pull.number
        ),
        format!(
            "reopen {}, or give another `head-branch` than {} to propose it again",
            pull.url, wanted.head
        ),
    )
}
