//! What `inspect-module` looks at, and as whom.

use super::input_parser::InputParser;
use super::{Context, ReadFile, RegistryAccess};
use crate::cli::InspectModuleArgs;
use crate::domain::Diagnostic;
use crate::domain::ImageRef;

pub struct Inspection {
    pub image: ImageRef,
    pub json: bool,
    pub registry: RegistryAccess,
    pub verbose: bool,
}

pub fn inspection(
    args: &InspectModuleArgs,
    context: &Context,
    read_file: ReadFile<'_>,
) -> Result<Inspection, Vec<Diagnostic>> {
    let mut parser = InputParser::new(context, read_file);
    let login = parser.login(&args.registry);
    let docker_config = parser.docker_config(&args.registry);
    let image: Option<ImageRef> = parser.parse("image", Some(&args.image));
    let inspection = image.map(|image| Inspection {
        registry: RegistryAccess {
            login,
            hosts: [image.repository().registry().to_owned()].into(),
            docker_config,
        },
        image,
        json: args.json,
        verbose: args.verbose || context.debug,
    });
    parser.finish(inspection)
}
