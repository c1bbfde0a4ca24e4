//! What it means that GitHub refuses a write.

use crate::domain::{Code, CommitSha, Diagnostic};
use crate::protocol::{Cause, PullRequestAction, ServiceError};

/// How GitHub refuses pull requests of workflows where the setting is off
/// (<https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/enabling-features-for-your-repository/managing-github-actions-settings-for-a-repository#preventing-github-actions-from-creating-or-approving-pull-requests>).
const NOT_PERMITTED: &str = "not permitted to create or approve pull requests";

/// What follows from a refusal.
pub(super) enum WriteRefusal {
    Final,
    Explained(Diagnostic),
    /// The rules may be fulfilled in a moment: GitHub works them out after each change of a head.
    NotYet {
        head: CommitSha,
        why: String,
    },
    /// What was proposed is merged all the same.
    Unimportant(Diagnostic),
}

pub(super) fn of(action: &PullRequestAction, refusal: &ServiceError) -> WriteRefusal {
    match (action, &refusal.cause) {
        (PullRequestAction::Open(_), Cause::Denied { message, .. })
            if message.contains(NOT_PERMITTED) =>
        {
            WriteRefusal::Explained(Diagnostic::error(
                Code::PullRequestsOff,
                format!("the pull request cannot be opened: {message}"),
                "check *Allow GitHub Actions to create and approve pull requests* under *Settings, Actions, General* of the repository, or give the token of a GitHub App",
            ))
        }
        (
            PullRequestAction::Push(revision),
            Cause::Denied {
                status: 403 | 404,
                message,
                ..
            },
        ) if revision.files.iter().any(|file| file.path.is_workflow()) => {
            WriteRefusal::Explained(Diagnostic::error(
                Code::AccessDenied,
                format!("the branch {} cannot be made: {message}", revision.branch),
                "it changes files in .github/workflows, for which the token needs the permission `workflows: write` as well: only a GitHub App or a personal access token can have it",
            ))
        }
        (
            PullRequestAction::Merge(merge)
            | PullRequestAction::MergeWhenReady(merge)
            | PullRequestAction::Enqueue(merge),
            Cause::Refused { message, .. },
        ) if !message.contains("not allowed") => WriteRefusal::NotYet {
            head: merge.head.clone(),
            why: message.clone(),
        },
        (PullRequestAction::DeleteBranch { branch, .. }, _) => {
            WriteRefusal::Unimportant(Diagnostic::warning(
                Code::BranchKept,
                format!(
                    "the merged branch {branch} is still there: {}",
                    refusal.cause
                ),
                format!(
                    "delete {branch}, or check *Automatically delete head branches* under *Settings, General* of the repository"
                ),
            ))
        }
        _ => WriteRefusal::Final,
    }
}
