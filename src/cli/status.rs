//! The arguments of `status`.

use clap::Args;

use super::CommonArgs;

/// Arguments of `status`, as they were typed.
#[derive(Debug, Default, Args)]
pub struct StatusArgs {
    /// Version of the release, such as `v1.2.0`
    #[arg(value_name = "VERSION")]
    pub version: Option<String>,
    /// How tags are made from versions, with `{version}` in it; default: the version as it was typed
    #[arg(long, value_name = "FORMAT")]
    pub tag_format: Option<String>,
    #[command(flatten)]
    pub common: CommonArgs,
}
