//! Manifests and custom resources with what only YAML 1.1 has mean to every check, and in the template, what they mean to the
//! cluster.

use ocm_module::FormatCode;
use ocm_module::config::{ModuleConfig, SecurityScan};
use ocm_module::descriptor::Descriptor;
use ocm_module::raw_manifest::{CrdRule, RawManifest, is_raw_manifest};
use ocm_module::yaml;
use serde_json::json;

/// Every part of it is behind a merge key or an alias.
const MANIFEST: &str = "
apiVersion: apiextensions.k8s.io/v1
x-crd: &crd
  kind: CustomResourceDefinition
<<: *crd
metadata: {name: samples.operator.kyma-project.io}
spec:
  group: &group operator.kyma-project.io
  names: {kind: &kind Sample, plural: samples}
  scope: Cluster
  versions:
  - &version {name: v1, served: yes, storage: on, schema: {openAPIV3Schema: {type: object}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: manager}
spec:
  template:
    spec:
      x-manager: &manager {name: manager, image: &image 'r.example/manager:1.0.0'}
      x-more: &more
        initContainers: [{name: init, image: r.example/init:latest}]
      <<: [*more]
      containers:
      - <<: *manager
        command: [/manager]
      - {name: side, image: *image}
      - !own {name: third, image: !!str r.example/third:1.0.0}
";

#[test]
fn images_and_definitions_behind_merge_keys_and_aliases_are_seen() {
    let manifest = RawManifest::parse("m", MANIFEST.as_bytes()).unwrap();
    let images = manifest.images();
    let images: Vec<_> = images.iter().map(|image| image.text.as_str()).collect();
    for image in [
        "r.example/manager:1.0.0",
        "r.example/init:latest",
        "r.example/third:1.0.0",
    ] {
        assert!(images.contains(&image), "{images:?}");
    }
    let moving = manifest.check(CrdRule::Required, None);
    let moving: Vec<_> = moving
        .iter()
        .filter(|found| found.code == FormatCode::ImageTagMoving)
        .collect();
    // Where the tag is written.
    assert_eq!(
        moving
            .iter()
            .map(|found| found.position().unwrap().line)
            .collect::<Vec<_>>(),
        [22]
    );
    let crds = manifest.crds();
    assert_eq!(
        crds.iter().map(|crd| crd.kind.as_str()).collect::<Vec<_>>(),
        ["Sample"]
    );
    assert!(is_raw_manifest(MANIFEST.as_bytes()));

    let cr = "x: &x {kind: Sample, apiVersion: operator.kyma-project.io/v1}\n<<: *x\nmetadata: {name: default}\n";
    let cr = RawManifest::parse("cr", cr.as_bytes()).unwrap();
    let (found, diagnostics) = cr.check_default_cr(&crds);
    assert_eq!(diagnostics, []);
    assert_eq!(found.unwrap().kind, "Sample");
}

#[test]
fn byte_order_marks_are_read_over_in_every_file() {
    let marked = |text: &str| format!("\u{feff}{text}").into_bytes();
    let fixture = |name: &str| {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fixtures")
            .join(name);
        std::fs::read_to_string(path).unwrap()
    };
    let manifest = RawManifest::parse("m", &marked(&fixture("raw-manifest.yaml"))).unwrap();
    assert_eq!(manifest.crds().len(), 2);
    assert!(is_raw_manifest(&marked(&fixture("raw-manifest.yaml"))));

    let config = "name: kyma-project.io/module/btp-operator\nversion: 1.2.0\nchannel: fast\nmanifest: m.yaml\n";
    let (read, found) = ModuleConfig::parse("c", &marked(config));
    assert_eq!(found, []);
    assert_eq!(read.unwrap().name_position.unwrap().line, 1);
    let (scan, found) = SecurityScan::parse("s", &marked("bdba: [a.io/b:1.0.0]\n"));
    assert!(found.is_empty() && scan.unwrap().images == ["a.io/b:1.0.0"]);

    for descriptor in [
        "golden-cli-2.20/component-descriptor.yaml",
        "eras/v3alpha1.yaml",
    ] {
        let text = fixture(descriptor);
        let as_json = yaml::document(&text).unwrap().to_string();
        let expected = Descriptor::from_text(text.as_bytes()).unwrap();
        for text in [text, as_json] {
            assert_eq!(Descriptor::from_text(&marked(&text)).unwrap(), expected);
        }
    }
}

/// As the API server has it when the file is applied.
#[test]
fn a_stream_is_read_as_kubectl_reads_it() {
    let text = "\u{feff}enabled: yes\nmode: 0644\n---\n\u{feff}on: off\n---\n# nothing\n---\n- ~\n- 1_000\n";
    let documents = yaml::documents(text).unwrap();
    let expected = [
        json!({"enabled": true, "mode": 420}),
        json!({"true": false}),
        json!(null),
        json!([null, 1000]),
    ];
    assert_eq!(documents, expected);
}
