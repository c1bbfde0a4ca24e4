//! Comments on issues and pull requests.
//! <https://docs.github.com/en/rest/issues/comments>

use super::objects::{address, page, user};
use super::page::Page;
use crate::github::call::ApiCall;
use crate::github::error::{ApiError, ApiResult};
use crate::github::model::{GitRepository, Level, Right, StoredComment};
use crate::text::{rfc3339, stable_hex};
use crate::transport::Reply;
use http::Method;
use serde_json::{Value, json};

/// The longest body, in characters.
const BODY_MAX: usize = 65_536;

pub(crate) fn read(call: &ApiCall, repository: &GitRepository, path: &[&str]) -> ApiResult {
    match path {
        ["comments", id] => {
            let (number, comment) = find(repository, parse(id)?).ok_or_else(ApiError::not_found)?;
            Ok(Reply::json(200, &view(call, repository, number, comment)))
        }
        [number, "comments"] => list(call, repository, parse(number)?),
        _ => Err(ApiError::not_found()),
    }
}

pub(crate) fn write(call: &ApiCall, repository: &mut GitRepository, path: &[&str]) -> ApiResult {
    match (&call.request.method, path) {
        (&Method::POST, [number, "comments"]) => create(call, repository, parse(number)?),
        (&Method::PATCH, ["comments", id]) => update(call, repository, parse(id)?),
        (&Method::DELETE, ["comments", id]) => delete(call, repository, parse(id)?),
        _ => Err(ApiError::not_found()),
    }
}

/// The number of an issue or of a comment.
pub(super) fn parse(number: &str) -> Result<u64, ApiError> {
    number.parse().map_err(|_| ApiError::not_found())
}

/// One of two permissions is enough on a pull request.
fn may_comment(call: &ApiCall, repository: &GitRepository, number: u64) -> Result<(), ApiError> {
    let on_pull = repository.pulls.contains_key(&number);
    let may = call
        .token
        .as_ref()
        .is_some_and(|token| token.rights.pull_requests == Level::Write);
    if on_pull && may {
        return Ok(());
    }
    match call.need(Right::Issues, Level::Write) {
        Ok(_) => Ok(()),
        Err(error) if !on_pull => Err(error),
        Err(error) => Err(error.accepting("issues=write; pull_requests=write")),
    }
}

fn view(call: &ApiCall, repository: &GitRepository, number: u64, comment: &StoredComment) -> Value {
    let kind = if repository.pulls.contains_key(&number) {
        "pull"
    } else {
        "issues"
    };
    let html = page(call, repository, &format!("/{kind}/{number}"));
    let id = comment.id;
    json!({
        "id": id,
        "node_id": stable_hex(&format!("comment {} {id}", repository.id), 24),
        "body": comment.body,
        "url": address(call, repository, &format!("/issues/comments/{id}")),
        "html_url": format!("{html}#issuecomment-{id}"),
        "issue_url": address(call, repository, &format!("/issues/{number}")),
        "user": user(call, &comment.login),
        "author_association": "MEMBER",
        "created_at": rfc3339(comment.created_at),
        "updated_at": rfc3339(comment.updated_at),
    })
}

fn of_number(repository: &GitRepository, number: u64) -> Option<&Vec<StoredComment>> {
    let pull = repository.pulls.get(&number).map(|pull| &pull.comments);
    pull.or_else(|| repository.issues.get(&number).map(|issue| &issue.comments))
}

fn of_number_mut(repository: &mut GitRepository, number: u64) -> Option<&mut Vec<StoredComment>> {
    let issue = repository.issues.get_mut(&number);
    let pull = repository.pulls.get_mut(&number);
    pull.map(|pull| &mut pull.comments)
        .or(issue.map(|issue| &mut issue.comments))
}

/// The comment, and the number of its issue or pull request.
fn find(repository: &GitRepository, id: u64) -> Option<(u64, &StoredComment)> {
    let numbers = repository.pulls.keys().chain(repository.issues.keys());
    numbers.copied().find_map(|number| {
        let comments = of_number(repository, number)?;
        let found = comments.iter().find(|comment| comment.id == id)?;
        Some((number, found))
    })
}

/// By ascending id.
fn list(call: &ApiCall, repository: &GitRepository, number: u64) -> ApiResult {
    of_number(repository, number).ok_or_else(ApiError::not_found)?;
    let listed = call.listed(repository);
    let comments = listed.and_then(|listed| of_number(listed, number));
    let all: Vec<_> = comments.into_iter().flatten().collect();
    let page = Page::new(call, repository, all)?;
    let views: Vec<Value> = page
        .items
        .iter()
        .map(|comment| view(call, repository, number, comment))
        .collect();
    Ok(page.linked(Reply::json(200, &json!(views))))
}

fn body(call: &ApiCall) -> Result<String, ApiError> {
    let body = call.required("body")?;
    if body.trim().is_empty() {
        return Err(ApiError::validation(vec![json!({
            "resource": "IssueComment", "code": "unprocessable", "field": "data", "message": "Body cannot be blank",
        })]));
    }
    if body.chars().count() > BODY_MAX {
        return Err(ApiError::validation(vec![json!({
            "resource": "IssueComment", "code": "unprocessable", "field": "data",
            "message": format!("Body is too long (maximum is {BODY_MAX} characters)"),
        })]));
    }
    Ok(body)
}

fn create(call: &ApiCall, repository: &mut GitRepository, number: u64) -> ApiResult {
    of_number(repository, number).ok_or_else(ApiError::not_found)?;
    may_comment(call, repository, number)?;
    let comment = StoredComment {
        id: repository.new_id(),
        login: call
            .token
            .as_ref()
            .map(|token| token.login.clone())
            .unwrap_or_default(),
        body: body(call)?,
        created_at: call.now(),
        updated_at: call.now(),
    };
    if let Some(comments) = of_number_mut(repository, number) {
        comments.push(comment.clone());
    }
    Ok(Reply::json(201, &view(call, repository, number, &comment)))
}

/// Whoever may write may edit everybody's.
fn update(call: &ApiCall, repository: &mut GitRepository, id: u64) -> ApiResult {
    let (number, _) = find(repository, id).ok_or_else(ApiError::not_found)?;
    may_comment(call, repository, number)?;
    let (body, now) = (body(call)?, call.now());
    let comments = of_number_mut(repository, number).into_iter().flatten();
    for comment in comments.filter(|comment| comment.id == id) {
        comment.body.clone_from(&body);
        comment.updated_at = now;
    }
    let (number, comment) = find(repository, id).ok_or_else(ApiError::not_found)?;
    Ok(Reply::json(200, &view(call, repository, number, comment)))
}

fn delete(call: &ApiCall, repository: &mut GitRepository, id: u64) -> ApiResult {
    let (number, _) = find(repository, id).ok_or_else(ApiError::not_found)?;
    may_comment(call, repository, number)?;
    if let Some(comments) = of_number_mut(repository, number) {
        comments.retain(|comment| comment.id != id);
    }
    Ok(Reply::status(204))
}
