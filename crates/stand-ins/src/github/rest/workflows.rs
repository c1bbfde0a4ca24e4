//! Workflow files: those that a repository has in `.github/workflows`, and those whose runs are known.
//! <https://docs.github.com/en/rest/actions/workflows>

use super::actions;
use super::objects::{address, id_of, page};
use super::page::Page;
use crate::github::call::ApiCall;
use crate::github::error::{ApiError, ApiResult};
use crate::github::model::{GitRepository, Level, Right, StoredRun};
use crate::text::{rfc3339, stable_hex};
use crate::transport::Reply;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Paths and names. A workflow is called as its runs are, or as its file is.
fn known(repository: &GitRepository) -> BTreeMap<String, String> {
    let files = repository.files.keys();
    let mut known: BTreeMap<String, String> = files
        .filter(|path| path.starts_with(".github/workflows/"))
        .map(|path| (path.clone(), path.clone()))
        .collect();
    for run in repository.runs.values() {
        known.insert(run.path.clone(), run.name.clone());
    }
    known
}

/// By id or by the name of its file.
fn find(repository: &GitRepository, wanted: &str) -> Result<(String, String), ApiError> {
    let mut known = known(repository).into_iter();
    let found = known.find(|(path, _)| {
        id_of(path).to_string() == wanted || path.rsplit('/').next() == Some(wanted)
    });
    found.ok_or_else(ApiError::not_found)
}

fn view(call: &ApiCall, repository: &GitRepository, path: &str, name: &str) -> Value {
    let id = id_of(path);
    let file = path.rsplit('/').next().unwrap_or_default();
    let html = format!("/blob/{}/{path}", repository.default_branch);
    let badge = format!("/actions/workflows/{file}/badge.svg");
    json!({
        "id": id,
        "node_id": stable_hex(&format!("workflow {id}"), 24),
        "name": name,
        "path": path,
        "state": "active",
        "created_at": rfc3339(call.now()),
        "updated_at": rfc3339(call.now()),
        "url": address(call, repository, &format!("/actions/workflows/{id}")),
        "html_url": page(call, repository, &html),
        "badge_url": page(call, repository, &badge),
    })
}

pub(crate) fn list(call: &ApiCall, repository: &GitRepository) -> ApiResult {
    actions::may_look(call, repository)?;
    let found = known(repository).into_iter().collect::<Vec<_>>();
    let page = Page::new(call, repository, found)?;
    let views: Vec<Value> = page
        .items
        .iter()
        .map(|(path, name)| view(call, repository, path, name))
        .collect();
    let body = json!({ "total_count": page.total, "workflows": views });
    Ok(page.linked(Reply::json(200, &body)))
}

pub(crate) fn get(call: &ApiCall, repository: &GitRepository, wanted: &str) -> ApiResult {
    actions::may_look(call, repository)?;
    let (path, name) = find(repository, wanted)?;
    Ok(Reply::json(200, &view(call, repository, &path, &name)))
}

pub(crate) fn runs(call: &ApiCall, repository: &GitRepository, wanted: &str) -> ApiResult {
    let (path, _) = find(repository, wanted)?;
    actions::list(call, repository, Some(&path))
}

/// Starts a run; 204, or 200 with its id where the body asks for it.
/// <https://docs.github.com/en/rest/actions/workflows#create-a-workflow-dispatch-event>
pub(crate) fn dispatch(call: &ApiCall, repository: &mut GitRepository, wanted: &str) -> ApiResult {
    call.need(Right::Actions, Level::Write)?;
    let (path, name) = find(repository, wanted)?;
    let reference = call.required("ref")?;
    let tip = repository.resolve(&reference);
    let head_sha =
        tip.ok_or_else(|| ApiError::new(422, format!("No ref found for: {reference}")))?;
    let details = call.flag("return_run_details")?.unwrap_or_default();
    let branch = reference.trim_start_matches("refs/heads/").to_owned();
    let id = repository.new_id();
    let run = StoredRun {
        id,
        name,
        path,
        head_branch: branch,
        head_sha,
        event: "workflow_dispatch".to_owned(),
        status: "queued".to_owned(),
        run_attempt: 1,
        run_number: repository.runs.len() as u64 + 1,
        created_at: call.now(),
        ..StoredRun::default()
    };
    repository.runs.insert(id, run);
    if !details {
        return Ok(Reply::status(204));
    }
    let path = format!("/actions/runs/{id}");
    Ok(Reply::json(
        200,
        &json!({
            "workflow_run_id": id,
            "run_url": address(call, repository, &path),
            "html_url": page(call, repository, &path),
        }),
    ))
}
