//! What `finish-settings` takes.

use clap::{ArgAction, Args};

/// Arguments of `finish-settings`, as they were typed.
#[derive(Debug, Default, Args)]
pub struct FinishSettingsArgs {
    /// Results and outputs of the jobs before this one: `${{ toJSON(needs) }}`, or `@` and the path of a file with it
    #[arg(long, value_name = "JSON")]
    pub needs: Option<String>,
    /// Jobs that may be skipped, one per line, beside those that the release does not have
    #[arg(long, value_name = "JOBS", action = ArgAction::Append)]
    pub optional_jobs: Vec<String>,
}
