//! Reads the contents of an image: its manifests, the configurations of its platforms, and the descriptor of a module.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use serde::Deserialize;

use super::image_check::{Contents, Labels, ModuleContents};
use crate::domain::{Digest, ImageRef, ImageRepository};
use crate::protocol::{Reader, RegistryReader, ServiceError};
use ocm_module::descriptor::{Descriptor, MAX_DESCRIPTOR_LAYER};
use ocm_module::oci::{
    ContentDescriptor, ImageDocument, ImageIndex, ImageManifest, IndexEntry, MAX_CONFIG,
};
use ocm_module::raw_manifest::RawManifest;
use ocm_module::read::{ManifestSource, file_in_layer, select_content};

/// The largest configuration of a container image, far above those of builders.
const MAX_IMAGE_CONFIG: u64 = 1024 * 1024;
const MAX_RAW_MANIFEST: u64 = 32 * 1024 * 1024;

/// How much of the data of an earlier step is assumed to be still valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Only content that is named by a digest.
    DigestsOnly,
    /// Also that an asset keeps its bytes as long as it keeps its id, and that an image stays complete: for a long wait,
    /// which would otherwise read them again each time.
    EarlierSteps,
}

/// The state of the image that a tag names.
#[derive(Clone, Debug)]
pub(crate) enum ImageState {
    Absent,
    /// The tag resolves to this digest, and something below it is missing or wrong.
    Incomplete {
        digest: Digest,
        why: String,
    },
    Complete {
        digest: Digest,
        contents: Arc<Contents>,
    },
}

impl ImageState {
    /// The digest that the tag resolves to.
    pub(crate) fn digest(&self) -> Option<Digest> {
        match self {
            Self::Absent => None,
            Self::Incomplete { digest, .. } | Self::Complete { digest, .. } => Some(*digest),
        }
    }
}

/// An image to read.
#[derive(Clone, Debug)]
pub(crate) struct ImageQuery {
    /// Among the artifacts.
    pub(crate) name: String,
    pub(crate) image: ImageRef,
    /// Wanted of a container image, such as `linux/amd64`; with none, all that it has.
    pub(crate) platforms: Vec<String>,
}

/// The content below an image's digests. It cannot change; whether it still exists is checked again.
#[derive(Default)]
pub(crate) struct ImageCache {
    documents: BTreeMap<Digest, ImageDocument>,
    /// By the digest of their manifest.
    parts: BTreeMap<Digest, ImagePart>,
    complete: Option<(Digest, Arc<Contents>)>,
}

/// The content that one manifest refers to.
#[derive(Clone)]
enum ImagePart {
    Container {
        platform: Option<String>,
        labels: Labels,
    },
    Module(Box<ModuleContents>),
}

/// Why an image cannot be used yet.
enum ImageProblem {
    Incomplete(String),
    Service(ServiceError),
}

impl From<ServiceError> for ImageProblem {
    fn from(error: ServiceError) -> Self {
        Self::Service(error)
    }
}

impl From<ocm_module::Diagnostic> for ImageProblem {
    fn from(error: ocm_module::Diagnostic) -> Self {
        Self::Incomplete(error.to_string())
    }
}

/// Resolves the tag, and everything below its digest.
pub(crate) async fn read_image(
    reader: Reader<'_>,
    query: &ImageQuery,
    trust: Trust,
    cache: &mut ImageCache,
) -> Result<ImageState, ServiceError> {
    let Some(manifest) = reader.registry.resolve(&query.image).await? else {
        return Ok(ImageState::Absent);
    };
    let digest = manifest.digest;
    if let Some((known, contents)) = &cache.complete
        && *known == digest
        && trust == Trust::EarlierSteps
    {
        let contents = Arc::clone(contents);
        return Ok(ImageState::Complete { digest, contents });
    }
    let image = query.image.repository().pinned(digest);
    let mut image_reader = ImageReader {
        registry: reader.registry,
        repository: &image.repository,
        cache,
    };
    match image_reader.contents(digest, &query.platforms).await {
        Ok(contents) => {
            let contents = Arc::new(contents);
            cache.complete = Some((digest, Arc::clone(&contents)));
            Ok(ImageState::Complete { digest, contents })
        }
        Err(ImageProblem::Incomplete(why)) => Ok(ImageState::Incomplete { digest, why }),
        Err(ImageProblem::Service(error)) => Err(error),
    }
}

struct ImageReader<'a> {
    registry: &'a dyn RegistryReader,
    repository: &'a ImageRepository,
    cache: &'a mut ImageCache,
}

impl ImageReader<'_> {
    /// Reads everything below a digest that the registry was just seen to have.
    async fn contents(
        &mut self,
        digest: Digest,
        platforms: &[String],
    ) -> Result<Contents, ImageProblem> {
        let mut contents = Contents::default();
        match self.document(digest, Presence::Proven).await? {
            ImageDocument::Manifest(manifest) => {
                if let Some(labels) = self.add(digest, &manifest, &mut contents).await? {
                    let own = contents.platforms.iter().map(String::as_str).collect();
                    find_platforms(platforms, &own)?;
                    contents.labels = labels;
                }
            }
            ImageDocument::Index(index) => {
                let listed = index.manifests.iter();
                contents.listed = listed.map(|entry| entry.manifest.digest).collect();
                let mut labels = Vec::new();
                for entry in wanted(&index, platforms)? {
                    let child = entry.manifest.digest;
                    match self.document(child, Presence::Unknown).await? {
                        ImageDocument::Manifest(manifest) => {
                            let known = contents.platforms.len();
                            labels.extend(self.add(child, &manifest, &mut contents).await?);
                            let own = contents.platforms.get(known);
                            same_platform(entry, own)?;
                        }
                        ImageDocument::Index(_) => {
                            let why = "it is an index of indexes";
                            return Err(ImageProblem::Incomplete(why.into()));
                        }
                    }
                }
                contents.label(labels);
            }
        }
        Ok(contents)
    }

    async fn document(
        &mut self,
        digest: Digest,
        presence: Presence,
    ) -> Result<ImageDocument, ImageProblem> {
        let image = self.repository.pinned(digest);
        let document = match self.cache.documents.get(&digest) {
            Some(known) => match presence {
                Presence::Proven => Some(known.clone()),
                Presence::Unknown => {
                    let seen = self.registry.resolve(&image.into()).await?;
                    seen.map(|_| known.clone())
                }
            },
            None => match self.registry.manifest(&image).await? {
                Some(bytes) => Some(ImageDocument::parse(&bytes)?),
                None => None,
            },
        };
        let Some(document) = document else {
            return Err(ImageProblem::Incomplete(format!(
                "its manifest {} is not there yet",
                digest.short()
            )));
        };
        self.cache.documents.insert(digest, document.clone());
        Ok(document)
    }

    /// Takes the parts of one manifest; the labels, of a container image. The registry has all of them: those that are not
    /// read now are looked for.
    async fn add(
        &mut self,
        digest: Digest,
        manifest: &ImageManifest,
        contents: &mut Contents,
    ) -> Result<Option<Labels>, ImageProblem> {
        let (part, read) = match self.cache.parts.get(&digest) {
            Some(known) => (known.clone(), BTreeSet::new()),
            None => self.part(manifest).await?,
        };
        for part in manifest.layers.iter().chain([&manifest.config]) {
            if !read.contains(&part.digest)
                && !self.registry.has_blob(self.repository, part.digest).await?
            {
                return Err(missing(part.digest));
            }
            contents.size += part.size;
        }
        self.cache.parts.insert(digest, part.clone());
        match part {
            ImagePart::Module(module) => {
                contents.modules.push(*module);
                Ok(None)
            }
            ImagePart::Container { platform, labels } => {
                contents.platforms.extend(platform);
                Ok(Some(labels))
            }
        }
    }

    /// What a manifest refers to, with the digests of the blobs that were read for it.
    async fn part(
        &self,
        manifest: &ImageManifest,
    ) -> Result<(ImagePart, BTreeSet<Digest>), ImageProblem> {
        let mut read = BTreeSet::new();
        if manifest.is_component_version() {
            let module = self.module(manifest, &mut read).await?;
            return Ok((ImagePart::Module(Box::new(module)), read));
        }
        let config = self.blob(&manifest.config, MAX_IMAGE_CONFIG, &mut read);
        let config = ImageConfig::read(&config.await?);
        let part = ImagePart::Container {
            platform: config.platform(),
            labels: config.labels(),
        };
        Ok((part, read))
    }

    async fn module(
        &self,
        manifest: &ImageManifest,
        read: &mut BTreeSet<Digest>,
    ) -> Result<ModuleContents, ImageProblem> {
        let config = self.blob(&manifest.config, MAX_CONFIG as u64, read).await?;
        let layer = manifest.descriptor_layer(&config)?;
        let packed = self.blob(&layer, MAX_DESCRIPTOR_LAYER as u64, read).await?;
        let descriptor = Descriptor::from_layer(&layer.media_type, &packed)?;
        let images = match select_content(&descriptor, manifest)?.manifest {
            ManifestSource::RawManifest(layer) => {
                let packed = self.blob(&layer.blob, MAX_RAW_MANIFEST, read).await?;
                let bytes = file_in_layer(&layer, &packed)?;
                let parsed = RawManifest::parse("raw-manifest", &bytes);
                let parsed =
                    parsed.map_err(|violation| ImageProblem::Incomplete(violation.seen))?;
                Some(parsed.images())
            }
            ManifestSource::HelmChart(_) | ManifestSource::OneOf(_) => None,
        };
        Ok(ModuleContents { descriptor, images })
    }

    /// Reads a blob, which is incomplete as long as the registry does not have it.
    async fn blob(
        &self,
        part: &ContentDescriptor,
        limit: u64,
        read: &mut BTreeSet<Digest>,
    ) -> Result<Bytes, ImageProblem> {
        let digest = part.digest;
        match self.registry.blob(self.repository, digest, limit).await {
            Ok(bytes) => {
                read.insert(digest);
                Ok(bytes)
            }
            Err(error) => match self.registry.has_blob(self.repository, digest).await {
                Ok(false) => Err(missing(digest)),
                _ => Err(error.into()),
            },
        }
    }
}

fn missing(part: Digest) -> ImageProblem {
    ImageProblem::Incomplete(format!("its part {} is not there yet", part.short()))
}

/// Whether this step has seen already that the registry has a manifest.
#[derive(Clone, Copy)]
enum Presence {
    Proven,
    Unknown,
}

/// What an index lists for a platform is also made for it: a matrix of builds that push over each other mixes them up.
fn same_platform(entry: &IndexEntry, own: Option<&String>) -> Result<(), ImageProblem> {
    match (platform(entry), own) {
        (Some(listed), Some(own)) if listed != *own => Err(ImageProblem::Incomplete(format!(
            "what it lists for {listed} is made for {own}"
        ))),
        _ => Ok(()),
    }
}

fn platform(entry: &IndexEntry) -> Option<String> {
    let platform = entry.platform.as_ref()?;
    Some(format!("{}/{}", platform.os, platform.architecture))
}

fn find_platforms(wanted: &[String], found: &BTreeSet<&str>) -> Result<(), ImageProblem> {
    match wanted.iter().find(|p| !found.contains(p.as_str())) {
        Some(missing) => Err(ImageProblem::Incomplete(format!("it has no {missing}"))),
        None => Ok(()),
    }
}

fn wanted<'a>(
    index: &'a ImageIndex,
    platforms: &[String],
) -> Result<Vec<&'a IndexEntry>, ImageProblem> {
    let listed: BTreeSet<String> = index.manifests.iter().filter_map(platform).collect();
    find_platforms(platforms, &listed.iter().map(String::as_str).collect())?;
    // BuildKit lists attestations as images for `unknown/unknown`.
    let is_image = |entry: &IndexEntry| platform(entry).is_none_or(|p| p != "unknown/unknown");
    let is_wanted = |entry: &IndexEntry| {
        platforms.is_empty() || platform(entry).is_some_and(|p| platforms.contains(&p))
    };
    Ok(index
        .manifests
        .iter()
        .filter(|entry| is_image(entry) && is_wanted(entry))
        .collect())
}

/// <https://github.com/opencontainers/image-spec/blob/main/config.md>
#[derive(Default, Deserialize)]
struct ImageConfig {
    os: Option<String>,
    architecture: Option<String>,
    config: Option<Execution>,
}

#[derive(Default, Deserialize)]
struct Execution {
    #[serde(rename = "Labels")]
    labels: Option<Labels>,
}

impl ImageConfig {
    /// A configuration of another kind has no labels, and is no reason to refuse an image.
    fn read(bytes: &[u8]) -> Self {
        serde_json::from_slice(bytes).unwrap_or_default()
    }

    fn platform(&self) -> Option<String> {
        Some(format!(
            "{}/{}",
            self.os.as_ref()?,
            self.architecture.as_ref()?
        ))
    }

    fn labels(self) -> Labels {
        self.config
            .and_then(|config| config.labels)
            .unwrap_or_default()
    }
}
