//! `fetch-module`: unpacks the tested module image, by digest, into a folder.
//!
//! `module.json` is written last: a folder that has it is complete. It names the layer of each file.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use bytes::Bytes;
use serde::Serialize;

use crate::domain::Diagnostic;
use crate::domain::{Digest, ImageRepository, PinnedImage};
use crate::plan::ReleasePlan;
use crate::protocol::{Action, Phase, PhaseId, PhaseReport, Step};
use crate::protocol::{LocalFile, Reader, RegistryReader, ServiceError};
use crate::release::module_image::{ModuleImage, ModuleImageError};
use crate::release::references::expected_module;
use ocm_module::archive::{LayerContent, MAX_FILE_LAYER};
use ocm_module::descriptor::{self, Descriptor};
use ocm_module::read::{
    Layer, ManifestSource, ResolvedManifest, digest_mismatches, file_in_layer, select_by_content,
    select_content, verify,
};

/// Layers with manifests and custom resources up to this size are held in memory, since only their bytes show how they are
/// packed. Charts are not, nor are larger manifests.
const MAX_IN_MEMORY: u64 = MAX_FILE_LAYER;
const MAX_INDEX: u64 = 1024 * 1024;

/// [`PhaseId::FetchModule`]. Running it again repairs an incomplete folder.
pub struct FetchModule {
    plan: ReleasePlan,
    image: PinnedImage,
    folder: PathBuf,
    /// Read once: an image by digest cannot change.
    module: Option<FetchedModule>,
}

/// The image, and the files to be made from it.
struct FetchedModule {
    image: PinnedImage,
    descriptor: Descriptor,
    descriptor_text: Bytes,
    files: Vec<ModuleFile>,
    kind: ManifestKind,
}

/// A file that the folder has to contain.
struct ModuleFile {
    path: &'static str,
    layer: Layer,
    source: FileSource,
}

enum FileSource {
    /// The content of the layer.
    File(Vec<u8>),
    /// The layer's bytes are those of the file, and too large to be held in memory.
    Layer,
    /// The layer is an archive that is unpacked into the folder `chart`.
    Chart,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ManifestKind {
    RawManifest,
    HelmChart,
}

/// The present content of the folder.
struct FolderState {
    index: Option<Bytes>,
    /// In the order of the module's files.
    files: Vec<Option<LocalFile>>,
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
            module: None,
        }
    }

    async fn folder_state(
        &self,
        reader: Reader<'_>,
        module: &FetchedModule,
    ) -> Result<FolderState, ServiceError> {
        let index = self.folder.join(INDEX);
        let index = reader.files.read(&index, MAX_INDEX).await?;
        let mut files = Vec::new();
        for file in &module.files {
            files.push(reader.files.file(&self.folder.join(file.path)).await?);
        }
        Ok(FolderState { index, files })
    }
}

#[async_trait]
impl Phase for FetchModule {
    fn id(&self) -> PhaseId {
        PhaseId::FetchModule
    }

    async fn step(&mut self, reader: Reader<'_>) -> Result<Step, ServiceError> {
        let module = match self.module.take() {
            Some(known) => known,
            None => match open(reader, &self.plan, self.image.clone()).await {
                Ok(module) => module,
                Err(ModuleImageError::Format(error)) => return Ok(Step::Blocked(vec![error])),
                Err(ModuleImageError::Service(error)) => return Err(error),
            },
        };
        let seen = self.folder_state(reader, &module).await?;
        let step = decide(&self.plan, &self.folder, &module, &seen);
        self.module = Some(module);
        Ok(step)
    }
}

/// Finds the layers through the descriptor.
async fn open(
    reader: Reader<'_>,
    plan: &ReleasePlan,
    image: PinnedImage,
) -> Result<FetchedModule, ModuleImageError> {
    let ours = |descriptor: &Descriptor| {
        expected_module(plan).is_some_and(|expected| verify(descriptor, &expected).is_empty())
    };
    let ModuleImage {
        image,
        manifest,
        descriptor,
        descriptor_text,
        ..
    } = ModuleImage::open(reader.registry, image, ours).await?;
    let content = select_content(&descriptor, &manifest)?;
    let layers = LayerReader {
        registry: reader.registry,
        repository: &image.repository,
    };
    let (kind, manifest) = layers.manifest(&descriptor, content.manifest).await?;
    let mut files = vec![manifest];
    if let Some(layer) = content.default_cr {
        let file = file_in_layer(&layer, &layers.bytes(&layer).await?)?;
        files.push(ModuleFile {
            path: DEFAULT_CR,
            layer,
            source: FileSource::File(file),
        });
    }
    Ok(FetchedModule {
        image,
        descriptor,
        descriptor_text,
        files,
        kind,
    })
}

struct LayerReader<'a> {
    registry: &'a dyn RegistryReader,
    repository: &'a ImageRepository,
}

impl LayerReader<'_> {
    async fn bytes(&self, layer: &Layer) -> Result<Bytes, ServiceError> {
        self.registry
            .blob(self.repository, layer.blob.digest, MAX_IN_MEMORY)
            .await
    }

    /// The manifest that the module installs, or its chart.
    async fn manifest(
        &self,
        descriptor: &Descriptor,
        source: ManifestSource,
    ) -> Result<(ManifestKind, ModuleFile), ModuleImageError> {
        Ok(match source {
            ManifestSource::HelmChart(layer) => chart(layer),
            ManifestSource::RawManifest(layer) if is_streamed(&layer) => {
                raw_manifest(layer, FileSource::Layer)
            }
            ManifestSource::RawManifest(layer) => {
                let file = file_in_layer(&layer, &self.bytes(&layer).await?)?;
                raw_manifest(layer, FileSource::File(file))
            }
            ManifestSource::OneOf(layers) => {
                let mut candidates = Vec::new();
                for layer in layers {
                    let held = LayerContent::read(&self.bytes(&layer).await?)?;
                    candidates.push((layer, held));
                }
                match select_by_content(descriptor, candidates)? {
                    ResolvedManifest::HelmChart(layer) => chart(layer),
                    ResolvedManifest::RawManifest(layer, file) => {
                        raw_manifest(layer, FileSource::File(file))
                    }
                }
            }
        })
    }
}

fn raw_manifest(layer: Layer, source: FileSource) -> (ManifestKind, ModuleFile) {
    let file = ModuleFile {
        path: MANIFEST,
        layer,
        source,
    };
    (ManifestKind::RawManifest, file)
}

fn chart(layer: Layer) -> (ManifestKind, ModuleFile) {
    let file = ModuleFile {
        path: CHART_ARCHIVE,
        layer,
        source: FileSource::Chart,
    };
    (ManifestKind::HelmChart, file)
}

/// Too large for memory, and no archive by its media type: its bytes are the file's.
fn is_streamed(layer: &Layer) -> bool {
    layer.blob.size > MAX_IN_MEMORY && !layer.blob.media_type.contains("tar")
}

fn decide(plan: &ReleasePlan, folder: &Path, module: &FetchedModule, seen: &FolderState) -> Step {
    let findings = mismatches(plan, module);
    if !findings.is_empty() {
        return Step::Blocked(findings);
    }
    let index = index(module);
    let is_complete = seen.index.as_deref() == Some(index.as_slice());
    let files = module.files.iter().zip(&seen.files);
    let mut actions: Vec<_> = files
        .flat_map(|(file, there)| file.missing(folder, module, there.as_ref(), is_complete))
        .collect();
    if !is_complete {
        actions.push(Action::WriteFile {
            to: folder.join(DESCRIPTOR),
            bytes: module.descriptor_text.to_vec(),
        });
        actions.push(Action::WriteFile {
            to: folder.join(INDEX),
            bytes: index,
        });
    }
    if actions.is_empty() {
        Step::Done(report(folder, module))
    } else {
        Step::Act(actions)
    }
}

/// Why the image is not the module of this release.
fn mismatches(plan: &ReleasePlan, module: &FetchedModule) -> Vec<Diagnostic> {
    let expected = expected_module(plan);
    let of_release = expected.map(|expected| verify(&module.descriptor, &expected));
    digest_mismatches(&module.descriptor)
        .into_iter()
        .chain(of_release.into_iter().flatten())
        .map(|found| Diagnostic {
            seen: format!("{}: its {}", module.image, found.seen),
            ..found.with_code()
        })
        .collect()
}

impl ModuleFile {
    /// The remaining actions until the folder is complete. A folder is known to be complete by its index.
    fn missing(
        &self,
        folder: &Path,
        module: &FetchedModule,
        there: Option<&LocalFile>,
        is_complete: bool,
    ) -> Vec<Action> {
        let to = folder.join(self.path);
        let has = |digest: Digest| there.is_some_and(|file| file.digest == digest);
        let blob = self.layer.blob.digest;
        match &self.source {
            FileSource::File(bytes) if has(Digest::of(bytes)) => vec![],
            FileSource::File(bytes) => vec![Action::WriteFile {
                to,
                bytes: bytes.clone(),
            }],
            FileSource::Layer if has(blob) => vec![],
            FileSource::Layer => vec![save(module, &self.layer, to)],
            FileSource::Chart if has(blob) && is_complete => vec![],
            FileSource::Chart => {
                let chart = folder.join(CHART);
                let saved = (!has(blob)).then(|| save(module, &self.layer, to.clone()));
                let remove = Action::RemoveFolder {
                    folder: chart.clone(),
                };
                let unpack = Action::UnpackChart {
                    archive: to,
                    to: chart,
                };
                saved.into_iter().chain([remove, unpack]).collect()
            }
        }
    }
}

fn save(module: &FetchedModule, layer: &Layer, to: PathBuf) -> Action {
    Action::SaveBlob {
        repository: module.image.repository.clone(),
        digest: layer.blob.digest,
        size: layer.blob.size,
        to,
    }
}

fn report(folder: &Path, module: &FetchedModule) -> PhaseReport {
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
    let summary = format!(
        "{} {} is in {}: {}",
        component.name,
        component.version,
        folder.display(),
        from.collect::<Vec<_>>().join(", ")
    );
    PhaseReport::new(summary)
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

/// The content of `module.json`: the image, and the layer of each file.
fn index(module: &FetchedModule) -> Vec<u8> {
    #[derive(Serialize)]
    struct IndexedFile<'a> {
        path: &'a str,
        layer: &'a Layer,
    }
    #[derive(Serialize)]
    struct FolderIndex<'a> {
        image: &'a PinnedImage,
        component: &'a str,
        version: &'a str,
        files: Vec<IndexedFile<'a>>,
    }
    let component = &module.descriptor.component;
    let index = FolderIndex {
        image: &module.image,
        component: &component.name,
        version: &component.version,
        files: module
            .files
            .iter()
            .map(|file| IndexedFile {
                path: file.path,
                layer: &file.layer,
            })
            .collect(),
    };
    // Serialising plain values into memory cannot fail.
    serde_json::to_vec_pretty(&index).unwrap_or_default()
}

#[cfg(test)]
mod tests;
