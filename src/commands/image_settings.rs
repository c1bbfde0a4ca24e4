//! `image-settings`: the version and the image that a build of a tag makes.

use super::CommandReport;
use crate::domain::{ImageRef, Version};

/// The image to build.
#[derive(Clone, Debug)]
pub struct ImageSettings {
    pub version: Version,
    pub image: ImageRef,
}

impl ImageSettings {
    /// Both, for the steps that build.
    pub fn report(&self) -> CommandReport {
        CommandReport::default()
            .output("version", &self.version)
            .output("binary-image", &self.image)
    }
}
