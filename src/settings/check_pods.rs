//! The inputs of `check-pods`.

use std::path::PathBuf;

use super::Environment;
use super::input_parser::InputParser;
use crate::cli::CheckPodsArgs;
use crate::commands::check_pods::CheckPods;
use crate::domain::Diagnostic;

/// What `check-pods` compares.
///
/// # Errors
///
/// Everything that is wrong with the inputs.
pub fn check_pods(
    args: &CheckPodsArgs,
    environment: Environment<'_>,
) -> Result<CheckPods, Vec<Diagnostic>> {
    let mut parser = InputParser::new(environment);
    if args.artifacts.artifacts.is_none() {
        let help = "pass the output of the phase `await` on: artifacts: ${{ steps.await.outputs.artifacts }}";
        parser.missing("artifacts", help);
    }
    let settings = parser
        .artifacts(&args.artifacts)
        .map(|artifacts| CheckPods {
            artifacts,
            pods: args.pods.as_ref().map(PathBuf::from),
        });
    parser.finish(settings)
}
