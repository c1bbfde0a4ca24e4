//! The arguments of `fetch-module`.

use clap::Args;

use super::{ArtifactsInput, CommonArgs, PlanInput};

/// Arguments of `fetch-module`, as they were typed.
#[derive(Debug, Default, Args)]
pub struct FetchModuleArgs {
    #[command(flatten)]
    pub plan: PlanInput,
    #[command(flatten)]
    pub artifacts: ArtifactsInput,
    /// Module image by digest, instead of the one in `artifacts`
    #[arg(long, value_name = "IMAGE@DIGEST")]
    pub module_image: Option<String>,
    /// Folder to unpack into, inside the working folder; default: `module`
    #[arg(long, value_name = "FOLDER")]
    pub module_dir: Option<String>,
    #[command(flatten)]
    pub common: CommonArgs,
}
