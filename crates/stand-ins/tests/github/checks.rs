//! Check runs, statuses and workflow runs.

use super::common::Api;
use serde_json::json;

/// "`latest` … the most recent check run of each name per suite", so that one name may come twice:
/// <https://docs.github.com/en/rest/checks/runs#list-check-runs-for-a-git-reference>
#[tokio::test]
async fn the_latest_check_is_per_suite() {
    let api = Api::start().await;
    {
        let mut world = api.github.world();
        let repository = world.repository("kyma-project/btp-manager");
        // Each workflow run has a suite of its own; what one app makes by hand shares one.
        repository.check("unit", "failure").check("unit", "success");
    }
    let run = json!({ "name": "unit", "head_sha": api.tip(), "status": "in_progress" });
    let first = api.post("check-runs", run.clone()).await;
    assert_eq!(
        (first.status, &first.body["conclusion"]),
        (201, &json!(null))
    );
    let second = api.post("check-runs", run).await.id();
    let done = json!({ "conclusion": "success" });
    let done = api.patch(&format!("check-runs/{second}"), done).await;
    assert_eq!(done.body["status"], "completed");
    let count = async |query: &str| {
        api.get(&format!("commits/main/check-runs{query}"))
            .await
            .body["total_count"]
            .clone()
    };
    assert_eq!(
        (count("").await, count("?filter=all").await),
        (json!(2), json!(4))
    );
    assert_eq!(count("?check_name=other").await, 0);
}

/// "pending if there are no statuses or a context is `pending`":
/// <https://docs.github.com/en/rest/commits/statuses#get-the-combined-status-for-a-specific-reference>
#[tokio::test]
async fn no_status_at_all_is_pending() {
    let api = Api::start().await;
    let state = async || api.get("commits/main/status").await.body["state"].clone();
    assert_eq!(state().await, "pending");
    let path = format!("statuses/{}", api.tip());
    for (sent, combined) in [("failure", "failure"), ("success", "success")] {
        api.post(&path, json!({ "state": sent, "context": "scan" }))
            .await;
        assert_eq!(state().await, combined);
    }
    assert_eq!(
        api.get("commits/main/statuses")
            .await
            .body
            .as_array()
            .map(Vec::len),
        Some(2)
    );
    assert_eq!(
        api.post(&path, json!({ "state": "great" })).await.status,
        422
    );
}

/// <https://docs.github.com/en/rest/actions/workflow-runs#list-workflow-runs-for-a-repository>
#[tokio::test]
async fn runs_are_found_by_commit_and_event() {
    let api = Api::start().await;
    let id = {
        let mut world = api.github.world();
        world.repository("kyma-project/btp-manager").run(
            "build",
            "push",
            "completed",
            Some("failure"),
        )
    };
    let path = format!(
        "actions/runs?head_sha={}&event=push&status=failure",
        api.tip()
    );
    assert_eq!(api.get(&path).await.body["workflow_runs"][0]["id"], id);
    assert_eq!(
        api.get("actions/runs?event=schedule").await.body["total_count"],
        0
    );
    let jobs = api.get(&format!("actions/runs/{id}/jobs")).await;
    assert_eq!(jobs.body["jobs"][0]["conclusion"], "failure");
}
