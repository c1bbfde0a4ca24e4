//! A bump of the files that the security scanners read, in the layouts of Kyma's repositories.

use btp_release::domain::{Code, FormatCode};

use super::{BRANCH, CONFIG, assert_refused, propose, pulls, push, scene, text, writes};
use crate::support::scene::Scene;

const SECURITY: &str = "sec-scanners-config.yaml";
const COMPONENT: &str = "component-config.yaml";
/// The keys of 2023 to the letter, and a comment that has to stay.
const SECURITY_TEXT: &str = "\
module-name: btp-operator
rc-tag: 1.1.0
protecode:
  - registry.example/prod/btp-manager:1.1.0 # ours
whitesource:
  language: golang-mod
  exclude:
    - \"**/*_test.go\"
";
const COMPONENT_TEXT: &str = "\
name: kyma-project.io/module/btp-operator
team: kyma/gopher
images:
- registry.example/prod/btp-manager:1.1.0
- registry.example/prod/external/ghcr.io/sap/sap-btp-service-operator/controller:v0.11.6
- registry.example/prod/ca-bundle-probe:1.1.0
";
const BUMP: [(&str, &str); 4] = [
    ("security-config", SECURITY),
    ("component-config", COMPONENT),
    (
        "binary-image",
        "registry.example/prod/btp-manager:{version}",
    ),
    (
        "extra-images",
        "registry.example/prod/ca-bundle-probe:{version}",
    ),
];

async fn scanned() -> Scene {
    let scene = scene().await;
    push(&scene, "main", SECURITY, SECURITY_TEXT);
    push(&scene, "main", COMPONENT, COMPONENT_TEXT);
    scene.seen_by_all().await;
    scene.forget();
    scene
}

/// A bump of nothing but these files.
async fn bump(
    scene: &Scene,
    more: &[(&str, &str)],
) -> Result<super::Outputs, btp_release::engine::Stop> {
    let files = [("files", ""), ("set", "")];
    propose(scene, &[&files[..], &BUMP[..], more].concat()).await
}

#[tokio::test]
async fn images_and_tag_of_the_release_are_set_and_nothing_else() {
    let scene = scanned().await;
    let outputs = bump(&scene, &[]).await.unwrap();
    assert_eq!(outputs["state"], "open");
    assert_eq!(
        text(&scene, BRANCH, SECURITY),
        SECURITY_TEXT
            .replace("rc-tag: 1.1.0", "rc-tag: v1.2.0")
            .replace("1.1.0", "1.2.0")
    );
    let expected = COMPONENT_TEXT.replace(":1.1.0", ":1.2.0");
    assert_eq!(text(&scene, BRANCH, COMPONENT), expected);
    // Again, and the same once it is merged.
    scene.seen_by_all().await;
    scene.forget();
    assert_eq!(bump(&scene, &[]).await.unwrap(), outputs);
    assert_eq!(writes(&scene), [""; 0]);
    let merged = bump(&scene, &[("merge", "squash")]).await.unwrap();
    assert_eq!(merged["state"], "merged");
    assert_eq!(text(&scene, "main", COMPONENT), expected);
    assert_eq!(pulls(&scene).len(), 1);
}

#[tokio::test]
async fn bump_that_is_no_change_is_said() {
    let scene = scanned().await;
    let security = SECURITY_TEXT.replace("rc-tag: 1.1.0", "rc-tag: v1.2.0");
    push(
        &scene,
        "main",
        SECURITY,
        &security.replace("1.1.0", "1.2.0"),
    );
    push(
        &scene,
        "main",
        COMPONENT,
        &COMPONENT_TEXT.replace(":1.1.0", ":1.2.0"),
    );
    scene.seen_by_all().await;
    scene.forget();
    assert_eq!(bump(&scene, &[]).await.unwrap()["state"], "unchanged");
    assert_eq!(writes(&scene), [""; 0]);
}

#[tokio::test]
async fn values_that_are_set_by_their_path_come_last() {
    let scene = scanned().await;
    let set = format!(
        "{SECURITY}: rc-tag = {{version}}\n{COMPONENT}: images[1]:tag = v0.12.0\n{CONFIG}: images[name=controller].newTag = {{version}}"
    );
    bump(&scene, &[("set", &set)]).await.unwrap();
    assert_eq!(
        text(&scene, BRANCH, SECURITY),
        SECURITY_TEXT.replace("1.1.0", "1.2.0")
    );
    assert_eq!(
        text(&scene, BRANCH, COMPONENT),
        COMPONENT_TEXT
            .replace(":1.1.0", ":1.2.0")
            .replace("v0.11.6", "v0.12.0")
    );
    assert!(text(&scene, BRANCH, CONFIG).contains("newTag: '1.2.0'"));
}

#[tokio::test]
async fn file_that_is_not_there_or_lists_nothing_of_the_release_is_refused() {
    let scene = scanned().await;
    let other = ("component-config", "config/component-config.yaml");
    let ended = bump(&scene, &[other]).await;
    assert_refused(ended, Code::FileMissing, "config/component-config.yaml");
    let images = [
        ("binary-image", "registry.example/prod/keda-manager"),
        (
            "extra-images",
            "registry.example/prod/ca-bundle-probe:{version}",
        ),
    ];
    let ended = bump(&scene, &images).await;
    let missing = Code::Format(FormatCode::ScanImagesMissing);
    assert_refused(ended, missing, "protecode");
    assert_eq!(writes(&scene), [""; 0]);
}
