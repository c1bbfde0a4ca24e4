//! Check runs, statuses and workflow runs.

use super::common::Api;
use serde_json::json;
use stand_ins::github::Token;

/// "`latest` … the most recent check run of each name per suite", so that one name may come twice:
/// <https://docs.github.com/en/rest/checks/runs#list-check-runs-for-a-git-reference>
#[tokio::test]
async fn check_run_filter_latest_is_per_suite() {
    let api = Api::start().await;
    {
        let mut world = api.github.world();
        let repository = world.repository("kyma-project/btp-manager");
        // Each workflow run has its own suite; check runs that an app creates directly share one.
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
async fn combined_status_is_pending_without_statuses() {
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

/// "description is too long (maximum is 140 characters)", and the older path of the list.
#[tokio::test]
async fn status_description_is_limited_to_140_characters() {
    let api = Api::start().await;
    let path = format!("statuses/{}", api.tip());
    for (length, status) in [(140, 201), (141, 422)] {
        // Characters, not bytes.
        let sent = json!({ "state": "success", "description": "ü".repeat(length) });
        let answer = api.post(&path, sent).await;
        assert_eq!(answer.status, status);
        if status == 422 {
            let error = &answer.body["errors"][0];
            assert_eq!(
                error["message"],
                "description is too long (maximum is 140 characters)"
            );
        }
    }
    assert_eq!(api.get(&path).await.body.as_array().map(Vec::len), Some(1));
}

/// "Write permission for the REST API to interact with checks is only available to GitHub Apps":
/// <https://docs.github.com/en/rest/checks/runs#create-a-check-run>
#[tokio::test]
async fn check_runs_of_personal_tokens_are_refused() {
    let mut api = Api::start().await;
    let sent = json!({ "name": "scan", "head_sha": api.tip() });
    let made = api.post("check-runs", sent.clone()).await.id();
    api.github.world().token("person", Token::pat("ada"));
    api.act_as(Some("person"));
    for answer in [
        api.post("check-runs", sent).await,
        api.patch(&format!("check-runs/{made}"), json!({})).await,
    ] {
        assert_eq!(answer.status, 403);
        assert_eq!(
            answer.body["message"],
            "You must authenticate via a GitHub App."
        );
    }
    assert_eq!(api.get(&format!("check-runs/{made}")).await.status, 200);
}

/// "Required if you provide `completed_at` or a `status` of `completed`", and one of a list of words.
#[tokio::test]
async fn check_run_conclusions_need_a_finished_run() {
    let api = Api::start().await;
    let run = |more: serde_json::Value| {
        let mut body = json!({ "name": "scan", "head_sha": api.tip() });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        body
    };
    for (more, status) in [
        (json!({ "status": "completed" }), 422),
        (
            json!({ "status": "in_progress", "conclusion": "success" }),
            422,
        ),
        (json!({ "status": "queued", "conclusion": "success" }), 422),
        (json!({ "status": "waiting" }), 422),
        (json!({ "conclusion": "in_progress" }), 422),
        (json!({ "conclusion": "stale" }), 422),
        (
            json!({ "status": "completed", "conclusion": "timed_out" }),
            201,
        ),
        (json!({ "conclusion": "neutral" }), 201),
        (json!({ "status": "in_progress" }), 201),
    ] {
        let answer = api.post("check-runs", run(more.clone())).await;
        assert_eq!(answer.status, status, "{more}: {}", answer.body);
    }
    let done = api
        .post("check-runs", run(json!({ "conclusion": "success" })))
        .await;
    let path = format!("check-runs/{}", done.id());
    let again = api.patch(&path, json!({ "status": "in_progress" })).await;
    assert_eq!(
        (&again.body["status"], &again.body["conclusion"]),
        (&json!("in_progress"), &json!(null))
    );
}

/// <https://docs.github.com/en/rest/checks/suites>
#[tokio::test]
async fn check_suites_group_runs_by_app_and_commit() {
    let api = Api::start().await;
    let run = |name: &str| json!({ "name": name, "head_sha": api.tip(), "status": "in_progress" });
    let first = api.post("check-runs", run("unit")).await;
    let second = api.post("check-runs", run("scan")).await.id();
    let suites = async || api.get("commits/main/check-suites").await.body;
    let seen = suites().await;
    assert_eq!(seen["total_count"], 1);
    let suite = &seen["check_suites"][0];
    assert_eq!(suite["id"], first.body["check_suite"]["id"]);
    assert_eq!(
        (&suite["status"], &suite["conclusion"]),
        (&json!("in_progress"), &json!(null))
    );
    for (id, conclusion) in [(first.id(), "success"), (second, "failure")] {
        let done = json!({ "conclusion": conclusion });
        api.patch(&format!("check-runs/{id}"), done).await;
    }
    assert_eq!(suites().await["check_suites"][0]["conclusion"], "failure");
    let path = format!("check-suites/{}", suite["id"]);
    assert_eq!(api.get(&path).await.body["latest_check_runs_count"], 2);
    assert_eq!(
        api.get(&format!("{path}/check-runs")).await.body["total_count"],
        2
    );
    assert_eq!(api.get("check-suites/1").await.status, 404);
}

/// <https://docs.github.com/en/rest/actions/workflow-runs#list-workflow-runs-for-a-repository>
#[tokio::test]
async fn workflow_runs_are_filtered_by_commit_event_and_status() {
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
