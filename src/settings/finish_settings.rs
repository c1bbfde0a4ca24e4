//! The inputs of `finish-settings`.

use super::input_parser::InputParser;
use super::{Environment, lines};
use crate::cli::FinishSettingsArgs;
use crate::commands::finish_settings::{FinishSettings, Jobs};
use crate::domain::Diagnostic;

/// What `finish-settings` collects.
///
/// # Errors
///
/// Everything that is wrong with the inputs.
pub fn finish_settings(
    args: &FinishSettingsArgs,
    environment: Environment<'_>,
) -> Result<FinishSettings, Vec<Diagnostic>> {
    let mut parser = InputParser::new(environment);
    if args.needs.is_none() {
        parser.missing("needs", "write needs: ${{ toJSON(needs) }}");
    }
    let text = args
        .needs
        .as_deref()
        .and_then(|text| parser.text_or_file("needs", text));
    let jobs = text.and_then(|text| parser.take("needs", Jobs::from_json(&text)));
    let settings = jobs.map(|jobs| FinishSettings {
        jobs,
        optional: lines(&args.optional_jobs).map(str::to_owned).collect(),
    });
    parser.finish(settings)
}
