//! The tokens that the adapter makes as a GitHub App.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use btp_release::adapters::github::GitHub;
use btp_release::domain::{
    AccessLevel, AppCredential, Code, GitHubApp, GitHubCredential, Permission,
};
use btp_release::protocol::{
    Cause, GitHubReader as _, GitHubWriter as _, NewDraft, SecretMask, ServiceError,
};
use stand_ins::github::{GitHubWorld, Level, Rights, StoredApp};
use stand_ins::{Fault, Pattern, ServerClock};

use crate::support::github::{REPOSITORY, Rig, connect, settings, tag};

const KEY: &str = include_str!("../support/app/private-key.pem");
const OTHER_KEY: &str = include_str!("../support/app/other-private-key.pem");
const PUBLIC_KEY: &str = include_str!("../support/app/public-key.pem");
const CONTENTS: Permission = Permission {
    name: "contents",
    level: AccessLevel::Write,
};
const TOKENS: &str = "/access_tokens";

/// Keeps what it is given.
#[derive(Default)]
struct Masked(Mutex<Vec<String>>);

impl SecretMask for Masked {
    fn mask(&self, secret: &str) {
        self.0.lock().unwrap().push(secret.to_owned());
    }
}

async fn start() -> Rig {
    let mut world = GitHubWorld::example();
    let rights = Rights {
        contents: Level::Write,
        ..Rights::default()
    };
    let app = StoredApp::new("release-bot", PUBLIC_KEY).installed_on(REPOSITORY, rights);
    world.apps.insert("12345".into(), app);
    Rig::with(world, |_| ()).await
}

fn credential(id: &str, key: &str, permissions: &[Permission]) -> GitHubCredential {
    GitHubCredential::App(AppCredential {
        app: GitHubApp::new(id, &key.into()).unwrap(),
        permissions: permissions.to_vec(),
    })
}

fn as_app(rig: &Rig, mask: &Arc<Masked>) -> GitHub {
    rig.connect("", |settings| {
        settings.credential = credential("12345", KEY, &[CONTENTS]);
        settings.mask = Some(mask.clone());
    })
}

/// Of the tokens that GitHub knows, those of Apps.
fn tokens(rig: &Rig) -> Vec<String> {
    let world = rig.hub.world();
    let secrets = world.tokens.keys();
    secrets
        .filter(|secret| secret.starts_with("ghs_"))
        .cloned()
        .collect()
}

#[tokio::test]
async fn token_is_made_once_with_few_permissions_and_masked_and_revoked() {
    let (rig, masked) = (start().await, Arc::new(Masked::default()));
    let github = as_app(&rig, &masked);
    let (one, two) = (tag("1.0.0"), tag("1.0.1"));
    let both = tokio::join!(github.tag(&one), github.tag(&two));
    assert!(both.0.unwrap().is_some() && both.1.unwrap().is_none());
    assert_eq!(rig.requests("GET", "/installation").len(), 1);
    assert_eq!(rig.requests("POST", TOKENS).len(), 1);
    let made = tokens(&rig);
    assert_eq!(*masked.0.lock().unwrap(), made);
    {
        let world = rig.hub.world();
        let token = &world.tokens[&made[0]];
        let expected = Rights {
            contents: Level::Write,
            ..Rights::default()
        };
        assert_eq!(token.rights, expected);
        assert_eq!(token.repositories, Some([REPOSITORY.to_owned()].into()));
    }
    github.revoke_token().await;
    github.revoke_token().await;
    assert_eq!(tokens(&rig), [""; 0]);
    assert_eq!(rig.requests("DELETE", "/installation/token").len(), 1);
}

#[tokio::test]
async fn nothing_is_asked_of_github_without_a_request() {
    let (rig, masked) = (start().await, Arc::new(Masked::default()));
    as_app(&rig, &masked).revoke_token().await;
    assert_eq!(rig.hub.log().last(), 0);
}

#[tokio::test]
async fn token_is_renewed_before_it_expires() {
    let (rig, masked) = (start().await, Arc::new(Masked::default()));
    let github = as_app(&rig, &masked);
    for (wait, made) in [(0, 1), (54, 1), (2, 2), (54, 2), (300, 3)] {
        rig.clock.advance(Duration::from_mins(wait));
        github.tag(&tag("1.0.0")).await.unwrap();
        assert_eq!(rig.requests("POST", TOKENS).len(), made, "after {wait} min");
    }
    assert_eq!(rig.requests("GET", "/installation").len(), 1);
    assert!(
        rig.hub
            .log()
            .filter(|entry| entry.status == Some(401))
            .is_empty()
    );
}

#[tokio::test]
async fn token_that_is_refused_is_replaced_once_and_a_write_lands_once() {
    let (rig, masked) = (start().await, Arc::new(Masked::default()));
    let github = as_app(&rig, &masked);
    github.tag(&tag("1.0.0")).await.unwrap();
    let revoked = tokens(&rig).remove(0);
    rig.hub.world().tokens.remove(&revoked);
    let draft = NewDraft {
        tag: tag("1.1.0"),
        target: rig.tip(),
        name: "1.1.0".into(),
        body: "Notes".into(),
        prerelease: false,
    };
    github.create_draft(&draft).await.unwrap();
    let statuses: Vec<_> = rig
        .requests("POST", "/releases")
        .iter()
        .map(|e| e.status)
        .collect();
    assert_eq!(statuses, [Some(401), Some(201)]);

    // A service that refuses every token is not asked again and again.
    let refused = Fault::Status(401);
    let everything = Pattern::path("/git/");
    rig.hub.faults().when(everything, 9, refused);
    let before = rig.requests("POST", TOKENS).len();
    let error = github.tag(&tag("1.0.0")).await.unwrap_err();
    assert!(
        matches!(error.cause, Cause::Denied { status: 401, .. }),
        "{error}"
    );
    assert_eq!(rig.requests("POST", TOKENS).len(), before + 1);
}

/// The code and the whole text of the error of a request.
async fn refused(github: &GitHub) -> (Code, String) {
    let error: ServiceError = github.tag(&tag("1.0.0")).await.unwrap_err();
    match &error.cause {
        Cause::Explained(told) => (told.code, format!("{error}\n{}", told.help)),
        other => unreachable!("{other:?}"),
    }
}

#[tokio::test]
async fn refusals_are_explained() {
    let rig = start().await;
    let with = |id: &str, key: &str, permissions: &[Permission]| {
        let credential = credential(id, key, permissions);
        rig.connect("", |settings| settings.credential = credential)
    };
    let says = |(code, text): (Code, String), expected: Code, words: &[&str]| {
        assert_eq!(code, expected, "{text}");
        for word in words {
            assert!(text.contains(word), "{word}: {text}");
        }
    };
    let checks = Permission {
        name: "checks",
        level: AccessLevel::Read,
    };
    let missing = with("12345", KEY, &[CONTENTS, checks]);
    let page = "/organizations/kyma-project/settings/installations/1";
    says(
        refused(&missing).await,
        Code::AppPermissionMissing,
        &["release-bot is not granted checks: read (", page],
    );
    let words = [
        "private key for the App 12345",
        "APP_PRIVATE_KEY",
        "could not be decoded",
    ];
    let other_key = with("12345", OTHER_KEY, &[CONTENTS]);
    says(refused(&other_key).await, Code::AppKeyRefused, &words);
    let unknown = with("99", KEY, &[CONTENTS]);
    says(
        refused(&unknown).await,
        Code::AppKeyRefused,
        &["no App with the ID 99"],
    );

    let ahead = ServerClock::manual();
    ahead.advance(Duration::from_mins(20));
    let mut skewed = settings(&rig.hub.api_url(), "");
    skewed.credential = credential("12345", KEY, &[CONTENTS]);
    let words = [
        "Thu, 01 Jan 2026 00:00:00 GMT",
        "Thu, 01 Jan 2026 00:20:00 GMT",
    ];
    says(
        refused(&connect(skewed, &ahead)).await,
        Code::AppClockDiffers,
        &words,
    );

    let installation = |change: fn(&mut StoredApp)| {
        change(rig.hub.world().apps.get_mut("12345").unwrap());
        with("12345", KEY, &[CONTENTS])
    };
    let suspended = installation(|app| app.installations[0].suspended = true);
    says(
        refused(&suspended).await,
        Code::AppNotInstalled,
        &["suspended", page],
    );
    let elsewhere = installation(|app| app.installations.clear());
    says(
        refused(&elsewhere).await,
        Code::AppNotInstalled,
        &[
            "12345 is not installed on kyma-project/btp-manager",
            "*Install App*",
        ],
    );
}
