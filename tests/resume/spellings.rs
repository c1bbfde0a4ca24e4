//! Versions with and without `v` are one line: which release is the latest, and which one came before.

use stand_ins::github::GitRepository;

use super::release::told;
use super::support::scene::{Outputs, Run, Scene};

const RUN: Run = Run { id: 1, attempt: 1 };

/// Other releases, inputs, the release before, and what is the latest in the end.
type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], &'a str, &'a str);

/// A release of one asset in a repository with these releases, from `plan` to `publish`: the outputs of both.
async fn released(others: &[&str], inputs: &[(&str, &str)]) -> (Outputs, Outputs, String) {
    let scene = Scene::start(|_| ()).await;
    scene.repository(|repository| {
        repository.releases.clear();
        repository.refs.remove("refs/tags/v1.1.0");
        for tag in others {
            repository.publish(tag);
        }
    });
    scene.begin(RUN);
    std::fs::write(scene.folder.path().join("a.yaml"), "a").unwrap();
    let phase = async |phase: &str, inputs: &[(&str, &str)]| {
        let ended = scene.phase(RUN, phase, inputs).await;
        ended.unwrap_or_else(|stop| panic!("{}", told(phase, &stop)))
    };
    let inputs = [inputs, &[("assets", "a.yaml")]].concat();
    let planned = phase("plan", &inputs).await;
    let plan = ("plan", planned["plan"].as_str());
    phase("draft", &[plan]).await;
    phase("upload", &[plan, ("files", "a.yaml")]).await;
    let awaited = phase("await", &[plan]).await;
    let artifacts = ("artifacts", awaited["artifacts"].as_str());
    let published = phase("publish", &[plan, artifacts, ("needs", "none")]).await;
    let latest = scene.repository(|repository: &mut GitRepository| {
        let id = repository.latest.unwrap();
        repository.releases[&id].tag_name.clone()
    });
    (planned, published, latest)
}

#[tokio::test]
async fn latest_and_previous_release_do_not_depend_on_the_spelling() {
    let api = ("tag-format", "api/v{version}");
    let table: [Case<'_>; 6] = [
        (&["1.2.0"], &[("version", "v0.9.0")], "", "1.2.0"),
        (&["v1.2.0"], &[("version", "0.9.0")], "", "v1.2.0"),
        (
            &["v1.2.0", "1.1.0"],
            &[("version", "1.3.0")],
            "v1.2.0",
            "1.3.0",
        ),
        (
            &["0.9.0", "v0.9.0"],
            &[("version", "v1.0.0")],
            "v0.9.0",
            "v1.0.0",
        ),
        (
            &["v9.9.9", "api/1.2.0"],
            &[("version", "v1.1.0"), api],
            "",
            "api/1.2.0",
        ),
        (
            &["v9.9.9", "api/1.2.0"],
            &[("version", "1.3.0"), api],
            "api/1.2.0",
            "api/v1.3.0",
        ),
    ];
    for (others, inputs, previous, latest) in table {
        let (planned, published, now) = released(others, inputs).await;
        let becomes = (planned["tag"] == latest).to_string();
        assert_eq!(planned["previous-tag"], previous, "{others:?} {inputs:?}");
        assert_eq!(planned["make-latest"], becomes, "{others:?} {inputs:?}");
        assert_eq!(published["is-latest"], becomes, "{others:?} {inputs:?}");
        assert_eq!(now, latest, "{others:?} {inputs:?}");
    }
}
