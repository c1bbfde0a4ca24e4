//! Which release is the one before.

use stand_ins::github::GitRepository;

use super::repository::{publish_prerelease, repository};
use super::scripts::describe;

/// B-06: tags of other components and of builds are nearer than the previous release, and releases live on branches.
fn history(repository: &mut GitRepository) {
    repository.publish("v2.0.0").on("release-2.1");
    for tag in ["2.1.7", "v2.1.8"] {
        repository.merge("Fix", "ada", &[]).publish(tag);
    }
    repository.merge("Fix the listener", "ada", &[]);
    repository.publish("listener/v1.4.0").publish("api/v1.0.0");
    repository
        .merge("Fix the watcher", "ada", &[])
        .tag("listener/v1.4.1")
        .tag("2.1.9-main-940aa64");
    repository
        .on("main")
        .merge("Feature", "ada", &[])
        .publish("2.2.0");
    repository
        .merge("More", "ada", &[])
        .tag("2.3.0-main-1234567");
    publish_prerelease(repository, "2.3.0-rc.1");
    publish_prerelease(repository, "v2.3.0-rc.2");
    repository.tag("2.3.0-rc.3").draft("2.3.0-rc.3");
    // A trial tag that outranks everything.
    repository.merge("Even more", "ada", &[]).tag("2.2.300");
}

#[tokio::test(flavor = "multi_thread")]
async fn previous_release_is_the_highest_published_one_below() {
    let repository = repository(history).await;
    let described = |branch: &str| {
        let tip = repository.tip(branch);
        repository
            .seen(|repository| describe(repository, &tip))
            .unwrap()
    };
    assert_eq!(
        described("release-2.1"),
        "2.1.9-main-940aa64",
        "the script takes another tag"
    );
    assert_eq!(described("main"), "2.2.300", "the script takes another tag");
    for (version, branch, previous) in [
        // A back-port after a newer minor version, in either spelling.
        ("2.1.9", "release-2.1", "v2.1.8"),
        ("v2.1.9", "release-2.1", "v2.1.8"),
        ("2.0.1", "release-2.1", "v2.0.0"),
        // Not an ancestor of main.
        ("2.2.1", "main", "2.2.0"),
        // What is stable follows what is stable; a prerelease whatever was released last.
        ("2.3.0", "main", "2.2.0"),
        ("2.3.0-rc.4", "main", "v2.3.0-rc.2"),
        ("2.3.0-alpha", "main", "2.2.0"),
        ("3.0.0-rc.1", "main", "v2.3.0-rc.2"),
        ("3.0.0", "main", "2.2.0"),
        // There is none below.
        ("1.0.0", "main", ""),
    ] {
        let commit = repository.tip(branch);
        let planned = repository
            .plan(&[("version", version), ("commit", &commit)])
            .await;
        assert_eq!(planned.previous(), previous, "{version}");
    }
    for (format, version, previous) in [
        ("listener/v{version}", "1.4.2", "listener/v1.4.0"),
        ("api/v{version}", "1.0.1", "api/v1.0.0"),
        ("other/{version}", "1.0.1", ""),
    ] {
        let planned = repository
            .plan(&[("version", version), ("tag-format", format)])
            .await;
        assert_eq!(planned.previous(), previous, "{format}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn prerelease_that_github_shows_as_a_release_is_still_one() {
    let repository = repository(|repository| {
        repository
            .publish("1.2.0")
            .commit("More")
            .publish("1.3.0-rc.1")
            .commit("Released now");
    })
    .await;
    assert_eq!(
        repository.plan(&[("version", "1.3.0")]).await.previous(),
        "1.2.0"
    );
    // And a version that is to be shown as a prerelease follows it.
    let shown = [("version", "1.3.0"), ("prerelease", "true")];
    assert_eq!(repository.plan(&shown).await.previous(), "1.3.0-rc.1");
}

#[tokio::test(flavor = "multi_thread")]
async fn previous_tag_that_was_named_is_taken_and_must_exist() {
    let repository = repository(history).await;
    // Of the line, of another one, without a release.
    for tag in ["2.1.7", "listener/v1.4.0", "2.2.300"] {
        let planned = repository
            .plan(&[("version", "2.3.0"), ("previous-tag", tag)])
            .await;
        assert_eq!(planned.previous(), tag);
    }
    let format = ("tag-format", "api/v{version}");
    let inputs = [("version", "1.0.1"), format, ("previous-tag", "2.1.7")];
    assert_eq!(repository.plan(&inputs).await.previous(), "2.1.7");
    let asked: [&[(&str, &str)]; 5] = [
        &[],
        &[("notes", "commits")],
        &[("notes", "generate"), ("notes-append", "more")],
        &[
            ("validate-labels", "true"),
            ("feature-labels", "kind/feature"),
        ],
        &[("notes", "none"), ("version-policy", "increment")],
    ];
    for more in asked {
        let inputs = [&[("version", "2.3.0"), ("previous-tag", "v9.9.9")], more].concat();
        let planned = repository.plan(&inputs).await;
        assert_eq!(planned.code, 10, "{more:?}: {}", planned.log);
        assert_eq!(
            planned.told(),
            [
                "previous-tag-missing: kyma-project/btp-manager has no tag v9.9.9 to compare with / give a tag that exists as \
                 `previous-tag`, or leave it out: then it is the highest release below this one"
            ],
            "{more:?}"
        );
    }
    // Together with everything else that is wrong.
    let unknown = "0".repeat(39) + "1";
    let inputs = [
        ("version", "2.3.0"),
        ("previous-tag", "v9.9.9"),
        ("commit", &unknown),
    ];
    let planned = repository.plan(&inputs).await;
    assert_eq!(planned.codes(), ["commit-missing", "previous-tag-missing"]);
}
