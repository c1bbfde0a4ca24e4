//! The inputs about what a release consists of, which `plan` and `status` share.

use std::collections::BTreeSet;

use super::input_parser::InputParser;
use super::lines;
use super::module_form::module_form;
use crate::cli::ReleaseContentInput;
use crate::domain::AssetName;
use crate::plan::{ImageInputs, ModuleImageInputs};

/// The names of the assets.
pub(super) fn assets(
    parser: &mut InputParser<'_>,
    input: &ReleaseContentInput,
) -> BTreeSet<AssetName> {
    lines(&input.assets)
        .filter_map(|name| parser.take("assets", name.parse()))
        .collect()
}

/// The images, whose names may still lack the version.
pub(super) fn image_inputs(
    parser: &mut InputParser<'_>,
    input: &ReleaseContentInput,
) -> ImageInputs {
    ImageInputs {
        binary: input.binary_image.clone(),
        extra: lines(&input.extra_images).map(str::to_owned).collect(),
        module: ModuleImageInputs {
            name: input.module.module_name.clone(),
            registry: input.module.module_registry.clone(),
            form: module_form(parser, input.module_form.as_deref()),
            tag: input.module_tag.clone(),
        },
    }
}
