//! The arguments of `status`.

use clap::{ArgAction, Args};

use super::{
    BuildersInput, CommonArgs, ModuleFilesInput, PlanInput, ReleaseContentInput, TargetInput,
    TrustInput,
};

/// Arguments of `status`, as they were typed.
#[derive(Debug, Default, Args)]
pub struct StatusArgs {
    #[command(flatten)]
    pub release: super::ReleaseByVersion,
    #[command(flatten)]
    pub plan: PlanInput,
    #[command(flatten)]
    pub artifacts: ReleaseContentInput,
    /// Platforms that every container image must have, one per line, such as `linux/amd64`; default: the platforms that it lists
    #[arg(long, value_name = "PLATFORMS", action = ArgAction::Append)]
    pub image_platforms: Vec<String>,
    #[command(flatten)]
    pub builders: BuildersInput,
    /// Checks of the commit that must have succeeded, one per line, with `*` for any characters; `name=neutral,skipped` accepts these results as well
    #[arg(long, value_name = "CHECKS", action = ArgAction::Append)]
    pub required_checks: Vec<String>,
    /// Legs of the tests that must have recorded a success with `record-tests`: their names, one per line, or their number
    #[arg(long, value_name = "LEGS", action = ArgAction::Append)]
    pub test_legs: Vec<String>,
    /// Look again and again until the release is published: a terminal shows the newest state in place, elsewhere what is new is printed
    #[arg(long)]
    pub watch: bool,
    /// Longest pause between two looks with `watch`; default: `10s`
    #[arg(long, value_name = "DURATION")]
    pub await_interval: Option<String>,
    #[command(flatten)]
    pub target: TargetInput,
    #[command(flatten)]
    pub module_files: ModuleFilesInput,
    #[command(flatten)]
    pub trust: TrustInput,
    #[command(flatten)]
    pub common: CommonArgs,
}
