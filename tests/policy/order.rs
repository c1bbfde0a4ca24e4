//! Which versions may follow the published ones.

use stand_ins::github::GitRepository;

use super::repository::{publish_prerelease, repository};
use super::scripts::{Script, label_validator};

const INCREMENT: (&str, &str) = ("version-policy", "increment");
const NEWER: (&str, &str) = ("version-policy", "newer");

/// Release branches, a back-port after a newer minor version, both spellings, drafts, and tags without a release.
fn history(repository: &mut GitRepository) {
    for tag in ["1.0.0", "1.1.0", "v1.2.0", "1.1.1", "v1.2.1"] {
        repository.commit("More").publish(tag);
    }
    repository.commit("The next major version");
    publish_prerelease(repository, "2.0.0-rc.2");
    for stray in [
        "1.2.2-main-940aa64",
        "1.3.100",
        "2.0.0-rc.7",
        "api/v3.0.0",
        "nightly",
    ] {
        repository.tag(stray);
    }
    // Not published yet, with and without a tag.
    repository.tag("1.2.7").draft("1.2.7");
    repository.draft("4.0.0");
    repository.publish("other/v5.0.0").commit("Released now");
}

/// Each version, and whether `increment` and `newer` take it.
const VERSIONS: [(&str, bool, bool); 22] = [
    ("1.2.2", true, true),
    ("v1.2.2", true, true),
    ("1.2.3", false, true),
    ("1.1.2", true, true),
    ("1.1.3", false, true),
    ("1.0.1", true, true),
    ("1.0.2", false, true),
    ("1.3.0", true, true),
    ("1.3.1", false, true),
    ("1.4.0", false, true),
    ("2.0.0", true, true),
    ("2.0.1", false, true),
    ("2.1.0", false, true),
    ("3.0.0", false, true),
    ("0.9.0", false, false),
    ("2.0.0-rc.1", false, false),
    ("2.0.0-rc.3", true, true),
    ("2.0.0-rc.10", true, true),
    ("1.0.0-rc.1", false, false),
    ("1.2.2-rc.1", true, true),
    ("1.2.3-rc.1", false, true),
    ("1.3.0-beta.1", true, true),
];

#[tokio::test(flavor = "multi_thread")]
async fn versions_follow_the_highest_published_one_of_their_line() {
    let repository = repository(history).await;
    for (version, by_increment, by_newer) in VERSIONS {
        for (policy, taken) in [(INCREMENT, by_increment), (NEWER, by_newer)] {
            let planned = repository.plan(&[("version", version), policy]).await;
            let codes: &[&str] = if taken {
                &[]
            } else {
                &["version-out-of-order"]
            };
            let mut seen = planned.codes();
            seen.retain(|code| code != "spelling-differs");
            assert_eq!(seen, codes, "{version}, {policy:?}: {}", planned.log);
            assert_eq!(planned.code, if taken { 0 } else { 10 }, "{version}");
        }
        let any = repository
            .plan(&[("version", version), ("version-policy", "any")])
            .await;
        assert_eq!(any.code, 0, "{version}: {}", any.log);
        assert_eq!(
            repository.plan(&[("version", version)]).await.code,
            0,
            "any is the default"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_say_which_version_would_follow() {
    let repository = repository(history).await;
    let or = ", or say in `force` why this one is released all the same";
    for (version, policy, seen, help) in [
        (
            "v1.2.4",
            INCREMENT,
            "1.2.4 may not follow 1.2.1, the highest published release of 1.2: the next version is 1.2.2",
            "v1.2.2",
        ),
        (
            "1.4.0",
            INCREMENT,
            "1.4.0 may not follow 1.2.1, the highest published release of 1.x: the next version is 1.3.0",
            "1.3.0",
        ),
        (
            "3.1.0",
            INCREMENT,
            "3.1.0 may not follow 1.2.1, the highest published release: the next version is 2.0.0",
            "2.0.0",
        ),
        (
            "1.2.3-rc.1",
            INCREMENT,
            "1.2.3-rc.1 may not follow 1.2.1, the highest published release of 1.2: the next version is 1.2.2",
            "1.2.2-rc.1",
        ),
        (
            "1.0.0-rc.1",
            NEWER,
            "1.0.0-rc.1 is not higher than 1.0.0, the highest published release of 1.0",
            "1.0.1-rc.1",
        ),
        (
            "0.9.0",
            NEWER,
            "0.9.0 is not higher than 1.2.1, the highest published release",
            "2.0.0",
        ),
        (
            "2.0.0-rc.1",
            NEWER,
            "2.0.0-rc.1 is not higher than 2.0.0-rc.2, a published prerelease of the same version",
            "2.0.0-rc.3",
        ),
    ] {
        let planned = repository.plan(&[("version", version), policy]).await;
        let expected = format!("version-out-of-order: {seen} / release {help}{or}");
        assert_eq!(planned.told(), [expected], "{version}");
        let followed = repository.plan(&[("version", help), policy]).await;
        assert_eq!(followed.code, 0, "the help for {version}: {}", followed.log);
    }
}

/// The script compared with the release that GitHub shows as the latest, whatever its minor version.
#[tokio::test(flavor = "multi_thread")]
async fn back_port_after_a_newer_minor_version_is_taken_and_a_gap_is_not() {
    let repository = repository(|repository| {
        for tag in ["1.2.9", "1.3.20"] {
            repository.commit("More").publish(tag);
        }
        repository.commit("Released now");
    })
    .await;
    for (version, script, code) in [
        ("1.2.10", Script::Refused, 0),
        ("1.4.7", Script::Passed, 10),
        ("2.5.3", Script::Passed, 10),
        ("1.3.22", Script::Refused, 10),
        ("1.3.21", Script::Passed, 0),
    ] {
        assert_eq!(
            label_validator("1.3.20", version, false),
            script,
            "{version}"
        );
        let planned = repository.plan(&[("version", version), INCREMENT]).await;
        assert_eq!(planned.code, code, "{version}: {}", planned.log);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn force_is_not_named_where_it_does_not_help() {
    let repository = repository(history).await;
    // 1.2.1 is published with another spelling.
    let spelled = repository.seen(|repository| repository.releases_of("v1.2.1").len());
    let version = if spelled == 0 { "v1.2.1" } else { "1.2.1" };
    let planned = repository.plan(&[("version", version), INCREMENT]).await;
    let told = planned.told();
    assert_eq!(planned.codes(), ["version-out-of-order", "version-exists"]);
    assert!(told.iter().all(|told| !told.contains("force")), "{told:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_of_prereleases_are_compared_as_semver_does() {
    let repository = repository(|repository| {
        repository.publish("1.2.0");
        publish_prerelease(repository, "1.3.0-rc9");
        publish_prerelease(repository, "1.4.0-rc.9");
    })
    .await;
    let lexical = repository
        .plan(&[("version", "1.3.0-rc10"), INCREMENT])
        .await;
    assert_eq!(
        lexical.told(),
        [
            "version-out-of-order: 1.3.0-rc10 is not higher than 1.3.0-rc9, a published prerelease of the same version: SemVer \
             compares numbers behind letters as texts / release 1.3.0-rc91, or say in `force` why this one is released all the same"
        ]
    );
    for (version, code) in [
        ("1.3.0-rc91", 0),
        ("1.3.0-rc9.1", 0),
        ("1.3.0-rc.10", 10),
        ("1.3.0-rd", 0),
        ("1.3.0", 0),
        ("1.4.0-rc.10", 10),
        ("1.3.1-rc.1", 10),
    ] {
        let planned = repository.plan(&[("version", version), INCREMENT]).await;
        assert_eq!(planned.code, code, "{version}: {}", planned.log);
    }
    for (version, code) in [("1.4.0-rc.10", 0), ("1.4.0-rc.8", 10), ("1.4.0-rc.9.1", 0)] {
        let planned = repository.plan(&[("version", version), NEWER]).await;
        assert_eq!(planned.code, code, "{version}: {}", planned.log);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn first_release_may_have_any_version() {
    let repository = repository(|repository| {
        // Neither is a published release of this line.
        repository.tag("1.0.0").draft("1.0.0");
        repository
            .tag("0.9.9-main-940aa64")
            .publish("api/v2.0.0")
            .commit("Released now");
    })
    .await;
    for version in ["0.3.7", "5.0.0", "0.0.1-alpha"] {
        for policy in [INCREMENT, NEWER] {
            let planned = repository.plan(&[("version", version), policy]).await;
            assert_eq!(planned.previous(), "", "{version}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_with_another_prefix_are_other_lines() {
    let repository = repository(|repository| {
        for tag in ["2.1.8", "listener/v1.4.1", "api/v1.0.0", "api/1.0.1"] {
            repository.commit("More").publish(tag);
        }
        repository.commit("Released now");
    })
    .await;
    let (listener, api) = ("listener/v{version}", "api/v{version}");
    for (format, version, code) in [
        (listener, "1.4.2", 0),
        (listener, "1.0.1", 10),
        (listener, "2.1.9", 10),
        (api, "1.0.2", 0),
        (api, "1.4.2", 10),
        ("{version}", "2.1.9", 0),
        ("v{version}", "2.1.9", 0),
        ("{version}", "1.4.2", 10),
    ] {
        let inputs = [("version", version), ("tag-format", format), INCREMENT];
        let planned = repository.plan(&inputs).await;
        assert_eq!(planned.code, code, "{format} {version}: {}", planned.log);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn prereleases_are_refused_where_they_are_not_allowed() {
    let repository = repository(|_| ()).await;
    let never = ("allow-prerelease", "false");
    let refused = repository.plan(&[("version", "v1.3.0-rc.1"), never]).await;
    assert_eq!(refused.code, 10);
    assert_eq!(
        refused.told(),
        [
            "prerelease-refused: 1.3.0-rc.1 is a prerelease, and `allow-prerelease` is false / release v1.3.0, or say in `force` \
             why this one is released all the same"
        ]
    );
    assert_eq!(
        repository.plan(&[("version", "1.3.0"), never]).await.code,
        0
    );
    let allowed = ("allow-prerelease", "true");
    assert_eq!(
        repository
            .plan(&[("version", "1.3.0-rc.1"), allowed])
            .await
            .code,
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn force_turns_broken_rules_into_warnings_and_is_recorded() {
    let repository = repository(history).await;
    let rules = [
        INCREMENT,
        ("allow-prerelease", "false"),
        ("branch-pattern", "release-{major}.{minor}"),
    ];
    let with = |more: &[(&'static str, &'static str)]| [&rules[..], more].concat();
    let sorted = |mut codes: Vec<String>| {
        codes.sort();
        codes
    };
    let refused = repository.plan(&with(&[("version", "9.9.9-rc.1")])).await;
    assert_eq!(refused.code, 10, "{}", refused.log);
    assert_eq!(
        sorted(refused.codes()),
        ["branch-wrong", "prerelease-refused", "version-out-of-order"]
    );
    let reason = ("force", "agreed with the customer");
    let forced = repository
        .plan(&with(&[("version", "9.9.9-rc.1"), reason]))
        .await;
    assert_eq!(forced.code, 0, "{}", forced.log);
    assert_eq!(sorted(forced.codes()), sorted(refused.codes()));
    let help = "/ it is released all the same, because of `force`: agreed with the customer";
    assert!(
        forced.told().iter().all(|told| told.ends_with(help)),
        "{:?}",
        forced.told()
    );
    assert!(forced.log.lines().all(|line| !line.starts_with("error[")));
    let plan: serde_json::Value = serde_json::from_str(&forced.outputs["plan"]).unwrap();
    assert_eq!(plan["force"], "agreed with the customer");
    let unforced = repository.plan(&[("version", "1.2.2")]).await;
    assert!(!unforced.outputs["plan"].contains("force"));
    // What exists is not forced away.
    let exists = repository
        .plan(&with(&[("version", "1.2.0"), reason]))
        .await;
    assert_eq!(exists.code, 10);
    assert!(
        exists.codes().contains(&"version-exists".to_owned()),
        "{}",
        exists.log
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn unusable_rules_are_usage_errors() {
    let repository = repository(|_| ()).await;
    for (input, value, code) in [
        ("version-policy", "patch", "choice-invalid"),
        ("allow-prerelease", "maybe", "choice-invalid"),
        // What an input of the type boolean gives is no reason.
        ("force", "false", "input-missing"),
        ("force", " True ", "input-missing"),
        (
            "branch-pattern",
            "release-{version}",
            "branch-pattern-invalid",
        ),
        ("minor-from-main", "true", "input-missing"),
    ] {
        let planned = repository
            .plan(&[("version", "1.2.0"), (input, value)])
            .await;
        assert_eq!(
            (planned.code, planned.codes()),
            (2, vec![code.to_owned()]),
            "{input}"
        );
    }
    let inputs = [
        ("version", "1.2.0"),
        ("on-existing", "replace"),
        ("replace-published", "false"),
    ];
    let planned = repository.plan(&inputs).await;
    assert_eq!(planned.codes(), ["input-missing"]);
}
