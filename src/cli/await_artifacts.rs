//! The arguments of `await`.

use clap::{ArgAction, Args};

use super::{BuildersInput, CommonArgs, PlanInput};

/// Arguments of `await`, as they were typed.
#[derive(Debug, Default, Args)]
pub struct AwaitArgs {
    #[command(flatten)]
    pub plan: PlanInput,
    /// Longest pause between two checks; default: `10s`
    #[arg(long, value_name = "DURATION")]
    pub await_interval: Option<String>,
    #[command(flatten)]
    pub builders: BuildersInput,
    /// How long each of `builder-checks` may take to start; default: `3m`
    #[arg(long, value_name = "DURATION")]
    pub builder_start_timeout: Option<String>,
    /// Platforms that every container image must have, one per line, such as `linux/amd64`; default: the platforms that it lists
    #[arg(long, value_name = "PLATFORMS", action = ArgAction::Append)]
    pub image_platforms: Vec<String>,
    #[command(flatten)]
    pub common: CommonArgs,
}
