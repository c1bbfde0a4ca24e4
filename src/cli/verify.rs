//! The arguments of `verify`.

use clap::Args;

use super::{CommonArgs, ReleaseByVersion, TrustInput};

/// Arguments of `verify`, as they were typed.
#[derive(Debug, Default, Args)]
pub struct VerifyArgs {
    #[command(flatten)]
    pub release: ReleaseByVersion,
    #[command(flatten)]
    pub trust: TrustInput,
    #[command(flatten)]
    pub common: CommonArgs,
}
