//! Tokens and passwords, against the stand-in: where they are sent, how often tokens are fetched, how refusals are reported.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use btp_release::adapters::registry::{Credential, Credentials};
use btp_release::protocol::{
    BlobSource, Cause, Clock as _, RegistryReader as _, RegistryWriter as _,
};
use futures_util::future::join_all;
use stand_ins::registry::{Anonymous, Auth};
use stand_ins::{Fault, Pattern, RegistryOptions, Service};

use crate::faults::Fixture;
use crate::support::registry::{FastClock, blob, registries, sample, timed};

fn token() -> RegistryOptions {
    RegistryOptions {
        auth: Auth::token("bob", "pw"),
        ..RegistryOptions::default()
    }
}

fn bob(fixture: &Fixture, password: &str) -> Credentials {
    Credentials::anonymous().with(
        &fixture.server.host(),
        Credential::Basic {
            user: "bob".into(),
            password: password.into(),
        },
    )
}

fn tokens(fixture: &Fixture) -> usize {
    let fetched = fixture
        .server
        .log()
        .filter(|entry| entry.service == Service::Token);
    fetched.len()
}

#[tokio::test]
async fn concurrent_requests_fetch_one_token() {
    let fixture = Fixture::with(token()).await;
    let all = registries(Credentials::anonymous());
    let looks = join_all((0..20).map(|_| all.resolve(&fixture.tag))).await;
    assert!(looks.into_iter().all(|seen| seen.unwrap().is_some()));
    assert_eq!(tokens(&fixture), 1);
    // The next request uses the same token.
    let before = fixture.server.log().last();
    all.resolve(&fixture.tag).await.unwrap();
    assert_eq!(fixture.server.log().last(), before + 1);
}

#[tokio::test]
async fn expired_token_is_refreshed() {
    let fixture = Fixture::with(token()).await;
    let clock = FastClock::start();
    let all = timed(Credentials::anonymous(), Arc::clone(&clock));
    all.resolve(&fixture.tag).await.unwrap();
    clock
        .sleep_until(clock.now().plus(Duration::from_mins(1)))
        .await;
    all.resolve(&fixture.tag).await.unwrap();
    assert_eq!(tokens(&fixture), 2);
    assert_eq!(
        fixture.seen("/manifests/"),
        ["HEAD 401", "HEAD 200", "HEAD 200"]
    );
}

#[tokio::test]
async fn token_revoked_during_a_pull_is_replaced() {
    let fixture = Fixture::with(token()).await;
    fixture
        .server
        .faults()
        .when(Pattern::path("/token"), 2, Fault::TokenDiesAfter(1));
    let cuts = Fault::CutAt(100_000);
    fixture
        .server
        .faults()
        .when(Pattern::path("/blobs/"), 5, cuts);
    assert_eq!(fixture.pull().await.unwrap(), fixture.layer);
    assert!(tokens(&fixture) >= 3, "{}", tokens(&fixture));
    assert!(
        fixture
            .seen("/blobs/")
            .iter()
            .filter(|seen| *seen == "GET 401")
            .count()
            >= 3
    );
}

#[tokio::test]
async fn push_requests_the_scope_to_push() {
    let fixture = Fixture::with(token()).await;
    let all = registries(bob(&fixture, "pw"));
    let mut layer = blob(sample(1000));
    all.push_blob(&fixture.at, &layer).await.unwrap();
    all.push_manifest(
        &fixture.tag,
        "application/vnd.oci.image.manifest.v1+json",
        "{}".into(),
    )
    .await
    .unwrap();
    assert_eq!(tokens(&fixture), 1);
    // A mount also needs the scope to pull from the other repository.
    layer.mount_from = Some(fixture.at.clone());
    let to = crate::support::registry::repository(&fixture.server.host(), "other");
    all.push_blob(&to, &layer).await.unwrap();
    assert_eq!(
        fixture.seen("/v2/other/blobs/uploads/"),
        ["POST 401", "POST 201"]
    );
    // A push with the right to pull only is refused with the registry's message.
    let anonymous = registries(Credentials::anonymous());
    let error = anonymous
        .push_blob(&to, &blob(sample(99)))
        .await
        .unwrap_err();
    let Cause::Denied {
        status: 401,
        message,
        ..
    } = &error.cause
    else {
        panic!("{error}");
    };
    assert!(message.contains("without credentials"), "{message}");
}

#[tokio::test]
async fn refusal_of_the_token_service_is_reported() {
    for (anonymous, password, status, words) in [
        (
            Anonymous::Pulls,
            Some("s3cret"),
            401,
            "incorrect username or password (asked as user \"bob\")",
        ),
        (
            Anonymous::Unauthorized,
            None,
            401,
            "authentication required (asked without credentials)",
        ),
        (
            Anonymous::Denied,
            None,
            403,
            "DENIED: Unauthenticated request.",
        ),
    ] {
        let fixture = Fixture::with(RegistryOptions {
            anonymous,
            ..token()
        })
        .await;
        let credentials = password.map_or_else(Credentials::anonymous, |it| bob(&fixture, it));
        let all = registries(credentials);
        let gone = fixture.at.tagged("none".parse().unwrap());
        // Existing and missing images are refused alike; neither is reported as absent.
        for image in [&fixture.tag, &gone] {
            let error = all.resolve(image).await.unwrap_err();
            let Cause::Denied {
                status: seen,
                message,
                ..
            } = &error.cause
            else {
                panic!("{error}");
            };
            assert_eq!(*seen, status);
            assert!(message.contains(words), "{message}");
            assert!(
                message.contains("token service http://127.0.0.1"),
                "{message}"
            );
            assert!(
                !format!("{error} {error:?}").contains("s3cret"),
                "{error:?}"
            );
        }
    }
}

#[tokio::test]
async fn token_requests_are_retried() {
    let fixture = Fixture::with(token()).await;
    fixture
        .server
        .faults()
        .when(Pattern::path("/token"), 2, Fault::Status(503));
    assert_eq!(fixture.pull().await.unwrap(), fixture.layer);
    assert_eq!(tokens(&fixture), 3);
    fixture
        .server
        .faults()
        .when(Pattern::path("/token"), 1000, Fault::Status(503));
    let cause = fixture.pull().await.unwrap_err();
    assert!(matches!(cause, Cause::Unknown { .. }), "{cause:?}");
    assert!(tokens(&fixture) < 20, "{}", tokens(&fixture));
}

#[tokio::test]
async fn realm_on_a_private_address_is_refused() {
    for realm in [
        "https://10.1.2.3/token",
        "https://169.254.169.254/token",
        "http://10.0.0.1/token",
    ] {
        let fixture = Fixture::with(RegistryOptions {
            token_realm: Some(realm.into()),
            ..token()
        })
        .await;
        let cause = fixture.pull_with(bob(&fixture, "pw")).await.unwrap_err();
        let Cause::Broken { detail } = &cause else {
            panic!("{cause}");
        };
        assert!(detail.contains(realm), "{detail}");
    }
}

#[tokio::test]
async fn password_is_sent_only_to_its_own_host() {
    let fixture = Fixture::with(RegistryOptions {
        auth: Auth::basic("bob", "pw"),
        ..RegistryOptions::default()
    })
    .await;
    assert_eq!(
        fixture.pull_with(bob(&fixture, "pw")).await.unwrap(),
        fixture.layer
    );
    let elsewhere = Credentials::anonymous().with(
        "127.0.0.1:1",
        Credential::Basic {
            user: "bob".into(),
            password: "pw".into(),
        },
    );
    let cause = fixture.pull_with(elsewhere).await.unwrap_err();
    assert!(
        matches!(cause, Cause::Denied { status: 401, .. }),
        "{cause:?}"
    );
}

#[tokio::test]
async fn password_that_was_asked_for_once_goes_with_all_further_requests() {
    let fixture = Fixture::with(RegistryOptions {
        auth: Auth::basic("bob", "pw"),
        ..RegistryOptions::default()
    })
    .await;
    let all = registries(bob(&fixture, "pw"));
    all.resolve(&fixture.tag).await.unwrap();
    let blobs = [sample(1000), sample(2000)].map(blob);
    let other = crate::support::registry::repository(&fixture.server.host(), "other");
    for pushed in join_all(blobs.iter().map(|blob| all.push_blob(&other, blob))).await {
        pushed.unwrap();
    }
    let refused = fixture
        .server
        .log()
        .filter(|entry| entry.status == Some(401));
    assert_eq!(refused.len(), 1, "{refused:?}");
}

#[tokio::test]
async fn redirected_blob_is_read_without_credentials() {
    let fixture = Fixture::with(RegistryOptions {
        redirect_blobs: true,
        ..token()
    })
    .await;
    let carried = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&carried);
    let note = Fault::call(move |request| {
        seen.lock()
            .unwrap()
            .push(request.headers.contains_key("authorization"));
    });
    let storage = Pattern::path("").on(Service::Storage);
    fixture.server.faults().when(storage.clone(), 10, note);
    fixture
        .server
        .faults()
        .when(storage, 1, Fault::CutAt(200_000));
    let pulled = fixture.pull_with(bob(&fixture, "pw")).await;
    assert_eq!(pulled.unwrap(), fixture.layer);
    assert_eq!(*carried.lock().unwrap(), [false, false]);
}

#[tokio::test]
async fn token_revoked_during_an_upload_is_replaced() {
    let fixture = Fixture::with(token()).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("layer");
    let bytes = sample(300_000);
    std::fs::write(&path, &bytes).unwrap();
    let mut layer = blob(bytes);
    layer.bytes = BlobSource::File(path);
    // The start of the upload uses it up.
    let dies = Fault::TokenDiesAfter(1);
    fixture
        .server
        .faults()
        .when(Pattern::path("/token"), 1, dies);
    let all = registries(bob(&fixture, "pw"));
    all.push_blob(&fixture.at, &layer).await.unwrap();
    assert_eq!(
        fixture.seen("/uploads/"),
        ["POST 401", "POST 202", "PUT 401", "PUT 201"]
    );
}
