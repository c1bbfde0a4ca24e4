//! Reviews of pull requests, and who is asked for one.
//! <https://docs.github.com/en/rest/pulls/reviews>, <https://docs.github.com/en/rest/pulls/review-requests>

use super::objects::{address, node_id, page, user};
use super::page::Page;
use super::pull_writes::actions_may;
use super::pulls::{find, full_view};
use crate::fields;
use crate::github::call::ApiCall;
use crate::github::error::{ApiError, ApiResult};
use crate::github::model::{GitRepository, Level, Right, StoredReview};
use crate::text::rfc3339;
use crate::transport::Reply;
use serde_json::{Value, json};

fn view(call: &ApiCall, repository: &GitRepository, number: u64, review: &StoredReview) -> Value {
    let own = address(call, repository, &format!("/pulls/{number}"));
    let html = page(call, repository, &format!("/pull/{number}"));
    let html = format!("{html}#pullrequestreview-{}", review.id);
    json!({
        "id": review.id,
        "node_id": node_id("PRR", review.id),
        "user": user(call, &review.login),
        "body": review.body,
        "state": review.state,
        "html_url": html,
        "pull_request_url": own,
        "author_association": "MEMBER",
        "_links": { "html": { "href": html }, "pull_request": { "href": own } },
        "submitted_at": rfc3339(review.submitted_at),
        "commit_id": review.commit,
    })
}

pub(crate) fn list(call: &ApiCall, repository: &GitRepository, number: &str) -> ApiResult {
    call.may_read(repository, Right::PullRequests)?;
    let (number, pull) = find(repository, number)?;
    let page = Page::new(call, repository, pull.reviews.iter().collect())?;
    let views: Vec<Value> = page
        .items
        .iter()
        .map(|review| view(call, repository, number, review))
        .collect();
    Ok(page.linked(Reply::json(200, &json!(views))))
}

/// A refusal whose reason is a plain text in `errors`.
fn unprocessable(reason: &str) -> ApiError {
    ApiError::new(422, "Unprocessable Entity").with_errors(vec![json!(reason)])
}

pub(crate) fn create(call: &ApiCall, repository: &mut GitRepository, number: &str) -> ApiResult {
    let token = call.need(Right::PullRequests, Level::Write)?.clone();
    let (number, pull) = find(repository, number)?;
    let event = call.one_of("event", &["APPROVE", "REQUEST_CHANGES", "COMMENT"])?;
    let state = match event.as_deref() {
        Some("APPROVE") => "APPROVED",
        Some("REQUEST_CHANGES") => "CHANGES_REQUESTED",
        _ => "COMMENTED",
    };
    if state == "APPROVED" {
        actions_may(repository, &token)?;
    }
    if pull.login == token.login && state != "COMMENTED" {
        let what = if state == "APPROVED" {
            "approve"
        } else {
            "request changes on"
        };
        return Err(unprocessable(&format!(
            "Can not {what} your own pull request"
        )));
    }
    let body = call.text("body")?.unwrap_or_default();
    if state != "APPROVED" && body.is_empty() {
        return Err(unprocessable("Body can't be blank"));
    }
    let head = repository.head_of(pull);
    let review = StoredReview {
        id: repository.new_id(),
        login: token.login.clone(),
        state: state.to_owned(),
        body,
        commit: call.text("commit_id")?.unwrap_or(head),
        submitted_at: call.now(),
    };
    let view = view(call, repository, number, &review);
    if let Some(pull) = repository.pulls.get_mut(&number) {
        pull.requested_reviewers
            .retain(|asked| *asked != token.login);
        pull.reviews.push(review);
    }
    Ok(Reply::json(200, &view))
}

pub(crate) fn dismiss(
    call: &ApiCall,
    repository: &mut GitRepository,
    number: &str,
    id: &str,
) -> ApiResult {
    call.need(Right::PullRequests, Level::Write)?;
    call.required("message")?;
    let (number, _) = find(repository, number)?;
    let pull = repository.pulls.get_mut(&number);
    let mut reviews = pull.into_iter().flat_map(|pull| pull.reviews.iter_mut());
    let review = reviews.find(|review| review.id.to_string() == id);
    let review = review.ok_or_else(ApiError::not_found)?;
    if !["APPROVED", "CHANGES_REQUESTED"].contains(&review.state.as_str()) {
        return Err(unprocessable(
            "Can not dismiss a commented pull request review",
        ));
    }
    "DISMISSED".clone_into(&mut review.state);
    let review = review.clone();
    Ok(Reply::json(200, &view(call, repository, number, &review)))
}

pub(crate) fn requested(call: &ApiCall, repository: &GitRepository, number: &str) -> ApiResult {
    call.may_read(repository, Right::PullRequests)?;
    let (_, pull) = find(repository, number)?;
    let users = pull.requested_reviewers.iter();
    let users: Vec<Value> = users.map(|login| user(call, login)).collect();
    Ok(Reply::json(200, &json!({ "users": users, "teams": [] })))
}

/// Adds logins to those asked, or takes them away.
pub(crate) fn request(
    call: &ApiCall,
    repository: &mut GitRepository,
    number: &str,
    add: bool,
) -> ApiResult {
    call.need(Right::PullRequests, Level::Write)?;
    let (number, pull) = find(repository, number)?;
    let sent = fields::get(&call.body, "reviewers").as_array();
    let logins = sent.into_iter().flatten().filter_map(Value::as_str);
    let logins: Vec<String> = logins.map(str::to_owned).collect();
    if add && logins.contains(&pull.login) {
        let message = "Review cannot be requested from pull request author.";
        return Err(ApiError::new(422, message));
    }
    if let Some(pull) = repository.pulls.get_mut(&number) {
        pull.requested_reviewers
            .retain(|asked| !logins.contains(asked));
        if add {
            pull.requested_reviewers.extend(logins);
        }
    }
    let status = if add { 201 } else { 200 };
    Ok(Reply::json(status, &full_view(call, repository, number)))
}
