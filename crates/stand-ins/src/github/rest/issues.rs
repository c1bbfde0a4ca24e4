//! Issues, and the labels of issues and pull requests, which share their numbers.
//! <https://docs.github.com/en/rest/issues/issues>

use super::comments::{self, parse};
use super::objects::{address, label, node_id, page, user};
use super::page::Page;
use crate::fields;
use crate::github::call::ApiCall;
use crate::github::error::{ApiError, ApiResult};
use crate::github::model::{GitRepository, Issue, Level, Right};
use crate::text::rfc3339;
use crate::transport::Reply;
use http::Method;
use serde_json::{Value, json};

pub(crate) fn read(call: &ApiCall, repository: &GitRepository, path: &[&str]) -> ApiResult {
    match path {
        [.., "comments"] | ["comments", _] => comments::read(call, repository, path),
        [] => list(call, repository),
        [number] => {
            let number = parse(number)?;
            let issue = repository.issues.get(&number);
            let issue = issue.ok_or_else(ApiError::not_found)?;
            Ok(Reply::json(200, &view(call, repository, number, issue)))
        }
        [number, "labels"] => {
            let views = labels(call, repository, parse(number)?)?;
            Ok(Reply::json(200, &json!(views)))
        }
        _ => Err(ApiError::not_found()),
    }
}

pub(crate) fn write(call: &ApiCall, repository: &mut GitRepository, path: &[&str]) -> ApiResult {
    if let [.., "comments"] | ["comments", _] = path {
        return comments::write(call, repository, path);
    }
    let is_pull = |number: &str| {
        repository
            .pulls
            .contains_key(&number.parse().unwrap_or_default())
    };
    let on_pull = path.first().is_some_and(|number| is_pull(number));
    if !(on_pull && call.has(Right::PullRequests, Level::Write)) {
        call.need(Right::Issues, Level::Write)?;
    }
    match (&call.request.method, path) {
        (&Method::POST, []) => create(call, repository),
        (&Method::PATCH, [number]) => update(call, repository, parse(number)?),
        (&Method::POST, [number, "labels"]) => add_labels(call, repository, parse(number)?),
        _ => Err(ApiError::not_found()),
    }
}

fn view(call: &ApiCall, repository: &GitRepository, number: u64, issue: &Issue) -> Value {
    let own = address(call, repository, &format!("/issues/{number}"));
    let labels = issue.labels.iter();
    let id = repository.id * 1_000_000 + number;
    json!({
        "id": id,
        "node_id": node_id("I", id),
        "number": number,
        "title": issue.title,
        "body": issue.body,
        "state": issue.state,
        "locked": false,
        "user": user(call, &issue.login),
        "labels": labels.map(|name| label(call, repository, name)).collect::<Vec<_>>(),
        "assignee": null,
        "assignees": [],
        "milestone": null,
        "comments": issue.comments.len(),
        "author_association": "MEMBER",
        "created_at": rfc3339(issue.created_at),
        "updated_at": rfc3339(issue.created_at),
        "closed_at": null,
        "url": own,
        "repository_url": address(call, repository, ""),
        "labels_url": format!("{own}/labels{{/name}}"),
        "comments_url": format!("{own}/comments"),
        "events_url": format!("{own}/events"),
        "html_url": page(call, repository, &format!("/issues/{number}")),
    })
}

fn list(call: &ApiCall, repository: &GitRepository) -> ApiResult {
    let state = call.request.param("state");
    let state = state.as_deref().unwrap_or("open");
    let listed = call.listed(repository).ok_or_else(ApiError::not_found)?;
    let issues = listed.issues.iter().rev();
    let found: Vec<_> = issues
        .filter(|(_, issue)| state == "all" || issue.state == state)
        .collect();
    let page = Page::new(call, repository, found)?;
    let views: Vec<Value> = page
        .items
        .iter()
        .map(|(number, issue)| view(call, repository, **number, issue))
        .collect();
    Ok(page.linked(Reply::json(200, &json!(views))))
}

fn labels(call: &ApiCall, repository: &GitRepository, number: u64) -> Result<Vec<Value>, ApiError> {
    let pull = repository.pulls.get(&number).map(|pull| &pull.labels);
    let issue = repository.issues.get(&number).map(|issue| &issue.labels);
    let names = pull.or(issue).ok_or_else(ApiError::not_found)?;
    let labels = names.iter();
    Ok(labels.map(|name| label(call, repository, name)).collect())
}

fn sent_labels(call: &ApiCall) -> Vec<String> {
    // An object with a list, or the list alone.
    let sent = fields::get(&call.body, "labels").as_array();
    let sent = sent.or(call.body.as_array()).into_iter().flatten();
    sent.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn create(call: &ApiCall, repository: &mut GitRepository) -> ApiResult {
    let number = repository.next_number();
    let issue = Issue {
        title: call.required("title")?,
        body: call.text("body")?.unwrap_or_default(),
        login: call
            .token
            .as_ref()
            .map(|token| token.login.clone())
            .unwrap_or_default(),
        labels: sent_labels(call),
        state: "open".to_owned(),
        created_at: call.now(),
        comments: Vec::new(),
    };
    let view = view(call, repository, number, &issue);
    repository.issues.insert(number, issue);
    Ok(Reply::json(201, &view))
}

fn update(call: &ApiCall, repository: &mut GitRepository, number: u64) -> ApiResult {
    let state = call.one_of("state", &["open", "closed"])?;
    let (title, body) = (call.text("title")?, call.text("body")?);
    let issue = repository.issues.get_mut(&number);
    let issue = issue.ok_or_else(ApiError::not_found)?;
    issue.state = state.unwrap_or_else(|| issue.state.clone());
    issue.title = title.unwrap_or_else(|| issue.title.clone());
    issue.body = body.unwrap_or_else(|| issue.body.clone());
    let issue = issue.clone();
    Ok(Reply::json(200, &view(call, repository, number, &issue)))
}

fn add_labels(call: &ApiCall, repository: &mut GitRepository, number: u64) -> ApiResult {
    labels(call, repository, number)?;
    let pull = repository.pulls.get_mut(&number);
    let pull = pull.map(|pull| &mut pull.labels);
    let issue = repository.issues.get_mut(&number);
    let issue = issue.map(|issue| &mut issue.labels);
    if let Some(names) = pull.or(issue) {
        names.extend(sent_labels(call));
        names.dedup();
    }
    let views = labels(call, repository, number)?;
    Ok(Reply::json(200, &json!(views)))
}
