//! The arguments of `verify`.

use clap::Args;

use super::{CommonArgs, ReleaseInput};

/// Arguments of `verify`, as they were typed.
#[derive(Debug, Default, Args)]
pub struct VerifyArgs {
    #[command(flatten)]
    pub release: ReleaseInput,
    #[command(flatten)]
    pub common: CommonArgs,
}
