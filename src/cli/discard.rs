//! The arguments of `discard`.

use clap::Args;

use super::{CommonArgs, ReleaseByVersion};

/// Arguments of `discard`, as they were typed.
#[derive(Debug, Default, Args)]
pub struct DiscardArgs {
    #[command(flatten)]
    pub release: ReleaseByVersion,
    #[command(flatten)]
    pub common: CommonArgs,
}
