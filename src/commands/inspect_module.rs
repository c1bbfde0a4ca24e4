//! `inspect-module`: what a module image is made of, for people. It reads a registry, and nothing else.

use crate::domain::{Exit, ImageRef};
use crate::protocol::RegistryReader;
use crate::release::module_image::ModuleImage;
use crate::release::module_image::ModuleImageError;
use crate::report::Failure;
use ocm_module::inspect::Summary;

pub async fn inspect(registry: &dyn RegistryReader, image: &ImageRef) -> Result<Summary, Failure> {
    match ModuleImage::find(registry, image).await {
        Ok(module) => Ok(Summary::new(
            module.image.digest,
            &module.manifest,
            &module.descriptor,
        )),
        Err(ModuleImageError::Format(error)) => Err(Failure {
            exit: Exit::Blocked,
            findings: vec![error],
        }),
        Err(ModuleImageError::Service(error)) => Err(Failure::of_port(&error, "run it again")),
    }
}
