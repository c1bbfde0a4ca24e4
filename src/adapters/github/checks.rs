//! The checks at a commit: statuses, check runs, workflow runs.

use std::collections::BTreeMap;

use super::client::ALL_PAGES;
use super::{GitHub, models};
use crate::domain::CommitSha;
use crate::protocol::{Cause, CheckState, SeenCheck};

impl GitHub {
    /// <https://docs.github.com/en/rest/commits/statuses#list-commit-statuses-for-a-reference>: newest first, so that the
    /// first of a context counts.
    pub(super) async fn statuses_at(&self, commit: &CommitSha) -> Result<Vec<SeenCheck>, Cause> {
        let url = self.url(&["commits", commit.as_str(), "statuses"]);
        let mut newest: BTreeMap<String, SeenCheck> = BTreeMap::new();
        for status in self
            .client
            .list::<models::CommitStatus>(url, ALL_PAGES)
            .await?
        {
            newest
                .entry(status.context.clone())
                .or_insert_with(|| SeenCheck {
                    state: match status.state.as_str() {
                        "success" => CheckState::Success,
                        "pending" => CheckState::Pending,
                        _ => CheckState::Failure,
                    },
                    name: status.context,
                    description: status.description,
                    url: status.target_url,
                });
        }
        Ok(newest.into_values().collect())
    }

    pub(super) async fn checks_at(&self, commit: &CommitSha) -> Result<Vec<SeenCheck>, Cause> {
        let runs = self.url(&["commits", commit.as_str(), "check-runs"]);
        let runs = self
            .client
            .pages::<models::CheckRuns>(runs, ALL_PAGES)
            .await?;
        let mut workflows = self.url(&["actions", "runs"]);
        workflows
            .query_pairs_mut()
            .append_pair("head_sha", commit.as_str());
        let workflows = self
            .client
            .pages::<models::WorkflowRuns>(workflows, ALL_PAGES)
            .await?;
        let mut checks = self.statuses_at(commit).await?;
        checks.extend(newest(runs.into_iter().flat_map(|page| page.check_runs)));
        checks.extend(newest(
            workflows.into_iter().flat_map(|page| page.workflow_runs),
        ));
        Ok(checks)
    }
}

/// The newest check of each name, by its id. GitHub's `filter=latest` gives the latest of each *suite*, so that a name may
/// come several times.
fn newest(checks: impl Iterator<Item = models::Check>) -> impl Iterator<Item = SeenCheck> {
    let mut newest: BTreeMap<String, models::Check> = BTreeMap::new();
    for check in checks {
        let name = check.name.clone().unwrap_or_default();
        let older = newest.get(&name).is_none_or(|known| known.id < check.id);
        if older {
            newest.insert(name, check);
        }
    }
    newest.into_iter().map(|(name, check)| SeenCheck {
        name,
        state: state(check.status.as_deref(), check.conclusion.as_deref()),
        description: None,
        url: check.html_url,
    })
}

fn state(status: Option<&str>, conclusion: Option<&str>) -> CheckState {
    match (status, conclusion) {
        (Some("completed"), Some("success")) => CheckState::Success,
        (Some("completed"), Some("neutral")) => CheckState::Neutral,
        (Some("completed"), Some("skipped")) => CheckState::Skipped,
        (Some("completed"), _) => CheckState::Failure,
        _ => CheckState::Pending,
    }
}
