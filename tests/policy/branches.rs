//! Which branch a version comes from.

use super::repository::repository;
use super::repository::repository as repository_with;
use super::scripts::is_nth_of_main;

const PATTERN: (&str, &str) = ("branch-pattern", "release-{major}.{minor}");

/// B-09: template-operator 1.0.5 was released from the branch of a fix to the workflow, and is not on main. Nothing looked.
#[tokio::test(flavor = "multi_thread")]
async fn commit_that_is_not_on_main_is_refused() {
    let repository = repository(|repository| {
        repository.merge("Fix", "ada", &[]).on("fix-workflow");
        repository.commit("Add an always() condition").on("main");
        repository.merge("Go on", "ada", &[]);
    })
    .await;
    let main = ("branch-pattern", "main");
    let (stray, tip) = (repository.tip("fix-workflow"), repository.tip("main"));
    let older = repository.seen(|repository| repository.commits[&tip].parents[0].clone());
    let refused = repository
        .plan(&[("version", "1.0.5"), main, ("commit", &stray)])
        .await;
    assert_eq!(refused.code, 10, "{}", refused.log);
    let short = &stray[..7];
    assert_eq!(
        refused.told(),
        [format!(
            "branch-wrong: 1.0.5 may come from main only (`branch-pattern`), and the commit {short} is not on main / release a commit \
             that was merged into main, or say in `force` why this one is released all the same"
        )]
    );
    for on_main in [tip, older] {
        let planned = repository
            .plan(&[("version", "1.0.5"), main, ("commit", &on_main)])
            .await;
        assert_eq!(planned.code, 0, "{}", planned.log);
    }
    let unchecked = repository
        .plan(&[("version", "1.0.5"), ("commit", &stray)])
        .await;
    assert_eq!(unchecked.code, 0, "no rule by default: {}", unchecked.log);
}

/// B-14: after the bump was merged, the released commit was looked for at the second place of the list.
#[tokio::test(flavor = "multi_thread")]
async fn commit_is_found_on_its_branch_however_pull_requests_are_merged() {
    let repository = repository(|repository| {
        repository.merge("Fix", "ada", &[]);
    })
    .await;
    let released = repository.tip("main");
    let squashed = repository_with(|repository| {
        repository
            .merge("Fix", "ada", &[])
            .merge("Bump", "kyma-bot[bot]", &[]);
    })
    .await;
    let merged = repository_with(|repository| {
        repository
            .merge("Fix", "ada", &[])
            .merge_commit("Bump", "kyma-bot[bot]", &[]);
    })
    .await;
    for (repository, script) in [(&squashed, true), (&merged, false)] {
        let found = repository.seen(|repository| is_nth_of_main(repository, 1, &released));
        assert_eq!(found, script, "the script");
        let inputs = [
            ("version", "1.0.5"),
            ("branch-pattern", "main"),
            ("commit", &released),
        ];
        let planned = repository.plan(&inputs).await;
        assert_eq!(planned.code, 0, "{}", planned.log);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn patches_come_from_release_branches_and_minors_from_main() {
    let repository = repository(|repository| {
        repository.publish("1.1.0").on("release-1.1").commit("Fix");
        repository.on("main").commit("Feature").publish("1.2.0");
        repository
            .on("release-1.2")
            .commit("Fix")
            .on("main")
            .commit("More");
    })
    .await;
    let minor = ("minor-from-main", "true");
    let tips =
        ["main", "release-1.1", "release-1.2"].map(|branch| (branch, repository.tip(branch)));
    for (version, allowed) in [
        ("1.1.1", "release-1.1"),
        ("1.2.1", "release-1.2"),
        ("1.2.1-rc.1", "release-1.2"),
        ("1.3.0", "main"),
        ("1.3.0-rc.1", "main"),
        ("2.0.0", "main"),
    ] {
        for (branch, tip) in &tips {
            let inputs = [("version", version), PATTERN, minor, ("commit", tip)];
            let planned = repository.plan(&inputs).await;
            let code = if *branch == allowed { 0 } else { 10 };
            assert_eq!(
                planned.code, code,
                "{version} from {branch}: {}",
                planned.log
            );
            if code == 10 {
                assert_eq!(planned.codes(), ["branch-wrong"]);
            }
        }
    }
    let main = &tips[0].1;
    let told = repository
        .plan(&[("version", "1.2.1"), PATTERN, minor, ("commit", main)])
        .await;
    assert!(told.told()[0].contains("1.2.1 may come from release-1.2 only (`branch-pattern`)"));
    let fix = &tips[1].1;
    let told = repository
        .plan(&[("version", "1.3.0"), PATTERN, minor, ("commit", fix)])
        .await;
    assert!(told.told()[0].contains("1.3.0 may come from main only (`minor-from-main`)"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_several_branches_is_enough_and_missing_ones_are_named() {
    let repository = repository(|repository| {
        repository
            .commit("Fix")
            .on("release-1.2")
            .on("main")
            .commit("More");
    })
    .await;
    let both = ("branch-pattern", "release-{major}.{minor}\n  main");
    let (fix, more) = (repository.tip("release-1.2"), repository.tip("main"));
    for (version, commit, code) in [
        ("1.2.1", &fix, 0),
        ("1.2.1", &more, 0),
        // There is no branch of it, and main has the commit.
        ("1.3.1", &more, 0),
    ] {
        let planned = repository
            .plan(&[("version", version), both, ("commit", commit)])
            .await;
        assert_eq!(planned.code, code, "{version}: {}", planned.log);
    }
    let missing = repository
        .plan(&[("version", "1.3.1"), PATTERN, ("commit", &more)])
        .await;
    let short = &more[..7];
    assert_eq!(
        missing.told(),
        [format!(
            "branch-wrong: 1.3.1 may come from release-1.3 only (`branch-pattern`), and the branch release-1.3 does not exist / create \
             release-1.3 with the commit on it (git push origin {short}:refs/heads/release-1.3), or say in `force` why this one is \
             released all the same"
        )]
    );
    let nowhere = (
        "branch-pattern",
        "release-{major}.{minor}\nhotfix\nrelease-1.2",
    );
    let told = repository
        .plan(&[("version", "1.3.1"), nowhere, ("commit", &more)])
        .await;
    let seen = "may come from release-1.3 or hotfix or release-1.2 only (`branch-pattern`), and the commit";
    assert!(told.told()[0].contains(seen), "{:?}", told.told());
    assert!(
        told.told()[0]
            .contains("is not on release-1.2; the branches release-1.3 and hotfix do not exist /")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn commit_that_does_not_exist_is_told_alone() {
    let repository = repository(|_| ()).await;
    let unknown = "0".repeat(39) + "1";
    let inputs = [("version", "1.2.1"), PATTERN, ("commit", &unknown)];
    let planned = repository.plan(&inputs).await;
    assert_eq!(planned.codes(), ["commit-missing"], "{}", planned.log);
}
