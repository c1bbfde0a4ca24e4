//! `inspect-module`: what a module image is made of, for people. It reads a registry, and nothing else.

use crate::domain::ImageRef;
use crate::protocol::{RegistryReader, ServiceError};
use crate::release::module_image::ModuleImage;
use crate::release::module_image::ModuleImageError;
use crate::report::Failure;
use ocm_module::archive::MAX_FILE_LAYER;
use ocm_module::read::{
    ImagePlace, Installation, Summary, installation, lookup_tag, manifest_layer, obstacles,
};

const TITLE: &str = "inspect-module";

/// Reads a module image and its component descriptor.
///
/// # Errors
///
/// If the image does not exist, is no module, or the registry does not answer.
pub async fn inspect(registry: &dyn RegistryReader, image: &ImageRef) -> Result<Summary, Failure> {
    match ModuleImage::find(registry, image).await {
        Ok(module) => {
            let installation = installation_of(registry, &module).await;
            let installation = installation.map_err(|error| failed(&error))?;
            Ok(Summary::new(
                module.image.digest,
                &module.manifest,
                &module.descriptor,
                installation,
            ))
        }
        Err(ModuleImageError::Format(error)) => Err(Failure::refused(TITLE, vec![error])),
        Err(ModuleImageError::Service(error)) => Err(failed(&error)),
    }
}

fn failed(error: &ServiceError) -> Failure {
    Failure::of_service(TITLE, error, "run it again")
}

/// What Lifecycle Manager would do with the image, which it looks up by a tag of its own. The manifest's layer is read only if it
/// would be.
async fn installation_of(
    registry: &dyn RegistryReader,
    module: &ModuleImage,
) -> Result<Installation, ServiceError> {
    let ModuleImage {
        image, descriptor, ..
    } = module;
    let repository = &image.repository;
    let tagged = match lookup_tag(descriptor).parse() {
        Ok(tag) => registry.resolve(&repository.tagged(tag)).await?,
        Err(_) => None,
    };
    let found = obstacles(
        descriptor,
        &ImagePlace {
            repository,
            tagged: tagged.map(|seen| seen.digest),
            image: image.digest,
            descriptor_layer: &module.descriptor_layer,
        },
    );
    match manifest_layer(descriptor) {
        Some(layer) if found.is_empty() => {
            let read = registry.blob(repository, layer, MAX_FILE_LAYER).await;
            Ok(match read {
                Ok(bytes) => installation(descriptor, &bytes),
                Err(error) => Installation::Obstacles(vec![error.to_string()]),
            })
        }
        _ => Ok(Installation::Obstacles(found)),
    }
}
