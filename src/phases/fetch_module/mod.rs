//! `fetch-module`: brings the tested module image, by digest, into a folder.
//!
//! `module.json` is written last: a folder with it is whole, and which layer each file came from is told in it.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use bytes::Bytes;
use serde::Serialize;

use crate::domain::{Code, Diagnostic};
use crate::domain::{Digest, PinnedImage};
use crate::plan::ReleasePlan;
use crate::protocol::{Action, Phase, PhaseId, PhaseReport, Step};
use crate::protocol::{LocalFile, Reader, ServiceError};
use crate::release::module_image::{ModuleImage, ModuleImageError};
use crate::release::references::expected_module;
use ocm_module::descriptor::{self, Descriptor};
use ocm_module::select::{Chosen, Layer, ManifestSource, by_content, content, file_in};
use ocm_module::unpack::Held;
use ocm_module::verify::{self, verify};

/// Manifests and custom resources up to this size are held in memory, for only their bytes tell how they are packed. Charts
/// are not, nor are larger manifests.
const MAX_IN_MEMORY: u64 = 32 * 1024 * 1024;
const MAX_INDEX: u64 = 1024 * 1024;

pub struct FetchModule {
    plan: ReleasePlan,
    image: PinnedImage,
    folder: PathBuf,
}

/// The image, taken apart.
struct Module {
    image: PinnedImage,
    descriptor: Descriptor,
    descriptor_text: Bytes,
    files: Vec<WantedFile>,
    kind: ManifestKind,
}

/// A file that the folder is to have.
struct WantedFile {
    path: &'static str,
    layer: Layer,
    source: Source,
}

enum Source {
    /// What the layer holds.
    File(Vec<u8>),
    /// The layer's bytes are the file's, and too many to be held in memory.
    Layer,
    /// The layer is an archive of which the folder `chart` is made.
    Chart,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ManifestKind {
    RawManifest,
    HelmChart,
}

struct Seen {
    module: Module,
    index: Option<Bytes>,
    /// What stands in the folder now, in the order of the wanted files.
    there: Vec<Option<LocalFile>>,
}

const DESCRIPTOR: &str = descriptor::FILE_NAME;
const INDEX: &str = "module.json";
const CHART: &str = "chart";
const CHART_ARCHIVE: &str = "chart.tgz";
const MANIFEST: &str = "manifest.yaml";
const DEFAULT_CR: &str = "default-cr.yaml";

impl FetchModule {
    pub fn new(plan: ReleasePlan, image: PinnedImage, folder: PathBuf) -> Self {
        Self {
            plan,
            image,
            folder,
        }
    }

    async fn see(&self, reader: Reader<'_>) -> Result<Seen, ModuleImageError> {
        let module = open(reader, &self.plan, self.image.clone()).await?;
        let index = reader
            .files
            .read(&self.folder.join(INDEX), MAX_INDEX)
            .await?;
        let mut there = Vec::new();
        for file in &module.files {
            there.push(reader.files.file(&self.folder.join(file.path)).await?);
        }
        Ok(Seen {
            module,
            index,
            there,
        })
    }
}

#[async_trait]
impl Phase for FetchModule {
    fn id(&self) -> PhaseId {
        PhaseId::FetchModule
    }

    async fn step(&mut self, reader: Reader<'_>) -> Result<Step, ServiceError> {
        match self.see(reader).await {
            Ok(seen) => Ok(decide(&self.plan, &self.folder, &seen)),
            Err(ModuleImageError::Format(error)) => Ok(Step::Blocked(vec![error.into()])),
            Err(ModuleImageError::Port(error)) => Err(error),
        }
    }
}

/// Finds the layers through the descriptor.
async fn open(
    reader: Reader<'_>,
    plan: &ReleasePlan,
    image: PinnedImage,
) -> Result<Module, ModuleImageError> {
    let ours = |descriptor: &Descriptor| {
        expected_module(plan).is_some_and(|expected| verify(descriptor, &expected).is_empty())
    };

    let ModuleImage {
        image,
        manifest,
        descriptor,
        descriptor_text,
    } = ModuleImage::open(reader.registry, image, ours).await?;
    let content = content(&descriptor, &manifest)?;
    let bytes = async |layer: &Layer| {
        reader
            .registry
            .blob(&image.repository, layer.blob.digest, MAX_IN_MEMORY)
            .await
    };
    let raw = |layer, source| (ManifestKind::RawManifest, MANIFEST, layer, source);
    let chart = |layer| (ManifestKind::HelmChart, CHART_ARCHIVE, layer, Source::Chart);
    let (kind, path, layer, source) = match content.manifest {
        ManifestSource::HelmChart(layer) => chart(layer),
        ManifestSource::RawManifest(layer) if is_streamed(&layer) => raw(layer, Source::Layer),
        ManifestSource::RawManifest(layer) => {
            let file = file_in(&layer, &bytes(&layer).await?)?;
            raw(layer, Source::File(file))
        }
        ManifestSource::OneOf(layers) => {
            let mut candidates = Vec::new();
            for layer in layers {
                let held = Held::in_layer(&bytes(&layer).await?)?;
                candidates.push((layer, held));
            }
            match by_content(&descriptor, candidates)? {
                Chosen::HelmChart(layer) => chart(layer),
                Chosen::RawManifest(layer, file) => raw(layer, Source::File(file)),
            }
        }
    };
    let mut files = vec![WantedFile {
        path,
        layer,
        source,
    }];
    if let Some(layer) = content.default_cr {
        let file = file_in(&layer, &bytes(&layer).await?)?;
        files.push(WantedFile {
            path: DEFAULT_CR,
            layer,
            source: Source::File(file),
        });
    }
    Ok(Module {
        image,
        descriptor,
        descriptor_text,
        files,
        kind,
    })
}

/// Too large to be looked into, and no archive as far as its type tells: its bytes are the file's.
fn is_streamed(layer: &Layer) -> bool {
    layer.blob.size > MAX_IN_MEMORY && !layer.blob.media_type.contains("tar")
}

fn decide(plan: &ReleasePlan, folder: &Path, seen: &Seen) -> Step {
    let module = &seen.module;
    let mut findings: Vec<_> = verify::digests(&module.descriptor)
        .into_iter()
        .map(|found| {
            Diagnostic::error(
                Code::ModuleDigestDiffers,
                format!("{} contradicts itself: {found}", module.image),
                "build the module image anew: its layers were exchanged after its descriptor was written",
            )
        })
        .collect();
    if let Some(expected) = expected_module(plan) {
        let differs = |found: verify::Disagreement| {
            let why = format!("{} is not of this release: {found}", module.image);
            Diagnostic::error(
                Code::ModuleDiffers,
                why,
                "look at the build that pushed it, and run it again for this tag",
            )
        };
        let found = verify(&module.descriptor, &expected);
        findings.extend(found.into_iter().map(differs));
    }
    if !findings.is_empty() {
        return Step::Blocked(findings);
    }
    let index = index(module);
    let is_whole = seen.index.as_deref() == Some(index.as_slice());
    let mut actions = Vec::new();
    for (wanted, there) in module.files.iter().zip(&seen.there) {
        let to = folder.join(wanted.path);
        let is = |digest: Digest| there.as_ref().is_some_and(|file| file.digest == digest);
        match &wanted.source {
            Source::File(bytes) if is(Digest::of(bytes)) => {}
            Source::File(bytes) => actions.push(Action::WriteFile {
                to,
                bytes: bytes.clone(),
            }),
            Source::Layer if is(wanted.layer.blob.digest) => {}
            Source::Layer => actions.push(save(module, &wanted.layer, to)),
            Source::Chart => {
                let blob = &wanted.layer.blob;
                let saved = is(blob.digest);
                if !saved {
                    actions.push(save(module, &wanted.layer, to.clone()));
                }
                if !(saved && is_whole) {
                    let chart = folder.join(CHART);
                    actions.push(Action::RemoveFolder {
                        folder: chart.clone(),
                    });
                    actions.push(Action::Unpack {
                        archive: to,
                        to: chart,
                    });
                }
            }
        }
    }
    if !is_whole {
        let bytes = module.descriptor_text.to_vec();
        actions.push(Action::WriteFile {
            to: folder.join(DESCRIPTOR),
            bytes,
        });
        actions.push(Action::WriteFile {
            to: folder.join(INDEX),
            bytes: index,
        });
    }
    if actions.is_empty() {
        Step::Done(evidence(folder, module))
    } else {
        Step::Act(actions)
    }
}

fn save(module: &Module, layer: &Layer, to: PathBuf) -> Action {
    Action::SaveBlob {
        repository: module.image.repository.clone(),
        digest: layer.blob.digest,
        size: layer.blob.size,
        to,
    }
}

fn evidence(folder: &Path, module: &Module) -> PhaseReport {
    let path = |name: &str| folder.join(name).display().to_string();
    let (manifest, kind) = match module.kind {
        ManifestKind::RawManifest => (MANIFEST, "raw-manifest"),
        ManifestKind::HelmChart => (CHART, "helm-chart"),
    };
    let has_cr = module.files.iter().any(|file| file.path == DEFAULT_CR);
    let component = &module.descriptor.component;
    let from = module.files.iter().map(|file| {
        let Layer { name, blob, .. } = &file.layer;
        format!(
            "{} from the layer {name} ({})",
            file.path,
            blob.digest.short()
        )
    });
    let so = format!(
        "{} {} is in {}: {}",
        component.name,
        component.version,
        folder.display(),
        from.collect::<Vec<_>>().join(", ")
    );
    PhaseReport::new(so)
        .with("module-dir", folder.display())
        .with("module-digest", module.image.digest)
        .with("manifest", path(manifest))
        .with("manifest-kind", kind)
        .with(
            "default-cr",
            if has_cr {
                path(DEFAULT_CR)
            } else {
                String::new()
            },
        )
}

/// What `module.json` says: the image, and which layer each file came from.
fn index(module: &Module) -> Vec<u8> {
    #[derive(Serialize)]
    struct File<'a> {
        path: &'a str,
        layer: &'a Layer,
    }
    #[derive(Serialize)]
    struct Index<'a> {
        image: &'a PinnedImage,
        component: &'a str,
        version: &'a str,
        files: Vec<File<'a>>,
    }
    let component = &module.descriptor.component;
    let index = Index {
        image: &module.image,
        component: &component.name,
        version: &component.version,
        files: module
            .files
            .iter()
            .map(|file| File {
                path: file.path,
                layer: &file.layer,
            })
            .collect(),
    };
    // Serialising plain values into memory has no way to fail.
    serde_json::to_vec_pretty(&index).unwrap_or_default()
}

#[cfg(test)]
mod tests;
