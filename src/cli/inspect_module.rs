//! The arguments of `inspect-module`.

use clap::Args;

use super::RegistryArgs;

/// Arguments of `inspect-module`, as they were typed.
#[derive(Debug, Default, Args)]
pub struct InspectModuleArgs {
    /// Module image, by tag or by digest
    #[arg(value_name = "IMAGE")]
    pub image: String,
    /// Print JSON instead of a tree
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub registry: RegistryArgs,
    /// Log every request that is sent
    #[arg(long)]
    pub verbose: bool,
}
