//! Passwords and tokens: <https://distribution.github.io/distribution/spec/auth/token/>.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on shall stop"
)]

use super::common::{MANIFEST, NAME, TestClient, code, header};
use serde_json::Value;
use stand_ins::registry::{Anonymous, Auth};
use stand_ins::{Fault, Pattern, RegistryOptions, ServerClock};
use std::time::Duration;

async fn with_tokens(anonymous: Anonymous) -> (TestClient, ServerClock) {
    let clock = ServerClock::manual();
    let auth = Auth::token("ada", "secret");
    let options = RegistryOptions {
        auth,
        anonymous,
        clock: clock.clone(),
        ..RegistryOptions::default()
    };
    let client = TestClient::with(options).await;
    client
        .registry
        .store()
        .put_manifest(NAME, "1.0.0", MANIFEST, b"{}")
        .unwrap();
    (client, clock)
}

fn token_path(actions: &str) -> String {
    format!("/token?service=x&scope=repository:{NAME}:{actions}")
}

async fn token(request: reqwest::RequestBuilder) -> String {
    let body: Value = request.send().await.unwrap().json().await.unwrap();
    body["token"].as_str().unwrap().to_owned()
}

async fn pull(client: &TestClient, token: &str) -> u16 {
    let request = client
        .request("HEAD", "manifests/1.0.0")
        .header("accept", MANIFEST);
    request
        .bearer_auth(token)
        .send()
        .await
        .unwrap()
        .status()
        .as_u16()
}

/// "401 Unauthorized … `WWW-Authenticate`: Bearer realm, service, scope".
#[tokio::test]
async fn challenge_names_realm_service_and_scope() {
    let (client, _) = with_tokens(Anonymous::Pulls).await;
    let challenged = client.get("manifests/1.0.0").await;
    let host = client.registry.host();
    let wanted = format!(
        "Bearer realm=\"http://{host}/token\",service=\"{host}\",scope=\"repository:{NAME}:pull\""
    );
    assert_eq!(challenged.status(), 401);
    assert_eq!(header(&challenged, "www-authenticate"), wanted);
}

/// A token dies after `expires_in`, or earlier.
#[tokio::test]
async fn token_expires() {
    let (client, clock) = with_tokens(Anonymous::Pulls).await;
    let first = token(client.request("GET", &token_path("pull"))).await;
    assert_eq!(pull(&client, &first).await, 200);
    clock.advance(Duration::from_mins(1));
    assert_eq!(pull(&client, &first).await, 401);

    client
        .registry
        .faults()
        .when(Pattern::path("/token"), 1, Fault::TokenDiesAfter(1));
    let second = token(client.request("GET", &token_path("pull"))).await;
    assert_eq!(pull(&client, &second).await, 200);
    assert_eq!(pull(&client, &second).await, 401);
}

/// A token is good for what it was asked for; anonymous ones are good for pulling.
#[tokio::test]
async fn token_is_refused_outside_its_scope() {
    let (client, _) = with_tokens(Anonymous::Pulls).await;
    let push = |token: &str| {
        client
            .request("POST", "blobs/uploads/")
            .bearer_auth(token)
            .send()
    };
    let anonymous = token(client.request("GET", &token_path("pull,push"))).await;
    assert_eq!(push(&anonymous).await.unwrap().status(), 401);
    let ada = client
        .request("GET", &token_path("pull,push"))
        .basic_auth("ada", Some("secret"));
    assert_eq!(push(&token(ada).await).await.unwrap().status(), 202);
}

/// A wrong password is the token endpoint's to refuse; Google's denies the unknown caller with 403,
/// whether the repository is private or missing.
#[tokio::test]
async fn token_endpoint_refuses_wrong_credentials() {
    for (anonymous, status, refusal) in [
        (Anonymous::Unauthorized, 401, "UNAUTHORIZED"),
        (Anonymous::Denied, 403, "DENIED"),
    ] {
        let (client, _) = with_tokens(anonymous).await;
        let refused = client.get(&token_path("pull")).await;
        assert_eq!(refused.status(), status);
        assert_eq!(code(refused).await, refusal);
        let wrong = client
            .request("GET", &token_path("pull"))
            .basic_auth("ada", Some("guess"));
        assert_eq!(wrong.send().await.unwrap().status(), 401);
    }
}

/// With a password file there is no token: 401 `Basic` on everything.
#[tokio::test]
async fn basic_authentication_is_required_on_every_request() {
    let auth = Auth::basic("ada", "secret");
    let client = TestClient::with(RegistryOptions {
        auth,
        ..RegistryOptions::default()
    })
    .await;
    let refused = client.get("/v2/").await;
    assert_eq!(
        header(&refused, "www-authenticate"),
        "Basic realm=\"Registry\""
    );
    let request = client
        .request("GET", "/v2/")
        .basic_auth("ada", Some("secret"));
    assert_eq!(request.send().await.unwrap().status(), 200);
}

/// As at ghcr.io: a package that is not public is refused to strangers as one that does not exist; whoever may only pull is told so when
/// he pushes.
#[tokio::test]
async fn packages_are_refused_by_visibility_and_by_user() {
    let (client, _) = with_tokens(Anonymous::Pulls).await;
    let refused = |request: reqwest::RequestBuilder| async move { request.send().await.unwrap() };
    client.registry.packages().private_by_default = true;
    let stranger = || client.request("GET", &token_path("pull"));
    assert_eq!(refused(stranger()).await.status(), 401);
    client.registry.packages().public.insert(NAME.to_owned());
    assert_eq!(pull(&client, &token(stranger()).await).await, 200);

    client
        .registry
        .packages()
        .pull_only
        .insert("ada".to_owned());
    let ada = |actions: &str| {
        client
            .request("GET", &token_path(actions))
            .basic_auth("ada", Some("secret"))
    };
    let token_of_ada = token(ada("pull,push")).await;
    let push = client
        .request("POST", "blobs/uploads/")
        .bearer_auth(&token_of_ada);
    let answer = refused(push).await;
    assert_eq!(answer.status(), 403);
    assert_eq!(code(answer).await, "DENIED");
    assert_eq!(pull(&client, &token(ada("pull")).await).await, 200);

    client.registry.packages().denied.insert("ada".to_owned());
    assert_eq!(pull(&client, &token(ada("pull")).await).await, 403);
}
