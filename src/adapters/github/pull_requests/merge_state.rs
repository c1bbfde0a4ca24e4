//! What keeps a pull request from being merged: one query, since REST needs several requests for it.

use serde_json::Value;

use super::models::broken;
use crate::adapters::github::{GitHub, models};
use crate::protocol::{
    Cause, CheckState, MOST_CHECKS, MergeStatus, Mergeable, NodeId, PullRequestState, QueuePlace,
    ReviewState, SeenMergeState, SeenPullCheck,
};

/// <https://docs.github.com/en/graphql/reference/objects#pullrequest>
fn query(number: u64) -> String {
    format!(
        "query($owner: String!, $name: String!) {{ repository(owner: $owner, name: $name) {{ \
         pullRequest(number: {number}) {{ id state isDraft mergeable mergeStateStatus reviewDecision headRefOid \
         mergeCommit {{ oid }} autoMergeRequest {{ enabledAt }} isMergeQueueEnabled mergeQueueEntry {{ position state }} \
         statusCheckRollup {{ contexts(first: {MOST_CHECKS}) {{ nodes {{ __typename \
         ... on CheckRun {{ name status conclusion isRequired(pullRequestNumber: {number}) }} \
         ... on StatusContext {{ context state isRequired(pullRequestNumber: {number}) }} }} }} }} }} }} }}"
    )
}

impl GitHub {
    pub(super) async fn see_merge_state(&self, number: u64) -> Result<SeenMergeState, Cause> {
        let text = query(number);
        let query = models::GraphQlQuery {
            query: &text,
            variables: self.variables([]),
        };
        let data = self.client.query_value(&query).await?;
        let pull = data.pointer("/repository/pullRequest");
        let pull = pull.filter(|pull| pull.is_object());
        let pull =
            pull.ok_or_else(|| broken(format!("GitHub's GraphQL has no pull request #{number}")))?;
        seen(pull)
    }
}

fn seen(pull: &Value) -> Result<SeenMergeState, Cause> {
    let text = |name: &str| {
        let value = pull.get(name).and_then(Value::as_str);
        value.ok_or_else(|| {
            broken(format!(
                "GitHub's GraphQL gives a pull request without {name}"
            ))
        })
    };
    let unknown = |name: &str, value: &str| {
        broken(format!(
            "GitHub's GraphQL gives a pull request with the {name} {value}"
        ))
    };
    let state = match text("state")? {
        "OPEN" => PullRequestState::Open,
        "CLOSED" => PullRequestState::Closed,
        "MERGED" => PullRequestState::Merged,
        other => return Err(unknown("state", other)),
    };
    let mergeable = match text("mergeable")? {
        "MERGEABLE" => Mergeable::Yes,
        "CONFLICTING" => Mergeable::Conflicting,
        _ => Mergeable::Unknown,
    };
    let status = match text("mergeStateStatus")? {
        "BEHIND" => MergeStatus::Behind,
        "BLOCKED" => MergeStatus::Blocked,
        "CLEAN" => MergeStatus::Clean,
        "DIRTY" => MergeStatus::Dirty,
        "DRAFT" => MergeStatus::Draft,
        "HAS_HOOKS" => MergeStatus::HasHooks,
        "UNSTABLE" => MergeStatus::Unstable,
        _ => MergeStatus::Unknown,
    };
    let review = match pull.get("reviewDecision").and_then(Value::as_str) {
        None => ReviewState::NotRequired,
        Some("APPROVED") => ReviewState::Approved,
        Some("CHANGES_REQUESTED") => ReviewState::ChangesRequested,
        Some("REVIEW_REQUIRED") => ReviewState::Required,
        Some(other) => return Err(unknown("reviewDecision", other)),
    };
    let queue = pull
        .get("mergeQueueEntry")
        .filter(|entry| entry.is_object());
    let checks = pull.pointer("/statusCheckRollup/contexts/nodes");
    let checks = checks.and_then(Value::as_array).into_iter().flatten();
    let merge_commit = pull.pointer("/mergeCommit/oid").and_then(Value::as_str);
    let merge_commit = merge_commit.map(|sha| sha.parse().map_err(broken));
    let is = |name: &str| pull.get(name) == Some(&Value::Bool(true));
    Ok(SeenMergeState {
        node: NodeId(text("id")?.to_owned()),
        state,
        head: text("headRefOid")?.parse().map_err(broken)?,
        is_draft: is("isDraft"),
        mergeable,
        status,
        review,
        has_auto_merge: pull.get("autoMergeRequest").is_some_and(Value::is_object),
        has_queue: is("isMergeQueueEnabled"),
        queue: queue.map(|entry| QueuePlace {
            position: entry
                .get("position")
                .and_then(Value::as_u64)
                .unwrap_or_default(),
            state: entry
                .get("state")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
        }),
        checks: checks.filter_map(check).collect(),
        merge_commit: merge_commit.transpose()?,
    })
}

/// A check run, or a commit status
/// (<https://docs.github.com/en/graphql/reference/unions#statuscheckrollupcontext>).
fn check(context: &Value) -> Option<SeenPullCheck> {
    let text = |name: &str| context.get(name).and_then(Value::as_str);
    let is_run = text("__typename")? == "CheckRun";
    let state = if is_run {
        match (text("status")?, text("conclusion")) {
            ("COMPLETED", Some("SUCCESS")) => CheckState::Success,
            ("COMPLETED", Some("NEUTRAL")) => CheckState::Neutral,
            ("COMPLETED", Some("SKIPPED")) => CheckState::Skipped,
            ("COMPLETED", _) => CheckState::Failure,
            _ => CheckState::Pending,
        }
    } else {
        match text("state")? {
            "SUCCESS" => CheckState::Success,
            "EXPECTED" | "PENDING" => CheckState::Pending,
            _ => CheckState::Failure,
        }
    };
    Some(SeenPullCheck {
        name: text(if is_run { "name" } else { "context" })?.to_owned(),
        state,
        is_required: context.get("isRequired") == Some(&Value::Bool(true)),
    })
}
