//! The arguments of `draft`.

use clap::Args;

use super::{CommonArgs, PlanInput};

#[derive(Debug, Default, Args)]
pub struct DraftArgs {
    #[command(flatten)]
    pub plan: PlanInput,
    #[command(flatten)]
    pub common: CommonArgs,
}
