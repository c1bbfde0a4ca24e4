//! Check runs: list, create, update.
//! <https://docs.github.com/en/rest/checks/runs>

use super::commits::resolved;
use super::objects::{address, app, page};
use super::page::Page;
use crate::fields;
use crate::github::call::ApiCall;
use crate::github::error::{ApiError, ApiResult};
use crate::github::model::{CheckRun, GitRepository, Level, Right, Token, TokenKind};
use crate::text::{rfc3339, stable_hex};
use crate::transport::Reply;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn view(call: &ApiCall, repository: &GitRepository, run: &CheckRun) -> Value {
    let own = address(call, repository, &format!("/check-runs/{}", run.id));
    let mut output = json!({
        "title": null,
        "summary": null,
        "text": null,
        "annotations_count": 0,
        "annotations_url": format!("{own}/annotations"),
    });
    for (field, sent) in run.output.as_object().into_iter().flatten() {
        fields::set(&mut output, field, sent.clone());
    }
    json!({
        "id": run.id,
        "node_id": stable_hex(&format!("check {}", run.id), 24),
        "name": run.name,
        "head_sha": run.head_sha,
        "external_id": run.external_id,
        "url": own,
        "html_url": page(call, repository, &format!("/runs/{}", run.id)),
        "details_url": run.details_url,
        "status": run.status,
        "conclusion": run.conclusion,
        "started_at": rfc3339(run.started_at),
        "completed_at": run.completed_at.map(rfc3339),
        "output": output,
        "check_suite": { "id": run.suite },
        "app": app(call, &run.app),
        "pull_requests": [],
    })
}

pub(crate) fn get(call: &ApiCall, repository: &GitRepository, id: &str) -> ApiResult {
    let found = repository
        .check_runs
        .iter()
        .find(|run| run.id.to_string() == id);
    let run = found.ok_or_else(ApiError::not_found)?;
    Ok(Reply::json(200, &view(call, repository, run)))
}

/// `filter=latest`, the default, keeps one run of a name per suite, so the same name may still come
/// more than once.
pub(crate) fn list(call: &ApiCall, repository: &GitRepository, name: &str) -> ApiResult {
    let sha = resolved(repository, name)?;
    let listed = call.listed(repository).ok_or_else(ApiError::not_found)?;
    let mut found: Vec<&CheckRun> = listed
        .check_runs
        .iter()
        .filter(|run| {
            run.head_sha == sha
                && call.filter("check_name", &run.name)
                && call.filter("status", &run.status)
        })
        .collect();
    if call.request.param("filter").as_deref() != Some("all") {
        let latest: BTreeMap<(u64, &str), u64> = found
            .iter()
            .map(|run| ((run.suite, run.name.as_str()), run.id))
            .collect();
        found.retain(|run| latest.get(&(run.suite, run.name.as_str())) == Some(&run.id));
    }
    found.reverse();
    paged(call, repository, found)
}

/// The runs of one check suite.
pub(crate) fn of_suite(call: &ApiCall, repository: &GitRepository, suite: &str) -> ApiResult {
    let runs = repository.check_runs.iter().rev();
    let found: Vec<&CheckRun> = runs.filter(|run| run.suite.to_string() == suite).collect();
    if found.is_empty() {
        return Err(ApiError::not_found());
    }
    paged(call, repository, found)
}

fn paged(call: &ApiCall, repository: &GitRepository, found: Vec<&CheckRun>) -> ApiResult {
    let page = Page::new(call, repository, found)?;
    let views: Vec<Value> = page
        .items
        .iter()
        .map(|run| view(call, repository, run))
        .collect();
    let body = json!({ "total_count": page.total, "check_runs": views });
    Ok(page.linked(Reply::json(200, &body)))
}

/// Apps only, as which a job's token counts: a personal token is refused regardless of its permissions.
/// <https://docs.github.com/en/rest/checks/runs#create-a-check-run>
fn need_app<'a>(call: &'a ApiCall) -> Result<&'a Token, ApiError> {
    match &call.token {
        Some(token) if token.kind == TokenKind::Pat => Err(ApiError::new(
            403,
            "You must authenticate via a GitHub App.",
        )),
        _ => call.need(Right::Checks, Level::Write),
    }
}

pub(crate) fn create(call: &ApiCall, repository: &mut GitRepository) -> ApiResult {
    let app = need_app(call)?.login.trim_end_matches("[bot]").to_owned();
    let (name, head_sha) = (call.required("name")?, call.required("head_sha")?);
    if !repository.commits.contains_key(&head_sha) {
        return Err(ApiError::new(
            422,
            format!("No commit found for SHA: {head_sha}"),
        ));
    }
    let id = repository.new_id();
    // All runs of an app for a commit are of one suite.
    let suite = repository
        .check_runs
        .iter()
        .find(|run| run.app == app && run.head_sha == head_sha);
    let mut run = CheckRun {
        id,
        name,
        suite: suite.map_or(id, |run| run.suite),
        head_sha,
        app,
        status: "queued".to_owned(),
        started_at: call.now(),
        ..CheckRun::default()
    };
    change(call, &mut run)?;
    let view = view(call, repository, &run);
    repository.check_runs.push(run);
    Ok(Reply::json(201, &view))
}

pub(crate) fn update(call: &ApiCall, repository: &mut GitRepository, id: &str) -> ApiResult {
    need_app(call)?;
    let found = repository
        .check_runs
        .iter_mut()
        .find(|run| run.id.to_string() == id);
    let run = found.ok_or_else(ApiError::not_found)?;
    change(call, run)?;
    let run = run.clone();
    Ok(Reply::json(200, &view(call, repository, &run)))
}

/// The conclusions that an app may set; `stale` and `startup_failure` are GitHub's own.
const CONCLUSIONS: [&str; 7] = [
    "action_required",
    "cancelled",
    "failure",
    "neutral",
    "skipped",
    "success",
    "timed_out",
];

/// Takes over what was sent, if the run is then either finished with a conclusion or neither.
fn change(call: &ApiCall, run: &mut CheckRun) -> Result<(), ApiError> {
    let status = call.one_of("status", &["queued", "in_progress", "completed"])?;
    let conclusion = call.one_of("conclusion", &CONCLUSIONS)?;
    match (status.as_deref(), &conclusion) {
        (Some("completed"), None) => {
            return Err(ApiError::form("\"conclusion\" wasn't supplied."));
        }
        (Some("queued" | "in_progress"), Some(conclusion)) => {
            return Err(ApiError::form(format!(
                "A check run that is not completed cannot have the conclusion {conclusion}."
            )));
        }
        _ => {}
    }
    if let Some(status) = status {
        // A run that is started again has no conclusion any more.
        (run.status, run.conclusion, run.completed_at) = (status, None, None);
    }
    if conclusion.is_some() {
        "completed".clone_into(&mut run.status);
        run.conclusion = conclusion;
        run.completed_at = Some(call.now());
    }
    run.details_url = call.text("details_url")?.or(run.details_url.take());
    run.external_id = call.text("external_id")?.or(run.external_id.take());
    let output = fields::get(&call.body, "output");
    if output.is_object() {
        run.output = output.clone();
    }
    Ok(())
}
