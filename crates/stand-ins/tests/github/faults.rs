//! Faults of requests: what the client receives, and what the log records.

use super::common::{Api, answer};
use serde_json::{Value, json};
use stand_ins::github::GitHubWorld;
use stand_ins::{Category, Fault, Options, Pattern, ServerClock, Service};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

fn draft() -> Value {
    json!({ "tag_name": "2.0.0", "draft": true })
}

fn drafts(api: &Api) -> usize {
    api.github
        .world()
        .repository("kyma-project/btp-manager")
        .releases_of("2.0.0")
        .len()
}

/// Whether a request to create a draft is answered, the response, and the number of drafts afterwards.
async fn create_with(fault: Fault) -> (Option<u16>, usize, Api) {
    let api = Api::start().await;
    api.github.faults().at(1, fault);
    let request = api
        .request("POST", "releases")
        .json(&draft())
        .timeout(Duration::from_millis(200));
    let status = request
        .send()
        .await
        .ok()
        .map(|response| response.status().as_u16());
    (status, drafts(&api), api)
}

#[tokio::test]
async fn create_release_faults_before_and_after_effect() {
    for (fault, status, landed) in [
        (Fault::ConnectionCutBefore, None, false),
        (Fault::AnswerLost, None, true),
        (Fault::Status(503), Some(503), false),
        (Fault::StatusAfter(502), Some(502), true),
        (Fault::Hang, None, false),
        (Fault::HangAfter, None, true),
    ] {
        let name = format!("{fault:?}");
        let (seen, made, api) = create_with(fault).await;
        assert_eq!((seen, made), (status, usize::from(landed)), "{name}");
        let entry = api.github.log().entries().remove(0);
        assert_eq!(
            (entry.number, entry.status, entry.landed),
            (1, status, landed),
            "{name}"
        );
        assert_eq!(
            (entry.category, entry.service),
            (Category::Write, Service::Api)
        );
        assert_eq!(
            api.post("releases", draft()).await.status,
            201,
            "{name} strikes once"
        );
    }
}

/// The connection goes in the middle of an upload as well, and the answer to one gets lost.
#[tokio::test]
async fn upload_faults_before_and_after_effect() {
    for (fault, assets) in [(Fault::ConnectionCutBefore, 0), (Fault::AnswerLost, 1)] {
        let api = Api::start().await;
        let id = api.draft("2.0.0").await;
        api.github
            .faults()
            .when(Pattern::default().on(Service::Upload), 1, fault);
        assert!(api.upload_request(id, "a", b"a").send().await.is_err());
        let release = api.get(&format!("releases/{id}")).await;
        assert_eq!(
            release.body["assets"].as_array().map(Vec::len),
            Some(assets)
        );
    }
}

/// A client that dies in the middle of an upload leaves a starter behind.
#[tokio::test]
async fn interrupted_upload_leaves_starter_asset() {
    use tokio::io::AsyncWriteExt;
    let api = Api::start().await;
    let id = api.draft("2.0.0").await;
    let host = api.github.upload_url().replace("http://", "");
    let mut socket = tokio::net::TcpStream::connect(&host).await.unwrap();
    let head = format!(
        "POST /repos/kyma-project/btp-manager/releases/{id}/assets?name=a HTTP/1.1\r\nhost: {host}\r\n\
         user-agent: x\r\nauthorization: Bearer gh-token\r\ncontent-length: 9\r\n\r\nhalf"
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    drop(socket);
    let state =
        async || api.get(&format!("releases/{id}")).await.body["assets"][0]["state"].clone();
    for _ in 0..200 {
        if state().await == "starter" {
            return;
        }
    }
    panic!("no starter was left");
}

/// <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit>
#[tokio::test]
async fn rate_limit_faults_set_status_and_headers() {
    let api = Api::start().await;
    let wait = Some(Duration::from_secs(7));
    api.github.faults().at(
        1,
        Fault::PrimaryLimit {
            reset: Duration::from_secs(90),
        },
    );
    api.github.faults().at(
        2,
        Fault::SecondaryLimit {
            status: 429,
            retry_after: wait,
        },
    );
    api.github.faults().at(
        3,
        Fault::SecondaryLimit {
            status: 403,
            retry_after: None,
        },
    );
    let primary = api.get("releases").await;
    assert_eq!(
        (primary.status, primary.header("x-ratelimit-remaining")),
        (403, "0")
    );
    assert_eq!(
        primary.header("x-ratelimit-reset"),
        (1_767_225_600 + 90).to_string()
    );
    let secondary = api.get("releases").await;
    assert_eq!(
        (secondary.status, secondary.header("retry-after")),
        (429, "7")
    );
    let silent = api.get("releases").await;
    assert_eq!((silent.status, silent.header("retry-after")), (403, ""));
    assert!(
        silent.body["message"]
            .as_str()
            .unwrap()
            .contains("secondary rate limit")
    );
    assert!(!silent.header("x-github-request-id").is_empty());
}

/// A hook runs before or after the effect; a test can kill its client in it.
#[tokio::test]
async fn call_faults_run_hooks_with_the_request() {
    let api = Arc::new(Api::start().await);
    let numbers = Arc::new(AtomicU64::new(0));
    let (before, after) = (Arc::clone(&numbers), Arc::clone(&numbers));
    let pattern = Pattern::new("POST", "*/releases");
    let hook = Fault::call(move |request| before.store(request.number, Ordering::SeqCst));
    api.github.faults().when(pattern.clone(), 1, hook);
    api.get("releases").await;
    api.draft("2.0.0").await;
    assert_eq!(numbers.load(Ordering::SeqCst), 2);
    let seen = Arc::downgrade(&api);
    let hook = Fault::call_after(move |_| {
        let made = seen.upgrade().map_or(0, |api| drafts(&api));
        after.store(made as u64, Ordering::SeqCst);
    });
    api.github.faults().when(pattern, 1, hook);
    api.draft("2.0.0").await;
    assert_eq!(numbers.load(Ordering::SeqCst), 2);
}

/// A slow body goes by the clock.
#[tokio::test]
async fn body_faults_slow_replace_and_cut() {
    let clock = ServerClock::manual();
    let options = Options {
        clock: clock.clone(),
        ..Options::default()
    };
    let api = Api::with(GitHubWorld::example(), options).await;
    let pause = Duration::from_secs(1);
    api.github.faults().at(
        1,
        Fault::SlowBody {
            bytes: 1 << 20,
            pause,
        },
    );
    api.github
        .faults()
        .at(2, Fault::SlowBody { bytes: 10, pause });
    api.github.faults().at(3, Fault::Body("<html>".to_owned()));
    assert_eq!(api.get("releases").await.status, 200);
    let slow = api
        .request("GET", "releases")
        .timeout(Duration::from_millis(50))
        .send()
        .await
        .unwrap();
    assert!(slow.bytes().await.is_err(), "the rest waits for the clock");
    assert_eq!(api.get("releases").await.body, Value::Null);
    assert_eq!(api.github.faults().pending(), 0);
}

/// Scripts see the log and plan faults over HTTP, and leave no trace in the log themselves.
#[tokio::test]
async fn control_api_plans_faults_and_reads_log_and_world() {
    let options = Options {
        control: true,
        ..Options::default()
    };
    let api = Api::with(GitHubWorld::example(), options).await;
    let plan = json!({ "when": { "path": "/releases" }, "times": 2, "fault": { "status": 500 } });
    assert_eq!(api.post("/_stand-in/faults", plan).await.status, 204);
    assert_eq!(
        api.post(
            "/_stand-in/faults",
            json!({ "at": 3, "fault": "answer_lost" })
        )
        .await
        .status,
        204
    );
    for _ in 0..2 {
        assert_eq!(api.get("releases").await.status, 500);
    }
    assert!(api.request("GET", "releases").send().await.is_err());
    let log = api.get("/_stand-in/log").await;
    assert_eq!(log.body.as_array().map(Vec::len), Some(3));
    assert_eq!(log.body[0]["status"], 500);
    let mut world = api.get("/_stand-in/world").await.body;
    world["tokens"] = json!({});
    assert_eq!(
        answer(api.request("PUT", "/_stand-in/world").json(&world))
            .await
            .status,
        204
    );
    assert_eq!(api.get("releases").await.status, 401);
}
