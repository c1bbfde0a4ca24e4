//! The OIDC provider: whom it gives a token, and what it says.

use super::rig::{Rig, SECRET, claims, json_of};
use serde_json::json;
use stand_ins::oidc::Job;
use stand_ins::{Fault, Pattern};
use std::time::Duration;

fn job() -> Job {
    Job::new(
        "acme/widget",
        ".github/workflows/release.yaml",
        "refs/tags/v1.2.3",
        &"1".repeat(40),
    )
}

/// <https://docs.github.com/en/actions/reference/security/oidc#oidc-token-claims>
#[tokio::test]
async fn tokens_say_what_github_says_of_a_job() {
    let called = "acme/workflows/.github/workflows/shared.yaml@refs/tags/v2";
    let job = job()
        .called(called, &"2".repeat(40))
        .in_run(7, 3)
        .with("actor", "ada")
        .with("enterprise_id", json!(null));
    let rig = Rig::start(job).await;
    let (status, answer) = rig.token("sigstore").await;
    assert_eq!(status, 200, "{answer}");
    let found = claims(answer["value"].as_str().unwrap());
    let now = rig.clock.unix();
    for (claim, expected) in [
        ("iss", json!("https://token.actions.githubusercontent.com")),
        ("aud", json!("sigstore")),
        ("sub", json!("repo:acme/widget:ref:refs/tags/v1.2.3")),
        ("exp", json!(now + 300)),
        ("repository", json!("acme/widget")),
        ("repository_id", json!("4242")),
        ("repository_owner", json!("acme")),
        ("repository_visibility", json!("public")),
        (
            "workflow_ref",
            json!("acme/widget/.github/workflows/release.yaml@refs/tags/v1.2.3"),
        ),
        ("job_workflow_ref", json!(called)),
        ("job_workflow_sha", json!("2".repeat(40))),
        ("sha", json!("1".repeat(40))),
        ("ref_type", json!("tag")),
        ("run_id", json!("7")),
        ("run_attempt", json!("3")),
        ("event_name", json!("workflow_dispatch")),
        ("runner_environment", json!("github-hosted")),
        ("actor", json!("ada")),
        ("enterprise_id", json!(null)),
    ] {
        assert_eq!(found[claim], expected, "{claim}");
    }
}

/// As at GitHub, the audience is whatever the job asks for, and the owner's address if it asks for none.
#[tokio::test]
async fn the_audience_is_the_one_asked_for() {
    let rig = Rig::start(job()).await;
    for (asked, expected) in [("other", "other"), ("", "https://github.com/acme")] {
        let (_, answer) = rig.token(asked).await;
        assert_eq!(claims(answer["value"].as_str().unwrap())["aud"], expected);
    }
}

#[tokio::test]
async fn tokens_are_only_for_the_runner_of_the_job() {
    let rig = Rig::start(job()).await;
    let other = rig.issuer.job("other-secret", job().in_run(1, 1));
    let ask = async |url: &str, secret: Option<&str>| {
        let request = rig.http.get(url);
        let request = match secret {
            Some(secret) => request.bearer_auth(secret),
            None => request,
        };
        json_of(request.send().await.unwrap()).await.0
    };
    assert_eq!(ask(&rig.request_url, Some(SECRET)).await, 200);
    assert_eq!(ask(&rig.request_url, Some("guessed")).await, 401);
    assert_eq!(ask(&rig.request_url, None).await, 401);
    assert_eq!(
        ask(&other, Some(SECRET)).await,
        401,
        "another job's address"
    );
    rig.issuer.end_job(SECRET);
    assert_eq!(ask(&rig.request_url, Some(SECRET)).await, 401, "it ended");
}

#[tokio::test]
async fn discovery_leads_to_the_keys() {
    let rig = Rig::start(job()).await;
    let get = async |path: &str| {
        let url = format!("{}{path}", rig.issuer.url());
        json_of(rig.http.get(url).send().await.unwrap()).await.1
    };
    let found = get("/.well-known/openid-configuration").await;
    let issuer = "https://token.actions.githubusercontent.com";
    assert_eq!(found["issuer"], issuer);
    assert_eq!(found["jwks_uri"], format!("{issuer}/.well-known/jwks"));
    let keys = get("/.well-known/jwks").await;
    assert_eq!(keys["keys"][0]["alg"], "RS256");
    assert_eq!(keys, rig.issuer.trusted().keys);
}

#[tokio::test]
async fn the_provider_fails_as_planned() {
    let rig = Rig::start(job()).await;
    let pattern = Pattern::path("/idtoken/*");
    let wait = Some(Duration::from_secs(3));
    let limit = Fault::TooManyRequests { retry_after: wait };
    rig.issuer.faults().when(pattern.clone(), 1, limit);
    rig.issuer.faults().when(pattern, 1, Fault::Status(503));
    let request = rig.http.get(&rig.request_url).bearer_auth(SECRET);
    let limited = request.send().await.unwrap();
    assert_eq!(limited.status(), 429);
    assert_eq!(limited.headers()["retry-after"], "3");
    assert_eq!(rig.token("sigstore").await.0, 503);
    assert_eq!(rig.token("sigstore").await.0, 200);
    assert_eq!(rig.issuer.log().entries().len(), 3);
}
