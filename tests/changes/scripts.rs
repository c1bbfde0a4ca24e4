//! Histories on which the scripts of the modules wrote wrong notes. Each test first does what the script did, and shows that it
//! goes wrong there.

use std::collections::{BTreeSet, HashSet};

use stand_ins::github::GitRepository;

use super::history::{of_a_module, plan, scene, text};
use super::labels::get;

/// `git describe --tags --abbrev=0`: the nearest of all tags on the way back, of whatever form.
fn describe(repository: &GitRepository, commit: &str) -> Option<String> {
    let mut at = commit.to_owned();
    loop {
        let mut tags = repository.refs.iter();
        let tag = tags
            .find_map(|(name, sha)| Some(name.strip_prefix("refs/tags/")?).filter(|_| *sha == at));
        if tag.is_some() {
            return tag.map(str::to_owned);
        }
        at = repository.commits.get(&at)?.parents.first()?.clone();
    }
}

/// B-05: keda-manager, docker-registry and registry-proxy wrote notes in the workflow that the tag starts.
#[tokio::test]
async fn tag_that_is_there_already_is_not_its_own_previous_release() {
    let scene = scene(|repository| {
        repository
            .publish("1.0.0")
            .merge("Support a proxy", "ada", &[])
            .tag("1.1.0");
    })
    .await;
    let described = scene.repository(|repository| describe(repository, &repository.tip()));
    assert_eq!(described.unwrap(), "1.1.0", "the script's range is empty");
    let seen = text(&scene, &[("version", "1.1.0"), ("notes", "commits")]).await;
    assert!(seen.contains("* Support a proxy (#1) by @ada\n"), "{seen}");
    assert!(seen.contains("/compare/1.0.0...1.1.0\n"), "{seen}");
}

/// B-06: tags of other components, of builds and of drafts are nearer than the previous release.
#[tokio::test]
async fn tags_of_other_components_and_builds_are_no_previous_release() {
    let prepared = |repository: &mut GitRepository| {
        repository
            .publish("2.1.8")
            .merge("Fix the watcher", "ada", &[])
            .publish("listener/v1.4.0")
            .merge("Fix the listener", "ada", &[])
            .tag("2.1.9-main-940aa64")
            .tag("listener/v1.4.1")
            .merge("Release it", "ada", &[]);
    };
    let scene = scene(prepared).await;
    let described = scene.repository(|repository| describe(repository, &repository.tip()));
    assert_ne!(described.unwrap(), "2.1.8", "the script takes another tag");
    let seen = text(&scene, &[("version", "2.1.9"), ("notes", "commits")]).await;
    assert_eq!(seen.matches("\n* ").count(), 3 + 1, "{seen}");
    assert!(seen.contains("/compare/2.1.8...2.1.9\n"), "{seen}");
    let prefixed = [
        ("version", "1.4.1"),
        ("tag-format", "listener/v{version}"),
        ("notes", "commits"),
    ];
    scene.repository(|repository| repository.refs.remove("refs/tags/listener/v1.4.1"));
    let seen = text(&scene, &prefixed).await;
    assert!(
        seen.contains("/compare/listener/v1.4.0...listener/v1.4.1\n"),
        "{seen}"
    );
    assert_eq!(seen.matches(" by @ada\n").count(), 2, "{seen}");
}

/// B-07: `template-operator` and `modulectl` linked to the API, which answers with JSON.
#[tokio::test]
async fn full_changelog_is_a_page_and_not_the_api() {
    let scene = scene(|repository| {
        repository.publish("1.0.0").merge("Fix", "ada", &[]);
    })
    .await;
    for form in ["commits", "categories"] {
        let seen = text(&scene, &[("version", "1.1.0"), ("notes", form)]).await;
        let page = "https://github.com/kyma-project/btp-manager/compare/1.0.0...1.1.0\n";
        assert!(seen.ends_with(page), "{seen}");
        assert!(!seen.contains("api."), "{seen}");
    }
}

/// B-40: without pages the comparison ends after 250 commits, and an author without an account is "null".
#[tokio::test]
async fn new_contributors_are_right_beyond_250_commits() {
    let scene = scene(|repository| of_a_module(repository, &["kind/feature"])).await;
    let logins = |compared: &serde_json::Value| -> BTreeSet<String> {
        let commits = compared["commits"].as_array().unwrap().iter();
        commits
            .map(|commit| commit["author"]["login"].to_string())
            .collect()
    };
    let first = scene.repository(|repository| {
        let mut commits: Vec<_> = repository.commits.iter().collect();
        commits.sort_by_key(|(_, commit)| commit.date);
        commits[0].0.clone()
    });
    let tip = scene.repository(|repository| repository.tip());
    let range = get(&scene, &format!("/compare/1.0.0...{tip}")).await;
    assert_eq!(
        range["commits"].as_array().unwrap().len(),
        250,
        "of {}",
        range["total_commits"]
    );
    let before = get(&scene, &format!("/compare/{first}...1.0.0")).await;
    let new: BTreeSet<_> = &logins(&range) - &logins(&before);
    let told = |name: &str| new.contains(&format!("\"{name}\""));
    assert!(
        told("octocat"),
        "the script welcomes who made the first commit: {new:?}"
    );
    assert!(new.contains("null"), "the script welcomes nobody: {new:?}");
    let seen = text(&scene, &[("version", "1.1.0"), ("notes", "commits")]).await;
    let welcomed: HashSet<_> = seen
        .lines()
        .filter(|line| line.contains("first contribution"))
        .collect();
    let kyma_bot = "* @kyma-bot[bot] made first contribution in #23";
    assert!(!welcomed.contains(kyma_bot), "it is excluded");
    assert_eq!(
        welcomed,
        HashSet::from(["* @newton made first contribution in #130"])
    );
    assert!(seen.contains("* Commit without an account by Somebody Unknown\n"));
    assert!(!seen.contains("@null"));
}

/// A25: GitHub itself takes the newest tag among the ancestors, which on a release branch is an old one.
#[tokio::test]
async fn generated_notes_start_at_the_previous_release() {
    let scene = scene(|repository| {
        repository
            .publish("1.0.0")
            .merge("On main", "ada", &[])
            .on("release-1.1")
            .publish("1.1.0")
            .on("main")
            .merge("Later", "ada", &[])
            .tag("1.2.0-main-940aa64");
        // The release branch went on by itself.
        repository.on("release-1.1").merge("Fix", "ada", &[]);
    })
    .await;
    let inputs = [("version", "1.1.1"), ("notes", "generate\ncommits")];
    let seen = text(&scene, &inputs).await;
    assert_eq!(seen.matches("/compare/1.1.0...1.1.1").count(), 2, "{seen}");
    assert_eq!(
        plan(&scene, &inputs)
            .await
            .unwrap()
            .previous_tag
            .unwrap()
            .as_str(),
        "1.1.0"
    );
}
