//! `fetch-module`: unpacks the tested module image, by digest, into a folder.
//!
//! Each layer is streamed once from the registry into a hidden copy, and compared with its digest on the way. The files are
//! taken out of these copies, which are removed at the end. `module.json` is written last: a folder that has it is complete. It
//! names the layer and the digest of each file.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use bytes::Bytes;
use serde::Serialize;

use crate::domain::Diagnostic;
use crate::domain::{Digest, ImageRepository, PinnedImage};
use crate::plan::ReleasePlan;
use crate::protocol::{Action, Phase, PhaseId, PhaseReport, Step};
use crate::protocol::{LayerHolds, LocalFile, Reader, RegistryReader, ServiceError};
use crate::release::module_image::{ModuleImage, ModuleImageError};
use crate::release::references::expected_module;
use ocm_module::archive::{LayerContent, MAX_FILE_LAYER};
use ocm_module::descriptor::{self, Descriptor};
use ocm_module::raw_manifest::is_raw_manifest;
use ocm_module::read::{
    Layer, ManifestSource, ResolvedManifest, digest_mismatches, holds_chart, select_by_content,
    select_content, verify,
};

/// The largest layer among several of which only the content shows which one is the manifest, as before May 2023. They are
/// read into memory.
const MAX_CANDIDATE: u64 = MAX_FILE_LAYER;
const MAX_INDEX: u64 = 1024 * 1024;

/// [`PhaseId::FetchModule`]. Running it again repairs an incomplete folder.
pub struct FetchModule {
    plan: ReleasePlan,
    image: PinnedImage,
    folder: PathBuf,
    /// Read once: an image by digest cannot change.
    module: Option<FetchedModule>,
    /// Whether this process has asked for copies of layers, which are not to remain.
    copied: bool,
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
    /// Known once the layer was looked into. A chart's archive is the layer itself.
    digest: Option<Digest>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FileSource {
    /// The file in the layer.
    File,
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
/// The folder of the copies of layers, each under the name of the file that it holds.
const LAYERS: &str = ".layers";
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
            copied: false,
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

    /// Looks into the layers that are in the folder, to learn the digests of the files in them.
    async fn look_into_layers(
        &self,
        reader: Reader<'_>,
        module: &mut FetchedModule,
        seen: &FolderState,
    ) -> Result<(), ModuleImageError> {
        for (file, there) in module.files.iter_mut().zip(&seen.files) {
            if file.digest.is_some() {
                continue;
            }
            let blob = file.layer.blob.digest;
            let final_place = self.folder.join(file.path);
            let place = match there {
                // The layer may be the file itself.
                Some(there) if there.digest == blob => final_place,
                _ => copy_of(&self.folder, file),
            };
            let copy = reader.files.layer(&place).await?;
            // Another copy was left by a process that was killed.
            if let Some(copy) = copy.filter(|copy| copy.digest == blob) {
                file.digest = Some(only_file(&file.layer, copy.holds)?);
            }
        }
        Ok(())
    }
}

fn copy_of(folder: &Path, file: &ModuleFile) -> PathBuf {
    folder.join(LAYERS).join(file.path)
}

fn only_file(layer: &Layer, holds: LayerHolds) -> Result<Digest, Diagnostic> {
    match holds {
        LayerHolds::File(digest) => Ok(digest),
        LayerHolds::Chart => Err(holds_chart(layer).with_code()),
        LayerHolds::Nothing(why) => Err(why),
    }
}

#[async_trait]
impl Phase for FetchModule {
    fn id(&self) -> PhaseId {
        PhaseId::FetchModule
    }

    async fn step(&mut self, reader: Reader<'_>) -> Result<Step, ServiceError> {
        match self.next_step(reader).await {
            Ok(step) => Ok(step),
            Err(ModuleImageError::Format(error)) => Ok(Step::Blocked(vec![error])),
            Err(ModuleImageError::Service(error)) => Err(error),
        }
    }

    async fn clean_up(&mut self, _reader: Reader<'_>) -> Result<Vec<Action>, ServiceError> {
        let copied = std::mem::take(&mut self.copied);
        Ok(copied
            .then(|| remove_copies(&self.folder))
            .into_iter()
            .collect())
    }
}

impl FetchModule {
    async fn next_step(&mut self, reader: Reader<'_>) -> Result<Step, ModuleImageError> {
        let mut module = match self.module.take() {
            Some(known) => known,
            None => open(reader, &self.plan, self.image.clone()).await?,
        };
        let findings = mismatches(&self.plan, &module);
        if !findings.is_empty() {
            return Ok(Step::Blocked(findings));
        }
        let seen = self.folder_state(reader, &module).await?;
        if !seen.is_complete(&module) {
            self.look_into_layers(reader, &mut module, &seen).await?;
        }
        let step = decide(&self.folder, &module, &seen);
        self.module = Some(module);
        if let Step::Act(actions) = &step {
            let saves = |action: &Action| matches!(action, Action::SaveBlob { .. });
            self.copied |= actions.iter().any(saves);
        }
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
    let (kind, layer) = layers.manifest(&descriptor, content.manifest).await?;
    let manifest = match kind {
        ManifestKind::RawManifest => ModuleFile::new(MANIFEST, layer, FileSource::File),
        ManifestKind::HelmChart => ModuleFile::new(CHART_ARCHIVE, layer, FileSource::Chart),
    };
    let default_cr = content.default_cr;
    let default_cr = default_cr.map(|cr| ModuleFile::new(DEFAULT_CR, cr, FileSource::File));
    let files = [manifest].into_iter().chain(default_cr).collect();
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
    /// The layer of the manifest that the module installs, or of its chart.
    async fn manifest(
        &self,
        descriptor: &Descriptor,
        source: ManifestSource,
    ) -> Result<(ManifestKind, Layer), ModuleImageError> {
        let layers = match source {
            ManifestSource::HelmChart(layer) => return Ok((ManifestKind::HelmChart, layer)),
            ManifestSource::RawManifest(layer) => return Ok((ManifestKind::RawManifest, layer)),
            ManifestSource::OneOf(layers) => layers,
        };
        let mut candidates = Vec::new();
        for layer in layers {
            let digest = layer.blob.digest;
            let bytes = self.registry.blob(self.repository, digest, MAX_CANDIDATE);
            let held = match LayerContent::read(&bytes.await?)? {
                // Only that it is no manifest matters, and not all of them fit into memory.
                LayerContent::File(text) if !is_raw_manifest(&text) => LayerContent::File(vec![]),
                held => held,
            };
            candidates.push((layer, held));
        }
        Ok(match select_by_content(descriptor, candidates)? {
            ResolvedManifest::HelmChart(layer) => (ManifestKind::HelmChart, layer),
            ResolvedManifest::RawManifest(layer, _) => (ManifestKind::RawManifest, layer),
        })
    }
}

fn decide(folder: &Path, module: &FetchedModule, seen: &FolderState) -> Step {
    if seen.is_complete(module) {
        return Step::Done(report(folder, module));
    }
    let files: Vec<_> = module.files.iter().zip(&seen.files).collect();
    let unknown: Vec<_> = files
        .iter()
        .filter(|(file, _)| file.digest.is_none())
        .map(|(file, _)| save(module, &file.layer, copy_of(folder, file)))
        .collect();
    if !unknown.is_empty() {
        return Step::Act(unknown);
    }
    let mut actions: Vec<_> = files
        .iter()
        .flat_map(|(file, there)| file.missing(folder, module, there.as_ref()))
        .collect();
    actions.push(Action::WriteFile {
        to: folder.join(DESCRIPTOR),
        bytes: module.descriptor_text.clone(),
    });
    actions.push(remove_copies(folder));
    let digests = module.files.iter().map(|file| file.digest);
    actions.push(Action::WriteFile {
        to: folder.join(INDEX),
        bytes: index(module, digests).into(),
    });
    Step::Act(actions)
}

fn remove_copies(folder: &Path) -> Action {
    Action::RemoveFolder {
        folder: folder.join(LAYERS),
    }
}

impl FolderState {
    /// Whether the index is that of the module, with the files as they are now.
    fn is_complete(&self, module: &FetchedModule) -> bool {
        let there = self.files.iter().map(|file| Some(file.as_ref()?.digest));
        self.files.iter().all(Option::is_some)
            && self.index.as_deref() == Some(index(module, there).as_slice())
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
    fn new(path: &'static str, layer: Layer, source: FileSource) -> Self {
        let digest = (source == FileSource::Chart).then_some(layer.blob.digest);
        Self {
            path,
            layer,
            source,
            digest,
        }
    }

    /// The remaining actions until the file is there, in a folder that is not known to be complete.
    fn missing(
        &self,
        folder: &Path,
        module: &FetchedModule,
        there: Option<&LocalFile>,
    ) -> Vec<Action> {
        let to = folder.join(self.path);
        let is_there = there.is_some_and(|file| Some(file.digest) == self.digest);
        match self.source {
            FileSource::File if is_there => vec![],
            FileSource::File => vec![Action::TakeFromLayer {
                layer: copy_of(folder, self),
                file: to,
            }],
            FileSource::Chart => {
                let chart = folder.join(CHART);
                let saved = (!is_there).then(|| save(module, &self.layer, to.clone()));
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

/// The content of `module.json`: the image, and the layer and digest of each file.
fn index(module: &FetchedModule, digests: impl Iterator<Item = Option<Digest>>) -> Vec<u8> {
    #[derive(Serialize)]
    struct IndexedFile<'a> {
        path: &'a str,
        layer: &'a Layer,
        digest: Option<Digest>,
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
            .zip(digests)
            .map(|(file, digest)| IndexedFile {
                path: file.path,
                layer: &file.layer,
                digest,
            })
            .collect(),
    };
    // Serialising plain values into memory cannot fail.
    serde_json::to_vec_pretty(&index).unwrap_or_default()
}

#[cfg(test)]
mod tests;
