//! What is there of a proposal: the base branch, our branch, and the pull requests of it.

use super::change::{ChangeOnCommit, ProposedChange};
use crate::domain::{BranchName, Diagnostic};
use crate::plan::{Proposal, ProposalMark};
use crate::protocol::{
    PullRequestReader, PullRequestState, SeenProposal, SeenRevision, ServiceError,
};

/// How many times in a row the base branch may have been merged into our branch.
const MOST_UPDATES: usize = 20;

/// All that decides what is to be done until the pull request is open.
#[derive(Clone, Debug)]
pub(super) struct SeenWork {
    pub(super) base: BranchName,
    /// The change on top of the base branch.
    pub(super) resolved: ChangeOnCommit,
    pub(super) branch: Option<SeenBranch>,
    /// The pull requests of the branch into the base, the newest first.
    pub(super) pulls: Vec<SeenProposal>,
}

/// Our branch, or another's of its name.
#[derive(Clone, Debug)]
pub(super) struct SeenBranch {
    pub(super) head: SeenRevision,
    pub(super) content: BranchContent,
}

impl SeenBranch {
    /// A commit that was merged once is not proposed again: git would find nothing in it that the base branch has not had.
    fn outdate_if_merged(&mut self, pulls: &[SeenProposal]) {
        let is_merged = |pull: &SeenProposal| {
            pull.state == PullRequestState::Merged && pull.head == self.head.commit
        };
        if self.content != BranchContent::Foreign && pulls.iter().any(is_merged) {
            self.content = BranchContent::Outdated;
        }
    }
}

/// Whose the branch is, and what its commit has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BranchContent {
    /// Exactly the change, on top of a commit of the base branch that has the same at its paths as the base branch has now.
    AsWanted {
        /// Whether that commit is the head of the base branch.
        is_on_head: bool,
    },
    /// Ours, with another change, or on top of what is changed since.
    Outdated,
    /// Nothing shows that it is ours.
    Foreign,
}

impl SeenWork {
    /// Reads all of it. The inner error is why the change cannot be made.
    ///
    /// # Errors
    ///
    /// As those of [`PullRequestReader`].
    pub(super) async fn see(
        target: &dyn PullRequestReader,
        (head, base): (&BranchName, &BranchName),
        proposal: &Proposal,
        changes: &[ProposedChange],
        base_head: SeenRevision,
    ) -> Result<Result<Self, Vec<Diagnostic>>, ServiceError> {
        let resolved = match ChangeOnCommit::see(target, base_head, changes).await? {
            Ok(resolved) => resolved,
            Err(findings) => return Ok(Err(findings)),
        };
        let mut branch = match target.head_of(head).await? {
            None => None,
            Some(commit) => {
                let head = target.revision(&commit).await?;
                let content = content(target, &head, base, proposal, changes, &resolved).await?;
                Some(SeenBranch { head, content })
            }
        };
        let mut pulls = target.proposals(head).await?;
        pulls.retain(|pull| pull.base == *base);
        if let Some(branch) = &mut branch {
            branch.outdate_if_merged(&pulls);
        }
        Ok(Ok(Self {
            base: base.clone(),
            resolved,
            branch,
            pulls,
        }))
    }
}

impl SeenWork {
    /// Our open pull request with this change.
    pub(super) fn open_pull(&self, proposal: &Proposal) -> Option<&SeenProposal> {
        let is_ours = |pull: &&SeenProposal| {
            pull.state == PullRequestState::Open
                && mark_of(pull, proposal).is_some_and(|mark| mark.proposal == *proposal)
        };
        self.pulls.iter().find(is_ours)
    }

    /// Whether our branch is there, or our open pull request with this change.
    pub(super) fn is_proposed(&self, proposal: &Proposal) -> bool {
        let is_ours = |branch: &SeenBranch| branch.content != BranchContent::Foreign;
        self.branch.as_ref().is_some_and(is_ours) || self.open_pull(proposal).is_some()
    }

    /// The line of a wait while the base branch has the change and no list shows its merge: lists lag, branches do not.
    pub(super) fn unshown_merge(&self, proposal: &Proposal) -> String {
        let base = &self.base;
        match self.open_pull(proposal) {
            Some(pull) => format!(
                "#{}: {base} has its change, and GitHub still shows it as open",
                pull.number
            ),
            None => format!("{base} has the change, and GitHub shows no pull request of it yet"),
        }
    }
}

/// What the commit of a branch is: its tree decides, which is known for each commit of the base branch.
async fn content(
    target: &dyn PullRequestReader,
    head: &SeenRevision,
    base: &BranchName,
    proposal: &Proposal,
    changes: &[ProposedChange],
    resolved: &ChangeOnCommit,
) -> Result<BranchContent, ServiceError> {
    let is_ours = |message: &str| {
        Proposal::of_commit(message).is_some_and(|found| found.is_same_purpose(proposal))
    };
    // The base branch may have been merged into it, with GitHub's button: then the base's commit is the last parent.
    let (mut own, mut updates) = (head.clone(), 0);
    while !is_ours(&own.message)
        && updates < MOST_UPDATES
        && let [first, _] = own.parents.as_slice()
    {
        own = target.revision(first).await?;
        updates += 1;
    }
    let Some(parent) = head.parents.last().filter(|_| is_ours(&own.message)) else {
        return Ok(BranchContent::Foreign);
    };
    let is_on_head = *parent == resolved.on.commit;
    let (has_change, is_current) = if is_on_head {
        (head.tree == resolved.tree, true)
    } else {
        let parent = target.revision(parent).await?;
        let commit = parent.commit.clone();
        match ChangeOnCommit::see(target, parent, changes).await? {
            Ok(there) if head.tree == there.tree => {
                let is_current =
                    there.has_same_base(resolved) && target.has_on_branch(base, &commit).await?;
                (true, is_current)
            }
            Ok(_) | Err(_) => (false, false),
        }
    };
    Ok(match (has_change, is_current) {
        (true, true) => BranchContent::AsWanted { is_on_head },
        // Whoever merged by hand may have changed something on the way, which is not overwritten.
        (false, _) if updates > 0 => BranchContent::Foreign,
        _ => BranchContent::Outdated,
    })
}

/// What our mark in a pull request says.
pub(super) fn mark_of(pull: &SeenProposal, proposal: &Proposal) -> Option<ProposalMark> {
    let mark = ProposalMark::find(&pull.body)?;
    mark.proposal.is_same_purpose(proposal).then_some(mark)
}
