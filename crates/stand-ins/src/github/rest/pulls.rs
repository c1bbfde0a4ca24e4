//! Pull requests, read-only.
//! <https://docs.github.com/en/rest/pulls/pulls>

use super::commits::{self, resolved};
use super::objects::{self, address, label, page, user};
use super::page::Page;
use crate::fields;
use crate::github::call::ApiCall;
use crate::github::error::{ApiError, ApiResult};
use crate::github::model::{GitRepository, Pull};
use crate::text::{rfc3339, stable_hex};
use crate::transport::Reply;
use serde_json::{Value, json};

fn view(call: &ApiCall, repository: &GitRepository, number: u64, pull: &Pull) -> Value {
    let own = address(call, repository, &format!("/pulls/{number}"));
    let html = page(call, repository, &format!("/pull/{number}"));
    let date = rfc3339(pull.merged_at.unwrap_or_default());
    let sha = pull.merge_commit.clone().unwrap_or_default();
    let end = |owner: &str, name: &str| {
        json!({
            "ref": name,
            "label": format!("{owner}:{name}"),
            "sha": sha,
            "user": user(call, owner),
            "repo": objects::repository(call, repository),
        })
    };
    let mut body = json!({
        "url": own,
        "id": repository.id * 1_000_000 + number,
        "node_id": stable_hex(&format!("pull {} {number}", repository.id), 24),
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
        "auto_merge": null,
        "author_association": "CONTRIBUTOR",
        "draft": false,
        "created_at": date,
        "updated_at": date,
        "merged_at": pull.merged_at.map(rfc3339),
        "closed_at": pull.merged_at.map(rfc3339),
        "merge_commit_sha": pull.merge_commit,
        "head": end(&pull.login, &pull.head),
        "base": end(&repository.owner, &pull.base),
    });
    add_links(call, repository, number, &sha, &mut body);
    body
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

fn find<'a>(repository: &'a GitRepository, number: &str) -> Result<(u64, &'a Pull), ApiError> {
    let number: u64 = number.parse().map_err(|_| ApiError::not_found())?;
    repository
        .pulls
        .get(&number)
        .map(|pull| (number, pull))
        .ok_or_else(ApiError::not_found)
}

pub(crate) fn get(call: &ApiCall, repository: &GitRepository, number: &str) -> ApiResult {
    let (number, pull) = find(repository, number)?;
    let mut body = view(call, repository, number, pull);
    fields::set(&mut body, "merged", pull.merged_at.is_some());
    fields::set(&mut body, "merged_by", user(call, &pull.login));
    fields::set(&mut body, "mergeable", Value::Null);
    fields::set(&mut body, "mergeable_state", "unknown");
    fields::set(&mut body, "maintainer_can_modify", false);
    for count in [
        "additions",
        "deletions",
        "changed_files",
        "comments",
        "review_comments",
        "commits",
    ] {
        fields::set(&mut body, count, 1);
    }
    Ok(Reply::json(200, &body))
}

pub(crate) fn list(call: &ApiCall, repository: &GitRepository) -> ApiResult {
    let state = call
        .request
        .param("state")
        .unwrap_or_else(|| "open".to_owned());
    let base = call.request.param("base");
    let listed = call.listed(repository).ok_or_else(ApiError::not_found)?;
    let mut found: Vec<(&u64, &Pull)> = listed
        .pulls
        .iter()
        .filter(|(_, pull)| state == "all" || pull.state == state)
        .filter(|(_, pull)| base.as_ref().is_none_or(|base| *base == pull.base))
        .collect();
    if call.request.param("direction").as_deref() != Some("asc") {
        found.reverse();
    }
    paged(call, repository, found)
}

/// A squashed pull request had one commit of its own; here it is the one that it was merged as.
pub(crate) fn commits(call: &ApiCall, repository: &GitRepository, number: &str) -> ApiResult {
    let (_, pull) = find(repository, number)?;
    let page = Page::new(
        call,
        repository,
        pull.merge_commit.iter().collect::<Vec<_>>(),
    )?;
    let views: Vec<Value> = page
        .items
        .iter()
        .map(|sha| commits::view(call, repository, sha))
        .collect();
    Ok(page.linked(Reply::json(200, &json!(views))))
}

/// Those that brought the commit: by their merge commit.
pub(crate) fn of_commit(call: &ApiCall, repository: &GitRepository, sha: &str) -> ApiResult {
    let sha = resolved(repository, sha)?;
    let listed = call.listed(repository).ok_or_else(ApiError::not_found)?;
    let found = listed
        .pulls
        .iter()
        .filter(|(_, pull)| pull.merge_commit.as_ref() == Some(&sha));
    paged(call, repository, found.collect())
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
