//! A release whose manifest names its images by digest: it is awaited, tested, published and verified, and refused where a
//! digest is not the release's.

use std::sync::Arc;

use btp_release::domain::{Code, Digest};
use btp_release::engine::Stop;
use stand_ins::{Fault, Pattern};

use super::described;
use super::images::manifest_of;
use super::release::{BINARY, PublishJob, RUN, codes};
use super::support::scene::{Scene, TAG};
use super::world::{bytes, push_manager, tested_asset};

const PIN: &[(&str, &str)] = &[("pin-images", "true")];

/// The release up to and including its tests. Its images are pushed when the module's build has looked for one of them.
async fn tested() -> (Arc<Scene>, PublishJob) {
    let scene = Arc::new(Scene::start(|_| {}).await);
    let plan = scene.until_drafted().await;
    let (there, planned) = (Arc::clone(&scene), plan.clone());
    let first_look = Pattern::new("HEAD", &format!("*/{BINARY}/manifests/{TAG}"));
    let push = Fault::call_after(move |_| there.push_images(&planned));
    scene.registry.faults().when(first_look, 1, push);
    scene.build_module(&plan, PIN).await;
    let job = scene.test(plan).await;
    (scene, job)
}

fn manager(scene: &Scene) -> String {
    let image = manifest_of(&scene.registry.store(), BINARY, TAG);
    let digest = Digest::of(image.to_string().as_bytes());
    format!("{}:{TAG}@{digest}", scene.image())
}

#[tokio::test]
async fn release_with_pinned_images_is_tested_and_published() {
    let (scene, job) = tested().await;
    let pinned = manager(&scene);
    let rendered = String::from_utf8(bytes(&scene, "rendered.yaml")).unwrap();
    assert!(
        rendered.contains(&format!("image: {pinned}\n")),
        "{rendered}"
    );
    let fetched = std::fs::read_to_string(scene.folder.path().join("module/manifest.yaml"));
    // What was tested is what is published.
    assert_eq!(fetched.unwrap(), rendered);
    let tagged = std::fs::read_to_string(scene.folder.path().join("manifest.yaml")).unwrap();
    let (by_tag, _) = pinned.split_once('@').unwrap();
    assert_eq!(tagged.replace(by_tag, &pinned), rendered);

    let published = scene.publish(&job).await;
    published.unwrap_or_else(|stop| panic!("{}", described(&stop)));
    let verified = scene.phase(RUN, "verify", &[("version", TAG)]).await;
    verified.unwrap_or_else(|stop| panic!("{}", described(&stop)));
}

#[tokio::test]
async fn gate_refuses_digests_that_are_not_the_releases() {
    let (scene, job) = tested().await;
    let snapshot = scene.snapshot();
    let refused = async |job: &PublishJob| match scene.publish(job).await {
        Err(stop) => codes(&stop),
        Ok(_) => vec![],
    };
    push_manager(&scene, |_, image| image.holding(b"another"));
    assert_eq!(
        refused(&job).await,
        [
            Code::ImageDiffers,
            Code::ImageOfAnotherBuild,
            Code::ManifestDiffers
        ]
    );
    scene.restore(&snapshot);
    let mut job = job;
    let (digest, other) = (manager(&scene), Digest::of(b"other"));
    let digest = digest.rsplit('@').next().unwrap();
    tested_asset(&scene, &mut job, "rendered.yaml", |text| {
        text.replace(digest, &other.to_string())
    });
    assert_eq!(refused(&job).await, [Code::ManifestDiffers]);
    assert_eq!(scene.releases_published(), 0);
}

#[tokio::test]
async fn build_that_pins_waits_for_the_images_until_its_deadline() {
    let scene = Scene::start(|_| {}).await;
    let plan = scene.until_drafted().await;
    let build = async |manifest: &str| {
        let usual = [("plan", plan.as_str()), ("manifest", manifest)];
        let inputs = [&usual, PIN].concat();
        scene.phase(RUN, "build-module", &inputs).await.unwrap_err()
    };
    let waited_for = |stop: Stop| match stop {
        Stop::TimedOut { on, .. } => on.join("\n"),
        other => described(&other),
    };
    let image = format!("image {}:{TAG}", scene.image());
    let on = waited_for(build("manifest.yaml").await);
    assert!(on.contains(&format!("{image}: absent")), "{on}");
    assert!(scene.registry.log().writes().is_empty());
    // Mistakes in the files are not waited for.
    std::fs::write(scene.folder.path().join("broken.yaml"), "kind: Pod\n").unwrap();
    let stop = build("broken.yaml").await;
    assert!(matches!(stop, Stop::Blocked { .. }), "{stop}");
    // An image of another commit is not taken for the release's.
    push_manager(&scene, |_, image| image.label("revision", &"1".repeat(40)));
    let on = waited_for(build("manifest.yaml").await);
    let stale = format!("{image}: stale, its revision is 1111");
    assert!(on.contains(&stale), "{on}");
}
