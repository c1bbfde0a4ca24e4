//! `await` after a failed attempt of the same version, and with a builder that fails.
//!
//! The release scripts of 2023 asked whether the tag was in the list of all tags: an earlier attempt had pushed it already.
//! <https://github.com/kyma-project/btp-manager/blob/34d09186/scripts/await_artifacts.sh>

use std::sync::{Arc, Mutex};
use std::time::Duration;

use btp_release::domain::{Code, Moment};
use btp_release::engine::Stop;
use btp_release::plan::ReleasePlan;
use btp_release::protocol::Clock;

use super::described;
use super::images::{Image, sidecar};
use super::release::{
    BINARY, LEGS, MODULES, PublishJob, RUN, SIDECAR, SIDECAR_TAG, codes, module_repository,
};
use super::support::clock::EventfulClock;
use super::support::scene::{Outputs, Run, Scene, SharedClock, TAG};
use super::world::module_tag;

type LaterChange = Box<dyn FnOnce(&Scene) + Send>;

async fn awaited(
    scene: &Arc<Scene>,
    plan: &str,
    more: &[(&str, &str)],
    pending: Vec<(Duration, LaterChange)>,
) -> Result<Outputs, Stop> {
    let begun = scene.clock.now();
    let pending = pending
        .into_iter()
        .map(|(after, what)| (Moment::at(begun + after), what));
    let pending = Mutex::new(pending.collect::<Vec<_>>());
    let of = Arc::clone(scene);
    let clock: Arc<dyn Clock> = Arc::new(EventfulClock {
        inner: SharedClock(scene.clock.clone()),
        after_sleep: move |now| {
            let mut pending = pending.lock().unwrap();
            while pending.first().is_some_and(|(at, _)| *at <= now) {
                let (_, happens) = pending.remove(0);
                happens(&of);
            }
        },
    });
    let inputs: Vec<_> = [("plan", plan)]
        .into_iter()
        .chain(more.iter().copied())
        .collect();
    scene
        .phase_at(&clock, scene.folder.path(), RUN, "await", &inputs)
        .await
}

/// A failed attempt of the same version from a commit that was later fixed. Its draft and tag were deleted. The images
/// that it pushed remain: teams cannot delete from the registry.
async fn failed_attempt(scene: &Arc<Scene>) -> [String; 2] {
    let plan = scene.planned().await;
    scene.phase(RUN, "draft", &[("plan", &plan)]).await.unwrap();
    // The builders of 2023 wrote no labels.
    Image::plain(b"the broken manager").tag(&mut scene.registry.store(), BINARY, TAG);
    scene.build_module(&plan, &[]).await;
    scene.repository(|repository| {
        repository.releases.retain(|_, release| !release.draft);
        repository.refs.remove(&format!("refs/tags/{TAG}"));
        repository.merge("Repair the manager", "grace", &["kind/bug"]);
    });
    leftovers(scene)
}

fn leftovers(scene: &Scene) -> [String; 2] {
    let store = scene.registry.store();
    let module = module_repository(&store);
    [
        (BINARY, TAG),
        (module.as_str(), module_tag(&store).as_str()),
    ]
    .map(|(name, tag)| store.resolve(name, tag).unwrap())
}

/// The result of the scripts' `skopeo list-tags | jq`.
fn scripts_would_go_on(scene: &Scene) -> bool {
    let store = scene.registry.store();
    let has = |prefix: &str| {
        let found = store
            .repositories
            .iter()
            .find(|(name, _)| name.starts_with(prefix));
        found.is_some_and(|(_, repository)| {
            repository
                .tags
                .keys()
                .any(|tag| tag.trim_start_matches('v') == TAG.trim_start_matches('v'))
        })
    };
    has(BINARY) && has(MODULES)
}

#[tokio::test]
async fn images_of_a_failed_attempt_are_stale() {
    let scene = Arc::new(Scene::start(|_| {}).await);
    let old = failed_attempt(&scene).await;
    let run = Run { id: 18, ..RUN };
    scene.begin(run);
    let plan = scene.planned().await;
    scene.phase(RUN, "draft", &[("plan", &plan)]).await.unwrap();
    sidecar(
        &mut scene.registry.store(),
        SIDECAR,
        SIDECAR_TAG,
        b"the sidecar",
    );
    // The assets of this release exist, so that only the images are missing.
    for name in [
        "template.yaml",
        "template_control_plane.yaml",
        "rendered.yaml",
    ] {
        super::world::attach(&scene, name, b"of this release");
    }
    assert!(
        scripts_would_go_on(&scene),
        "at once, with the broken manager"
    );

    let Err(Stop::TimedOut { on: waited_for, .. }) =
        awaited(&scene, &plan, &[("timeout", "2m")], vec![]).await
    else {
        panic!("old images were taken for new ones");
    };
    let stale: Vec<_> = waited_for
        .iter()
        .filter(|what| what.starts_with("image ") && what.contains(": stale, "))
        .collect();
    assert_eq!(stale.len(), 2, "{waited_for:?}");

    // The builders are slow, and push in the end.
    for name in [
        "template.yaml",
        "template_control_plane.yaml",
        "rendered.yaml",
    ] {
        super::world::remove(&scene, name);
    }
    store_without_module_tag(&scene);
    scene.build_module(&plan, &[]).await;
    let module = leftovers_of_module(&scene);
    point_module(&scene, &old[1]);
    let (of, pushed) = (ReleasePlan::from_json(&plan, None).unwrap(), module.clone());
    let pending: Vec<(Duration, LaterChange)> = vec![
        (
            Duration::from_mins(1),
            Box::new(move |s| s.push_manager(&of, b"the repaired manager")),
        ),
        (
            Duration::from_secs(90),
            Box::new(move |s| point_module(s, &pushed)),
        ),
    ];
    let begun = scene.clock.now();
    let seen = awaited(&scene, &plan, &[], pending).await;
    let artifacts = seen.unwrap_or_else(|stop| panic!("{}", described(&stop)))["artifacts"].clone();
    assert!(scene.clock.now() >= begun + Duration::from_secs(90));
    assert!(
        old.iter()
            .all(|digest| !artifacts.contains(digest.as_str())),
        "{artifacts}"
    );
    assert!(artifacts.contains(&module), "{artifacts}");
    scene.record(&plan, &artifacts).await;
    scene.repository(|r| {
        drop(
            r.check("lint", "success")
                .status("ci/prow", "success")
                .tip(),
        )
    });
    let job = PublishJob {
        plan,
        artifacts,
        needs: r#"{"e2e":{"result":"success"}}"#.into(),
        legs: LEGS.join("\n"),
    };
    let published = scene.publish(&job).await;
    published.unwrap_or_else(|stop| panic!("{}", described(&stop)));
}

fn store_without_module_tag(scene: &Scene) {
    let store = &mut scene.registry.store();
    let name = module_repository(store);
    store.repositories.get_mut(&name).unwrap().tags.clear();
}

fn leftovers_of_module(scene: &Scene) -> String {
    let [_, module] = leftovers(scene);
    module
}

fn point_module(scene: &Scene, digest: &str) {
    let store = &mut scene.registry.store();
    let (name, tag) = (module_repository(store), module_tag(store));
    super::images::point(store, &name, &tag, digest);
}

#[tokio::test]
async fn failed_builder_ends_the_wait_within_one_poll() {
    let scene = Arc::new(Scene::start(|_| {}).await);
    let plan = scene.planned().await;
    scene.phase(RUN, "draft", &[("plan", &plan)]).await.unwrap();
    scene.repository(|repository| {
        repository.check("post-build", "success");
        let check = repository.check_runs.last_mut().unwrap();
        (check.status, check.conclusion) = ("in_progress".into(), None);
    });
    let fails_after = Duration::from_secs(127);
    let fails: LaterChange = Box::new(|s| {
        s.repository(|repository| {
            let check = repository.check_runs.last_mut().unwrap();
            (check.status, check.conclusion) = ("completed".into(), Some("failure".into()));
        });
    });
    let more = [("builder-checks", "post-*"), ("await-interval", "10s")];
    let begun = scene.clock.now();
    let ended = awaited(&scene, &plan, &more, vec![(fails_after, fails)]).await;
    assert_eq!(codes(&ended.unwrap_err()), [Code::BuilderFailed]);
    let late = scene.clock.now().saturating_sub(begun + fails_after);
    assert!(late <= Duration::from_secs(10), "{late:?}");
}

/// A build for one platform pushes no index, but the image itself.
#[tokio::test]
async fn image_for_one_of_two_wanted_platforms_is_incomplete() {
    let scene = Arc::new(Scene::start(|_| {}).await);
    let plan = scene.planned().await;
    scene.phase(RUN, "draft", &[("plan", &plan)]).await.unwrap();
    let image = Image::of(&ReleasePlan::from_json(&plan, None).unwrap());
    image.tag(&mut scene.registry.store(), BINARY, TAG);
    let wait = async |platforms: &str| {
        let more = [("image-platforms", platforms), ("timeout", "30s")];
        match awaited(&scene, &plan, &more, vec![]).await {
            Err(Stop::TimedOut { on, .. }) => on.join("\n"),
            other => panic!("{other:?}"),
        }
    };
    let both = wait("linux/amd64\nlinux/arm64").await;
    assert!(
        both.contains(&format!(
            "{BINARY}:{TAG}: incomplete, it has no linux/arm64"
        )),
        "{both}"
    );
    let one = wait("linux/amd64").await;
    assert!(!one.contains(&format!("{BINARY}:{TAG}: ")), "{one}");
}
