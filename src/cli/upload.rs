//! The arguments of `upload`.

use clap::{ArgAction, Args};

use super::{CommonArgs, PlanInput};

/// Arguments of `upload`, as they were typed.
#[derive(Debug, Default, Args)]
pub struct UploadArgs {
    #[command(flatten)]
    pub plan: PlanInput,
    /// Files to upload, one per line: a path, or `path=name` to give the asset another name; of `propose`, files to change, one per line: `path=path-in-the-repository`, or a path that is the same in both
    #[arg(long, value_name = "FILES", action = ArgAction::Append)]
    pub files: Vec<String>,
    #[command(flatten)]
    pub common: CommonArgs,
}
