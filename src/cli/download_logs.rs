//! What `download-logs` takes.

use clap::Args;

/// Arguments of `download-logs`, as they were typed.
#[derive(Debug, Default, Args)]
pub struct DownloadLogsArgs {
    /// File to write, below the working folder
    #[arg(long, value_name = "FILE")]
    pub output: Option<String>,
    /// Log every request
    #[arg(long)]
    pub verbose: bool,
}
