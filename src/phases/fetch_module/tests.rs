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
    let layer = Layer {
        name: name.into(),
        kind: "yaml".into(),
        blob: ContentDescriptor::of("application/octet-stream", b"manifest"),
    };
    ModuleFile::new(path, layer, source)
}

/// The same with a file whose bytes are known.
fn known(path: &'static str, name: &str, bytes: &[u8]) -> ModuleFile {
    ModuleFile {
        digest: Some(Digest::of(bytes)),
        ..wanted(path, name, FileSource::File)
    }
}

fn module(descriptor: Descriptor, kind: ManifestKind) -> FetchedModule {
    let files = match kind {
        ManifestKind::RawManifest => vec![
            known(MANIFEST, "raw-manifest", b"manifest"),
            known(DEFAULT_CR, "default-cr", b"cr"),
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
        candidates: vec![],
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
    decide(Path::new("m"), module, &seen)
}

/// The index of the complete folder.
fn whole(module: &FetchedModule) -> Vec<u8> {
    index(module, module.files.iter().map(|file| file.digest))
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
fn files_are_taken_out_of_layers_of_any_size_before_anything_else() {
    let raw = |size| {
        let mut module = ours(ManifestKind::RawManifest);
        module.files[0].digest = None;
        module.files[0].layer.blob.size = size;
        module
    };
    for size in [8, 1 << 30] {
        for there in [None, Some(&b"changed"[..])] {
            let Step::Act(actions) = step(&raw(size), None, &[there, Some(b"cr")]) else {
                panic!("nothing to do");
            };
            let take = Action::TakeFromLayers {
                repository: raw(size).image.repository,
                files: vec![LayerFile {
                    layer: Digest::of(b"manifest"),
                    size,
                    to: "m/manifest.yaml".into(),
                }],
            };
            assert_eq!(actions, [take]);
        }
    }
}

#[test]
fn missing_files_are_written_and_the_index_last() {
    let raw = || ours(ManifestKind::RawManifest);
    let end = [
        "write m/component-descriptor.yaml",
        "remove m/.layers",
        "write m/module.json",
    ];
    let short = Digest::of(b"manifest").short();
    let manifest = format!("take m/manifest.yaml from the layer {short}");
    let default_cr = format!("take m/default-cr.yaml from the layer {short}");
    let Step::Act(both) = step(&raw(), None, &[None, None]) else {
        panic!()
    };
    assert_eq!(
        both.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [format!(
            "{manifest} (8 bytes), and m/default-cr.yaml from the layer {short} (8 bytes)"
        )]
    );
    let whole = Some(whole(&raw()));
    let there: [Option<&[u8]>; 2] = [Some(b"manifest"), Some(b"changed")];
    assert_eq!(actions(step(&raw(), whole.clone(), &there)), [default_cr]);
    let there: [Option<&[u8]>; 2] = [Some(b"manifest"), Some(b"cr")];
    assert_eq!(actions(step(&raw(), Some(b"{}".to_vec()), &there)), end);
    let Step::Done(report) = step(&raw(), whole, &there) else {
        panic!()
    };
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
            "remove m/.layers",
            "write m/module.json",
        ]
    );
    assert_eq!(
        actions(step(&chart(), Some(whole(&chart())), &[None]))[0],
        format!("save {}", Digest::of(b"manifest").short())
    );
    let Step::Done(report) = step(&chart(), Some(whole(&chart())), &there) else {
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
        let seen = mismatches(&plan(), &module);
        let found: Vec<_> = seen.iter().map(|finding| finding.code).collect();
        assert_eq!(found, codes, "{seen:?}");
    }
}

#[test]
fn only_a_layer_with_a_file_can_be_used() {
    let layer = wanted(MANIFEST, "raw-manifest", FileSource::File).layer;
    let digest = Digest::of(b"text");
    let holds = |holds| only_file(&layer, holds).map_err(|error| error.code);
    assert_eq!(holds(LayerHolds::File(digest)), Ok(digest));
    let unclear = Code::Format(FormatCode::ModuleContentUnclear);
    assert_eq!(holds(LayerHolds::Chart), Err(unclear));
    let damaged = Diagnostic::error(Code::Format(FormatCode::ArchiveInvalid), "", "");
    assert_eq!(
        holds(LayerHolds::Nothing(damaged.clone())),
        Err(damaged.code)
    );
}
