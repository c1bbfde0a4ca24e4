//! The arguments of `draft`.

use clap::Args;

use super::{CommonArgs, PlanInput};

/// Arguments of `draft`, as they were typed.
#[derive(Debug, Default, Args)]
pub struct DraftArgs {
    #[command(flatten)]
    pub plan: PlanInput,
    #[command(flatten)]
    pub common: CommonArgs,
}
