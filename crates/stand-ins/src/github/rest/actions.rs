//! Workflow runs and their jobs, read-only.
//! <https://docs.github.com/en/rest/actions/workflow-runs>

use super::objects::{self, address, id_of, page};
use super::page::Page;
use crate::github::call::ApiCall;
use crate::github::error::{ApiError, ApiResult};
use crate::github::model::{GitRepository, Level, Right, StoredJob, StoredRun};
use crate::github::storage;
use crate::text::{rfc3339, stable_hex};
use crate::transport::Reply;
use http::header::LOCATION;
use serde_json::{Value, json};

fn view(call: &ApiCall, repository: &GitRepository, run: &StoredRun) -> Value {
    let url = address(call, repository, &format!("/actions/runs/{}", run.id));
    let workflow = id_of(&run.path);
    let head = repository.commits.get(&run.head_sha).map(|commit| {
        json!({
            "id": run.head_sha,
            "tree_id": stable_hex(&format!("tree {}", run.head_sha), 40),
            "message": commit.message,
            "timestamp": rfc3339(commit.date),
            "author": null,
            "committer": null,
        })
    });
    json!({
        "id": run.id,
        "node_id": stable_hex(&format!("run {}", run.id), 24),
        "name": run.name,
        "display_title": run.name,
        "path": run.path,
        "head_branch": run.head_branch,
        "head_sha": run.head_sha,
        "event": run.event,
        "status": run.status,
        "conclusion": run.conclusion,
        "run_number": run.run_number,
        "run_attempt": run.run_attempt,
        "created_at": rfc3339(run.created_at),
        "run_started_at": rfc3339(run.created_at),
        "updated_at": rfc3339(run.created_at),
        "html_url": page(call, repository, &format!("/actions/runs/{}", run.id)),
        "workflow_id": workflow,
        "workflow_url": address(call, repository, &format!("/actions/workflows/{workflow}")),
        "check_suite_url": address(call, repository, &format!("/check-suites/{}", run.id)),
        "jobs_url": format!("{url}/jobs"),
        "logs_url": format!("{url}/logs"),
        "cancel_url": format!("{url}/cancel"),
        "rerun_url": format!("{url}/rerun"),
        "artifacts_url": format!("{url}/artifacts"),
        "head_commit": head,
        "repository": objects::repository(call, repository),
        "head_repository": objects::repository(call, repository),
        "pull_requests": [],
        "url": url,
    })
}

/// Anyone may read a public repository; a private one requires the permission.
pub(crate) fn may_look(call: &ApiCall, repository: &GitRepository) -> Result<(), ApiError> {
    if repository.private {
        call.need(Right::Actions, Level::Read)?;
    }
    Ok(())
}

fn find<'a>(
    call: &ApiCall,
    repository: &'a GitRepository,
    id: &str,
) -> Result<&'a StoredRun, ApiError> {
    may_look(call, repository)?;
    let run = id.parse().ok().and_then(|id: u64| repository.runs.get(&id));
    run.ok_or_else(ApiError::not_found)
}

pub(crate) fn get(call: &ApiCall, repository: &GitRepository, id: &str) -> ApiResult {
    Ok(Reply::json(
        200,
        &view(call, repository, find(call, repository, id)?),
    ))
}

/// Runs, newest first: of one workflow file, or of all.
pub(crate) fn list(
    call: &ApiCall,
    repository: &GitRepository,
    workflow: Option<&str>,
) -> ApiResult {
    may_look(call, repository)?;
    let wanted = |field: &str, value: &str| call.filter(field, value);
    // The filter `status` also takes a conclusion.
    let in_state = |run: &StoredRun| {
        wanted("status", &run.status)
            || run
                .conclusion
                .as_ref()
                .is_some_and(|end| wanted("status", end))
    };
    let listed = call.listed(repository).ok_or_else(ApiError::not_found)?;
    let runs = listed.runs.values().rev();
    let found: Vec<&StoredRun> = runs
        .filter(|run| workflow.is_none_or(|path| path == run.path))
        .filter(|run| wanted("head_sha", &run.head_sha) && wanted("event", &run.event))
        .filter(|run| wanted("branch", &run.head_branch) && in_state(run))
        .collect();
    let page = Page::new(call, repository, found)?;
    let views: Vec<Value> = page
        .items
        .iter()
        .map(|run| view(call, repository, run))
        .collect();
    let body = json!({ "total_count": page.total, "workflow_runs": views });
    Ok(page.linked(Reply::json(200, &body)))
}

pub(crate) fn jobs(call: &ApiCall, repository: &GitRepository, id: &str) -> ApiResult {
    let run = find(call, repository, id)?;
    let attempt_of = |job: &StoredJob| match job.run_attempt {
        0 => run.run_attempt,
        attempt => attempt,
    };
    // A job that was run again hides its earlier attempts, unless all are asked for.
    let all = call.request.param("filter").as_deref() == Some("all");
    let is_latest = |job: &StoredJob| {
        let mut others = run.jobs.iter().filter(|other| other.name == job.name);
        others.all(|other| attempt_of(other) <= attempt_of(job))
    };
    let jobs = run.jobs.iter().filter(|job| all || is_latest(job));
    let found = Page::new(call, repository, jobs.collect::<Vec<_>>())?;
    let views: Vec<Value> = found
        .items
        .iter()
        .map(|job| {
            json!({
                "id": job.id,
                "run_id": run.id,
                "head_sha": run.head_sha,
                "name": job.name,
                "status": job.status,
                "conclusion": job.conclusion,
                "run_attempt": attempt_of(job),
                "node_id": stable_hex(&format!("job {}", job.id), 24),
                "run_url": address(call, repository, &format!("/actions/runs/{}", run.id)),
                "url": address(call, repository, &format!("/actions/jobs/{}", job.id)),
                "html_url": page(call, repository, &format!("/actions/runs/{}/job/{}", run.id, job.id)),
                "check_run_url": address(call, repository, &format!("/check-runs/{}", job.id)),
                "workflow_name": run.name,
                "head_branch": run.head_branch,
                "created_at": rfc3339(run.created_at),
                "started_at": rfc3339(run.created_at),
                "completed_at": job.conclusion.as_ref().map(|_| rfc3339(run.created_at)),
                "labels": [],
                "runner_id": null,
                "runner_name": null,
                "runner_group_id": null,
                "runner_group_name": null,
            })
        })
        .collect();
    Ok(found.linked(Reply::json(
        200,
        &json!({ "total_count": found.total, "jobs": views }),
    )))
}

/// The log of a job, by way of a signed URL on another host. Also of a public repository it takes the permission.
/// <https://docs.github.com/en/rest/actions/workflow-jobs#download-job-logs-for-a-workflow-run>
pub(crate) fn log(call: &ApiCall, repository: &GitRepository, id: &str) -> ApiResult {
    call.need(Right::Actions, Level::Read)?;
    let mut jobs = repository.runs.values().flat_map(|run| &run.jobs);
    let job = jobs.find(|job| job.id.to_string() == id);
    let job = job.ok_or_else(ApiError::not_found)?;
    if job.log_deleted {
        return Err(ApiError::new(410, "Gone"));
    }
    if job.log.is_none() || job.status != "completed" {
        return Err(ApiError::not_found());
    }
    let url = storage::log_url(call.state, job.id);
    Ok(Reply::status(302).with(LOCATION, url))
}

/// <https://docs.github.com/en/rest/actions/workflow-runs#get-pending-deployments-for-a-workflow-run>
pub(crate) fn pending_deployments(
    call: &ApiCall,
    repository: &GitRepository,
    id: &str,
) -> ApiResult {
    let run = find(call, repository, id)?;
    let pending = run.pending_environments.iter().map(|name| {
        let environment = id_of(name);
        json!({
            "environment": {
                "id": environment,
                "node_id": stable_hex(&format!("environment {environment}"), 24),
                "name": name,
                "url": address(call, repository, &format!("/environments/{name}")),
                "html_url": page(call, repository, &format!("/deployments/activity_log?environments_filter={name}")),
            },
            "wait_timer": 0,
            "wait_timer_started_at": null,
            "current_user_can_approve": false,
            "reviewers": [],
        })
    });
    Ok(Reply::json(200, &json!(pending.collect::<Vec<_>>())))
}
