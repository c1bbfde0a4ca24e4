//! From a bump that is merged to a channel that has the version.

use std::path::Path;

use stand_ins::github::{GitHubWorld, GitRepository};

use super::{rehearse, text};

const REPOSITORY: &str = "kyma-project/btp-manager";
const MODULES: &str = "kyma/module-manifests";
const RELEASES: &str = "modules/btp-operator/module-releases.yaml";

/// What is left of a repository on GitHub.
fn left(state: &Path, name: &str) -> GitRepository {
    let world = GitHubWorld::load(&state.join("github")).unwrap();
    world.repositories[name].clone()
}

fn file(repository: &GitRepository, reference: &str, path: &str) -> String {
    let bytes = repository.file_at(reference, path).unwrap_or_default();
    String::from_utf8(bytes).unwrap()
}

/// The pull requests of the release: their titles, and the commits as which they are merged.
fn pulls(repository: &GitRepository) -> Vec<(String, Option<String>)> {
    let pulls = repository.pulls.values();
    let ours = pulls.filter(|pull| pull.head.starts_with("release/"));
    ours.map(|pull| (pull.title.clone(), pull.merge_commit.clone()))
        .collect()
}

#[test]
fn merge_commit_of_the_bump_is_released_and_reaches_the_fast_channel() {
    let state = tempfile::tempdir().unwrap();
    let done = rehearse(state.path(), &[]);
    let log = text(&done);
    assert_eq!(done.status.code(), Some(0), "{log}");

    let repository = left(state.path(), REPOSITORY);
    let tagged = repository.tag_commit("v1.2.0").unwrap();
    let bump = (
        "Prepare the release v1.2.0".to_owned(),
        Some(tagged.clone()),
    );
    assert_eq!(pulls(&repository), [bump]);
    let config = file(&repository, &tagged, "module-config.yaml");
    assert!(config.contains("\nversion: 1.2.0 #"), "{config}");
    let before = &repository.commits[&tagged].parents[0];
    let before = file(&repository, before, "module-config.yaml");
    assert_eq!(before, config.replace("1.2.0 #", "1.1.0 #"));

    let modules = left(state.path(), MODULES);
    let titles: Vec<_> = pulls(&modules)
        .into_iter()
        .map(|(title, _)| title)
        .collect();
    assert_eq!(
        titles,
        [
            "Submit btp-operator 1.2.0",
            "Promote btp-operator 1.2.0 to fast"
        ]
    );
    let submitted = file(
        &modules,
        "main",
        "modules/btp-operator/1.2.0/module-config.yaml",
    );
    assert!(submitted.contains("repositoryTag: v1.2.0\n"), "{submitted}");
    assert_eq!(
        file(&modules, "main", RELEASES),
        "channels:\n  - channel: regular\n    version: 1.1.0\n  - channel: fast\n    version: 1.2.0\n"
    );

    // The end of the output shows the same.
    for part in [
        format!(
            "{REPOSITORY}#5 Prepare the release v1.2.0\n  merged by release-app[bot] as {tagged}\n  module-config.yaml\n"
        ),
        "    -version: 1.1.0 # set by the release\n    +version: 1.2.0 # set by the release\n"
            .to_owned(),
        format!("\nv1.2.0 is published\n  its tag is at {tagged}\n"),
        format!("\n{MODULES}#1 Submit btp-operator 1.2.0\n  merged by grace as "),
        format!("\n{MODULES}#2 Promote btp-operator 1.2.0 to fast\n  merged by grace as "),
        format!(
            "\n  {RELEASES}\n       - channel: fast\n    -    version: 1.1.0\n    +    version: 1.2.0\n"
        ),
    ] {
        assert!(log.contains(&part), "{part}: {log}");
    }
    let summary = std::fs::read_to_string(state.path().join("summary.md")).unwrap();
    for part in ["bump/v1.2.0", "submission/v1.2.0", "promotion/fast/v1.2.0"] {
        assert!(summary.contains(part), "{part}: {summary}");
    }
}

#[test]
fn release_that_failed_is_neither_submitted_nor_promoted_until_it_succeeds() {
    let state = tempfile::tempdir().unwrap();
    for failing in [["--builder", "fail"], ["--e2e", "fail"]] {
        let failed = rehearse(state.path(), &failing);
        let log = text(&failed);
        assert_eq!(failed.status.code(), Some(12), "{log}");
        let said = "v1.2.0 is neither submitted nor promoted in kyma/module-manifests, because its release did not succeed";
        assert!(log.contains(said), "{log}");
        assert_eq!(pulls(&left(state.path(), MODULES)), []);
    }
    let passed = rehearse(state.path(), &[]);
    assert_eq!(passed.status.code(), Some(0), "{}", text(&passed));
    assert_eq!(pulls(&left(state.path(), REPOSITORY)).len(), 1, "one bump");
    assert_eq!(pulls(&left(state.path(), MODULES)).len(), 2);
}

/// The inputs of the pull requests are those of the workflow: who merges, where, and to which channels.
#[test]
fn pull_requests_of_a_workflow_are_made_as_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("scan.yaml", "rc-tag: 1.8.0\n");
    let images =
        "images:\n  - ghcr.io/kyma-project/keda-manager:1.8.0 # ours\n  - r.example/a:1.8.0\n";
    write("component-config.yaml", images);
    write("keda.yaml", include_str!("modules/keda-manager.yaml"));
    let config = include_str!("modules/keda-module-config.yaml");
    let config = config
        .replace("manifest: keda-manager.yaml", "manifest: rendered.yaml")
        .replace("defaultCR: ./keda-default-cr.yaml\n", "");
    write("module-config.yaml", &config.replace("1.9.0 #", "2.0.0 #"));
    let inputs = "bump: 'scan.yaml: rc-tag = {version}', bump-component-config: component-config.yaml, bump-merge: wait, module-name: kyma-project.io/module/keda, manifest: keda.yaml, \
                  module-config: module-config.yaml, modules-repository: kyma/modules, modules-merge: auto, submit: true, promote: '[\"fast\", \"regular\"]'";
    let workflow = format!(
        "jobs: {{a: {{uses: kyma-project/btp-release-action/.github/workflows/create-release.yaml@v1, with: {{{inputs}}}}}}}\n"
    );
    write(".github/workflows/release.yaml", &workflow);
    let state = folder.path().join("state");
    let workflow = folder.path().join(".github/workflows/release.yaml");
    let done = super::rehearse_version(
        &state,
        Some("2.0.0"),
        &["--workflow", workflow.to_str().unwrap()],
    );
    let log = text(&done);
    assert_eq!(done.status.code(), Some(0), "{log}");
    let repository = left(&state, "kyma-project/keda-manager");
    let tagged = repository.tag_commit("2.0.0").unwrap();
    assert_eq!(file(&repository, &tagged, "scan.yaml"), "rc-tag: 2.0.0\n");
    assert_eq!(
        file(&repository, &tagged, "component-config.yaml"),
        images.replace("1.8.0 #", "2.0.0 #")
    );
    let merged = |repository: &GitRepository| -> Vec<_> {
        let pulls = repository.pulls.values();
        let ours = pulls.filter(|pull| pull.head.starts_with("release/"));
        ours.map(|pull| pull.merged_by.clone().unwrap()).collect()
    };
    assert_eq!(merged(&repository), ["grace"]);
    let modules = left(&state, "kyma/modules");
    assert_eq!(merged(&modules), ["submit-app[bot]"; 3]);
    let channels = file(&modules, "main", "modules/keda/module-releases.yaml");
    assert_eq!(
        channels.matches("version: 2.0.0\n").count(),
        2,
        "{channels}"
    );
}
