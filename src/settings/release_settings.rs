//! The inputs of `release-settings`.

use super::input_parser::{Choices, InputParser};
use super::module_form::module_form;
use super::upload::files;
use super::{Environment, lines};
use crate::cli::ReleaseSettingsArgs;
use crate::commands::release_settings::{BinaryImage, Builders, Module, ReleaseSettings};
use crate::domain::{Code, Diagnostic};

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
        let help = "give the secrets of a GitHub App, or RELEASE_TOKEN, the token of a bot; without them, use builders: called\n\
                    secrets:\n  APP_ID: ${{ secrets.APP_ID }}\n  APP_PRIVATE_KEY: ${{ secrets.APP_PRIVATE_KEY }}";
        let seen = "builders: tag is given without APP_ID and APP_PRIVATE_KEY or RELEASE_TOKEN, and a tag that the job's own token makes starts no workflow";
        parser.refuse(Code::TagStartsNothing, seen.to_owned(), help);
    }
    check_tag(&mut parser, args, builders);
    let extra_images: Vec<&str> = lines(&args.extra_images).collect();
    check_extra_images(&mut parser, args, builders, &extra_images);
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
    let files = file_names(&mut parser, args);
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
        files,
        has_assets_command: args.assets_command.is_some(),
        builder_checks: list(&args.builder_checks.builder_checks),
        image_platforms: list(&platforms.collect::<Vec<_>>()),
    });
    parser.finish(settings)
}

/// Builders that the tag starts build nothing before there is one.
fn check_tag(parser: &mut InputParser<'_>, args: &ReleaseSettingsArgs, builders: Builders) {
    let words = [("draft", false), ("publish", true)];
    let late = parser.choice("tag-when", args.tag_when.as_deref(), &Choices::of(&words));
    if late == Some(true) && builders.start_by_tag() {
        let word = builders.word();
        parser.refuse(
            Code::InputsExclusive,
            format!("tag-when: publish makes the tag after all builds, and with builders: {word} the tag starts them"),
            "use tag-when: draft, or builders: called or caller",
        );
    }
}

/// Nobody waits for images that nobody builds.
fn check_extra_images(
    parser: &mut InputParser<'_>,
    args: &ReleaseSettingsArgs,
    builders: Builders,
    images: &[&str],
) {
    if builders != Builders::Called || args.extra_images_builder.is_some() {
        return;
    }
    if let Some(first) = images.first() {
        parser.refuse(
            Code::ExtraImagesUnbuilt,
            format!("extra-images has {first}, and builders: called builds the manager's image only"),
            "name the job or the person that builds it in extra-images-builder, or use builders: caller and build it in a job of \
             your own; leave it out of extra-images if nobody does",
        );
    }
}

/// The names of the files' assets.
fn file_names(parser: &mut InputParser<'_>, args: &ReleaseSettingsArgs) -> Vec<String> {
    let names: Vec<String> = files(parser, &args.files)
        .into_keys()
        .map(|name| name.as_str().to_owned())
        .collect();
    let given: Vec<&str> = lines(&args.assets).collect();
    for name in &names {
        if !given.is_empty() && !given.contains(&name.as_str()) {
            parser.refuse(
                Code::AssetUnplanned,
                format!("files has {name}, which is not among assets"),
                format!("add {name} to assets, or leave assets out: by default they are those of the module and of files"),
            );
        }
    }
    if args.assets_command.is_some() && names.is_empty() {
        parser.missing(
            "files",
            "name the files that assets-command makes, one per line, as path or path=name",
        );
    }
    names
}
