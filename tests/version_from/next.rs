//! `version-from: branch-next-patch` and `next-rc`: a function of the tags and the commit, the same whenever a run is repeated.

use btp_release::domain::Code;
use btp_release::engine::Stop;
use btp_release::plan::{NotesSource, ReleasePlan, VersionFrom};
use stand_ins::github::GitRepository;

use super::release::{RUN, scene};
use super::support::scene::{LATE, Run, Scene};

const BRANCH: &str = "refs/heads/release-1.2";
const PATCH: (&str, &str) = ("version-from", "branch-next-patch");
const RC: (&str, &str) = ("version-from", "next-rc");

fn run(id: u64) -> Run {
    Run { id, attempt: 1 }
}

/// As a module that back-ports: a newer minor version, a stray tag, a draft, and tags of another part.
fn history(repository: &mut GitRepository) {
    repository.publish("1.1.0").publish("1.2.0");
    repository
        .commit("Fix")
        .publish("1.2.1")
        .tag("listener/v1.2.7");
    repository.commit("Trial").tag("1.2.100");
    repository.draft("1.2.2");
    repository.commit("Feature").publish("1.3.0");
    repository
        .on("release-1.2")
        .commit("Fix again")
        .tag("1.2.200");
}

#[tokio::test]
async fn next_patch_of_a_release_branch_is_released() {
    let scene = scene(BRANCH, history).await;
    let commit = scene.repository(|repository| repository.tip());
    // The draft of somebody else has the next version's name.
    assert_eq!(
        scene.drafted(RUN, &[PATCH]).await.unwrap_err(),
        [Code::DraftForeign]
    );
    scene.repository(|repository| {
        let draft = repository.releases_of("1.2.2")[0].id;
        repository.releases.remove(&draft);
    });
    scene.seen_by_all().await;
    let planned = scene.drafted(RUN, &[PATCH]).await.unwrap();
    let plan = ReleasePlan::from_json(&planned["plan"], None).unwrap();
    assert_eq!(plan.wanted.version_from, VersionFrom::BranchNextPatch);
    assert_eq!(planned["version"], "1.2.2");
    assert_eq!(planned["previous-tag"], "1.2.1");
    assert_eq!(scene.released(RUN, &[PATCH]).await.unwrap(), "1.2.2");
    assert_eq!(
        scene.published().last().unwrap(),
        &("1.2.2".to_owned(), commit)
    );
    let latest = scene.repository(|r| r.releases[&r.latest.unwrap()].tag_name.clone());
    assert_eq!(latest, "1.3.0");
}

#[tokio::test]
async fn first_patch_of_a_branch_is_zero_and_is_spelled_as_before() {
    for (tags, inputs, tag) in [
        (&["1.1.0"][..], &[PATCH][..], "1.2.0"),
        (&["v1.1.0"], &[PATCH], "v1.2.0"),
        (&[], &[PATCH], "1.2.0"),
        (&[], &[PATCH, ("tag-format", "v{version}")], "v1.2.0"),
        (&[], &[PATCH, ("version", "v1.2.0")], "v1.2.0"),
        (
            &["v1.1.0", "listener/v1.2.3"],
            &[PATCH, ("tag-format", "listener/v{version}")],
            "listener/v1.2.4",
        ),
    ] {
        let scene = scene(BRANCH, |repository| {
            for tag in tags {
                repository.publish(tag);
            }
            repository.commit("More");
        })
        .await;
        assert_eq!(scene.planned(RUN, inputs).await, tag, "{tags:?}");
    }
}

/// The first run ends at each of its phases, or not; every run of its commit releases its version, also after later releases.
#[tokio::test]
async fn repeated_runs_of_a_commit_have_the_same_version() {
    for tag_when in ["draft", LATE] {
        for (source, versions) in [
            (&[PATCH][..], ["1.2.2", "1.2.3"]),
            (&[RC, ("version", "1.4.0")], ["1.4.0-rc.1", "1.4.0-rc.2"]),
        ] {
            let scene = scene(BRANCH, |repository| {
                repository
                    .commit("Fix")
                    .publish("1.2.1")
                    .commit("Fix again");
            })
            .await;
            let when = ("tag-when", tag_when);
            let inputs = [source, &[when]].concat();
            let first = scene.repository(|repository| repository.tip());
            assert_eq!(scene.planned(RUN, &inputs).await, versions[0]);
            scene.drafted(RUN, &inputs).await.unwrap();
            scene.end(RUN);
            let again = scene.drafted(run(2), &inputs).await.unwrap();
            assert_eq!(again["tag"], versions[0]);
            assert_eq!(scene.released(run(2), &inputs).await.unwrap(), versions[0]);
            assert_eq!(scene.released(run(2), &inputs).await.unwrap(), versions[0]);
            assert_eq!(scene.released(run(3), &inputs).await.unwrap(), versions[0]);

            scene.commit();
            assert_eq!(scene.released(run(4), &inputs).await.unwrap(), versions[1]);
            let of_first = [&inputs[..], &[("commit", first.as_str())]].concat();
            assert_eq!(
                scene.released(run(1), &of_first).await.unwrap(),
                versions[0]
            );
            assert_eq!(scene.published().len(), 3);
        }
    }
}

#[tokio::test]
async fn typed_version_beside_a_branch_has_to_be_the_next_patch() {
    let scene = scene(BRANCH, |repository| {
        _ = repository.publish("1.2.1").commit("Fix")
    })
    .await;
    let of = async |version| {
        scene
            .step(RUN, "plan", &[PATCH, ("version", version)])
            .await
    };
    assert_eq!(of("1.2.2").await.unwrap()["tag"], "1.2.2");
    assert_eq!(of("1.2.3").await.unwrap_err(), [Code::VersionDiffers]);
}

#[tokio::test]
async fn release_candidates_have_the_form_that_the_repository_and_the_module_need() {
    let module = [
        ("module-name", "kyma-project.io/module/telemetry"),
        ("module-registry", "r.example/prod"),
    ];
    for (tags, more, tag) in [
        (&[][..], &[][..], "1.4.0-rc.1"),
        (&["1.2.0-rc1"], &[], "1.4.0-rc1"),
        (&["1.2.0-rc.1"], &[], "1.4.0-rc.1"),
        (&["1.4.0-rc.1", "1.4.0-rc.2"], &[], "1.4.0-rc.3"),
        // Lifecycle Manager takes no dot.
        (&[], &module, "1.4.0-rc1"),
        (&["1.4.0-rc.1"], &module, "1.4.0-rc2"),
        // An image that is built elsewhere may have any tag.
        (
            &[],
            &[module[0], module[1], ("module-tag", "build-{version}")],
            "1.4.0-rc.1",
        ),
    ] {
        let scene = scene("refs/heads/main", |repository| {
            for tag in tags {
                repository.tag(tag);
            }
            repository.commit("More");
        })
        .await;
        let inputs = [&[RC, ("version", "1.4.0")], more].concat();
        let planned = scene.step(RUN, "plan", &inputs).await.unwrap();
        assert_eq!(planned["tag"], tag, "{tags:?} {more:?}");
        assert_eq!(planned["prerelease"], "true");
    }
}

#[tokio::test]
async fn tenth_release_candidate_takes_a_higher_name_that_lifecycle_manager_takes() {
    let scene = scene("refs/heads/main", |repository| {
        repository.tag("1.4.0-rc9").commit("More");
    })
    .await;
    let module = [
        ("module-name", "kyma-project.io/module/telemetry"),
        ("module-registry", "r.example/prod"),
    ];
    let typed = ("version", "1.4.0");
    let with = |more: &[(&'static str, &'static str)]| [&module[..], more].concat();
    let stop = scene
        .phase(RUN, "plan", &with(&[RC, typed]))
        .await
        .unwrap_err();
    let Stop::Blocked { findings } = stop else {
        panic!("{stop}")
    };
    assert_eq!(findings[0].code, Code::CandidateOutOfOrder);
    let help = &findings[0].help;
    assert!(
        help.contains("leave `version-from` out and type 1.4.0-rc91,"),
        "{help}"
    );
    // As it says.
    let increment = ("version-policy", "increment");
    let planned = scene
        .step(RUN, "plan", &with(&[("version", "1.4.0-rc91"), increment]))
        .await;
    assert_eq!(planned.unwrap()["tag"], "1.4.0-rc91");
    let planned = scene.step(RUN, "plan", &with(&[typed])).await;
    assert_eq!(planned.unwrap()["tag"], "1.4.0");
    let force = ("force", "the order does not matter here");
    let planned = scene.step(RUN, "plan", &with(&[RC, typed, force])).await;
    assert_eq!(planned.unwrap()["tag"], "1.4.0-rc10");
    // And it goes on from there.
    scene.repository(|repository| _ = repository.tag("1.4.0-rc91").commit("More"));
    scene.seen_by_all().await;
    let planned = scene
        .step(RUN, "plan", &with(&[RC, typed, increment]))
        .await;
    assert_eq!(planned.unwrap()["tag"], "1.4.0-rc92");
}

#[tokio::test]
async fn release_candidate_of_a_published_version_is_refused() {
    for published in ["1.4.0", "v1.4.0"] {
        let scene = scene("refs/heads/main", |repository| {
            repository.tag("1.4.0-rc1").commit("More");
            repository.publish(published).commit("More");
        })
        .await;
        let typed = ("version", "1.4.0");
        let refused = scene.step(RUN, "plan", &[RC, typed]).await;
        assert_eq!(refused.unwrap_err(), [Code::VersionPublished]);
        let force = ("force", "one more");
        let forced = scene.step(RUN, "plan", &[RC, typed, force]).await;
        assert_eq!(forced.unwrap()["tag"], "1.4.0-rc2");
        let next = scene.step(RUN, "plan", &[RC, ("version", "1.4.1")]).await;
        assert_eq!(next.unwrap()["tag"], "1.4.1-rc1");
    }
}

#[tokio::test]
async fn candidate_with_a_dot_at_the_commit_is_none_of_a_module() {
    let scene = scene("refs/heads/main", |repository| {
        _ = repository.tag("1.4.0-rc.1")
    })
    .await;
    let typed = ("version", "1.4.0");
    let kept = scene.step(RUN, "plan", &[RC, typed]).await;
    assert_eq!(kept.unwrap()["tag"], "1.4.0-rc.1");
    let module = [
        RC,
        typed,
        ("module-name", "kyma-project.io/module/telemetry"),
        ("module-registry", "r.example/prod"),
    ];
    let other = scene.step(RUN, "plan", &module).await;
    assert_eq!(other.unwrap()["tag"], "1.4.0-rc2");
}

#[tokio::test]
async fn names_and_notes_are_of_the_version_that_is_found() {
    let scene = scene(BRANCH, |repository| {
        _ = repository.publish("v1.2.1").commit("Fix")
    })
    .await;
    let notes = scene.folder.path().join("docs/release-notes");
    std::fs::create_dir_all(&notes).unwrap();
    let inputs = [
        PATCH,
        ("binary-image", "r.example/prod/manager"),
        ("extra-images", "r.example/prod/tool:{version}"),
        ("tag-type", "annotated"),
        ("tag-message", "{tag} of {version}"),
        ("notes", "file"),
    ];
    let refused = scene.step(RUN, "plan", &inputs).await.unwrap_err();
    assert_eq!(refused, [Code::FileUnreadable]);
    std::fs::write(notes.join("1.2.2.md"), "What is new in 1.2.2").unwrap();
    let wanted = async |inputs: &[(&str, &str)]| {
        let planned = scene.step(RUN, "plan", inputs).await.unwrap();
        ReleasePlan::from_json(&planned["plan"], None)
            .unwrap()
            .wanted
    };
    let seen = wanted(&inputs).await;
    assert_eq!(
        seen.binary_image.unwrap().to_string(),
        "r.example/prod/manager:v1.2.2"
    );
    assert_eq!(
        seen.extra_images.first().unwrap().to_string(),
        "r.example/prod/tool:1.2.2"
    );
    assert_eq!(seen.tag_message.as_deref(), Some("v1.2.2 of 1.2.2"));
    assert_eq!(seen.notes, NotesSource::Text("What is new in 1.2.2".into()));
    let seen = wanted(&[
        PATCH,
        ("notes", "file commits"),
        ("notes-append", "The end"),
    ])
    .await;
    let NotesSource::Text(text) = seen.notes else {
        panic!("{:?}", seen.notes)
    };
    assert!(
        text.starts_with("What is new in 1.2.2")
            && text.contains("Fix")
            && text.trim_end().ends_with("The end"),
        "{text}"
    );
}

/// The requests of `plan` in a repository with so many releases.
async fn requests(scene: &Scene, inputs: &[(&str, &str)]) -> usize {
    scene.seen_by_all().await;
    scene.forget();
    scene.step(RUN, "plan", inputs).await.unwrap();
    scene.github.log().entries().len()
}

#[tokio::test]
async fn finding_the_version_costs_as_many_requests_for_ten_releases_as_for_a_thousand() {
    let mut counted = Vec::new();
    for releases in [10, 1_000] {
        let scene = scene(BRANCH, |repository| {
            for n in 0..releases {
                repository.publish(&format!("1.{}.{}", n % 50, n / 50));
            }
            repository.commit("Fix");
        })
        .await;
        let typed = requests(&scene, &[("version", "9.0.0")]).await;
        let patch = requests(&scene, &[PATCH]).await;
        let candidate = requests(&scene, &[RC, ("version", "9.0.0")]).await;
        counted.push([typed, patch - typed, candidate - typed]);
    }
    assert_eq!(counted[0], counted[1]);
    println!("{counted:?}");
}
