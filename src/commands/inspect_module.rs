//! `inspect-module`: what a module image is made of, for people. It reads a registry, and nothing else.

use crate::domain::ImageRef;
use crate::protocol::RegistryReader;
use crate::release::module_image::ModuleImage;
use crate::release::module_image::ModuleImageError;
use crate::report::Failure;
use ocm_module::read::Summary;

const TITLE: &str = "inspect-module";

/// Reads a module image and its component descriptor.
///
/// # Errors
///
/// If the image does not exist, is no module, or the registry does not answer.
pub async fn inspect(registry: &dyn RegistryReader, image: &ImageRef) -> Result<Summary, Failure> {
    match ModuleImage::find(registry, image).await {
        Ok(module) => Ok(Summary::new(
            module.image.digest,
            &module.manifest,
            &module.descriptor,
        )),
        Err(ModuleImageError::Format(error)) => Err(Failure::refused(TITLE, vec![error])),
        Err(ModuleImageError::Service(error)) => {
            Err(Failure::of_service(TITLE, &error, "run it again"))
        }
    }
}
