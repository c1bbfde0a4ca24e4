//! Parses the arguments of `inspect-module`: which image is shown, and with which credentials it is read.

use super::input_parser::InputParser;
use super::{Environment, RegistryAccess};
use crate::cli::InspectModuleArgs;
use crate::domain::Diagnostic;
use crate::domain::ImageRef;

/// Which module image is shown, and how.
pub struct InspectModuleSettings {
    pub image: ImageRef,
    /// JSON in place of a tree for people.
    pub json: bool,
    pub registry: RegistryAccess,
    /// Whether every request is logged.
    pub verbose: bool,
}

/// Gives the arguments of `inspect-module` their meaning.
///
/// # Errors
///
/// Everything that is wrong is listed together.
pub fn inspect_module(
    args: &InspectModuleArgs,
    environment: Environment<'_>,
) -> Result<InspectModuleSettings, Vec<Diagnostic>> {
    let mut parser = InputParser::new(environment);
    let login = parser.login(&args.registry);
    let docker_config = parser.docker_config(&args.registry);
    let image: Option<ImageRef> = parser.parse("image", Some(&args.image));
    let settings = image.map(|image| InspectModuleSettings {
        registry: RegistryAccess {
            login,
            hosts: [image.repository().registry().to_owned()].into(),
            docker_config,
        },
        image,
        json: args.json,
        verbose: args.verbose || environment.context.debug,
    });
    parser.finish(settings)
}
