//! cosign and `gh`, where they were built for the rig, read what is pushed as referrers.

use std::process::Command;

use super::referrers::{digest_of_image, published};
use super::release::{BINARY, SIDECAR};
use super::support::called_legs::CALLED;
use super::support::scene::{REQUIRE, Scene};
use super::support::sigstore::Sigstore;

const READ: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/rig/attestations/read-referrers"
);

/// Of provenance, which nobody signed here, they find nothing.
#[tokio::test(flavor = "multi_thread")]
async fn cosign_and_gh_accept_the_referrers_of_every_image() {
    for lists in [true, false] {
        let scene = Scene::start(|_| {}).await;
        let scene = scene.signing(REQUIRE).referring(REQUIRE);
        let mut scene = scene
            .with_registry(|registry| registry.referrers = lists)
            .await;
        scene.sigstore = Some(Sigstore::start(&scene.clock).await);
        let job = scene.until_tested().await;
        published(&scene, &job).await;
        let root = scene
            .sigstore
            .as_ref()
            .unwrap()
            .server
            .trusted_root()
            .to_string();
        let file = scene.folder.path().join("trusted_root.json");
        std::fs::write(&file, root).unwrap();
        for image in [BINARY, SIDECAR] {
            let digest = digest_of_image(&scene.registry.store(), image);
            let image = format!("{}/{image}@{digest}", scene.registry.host());
            let read = Command::new(READ)
                .args([
                    &image,
                    file.to_str().unwrap(),
                    "kyma-project/btp-manager",
                    CALLED,
                ])
                .output()
                .unwrap();
            let why = String::from_utf8_lossy(&read.stderr);
            assert!(read.status.success(), "{why}");
            let said = String::from_utf8(read.stdout).unwrap();
            if said.is_empty() {
                eprintln!("left out: neither cosign nor gh was built for the rig");
            }
            for line in said.lines() {
                let is_there = !line.ends_with("/provenance/v1");
                assert_eq!(
                    line.contains(" accepts "),
                    is_there,
                    "{line} of {image}\n{why}"
                );
            }
        }
    }
}
