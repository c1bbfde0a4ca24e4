//! Commit statuses, one by one and combined.
//! <https://docs.github.com/en/rest/commits/statuses>

use super::call::Call;
use super::commits::resolved;
use super::pages::Page;
use super::refusal::{Answer, Refusal};
use super::shapes::{self, address, user};
use super::tokens::{Level, Right};
use super::world::{Repository, Status};
use crate::text::{rfc3339, stable_hex};
use crate::wire::Reply;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// For one commit and context.
const MOST: usize = 1000;

fn view(call: &Call, repository: &Repository, status: &Status) -> Value {
    json!({
        "url": address(call, repository, &format!("/statuses/{}", status.sha)),
        "id": status.id,
        "node_id": stable_hex(&format!("status {}", status.id), 24),
        "state": status.state,
        "description": status.description,
        "avatar_url": format!("{}/avatars/{}", call.hub.urls.web, status.creator),
        "target_url": status.target_url,
        "context": status.context,
        "created_at": rfc3339(status.created_at),
        "updated_at": rfc3339(status.created_at),
        "creator": user(call, &status.creator),
    })
}

/// Newest first.
fn of_commit<'a>(call: &'a Call, repository: &'a Repository, sha: &str) -> Vec<&'a Status> {
    let statuses = call.listed(repository).map(|listed| &listed.statuses);
    let mut found: Vec<&Status> = statuses
        .into_iter()
        .flatten()
        .filter(|status| status.sha == sha)
        .collect();
    found.reverse();
    found
}

pub(crate) fn list(call: &Call, repository: &Repository, name: &str) -> Answer {
    let sha = resolved(repository, name)?;
    let page = Page::new(call, repository, of_commit(call, repository, &sha))?;
    let views: Vec<Value> = page
        .items
        .iter()
        .map(|status| view(call, repository, status))
        .collect();
    Ok(page.linked(Reply::json(200, &json!(views))))
}

/// The newest of each context; `pending` also where there is none at all.
pub(crate) fn combined(call: &Call, repository: &Repository, name: &str) -> Answer {
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
        "repository": shapes::repository(call, repository),
        "commit_url": own,
        "url": format!("{own}/status"),
    });
    Ok(page.linked(Reply::json(200, &body)))
}

pub(crate) fn create(call: &Call, repository: &mut Repository, sha: &str) -> Answer {
    let creator = call.need(Right::Statuses, Level::Write)?.login.clone();
    if !repository.commits.contains_key(sha) {
        return Err(Refusal::new(422, format!("No commit found for SHA: {sha}")));
    }
    let state = call.required("state")?;
    if !["error", "failure", "pending", "success"].contains(&state.as_str()) {
        return Err(Refusal::field("Status", "invalid", "state"));
    }
    let context = call
        .text("context")?
        .unwrap_or_else(|| "default".to_owned());
    let same = |status: &&Status| status.sha == sha && status.context == context;
    if repository.statuses.iter().filter(same).count() >= MOST {
        let message = "This SHA and context has reached the maximum number of statuses.";
        return Err(Refusal::custom("Status", "base", message));
    }
    let status = Status {
        id: repository.new_id(),
        sha: sha.to_owned(),
        context,
        state,
        description: call.text("description")?,
        target_url: call.text("target_url")?,
        creator,
        created_at: call.now(),
    };
    let view = view(call, repository, &status);
    repository.statuses.push(status);
    Ok(Reply::json(201, &view))
}
