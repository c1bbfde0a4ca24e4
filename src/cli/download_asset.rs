//! What `download-asset` takes.

use clap::Args;

/// Arguments of `download-asset`, as they were typed.
#[derive(Debug, Default, Args)]
pub struct DownloadAssetArgs {
    /// Repository to release, `owner/name`; default: the one that the workflow runs in or, on a terminal, that the checkout is of
    #[arg(long, value_name = "OWNER/NAME")]
    pub repository: Option<String>,
    /// Tag of a release, such as `v1.2.0`
    #[arg(long, value_name = "TAG")]
    pub tag: Option<String>,
    /// Name of the asset, such as `rendered.yaml`
    #[arg(long, value_name = "NAME")]
    pub asset: Option<String>,
    /// File to write, below the working folder
    #[arg(long, value_name = "FILE")]
    pub output: Option<String>,
    /// Log every request
    #[arg(long)]
    pub verbose: bool,
}
