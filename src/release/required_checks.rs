//! What is wrong with the checks that a commit must have passed.

use crate::domain::{Code, CommitSha, Diagnostic};
use crate::protocol::{CheckState, RequiredCheck, SeenCheck};

/// The checks of one name or pattern: each that was found has succeeded, and at least one was found.
pub(crate) fn check_required(
    required: &RequiredCheck,
    checks: &[SeenCheck],
    commit: &CommitSha,
) -> Vec<Diagnostic> {
    let found: Vec<_> = checks
        .iter()
        .filter(|check| required.name.matches(&check.name))
        .collect();
    if found.is_empty() {
        return vec![Diagnostic::error(
            Code::CheckMissing,
            format!(
                "the check {} has never run at {}",
                required.name,
                commit.short()
            ),
            "run it for this commit, or take it out of `required-checks`",
        )];
    }
    found
        .into_iter()
        .filter(|c| c.state != CheckState::Success && !required.also.contains(&c.state))
        .map(|check| not_green(check, commit))
        .collect()
}

/// A check that did not succeed, or has not yet.
pub(crate) fn not_green(check: &SeenCheck, commit: &CommitSha) -> Diagnostic {
    let page = check.url.as_deref().unwrap_or("its page on GitHub");
    Diagnostic::error(
        Code::CheckNotGreen,
        format!(
            "the check {} is {} at {}",
            check.name,
            check.state,
            commit.short()
        ),
        format!("look at {page}"),
    )
}
