//! What is found does not make `status` fail: foreign releases, what may not be read, what is stale, and locks that are left behind.

use stand_ins::github::StoredRun;
use stand_ins::registry::Auth;
use stand_ins::{Fault, Pattern, RegistryOptions, RegistryServer};

use super::images::Image;
use super::release::BINARY;
use super::stages::{hold_lock, plan_file};
use super::support::scene::{REPOSITORY, Scene, TAG};
use super::{json, look, missing, states};

#[tokio::test(flavor = "multi_thread")]
async fn releases_of_others_are_named_and_nothing_fails() {
    let scene = Scene::start(|_| {}).await;
    scene.repository(|repository| repository.draft(TAG));
    let foreign = json(&scene, &[]).await;
    assert_eq!(foreign["state"], "foreign-draft");
    assert_eq!(foreign["findings"][0]["code"], "draft-foreign");
    assert_eq!(missing(&foreign), [""; 0]);
    scene.repository(|repository| {
        let id = repository.draft(TAG);
        repository.releases.get_mut(&id).unwrap().draft = false;
    });
    let several = json(&scene, &[]).await;
    assert_eq!(several["state"], "several");
    assert_eq!(several["findings"][0]["code"], "release-duplicates");
    assert!(several["release"].is_null());
    scene.repository(|repository| {
        let id = repository.releases_of(TAG)[0].id;
        repository.releases.remove(&id);
    });
    let published = json(&scene, &[]).await;
    assert_eq!(published["state"], "foreign-published");
    assert_eq!(
        published["verified"]["findings"][0]["code"],
        "evidence-missing"
    );
    let text = look(&scene, &[]).await;
    assert_eq!(text.code, 0, "{}", text.log);
    assert!(
        text.log.contains("In the way:\n  [release-foreign]"),
        "{}",
        text.log
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn stale_and_incomplete_artifacts_say_why() {
    let scene = Scene::start(|_| {}).await;
    let plan = scene.until_drafted().await;
    let (_folder, given) = plan_file(&plan);
    let release = scene.repository(|repository| repository.releases_of(TAG)[0].id);
    let text = b"image: r.example/another:1.0.0\n";
    scene
        .github
        .world()
        .attach(REPOSITORY, release, "rendered.yaml", text)
        .unwrap();
    Image::plain(b"another commit")
        .label("revision", &"1".repeat(40))
        .tag(&mut scene.registry.store(), BINARY, TAG);
    let answer = json(&scene, &[&given]).await;
    let of = |name: &str| {
        let all = answer["artifacts"].as_array().unwrap();
        let one = all.iter().find(|it| it["name"] == name).unwrap();
        format!(
            "{}: {}",
            one["state"].as_str().unwrap(),
            one["why"].as_str().unwrap()
        )
    };
    assert!(
        of("binary-image").starts_with("stale: its revision is 1111111"),
        "{answer}"
    );
    assert!(
        of("rendered.yaml").starts_with("stale: it runs no image"),
        "{answer}"
    );
    // An asset whose bytes never arrived.
    scene.repository(|repository| {
        let assets = &mut repository.releases.get_mut(&release).unwrap().assets;
        let asset = assets
            .iter_mut()
            .find(|asset| asset.name == "rendered.yaml");
        "starter".clone_into(&mut asset.unwrap().state);
    });
    let answer = json(&scene, &[&given]).await;
    assert_eq!(answer["artifacts"][0]["state"], "incomplete", "{answer}");
    assert!(missing(&answer).contains(&"asset rendered.yaml".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn registry_that_refuses_leaves_the_images_unknown() {
    let scene = Scene::start(|_| {}).await;
    let private = RegistryServer::start(RegistryOptions {
        auth: Auth::basic("me", "s3cret"),
        ..RegistryOptions::default()
    });
    let private = private.await.unwrap();
    scene.until_drafted().await;
    scene.push_images(&scene.planned().await);
    let (secret, open) = (
        format!("--binary-image={}/a/b:1", private.host()),
        format!("--extra-images={}:{TAG}", scene.image()),
    );
    let answer = json(&scene, &[&secret, &open]).await;
    let open = format!("{}:{TAG} ready", scene.image());
    assert_eq!(
        states(&answer["artifacts"]),
        ["binary-image unknown".to_owned(), open]
    );
    assert!(
        answer["artifacts"][0]["why"]
            .as_str()
            .unwrap()
            .contains("401"),
        "{answer}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn owner_of_the_lock_is_alive_or_not() {
    let scene = Scene::start(|_| {}).await;
    let run = |status: &str| StoredRun {
        id: 5,
        run_attempt: 1,
        status: status.into(),
        ..StoredRun::default()
    };
    for (status, alive) in [("in_progress", true), ("completed", false)] {
        scene.repository(|repository| repository.runs.insert(5, run(status)));
        hold_lock(&scene, Some(5));
        let answer = json(&scene, &[]).await;
        assert_eq!(answer["lock"]["alive"], alive, "{answer}");
    }
    let text = look(&scene, &[]).await;
    let ended = "run 5 of kyma-project/btp-manager (attempt 1) since 2026-01-01T00:00:00Z, which has ended: the next run takes the lock over";
    assert!(text.log.contains(ended), "{}", text.log);
    // Outside of GitHub Actions nothing tells.
    hold_lock(&scene, None);
    let answer = json(&scene, &[]).await;
    assert!(answer["lock"]["alive"].is_null(), "{answer}");
    assert!(answer["lock"]["run"].is_null(), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_token_is_still_an_error() {
    let scene = Scene::start(|_| {}).await;
    let tag = Pattern::new("GET", "/git/ref/");
    scene.github.faults().when(tag, 1, Fault::Status(401));
    let refused = look(&scene, &["--json"]).await;
    assert_eq!(refused.code, 13, "{}", refused.log);
    let failed: serde_json::Value = serde_json::from_str(&refused.out).unwrap();
    assert_eq!(failed["schema"], "btp-release-result/1");
}

#[tokio::test(flavor = "multi_thread")]
async fn inputs_that_contradict_each_other_are_refused() {
    let scene = Scene::start(|_| {}).await;
    let plan = scene.planned().await;
    let (_folder, given) = plan_file(&plan);
    let both = look(&scene, &[&given, "--assets=a.yaml", "--module-form=both"]).await;
    assert_eq!(both.code, 2, "{}", both.log);
    for input in ["assets", "module-form"] {
        assert!(
            both.log
                .contains(&format!("{input} is given beside a plan")),
            "{}",
            both.log
        );
    }
    let mut command = super::command(&scene, &["v1.3.0", &given]);
    let other = tokio::task::spawn_blocking(move || command.output().unwrap());
    let other = other.await.unwrap();
    let log = String::from_utf8(other.stderr).unwrap();
    assert_eq!(other.status.code(), Some(2), "{log}");
    assert!(
        log.contains("version is v1.3.0, and the plan is of v1.2.0"),
        "{log}"
    );
}
