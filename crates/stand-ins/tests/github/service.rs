//! Behaviour of all requests: authentication, pages, conditional requests, limits, replication lag.

use super::common::{Api, REPOSITORY, TOKEN, answer, client};
use serde_json::{Value, json};
use stand_ins::github::{GitHubWorld, RateLimits, Token};
use stand_ins::{Category, Options, ServerClock};
use std::time::Duration;

const NAME: &str = "kyma-project/btp-manager";

async fn with(change: impl FnOnce(&mut Options)) -> (Api, ServerClock) {
    let clock = ServerClock::manual();
    let mut options = Options {
        clock: clock.clone(),
        ..Options::default()
    };
    change(&mut options);
    (Api::with(GitHubWorld::example(), options).await, clock)
}

#[tokio::test]
async fn delay_is_a_round_trip_for_a_connection_and_for_each_request() {
    let delay = Duration::from_millis(50);
    let (api, clock) = with(|options| options.delay = delay).await;
    let two_requests = async {
        api.get("releases").await;
        api.get("releases").await;
    };
    let time_passes = async {
        loop {
            ServerClock::real().sleep(Duration::from_millis(1)).await;
            clock.advance(Duration::from_millis(1));
        }
    };
    tokio::select! {
        () = two_requests => {}
        () = time_passes => {}
    }
    assert!(clock.now() >= 3 * delay, "{:?}", clock.now());
}

/// <https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api>: 401 for bad
/// credentials, 404 for what the caller may not know of, 403 with the wanted right for what it may not do.
#[tokio::test]
async fn refusals_depend_on_token_and_permissions() {
    let mut api = Api::start().await;
    {
        let mut world = api.github.world();
        world.token("reader", Token::read_only());
        world.token("stranger", Token::pat("eve").only_for("eve/toys"));
        world.token(
            "dead",
            Token {
                expires_at: Some(0),
                ..Token::github_token()
            },
        );
        world.repository("kyma-project/secret").private = true;
    }
    let draft = json!({ "tag_name": "2.0.0", "draft": true });
    for (caller, status, message) in [
        (None, 401, "Requires authentication"),
        (Some("nobody"), 401, "Bad credentials"),
        (Some("dead"), 401, "Bad credentials"),
        (
            Some("reader"),
            403,
            "Resource not accessible by integration",
        ),
    ] {
        api.act_as(caller);
        let refused = api.post("releases", draft.clone()).await;
        assert_eq!(
            (refused.status, &refused.body["message"]),
            (status, &json!(message))
        );
        if status == 403 {
            assert_eq!(
                refused.header("x-accepted-github-permissions"),
                "contents=write"
            );
        }
    }
    for caller in [None, Some("stranger")] {
        api.act_as(caller);
        assert_eq!(api.get("/repos/kyma-project/secret").await.status, 404);
        assert_eq!(api.get(REPOSITORY).await.status, 200);
    }
    assert_eq!(api.post("releases", draft).await.status, 403);
}

/// "All API requests must include a valid `User-Agent` header."
#[tokio::test]
async fn requests_without_user_agent_are_refused() {
    let api = Api::start().await;
    let nameless = client().build().unwrap();
    assert_eq!(answer(nameless.get(api.github.api_url())).await.status, 403);
}

/// <https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api>: `Link` leads on,
/// 30 by default and 100 at most; its addresses are not to be guessed.
#[tokio::test]
async fn lists_are_paged_by_link_header() {
    let (api, _) = with(|options| options.results_max = 200).await;
    for _ in 0..149 {
        api.github.world().repository(NAME).draft("2.0.0");
    }
    assert_eq!(api.get("releases").await.body.as_array().unwrap().len(), 30);
    let mut page = api.get("releases?per_page=1000").await;
    let mut seen = page.body.as_array().unwrap().len();
    assert_eq!(seen, 100);
    while let Some(next) = next(page.header("link")) {
        assert!(next.contains("/repositories/"), "{next}");
        page = api.get(&next).await;
        seen += page.body.as_array().unwrap().len();
    }
    assert_eq!(seen, 150);
    let beyond = api.get("releases?per_page=100&page=3").await;
    let message = "Only the first 200 results are available.";
    assert_eq!(
        (beyond.status, &beyond.body["message"]),
        (422, &json!(message))
    );
}

fn next(link: &str) -> Option<String> {
    let (url, _) = link
        .split(", ")
        .find_map(|part| part.split_once(">; rel=\"next\""))?;
    Some(url.trim_start_matches('<').to_owned())
}

/// "If the response has not changed, 304 … does not count against your primary rate limit"; every token
/// has `ETag`s of its own.
#[tokio::test]
async fn conditional_request_costs_no_quota() {
    let mut api = Api::start().await;
    api.github.world().token("other", Token::github_token());
    let first = api.get("releases").await;
    let left = first.header("x-ratelimit-remaining").to_owned();
    let again = |api: &Api| {
        api.request("GET", "releases")
            .header("if-none-match", first.header("etag"))
    };
    let unchanged = answer(again(&api)).await;
    assert_eq!(
        (unchanged.status, unchanged.header("x-ratelimit-remaining")),
        (304, left.as_str())
    );
    let entry = api.github.log().entries().pop().unwrap();
    assert_eq!((entry.category, entry.cost), (Category::Conditional, 0));

    api.act_as(Some("other"));
    assert_eq!(answer(again(&api)).await.status, 200);
    api.act_as(Some(TOKEN));
    api.draft("2.0.0").await;
    assert_eq!(answer(again(&api)).await.status, 200);
}

/// "Primary rate limit for `GITHUB_TOKEN`: 1,000 requests per hour per repository": 403 with
/// `x-ratelimit-remaining: 0` until `x-ratelimit-reset`; `/rate_limit` is free.
#[tokio::test]
async fn primary_limit_refuses_until_reset() {
    let (api, clock) = with(|options| options.limits.github_token = 2).await;
    for _ in 0..2 {
        assert_eq!(api.get("releases").await.status, 200);
    }
    let refused = api.get("releases").await;
    assert_eq!(
        (refused.status, refused.header("x-ratelimit-remaining")),
        (403, "0")
    );
    assert_eq!(
        refused.header("x-ratelimit-reset"),
        (clock.unix() + 3600).to_string()
    );
    assert_eq!(
        api.get("/rate_limit").await.body["resources"]["core"]["remaining"],
        0
    );
    clock.advance(Duration::from_hours(1));
    assert_eq!(api.get("releases").await.status, 200);
}

/// "No more than 80 content-generating requests per minute", uploads among them. Going on while refused makes it worse.
#[tokio::test]
async fn secondary_limit_extends_while_requests_continue() {
    let (api, clock) = with(|_| {}).await;
    let id = api.draft("2.0.0").await;
    for file in 0..79 {
        let name = format!("{file}.txt");
        assert_eq!(api.upload(id, &name, b"x").await.status, 201);
    }
    assert_eq!(api.upload(id, "one-too-many", b"x").await.status, 403);
    clock.advance(Duration::from_secs(30));
    let refused = api.get("releases").await;
    assert_eq!((refused.status, refused.header("retry-after")), (403, "90"));
    assert!(
        refused.body["message"]
            .as_str()
            .unwrap()
            .contains("secondary rate limit")
    );
    clock.advance(Duration::from_secs(89));
    assert_eq!(api.get("releases").await.status, 403);
    clock.advance(Duration::from_secs(61));
    assert_eq!(api.get("releases").await.status, 200);
}

/// An upload takes two requests of the quota: <https://github.com/softprops/action-gh-release/issues/261>.
#[tokio::test]
async fn upload_counts_twice_for_the_quota() {
    let (api, _) = with(|_| {}).await;
    let id = api.draft("2.0.0").await;
    let used = async || {
        let limits = api.get("/rate_limit").await;
        limits.body["resources"]["core"]["used"].as_u64().unwrap()
    };
    let before = used().await;
    assert_eq!(api.upload(id, "a.txt", b"x").await.status, 201);
    assert_eq!(used().await, before + 2);
}

/// "No more than 900 points per minute": 1 for a read, 5 for a write.
#[tokio::test]
async fn points_per_minute_are_limited() {
    let limits = RateLimits {
        points_per_minute: 7,
        status: 429,
        retry_after: false,
        ..RateLimits::default()
    };
    let (api, clock) = with(|options| options.limits = limits).await;
    api.draft("2.0.0").await;
    for _ in 0..2 {
        assert_eq!(api.get("releases").await.status, 200);
    }
    let refused = api.get("releases").await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, ""));
    clock.advance(Duration::from_mins(1));
    assert_eq!(api.get("releases").await.status, 200);
}

/// A list may be behind what was written, seconds long; the write's own answer and reads by id are not:
/// <https://github.com/cli/cli/issues/6599>
#[tokio::test]
async fn lists_lag_behind_writes() {
    let (api, clock) = with(|options| options.lag = Duration::from_secs(3)).await;
    let id = api.draft("2.0.0").await;
    let query = "{ repository(owner: \"kyma-project\", name: \"btp-manager\") \
                 { release(tagName: \"2.0.0\") { databaseId } } }";
    let seen = async || {
        let listed = api.get("releases").await.body.as_array().unwrap().len();
        let found = api.graphql(query, Value::Null).await;
        (
            listed,
            found.body["data"]["repository"]["release"].is_object(),
        )
    };
    clock.advance(Duration::from_secs(2));
    assert_eq!(api.get(&format!("releases/{id}")).await.status, 200);
    assert_eq!(seen().await, (1, false));
    clock.advance(Duration::from_secs(1));
    assert_eq!(seen().await, (2, true));

    api.patch(
        &format!("releases/{id}"),
        json!({ "tag_name": "2.0.0", "draft": false }),
    )
    .await;
    assert_eq!(api.get("releases/tags/2.0.0").await.status, 404);
    clock.advance(Duration::from_secs(3));
    assert_eq!(api.get("releases/tags/2.0.0").await.status, 200);
    api.delete(&format!("releases/{id}")).await;
    assert_eq!(seen().await, (2, true));
}

/// `GraphQL` answers 200 with `errors`, and requires a token even for public data.
#[tokio::test]
async fn graphql_reports_errors_with_status_200() {
    let mut api = Api::start().await;
    let unknown = api
        .graphql(
            "{ repository(owner: \"a\", name: \"b\") { id } }",
            Value::Null,
        )
        .await;
    assert_eq!(
        (unknown.status, &unknown.body["data"]["repository"]),
        (200, &Value::Null)
    );
    assert_eq!(unknown.body["errors"][0]["type"], "NOT_FOUND");
    let field = "{ repository(owner: \"kyma-project\", name: \"btp-manager\") { nonsense } }";
    let message = api.graphql(field, Value::Null).await.body["errors"][0]["message"].clone();
    assert_eq!(
        message,
        "Field 'nonsense' doesn't exist on type 'Repository'"
    );
    api.act_as(None);
    assert_eq!(api.graphql(field, Value::Null).await.status, 401);
}

/// State is restored from its folder, bytes included.
#[tokio::test]
async fn world_round_trips_through_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let api = Api::start().await;
    let id = api.draft("2.0.0").await;
    api.upload(id, "a.txt", b"abc").await;
    api.github.world().save(folder.path()).unwrap();
    let loaded = GitHubWorld::load(folder.path()).unwrap();
    assert_eq!(loaded, *api.github.world());
    let release = &loaded.repositories[NAME].releases[&id];
    assert_eq!(loaded.bytes(&release.assets[0]).unwrap(), b"abc");
}

/// Limits are those of the options, and scripts change them while the server runs.
#[tokio::test]
async fn limits_can_be_set_by_options_and_by_control_api() {
    let (api, _) = with(|options| {
        options.limits.github_token = 1;
        options.control = true;
    })
    .await;
    assert_eq!(api.get("releases").await.status, 200);
    assert_eq!(api.get("releases").await.status, 403);
    let limits = json!({ "github_token": 3 });
    let set = api.call("PUT", "/_stand-in/limits", limits).await;
    assert_eq!(set.status, 204);
    let seen = api.get("/_stand-in/limits").await.body;
    assert_eq!(
        (&seen["github_token"], &seen["others"]),
        (&json!(3), &json!(5000))
    );
    assert_eq!(
        api.get("releases").await.header("x-ratelimit-remaining"),
        "1"
    );
    let wrong = json!({ "nonsense": 3 });
    assert_eq!(
        api.call("PUT", "/_stand-in/limits", wrong).await.status,
        400
    );
}
