//! A module image in its registry, read as far as its descriptor, which is found through the image's config.

use bytes::Bytes;

use super::Finding;
use crate::domain::{Digest, ImageRef, PinnedImage};
use crate::module::FormatError;
use crate::module::descriptor::{Descriptor, MAX_DESCRIPTOR_LAYER};
use crate::module::oci::{Document, Index, MAX_CONFIG, Manifest};
use crate::ports::{PortError, RegistryLook};

#[derive(Clone, Debug, PartialEq)]
pub struct ModuleImage {
    /// Of an index with one image, that image.
    pub image: PinnedImage,
    pub manifest: Manifest,
    pub descriptor: Descriptor,
    /// The descriptor as it was written.
    pub descriptor_text: Bytes,
}

/// What is wrong with the image, in its own or the service's words.
#[derive(Debug)]
pub enum ImageTrouble {
    Format(FormatError),
    Port(PortError),
}

impl From<FormatError> for ImageTrouble {
    fn from(error: FormatError) -> Self {
        Self::Format(error)
    }
}

impl From<PortError> for ImageTrouble {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

impl From<FormatError> for Finding {
    fn from(error: FormatError) -> Self {
        Self::new(error.code, error.to_string(), error.help)
    }
}

impl ModuleImage {
    /// By tag or by digest.
    pub async fn find(registry: &dyn RegistryLook, image: &ImageRef) -> Result<Self, ImageTrouble> {
        let seen = registry.resolve(image).await?;
        let seen = seen.ok_or_else(|| missing(&image.to_string()))?;
        Self::open(registry, image.repository().pinned(seen.digest)).await
    }

    pub(super) async fn open(
        registry: &dyn RegistryLook,
        image: PinnedImage,
    ) -> Result<Self, ImageTrouble> {
        let (image, manifest) = manifest(registry, image).await?;
        let blob = async |digest: Digest, limit: usize| {
            registry.blob(&image.repository, digest, limit as u64).await
        };
        let config = blob(manifest.config.digest, MAX_CONFIG).await?;
        let layer = manifest.descriptor_layer(&config)?;
        let packed = blob(layer.digest, MAX_DESCRIPTOR_LAYER).await?;
        let text = Descriptor::text_in_layer(&layer.media_type, &packed)?;
        Ok(Self {
            descriptor: Descriptor::from_text(&text)?,
            descriptor_text: text.into(),
            image,
            manifest,
        })
    }
}

async fn manifest(
    registry: &dyn RegistryLook,
    image: PinnedImage,
) -> Result<(PinnedImage, Manifest), ImageTrouble> {
    let document = |bytes: Option<Bytes>| match bytes {
        Some(bytes) => Document::parse(&bytes),
        None => Err(missing(&image.to_string())),
    };
    match document(registry.manifest(&image).await?)? {
        Document::Manifest(manifest) => Ok((image, manifest)),
        Document::Index(Index { manifests, .. }) => match manifests.as_slice() {
            [only] => {
                let inner = image.repository.pinned(only.manifest.digest);
                match document(registry.manifest(&inner).await?)? {
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

fn missing(image: &str) -> FormatError {
    refused("module-missing", format!("{image} is not in the registry"))
}

pub(super) fn refused(code: &'static str, why: impl Into<String>) -> FormatError {
    FormatError {
        code,
        what: "the module image".into(),
        why: why.into(),
        help: "look at the build that pushed it; `await` gives the digest of what it pushed".into(),
    }
}
