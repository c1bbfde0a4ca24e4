//! A module image in its registry, read as far as its descriptor, which is found through the image's config.

use bytes::Bytes;
use futures_util::future::join;

use crate::domain::{Code, Diagnostic, FormatCode};
use crate::domain::{Digest, ImageRef, ImageRepository, PinnedImage};
use crate::protocol::{RegistryReader, ServiceError};
use ocm_module::descriptor::{Descriptor, MAX_DESCRIPTOR_LAYER};
use ocm_module::oci::{ContentDescriptor, ImageDocument, ImageIndex, ImageManifest, MAX_CONFIG};

/// A module image in its registry: its manifest and its component descriptor.
#[derive(Clone, Debug, PartialEq)]
pub struct ModuleImage {
    /// Of an index with one image, that image.
    pub image: PinnedImage,
    pub manifest: ImageManifest,
    pub descriptor: Descriptor,
    /// The unchanged text of the descriptor.
    pub descriptor_text: Bytes,
    /// The unchanged layer that holds it.
    pub descriptor_layer: Bytes,
}

/// The problem of the image, as a message of this program or of the service.
#[derive(Debug)]
pub enum ModuleImageError {
    Format(Diagnostic),
    Service(ServiceError),
}

impl From<Diagnostic> for ModuleImageError {
    fn from(error: Diagnostic) -> Self {
        Self::Format(error)
    }
}

impl From<ocm_module::Diagnostic> for ModuleImageError {
    fn from(error: ocm_module::Diagnostic) -> Self {
        Self::Format(error.with_code())
    }
}

impl From<ServiceError> for ModuleImageError {
    fn from(error: ServiceError) -> Self {
        Self::Service(error)
    }
}

/// Whether the layers of a module are read right after its descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layers {
    /// Their requests are sent before it is known which of them are needed.
    ReadNext,
    /// Not necessarily.
    NotRead,
}

/// The largest number of layers whose requests are sent before it is known which of them are needed.
const MAX_LAYERS_AHEAD: usize = 4;
/// The largest number of images in an index that are read.
const MAX_IMAGES: usize = 32;

impl ModuleImage {
    /// Reads an image by tag or by digest, for people.
    ///
    /// # Errors
    ///
    /// If the image does not exist, is no module image, or the registry cannot be read.
    pub async fn find(
        registry: &dyn RegistryReader,
        image: &ImageRef,
    ) -> Result<Self, ModuleImageError> {
        let seen = registry.resolve(image).await?;
        let seen = seen.ok_or_else(|| missing(&image.to_string()))?;
        let image = image.repository().pinned(seen.digest);
        Self::open(registry, image, Layers::NotRead, |_| false).await
    }

    /// Of an index, the image that is a component version; of several, the one that is `ours`.
    pub(crate) async fn open(
        registry: &dyn RegistryReader,
        image: PinnedImage,
        layers: Layers,
        ours: impl Fn(&Descriptor) -> bool,
    ) -> Result<Self, ModuleImageError> {
        match document(registry, &image).await? {
            ImageDocument::Manifest(manifest) => {
                if layers == Layers::ReadNext {
                    registry.expect_blobs(&image.repository, &ahead(&manifest));
                }
                Self::of(registry, image, manifest).await
            }
            ImageDocument::Index(index) => {
                let modules = in_index(registry, &image, &index).await?;
                Ok(only(modules, index.manifests.len(), ours)?)
            }
        }
    }

    async fn of(
        registry: &dyn RegistryReader,
        image: PinnedImage,
        manifest: ImageManifest,
    ) -> Result<Self, ModuleImageError> {
        let (layer, packed) = descriptor_layer(registry, &image.repository, &manifest).await?;
        let text = Descriptor::text_in_layer(&layer.media_type, &packed)?;
        Ok(Self {
            descriptor: Descriptor::from_text(&text)?,
            descriptor_text: text.into(),
            descriptor_layer: packed,
            image,
            manifest,
        })
    }
}

/// The layer with the descriptor, and its bytes. The config names it, and is read at the same time as the layer that it most likely
/// names.
async fn descriptor_layer(
    registry: &dyn RegistryReader,
    repository: &ImageRepository,
    manifest: &ImageManifest,
) -> Result<(ContentDescriptor, Bytes), ModuleImageError> {
    let blob =
        async |digest: Digest, limit: usize| registry.blob(repository, digest, limit as u64).await;
    let likely = manifest.likely_descriptor_layer();
    let likely = likely.filter(|_| manifest.is_component_version());
    let likely = likely.map(|layer| layer.digest);
    let (config, read) = join(blob(manifest.config.digest, MAX_CONFIG), async {
        match likely {
            Some(digest) => Some(blob(digest, MAX_DESCRIPTOR_LAYER).await),
            None => None,
        }
    })
    .await;
    let layer = manifest.descriptor_layer(&config?)?;
    let packed = match read {
        Some(read) if likely == Some(layer.digest) => read?,
        _ => blob(layer.digest, MAX_DESCRIPTOR_LAYER).await?,
    };
    Ok((layer, packed))
}

/// The layers beside the descriptor's, if they are few. Of modulectl's, those that are no archive are not read.
fn ahead(manifest: &ImageManifest) -> Vec<Digest> {
    let Some(descriptor) = manifest.likely_descriptor_layer() else {
        return Vec::new();
    };
    let others = manifest.layers.iter();
    let mut others: Vec<_> = others.filter(|layer| *layer != descriptor).collect();
    let is_archive = |layer: &&ContentDescriptor| layer.media_type.starts_with("application/x-t");
    if others.iter().any(is_archive) {
        others.retain(is_archive);
    }
    if others.len() > MAX_LAYERS_AHEAD {
        return Vec::new();
    }
    others.into_iter().map(|layer| layer.digest).collect()
}

async fn document(
    registry: &dyn RegistryReader,
    image: &PinnedImage,
) -> Result<ImageDocument, ModuleImageError> {
    match registry.manifest(image).await? {
        Some(bytes) => Ok(ImageDocument::parse(&bytes)?),
        None => Err(missing(&image.to_string()).into()),
    }
}

/// The component versions among an index' images. The others are its resources and signatures
/// (`open-component-model:docs/adr/0012_oci_format_compatibility.md`).
async fn in_index(
    registry: &dyn RegistryReader,
    image: &PinnedImage,
    index: &ImageIndex,
) -> Result<Vec<ModuleImage>, ModuleImageError> {
    let listed = index.manifests.len();
    if listed > MAX_IMAGES {
        let why =
            format!("is an index of {listed} images; at most {MAX_IMAGES} are looked through");
        return Err(refused(Code::ModuleUnclear, why).into());
    }
    let mut modules: Vec<ModuleImage> = Vec::new();
    for entry in &index.manifests {
        let child = image.repository.pinned(entry.manifest.digest);
        // An index in an index is a container image for several platforms.
        if let ImageDocument::Manifest(manifest) = document(registry, &child).await?
            && manifest.is_component_version()
        {
            modules.push(ModuleImage::of(registry, child, manifest).await?);
        }
    }
    Ok(modules)
}

fn only(
    mut modules: Vec<ModuleImage>,
    listed: usize,
    ours: impl Fn(&Descriptor) -> bool,
) -> Result<ModuleImage, Diagnostic> {
    if modules.len() > 1 && modules.iter().any(|module| ours(&module.descriptor)) {
        modules.retain(|module| ours(&module.descriptor));
    }
    // The same module for each of several platforms: all of its layers are named in the descriptor, so that any will do.
    modules.dedup_by(|next, first| next.descriptor_text == first.descriptor_text);
    match <[ModuleImage; 1]>::try_from(modules) {
        Ok([module]) => Ok(module),
        Err(none) if none.is_empty() => {
            let why =
                format!("is an index of {listed} images, none of which is a component version");
            Err(refused(Code::Format(FormatCode::NotAModuleImage), why))
        }
        Err(several) => {
            let name = |module: &ModuleImage| {
                let component = &module.descriptor.component;
                format!(
                    "{} {} ({})",
                    component.name, component.version, module.image
                )
            };
            let names: Vec<_> = several.iter().map(name).collect();
            let why = format!("is an index of several modules: {}", names.join(", "));
            let help = "give the one that is meant by its own digest".into();
            Err(Diagnostic {
                help,
                ..refused(Code::ModuleUnclear, why)
            })
        }
    }
}

fn missing(image: &str) -> Diagnostic {
    refused(
        Code::ModuleMissing,
        format!("{image} is not in the registry"),
    )
}

pub(crate) fn refused(code: Code, why: impl std::fmt::Display) -> Diagnostic {
    let help = "look at the build that pushed it; `await` gives the digest of what it pushed";
    Diagnostic::about(code, "the module image", why, help)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(name: &str, version: &str) -> ModuleImage {
        let text = format!(
            "meta: {{schemaVersion: v2}}
component: {{name: {name}, version: {version}, provider: internal, repositoryContexts: [], componentReferences: [], sources: [], resources: []}}
"
        );
        let config = ContentDescriptor::of("x", text.as_bytes());
        ModuleImage {
            image: format!("r.example/m@{}", config.digest).parse().unwrap(),
            manifest: ImageManifest::new(config, vec![]),
            descriptor: Descriptor::from_text(text.as_bytes()).unwrap(),
            descriptor_text: text.into(),
            descriptor_layer: Bytes::new(),
        }
    }

    #[test]
    fn one_module_of_an_index_is_chosen_or_the_index_refused() {
        let of = |name: &str| module(&format!("kyma.project.io/module/{name}"), "v1.2.0");
        let (btp, keda) = (|| of("btp-operator"), || of("keda"));
        let older = module("kyma.project.io/module/btp-operator", "v1.1.0");
        for (modules, expected) in [
            (vec![], Err("none of which is a component version")),
            (vec![keda()], Ok("keda")),
            (vec![btp(), btp()], Ok("btp-operator")),
            (vec![keda(), btp()], Ok("btp-operator")),
            (vec![btp(), keda(), btp()], Ok("btp-operator")),
            (
                vec![keda(), older.clone()],
                Err("several modules: kyma.project.io/module/keda v1.2.0 (r.example/m@sha256:"),
            ),
            (vec![older, btp()], Ok("btp-operator")),
        ] {
            let ours = |descriptor: &Descriptor| *descriptor == btp().descriptor;
            match (only(modules, 7, ours), expected) {
                (Ok(module), Ok(name)) => {
                    let component = &module.descriptor.component;
                    assert!(component.name.ends_with(name) && component.version == "v1.2.0");
                }
                (Err(error), Err(why)) => assert!(error.seen.contains(why), "{error}"),
                (found, expected) => panic!("{found:?} instead of {expected:?}"),
            }
        }
    }
}
