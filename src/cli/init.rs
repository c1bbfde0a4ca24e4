//! The arguments of `init`.

use clap::Args;

/// Arguments of `init`, as they were typed.
#[derive(Debug, Default, Args)]
pub struct InitArgs {
    /// Folder of the module, where the repository has several; default: the only one with a Dockerfile, if the top folder has nothing to release
    #[arg(long, value_name = "FOLDER")]
    pub directory: Option<String>,
    /// Write the workflow into this file, which must not exist; default: `.github/workflows/release.yaml` of the repository
    #[arg(long, value_name = "FILE")]
    pub output: Option<String>,
    /// Write no file: print the workflow
    #[arg(long, conflicts_with = "output")]
    pub dry_run: bool,
}
