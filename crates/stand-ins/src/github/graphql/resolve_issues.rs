//! Fields of pull requests, issues and labels.
//! <https://docs.github.com/en/graphql/reference/objects#pullrequest>

use super::connection;
use super::document::RequestedField;
use super::object::{FieldResult, Object, ResolveContext, Resolved};
use crate::github::model::{GitRepository, Issue, Pull, StoredComment};
use crate::github::rest::objects::{address, id_of, node_id, page};
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

/// What issues and pull requests have in common.
struct Common<'a> {
    kind: &'static str,
    number: u64,
    title: &'a str,
    body: &'a str,
    login: &'a str,
    labels: &'a [String],
    comments: &'a [StoredComment],
    created_at: u64,
    closed: bool,
}

fn common<'a>(
    context: &ResolveContext<'a>,
    repository: &'a GitRepository,
    of: &Common<'a>,
    field: &RequestedField,
) -> FieldResult<'a> {
    let kind = if of.kind == "PR" { "pull" } else { "issues" };
    let path = format!("/{kind}/{}", of.number);
    let id = repository.id * 1_000_000 + of.number;
    let date = rfc3339(of.created_at);
    Ok(Some(match field.name.as_str() {
        "id" => json!(node_id(of.kind, id)).into(),
        "databaseId" => json!(id).into(),
        "number" => json!(of.number).into(),
        "title" => json!(of.title).into(),
        "body" => json!(of.body).into(),
        "url" => json!(page(context.call, repository, &path)).into(),
        "resourcePath" => json!(format!("/{}{path}", repository.full_name())).into(),
        "author" => Object::actor(of.login).into(),
        "authorAssociation" => json!("CONTRIBUTOR").into(),
        "createdAt" | "updatedAt" => json!(date).into(),
        "closed" => json!(of.closed).into(),
        "closedAt" => json!(of.closed.then_some(date)).into(),
        "locked" => json!(false).into(),
        "activeLockReason" | "milestone" => Value::Null.into(),
        "repository" => Object::Repository(repository).into(),
        "comments" => Object::Json(
            "IssueCommentConnection",
            json!({
                "totalCount": of.comments.len(),
                "nodes": of.comments.iter().map(|comment| json!({ "body": comment.body })).collect::<Vec<_>>(),
                "pageInfo": one_page(),
            }),
        )
        .into(),
        "labels" => {
            let all = of.labels.iter();
            let all = all.map(|label| Object::Label(repository, label));
            connection::new("LabelConnection", "LabelEdge", all.collect(), field)?.into()
        }
        _ => return Ok(None),
    }))
}

fn one_page() -> Value {
    json!({ "hasNextPage": false, "hasPreviousPage": false, "startCursor": null, "endCursor": null })
}

pub(crate) fn pull<'a>(
    context: &ResolveContext<'a>,
    repository: &'a GitRepository,
    number: u64,
    pull: &'a Pull,
    field: &RequestedField,
) -> FieldResult<'a> {
    let merge_commit = || {
        let sha = pull.merge_commit.as_deref();
        sha.and_then(|sha| Object::commit(repository, sha))
    };
    Ok(Some(match field.name.as_str() {
        "state" => json!(state_of(pull)).into(),
        "baseRefName" => json!(pull.base).into(),
        "headRefName" => json!(pull.head).into(),
        "baseRepository" | "headRepository" => Object::Repository(repository).into(),
        "headRepositoryOwner" => Object::actor(&repository.owner).into(),
        "isCrossRepository" | "isDraft" => json!(false).into(),
        "merged" => json!(pull.merged_at.is_some()).into(),
        "mergedAt" => json!(pull.merged_at.map(rfc3339)).into(),
        "mergedBy" => {
            let merged = pull.merged_at.is_some();
            Resolved::maybe(merged.then(|| Object::actor(&pull.login)))
        }
        "mergeCommit" => Resolved::maybe(merge_commit()),
        "mergeable" => json!("UNKNOWN").into(),
        "changedFiles" => json!(1).into(),
        // The one commit that a squashed pull request is known to have.
        "commits" => {
            let shas = pull.merge_commit.iter();
            let all = shas.map(|sha| Object::PullCommit(repository, sha.clone()));
            connection::new(
                "PullRequestCommitConnection",
                "PullRequestCommitEdge",
                all.collect(),
                field,
            )?
            .into()
        }
        _ => {
            let of = Common {
                kind: "PR",
                number,
                title: &pull.title,
                body: &pull.body,
                login: &pull.login,
                labels: &pull.labels,
                comments: &pull.comments,
                created_at: pull.merged_at.unwrap_or_default(),
                closed: pull.state != "open",
            };
            return common(context, repository, &of, field);
        }
    }))
}

pub(crate) fn issue<'a>(
    context: &ResolveContext<'a>,
    repository: &'a GitRepository,
    number: u64,
    issue: &'a Issue,
    field: &RequestedField,
) -> FieldResult<'a> {
    if field.name == "state" {
        return Ok(Some(json!(issue.state.to_uppercase()).into()));
    }
    if field.name == "stateReason" {
        return Ok(Some(Value::Null.into()));
    }
    let of = Common {
        kind: "I",
        number,
        title: &issue.title,
        body: &issue.body,
        login: &issue.login,
        labels: &issue.labels,
        comments: &issue.comments,
        created_at: issue.created_at,
        closed: issue.state != "open",
    };
    common(context, repository, &of, field)
}

pub(crate) fn label<'a>(
    context: &ResolveContext<'a>,
    repository: &'a GitRepository,
    label: &str,
    field: &str,
) -> Option<Resolved<'a>> {
    let value = match field {
        "id" => json!(node_id("LA", id_of(label))),
        "name" => json!(label),
        "color" => json!("ededed"),
        "description" => json!(""),
        "isDefault" => json!(false),
        "url" => json!(address(
            context.call,
            repository,
            &format!("/labels/{label}")
        )),
        _ => return None,
    };
    Some(value.into())
}
