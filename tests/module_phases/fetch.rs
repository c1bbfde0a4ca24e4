//! Images of any make, fetched: those that mean harm, and those whose labels lie.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use btp_release::domain::Digest;
use serde_json::json;
use stand_ins::{Fault, Pattern};

use crate::rig::{
    Desk, MANIFEST, MANIFEST_TYPE, REPOSITORY, gzip, push, push_document, push_index, push_of, tar,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_image_leaves_nothing_outside_the_folder() {
    let crd = MANIFEST.as_bytes();
    let bomb = gzip(&tar("x", &vec![0; 64 << 20]));
    // What is unpacked into a folder, and what is taken out in memory.
    let chart = (
        "btp-operator",
        "helm-chart",
        "application/gzip",
        "content-broken",
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
        ("manifest that leads out", raw, tar("../x", crd)),
        ("manifest bomb", raw, bomb),
        ("cut manifest", raw, tar("x", crd)[..700].to_vec()),
    ] {
        let desk = Desk::new().await;
        let before = desk.files();
        let image = push(&desk, name, kind, media_type, &layer);
        let ended = desk.fetch(&image).await;
        assert_eq!(ended.code, 12, "{what}\n{}", ended.told);
        assert!(
            ended.told.contains(&format!("error[{code}]")),
            "{what}\n{}",
            ended.told
        );
        stays_inside(&desk, &before, what);
        assert!(!Path::new("/tmp/btp-release-x").exists());
    }
}

fn stays_inside(desk: &Desk, before: &BTreeMap<PathBuf, Vec<u8>>, what: &str) {
    let module = desk.path("module");
    let mut after = desk.files();
    // A chart's archive was saved by its digest; nothing of it was unpacked, and nothing says that the folder is whole.
    after.retain(|path, _| *path != module.join("chart.tgz"));
    assert_eq!(&after, before, "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_of_another_digest_is_not_used() {
    let desk = Desk::new().await;
    let before = desk.files();
    let layer = MANIFEST.as_bytes();
    let image = push(
        &desk,
        "raw-manifest",
        "yaml",
        "application/octet-stream",
        layer,
    );
    let blob = format!("/v2/{REPOSITORY}/blobs/{}", Digest::of(layer));
    let always = 100;
    desk.registry
        .faults()
        .when(Pattern::new("GET", &blob), always, Fault::FlipByte(7));
    let ended = desk.fetch(&image).await;
    assert_eq!(ended.code, 12, "{}", ended.told);
    assert!(
        ended.told.contains("error[content-broken]"),
        "{}",
        ended.told
    );
    stays_inside(&desk, &before, "another digest");
}

/// `application/gzip` and the like say little: eras packed one thing under another's name.
#[tokio::test(flavor = "multi_thread")]
async fn bytes_count_more_than_media_types() {
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
        let desk = Desk::new().await;
        let image = push(&desk, name, "yaml", media_type, &layer);
        let ended = desk.fetch(&image).await;
        assert_eq!(ended.code, 0, "{name} {media_type}\n{}", ended.told);
        assert_eq!(ended.output("manifest-kind"), kind, "{name} {media_type}");
        if kind == "raw-manifest" {
            assert_eq!(desk.read("module/manifest.yaml"), MANIFEST);
        } else {
            let chart = desk.read("module/chart/btp-operator/Chart.yaml");
            assert_eq!(chart, "name: btp-operator\n");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_leads_to_the_one_module_in_it() {
    let desk = Desk::new().await;
    let octets = "application/octet-stream";
    let module = |component: &str, text: &str| {
        let component = format!("kyma-project.io/module/{component}");
        push_of(
            &desk,
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
        &desk,
        &json!({"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": config, "layers": []}),
    );
    let nested = push_index(&desk, &[&image]);
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
        let ended = desk.fetch(&push_index(&desk, &images)).await;
        let Some(code) = code else {
            assert_eq!(ended.code, 0, "{images:?}\n{}", ended.told);
            assert_eq!(desk.read("module/manifest.yaml"), MANIFEST);
            let digest = ours.rsplit('@').next().unwrap();
            assert_eq!(ended.output("module-digest"), digest, "{images:?}");
            std::fs::remove_dir_all(desk.path("module")).unwrap();
            continue;
        };
        assert_eq!(ended.code, 12, "{images:?}\n{}", ended.told);
        assert!(
            ended.told.contains(&format!("error[{code}]")),
            "{images:?}\n{}",
            ended.told
        );
        assert!(!desk.path("module").exists());
    }
    let several = push_index(&desk, &[&keda, &ours]);
    let shown = desk.run(&["inspect-module", &several], false).await;
    assert_eq!(shown.code, 12);
    // A person is told what there is to choose from.
    assert!(
        shown.told.contains(&keda) && shown.told.contains(&ours),
        "{}",
        shown.told
    );
}
