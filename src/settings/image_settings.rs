//! The inputs of `image-settings`.

use super::Environment;
use super::input_parser::InputParser;
use super::plan::Names;
use crate::cli::ImageSettingsArgs;
use crate::commands::image_settings::ImageSettings;
use crate::commands::names::{default_image, default_place};
use crate::domain::{Diagnostic, Tag, TagFormat};

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
    if args.tag.is_none() {
        parser.missing("tag", "name the release's tag, such as v1.2.0");
    }
    let tag: Option<Tag> = parser.parse("tag", args.tag.as_ref());
    let image = match &args.binary_image {
        Some(image) => Some(image.clone()),
        None => parser
            .this_repository(args.repository.as_ref())
            .map(|repository| {
                let place = default_place(&repository, args.directory.as_deref());
                default_image(&place, format.as_ref())
            }),
    };
    let settings = tag.zip(image).and_then(|(tag, image)| {
        let version = parser.take("tag", tag.version(format.as_ref()))?;
        let names = Names {
            tag: &tag,
            version: &version,
        };
        let image = parser.take("binary-image", names.image(&image))?;
        Some(ImageSettings { version, image })
    });
    parser.finish(settings)
}
