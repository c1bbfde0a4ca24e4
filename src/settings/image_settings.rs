//! The inputs of `image-settings`.

use super::Environment;
use super::commit_build::{CommitBuild, refuse_release};
use super::input_parser::InputParser;
use crate::cli::ImageSettingsArgs;
use crate::commands::image_settings::ImageSettings;
use crate::commands::names::{default_image, default_place};
use crate::domain::{Diagnostic, Tag, TagFormat, Version};
use crate::plan::Names;

/// What `image-settings` works out.
///
/// # Errors
///
/// Everything that is wrong with the inputs.
pub fn image_settings(
    args: &ImageSettingsArgs,
    environment: Environment<'_>,
) -> Result<ImageSettings, Vec<Diagnostic>> {
    let mut parser = InputParser::new(environment);
    let format: Option<TagFormat> = parser.parse("tag-format", args.tag_format.as_ref());
    let built = if args.commit_build {
        let of_release = [("tag", &args.tag), ("tag-format", &args.tag_format)];
        for (input, _) in of_release.iter().filter(|(_, given)| given.is_some()) {
            refuse_release(&mut parser, input);
        }
        CommitBuild::read(&mut parser, args.commit.as_ref()).map(|build| (build.tag, build.version))
    } else {
        if args.commit.is_some() {
            let help = "`commit` is for the image of a commit that belongs to no release: give both, or a `tag`";
            parser.missing("commit-build", help);
        }
        tag_and_version(&mut parser, args, format.as_ref())
    };
    let image = match &args.binary_image {
        Some(image) => Some(image.clone()),
        None => parser
            .this_repository(args.repository.as_ref())
            .map(|repository| {
                let place = default_place(&repository, args.directory.as_deref());
                default_image(&place, format.as_ref())
            }),
    };
    let settings = built.zip(image).and_then(|((tag, version), image)| {
        let names = Names {
            tag: &tag,
            version: &version,
        };
        let image = parser.take("binary-image", names.image(&image))?;
        Some(ImageSettings { version, image })
    });
    parser.finish(settings)
}

fn tag_and_version(
    parser: &mut InputParser<'_>,
    args: &ImageSettingsArgs,
    format: Option<&TagFormat>,
) -> Option<(Tag, Version)> {
    if args.tag.is_none() {
        parser.missing("tag", "name the release's tag, such as v1.2.0");
    }
    let tag: Tag = parser.parse("tag", args.tag.as_ref())?;
    let version = parser.take("tag", tag.version(format))?;
    Some((tag, version))
}
