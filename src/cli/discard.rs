//! The arguments of `discard`.

use clap::Args;

use super::{CommonArgs, PlanInput, ReleaseByVersion};

/// Arguments of `discard`, as they were typed.
#[derive(Debug, Default, Args)]
pub struct DiscardArgs {
    #[command(flatten)]
    pub release: ReleaseByVersion,
    /// Delete nothing, but put the mark of btp-release back into the text of its draft, which somebody replaced; with `plan`, the mark of that plan, in place of a version
    #[arg(long)]
    pub adopt: bool,
    #[command(flatten)]
    pub plan: PlanInput,
    #[command(flatten)]
    pub common: CommonArgs,
}
