//! Fields of issues and labels.
//! <https://docs.github.com/en/graphql/reference/objects#issue>

use super::connection;
use super::document::RequestedField;
use super::nodes::{actor, list};
use super::object::{FieldResult, Object, ResolveContext, Resolved};
use crate::github::model::{GitRepository, Issue, StoredComment};
use crate::github::rest::objects::{address, id_of, node_id, page};
use crate::text::rfc3339;
use serde_json::{Value, json};

/// What issues and pull requests have in common.
pub(crate) struct CommonFields<'a> {
    pub(crate) kind: &'static str,
    pub(crate) number: u64,
    pub(crate) title: &'a str,
    pub(crate) body: &'a str,
    pub(crate) login: &'a str,
    pub(crate) labels: &'a [String],
    pub(crate) comments: &'a [StoredComment],
    pub(crate) created_at: u64,
    pub(crate) closed: bool,
}

pub(crate) fn common<'a>(
    context: &ResolveContext<'a>,
    repository: &'a GitRepository,
    of: &CommonFields<'a>,
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
        "comments" => {
            let html = page(context.call, repository, &path);
            let nodes = of.comments.iter().map(|comment| {
                let html = format!("{html}#issuecomment-{}", comment.id);
                comment_view(comment, &html)
            });
            Object::Json("IssueCommentConnection", list(nodes)).into()
        }
        "labels" => {
            let all = of.labels.iter();
            let all = all.map(|label| Object::Label(repository, label));
            connection::new("LabelConnection", "LabelEdge", all.collect(), field)?.into()
        }
        _ => return Ok(None),
    }))
}

fn comment_view(comment: &StoredComment, html: &str) -> Value {
    json!({
        "id": node_id("IC", comment.id),
        "author": actor(&comment.login),
        "authorAssociation": "MEMBER",
        "body": comment.body,
        "createdAt": rfc3339(comment.created_at),
        "includesCreatedEdit": false,
        "isMinimized": false,
        "minimizedReason": null,
        "reactionGroups": [],
        "url": html,
        "viewerDidAuthor": false,
    })
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
    let of = CommonFields {
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
