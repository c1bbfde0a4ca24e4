//! The jobs of workflow runs, their logs, and what runs wait for.

use super::common::Api;
use serde_json::json;
use stand_ins::github::{Level, StoredJob, StoredRun, Token};

const REPOSITORY: &str = "kyma-project/btp-manager";

fn job(id: u64, name: &str, attempt: u32) -> StoredJob {
    StoredJob {
        id,
        name: name.to_owned(),
        status: "completed".to_owned(),
        conclusion: Some("success".to_owned()),
        run_attempt: attempt,
        log: Some(format!("the log of {id}")),
        ..StoredJob::default()
    }
}

async fn api() -> Api {
    let api = Api::start().await;
    let deleted = StoredJob {
        log_deleted: true,
        ..job(4, "lint", 2)
    };
    let running = StoredJob {
        status: "in_progress".to_owned(),
        conclusion: None,
        ..job(5, "publish", 2)
    };
    let run = StoredRun {
        id: 9,
        run_attempt: 2,
        jobs: vec![
            job(1, "plan", 1),
            job(2, "test", 1),
            job(3, "test", 2),
            deleted,
            running,
        ],
        pending_environments: vec!["production".to_owned()],
        ..StoredRun::default()
    };
    let mut world = api.github.world();
    world.repository(REPOSITORY).runs.insert(9, run);
    drop(world);
    api
}

/// "`latest` returns jobs from the most recent execution of the workflow run":
/// <https://docs.github.com/en/rest/actions/workflow-jobs#list-jobs-for-a-workflow-run>
#[tokio::test]
async fn latest_jobs_are_those_that_were_not_run_again() {
    let api = api().await;
    let ids = async |query: &str| {
        let answer = api.get(&format!("actions/runs/9/jobs{query}")).await;
        let jobs = answer.body["jobs"].as_array().cloned().unwrap_or_default();
        jobs.iter()
            .filter_map(|job| job["id"].as_u64())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids("").await, [1, 3, 4, 5]);
    assert_eq!(ids("?filter=latest").await, [1, 3, 4, 5]);
    assert_eq!(ids("?filter=all").await, [1, 2, 3, 4, 5]);
}

/// "Gets a redirect URL to download a plain text file of logs": the storage takes no token.
/// <https://docs.github.com/en/rest/actions/workflow-jobs#download-job-logs-for-a-workflow-run>
#[tokio::test]
async fn log_of_a_job_is_a_redirect_to_a_signed_url() {
    let mut api = api().await;
    let status = async |id: u64| api.get(&format!("actions/jobs/{id}/logs")).await.status;
    let answers = [
        status(2).await,
        status(4).await,
        status(5).await,
        status(6).await,
    ];
    assert_eq!(answers, [302, 410, 404, 404]);
    let redirect = api.get("actions/jobs/2/logs").await;
    let url = redirect.header("location").to_owned();
    assert_eq!(api.get(&url).await.status, 400, "with the token");
    let lacking = Token::github_token().with(|rights| rights.actions = Level::None);
    api.github.world().token("lacking", lacking);
    api.act_as(Some("lacking"));
    let denied = api.get("actions/jobs/2/logs").await;
    assert_eq!(denied.status, 403);
    assert_eq!(
        denied.header("x-accepted-github-permissions"),
        "actions=read"
    );
    api.act_as(None);
    assert_eq!(api.get("actions/jobs/2/logs").await.status, 401);
    let text = api.request("GET", &url).send().await.unwrap();
    assert_eq!(text.text().await.unwrap(), "the log of 2");
}

/// <https://docs.github.com/en/rest/actions/workflow-runs#get-pending-deployments-for-a-workflow-run>
#[tokio::test]
async fn pending_deployments_name_their_environments() {
    let api = api().await;
    let pending = api.get("actions/runs/9/pending_deployments").await;
    assert_eq!(pending.status, 200);
    assert_eq!(pending.body[0]["environment"]["name"], json!("production"));
    let tag = pending.header("etag").to_owned();
    let request = api.request("GET", "actions/runs/9/pending_deployments");
    let again = request.header("if-none-match", tag).send().await.unwrap();
    assert_eq!(again.status(), 304);
    assert_eq!(
        api.get("actions/runs/8/pending_deployments").await.status,
        404
    );
}
