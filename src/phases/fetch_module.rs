//! `fetch-module`: brings the tested module image, by digest, into a folder.
//!
//! `module.json` is written last: a folder with it is whole, and which layer each file came from is told in it.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use bytes::Bytes;
use serde::Serialize;

use super::{Action, Evidence, Finding, Phase, PhaseId, Step};
use crate::domain::{Digest, PinnedImage};
use crate::module::descriptor::{Descriptor, MAX_DESCRIPTOR_LAYER};
use crate::module::oci::{Document, Index, MAX_CONFIG, Manifest};
use crate::module::select::{Layer, ManifestSource, Packing, content, is_raw_manifest};
use crate::module::unpack::{self, UnpackError};
use crate::module::verify::{Expected, verify};
use crate::module::{FormatError, descriptor};
use crate::plan::ReleasePlan;
use crate::ports::{LocalFile, Look, PortError};

/// A manifest or custom resource that has to be taken out of a tar, or looked into to be told apart, is held in memory.
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
    files: Vec<Wanted>,
    kind: ManifestKind,
}

/// A file that the folder is to have.
struct Wanted {
    path: &'static str,
    layer: Layer,
    source: Source,
}

enum Source {
    /// The layer's bytes are the file's.
    Layer,
    /// The file was in an archive.
    Memory(Bytes),
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

/// What is wrong with the image, in its own or the service's words.
enum Trouble {
    Format(FormatError),
    Port(PortError),
}

impl From<FormatError> for Trouble {
    fn from(error: FormatError) -> Self {
        Self::Format(error)
    }
}

impl From<PortError> for Trouble {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

impl FetchModule {
    pub fn new(plan: ReleasePlan, image: PinnedImage, folder: PathBuf) -> Self {
        Self {
            plan,
            image,
            folder,
        }
    }

    async fn see(&self, look: Look<'_>) -> Result<Seen, Trouble> {
        let module = open(look, self.image.clone()).await?;
        let index = look.files.read(&self.folder.join(INDEX), MAX_INDEX).await?;
        let mut there = Vec::new();
        for file in &module.files {
            there.push(look.files.file(&self.folder.join(file.path)).await?);
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

    async fn step(&mut self, look: Look<'_>) -> Result<Step, PortError> {
        match self.see(look).await {
            Ok(seen) => Ok(decide(&self.plan, &self.folder, &seen)),
            Err(Trouble::Format(error)) => Ok(Step::Blocked(vec![error.into()])),
            Err(Trouble::Port(error)) => Err(error),
        }
    }
}

/// Finds the descriptor through the image's config, and the layers through the descriptor.
async fn open(look: Look<'_>, image: PinnedImage) -> Result<Module, Trouble> {
    let (image, manifest) = manifest(look, image).await?;
    let blob = async |digest: Digest, limit: u64| {
        look.registry.blob(&image.repository, digest, limit).await
    };
    let config = blob(manifest.config.digest, MAX_CONFIG as u64).await?;
    let layer = manifest.descriptor_layer(&config)?;
    let packed = blob(layer.digest, MAX_DESCRIPTOR_LAYER as u64).await?;
    let descriptor = Descriptor::from_layer(&layer.media_type, &packed)?;
    let descriptor_text = match unpack::single_file(&packed) {
        Ok(text) => text.into(),
        Err(_) => packed.clone(),
    };
    let content = content(&descriptor, &manifest)?;
    let mut files = Vec::new();
    let (kind, wanted) = match content.manifest {
        ManifestSource::HelmChart(layer) => {
            let source = Source::Chart;
            (
                ManifestKind::HelmChart,
                Wanted {
                    path: CHART_ARCHIVE,
                    layer,
                    source,
                },
            )
        }
        ManifestSource::RawManifest(layer) => (
            ManifestKind::RawManifest,
            file(look, &image, MANIFEST, layer).await?,
        ),
        ManifestSource::OneOf(layers) => {
            let layer = with_a_crd(look, &image, layers).await?;
            (
                ManifestKind::RawManifest,
                file(look, &image, MANIFEST, layer).await?,
            )
        }
    };
    files.push(wanted);
    if let Some(layer) = content.default_cr {
        files.push(file(look, &image, DEFAULT_CR, layer).await?);
    }
    Ok(Module {
        image,
        descriptor,
        descriptor_text,
        files,
        kind,
    })
}

/// The image's manifest; of an index with one image, that image's.
async fn manifest(look: Look<'_>, image: PinnedImage) -> Result<(PinnedImage, Manifest), Trouble> {
    let document = |bytes: Option<Bytes>| match bytes {
        Some(bytes) => Document::parse(&bytes),
        None => Err(refused(
            "module-missing",
            format!("{image} is not in the registry"),
        )),
    };
    match document(look.registry.manifest(&image).await?)? {
        Document::Manifest(manifest) => Ok((image, manifest)),
        Document::Index(Index { manifests, .. }) => match manifests.as_slice() {
            [only] => {
                let inner = image.repository.pinned(only.manifest.digest);
                match document(look.registry.manifest(&inner).await?)? {
                    Document::Manifest(manifest) => Ok((inner, manifest)),
                    Document::Index(_) => {
                        Err(refused("module-unclear", "is an index of indexes").into())
                    }
                }
            }
            several => {
                let why = format!(
                    "is an index of {} images, and a module is one",
                    several.len()
                );
                Err(refused("module-unclear", why).into())
            }
        },
    }
}

fn refused(code: &'static str, why: impl Into<String>) -> FormatError {
    FormatError {
        code,
        what: "the module image".into(),
        why: why.into(),
        help: "look at the build that pushed it; `await` gives the digest of what it pushed".into(),
    }
}

/// Plain layers are left where they are, to be streamed; what is in a tar is taken out of it.
async fn file(
    look: Look<'_>,
    image: &PinnedImage,
    path: &'static str,
    layer: Layer,
) -> Result<Wanted, Trouble> {
    let source = match layer.packing() {
        Packing::Plain => Source::Layer,
        Packing::Tar => {
            let packed = look
                .registry
                .blob(&image.repository, layer.blob.digest, MAX_IN_MEMORY)
                .await?;
            Source::Memory(unpack::single_file(&packed)?.into())
        }
    };
    Ok(Wanted {
        path,
        layer,
        source,
    })
}

async fn with_a_crd(
    look: Look<'_>,
    image: &PinnedImage,
    layers: Vec<Layer>,
) -> Result<Layer, Trouble> {
    let mut found = Vec::new();
    for layer in layers {
        let bytes = look
            .registry
            .blob(&image.repository, layer.blob.digest, MAX_IN_MEMORY)
            .await?;
        if is_raw_manifest(&bytes) {
            found.push(layer);
        }
    }
    match <[Layer; 1]>::try_from(found) {
        Ok([layer]) => Ok(layer),
        Err(found) => {
            let why = format!(
                "has {} layers with a CustomResourceDefinition, and one is wanted",
                found.len()
            );
            Err(refused("module-unclear", why).into())
        }
    }
}

fn decide(plan: &ReleasePlan, folder: &Path, seen: &Seen) -> Step {
    let module = &seen.module;
    if let Some(planned) = &plan.module {
        let expected = Expected {
            component: planned.name.as_str(),
            version: &plan.version,
            commit: &plan.commit,
        };
        let differs = |found: crate::module::verify::Disagreement| {
            let why = format!("{} is not of this release: {found}", module.image);
            Finding::new(
                "module-differs",
                why,
                "look at the build that pushed it, and run it again for this tag",
            )
        };
        let findings: Vec<_> = verify(&module.descriptor, &expected)
            .into_iter()
            .map(differs)
            .collect();
        if !findings.is_empty() {
            return Step::Blocked(findings);
        }
    }
    let index = index(module);
    let is_whole = seen.index.as_deref() == Some(index.as_slice());
    let mut actions = Vec::new();
    for (wanted, there) in module.files.iter().zip(&seen.there) {
        let to = folder.join(wanted.path);
        let digest = match &wanted.source {
            Source::Memory(bytes) => Digest::of(bytes),
            Source::Layer | Source::Chart => wanted.layer.blob.digest,
        };
        let is_there = there.as_ref().is_some_and(|file| file.digest == digest);
        if !is_there {
            actions.push(match &wanted.source {
                Source::Memory(bytes) => Action::WriteFile {
                    to: to.clone(),
                    bytes: bytes.to_vec(),
                },
                Source::Layer | Source::Chart => Action::SaveBlob {
                    repository: module.image.repository.clone(),
                    digest,
                    size: wanted.layer.blob.size,
                    to: to.clone(),
                },
            });
        }
        if matches!(wanted.source, Source::Chart) && !(is_there && is_whole) {
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

fn evidence(folder: &Path, module: &Module) -> Evidence {
    let path = |name: &str| folder.join(name).display().to_string();
    let (manifest, kind) = match module.kind {
        ManifestKind::RawManifest => (MANIFEST, "raw-manifest"),
        ManifestKind::HelmChart => (CHART, "helm-chart"),
    };
    let has_cr = module.files.iter().any(|file| file.path == DEFAULT_CR);
    let component = &module.descriptor.component;
    let so = format!(
        "{} {} is in {}",
        component.name,
        component.version,
        folder.display()
    );
    Evidence::new(so)
        .with("module-dir", folder.display())
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

impl From<FormatError> for Finding {
    fn from(error: FormatError) -> Self {
        Self::new(error.code, error.to_string(), error.help)
    }
}

impl From<UnpackError> for Trouble {
    fn from(error: UnpackError) -> Self {
        match error {
            UnpackError::Archive(error) => Self::Format(error),
            UnpackError::Consumer(error) => {
                Self::Format(refused("content-broken", error.to_string()))
            }
        }
    }
}
