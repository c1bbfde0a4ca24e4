//! Golden bytes, and round trips through the reader.

use proptest::prelude::*;

use std::collections::BTreeMap;

use super::build_component::pack;
use super::*;
use crate::config::SecurityScan;
use crate::descriptor::{Descriptor, Label};
use crate::fixtures::{GOLDEN, read, text};
use crate::oci::ImageDocument;
use crate::oci::{ImageManifest, media};
use crate::read::{self, ManifestSource, verify};
use crate::values::{Digest, Version};
use crate::yaml;

fn git(repo_url: &str) -> GitSource {
    GitSource {
        repo_url: repo_url.into(),
        commit: "4e4b9d47cb655ca23e5c706462485ff7605e8d71".parse().unwrap(),
        reference: Some("refs/heads/main".into()),
    }
}

#[test]
fn kyma_cli_2_equals_the_golden_bytes() {
    let (manifest, settings) = (read("raw-manifest.yaml"), read("config.yaml"));
    let built = build_component(&ComponentInputs {
        style: DescriptorStyle::KymaCli2,
        component: "kyma-project.io/template-operator",
        version: &"1.7.1".parse().unwrap(),
        registry: &"europe-west3-docker.pkg.dev/sap-kyma-jellyfish-dev/template-operator"
            .parse()
            .unwrap(),
        source: &git("github.com/kyma-project/template-operator"),
        manifest: &manifest,
        default_cr: None,
        settings: Some(&settings),
        template: None,
        images: &[],
        security: None,
        labels: &[],
    })
    .unwrap();
    assert_eq!(
        built.descriptor_yaml,
        text("golden-cli-2.15/component-descriptor.yaml")
    );
    assert_eq!(
        built.layers[0].bytes,
        read("golden-cli-2.15/component-descriptor.tar")
    );
    assert_eq!(built.layers[1].bytes, settings);
    assert_eq!(built.layers[2].bytes, manifest);
    assert_eq!(built.config.bytes, read("golden-cli-2.15/config.json"));
    assert_eq!(built.manifest.bytes, read("golden-cli-2.15/manifest.json"));
    assert_eq!(
        built.digest().to_string(),
        "sha256:ec81e1132745922b3e316366a35325e6e5835ef20dbc1b821494ad1210b20450"
    );
    assert_eq!(
        built.target.to_string(),
        "europe-west3-docker.pkg.dev/sap-kyma-jellyfish-dev/template-operator/component-descriptors/kyma-project.io/template-operator:v1.7.1"
    );
}

#[test]
fn kyma_cli_2_labels_for_scanners() {
    let scan = SecurityScan {
        language: "golang-mod".into(),
        subprojects: "false".into(),
        exclude: vec!["**/test/**".into(), "**/*_test.go".into()],
        ..SecurityScan::default()
    };
    let image = ImageResource {
        name: "btp-manager".into(),
        version: "0.5.0".into(),
        image: "europe-docker.pkg.dev/kyma-project/prod/btp-manager:0.5.0".into(),
    };
    let built = build_component(&ComponentInputs {
        style: DescriptorStyle::KymaCli2,
        component: "kyma.project.io/module/btp-operator",
        version: &"0.5.0".parse().unwrap(),
        registry: &"europe-docker.pkg.dev/kyma-project/prod/unsigned"
            .parse()
            .unwrap(),
        source: &git("github.com/kyma-project/btp-manager"),
        manifest: &read("raw-manifest.yaml"),
        default_cr: None,
        settings: None,
        template: None,
        images: &[image],
        security: Some(&scan),
        labels: &[],
    })
    .unwrap();
    // As published, but without the label of the registry's credentials, which Lifecycle Manager no longer reads.
    let mut published = Descriptor::from_text(&read("eras/cli-2.15-scanned.yaml")).unwrap();
    published.component.labels.remove(0);
    published.component.resources[0].labels.clear();
    assert_eq!(
        built.descriptor_yaml,
        yaml::to_string(&published.to_value())
    );
}

/// Descriptors of forms that are read but not built are packed to the same bytes.
#[test]
fn golden_descriptors_are_packed_to_golden_images() {
    for era in GOLDEN {
        let descriptor =
            Descriptor::from_text(&read(&format!("{era}/component-descriptor.yaml"))).unwrap();
        let names = read::layers(&descriptor, &golden(era)).unwrap();
        let bytes = |name: &str| {
            if name == "config" {
                read("config.yaml")
            } else {
                read("raw-manifest.yaml")
            }
        };
        let blobs = names
            .iter()
            .map(|layer| NamedBlob::new(media::OCTET_STREAM, bytes(&layer.name)))
            .collect();
        let target = "r.example/x:1".parse().unwrap();
        let packed = pack(target, descriptor, blobs, BTreeMap::new()).unwrap();
        assert_eq!(
            packed.layers[0].bytes,
            read(&format!("{era}/component-descriptor.tar"))
        );
        assert_eq!(packed.config.bytes, read(&format!("{era}/config.json")));
        assert_eq!(packed.manifest.bytes, read(&format!("{era}/manifest.json")));
    }
}

fn golden(era: &str) -> ImageManifest {
    let ImageDocument::Manifest(manifest) =
        ImageDocument::parse(&read(&format!("{era}/manifest.json"))).unwrap()
    else {
        panic!()
    };
    manifest
}

#[test]
fn modulectl_3_equals_the_snapshot() {
    let labels = [Label::new("operator.kyma-project.io/beta", "false")];
    let image = ImageResource {
        name: "btp-manager".into(),
        version: "1.3.20".into(),
        image: "europe-docker.pkg.dev/kyma-project/prod/btp-manager:1.3.20".into(),
    };
    let built = build_component(&ComponentInputs {
        style: DescriptorStyle::Modulectl3,
        component: "kyma-project.io/module/btp-operator",
        version: &"1.3.20".parse().unwrap(),
        registry: &"http://localhost:5000/dev".parse().unwrap(),
        source: &git("https://github.com/kyma-project/btp-manager.git"),
        manifest: b"kind: CustomResourceDefinition\n",
        default_cr: Some(b"kind: BtpOperator\n"),
        settings: None,
        template: Some(b"kind: ModuleTemplate\n"),
        images: &[image],
        security: Some(&SecurityScan::default()),
        labels: &labels,
    })
    .unwrap();
    insta::assert_snapshot!("modulectl_3_descriptor", built.descriptor_yaml);
    insta::assert_snapshot!(
        "modulectl_3_manifest",
        String::from_utf8(built.manifest.bytes).unwrap()
    );
}

#[test]
fn invalid_names_and_versions_are_not_built() {
    let build = |component: &str, images: &[ImageResource]| {
        build_component(&ComponentInputs {
            style: DescriptorStyle::KymaCli2,
            component,
            version: &"1.0.0".parse().unwrap(),
            registry: &"r.example".parse().unwrap(),
            source: &git("github.com/a/b"),
            manifest: b"x",
            default_cr: None,
            settings: None,
            template: None,
            images,
            security: None,
            labels: &[],
        })
        .unwrap_err()
        .to_string()
    };
    assert!(build("btp-operator", &[]).contains("component.name"));
    assert!(build("Btp Operator", &[]).contains("registry does not take"));
    let image = ImageResource {
        name: "X".into(),
        version: "latest".into(),
        image: "a:latest".into(),
    };
    assert!(build("a.io/b", &[image]).contains("resources[1].version"));
    let many = vec![
        ImageResource {
            name: "xx".into(),
            version: "1.0.0".into(),
            image: "y".repeat(2000)
        };
        60
    ];
    assert!(build("a.io/b", &many).contains("at most 102400"));
}

/// Any text, YAML or not: building does not parse it.
fn any_text(longest: usize) -> impl Strategy<Value = Vec<u8>> {
    let any = prop::collection::vec(
        any::<char>().prop_filter("a text", |c| *c != '\0'),
        1..longest,
    );
    any.prop_map(|chars| String::from_iter(chars).into_bytes())
}

prop_compose! {
    fn inputs()(
        style in prop_oneof![Just(DescriptorStyle::KymaCli2), Just(DescriptorStyle::Modulectl3)],
        name in "[a-z]{3,8}(-[a-z]{3,8})?",
        version in "[0-9]\\.[1-9][0-9]?\\.[0-9](-[a-z]{1,5}[0-9]?)?",
        registry in prop_oneof![Just("localhost:5000"), Just("r.example/a/b"), Just("https://r.example")],
        manifest in any_text(2000),
        default_cr in prop::option::of(any_text(600)),
        settings in prop::option::of(any_text(100)),
    ) -> (DescriptorStyle, String, String, &'static str, Vec<u8>, Option<Vec<u8>>, Option<Vec<u8>>) {
        (style, format!("kyma.project.io/module/{name}"), version, registry, manifest, default_cr, settings)
    }
}

/// The module as read by a client that has the image's manifest and fetches blobs by digest.
fn fetch(built: &ComponentVersion) -> (Descriptor, read::ModuleContent) {
    let blob = |digest: Digest| {
        built
            .blobs()
            .find(|blob| Digest::of(&blob.bytes) == digest)
            .unwrap()
            .bytes
            .clone()
    };
    let ImageDocument::Manifest(manifest) = ImageDocument::parse(&built.manifest.bytes).unwrap()
    else {
        panic!()
    };
    let layer = manifest
        .descriptor_layer(&blob(manifest.config.digest))
        .unwrap();
    let descriptor = Descriptor::from_layer(&layer.media_type, &blob(layer.digest)).unwrap();
    let content = read::select_content(&descriptor, &manifest).unwrap();
    (descriptor, content)
}

fn content_of(built: &ComponentVersion, layer: &read::Layer) -> Vec<u8> {
    let blob = built
        .layers
        .iter()
        .find(|blob| blob.named == layer.blob)
        .unwrap();
    read::file_in_layer(layer, &blob.bytes).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn built_modules_are_read_back((style, component, version, registry, manifest, default_cr, settings) in inputs()) {
        let version: Version = version.parse().unwrap();
        let source = git("https://github.com/kyma-project/btp-manager");
        let settings = settings.filter(|settings| *settings != manifest);
        let module = ComponentInputs {
            style,
            component: &component,
            version: &version,
            registry: &registry.parse().unwrap(),
            source: &source,
            manifest: &manifest,
            default_cr: default_cr.as_deref(),
            settings: settings.as_deref(),
            template: None,
            images: &[],
            security: None,
            labels: &[],
        };
        let built = build_component(&module).unwrap();
        prop_assert_eq!(&build_component(&module).unwrap(), &built);
        let (descriptor, content) = fetch(&built);
        prop_assert_eq!(&descriptor, &built.descriptor);
        let expected = read::ExpectedModule { component: &component, version: &version, commit: &source.commit };
        prop_assert_eq!(verify(&descriptor, &expected), []);
        let ManifestSource::RawManifest(layer) = &content.manifest else { panic!("no raw manifest") };
        prop_assert_eq!(content_of(&built, layer), manifest);
        let found = content.default_cr.map(|layer| content_of(&built, &layer));
        prop_assert_eq!(found, default_cr.filter(|_| style == DescriptorStyle::Modulectl3));
    }
}
