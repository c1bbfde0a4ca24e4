//! The checks at a commit: statuses, check runs, workflow runs.

use std::collections::BTreeMap;
use std::time::SystemTime;

use super::client::{ALL_PAGES, Paging};
use super::{GitHub, models};
use crate::domain::CommitSha;
use crate::protocol::{Cause, CheckState, CheckTimes, SeenCheck};

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
                    times: CheckTimes {
                        began: None,
                        ended: seconds(status.created_at.as_deref()),
                    },
                });
        }
        Ok(newest.into_values().collect())
    }

    pub(super) async fn checks_at(&self, commit: &CommitSha) -> Result<Vec<SeenCheck>, Cause> {
        let runs = self.url(&["commits", commit.as_str(), "check-runs"]);
        let runs = self
            .client
            .pages::<models::CheckRuns>(runs, ALL_PAGES, Paging::Numbers)
            .await?;
        let mut workflows = self.url(&["actions", "runs"]);
        workflows
            .query_pairs_mut()
            .append_pair("head_sha", commit.as_str());
        let workflows = self
            .client
            .pages::<models::WorkflowRuns>(workflows, ALL_PAGES, Paging::Numbers)
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
        times: times(&check),
        name,
        state: state(check.status.as_deref(), check.conclusion.as_deref()),
        description: None,
        url: check.html_url,
    })
}

/// When it ran. A workflow run has no field for its end: it is updated last when it ends.
fn times(check: &models::Check) -> CheckTimes {
    let began = check.started_at.as_ref().or(check.run_started_at.as_ref());
    let ended = check.completed_at.as_ref().or(check.updated_at.as_ref());
    let is_over = check.status.as_deref() == Some("completed");
    CheckTimes {
        began: seconds(began.map(String::as_str)),
        ended: seconds(ended.filter(|_| is_over).map(String::as_str)),
    }
}

/// Seconds since 1970 of a time in RFC 3339; `None` for what cannot be read, since times are only shown.
pub(super) fn seconds(time: Option<&str>) -> Option<u64> {
    let time = humantime::parse_rfc3339(time?).ok()?;
    Some(time.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs())
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
