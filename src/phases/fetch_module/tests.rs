//! What is written, depending on the content of the folder; and which images are refused.

use super::*;
use crate::domain::Code;
use crate::domain::FormatCode;
use crate::plan::ModulePlan;
use crate::plan::tests::example;
use ocm_module::oci::ContentDescriptor;
use ocm_module::values::ModuleForm;

const NAME: &str = "kyma.project.io/module/btp-operator";
const COMMIT: &str = "4e4b9d47cb655ca23e5c706462485ff7605e8d71";

fn plan() -> ReleasePlan {
    let module = ModulePlan {
        name: NAME.parse().unwrap(),
        image: format!("r.example/component-descriptors/{NAME}:v1.2.0")
            .parse()
            .unwrap(),
        form: ModuleForm::KymaCli2,
        second_image: None,
    };
    example().with(|wanted| wanted.module = Some(module))
}

fn descriptor(name: &str, version: &str, commit: &str, digest: &str) -> Descriptor {
    let bytes = Digest::of(b"manifest");
    let text = format!(
        "meta: {{schemaVersion: v2}}
component:
  name: {name}
  version: {version}
  provider: internal
  repositoryContexts: []
  componentReferences: []
  sources:
  - {{name: module-sources, type: git, version: {version}, access: {{type: gitHub, repoUrl: github.com/r, commit: {commit}}}}}
  resources:
  - name: raw-manifest
    type: yaml
    relation: local
    version: {version}
    access: {{type: localBlob, localReference: '{bytes}', mediaType: application/octet-stream}}
    digest: {{hashAlgorithm: SHA-256, normalisationAlgorithm: genericBlobDigest/v1, value: '{digest}'}}
"
    );
    Descriptor::from_text(text.as_bytes()).unwrap()
}

fn wanted(path: &'static str, name: &str, source: FileSource) -> ModuleFile {
    ModuleFile {
        path,
        layer: Layer {
            name: name.into(),
            kind: "yaml".into(),
            blob: ContentDescriptor::of("application/octet-stream", b"manifest"),
        },
        source,
    }
}

fn module(descriptor: Descriptor, kind: ManifestKind) -> FetchedModule {
    let files = match kind {
        ManifestKind::RawManifest => vec![
            wanted(
                MANIFEST,
                "raw-manifest",
                FileSource::File(b"manifest".to_vec()),
            ),
            wanted(DEFAULT_CR, "default-cr", FileSource::File(b"cr".to_vec())),
        ],
        ManifestKind::HelmChart => vec![wanted(CHART_ARCHIVE, "btp-operator", FileSource::Chart)],
    };
    let image = format!("r.example/m@{}", Digest::of(b"image"));
    FetchedModule {
        image: image.parse().unwrap(),
        descriptor,
        descriptor_text: Bytes::from_static(b"text"),
        files,
        kind,
    }
}

fn ours(kind: ManifestKind) -> FetchedModule {
    let digest = Digest::of(b"manifest").hex();
    module(descriptor(NAME, "v1.2.0", COMMIT, &digest), kind)
}

fn step(module: &FetchedModule, index: Option<Vec<u8>>, there: &[Option<&[u8]>]) -> Step {
    let there = there.iter().map(|bytes| {
        bytes.map(|bytes| LocalFile {
            path: "x".into(),
            size: bytes.len() as u64,
            digest: Digest::of(bytes),
        })
    });
    let seen = FolderState {
        files: there.collect(),
        index: index.map(Bytes::from),
    };
    decide(&plan(), Path::new("m"), module, &seen)
}

fn actions(step: Step) -> Vec<String> {
    let Step::Act(actions) = step else {
        panic!("{step:?}")
    };
    let words = |action: Action| {
        let text = action.to_string();
        text.split(" (").next().unwrap_or_default().to_owned()
    };
    actions.into_iter().map(words).collect()
}

#[test]
fn missing_files_are_written_and_the_index_last() {
    let raw = || ours(ManifestKind::RawManifest);
    assert_eq!(
        actions(step(&raw(), None, &[None, None])),
        [
            "write m/manifest.yaml",
            "write m/default-cr.yaml",
            "write m/component-descriptor.yaml",
            "write m/module.json",
        ]
    );
    let whole = Some(index(&raw()));
    let there: [Option<&[u8]>; 2] = [Some(b"manifest"), Some(b"changed")];
    assert_eq!(
        actions(step(&raw(), whole.clone(), &there)),
        ["write m/default-cr.yaml"]
    );
    let there: [Option<&[u8]>; 2] = [Some(b"manifest"), Some(b"cr")];
    assert_eq!(
        actions(step(&raw(), Some(b"{}".to_vec()), &there)),
        ["write m/component-descriptor.yaml", "write m/module.json"]
    );
    let Step::Done(report) = step(&raw(), whole, &there) else {
        panic!()
    };
    let short = Digest::of(b"manifest").short();
    assert_eq!(
        report.summary,
        format!(
            "{NAME} v1.2.0 is in m: manifest.yaml from the layer raw-manifest ({short}), default-cr.yaml from the layer default-cr ({short})"
        )
    );
    let value = |name: &str| {
        let output = report.outputs.iter().find(|output| output.name == name);
        output.unwrap().value.clone()
    };
    assert_eq!(value("module-digest"), Digest::of(b"image").to_string());
    assert_eq!(value("manifest"), "m/manifest.yaml");
    assert_eq!(value("default-cr"), "m/default-cr.yaml");
}

#[test]
fn chart_is_unpacked_again_unless_the_folder_is_complete() {
    let chart = || ours(ManifestKind::HelmChart);
    let there: [Option<&[u8]>; 1] = [Some(b"manifest")];
    assert_eq!(
        actions(step(&chart(), None, &there)),
        [
            "remove m/chart",
            "unpack m/chart.tgz into m/chart",
            "write m/component-descriptor.yaml",
            "write m/module.json",
        ]
    );
    assert_eq!(
        actions(step(&chart(), Some(index(&chart())), &[None]))[0],
        format!("save {}", Digest::of(b"manifest").short())
    );
    let Step::Done(report) = step(&chart(), Some(index(&chart())), &there) else {
        panic!()
    };
    assert_eq!(report.outputs[2].value, "m/chart");
    assert_eq!(report.outputs[3].value, "helm-chart");
}

#[test]
fn image_of_another_release_is_refused_with_every_reason() {
    let digest = Digest::of(b"manifest").hex();
    let other = "0".repeat(64);
    for (name, version, commit, digest, codes) in [
        (NAME, "v1.2.0", COMMIT, digest.as_str(), &[][..]),
        (NAME, "1.2.0", COMMIT, &digest, &[]),
        (
            NAME,
            "v1.2.1",
            COMMIT,
            &digest,
            &[Code::Format(FormatCode::ModuleDiffers)],
        ),
        (
            "kyma.project.io/module/keda",
            "v1.2.1",
            crate::release::examples::OTHER,
            &digest,
            &[Code::Format(FormatCode::ModuleDiffers); 3],
        ),
        (
            NAME,
            "v1.2.0",
            COMMIT,
            &other,
            &[Code::Format(FormatCode::ModuleDigestDiffers)],
        ),
        (
            NAME,
            "v1.2.1",
            COMMIT,
            &other,
            &[
                Code::Format(FormatCode::ModuleDigestDiffers),
                Code::Format(FormatCode::ModuleDiffers),
            ],
        ),
    ] {
        let module = module(
            descriptor(name, version, commit, digest),
            ManifestKind::RawManifest,
        );
        match step(&module, None, &[None, None]) {
            Step::Blocked(findings) => {
                let seen: Vec<_> = findings.iter().map(|finding| finding.code).collect();
                assert_eq!(seen, codes, "{findings:?}");
            }
            Step::Act(_) => assert_eq!(codes, []),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn large_manifest_is_streamed_unless_it_is_an_archive() {
    let large = |media_type: &str| {
        let mut layer = wanted(MANIFEST, "raw-manifest", FileSource::Layer).layer;
        layer.blob.size = MAX_IN_MEMORY + 1;
        layer.blob.media_type = media_type.into();
        layer
    };
    assert!(is_streamed(&large("application/octet-stream")));
    assert!(!is_streamed(&large("application/x-tar")));
    let small = wanted(MANIFEST, "raw-manifest", FileSource::Layer);
    assert!(!is_streamed(&small.layer));

    let streamed = || {
        let mut module = ours(ManifestKind::RawManifest);
        module.files = vec![wanted(MANIFEST, "raw-manifest", FileSource::Layer)];
        module
    };
    let Step::Act(all) = step(&streamed(), None, &[None]) else {
        panic!("nothing to do")
    };
    let is_saved = |action: &Action| matches!(action, Action::SaveBlob { digest, .. } if *digest == Digest::of(b"manifest"));
    assert!(all.iter().any(is_saved), "{all:?}");
    let Step::Act(rest) = step(&streamed(), None, &[Some(b"manifest")]) else {
        panic!("nothing to do")
    };
    assert!(!rest.iter().any(is_saved), "{rest:?}");
}
