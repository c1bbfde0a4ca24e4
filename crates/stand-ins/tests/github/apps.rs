//! Behaviour of GitHub Apps: how they authenticate, and what their tokens may do.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on shall stop"
)]

use super::common::{Api, ApiAnswer, REPOSITORY};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};
use stand_ins::github::{GitHubWorld, Level, Rights, StoredApp};
use stand_ins::{Options, ServerClock};
use std::time::Duration;

const NAME: &str = "kyma-project/btp-manager";
const KEY: &str = include_str!("../../../../tests/support/app/private-key.pem");
const OTHER_KEY: &str = include_str!("../../../../tests/support/app/other-private-key.pem");
const PUBLIC_KEY: &str = include_str!("../../../../tests/support/app/public-key.pem");

fn signed(key: &str, claims: &Value) -> String {
    let encoded = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let message = format!("{}.{}", encoded(&json!({"alg": "RS256"})), encoded(claims));
    let der: String = key.lines().filter(|line| !line.starts_with('-')).collect();
    let key = RsaKeyPair::from_der(&STANDARD.decode(der).unwrap()).unwrap();
    let mut signature = vec![0; key.public().modulus_len()];
    let random = SystemRandom::new();
    key.sign(
        &RSA_PKCS1_SHA256,
        &random,
        message.as_bytes(),
        &mut signature,
    )
    .unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The example with the App 12345, which may write contents and read checks.
async fn start() -> (Api, ServerClock) {
    let mut world = GitHubWorld::example();
    let rights = Rights {
        contents: Level::Write,
        checks: Level::Read,
        ..Rights::default()
    };
    let app = StoredApp::new("release-bot", PUBLIC_KEY).installed_on(NAME, rights);
    world.apps.insert("12345".into(), app);
    world
        .repository("kyma-project/other")
        .commit("Initial commit");
    let clock = ServerClock::manual();
    let options = Options {
        clock: clock.clone(),
        ..Options::default()
    };
    (Api::with(world, options).await, clock)
}

fn claims(clock: &ServerClock) -> Value {
    json!({"iat": clock.unix() - 60, "exp": clock.unix() + 540, "iss": "12345"})
}

async fn create_token(api: &mut Api, clock: &ServerClock, body: Value) -> ApiAnswer {
    api.act_as(Some(&signed(KEY, &claims(clock))));
    api.post("/app/installations/1/access_tokens", body).await
}

fn message(answer: &ApiAnswer) -> (u16, &str) {
    (answer.status, answer.body["message"].as_str().unwrap_or(""))
}

/// <https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app>
#[tokio::test]
async fn apps_authenticate_with_a_signed_token_of_at_most_ten_minutes() {
    let (mut api, clock) = start().await;
    clock.advance(Duration::from_hours(1));
    let with = |name: &str, value: Value| {
        let mut claims = claims(&clock);
        claims[name] = value;
        claims
    };
    for issuer in [json!("12345"), json!(12345), json!("Iv1.release-bot")] {
        api.act_as(Some(&signed(KEY, &with("iss", issuer))));
        let found = api.get("installation").await;
        assert_eq!((found.status, found.id()), (200, 1));
        assert_eq!(found.body["permissions"]["contents"], "write");
        assert_eq!(api.get("/app").await.body["slug"], "release-bot");
    }
    let now = clock.unix();
    let undecoded = (401, "A JSON web token could not be decoded");
    for (key, claims, expected) in [
        (OTHER_KEY, with("iss", json!("12345")), undecoded),
        (
            KEY,
            with("iss", json!("999")),
            (404, "Integration not found"),
        ),
        (
            KEY,
            with("exp", json!(now + 700)),
            (
                401,
                "'Expiration time' claim ('exp') is too far in the future",
            ),
        ),
        (
            KEY,
            with("exp", json!(now - 10)),
            (
                401,
                "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
            ),
        ),
        (
            KEY,
            with("iat", json!(now + 60)),
            (
                401,
                "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
            ),
        ),
    ] {
        api.act_as(Some(&signed(key, &claims)));
        assert_eq!(message(&api.get("installation").await), expected);
    }
    let valid = signed(KEY, &claims(&clock));
    api.act_as(Some(&valid.replace(".ey", ".eY")));
    assert_eq!(message(&api.get("installation").await), undecoded);
    api.act_as(Some(&valid));
    assert_eq!(
        api.get("releases").await.status,
        403,
        "the App itself reads nothing"
    );
    assert_eq!(
        api.get("/repos/kyma-project/other/installation")
            .await
            .status,
        404
    );
}

/// <https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app>
#[tokio::test]
async fn tokens_of_an_installation_are_as_narrow_as_they_are_asked_for() {
    let (mut api, clock) = start().await;
    let wanted = json!({"repositories": ["btp-manager"], "permissions": {"checks": "read"}});
    let made = create_token(&mut api, &clock, wanted).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let secret = made.body["token"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("ghs_"));
    assert_eq!(made.body["expires_at"], "2026-01-01T01:00:00Z");
    api.act_as(Some(&secret));
    let refused = api
        .post("releases", json!({"tag_name": "2.0.0", "draft": true}))
        .await;
    assert_eq!(
        message(&refused),
        (403, "Resource not accessible by integration")
    );
    assert_eq!(
        refused.header("x-accepted-github-permissions"),
        "contents=write"
    );
    let seen = api.get(REPOSITORY).await.body;
    assert_eq!(seen["permissions"]["push"], false, "as for every App");

    let all = create_token(&mut api, &clock, Value::Null).await;
    api.act_as(all.body["token"].as_str());
    api.draft("2.0.0").await;
    let elsewhere = "/repos/kyma-project/other/releases";
    assert_eq!(
        api.post(elsewhere, json!({"tag_name": "1.0.0"}))
            .await
            .status,
        403
    );

    for (body, expected) in [
        (
            json!({"permissions": {"checks": "write"}}),
            "The permissions requested are not granted to this installation.",
        ),
        (
            json!({"permissions": {"packages": "read"}}),
            "The permissions requested are not granted to this installation.",
        ),
        (
            json!({"repositories": ["other"]}),
            "There is at least one repository that does not exist or is not accessible to the parent installation.",
        ),
    ] {
        let refused = create_token(&mut api, &clock, body).await;
        assert_eq!(message(&refused), (422, expected));
    }
    api.github
        .world()
        .apps
        .get_mut("12345")
        .unwrap()
        .installations[0]
        .suspended = true;
    let refused = create_token(&mut api, &clock, Value::Null).await;
    assert_eq!(
        message(&refused),
        (403, "This installation has been suspended")
    );
}

/// <https://docs.github.com/en/rest/apps/installations#revoke-an-installation-access-token>
#[tokio::test]
async fn tokens_of_an_installation_end_after_an_hour_or_when_they_are_revoked() {
    let (mut api, clock) = start().await;
    let first = create_token(&mut api, &clock, Value::Null).await;
    let second = create_token(&mut api, &clock, Value::Null).await;
    assert_ne!(first.body["token"], second.body["token"]);
    api.act_as(first.body["token"].as_str());
    assert_eq!(api.delete("/installation/token").await.status, 204);
    assert_eq!(
        message(&api.get("releases").await),
        (401, "Bad credentials")
    );
    api.act_as(second.body["token"].as_str());
    clock.advance(Duration::from_secs(3_599));
    assert_eq!(api.get("releases").await.status, 200);
    clock.advance(Duration::from_secs(1));
    assert_eq!(api.get("releases").await.status, 401);
    api.act_as(Some("gh-token"));
    assert_eq!(api.delete("/installation/token").await.status, 403);
}
