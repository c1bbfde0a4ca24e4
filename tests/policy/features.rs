//! A feature needs at least a new minor version.

use stand_ins::github::GitRepository;

use super::repository::repository;
use super::scripts::{Script, label_validator};

const FEATURES: (&str, &str) = ("feature-labels", "kind/feature\nbreaking change");

fn history(repository: &mut GitRepository) {
    repository
        .merge("An old feature", "ada", &["kind/feature"])
        .publish("1.3.20")
        .merge("A fix", "ada", &["kind/bug"])
        .merge("A feature", "grace", &["Kind/Feature", "size/S"]);
    for n in 0..140 {
        repository.merge(&format!("Fix {n}"), "ada", &["kind/bug"]);
    }
    repository.merge("Break it", "linus", &["breaking change"]);
}

/// B-28: with `v` in front of the version, the script saw another major version; and a name that it could not read it let pass, or
/// it failed.
#[tokio::test(flavor = "multi_thread")]
async fn patch_that_brings_a_feature_is_refused_however_it_is_typed() {
    let repository = repository(history).await;
    for (version, script) in [
        ("1.3.21", Script::Refused),
        ("v1.3.21", Script::Passed),
        ("1.3.21-rc1", Script::Refused),
        ("v1.3.21-rc1", Script::Unchecked),
    ] {
        assert_eq!(
            label_validator("1.3.20", version, true),
            script,
            "{version}"
        );
        let planned = repository.plan(&[("version", version), FEATURES]).await;
        assert_eq!(planned.code, 10, "{version}: {}", planned.log);
        assert!(planned.codes().contains(&"feature-in-patch".to_owned()));
    }
    assert_eq!(label_validator("1.3.20", "foo", true), Script::Unchecked);
    assert_eq!(label_validator("1", "1", true), Script::Crashed);
    let told = repository.plan(&[("version", "1.3.21"), FEATURES]).await;
    let seen = "error[feature-in-patch] plan: 1.3.21 is a patch of 1.3.20, and 2 merged pull requests since then have one of the \
                labels kind/feature, breaking change:\n";
    assert!(told.log.contains(seen), "{}", told.log);
    for line in [
        "/pull/3 Kind/Feature, size/S\n",
        "/pull/144 breaking change\n",
    ] {
        assert!(told.log.contains(line), "{}", told.log);
    }
    let help = "help: release 1.4.0, or say in `force` why this one is released all the same";
    assert!(told.log.contains(help), "{}", told.log);
}

#[tokio::test(flavor = "multi_thread")]
async fn minor_and_first_releases_may_bring_features() {
    let with_features = repository(history).await;
    for version in ["1.4.0", "v1.4.0", "1.4.0-rc.1", "2.0.0", "1.5.3"] {
        let planned = with_features.plan(&[("version", version), FEATURES]).await;
        assert_eq!(planned.code, 0, "{version}: {}", planned.log);
    }
    let forced = [
        ("version", "1.3.21"),
        FEATURES,
        ("force", "it is behind a flag"),
    ];
    assert_eq!(with_features.plan(&forced).await.code, 0);
    let other = ("feature-labels", "area/ui");
    assert_eq!(
        with_features
            .plan(&[("version", "1.3.21"), other])
            .await
            .code,
        0
    );
    let first = repository(|repository| {
        repository.merge("A feature", "grace", &["kind/feature"]);
    })
    .await;
    let planned = first.plan(&[("version", "0.0.1"), FEATURES]).await;
    assert_eq!(planned.code, 0, "{}", planned.log);
}

#[tokio::test(flavor = "multi_thread")]
async fn patch_after_a_tag_without_a_version_is_still_a_patch() {
    let repository = repository(|repository| {
        repository.publish("1.3.20").tag("before");
        repository.merge("A feature", "grace", &["kind/feature"]);
    })
    .await;
    let previous = ("previous-tag", "before");
    let patch = repository
        .plan(&[("version", "1.3.21"), FEATURES, previous])
        .await;
    assert_eq!(patch.codes(), ["feature-in-patch"], "{}", patch.log);
    let seen = "1.3.21 is a patch, the previous release is before, and 1 merged pull request since then has one of";
    assert!(patch.log.contains(seen), "{}", patch.log);
    assert!(patch.log.contains("release 1.4.0"), "{}", patch.log);
    let minor = repository
        .plan(&[("version", "1.4.0"), FEATURES, previous])
        .await;
    assert_eq!(minor.code, 0, "{}", minor.log);
}

/// What was merged into main after the branch began is no part of a patch of the branch, and was no concern of the script, which
/// only knew main.
#[tokio::test(flavor = "multi_thread")]
async fn features_of_other_branches_do_not_count() {
    let repository = repository(|repository| {
        repository.publish("1.3.0").on("release-1.3").on("main");
        repository.merge("A feature on main", "ada", &["kind/feature"]);
        repository
            .on("release-1.3")
            .merge("A fix", "ada", &["kind/bug"]);
        repository
            .on("release-1.2")
            .merge("A feature for 1.2", "ada", &["kind/feature"]);
        repository.on("release-1.3");
    })
    .await;
    let fix = repository.tip("release-1.3");
    let planned = repository
        .plan(&[("version", "1.3.1"), FEATURES, ("commit", &fix)])
        .await;
    assert_eq!(planned.code, 0, "{}", planned.log);
    let feature = repository.tip("release-1.2");
    let planned = repository
        .plan(&[("version", "1.3.1"), FEATURES, ("commit", &feature)])
        .await;
    assert_eq!(planned.codes(), ["feature-in-patch"], "{}", planned.log);
}
