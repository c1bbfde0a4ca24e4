//! Manifests as they are rendered, and as they go wrong.

mod images;
mod lists;
mod pins;
mod separators;

use super::*;
use crate::fixtures::{read, text};
use crate::values::ImageRef;
use crate::{Diagnostic, FormatCode};

fn codes(found: &[Diagnostic]) -> Vec<(FormatCode, usize)> {
    found
        .iter()
        .map(|v| (v.code, v.position().map_or(0, |at| at.line)))
        .collect()
}

/// The line that holds these words, from 1.
fn line_of(text: &str, words: &str) -> usize {
    text.lines().position(|line| line.contains(words)).unwrap() + 1
}

#[test]
fn images_and_crds_of_a_published_manifest() {
    let manifest = RawManifest::parse("manifest.yaml", &read("raw-manifest.yaml")).unwrap();
    let images: Vec<_> = manifest
        .images()
        .into_iter()
        .map(|image| image.text)
        .collect();
    assert_eq!(images, ["eu.gcr.io/kyma-project/template-operator:latest"]);
    assert_eq!(
        codes(&manifest.check(CrdRule::Required, None)),
        [(FormatCode::ImageTagMoving, 30)]
    );
    let kinds: Vec<_> = manifest.crds().into_iter().map(|crd| crd.kind).collect();
    assert_eq!(kinds, ["Sample", "SampleHelm"]);

    let released = text("raw-manifest.yaml").replace(":latest", ":1.0.0");
    let manifest = RawManifest::parse("manifest.yaml", released.as_bytes()).unwrap();
    let image = |text: &str| text.parse::<ImageRef>().unwrap();
    assert_eq!(
        manifest.check(
            CrdRule::Required,
            Some(&image("eu.gcr.io/kyma-project/template-operator:1.0.0"))
        ),
        []
    );
    let other = manifest.check(
        CrdRule::Required,
        Some(&image("eu.gcr.io/kyma-project/template-operator:1.0.1")),
    );
    assert_eq!(codes(&other), [(FormatCode::ManagerImageDiffers, 30)]);
    let missing = manifest.check(
        CrdRule::Required,
        Some(&image("eu.gcr.io/kyma-project/other:1.0.0")),
    );
    assert!(
        missing[0]
            .seen
            .ends_with("the manifest runs eu.gcr.io/kyma-project/template-operator:1.0.0")
    );
}

#[test]
fn the_manager_image_may_be_named_by_digest() {
    let digest = |byte: &[u8]| crate::values::Digest::of(byte).to_string();
    let (ours, other) = (digest(b"ours"), digest(b"other"));
    for (in_manifest, wanted, fine) in [
        (
            format!("r.example/m:1.0.0@{ours}"),
            format!("r.example/m@{ours}"),
            true,
        ),
        (
            format!("r.example/m@{ours}"),
            format!("r.example/m@{ours}"),
            true,
        ),
        (
            format!("r.example/m@{other}"),
            format!("r.example/m@{ours}"),
            false,
        ),
        (
            "r.example/m:1.0.0".into(),
            format!("r.example/m@{ours}"),
            false,
        ),
        (
            format!("r.example/m:1.0.0@{other}"),
            "r.example/m:1.0.0".into(),
            false,
        ),
    ] {
        let pod = format!(
            "apiVersion: v1\nkind: Pod\nspec: {{containers: [{{image: '{in_manifest}'}}]}}\n"
        );
        let manifest = RawManifest::parse("m", format!("{HEADS}{pod}").as_bytes()).unwrap();
        let found = manifest.check(CrdRule::Required, Some(&wanted.parse().unwrap()));
        let expected: &[_] = if fine {
            &[]
        } else {
            &[FormatCode::ManagerImageDiffers]
        };
        let found: Vec<_> = found.iter().map(|diagnostic| diagnostic.code).collect();
        assert_eq!(found, expected, "{in_manifest} for {wanted}");
    }
}

const HEADS: &str = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: x}\nspec:\n  group: g.io\n  scope: Cluster\n  names: {kind: Thing}\n  versions: [{name: v1}, {name: v2}]\n---\n";

#[test]
fn images_are_found_in_all_workloads() {
    let workload = "apiVersion: batch/v1\nkind: CronJob\nspec: {jobTemplate: {spec: {template: {spec: {\n  initContainers: [{image: 'r.example/init:1.0.0'}],\n  containers: [{image: 'r.example/run:1.0.0', env: [\n    {name: A, value: 'r.example/side:2.0.0'}, {name: B, value: 'http://x:80'},\n    {name: C, value: '0.0.0.0:8080'}, {name: D, value: 'k8s:v1'}, {name: E}]}]}}}}}\n";
    let manifest = RawManifest::parse("m", format!("{HEADS}{workload}").as_bytes()).unwrap();
    let images: Vec<_> = manifest
        .images()
        .into_iter()
        .map(|image| image.text)
        .collect();
    assert_eq!(
        images,
        [
            "r.example/init:1.0.0",
            "r.example/run:1.0.0",
            "r.example/side:2.0.0"
        ]
    );
    assert_eq!(manifest.check(CrdRule::Required, None), []);
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let text = "kind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n      - image: a b\n      - image: r.example/x\n      - image: r.example/x:Main\n---\n- list\n---\n";
    let found = RawManifest::parse("m.yaml", text.as_bytes())
        .unwrap()
        .check(CrdRule::Required, None);
    assert_eq!(
        codes(&found),
        [
            (FormatCode::ManifestNoObject, 1),
            (FormatCode::ManifestNoObject, 10),
            (FormatCode::ManifestNoObject, 10),
            (FormatCode::ManifestWithoutCrd, 1),
            (FormatCode::ImageInvalid, 6),
            (FormatCode::ImageTagMissing, 7),
            (FormatCode::ImageTagMoving, 8),
        ]
    );
    assert!(
        found[4]
            .to_string()
            .starts_with("m.yaml:6:9: \"a b\" is no image")
    );
    for bytes in [&b"\xff"[..], b"a: [", b"a: 1\na: 2"] {
        assert_eq!(
            RawManifest::parse("m", bytes).unwrap_err().code,
            FormatCode::ManifestUnreadable
        );
    }
    assert_eq!(
        codes(
            &RawManifest::parse("m", b"")
                .unwrap()
                .check(CrdRule::Required, None)
        ),
        [(FormatCode::ManifestWithoutCrd, 1)]
    );
}

#[test]
fn the_default_cr_needs_a_definition_and_a_name() {
    let crds = RawManifest::parse("m", HEADS.as_bytes()).unwrap().crds();
    for (text, expected) in [
        (
            "---\napiVersion: g.io/v2\nkind: Thing\nmetadata: {name: a}\n",
            vec![],
        ),
        (
            "apiVersion: g.io/v3\nkind: Thing\nmetadata: {name: a}\n",
            vec![(FormatCode::DefaultCrVersion, 1)],
        ),
        (
            "apiVersion: g.io/v1\nkind: Think\n",
            vec![
                (FormatCode::DefaultCrUnknown, 2),
                (FormatCode::DefaultCrUnnamed, 1),
            ],
        ),
        ("", vec![(FormatCode::DefaultCrNotOne, 1)]),
        ("a: 1\n---\nb: 1\n", vec![(FormatCode::DefaultCrNotOne, 1)]),
    ] {
        let (crd, found) = RawManifest::parse("cr", text.as_bytes())
            .unwrap()
            .check_default_cr(&crds);
        assert_eq!(codes(&found), expected, "{text}");
        assert_eq!(
            crd.is_some_and(|crd| crd.cluster_scoped),
            text.contains("Thing"),
            "{text}"
        );
    }
}

#[test]
fn a_raw_manifest_has_a_crd() {
    assert!(is_raw_manifest(text("raw-manifest.yaml").as_bytes()));
    assert!(!is_raw_manifest(text("config.yaml").as_bytes()));
    assert!(!is_raw_manifest(b"\xff"));
    assert!(!is_raw_manifest(b"spec: {kind: CustomResourceDefinition}"));
}
