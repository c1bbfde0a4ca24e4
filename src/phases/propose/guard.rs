//! Whether nothing but our change came between the commit that a release began from and the one that is released.

use super::change::{ChangeOnCommit, ProposedChange};
use crate::domain::{BranchName, Code, CommitSha, Diagnostic};
use crate::protocol::{PullRequestReader, SeenRevision, ServiceError};

/// The finding if a base branch is not at the commit that the release began from.
///
/// # Errors
///
/// As those of [`PullRequestReader`].
pub(super) async fn moved(
    target: &dyn PullRequestReader,
    base: &BranchName,
    began: &CommitSha,
    head: &CommitSha,
) -> Result<Option<Diagnostic>, ServiceError> {
    if head == began {
        return Ok(None);
    }
    let (commits, count) = target.commits_between(began, head).await?;
    Ok(Some(between(base, began, head, &commits, count)))
}

/// The finding if a merge brought anything else along: it has to be one commit on the one that the release began from, with
/// exactly our change. A release that began from the merge itself, after an earlier run had died, has nothing in between.
///
/// # Errors
///
/// As those of [`PullRequestReader`].
pub(super) async fn merged(
    target: &dyn PullRequestReader,
    base: &BranchName,
    began: &CommitSha,
    merge: &SeenRevision,
    changes: &[ProposedChange],
) -> Result<Option<Diagnostic>, ServiceError> {
    if merge.commit == *began {
        return Ok(None);
    }
    let Some(parent) = merge.parents.first() else {
        return Ok(Some(other_content(merge)));
    };
    if let Some(finding) = moved(target, base, began, parent).await? {
        return Ok(Some(finding));
    }
    let began = target.revision(began).await?;
    let wanted = ChangeOnCommit::see(target, began, changes).await?;
    let is_ours = wanted.is_ok_and(|wanted| wanted.tree == merge.tree);
    Ok((!is_ours).then(|| other_content(merge)))
}

fn between(
    base: &BranchName,
    began: &CommitSha,
    head: &CommitSha,
    commits: &[String],
    count: u64,
) -> Diagnostic {
    let (began, head) = (began.short(), head.short());
    let mut seen = match count {
        0 => format!("{base} was at {began} when the release began, and {head} does not follow it"),
        1 => format!("{base} got another commit since {began}, when the release began:"),
        many => format!("{base} got {many} other commits since {began}, when the release began:"),
    };
    for commit in commits {
        seen.push_str("\n  ");
        seen.push_str(commit);
    }
    Diagnostic::error(
        Code::MergedElsewhere,
        seen,
        format!(
            "if a run that began at an earlier commit has merged this, run that one again; otherwise begin the release anew, from the head of {base}; `guard: anything` releases the other commits as well"
        ),
    )
}

fn other_content(merge: &SeenRevision) -> Diagnostic {
    Diagnostic::error(
        Code::MergedElsewhere,
        format!(
            "{} merges the pull request, and its files are not those that were proposed",
            merge.commit.short()
        ),
        "somebody pushed to the branch of the pull request: look at that commit, and begin the release anew; `guard: anything` releases it",
    )
}
