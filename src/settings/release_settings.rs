//! The inputs of `release-settings`.

use super::input_parser::{Choices, InputParser};
use super::module_form::module_form;
use super::{Environment, lines};
use crate::cli::ReleaseSettingsArgs;
use crate::commands::release_settings::{BinaryImage, Builders, Module, ReleaseSettings};
use crate::domain::Diagnostic;

/// What `release-settings` works out.
///
/// # Errors
///
/// Everything that is wrong with the inputs.
pub fn release_settings(
    args: &ReleaseSettingsArgs,
    environment: Environment<'_>,
) -> Result<ReleaseSettings, Vec<Diagnostic>> {
    let mut parser = InputParser::new(environment);
    let repository = parser.this_repository(args.repository.as_ref());
    let builders = parser
        .choice(
            "builders",
            args.builders.as_deref(),
            &Choices::of(&Builders::WORDS),
        )
        .unwrap_or_default();
    if builders == Builders::Tag && !args.has_release_token {
        let help = "builders: tag takes the secrets APP_ID and APP_PRIVATE_KEY of a GitHub App, or RELEASE_TOKEN, the token of a bot, \
                    since a tag that the job's own token makes starts no workflow; without them, use builders: called";
        parser.missing("APP_ID with APP_PRIVATE_KEY, or RELEASE_TOKEN", help);
    }
    let has_module = parser
        .choice(
            "module",
            args.module.as_deref(),
            &Choices::of(&[("true", true), ("false", false)]),
        )
        .unwrap_or(true);
    let form = module_form(&mut parser, args.module_form.as_deref());
    let tag_format = parser.parse("tag-format", args.tag_format.as_ref());
    let platforms = args
        .image_platforms
        .iter()
        .map(|list| list.replace(',', "\n"));
    let list = |texts: &[String]| lines(texts).map(str::to_owned).collect();
    let settings = repository.map(|repository| ReleaseSettings {
        repository,
        directory: args.directory.clone(),
        builders,
        tag_format,
        binary_image: match args.binary_image.as_deref() {
            None => BinaryImage::Default,
            Some("none") => BinaryImage::None,
            Some(image) => BinaryImage::Named(image.to_owned()),
        },
        module: if has_module {
            Module::Image {
                name: args.module_name.clone(),
                registry: args.module_registry.clone(),
                form: form.unwrap_or_default(),
            }
        } else {
            Module::None
        },
        assets: list(&args.assets),
        builder_checks: list(&args.builder_checks.builder_checks),
        image_platforms: list(&platforms.collect::<Vec<_>>()),
    });
    parser.finish(settings)
}
