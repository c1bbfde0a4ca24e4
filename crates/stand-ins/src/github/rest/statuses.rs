//! Commit statuses, one by one and combined.
//! <https://docs.github.com/en/rest/commits/statuses>

use super::commits::resolved;
use super::objects::{self, address, user};
use super::page::Page;
use crate::github::call::ApiCall;
use crate::github::error::{ApiError, ApiResult};
use crate::github::model::{GitRepository, Level, Right, StoredStatus};
use crate::text::{rfc3339, stable_hex};
use crate::transport::Reply;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The most statuses for one commit and context.
const STATUSES_MAX: usize = 1000;

/// The longest description, in characters.
const DESCRIPTION_MAX: usize = 140;

fn view(call: &ApiCall, repository: &GitRepository, status: &StoredStatus) -> Value {
    json!({
        "url": address(call, repository, &format!("/statuses/{}", status.sha)),
        "id": status.id,
        "node_id": stable_hex(&format!("status {}", status.id), 24),
        "state": status.state,
        "description": status.description,
        "avatar_url": format!("{}/avatars/{}", call.state.urls.web, status.creator),
        "target_url": status.target_url,
        "context": status.context,
        "created_at": rfc3339(status.created_at),
        "updated_at": rfc3339(status.created_at),
        "creator": user(call, &status.creator),
    })
}

/// Newest first.
fn of_commit<'a>(
    call: &'a ApiCall,
    repository: &'a GitRepository,
    sha: &str,
) -> Vec<&'a StoredStatus> {
    let statuses = call.listed(repository).map(|listed| &listed.statuses);
    let mut found: Vec<&StoredStatus> = statuses
        .into_iter()
        .flatten()
        .filter(|status| status.sha == sha)
        .collect();
    found.reverse();
    found
}

pub(crate) fn list(call: &ApiCall, repository: &GitRepository, name: &str) -> ApiResult {
    let sha = resolved(repository, name)?;
    let page = Page::new(call, repository, of_commit(call, repository, &sha))?;
    let views: Vec<Value> = page
        .items
        .iter()
        .map(|status| view(call, repository, status))
        .collect();
    Ok(page.linked(Reply::json(200, &json!(views))))
}

/// The newest of each context; `pending` also without any status.
pub(crate) fn combined(call: &ApiCall, repository: &GitRepository, name: &str) -> ApiResult {
    let sha = resolved(repository, name)?;
    let mut contexts = BTreeSet::new();
    let mut newest = of_commit(call, repository, &sha);
    newest.retain(|status| contexts.insert(status.context.clone()));
    let any = |states: &[&str]| {
        newest
            .iter()
            .any(|status| states.contains(&status.state.as_str()))
    };
    let state = match () {
        () if any(&["failure", "error"]) => "failure",
        () if newest.is_empty() || any(&["pending"]) => "pending",
        () => "success",
    };
    let page = Page::new(call, repository, newest)?;
    let views: Vec<Value> = page
        .items
        .iter()
        .map(|status| view(call, repository, status))
        .collect();
    let own = address(call, repository, &format!("/commits/{sha}"));
    let body = json!({
        "state": state,
        "statuses": views,
        "sha": sha,
        "total_count": page.total,
        "repository": objects::repository(call, repository),
        "commit_url": own,
        "url": format!("{own}/status"),
    });
    Ok(page.linked(Reply::json(200, &body)))
}

pub(crate) fn create(call: &ApiCall, repository: &mut GitRepository, sha: &str) -> ApiResult {
    let creator = call.need(Right::Statuses, Level::Write)?.login.clone();
    if !repository.commits.contains_key(sha) {
        return Err(ApiError::new(
            422,
            format!("No commit found for SHA: {sha}"),
        ));
    }
    let state = call.required("state")?;
    if !["error", "failure", "pending", "success"].contains(&state.as_str()) {
        return Err(ApiError::field("Status", "invalid", "state"));
    }
    let context = call
        .text("context")?
        .unwrap_or_else(|| "default".to_owned());
    let same = |status: &&StoredStatus| status.sha == sha && status.context == context;
    if repository.statuses.iter().filter(same).count() >= STATUSES_MAX {
        let message = "This SHA and context has reached the maximum number of statuses.";
        return Err(ApiError::custom("Status", "base", message));
    }
    let description = call.text("description")?;
    if description
        .as_ref()
        .is_some_and(|text| text.chars().count() > DESCRIPTION_MAX)
    {
        let message = format!("description is too long (maximum is {DESCRIPTION_MAX} characters)");
        return Err(ApiError::custom("Status", "description", &message));
    }
    let status = StoredStatus {
        id: repository.new_id(),
        sha: sha.to_owned(),
        context,
        state,
        description,
        target_url: call.text("target_url")?,
        creator,
        created_at: call.now(),
    };
    let view = view(call, repository, &status);
    repository.statuses.push(status);
    Ok(Reply::json(201, &view))
}
