//! Fetches images of all kinds: hostile ones, and ones with wrong labels.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use btp_release::domain::Digest;
use serde_json::json;
use stand_ins::{Fault, Pattern};

use crate::support::module_images::{
    MANIFEST, MANIFEST_TYPE, NAME, REPOSITORY, Workspace, gzip, push, push_document, push_index,
    push_layers, push_of, tar,
};

#[tokio::test(flavor = "multi_thread")]
async fn hostile_image_writes_nothing_outside_the_folder() {
    let crd = MANIFEST.as_bytes();
    let bomb = gzip(&tar("x", &vec![0; 64 << 20]));
    // The layers that are unpacked into a folder, and those that are extracted in memory.
    let chart = (
        "btp-operator",
        "helm-chart",
        "application/gzip",
        "archive-invalid",
    );
    let raw = (
        "raw-manifest",
        "directoryTree",
        "application/x-tar",
        "archive-invalid",
    );
    for (what, (name, kind, media_type, code), layer) in [
        ("chart that leads out", chart, gzip(&tar("../../x", crd))),
        (
            "absolute chart",
            chart,
            gzip(&tar("/tmp/btp-release-x", crd)),
        ),
        ("chart bomb", chart, bomb.clone()),
        ("no chart", chart, gzip(&tar("values.yaml", crd))),
        (
            "cut chart",
            chart,
            gzip(&tar("Chart.yaml", crd))[..90].to_vec(),
        ),
        ("manifest that leads out", raw, tar("../x", crd)),
        ("manifest bomb", raw, bomb),
        ("cut manifest", raw, tar("x", crd)[..700].to_vec()),
    ] {
        let workspace = Workspace::new().await;
        let before = workspace.files();
        let image = push(&workspace, name, kind, media_type, &layer);
        let ended = workspace.fetch(&image).await;
        assert_eq!(ended.code, 12, "{what}\n{}", ended.stderr);
        assert!(
            ended.stderr.contains(&format!("error[{code}]")),
            "{what}\n{}",
            ended.stderr
        );
        stays_inside(&workspace, &before, what);
        assert!(!Path::new("/tmp/btp-release-x").exists());
    }
}

fn stays_inside(workspace: &Workspace, before: &BTreeMap<PathBuf, Vec<u8>>, what: &str) {
    let module = workspace.path("module");
    let mut after = workspace.files();
    // A chart's archive was saved by its digest; none of it was unpacked, and the folder is not marked as complete.
    after.retain(|path, _| *path != module.join("chart.tgz"));
    assert_eq!(&after, before, "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn layer_with_another_digest_is_refused() {
    let workspace = Workspace::new().await;
    let before = workspace.files();
    let layer = MANIFEST.as_bytes();
    let image = push(
        &workspace,
        "raw-manifest",
        "yaml",
        "application/octet-stream",
        layer,
    );
    let blob = format!("/v2/{REPOSITORY}/blobs/{}", Digest::of(layer));
    let always = 100;
    workspace
        .registry
        .faults()
        .when(Pattern::new("GET", &blob), always, Fault::FlipByte(7));
    let ended = workspace.fetch(&image).await;
    assert_eq!(ended.code, 12, "{}", ended.stderr);
    assert!(
        ended.stderr.contains("error[content-broken]"),
        "{}",
        ended.stderr
    );
    stays_inside(&workspace, &before, "another digest");
}

/// `application/gzip` and similar types are unreliable: tools have used them for different formats.
#[tokio::test(flavor = "multi_thread")]
async fn layer_format_is_detected_by_content_not_by_media_type() {
    let manifest = MANIFEST.as_bytes();
    let chart = gzip(&tar("btp-operator/Chart.yaml", b"name: btp-operator\n"));
    let raw = ("raw-manifest", "raw-manifest");
    let unnamed = ("rendered", "raw-manifest");
    for ((name, kind), media_type, layer) in [
        (raw, "application/x-tar", manifest.to_vec()),
        (raw, "application/x-tgz", tar("any", manifest)),
        (raw, "application/gzip", manifest.to_vec()),
        (raw, "application/octet-stream", tar("/any", manifest)),
        (raw, "application/octet-stream", gzip(manifest)),
        (raw, "text/plain", gzip(&tar("any", manifest))),
        (unnamed, "application/gzip", gzip(manifest)),
        (unnamed, "application/x-tar", tar("any", manifest)),
        (
            ("btp-operator", "helm-chart"),
            "application/octet-stream",
            chart,
        ),
    ] {
        let workspace = Workspace::new().await;
        let image = push(&workspace, name, "yaml", media_type, &layer);
        let ended = workspace.fetch(&image).await;
        assert_eq!(ended.code, 0, "{name} {media_type}\n{}", ended.stderr);
        assert_eq!(ended.output("manifest-kind"), kind, "{name} {media_type}");
        if kind == "raw-manifest" {
            assert_eq!(workspace.read("module/manifest.yaml"), MANIFEST);
        } else {
            let chart = workspace.read("module/chart/btp-operator/Chart.yaml");
            assert_eq!(chart, "name: btp-operator\n");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn module_is_found_in_an_index() {
    let workspace = Workspace::new().await;
    let octets = "application/octet-stream";
    let module = |component: &str, text: &str| {
        let component = format!("kyma-project.io/module/{component}");
        push_of(
            &workspace,
            &component,
            "raw-manifest",
            "yaml",
            octets,
            text.as_bytes(),
        )
    };
    let ours = module("btp-operator", MANIFEST);
    let (keda, istio) = (module("keda", "a: 1\n"), module("istio", "a: 1\n"));
    let config = json!({"mediaType": "application/vnd.oci.image.config.v1+json", "digest": Digest::of(b"{}"), "size": 2});
    let image = push_document(
        &workspace,
        &json!({"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": config, "layers": []}),
    );
    let nested = push_index(&workspace, &[&image]);
    let gone = format!("x@{}", Digest::of(b"gone"));
    for (images, code) in [
        (vec![ours.as_str()], None),
        (vec![&ours, &image, &nested], None),
        // For two platforms.
        (vec![&ours, &ours], None),
        (vec![&keda, &ours], None),
        (vec![&keda], Some("module-differs")),
        (vec![&keda, &istio], Some("module-unclear")),
        (vec![&image, &nested], Some("not-a-module-image")),
        (vec![], Some("not-a-module-image")),
        (vec![&ours, &gone], Some("module-missing")),
        (vec![ours.as_str(); 33], Some("module-unclear")),
    ] {
        let ended = workspace.fetch(&push_index(&workspace, &images)).await;
        let Some(code) = code else {
            assert_eq!(ended.code, 0, "{images:?}\n{}", ended.stderr);
            assert_eq!(workspace.read("module/manifest.yaml"), MANIFEST);
            let digest = ours.rsplit('@').next().unwrap();
            assert_eq!(ended.output("module-digest"), digest, "{images:?}");
            std::fs::remove_dir_all(workspace.path("module")).unwrap();
            continue;
        };
        assert_eq!(ended.code, 12, "{images:?}\n{}", ended.stderr);
        assert!(
            ended.stderr.contains(&format!("error[{code}]")),
            "{images:?}\n{}",
            ended.stderr
        );
        assert!(!workspace.path("module").exists());
    }
    let several = push_index(&workspace, &[&keda, &ours]);
    let shown = workspace.run(&["inspect-module", &several], false).await;
    assert_eq!(shown.code, 12);
    // The user sees the list of choices.
    assert!(
        shown.stderr.contains(&keda) && shown.stderr.contains(&ours),
        "{}",
        shown.stderr
    );
}

/// The blobs that were read, by digest.
fn blobs_read(workspace: &Workspace) -> Vec<String> {
    let reads = workspace.registry.log();
    let reads = reads.filter(|entry| entry.method == "GET" && entry.path.contains("/blobs/"));
    let digest = |path: &str| path.rsplit('/').next().map(str::to_owned);
    reads
        .iter()
        .filter_map(|entry| digest(&entry.path))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_blob_is_read_once_and_none_for_a_complete_folder() {
    // Twice as large as the memory that is kept for blobs.
    let text = format!("{MANIFEST}# {}\n", "0123456789abcdef".repeat(8 << 20));
    let small = MANIFEST.as_bytes();
    for (name, layer, file) in [
        ("raw-manifest", text.as_bytes().to_vec(), text.as_str()),
        ("raw-manifest", tar("x", small), MANIFEST),
        ("raw-manifest", gzip(&tar("x", small)), MANIFEST),
        // Its content has to show that it is the manifest.
        ("rendered", gzip(small), MANIFEST),
    ] {
        let workspace = Workspace::new().await;
        let image = push(&workspace, name, "yaml", "application/x-tar", &layer);
        let ended = workspace.fetch(&image).await;
        assert_eq!(ended.code, 0, "{name}\n{}", ended.stderr);
        assert_eq!(workspace.read("module/manifest.yaml"), file);
        assert!(!workspace.path("module/.layers").exists());
        let read = blobs_read(&workspace);
        let mut once = read.clone();
        once.sort();
        once.dedup();
        assert_eq!(
            (read.len(), once.len()),
            (3, 3),
            "config, descriptor, layer"
        );

        let before = workspace.files();
        let ended = workspace.fetch(&image).await;
        assert_eq!(ended.code, 0, "{name}\n{}", ended.stderr);
        assert_eq!(workspace.files(), before);
        let again = &blobs_read(&workspace)[3..];
        assert!(!again.contains(&Digest::of(&layer).to_string()));

        // A file that was changed is written again.
        workspace.write("module/manifest.yaml", "changed: true\n");
        let ended = workspace.fetch(&image).await;
        assert_eq!(ended.code, 0, "{name}\n{}", ended.stderr);
        assert_eq!(workspace.files(), before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn file_that_a_killed_process_left_is_used_if_it_is_the_layer() {
    let plain = MANIFEST.as_bytes();
    let packed = &tar("x", plain)[..];
    for (layer, left, reads) in [
        (plain, plain, 0),
        (plain, &plain[..60], 1),
        // Nothing shows which layer it is from.
        (packed, plain, 1),
        (packed, packed, 1),
    ] {
        let workspace = Workspace::new().await;
        let image = push(&workspace, "raw-manifest", "yaml", "text/plain", layer);
        for name in ["manifest.yaml", ".manifest.yaml.part", ".layers/x"] {
            workspace.write(&format!("module/{name}"), "");
            std::fs::write(workspace.path(&format!("module/{name}")), left).unwrap();
        }
        let ended = workspace.fetch(&image).await;
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        assert_eq!(workspace.read("module/manifest.yaml"), MANIFEST);
        assert!(!workspace.path("module/.layers").exists());
        let digest = Digest::of(layer).to_string();
        let read = blobs_read(&workspace);
        assert_eq!(read.iter().filter(|read| **read == digest).count(), reads);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn manifest_is_found_among_layers_that_only_their_content_tells_apart() {
    let manifest = MANIFEST.as_bytes();
    let (packed, other) = (gzip(&tar("any", manifest)), gzip(b"kind: Other\n"));
    let chart = gzip(&tar("btp-operator/Chart.yaml", b"name: btp-operator\n"));
    let broken = [b"a: \0", manifest].concat();
    let second = [manifest, b"---\na: 1\n"].concat();
    for (layers, wanted) in [
        (vec![&other[..], &packed, b"a: 1\n"], Ok("raw-manifest")),
        (vec![manifest, &other], Ok("raw-manifest")),
        (vec![manifest, &other, &chart], Ok("helm-chart")),
        (vec![&second, &packed], Err("module-content-unclear")),
        (vec![&other], Err("module-content-unclear")),
        (vec![&other, &packed, &broken], Err("archive-invalid")),
    ] {
        let workspace = Workspace::new().await;
        let before = workspace.files();
        let names = ["one", "two", "three"];
        let resources = names.iter().zip(&layers);
        let resources: Vec<_> = resources
            .map(|(name, layer)| (*name, "yaml", *layer))
            .collect();
        let image = push_layers(&workspace, NAME, "application/x-tar", &resources);
        let ended = workspace.fetch(&image).await;
        let read = blobs_read(&workspace);
        for layer in &layers {
            let digest = Digest::of(layer).to_string();
            let times = read.iter().filter(|read| **read == digest).count();
            // A chart is saved as it is, and then read once more.
            let most = if *layer == chart { 2 } else { 1 };
            assert!((1..=most).contains(&times), "{wanted:?}: {times}");
        }
        match wanted {
            Ok(kind) => {
                assert_eq!(ended.code, 0, "{}", ended.stderr);
                assert_eq!(ended.output("manifest-kind"), kind);
                if kind == "raw-manifest" {
                    assert_eq!(workspace.read("module/manifest.yaml"), MANIFEST);
                }
                assert!(!workspace.path("module/.layers").exists());
                // The index of a complete folder tells the layer.
                let complete = workspace.files();
                let ended = workspace.fetch(&image).await;
                assert_eq!(ended.code, 0, "{}", ended.stderr);
                assert_eq!(workspace.files(), complete);
                let again = &blobs_read(&workspace)[read.len()..];
                assert_eq!(again.len(), 2, "config and descriptor");
            }
            Err(code) => {
                assert_eq!(ended.code, 12, "{}", ended.stderr);
                assert!(
                    ended.stderr.contains(&format!("error[{code}]")),
                    "{}",
                    ended.stderr
                );
                assert_eq!(workspace.files(), before);
            }
        }
    }
}
