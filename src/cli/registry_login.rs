//! What `registry-login` takes.

use clap::{ArgAction, Args};

use super::PlanInput;

/// Arguments of `registry-login`, as they were typed.
#[derive(Debug, Default, Args)]
pub struct RegistryLoginArgs {
    #[command(flatten)]
    pub plan: PlanInput,
    /// Images or repositories to log in for, in place of those of the plan, one per line; with neither, the file has no credentials
    #[arg(long, value_name = "IMAGES", action = ArgAction::Append)]
    pub images: Vec<String>,
    /// User name at the images' registry; the password comes from the input `registry-password` or the variable `REGISTRY_PASSWORD`
    #[arg(long, value_name = "NAME")]
    pub registry_username: Option<String>,
    /// File to write, below the working folder
    #[arg(long, value_name = "FILE")]
    pub output: Option<String>,
}
