//! The builders that make the artifacts: one that failed, or did not start in time, ends the wait.

use super::{AwaitOptions, AwaitState};
use crate::domain::{Code, Diagnostic};
use crate::plan::ReleasePlan;
use crate::protocol::{CheckState, WaitTime};
use crate::release::builder_checks::matching;

impl AwaitState {
    /// Whether every builder had the time to start. None can while an approval is awaited.
    fn builders_are_late(&self, options: &AwaitOptions) -> bool {
        let counted = self.waited.saturating_sub(self.uncounted);
        self.approval.time() == WaitTime::Counted && counted >= options.builder_start_timeout
    }
}

/// Builders that failed, or did not start in time.
pub(super) fn findings(
    plan: &ReleasePlan,
    options: &AwaitOptions,
    seen: &AwaitState,
) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for pattern in &options.builders {
        let mut checks = matching(pattern, &seen.release.checks).peekable();
        if checks.peek().is_none() && seen.builders_are_late(options) {
            let waited = humantime::format_duration(options.builder_start_timeout);
            findings.push(Diagnostic::error(
                Code::BuilderNeverStarted,
                format!("no check {pattern} has appeared at {} within {waited}", plan.wanted.commit.short()),
                format!(
                    "a tag made with a workflow's own token starts no other workflow: give the phase `draft` a GitHub App (`app-id` and \
                     `app-private-key`, the secrets APP_ID and APP_PRIVATE_KEY) or another token, call the build from this workflow, \
                     or start it by hand for {}",
                    plan.wanted.tag
                ),
            ));
        }
        for failed in
            checks.filter(|check| matches!(check.state, CheckState::Failure | CheckState::Skipped))
        {
            let page = failed.url.as_deref().unwrap_or("its page on GitHub");
            findings.push(Diagnostic::error(
                Code::BuilderFailed,
                format!(
                    "{} ended with {}, so its artifacts will not be made",
                    failed.name, failed.state
                ),
                format!("look at {page}, repair it, run it again, and then this"),
            ));
        }
    }
    findings
}
