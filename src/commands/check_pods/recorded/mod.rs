//! What real clusters print, and what is said of it.
//!
//! `kubernetes-*.json` are answers of `kubectl get pods -o json` from nodes with containerd 1.6 and an amd64 processor, reduced to
//! the fields about images and states, with other names for the registries. Each image is an index that buildx made for two
//! platforms with attestations. Kubernetes 1.34 drops image volumes unless its feature gate is set, and 1.36 knows them, but this
//! containerd cannot mount them.
//!
//! In `*-shared-content.json` the node has pulled the same content by another index (`again`) and by its platform's manifest too.

use serde_json::{Value, json};

use super::pods::Pods;
use super::{CheckPods, Code};
use crate::plan::Artifacts;

const RECORDED: [(&str, &str); 2] = [
    ("1.34", include_str!("kubernetes-1.34.json")),
    ("1.36", include_str!("kubernetes-1.36.json")),
];
const SHARED_CONTENT: [(&str, &str); 2] = [
    ("1.34", include_str!("kubernetes-1.34-shared-content.json")),
    ("1.36", include_str!("kubernetes-1.36-shared-content.json")),
];

/// The binary image's index, and the index of the same content under another name.
const BUILT: &str = "registry.example:5000/built/app@sha256:b002efd5674571689827fde1b45e883e7459fb8f17e4020e922d02a35165166e";
const AGAIN: &str = "registry.example:5000/again/app@sha256:e463e66739aed9987c560373f527ac516da98a56d0a823ec564439b626929272";
const BUSYBOX: &str = "docker.io/library/busybox@sha256:779fecd1b6c59c96ae20b662baceb230cf4daf286dc5292ef3c7a3ff6a6df78b";
const KUBECTL: &str =
    "docker.io/alpine/k8s@sha256:bfe2389b3cbb4dd2e1dbc621ad472cc8485be725e7eb5612652c7c9f359bb3ef";
/// The manifest for linux/amd64 in both indexes.
const PLATFORM: &str = "sha256:ade2fb7ed22e6f00a7f4ef6694b8f599de3ff01072f677253c9a00a0f5b2ef1a";

/// A release of these images, of which the first one is the binary image.
fn release(images: &[&str]) -> Artifacts {
    let names = ["binary-image", "second", "third", "fourth"];
    let images = names.iter().zip(images).map(|(name, image)| {
        let (repository, digest) = image.split_once('@').unwrap();
        let value = json!({"kind": "image", "digest": digest, "tagged": format!("{repository}:1.2.0"), "image": image});
        ((*name).to_owned(), value)
    });
    Artifacts::from_json(&Value::Object(images.collect()).to_string()).unwrap()
}

fn pod(answer: &str, name: &str) -> Value {
    let all: Value = serde_json::from_str(answer).unwrap();
    let pods = all["items"].as_array().unwrap();
    let is_wanted = |pod: &&Value| pod["metadata"]["name"] == name;
    pods.iter().find(is_wanted).unwrap().clone()
}

/// How many containers and volumes of the pod run an image of the release, and the codes of what is wrong.
fn verdict(images: &[&str], pod: &Value) -> (usize, Vec<Code>) {
    let check = CheckPods {
        artifacts: release(images),
        pods: None,
    };
    let list = json!({"items": [pod]}).to_string();
    match check.check(&Pods::from_json(list.as_bytes()).unwrap()) {
        Ok(report) => (report.lines.len(), vec![]),
        Err(findings) => (
            0,
            findings.into_iter().map(|finding| finding.code).collect(),
        ),
    }
}

#[test]
fn pods_of_real_clusters_are_judged() {
    const WAITS: Code = Code::PodNotStarted;
    const IDLE: Code = Code::ImageNotRunning;
    let table: [(&str, &str, usize, &[Code]); 17] = [
        ("by-tag", BUILT, 1, &[]),
        ("by-index-digest", BUILT, 1, &[]),
        ("by-tag-and-digest", BUILT, 1, &[]),
        ("docker-hub-spelled", BUSYBOX, 1, &[]),
        ("docker-hub-unspelled", BUSYBOX, 1, &[]),
        ("docker-hub-path", KUBECTL, 1, &[]),
        ("with-init-and-sidecar", BUILT, 3, &[]),
        ("with-debugger", BUILT, 2, &[]),
        ("with-failing-init", BUILT, 0, &[WAITS]),
        // It was started, and failed: `await-workloads.sh` refuses that, not the comparison.
        ("crashing", BUILT, 1, &[]),
        ("ended", BUILT, 1, &[]),
        ("terminating", BUILT, 0, &[IDLE]),
        ("pending", BUILT, 0, &[WAITS, IDLE]),
        ("not-there", BUILT, 0, &[WAITS, IDLE]),
        // Images of other repositories, which the release does not name.
        ("other-platform", BUILT, 0, &[IDLE]),
        ("wrong-password", BUILT, 0, &[IDLE]),
        ("with-image-volume-by-digest", KUBECTL, 0, &[IDLE]),
    ];
    for (version, answer) in RECORDED {
        for (name, binary, running, codes) in table {
            let seen = verdict(&[binary], &pod(answer, name));
            assert_eq!(seen, (running, codes.to_vec()), "{name} on {version}");
        }
    }
}

#[test]
fn pods_of_real_clusters_with_other_bytes_are_refused() {
    let names = [
        "by-tag",
        "by-index-digest",
        "by-tag-and-digest",
        "with-init-and-sidecar",
        "with-debugger",
        "crashing",
        "ended",
    ];
    let other = BUILT.replace("sha256:b002", "sha256:b003");
    for (version, answer) in RECORDED {
        for name in names {
            let (_, codes) = verdict(&[&other], &pod(answer, name));
            assert!(
                codes.contains(&Code::PodImageDiffers),
                "{name} on {version}"
            );
        }
    }
}

#[test]
fn image_volumes_of_real_clusters_are_judged() {
    let by_digest = pod(RECORDED[1].1, "with-image-volume-by-digest");
    let by_tag = pod(RECORDED[1].1, "with-image-volume-by-tag");
    // The container waits for the volume, and has no image yet.
    let waits = [Code::PodNotStarted, Code::ImageNotRunning];
    assert_eq!(verdict(&[BUSYBOX, BUILT], &by_digest), (0, waits.to_vec()));
    let unknown = [
        Code::PodNotStarted,
        Code::PodVolumeUnknown,
        Code::ImageNotRunning,
    ];
    assert_eq!(verdict(&[BUSYBOX, BUILT], &by_tag), (0, unknown.to_vec()));
    // 1.34 has dropped the volume.
    for name in ["with-image-volume-by-digest", "with-image-volume-by-tag"] {
        let seen = verdict(&[BUSYBOX, BUILT], &pod(RECORDED[0].1, name));
        assert_eq!(seen, (1, vec![]), "{name}");
    }
}

/// The node reports `again` for all of them, since that name comes first.
#[test]
fn content_that_a_node_has_under_several_names() {
    const DIFFERS: Code = Code::PodImageDiffers;
    const IDLE: Code = Code::ImageNotRunning;
    let table: [(&str, &str, &[Code]); 8] = [
        ("by-index-digest", BUILT, &[]),
        ("by-tag-and-digest", BUILT, &[]),
        // Nobody can say whether the tag led to the awaited image.
        ("by-tag", BUILT, &[DIFFERS, IDLE]),
        // The digest of a platform's manifest is not that of the index.
        ("by-platform-digest", BUILT, &[DIFFERS, IDLE]),
        ("again-by-tag", AGAIN, &[]),
        ("again-by-tag-and-digest", AGAIN, &[]),
        // Neither is a container of `again` one of the release.
        ("again-by-tag", BUILT, &[IDLE]),
        ("by-tag", AGAIN, &[]),
    ];
    for (version, answer) in SHARED_CONTENT {
        for (name, binary, codes) in table {
            let (_, seen) = verdict(&[binary], &pod(answer, name));
            assert_eq!(seen, codes, "{name} on {version}, of {binary}");
        }
    }
}

/// A digest decides only where the node has another name for the content: the same repository with another digest is refused.
#[test]
fn a_digest_in_the_specification_does_not_hide_other_bytes() {
    for (version, answer) in SHARED_CONTENT {
        let mut replaced = pod(answer, "by-index-digest");
        let id = &mut replaced["status"]["containerStatuses"][0]["imageID"];
        *id = json!(format!("registry.example:5000/built/app@{PLATFORM}"));
        let (_, codes) = verdict(&[BUILT], &replaced);
        assert_eq!(
            codes,
            [Code::PodImageDiffers, Code::ImageNotRunning],
            "{version}"
        );
        let mut other = pod(answer, "by-tag-and-digest");
        other["spec"]["containers"][0]["image"] =
            json!(BUILT.replace("sha256:b002", "sha256:b003"));
        let (_, codes) = verdict(&[BUILT], &other);
        assert_eq!(
            codes,
            [Code::PodImageDiffers, Code::ImageNotRunning],
            "{version}"
        );
    }
}

#[test]
fn refusal_says_how_to_compare_shared_content() {
    let check = CheckPods {
        artifacts: release(&[BUILT]),
        pods: None,
    };
    let list = json!({"items": [pod(SHARED_CONTENT[0].1, "by-tag")]}).to_string();
    let findings = check
        .check(&Pods::from_json(list.as_bytes()).unwrap())
        .unwrap_err();
    assert!(findings[0].help.contains("pin-images: true"));
}
