//! The arguments of `publish`.

use clap::{ArgAction, Args};

use super::{ArtifactsInput, BuildersInput, CommonArgs, PlanInput};

#[derive(Debug, Default, Args)]
pub struct PublishArgs {
    #[command(flatten)]
    pub plan: PlanInput,
    #[command(flatten)]
    pub artifacts: ArtifactsInput,
    /// Results of the jobs before this one: `${{ toJSON(needs) }}`; `none` says that no test is asked for
    #[arg(long, value_name = "JSON")]
    pub needs: Option<String>,
    /// Jobs that may be skipped, one a line
    #[arg(long, value_name = "JOBS", action = ArgAction::Append)]
    pub optional_jobs: Vec<String>,
    /// Legs of the tests that must have recorded a verdict with `record-tests`: their names, one a line, or their number
    #[arg(long, value_name = "LEGS", action = ArgAction::Append)]
    pub test_legs: Vec<String>,
    /// Checks at the commit that must be green, one a line, `*` for any characters; `name=neutral,skipped` takes these for green as well
    #[arg(long, value_name = "CHECKS", action = ArgAction::Append)]
    pub required_checks: Vec<String>,
    #[command(flatten)]
    pub builders: BuildersInput,
    #[command(flatten)]
    pub common: CommonArgs,
}
