//! Check suites: all check runs of one app for one commit.
//! <https://docs.github.com/en/rest/checks/suites>

use super::commits::{self, resolved};
use super::objects::{self, address, app};
use super::page::Page;
use crate::fields;
use crate::github::call::ApiCall;
use crate::github::error::{ApiError, ApiResult};
use crate::github::model::{CheckRun, GitRepository};
use crate::text::{rfc3339, stable_hex};
use crate::transport::Reply;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Runs by suite, in order of the suites' ids.
fn grouped<'a>(runs: impl Iterator<Item = &'a CheckRun>) -> BTreeMap<u64, Vec<&'a CheckRun>> {
    let mut suites: BTreeMap<u64, Vec<&CheckRun>> = BTreeMap::new();
    for run in runs {
        suites.entry(run.suite).or_default().push(run);
    }
    suites
}

/// A suite is completed when all of its runs are, and as good as the worst of them.
fn outcome(runs: &[&CheckRun]) -> (&'static str, Option<&'static str>) {
    const WORST_FIRST: [&str; 7] = [
        "action_required",
        "failure",
        "timed_out",
        "cancelled",
        "stale",
        "skipped",
        "neutral",
    ];
    if runs.iter().any(|run| run.status == "in_progress") {
        return ("in_progress", None);
    }
    if runs.iter().any(|run| run.status != "completed") {
        return ("queued", None);
    }
    let has = |wanted: &&&str| {
        runs.iter()
            .any(|run| run.conclusion.as_deref() == Some(**wanted))
    };
    let worst = WORST_FIRST.iter().find(has).copied();
    ("completed", Some(worst.unwrap_or("success")))
}

fn view(call: &ApiCall, repository: &GitRepository, id: u64, runs: &[&CheckRun]) -> Value {
    let own = address(call, repository, &format!("/check-suites/{id}"));
    let (status, conclusion) = outcome(runs);
    let first = runs.first();
    let sha = first.map(|run| run.head_sha.as_str()).unwrap_or_default();
    let started = runs.iter().map(|run| run.started_at).min();
    let ended = runs.iter().filter_map(|run| run.completed_at).max();
    let commit = commits::view(call, repository, sha);
    json!({
        "id": id,
        "node_id": stable_hex(&format!("suite {id}"), 24),
        "head_branch": repository.default_branch,
        "head_sha": sha,
        "status": status,
        "conclusion": conclusion,
        "url": own,
        "before": null,
        "after": sha,
        "pull_requests": [],
        "app": first.map(|run| app(call, &run.app)),
        "repository": objects::repository(call, repository),
        "created_at": started.map(rfc3339),
        "updated_at": ended.or(started).map(rfc3339),
        "head_commit": fields::get(&commit, "commit"),
        "latest_check_runs_count": runs.len(),
        "check_runs_url": format!("{own}/check-runs"),
        "rerequestable": true,
        "runs_rerequestable": true,
    })
}

pub(crate) fn list(call: &ApiCall, repository: &GitRepository, name: &str) -> ApiResult {
    let sha = resolved(repository, name)?;
    let listed = call.listed(repository).ok_or_else(ApiError::not_found)?;
    let runs = listed
        .check_runs
        .iter()
        .filter(|run| run.head_sha == sha && call.filter("check_name", &run.name));
    let page = Page::new(call, repository, grouped(runs).into_iter().collect())?;
    let views: Vec<Value> = page
        .items
        .iter()
        .map(|(id, runs)| view(call, repository, *id, runs))
        .collect();
    let body = json!({ "total_count": page.total, "check_suites": views });
    Ok(page.linked(Reply::json(200, &body)))
}

pub(crate) fn get(call: &ApiCall, repository: &GitRepository, id: &str) -> ApiResult {
    let runs = repository.check_runs.iter();
    let suites = grouped(runs.filter(|run| run.suite.to_string() == id));
    let (id, runs) = suites.first_key_value().ok_or_else(ApiError::not_found)?;
    Ok(Reply::json(200, &view(call, repository, *id, runs)))
}
