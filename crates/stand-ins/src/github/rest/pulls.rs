//! Pull requests, as they are read.
//! <https://docs.github.com/en/rest/pulls/pulls>

use super::commits::{self, resolved};
use super::objects::{self, address, label, node_id, page, user};
use super::page::Page;
use super::pull_files;
use crate::fields;
use crate::github::call::ApiCall;
use crate::github::error::{ApiError, ApiResult};
use crate::github::model::{GitRepository, MergeVerdict, Pull, Right};
use crate::text::rfc3339;
use crate::transport::Reply;
use http::header::{ACCEPT, CONTENT_TYPE};
use serde_json::{Value, json};

/// The number among all repositories, which the opaque id is made of as well.
pub(crate) fn database_id(repository: &GitRepository, number: u64) -> u64 {
    repository.id * 1_000_000 + number
}

/// Whether it can be merged, as the server knows it at this moment.
pub(crate) fn verdict(call: &ApiCall, repository: &GitRepository, pull: &Pull) -> MergeVerdict {
    let after = call.state.options.mergeable_after;
    repository.verdict(pull, call.state.shared.clock.now(), after)
}

/// The head's owner and branch. A seeded pull request comes from its author's fork.
fn head_label(repository: &GitRepository, pull: &Pull) -> String {
    let is_seeded = pull.head_sha.is_empty() && pull.state != "open";
    let owner = if is_seeded {
        &pull.login
    } else {
        &repository.owner
    };
    format!("{owner}:{}", pull.head)
}

/// As in lists.
fn view(call: &ApiCall, repository: &GitRepository, number: u64, pull: &Pull) -> Value {
    let own = address(call, repository, &format!("/pulls/{number}"));
    let html = page(call, repository, &format!("/pull/{number}"));
    let (head, base) = (repository.head_of(pull), repository.base_of(pull));
    let end = |label: &str, name: &str, sha: &str| {
        let owner = label.split(':').next().unwrap_or_default();
        json!({
            "ref": name,
            "label": label,
            "sha": sha,
            "user": user(call, owner),
            "repo": objects::repository(call, repository),
        })
    };
    let known =
        ![MergeVerdict::Unknown, MergeVerdict::Dirty].contains(&verdict(call, repository, pull));
    let test_merge = known.then(|| repository.test_merge(pull)).flatten();
    let base_label = format!("{}:{}", repository.owner, pull.base);
    let asked = pull.requested_reviewers.iter();
    let asked: Vec<Value> = asked.map(|login| user(call, login)).collect();
    let id = database_id(repository, number);
    let mut body = json!({
        "url": own,
        "id": id,
        "node_id": node_id("PR", id),
        "html_url": html,
        "number": number,
        "state": pull.state,
        "locked": false,
        "title": pull.title,
        "body": pull.body,
        "user": user(call, &pull.login),
        "labels": labels_of(call, repository, pull),
        "milestone": null,
        "assignee": null,
        "assignees": [],
        "requested_reviewers": asked,
        "requested_teams": [],
        "auto_merge": auto_merge(call, pull),
        "author_association": "CONTRIBUTOR",
        "draft": pull.draft,
        "created_at": rfc3339(pull.created_at),
        "updated_at": rfc3339(pull.updated_at.max(pull.created_at)),
        "merged_at": pull.merged_at.map(rfc3339),
        "closed_at": pull.closed_at.or(pull.merged_at).map(rfc3339),
        "merge_commit_sha": pull.merge_commit.clone().or(test_merge),
        "head": end(&head_label(repository, pull), &pull.head, &head),
        "base": end(&base_label, &pull.base, &base),
    });
    add_links(call, repository, number, &head, &mut body);
    body
}

fn auto_merge(call: &ApiCall, pull: &Pull) -> Value {
    pull.auto_merge.as_ref().map_or(Value::Null, |auto| {
        json!({
            "enabled_by": user(call, &auto.enabled_by),
            "merge_method": auto.method,
            "commit_title": auto.title,
            "commit_message": auto.message,
        })
    })
}

/// The addresses of what belongs to a pull request, as fields and once more as `_links`.
fn add_links(call: &ApiCall, repository: &GitRepository, number: u64, sha: &str, body: &mut Value) {
    let own = address(call, repository, &format!("/pulls/{number}"));
    let issue = address(call, repository, &format!("/issues/{number}"));
    let html = page(call, repository, &format!("/pull/{number}"));
    let statuses = address(call, repository, &format!("/statuses/{sha}"));
    let links = [
        ("issue", issue.clone()),
        ("comments", format!("{issue}/comments")),
        ("commits", format!("{own}/commits")),
        ("review_comments", format!("{own}/comments")),
        ("review_comment", format!("{own}/comments{{/number}}")),
        ("statuses", statuses),
        ("diff", format!("{html}.diff")),
        ("patch", format!("{html}.patch")),
    ];
    let mut related = json!({ "self": { "href": own }, "html": { "href": html } });
    for (name, link) in links {
        fields::set(body, &format!("{name}_url"), link.clone());
        if !["diff", "patch"].contains(&name) {
            fields::set(&mut related, name, json!({ "href": link }));
        }
    }
    fields::set(body, "_links", related);
}

fn labels_of(call: &ApiCall, repository: &GitRepository, pull: &Pull) -> Vec<Value> {
    let labels = pull.labels.iter();
    labels.map(|name| label(call, repository, name)).collect()
}

pub(crate) fn find<'a>(
    repository: &'a GitRepository,
    number: &str,
) -> Result<(u64, &'a Pull), ApiError> {
    let number: u64 = number.parse().map_err(|_| ApiError::not_found())?;
    repository
        .pulls
        .get(&number)
        .map(|pull| (number, pull))
        .ok_or_else(ApiError::not_found)
}

pub(crate) fn get(call: &ApiCall, repository: &GitRepository, number: &str) -> ApiResult {
    call.may_read(repository, Right::PullRequests)?;
    let (number, pull) = find(repository, number)?;
    let accept = call.request.header(ACCEPT).unwrap_or_default();
    if accept.contains(".diff") {
        let diff = pull_files::diff(repository, pull);
        return Ok(Reply::status(200)
            .with(CONTENT_TYPE, "application/vnd.github.diff; charset=utf-8")
            .bytes(diff));
    }
    Ok(Reply::json(200, &full_view(call, repository, number)))
}

/// As when it is read by itself: `mergeable` is `null` while it is worked out.
pub(crate) fn full_view(call: &ApiCall, repository: &GitRepository, number: u64) -> Value {
    let Some(pull) = repository.pulls.get(&number) else {
        return Value::Null;
    };
    let verdict = verdict(call, repository, pull);
    let mergeable = match verdict {
        MergeVerdict::Unknown => None,
        other => Some(other != MergeVerdict::Dirty),
    };
    let mut body = view(call, repository, number, pull);
    let merged_by = pull.merged_by.as_ref().map(|login| user(call, login));
    let comments = pull.comments.len();
    for (field, value) in [
        ("merged", json!(pull.merged_at.is_some())),
        ("merged_by", json!(merged_by)),
        ("mergeable", json!(mergeable)),
        ("rebaseable", json!(mergeable)),
        ("mergeable_state", json!(verdict.name())),
        ("maintainer_can_modify", json!(false)),
        ("comments", json!(comments)),
        ("review_comments", json!(0)),
        ("commits", json!(repository.commits_of(pull).len())),
    ] {
        fields::set(&mut body, field, value);
    }
    pull_files::add_counts(repository, pull, &mut body);
    body
}

/// Newest first. `head` has to name the owner as well, as in `octo-org:branch`; without one it filters nothing.
pub(crate) fn list(call: &ApiCall, repository: &GitRepository) -> ApiResult {
    call.may_read(repository, Right::PullRequests)?;
    let param = |name: &str| call.request.param(name);
    let state = param("state").unwrap_or_else(|| "open".to_owned());
    let base = param("base");
    let head = param("head").filter(|head| head.contains(':'));
    let listed = call.listed(repository).ok_or_else(ApiError::not_found)?;
    let mut found: Vec<(&u64, &Pull)> = listed
        .pulls
        .iter()
        .filter(|(_, pull)| state == "all" || pull.state == state)
        .filter(|(_, pull)| base.as_ref().is_none_or(|base| *base == pull.base))
        .filter(|(_, pull)| {
            head.as_ref()
                .is_none_or(|head| head.eq_ignore_ascii_case(&head_label(listed, pull)))
        })
        .collect();
    let by_update = param("sort").as_deref() == Some("updated");
    if by_update {
        found.sort_by_key(|(_, pull)| pull.updated_at);
    }
    let usual = if by_update { "asc" } else { "desc" };
    if param("direction").as_deref().unwrap_or(usual) == "desc" {
        found.reverse();
    }
    paged(call, listed, found)
}

/// A squashed pull request had one commit of its own; a seeded one shows what it was merged as.
pub(crate) fn commits(call: &ApiCall, repository: &GitRepository, number: &str) -> ApiResult {
    call.may_read(repository, Right::PullRequests)?;
    let (_, pull) = find(repository, number)?;
    let page = Page::new(call, repository, repository.commits_of(pull))?;
    let views: Vec<Value> = page
        .items
        .iter()
        .map(|sha| commits::view(call, repository, sha))
        .collect();
    Ok(page.linked(Reply::json(200, &json!(views))))
}

pub(crate) fn files(call: &ApiCall, repository: &GitRepository, number: &str) -> ApiResult {
    call.may_read(repository, Right::PullRequests)?;
    let (_, pull) = find(repository, number)?;
    pull_files::list(call, repository, pull)
}

/// Those that brought the commit: by their merge commit, or still open with it.
pub(crate) fn of_commit(call: &ApiCall, repository: &GitRepository, sha: &str) -> ApiResult {
    let sha = resolved(repository, sha)?;
    let listed = call.listed(repository).ok_or_else(ApiError::not_found)?;
    let brought = |pull: &Pull| {
        pull.merge_commit.as_ref() == Some(&sha)
            || pull.state == "open" && listed.commits_of(pull).contains(&sha)
    };
    let found = listed.pulls.iter().filter(|(_, pull)| brought(pull));
    paged(call, listed, found.collect())
}

/// 204 where it was merged.
pub(crate) fn is_merged(repository: &GitRepository, number: &str) -> ApiResult {
    let (_, pull) = find(repository, number)?;
    match pull.merged_at {
        Some(_) => Ok(Reply::status(204)),
        None => Err(ApiError::not_found()),
    }
}

fn paged(call: &ApiCall, repository: &GitRepository, found: Vec<(&u64, &Pull)>) -> ApiResult {
    let page = Page::new(call, repository, found)?;
    let views: Vec<Value> = page
        .items
        .iter()
        .map(|(number, pull)| view(call, repository, **number, pull))
        .collect();
    Ok(page.linked(Reply::json(200, &json!(views))))
}
