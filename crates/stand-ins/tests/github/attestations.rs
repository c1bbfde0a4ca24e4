//! Attestations: <https://docs.github.com/en/rest/repos/attestations>.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on shall stop"
)]

use super::common::{Api, ApiAnswer, REPOSITORY, answer, http};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use stand_ins::github::{GitHubWorld, Level, NoAttestations, Token};
use stand_ins::{Fault, Options, Pattern, ServerClock};
use std::time::Duration;

const NAME: &str = "kyma-project/btp-manager";
const PROVENANCE: &str = "https://slsa.dev/provenance/v1";

fn digest(number: u64) -> String {
    format!("sha256:{number:064x}")
}

fn bundle(numbers: &[u64], predicate_type: &str) -> Value {
    let subjects = numbers
        .iter()
        .map(|number| json!({ "name": "image", "digest": { "sha256": format!("{number:064x}") } }));
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subjects.collect::<Vec<_>>(),
        "predicateType": predicate_type,
        "predicate": {},
    });
    json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {},
        "dsseEnvelope": {
            "payload": STANDARD.encode(statement.to_string()),
            "payloadType": "application/vnd.in-toto+json",
            "signatures": [],
        },
    })
}

fn world() -> GitHubWorld {
    let mut world = GitHubWorld::example();
    let signing = Token::github_token().with(|rights| rights.attestations = Level::Write);
    world.token("signing", signing);
    world
}

async fn start(options: Options) -> Api {
    let options = Options {
        clock: ServerClock::manual(),
        ..options
    };
    let mut api = Api::with(world(), options).await;
    api.act_as(Some("signing"));
    api
}

async fn store(api: &Api, numbers: &[u64], predicate_type: &str) -> ApiAnswer {
    let body = json!({ "bundle": bundle(numbers, predicate_type) });
    api.post("attestations", body).await
}

fn ids(found: &ApiAnswer) -> Vec<u64> {
    let all = found.body["attestations"].as_array().into_iter().flatten();
    let url = |one: &Value| one["bundle_url"].as_str().unwrap().to_owned();
    let id = |url: String| {
        let name = url.split("/attestation/").nth(1).unwrap().to_owned();
        name.split('.').next().unwrap().parse().unwrap()
    };
    all.map(|one| id(url(one))).collect()
}

#[tokio::test]
async fn attestations_are_found_by_each_subject_and_type() {
    let api = start(Options::default()).await;
    let first = store(&api, &[1, 2], PROVENANCE).await;
    assert_eq!(first.status, 201, "{}", first.body);
    let second = store(&api, &[2], "https://example.com/test/v1").await;
    let (first, second) = (first.id(), second.id());
    for (path, expected) in [
        (digest(1), vec![first]),
        (digest(2), vec![second, first]),
        (
            format!("{}?predicate_type=provenance", digest(2)),
            vec![first],
        ),
        (
            format!(
                "{}?predicate_type=https%3A%2F%2Fexample.com%2Ftest%2Fv1",
                digest(2)
            ),
            vec![second],
        ),
    ] {
        let found = api.get(&format!("attestations/{path}")).await;
        assert_eq!(
            (found.status, ids(&found)),
            (200, expected.clone()),
            "{path}"
        );
        for owner in ["/orgs", "/users"] {
            let found = api
                .get(&format!("{owner}/kyma-project/attestations/{path}"))
                .await;
            assert_eq!(ids(&found), expected, "{owner} {path}");
        }
    }
    let found = api.get(&format!("attestations/{}", digest(1))).await;
    let found = &found.body["attestations"][0];
    assert_eq!(found["bundle"], bundle(&[1, 2], PROVENANCE));
    let repository = api.get(REPOSITORY).await.id();
    assert_eq!(found["repository_id"], repository);
}

#[tokio::test]
async fn an_artifact_without_attestations_is_not_found_or_an_empty_list() {
    for (options, status) in [
        (Options::default(), 404),
        (
            Options {
                no_attestations: NoAttestations::EmptyList,
                ..Options::default()
            },
            200,
        ),
    ] {
        let api = start(options).await;
        let found = api.get(&format!("attestations/{}", digest(1))).await;
        assert_eq!((found.status, ids(&found).len()), (status, 0));
        assert_eq!(api.get("attestations/sha256:1").await.status, 422);
    }
}

/// The bundle is at the storage host, without a token, for some minutes, and compressed.
#[tokio::test]
async fn bundles_may_have_to_be_fetched() {
    let clock = ServerClock::manual();
    let options = Options {
        inline_bundles: false,
        clock: clock.clone(),
        ..Options::default()
    };
    let mut api = Api::with(world(), options).await;
    api.act_as(Some("signing"));
    store(&api, &[1], PROVENANCE).await;
    let found = api.get(&format!("attestations/{}", digest(1))).await;
    let found = &found.body["attestations"][0];
    assert_eq!(found["bundle"], Value::Null);
    let url = found["bundle_url"].as_str().unwrap();
    let response = http().get(url).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/x-snappy");
    let block = response.bytes().await.unwrap();
    let text = snap::raw::Decoder::new().decompress_vec(&block).unwrap();
    assert_eq!(text, bundle(&[1], PROVENANCE).to_string().as_bytes());
    assert_eq!(
        answer(http().get(url).bearer_auth("signing")).await.status,
        400
    );
    clock.advance(Duration::from_secs(301));
    assert_eq!(answer(http().get(url)).await.status, 403);
}

#[tokio::test]
async fn storing_takes_attestations_write() {
    let mut api = start(Options::default()).await;
    api.act_as(Some("gh-token"));
    let refused = store(&api, &[1], PROVENANCE).await;
    assert_eq!(refused.status, 403);
    assert_eq!(
        refused.header("x-accepted-github-permissions"),
        "attestations=write"
    );
    api.act_as(None);
    assert_eq!(store(&api, &[1], PROVENANCE).await.status, 401);
    let world = api.github.world();
    let repository = world.find(NAME).unwrap();
    assert_eq!(repository.attestations_of(&digest(1)).len(), 0);
}

/// Those of a private repository take `attestations: read`; who may not read them finds none with the owner.
#[tokio::test]
async fn attestations_of_private_repositories_take_a_right() {
    let mut api = start(Options::default()).await;
    store(&api, &[1], PROVENANCE).await;
    api.github.world().repository(NAME).private = true;
    let path = format!("attestations/{}", digest(1));
    let owned = format!("/orgs/kyma-project/{path}");
    assert_eq!(api.get(&path).await.status, 200);
    assert_eq!(api.get(&owned).await.status, 200);
    api.act_as(Some("gh-token"));
    assert_eq!(api.get(&path).await.status, 403);
    assert_eq!(api.get(&owned).await.status, 404);
    api.act_as(None);
    assert_eq!(api.get(&path).await.status, 404);
}

#[tokio::test]
async fn bundles_without_a_statement_are_refused() {
    let api = start(Options::default()).await;
    let mut media_type = bundle(&[1], PROVENANCE);
    media_type["mediaType"] = json!("text/plain");
    let mut payload = bundle(&[1], PROVENANCE);
    payload["dsseEnvelope"]["payload"] = json!("bm8=");
    let many: Vec<u64> = (0..1025).collect();
    for body in [
        json!({}),
        json!({ "bundle": "text" }),
        json!({ "bundle": media_type }),
        json!({ "bundle": payload }),
        json!({ "bundle": bundle(&[], PROVENANCE) }),
        json!({ "bundle": bundle(&many, PROVENANCE) }),
    ] {
        assert_eq!(api.post("attestations", body).await.status, 422);
    }
    assert_eq!(store(&api, &many[..1024], PROVENANCE).await.status, 201);
}

/// Newest first, by cursors.
#[tokio::test]
async fn pages_follow_each_other_by_cursor() {
    let api = start(Options::default()).await;
    let mut stored = Vec::new();
    for _ in 0..5 {
        stored.insert(0, store(&api, &[1], PROVENANCE).await.id());
    }
    let link = |found: &ApiAnswer, rel: &str| {
        let header = found.header("link").to_owned();
        let mut links = header.split(", ");
        let link = links.find(|link| link.ends_with(&format!("rel=\"{rel}\"")));
        link.map(|link| link.split(['<', '>']).nth(1).unwrap().to_owned())
    };
    let path = format!(
        "attestations/{}?per_page=2&predicate_type=provenance",
        digest(1)
    );
    let mut page = api.get(&path).await;
    let mut seen = ids(&page);
    assert_eq!(link(&page, "prev"), None);
    while let Some(next) = link(&page, "next") {
        page = api.get(&next).await;
        seen.extend(ids(&page));
    }
    assert_eq!(seen, stored);
    let back = api.get(&link(&page, "prev").unwrap()).await;
    assert_eq!(ids(&back), stored[2..4]);
    let wrong = format!("attestations/{}?after=no", digest(1));
    assert_eq!(api.get(&wrong).await.status, 422);
}

/// A new attestation is found late, and an answer that is lost leaves it behind.
#[tokio::test]
async fn attestations_lag_and_their_answers_get_lost() {
    let clock = ServerClock::manual();
    let options = Options {
        lag: Duration::from_secs(5),
        clock: clock.clone(),
        ..Options::default()
    };
    let mut api = Api::with(world(), options).await;
    api.act_as(Some("signing"));
    let pattern = Pattern::new("POST", "*/attestations");
    api.github.faults().when(pattern, 1, Fault::AnswerLost);
    let body = json!({ "bundle": bundle(&[1], PROVENANCE) });
    let request = api.request("POST", "attestations").json(&body);
    assert!(request.send().await.is_err());
    let path = format!("attestations/{}", digest(1));
    assert_eq!(api.get(&path).await.status, 404);
    clock.advance(Duration::from_secs(5));
    assert_eq!(ids(&api.get(&path).await).len(), 1);
}

/// What a test puts there itself, without a request.
#[tokio::test]
async fn attestations_can_be_seeded() {
    let api = start(Options::default()).await;
    let id = api
        .github
        .world()
        .repository(NAME)
        .attest(&bundle(&[3], "https://in-toto.io/attestation/release/v0.2"));
    let path = format!("attestations/{}?predicate_type=release", digest(3));
    assert_eq!(ids(&api.get(&path).await), [id]);
}
