//! Fields of pull requests.
//! <https://docs.github.com/en/graphql/reference/objects#pullrequest>

use super::connection;
use super::document::RequestedField;
use super::nodes::{actor, list};
use super::object::{FieldResult, Object, ResolveContext, Resolved};
use super::resolve_checks;
use super::resolve_issues::{CommonFields, common};
use crate::github::model::{GitRepository, MergeVerdict, Pull, StoredReview};
use crate::github::rest::objects::node_id;
use crate::github::rest::pull_files;
use crate::github::rest::pulls::verdict;
use crate::text::rfc3339;
use serde_json::{Value, json};

/// `OPEN`, `CLOSED` or `MERGED`.
pub(crate) fn state_of(pull: &Pull) -> &'static str {
    match (pull.merged_at, pull.state.as_str()) {
        (Some(_), _) => "MERGED",
        (None, "open") => "OPEN",
        (None, _) => "CLOSED",
    }
}

pub(crate) fn pull<'a>(
    context: &ResolveContext<'a>,
    repository: &'a GitRepository,
    number: u64,
    pull: &'a Pull,
    field: &RequestedField,
) -> FieldResult<'a> {
    let commit = |sha: Option<&str>| {
        let found = sha.and_then(|sha| Object::commit(repository, sha));
        Resolved::maybe(found)
    };
    let branch = |name: &str| {
        let name = format!("refs/heads/{name}");
        let known = repository.refs.contains_key(&name);
        Resolved::maybe(known.then_some(Object::Ref(repository, name)))
    };
    Ok(Some(match field.name.as_str() {
        "state" => json!(state_of(pull)).into(),
        "baseRefName" => json!(pull.base).into(),
        "headRefName" => json!(pull.head).into(),
        "baseRefOid" => json!(repository.base_of(pull)).into(),
        "headRefOid" => json!(repository.head_of(pull)).into(),
        "baseRef" => branch(&pull.base),
        "headRef" => branch(&pull.head),
        "baseRepository" | "headRepository" => Object::Repository(repository).into(),
        "headRepositoryOwner" => Object::actor(&repository.owner).into(),
        "isCrossRepository" | "maintainerCanModify" => json!(false).into(),
        "isDraft" => json!(pull.draft).into(),
        "merged" => json!(pull.merged_at.is_some()).into(),
        "mergedAt" => json!(pull.merged_at.map(rfc3339)).into(),
        "mergedBy" => {
            let by = pull.merged_by.as_deref().unwrap_or(&pull.login);
            let merged = pull.merged_at.is_some();
            Resolved::maybe(merged.then(|| Object::actor(by)))
        }
        "mergeCommit" => commit(pull.merge_commit.as_deref()),
        "potentialMergeCommit" | "milestone" => Value::Null.into(),
        "mergeable" => json!(match verdict(context.call, repository, pull) {
            MergeVerdict::Unknown => "UNKNOWN",
            MergeVerdict::Dirty => "CONFLICTING",
            _ => "MERGEABLE",
        })
        .into(),
        "mergeStateStatus" => {
            let verdict = verdict(context.call, repository, pull);
            json!(verdict.name().to_uppercase()).into()
        }
        "reviewDecision" => json!(repository.review_decision(pull)).into(),
        "autoMergeRequest" => auto_merge(pull).into(),
        "isInMergeQueue" => json!(pull.queue_entry.is_some()).into(),
        "isMergeQueueEnabled" => json!(repository.queue_method(pull).is_some()).into(),
        "mergeQueueEntry" => queue_entry(repository, number, pull).into(),
        "statusCheckRollup" => resolve_checks::rollup(repository, &repository.head_of(pull)),
        "additions" | "deletions" | "changedFiles" | "files" => {
            return Ok(files(repository, pull, &field.name));
        }
        "reviews" | "latestReviews" => reviews(repository, &pull.reviews, field)?.into(),
        "reviewRequests" => review_requests(pull),
        "reactionGroups" => json!([]).into(),
        "assignedActors" => Object::Json("AssigneeConnection", list(std::iter::empty())).into(),
        "assignees" => Object::Json("UserConnection", list(std::iter::empty())).into(),
        "commits" => {
            let shas = repository.commits_of(pull).into_iter();
            let all = shas.map(|sha| Object::PullCommit(repository, sha));
            connection::new(
                "PullRequestCommitConnection",
                "PullRequestCommitEdge",
                all.collect(),
                field,
            )?
            .into()
        }
        _ => {
            let of = CommonFields {
                kind: "PR",
                number,
                title: &pull.title,
                body: &pull.body,
                login: &pull.login,
                labels: &pull.labels,
                comments: &pull.comments,
                created_at: pull.created_at,
                closed: pull.state != "open",
            };
            return common(context, repository, &of, field);
        }
    }))
}

fn auto_merge(pull: &Pull) -> Value {
    pull.auto_merge.as_ref().map_or(Value::Null, |auto| {
        json!({
            "authorEmail": null,
            "commitBody": auto.message,
            "commitHeadline": auto.title,
            "enabledAt": rfc3339(auto.enabled_at),
            "enabledBy": actor(&auto.enabled_by),
            "mergeMethod": auto.method.to_uppercase(),
        })
    })
}

/// The place among those that wait for the same base, the first of which is 1.
fn queue_entry(repository: &GitRepository, number: u64, pull: &Pull) -> Value {
    let Some(entry) = &pull.queue_entry else {
        return Value::Null;
    };
    let others = repository.pulls.iter();
    let before = others.filter(|(other, queued)| {
        let queued = queued
            .queue_entry
            .as_ref()
            .filter(|_| queued.base == pull.base);
        queued.is_some_and(|queued| (queued.since, **other) < (entry.since, number))
    });
    json!({
        "id": node_id("MQE", number),
        "position": before.count() + 1,
        "state": "AWAITING_CHECKS",
        "enqueuedAt": rfc3339(entry.enqueued_at),
        "enqueuer": actor(&entry.login),
        "estimatedTimeToMerge": null,
        "jump": false,
        "solo": false,
    })
}

fn files<'a>(repository: &'a GitRepository, pull: &Pull, field: &str) -> Option<Resolved<'a>> {
    let mut counts = json!({});
    pull_files::add_counts(repository, pull, &mut counts);
    Some(match field {
        "changedFiles" => counts.get("changed_files").cloned()?.into(),
        "files" => {
            let changes = repository.changes_of(pull);
            let nodes = changes.iter().map(|change| {
                let kind = match (&change.before, &change.after) {
                    (None, _) => "ADDED",
                    (_, None) => "DELETED",
                    _ => "MODIFIED",
                };
                let (additions, deletions) = pull_files::counts(repository, change);
                json!({
                    "path": change.path,
                    "additions": additions,
                    "deletions": deletions,
                    "changeType": kind,
                })
            });
            Object::Json("PullRequestChangedFileConnection", list(nodes)).into()
        }
        count => counts.get(count).cloned()?.into(),
    })
}

/// All, or the last one of each person.
fn reviews<'a>(
    repository: &'a GitRepository,
    reviews: &'a [StoredReview],
    field: &RequestedField,
) -> Result<Object<'a>, String> {
    let mut shown: Vec<&StoredReview> = reviews.iter().collect();
    if field.name == "latestReviews" {
        let is_last = |at: usize, review: &StoredReview| {
            let mut later = reviews.iter().skip(at + 1);
            later.all(|later| later.login != review.login)
        };
        let last = reviews.iter().enumerate();
        let last = last.filter(|(at, review)| is_last(*at, review));
        shown = last.map(|(_, review)| review).collect();
    }
    let all = shown.into_iter();
    let all = all.map(|review| Object::Review(repository, review));
    connection::new(
        "PullRequestReviewConnection",
        "PullRequestReviewEdge",
        all.collect(),
        field,
    )
}

pub(crate) fn review<'a>(
    repository: &'a GitRepository,
    review: &'a StoredReview,
    field: &str,
) -> Option<Resolved<'a>> {
    Some(match field {
        "id" => json!(node_id("PRR", review.id)).into(),
        "author" => Object::actor(&review.login).into(),
        "authorAssociation" => json!("MEMBER").into(),
        "body" => json!(review.body).into(),
        "state" => json!(review.state).into(),
        "submittedAt" => json!(rfc3339(review.submitted_at)).into(),
        "commit" => Resolved::maybe(Object::commit(repository, &review.commit)),
        "reactionGroups" => json!([]).into(),
        _ => return None,
    })
}

fn review_requests<'a>(pull: &Pull) -> Resolved<'a> {
    let asked = pull.requested_reviewers.iter();
    let nodes = asked.map(|login| json!({ "requestedReviewer": actor(login) }));
    Object::Json("ReviewRequestConnection", list(nodes)).into()
}
