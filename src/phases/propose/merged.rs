//! Whether a merge of ours is the one of this release, and what the base branch has of it now.

use super::change::{ChangeOnCommit, ProposedChange};
use super::options::MergeGuard;
use super::see::{SeenWork, mark_of};
use crate::domain::{Code, CommitSha, Diagnostic};
use crate::plan::Proposal;
use crate::protocol::{PullRequestReader, PullRequestState, SeenProposal, ServiceError, Step};

/// A pull request of ours with this change, merged for this release.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PastMerge {
    pub(super) pull: SeenProposal,
    pub(super) then: ThenOnBase,
    /// Whether it follows from the commit that the release begins from that this merge is meant.
    pub(super) is_certain: bool,
}

/// What became of the change on the base branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ThenOnBase {
    /// It is there, or the base branch was read before the merge.
    There,
    /// One of its files was changed to something else.
    Changed,
    /// All of its files are as they were before the merge.
    Reverted,
}

impl PastMerge {
    /// Looks at the merged pull requests of this change. One that the release began after belongs to an earlier attempt, and is none:
    /// what that attempt merged is part of the commit that this one begins from, or was reverted before it.
    ///
    /// # Errors
    ///
    /// As those of [`PullRequestReader`].
    pub(super) async fn see(
        target: &dyn PullRequestReader,
        seen: &SeenWork,
        proposal: &Proposal,
        changes: &[ProposedChange],
        guard: &MergeGuard,
    ) -> Result<Option<Self>, ServiceError> {
        let is_ours = |pull: &&SeenProposal| {
            pull.state == PullRequestState::Merged
                && mark_of(pull, proposal).is_some_and(|mark| mark.proposal == *proposal)
        };
        let merges: Vec<_> = seen.pulls.iter().filter(is_ours).collect();
        let pull = match guard {
            MergeGuard::Anything => merges.first().copied(),
            MergeGuard::OnlyOurs(began) => of_release(target, &merges, began).await?,
        };
        let Some(pull) = pull else { return Ok(None) };
        Ok(Some(Self {
            pull: pull.clone(),
            then: then_on_base(target, seen, pull, changes).await?,
            is_certain: *guard != MergeGuard::Anything,
        }))
    }

    /// Nothing shows whether a run without a commit to begin from is a repetition or a new attempt, and somebody did not want the change.
    pub(super) fn refusal(&self) -> Option<Diagnostic> {
        let is_refused = self.then == ThenOnBase::Reverted && !self.is_certain;
        is_refused.then(|| {
            let SeenProposal { number, base, .. } = &self.pull;
            Diagnostic::error(
                Code::ChangeReverted,
                format!("#{number} with this change was merged into {base}, and reverted since"),
                format!(
                    "to have the change again, revert the commit that reverted {}, or give another `head-branch` to propose it anew; for a bump, `commit` with the head of {base} does so as well",
                    self.pull.url
                ),
            )
        })
    }

    /// The step with a warning, where it is the last one.
    pub(super) fn noted(&self, step: Step) -> Step {
        match step {
            Step::Done(mut report) => {
                report.warnings.extend(self.warning());
                Step::Done(report)
            }
            step => step,
        }
    }

    /// The base branch has another content by now: the merge is released all the same, and whoever reads the log is to know.
    fn warning(&self) -> Option<Diagnostic> {
        let SeenProposal { number, base, .. } = &self.pull;
        let what = match self.then {
            ThenOnBase::There => return None,
            ThenOnBase::Changed => "other content since",
            ThenOnBase::Reverted => "the content of before again",
        };
        Some(Diagnostic::warning(
            Code::ChangeSuperseded,
            format!("#{number} was merged, and {base} has {what} in the files of this change"),
            format!(
                "this is as it should be if a later change was meant; to have it again, begin anew from the head of {base}"
            ),
        ))
    }
}

/// The merge that directly follows the commit that a release began from, or is it; otherwise one that the release did not begin
/// after, for the guard to refuse it.
async fn of_release<'a>(
    target: &dyn PullRequestReader,
    merges: &[&'a SeenProposal],
    began: &CommitSha,
) -> Result<Option<&'a SeenProposal>, ServiceError> {
    let mut other = None;
    for pull in merges {
        let Some(commit) = &pull.merge_commit else {
            // A list may show the merge before its commit.
            return Ok(Some(pull));
        };
        let merge = target.revision(commit).await?;
        if commit == began || merge.parents.first() == Some(began) {
            return Ok(Some(pull));
        }
        if other.is_none() && !is_in_history(target, commit, began).await? {
            other = Some(*pull);
        }
    }
    Ok(other)
}

async fn then_on_base(
    target: &dyn PullRequestReader,
    seen: &SeenWork,
    pull: &SeenProposal,
    changes: &[ProposedChange],
) -> Result<ThenOnBase, ServiceError> {
    let Some(commit) = pull.merge_commit.as_ref() else {
        return Ok(ThenOnBase::There);
    };
    let head = &seen.resolved.on.commit;
    if seen.resolved.is_nothing() || !is_in_history(target, commit, head).await? {
        return Ok(ThenOnBase::There);
    }
    let merge = target.revision(commit).await?;
    let Some(parent) = merge.parents.first() else {
        return Ok(ThenOnBase::Changed);
    };
    let parent = target.revision(parent).await?;
    let before = ChangeOnCommit::see(target, parent, changes).await?;
    Ok(match before {
        Ok(before) if before.has_same_base(&seen.resolved) => ThenOnBase::Reverted,
        Ok(_) | Err(_) => ThenOnBase::Changed,
    })
}

/// Whether a commit is part of what another one has.
async fn is_in_history(
    target: &dyn PullRequestReader,
    commit: &CommitSha,
    of: &CommitSha,
) -> Result<bool, ServiceError> {
    Ok(commit == of || target.commits_between(of, commit).await?.1 == 0)
}
