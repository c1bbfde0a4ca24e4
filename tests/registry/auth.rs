//! Tokens and passwords, against the stand-in: who is asked, how often, and what is said when it is refused.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use btp_release::adapters::registry::{Credential, Credentials};
use btp_release::protocol::{
    BlobSource, Cause, Clock as _, RegistryReader as _, RegistryWriter as _,
};
use futures_util::future::join_all;
use stand_ins::registry::{Anonymous, Auth};
use stand_ins::{Fault, Pattern, RegistryOptions, Service};

use crate::faults::Scene;
use crate::rig::{FastClock, blob, registries, sample, timed};

fn token() -> RegistryOptions {
    RegistryOptions {
        auth: Auth::token("bob", "pw"),
        ..RegistryOptions::default()
    }
}

fn bob(scene: &Scene, password: &str) -> Credentials {
    Credentials::anonymous().with(
        &scene.server.host(),
        Credential::Basic {
            user: "bob".into(),
            password: password.into(),
        },
    )
}

fn tokens(scene: &Scene) -> usize {
    let fetched = scene
        .server
        .log()
        .filter(|entry| entry.service == Service::Token);
    fetched.len()
}

#[tokio::test]
async fn a_token_is_fetched_once_for_all_who_need_it() {
    let scene = Scene::with(token()).await;
    let all = registries(Credentials::anonymous());
    let looks = join_all((0..20).map(|_| all.resolve(&scene.tag))).await;
    assert!(looks.into_iter().all(|seen| seen.unwrap().is_some()));
    assert_eq!(tokens(&scene), 1);
    // The next one goes straight through.
    let before = scene.server.log().last();
    all.resolve(&scene.tag).await.unwrap();
    assert_eq!(scene.server.log().last(), before + 1);
}

#[tokio::test]
async fn a_token_is_renewed_before_it_runs_out() {
    let scene = Scene::with(token()).await;
    let clock = FastClock::start();
    let all = timed(Credentials::anonymous(), Arc::clone(&clock));
    all.resolve(&scene.tag).await.unwrap();
    clock
        .sleep_until(clock.now().plus(Duration::from_mins(1)))
        .await;
    all.resolve(&scene.tag).await.unwrap();
    assert_eq!(tokens(&scene), 2);
    assert_eq!(
        scene.seen("/manifests/"),
        ["HEAD 401", "HEAD 200", "HEAD 200"]
    );
}

#[tokio::test]
async fn a_token_that_dies_in_the_middle_of_a_pull_is_replaced() {
    let scene = Scene::with(token()).await;
    scene
        .server
        .faults()
        .when(Pattern::path("/token"), 2, Fault::TokenDiesAfter(1));
    let cuts = Fault::CutAt(100_000);
    scene
        .server
        .faults()
        .when(Pattern::path("/blobs/"), 5, cuts);
    assert_eq!(scene.pull().await.unwrap(), scene.layer);
    assert!(tokens(&scene) >= 3, "{}", tokens(&scene));
    assert!(
        scene
            .seen("/blobs/")
            .iter()
            .filter(|seen| *seen == "GET 401")
            .count()
            >= 3
    );
}

#[tokio::test]
async fn pushing_asks_for_the_right_to_push() {
    let scene = Scene::with(token()).await;
    let all = registries(bob(&scene, "pw"));
    let mut layer = blob(sample(1000));
    all.push_blob(&scene.at, &layer).await.unwrap();
    all.push_manifest(
        &scene.tag,
        "application/vnd.oci.image.manifest.v1+json",
        "{}".into(),
    )
    .await
    .unwrap();
    assert_eq!(tokens(&scene), 1);
    // A mount needs to read elsewhere, too.
    layer.mount_from = Some(scene.at.clone());
    let to = crate::rig::repository(&scene.server.host(), "other");
    all.push_blob(&to, &layer).await.unwrap();
    assert_eq!(
        scene.seen("/v2/other/blobs/uploads/"),
        ["POST 401", "POST 201"]
    );
    // Who may only pull is told so, and in the registry's words.
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
async fn a_token_service_that_refuses_is_named() {
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
        let scene = Scene::with(RegistryOptions {
            anonymous,
            ..token()
        })
        .await;
        let credentials = password.map_or_else(Credentials::anonymous, |it| bob(&scene, it));
        let all = registries(credentials);
        let gone = scene.at.tagged("none".parse().unwrap());
        // The same for what is there and for what is not, and never absence.
        for image in [&scene.tag, &gone] {
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
async fn a_token_service_that_stumbles_is_asked_again() {
    let scene = Scene::with(token()).await;
    scene
        .server
        .faults()
        .when(Pattern::path("/token"), 2, Fault::Status(503));
    assert_eq!(scene.pull().await.unwrap(), scene.layer);
    assert_eq!(tokens(&scene), 3);
    scene
        .server
        .faults()
        .when(Pattern::path("/token"), 1000, Fault::Status(503));
    let cause = scene.pull().await.unwrap_err();
    assert!(matches!(cause, Cause::Unknown { .. }), "{cause:?}");
    assert!(tokens(&scene) < 20, "{}", tokens(&scene));
}

#[tokio::test]
async fn a_realm_further_inside_than_the_registry_is_not_asked() {
    for realm in [
        "https://10.1.2.3/token",
        "https://169.254.169.254/token",
        "http://10.0.0.1/token",
    ] {
        let scene = Scene::with(RegistryOptions {
            token_realm: Some(realm.into()),
            ..token()
        })
        .await;
        let cause = scene.pull_with(bob(&scene, "pw")).await.unwrap_err();
        let Cause::Broken { detail } = &cause else {
            panic!("{cause}");
        };
        assert!(detail.contains(realm), "{detail}");
    }
}

#[tokio::test]
async fn a_password_is_tried_only_where_it_is_for() {
    let scene = Scene::with(RegistryOptions {
        auth: Auth::basic("bob", "pw"),
        ..RegistryOptions::default()
    })
    .await;
    assert_eq!(
        scene.pull_with(bob(&scene, "pw")).await.unwrap(),
        scene.layer
    );
    let elsewhere = Credentials::anonymous().with(
        "127.0.0.1:1",
        Credential::Basic {
            user: "bob".into(),
            password: "pw".into(),
        },
    );
    let cause = scene.pull_with(elsewhere).await.unwrap_err();
    assert!(
        matches!(cause, Cause::Denied { status: 401, .. }),
        "{cause:?}"
    );
}

#[tokio::test]
async fn a_redirected_blob_is_fetched_without_credentials() {
    let scene = Scene::with(RegistryOptions {
        redirect_blobs: true,
        ..token()
    })
    .await;
    let carried = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&carried);
    let note = Fault::call(move |request| {
        told.lock()
            .unwrap()
            .push(request.headers.contains_key("authorization"));
    });
    let storage = Pattern::path("").on(Service::Storage);
    scene.server.faults().when(storage.clone(), 10, note);
    scene
        .server
        .faults()
        .when(storage, 1, Fault::CutAt(200_000));
    let pulled = scene.pull_with(bob(&scene, "pw")).await;
    assert_eq!(pulled.unwrap(), scene.layer);
    assert_eq!(*carried.lock().unwrap(), [false, false]);
}

#[tokio::test]
async fn a_token_that_dies_before_the_last_request_of_an_upload_is_replaced() {
    let scene = Scene::with(token()).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("layer");
    let bytes = sample(300_000);
    std::fs::write(&path, &bytes).unwrap();
    let mut layer = blob(bytes);
    layer.bytes = BlobSource::File(path);
    // The look and the start of the upload use it up.
    let dies = Fault::TokenDiesAfter(2);
    scene.server.faults().when(Pattern::path("/token"), 1, dies);
    let all = registries(bob(&scene, "pw"));
    all.push_blob(&scene.at, &layer).await.unwrap();
    assert_eq!(scene.seen("/uploads/"), ["POST 202", "PUT 401", "PUT 201"]);
}
