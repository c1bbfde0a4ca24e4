//! The arguments of `report`.

use clap::Args;

use super::ReleaseByVersion;

/// Arguments of `report`, as they were typed.
#[derive(Debug, Default, Args)]
pub struct ReportArgs {
    #[command(flatten)]
    pub release: ReleaseByVersion,
    /// File with the evidence, in place of a published release: needs no GitHub token and no network
    #[arg(long, value_name = "FILE", conflicts_with = "version")]
    pub evidence: Option<String>,
    /// File for the page
    #[arg(long, value_name = "FILE", default_value = "report.html")]
    pub output: String,
    /// File for the timeline alone, as an SVG image
    #[arg(long, value_name = "FILE")]
    pub svg: Option<String>,
    /// Repository of the release, `owner/name`; default: the one that the workflow runs in or, on a terminal, that the checkout is of
    #[arg(long, value_name = "OWNER/NAME")]
    pub repository: Option<String>,
    /// Log every request that is sent
    #[arg(long)]
    pub verbose: bool,
}
