//! What `check-pods` takes.

use clap::Args;

use super::ArtifactsInput;

/// Arguments of `check-pods`, as they were typed.
#[derive(Debug, Default, Args)]
pub struct CheckPodsArgs {
    #[command(flatten)]
    pub artifacts: ArtifactsInput,
    /// File with the pods, as `kubectl get pods --all-namespaces -o json` prints them; default: standard input
    #[arg(long, value_name = "FILE")]
    pub pods: Option<String>,
}
