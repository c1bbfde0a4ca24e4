//! `fetch-module`: unpacks the tested module image, by digest, into a folder.
//!
//! Each layer is streamed once from the registry. While it comes it is compared with its digest, and the file in it is written
//! under a hidden name and hashed. `module.json` is written last: a folder that has it is complete. It names the layer and the
//! digest of each file.
//!
//! In images of before May 2023 only the content of the layers tells which one is the manifest: see `candidates.rs`.

mod candidates;

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use bytes::Bytes;
use serde::Serialize;

use crate::domain::Diagnostic;
use crate::domain::{Digest, PinnedImage};
use crate::plan::ReleasePlan;
use crate::protocol::{Action, LayerFile, Phase, PhaseId, PhaseReport, ReleaseFacts, Step};
use crate::protocol::{LayerHolds, LocalFile, Reader, ServiceError};
use crate::release::module_image::{Layers, ModuleImage, ModuleImageError};
use crate::release::references::expected_module;
use ocm_module::descriptor::{self, Descriptor};
use ocm_module::read::{
    Layer, ManifestSource, digest_mismatches, holds_chart, select_content, verify,
};

const MAX_INDEX: u64 = 1024 * 1024;

/// [`PhaseId::FetchModule`]. Running it again repairs an incomplete folder.
pub struct FetchModule {
    plan: ReleasePlan,
    image: PinnedImage,
    folder: PathBuf,
    /// Read once: an image by digest cannot change.
    module: Option<FetchedModule>,
    /// Whether this process has asked for files to be taken out of their layers.
    taken: bool,
    /// Whether this process has asked for the files of candidates, which are not to remain.
    copied: bool,
}

/// The image, and the files to be made from it.
#[derive(Clone)]
struct FetchedModule {
    image: PinnedImage,
    descriptor: Descriptor,
    descriptor_text: Bytes,
    files: Vec<ModuleFile>,
    kind: ManifestKind,
    /// One of these layers is the manifest or the chart, which is not among the files yet.
    candidates: Vec<Layer>,
}

/// A file that the folder has to contain.
#[derive(Clone)]
struct ModuleFile {
    path: &'static str,
    layer: Layer,
    source: FileSource,
    /// Known once the layer was looked into. A chart's archive is the layer itself.
    digest: Option<Digest>,
    /// Where it is as long as it was not clear that it is needed.
    copy: Option<PathBuf>,
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
/// The folder of the files of candidates, and of the copies of layers that older versions left when they were killed.
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
            taken: false,
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

    /// Learns the digests of the files in the layers, from those that were taken out of them and from those that are layers
    /// themselves.
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
            // The layer may be the file itself.
            let may_be_layer = there.as_ref().is_some_and(|there| there.digest == blob);
            if !self.taken && !may_be_layer {
                continue;
            }
            let seen = reader.files.layer(&self.folder.join(file.path)).await?;
            if let Some(seen) = seen.filter(|seen| seen.digest == blob) {
                file.digest = Some(only_file(&file.layer, seen.holds)?);
            }
        }
        Ok(())
    }
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

    fn known(&self) -> ReleaseFacts {
        ReleaseFacts::of_plan(&self.plan)
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
        let remove = copied.then(|| remove_copies(&self.folder));
        Ok(remove.into_iter().collect())
    }
}

impl FetchModule {
    async fn next_step(&mut self, reader: Reader<'_>) -> Result<Step, ModuleImageError> {
        let mut module = match self.module.take() {
            Some(known) => known,
            None => self.open(reader).await?,
        };
        let findings = mismatches(&self.plan, &module);
        if !findings.is_empty() {
            return Ok(Step::Blocked(findings));
        }
        if !module.candidates.is_empty()
            && let Some(step) = self.find_manifest(reader, &mut module).await?
        {
            self.module = Some(module);
            return Ok(step);
        }
        let seen = self.folder_state(reader, &module).await?;
        if !seen.is_complete(&module) {
            self.look_into_layers(reader, &mut module, &seen).await?;
        }
        let step = decide(&self.folder, &module, &seen);
        self.module = Some(module);
        if let Step::Act(actions) = &step {
            let takes = |action: &Action| matches!(action, Action::TakeFromLayers { .. });
            self.taken |= actions.iter().any(takes);
        }
        Ok(step)
    }
}

impl FetchModule {
    /// Finds the layers through the descriptor.
    async fn open(&self, reader: Reader<'_>) -> Result<FetchedModule, ModuleImageError> {
        let mut layers = Layers::ReadNext;
        for name in [MANIFEST, CHART_ARCHIVE] {
            if reader.files.file(&self.folder.join(name)).await?.is_some() {
                layers = Layers::NotRead;
            }
        }
        let module = open(reader, &self.plan, self.image.clone(), layers).await?;
        let repository = &module.image.repository;
        let wanted: Vec<_> = match layers {
            Layers::ReadNext => {
                let files = module.files.iter().map(|file| &file.layer);
                let layers = files.chain(&module.candidates);
                layers.map(|layer| layer.blob.digest).collect()
            }
            Layers::NotRead => Vec::new(),
        };
        reader.registry.expect_blobs(repository, &wanted);
        Ok(module)
    }
}

async fn open(
    reader: Reader<'_>,
    plan: &ReleasePlan,
    image: PinnedImage,
    layers: Layers,
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
    } = ModuleImage::open(reader.registry, image, layers, ours).await?;
    let content = select_content(&descriptor, &manifest)?;
    let default_cr = content.default_cr;
    let default_cr = default_cr.map(|cr| ModuleFile::new(DEFAULT_CR, cr, FileSource::File));
    let module = FetchedModule {
        image,
        descriptor,
        descriptor_text,
        files: default_cr.into_iter().collect(),
        kind: ManifestKind::RawManifest,
        candidates: Vec::new(),
    };
    Ok(match content.manifest {
        ManifestSource::RawManifest(layer) => {
            module.with_manifest(ManifestKind::RawManifest, layer)
        }
        ManifestSource::HelmChart(layer) => module.with_manifest(ManifestKind::HelmChart, layer),
        ManifestSource::OneOf(candidates) => FetchedModule {
            candidates,
            ..module
        },
    })
}

impl FetchedModule {
    /// The same with this manifest or chart.
    fn with_manifest(&self, kind: ManifestKind, layer: Layer) -> Self {
        let manifest = match kind {
            ManifestKind::RawManifest => ModuleFile::new(MANIFEST, layer, FileSource::File),
            ManifestKind::HelmChart => ModuleFile::new(CHART_ARCHIVE, layer, FileSource::Chart),
        };
        let files = [manifest].into_iter().chain(self.files.iter().cloned());
        Self {
            files: files.collect(),
            kind,
            candidates: Vec::new(),
            ..self.clone()
        }
    }
}

fn decide(folder: &Path, module: &FetchedModule, seen: &FolderState) -> Step {
    if seen.is_complete(module) {
        return Step::Done(report(folder, module));
    }
    let files = module.files.iter().zip(&seen.files);
    let missing = files
        .clone()
        .filter(|(file, there)| file.source == FileSource::File && !file.is(there.as_ref()));
    let (copied, missing): (Vec<_>, Vec<_>) = missing
        .map(|(file, _)| file)
        .partition(|file| file.copy.is_some());
    if !missing.is_empty() {
        let files = missing.into_iter().map(|file| file.in_layer(folder));
        return Step::Act(vec![Action::TakeFromLayers {
            repository: module.image.repository.clone(),
            files: files.collect(),
        }]);
    }
    let moves = copied.into_iter().filter_map(|file| {
        Some(Action::MoveFile {
            from: file.copy.clone()?,
            to: folder.join(file.path),
        })
    });
    let charts = files.filter(|(file, _)| file.source == FileSource::Chart);
    let unpacks = charts.flat_map(|(file, there)| file.unpack(folder, module, there.as_ref()));
    let mut actions: Vec<_> = moves.chain(unpacks).collect();
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
            copy: None,
        }
    }

    /// Whether it is known to have these bytes.
    fn is(&self, there: Option<&LocalFile>) -> bool {
        there.is_some_and(|there| Some(there.digest) == self.digest)
    }

    /// The file, to be taken out of its layer.
    fn in_layer(&self, folder: &Path) -> LayerFile {
        LayerFile {
            layer: self.layer.blob.digest,
            size: self.layer.blob.size,
            to: folder.join(self.path),
        }
    }

    /// The remaining actions until the chart is there, in a folder that is not known to be complete.
    fn unpack(
        &self,
        folder: &Path,
        module: &FetchedModule,
        there: Option<&LocalFile>,
    ) -> Vec<Action> {
        let archive = folder.join(self.path);
        let chart = folder.join(CHART);
        let save = Action::SaveBlob {
            repository: module.image.repository.clone(),
            digest: self.layer.blob.digest,
            size: self.layer.blob.size,
            to: archive.clone(),
        };
        let remove = Action::RemoveFolder {
            folder: chart.clone(),
        };
        let unpack = Action::UnpackChart { archive, to: chart };
        let saved = (!self.is(there)).then_some(save);
        saved.into_iter().chain([remove, unpack]).collect()
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
