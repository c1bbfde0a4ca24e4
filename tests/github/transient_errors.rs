//! Broken connections, failing servers and rate limits.

use std::time::Duration;

use btp_release::adapters::github::GitHub;
use btp_release::protocol::{
    AssetId, Cause, GitHubReader, GitHubWriter, NewDraft, Publication, ServiceError,
};
use stand_ins::github::GitHubWorld;
use stand_ins::{Fault, Pattern, RateLimits, Service};

use crate::support::github::{REPOSITORY, Rig, TOKEN, file, kind, new_tag, tag};

#[tokio::test]
async fn read_retries_transient_errors() {
    let rig = Rig::start().await;
    let github = rig.connect(TOKEN, |settings| {
        settings.answer_timeout = Duration::from_millis(600)
    });
    for fault in [
        Fault::ConnectionCutBefore,
        Fault::AnswerLost,
        Fault::Status(500),
        Fault::Status(502),
        Fault::Status(503),
        Fault::Status(504),
        Fault::Hang,
        Fault::CutAt(10),
        Fault::Stall(10),
    ] {
        for path in ["/releases", "/graphql"] {
            rig.hub.faults().when(Pattern::path(path), 2, fault.clone());
            let seen = github.releases(&tag("1.0.0")).await;
            assert_eq!(seen.unwrap().len(), 1, "{fault:?} {path}");
            rig.hub.faults().clear();
            // Changes the list, so that the next round is not answered by 304.
            rig.repository(|repository| _ = repository.draft("0.0.1"));
        }
    }
}

#[tokio::test]
async fn lasting_errors_are_unknown_and_not_absence() {
    let rig = Rig::start().await;
    for path in ["/releases", "/graphql"] {
        rig.hub
            .faults()
            .when(Pattern::path(path), 100, Fault::Status(502));
        let error = rig.github.releases(&tag("1.0.0")).await.unwrap_err();
        assert!(
            matches!(&error.cause, Cause::Unknown { detail } if detail.contains("502")),
            "{error}"
        );
        rig.hub.faults().clear();
    }
    rig.hub
        .faults()
        .when(Pattern::path("/git/ref"), 100, Fault::ConnectionCutBefore);
    assert_eq!(kind(&rig.github.tag(&tag("9.9.9")).await), "unknown");
}

#[tokio::test]
async fn graphql_errors_are_classified() {
    let rig = Rig::start().await;
    for (body, expected) in [
        (
            r#"{"data":{"repository":null},"errors":[{"type":"NOT_FOUND","message":"Could not resolve"}]}"#,
            "denied",
        ),
        (
            r#"{"data":{"repository":{"release":null}},"errors":[{"type":"FORBIDDEN","message":"no"}]}"#,
            "denied",
        ),
        (
            r#"{"data":null,"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded"}]}"#,
            "limited",
        ),
        (
            r#"{"data":null,"errors":[{"message":"Something went wrong while executing your query."}]}"#,
            "unknown",
        ),
        (
            r#"{"errors":[{"type":"undefinedField","message":"Field does not exist"}]}"#,
            "refused",
        ),
        (r#"{"data":{"repository":null}}"#, "broken"),
        (r#"{"data":{"repository":{"release":{}}}}"#, "broken"),
        ("{}", "refused"),
        ("<html>", "broken"),
    ] {
        rig.hub
            .faults()
            .when(Pattern::path("/graphql"), 100, Fault::Body(body.into()));
        assert_eq!(
            kind(&rig.github.releases(&tag("9.9.9")).await),
            expected,
            "{body}"
        );
        rig.hub.faults().clear();
    }
}

#[tokio::test]
async fn unreadable_answer_is_reported_with_its_request_id() {
    let rig = Rig::start().await;
    for body in ["", "not JSON", "[]", "{\"full_name\": 7}"] {
        rig.hub
            .faults()
            .when(Pattern::default(), 1, Fault::Body(body.into()));
        let error = rig.github.repository().await.unwrap_err();
        assert!(
            matches!(&error.cause, Cause::Broken { detail } if detail.contains("(request ")),
            "{error}"
        );
    }
    let endless = format!("\"{}\"", "x".repeat(17 << 20));
    rig.hub
        .faults()
        .when(Pattern::default(), 1, Fault::Body(endless));
    let error = rig.github.repository().await.unwrap_err();
    assert!(error.to_string().contains("16 MiB"), "{error}");
}

async fn write(rig: &Rig, github: &GitHub, number: usize) -> Result<(), ServiceError> {
    // An asset to rename or to delete.
    let asset = || {
        let id = rig.repository(|repository| *repository.releases.keys().next().unwrap());
        rig.hub
            .world()
            .attach(REPOSITORY, id, "a.yaml", b"x")
            .unwrap();
        AssetId(rig.repository(|repository| repository.releases[&id].assets[0].id))
    };
    let name = "new.yaml".parse().unwrap();
    match number {
        0 => {
            let draft = NewDraft {
                tag: tag("1.1.0"),
                target: rig.tip(),
                name: "1.1.0".into(),
                body: String::new(),
                prerelease: false,
            };
            github.create_draft(&draft).await.map(drop)
        }
        1 => github.create_tag(&new_tag("1.1.0", &rig.tip())).await,
        2 => {
            github
                .edit_draft(rig.draft("1.1.0"), &tag("1.1.0"), "x")
                .await
        }
        3 => {
            let publication = Publication {
                release: rig.draft("1.1.0"),
                tag: tag("1.1.0"),
                body: "x".into(),
                prerelease: false,
                make_latest: true,
            };
            github.publish(&publication).await
        }
        4 => github.delete_release(rig.draft("1.1.0")).await,
        5 => github.delete_tag(&tag("1.0.0")).await,
        6 => github.rename_asset(asset(), &name).await,
        7 => github.delete_asset(asset()).await,
        _ => {
            let folder = tempfile::tempdir().unwrap();
            let file = file(&folder, "new.yaml", b"bytes");
            github
                .upload_asset(rig.draft("1.1.0"), &name, &file)
                .await
                .map(drop)
        }
    }
}

const WRITES: usize = 9;

#[tokio::test]
async fn unanswered_write_is_unknown_and_sent_once() {
    for number in 0..WRITES {
        for (fault, landed) in [
            (Fault::ConnectionCutBefore, 0),
            (Fault::AnswerLost, 1),
            (Fault::Status(500), 0),
            (Fault::Status(503), 0),
            (Fault::StatusAfter(502), 1),
            (Fault::HangAfter, 1),
        ] {
            let rig = Rig::start().await;
            // Short where the time limit is to be met, but long enough for the request to arrive on a busy machine.
            let patience = match fault {
                Fault::HangAfter => Duration::from_millis(700),
                _ => Duration::from_secs(30),
            };
            let github = rig.connect(TOKEN, |settings| {
                settings.answer_timeout = patience;
                settings.stall_timeout = patience;
            });
            for method in ["POST", "PATCH", "DELETE"] {
                rig.hub
                    .faults()
                    .when(Pattern::new(method, "*"), 1, fault.clone());
            }
            let outcome = write(&rig, &github, number).await;
            assert_eq!(kind(&outcome), "unknown", "{number} {fault:?}");
            let writes = rig.hub.log().writes();
            assert_eq!(writes.len(), 1, "{number} {fault:?}");
            assert_eq!(
                writes.iter().filter(|write| write.landed).count(),
                landed,
                "{number} {fault:?}"
            );
        }
    }
}

#[tokio::test]
async fn rate_limited_write_is_repeated_after_the_wait() {
    for number in 0..WRITES {
        for (fault, earliest, latest) in [
            (
                Fault::SecondaryLimit {
                    status: 403,
                    retry_after: Some(Duration::from_secs(30)),
                },
                30,
                30,
            ),
            (
                Fault::SecondaryLimit {
                    status: 429,
                    retry_after: Some(Duration::from_secs(30)),
                },
                30,
                30,
            ),
            (
                Fault::SecondaryLimit {
                    status: 403,
                    retry_after: None,
                },
                60,
                66,
            ),
            (
                Fault::SecondaryLimit {
                    status: 429,
                    retry_after: None,
                },
                60,
                66,
            ),
            (
                Fault::PrimaryLimit {
                    reset: Duration::from_mins(10),
                },
                600,
                601,
            ),
        ] {
            let rig = Rig::start().await;
            for method in ["POST", "PATCH", "DELETE"] {
                rig.hub
                    .faults()
                    .when(Pattern::new(method, "*"), 1, fault.clone());
            }
            write(&rig, &rig.github, number).await.unwrap();
            let writes = rig.hub.log().writes();
            assert_eq!(writes.len(), 2, "{number} {fault:?}");
            assert!(!writes[0].landed && writes[1].landed, "{number} {fault:?}");
            let waited = writes[1].at.abs_diff(writes[0].at).as_secs();
            assert!(
                (earliest..=latest).contains(&waited),
                "{number} {fault:?}: {waited} s"
            );
        }
    }
}

#[tokio::test]
async fn retry_after_is_honoured() {
    let rig = Rig::start().await;
    for status in [403, 429] {
        let fault = Fault::SecondaryLimit {
            status,
            retry_after: Some(Duration::from_secs(90)),
        };
        rig.hub.faults().when(Pattern::default(), 1, fault);
        let before = rig.clock.now();
        rig.github.repository().await.unwrap();
        assert_eq!(rig.clock.now().abs_diff(before).as_secs(), 90);
    }
}

#[tokio::test]
async fn limit_beyond_patience_fails_at_once_with_the_time() {
    let rig = Rig::start().await;
    let github = rig.connect(TOKEN, |settings| {
        settings.policy.patience = Duration::from_mins(5)
    });
    let reset = Duration::from_mins(30);
    rig.hub
        .faults()
        .when(Pattern::default(), 1, Fault::PrimaryLimit { reset });
    for _ in 0..2 {
        let error = github.repository().await.unwrap_err();
        assert!(
            matches!(&error.cause, Cause::Limited { detail } if detail.contains("2026-01-01T00:30:01Z")),
            "{error}"
        );
    }
    // The second call sent nothing: the limit is known.
    assert_eq!(rig.hub.log().last(), 1);
    assert_eq!(rig.clock.now(), Duration::ZERO);
}

#[tokio::test]
async fn uploads_of_a_full_release_stay_below_the_limits() {
    let rig = Rig::with(GitHubWorld::example(), |options| {
        options.limits = RateLimits::default()
    })
    .await;
    let id = rig.draft("1.1.0");
    let folder = tempfile::tempdir().unwrap();
    let file = file(&folder, "x", b"x");
    for n in 0..999 {
        let name = format!("asset-{n}.yaml").parse().unwrap();
        rig.github.upload_asset(id, &name, &file).await.unwrap();
    }
    assert_eq!(
        rig.github.release(id).await.unwrap().unwrap().assets.len(),
        999
    );
    let refused = rig
        .hub
        .log()
        .filter(|entry| matches!(entry.status, Some(403 | 429)));
    assert!(refused.is_empty(), "{refused:?}");
    // Two windows of an hour, in which 480 files each are uploaded, and the rest.
    let hours = rig.clock.now().as_secs_f64() / 3600.0;
    assert!((2.0..2.05).contains(&hours), "{hours}");
    let uploads = rig
        .hub
        .log()
        .filter(|entry| entry.service == Service::Upload);
    assert_eq!(uploads.len(), 999);
}
