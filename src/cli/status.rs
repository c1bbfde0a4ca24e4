//! The arguments of `status`.

use clap::Args;

use super::{CommonArgs, ReleaseByVersion};

/// Arguments of `status`, as they were typed.
#[derive(Debug, Default, Args)]
pub struct StatusArgs {
    #[command(flatten)]
    pub release: ReleaseByVersion,
    #[command(flatten)]
    pub common: CommonArgs,
}
