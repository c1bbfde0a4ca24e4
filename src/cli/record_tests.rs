//! The arguments of `record-tests`.

use clap::{ArgAction, Args};

use super::{ArtifactsInput, CommonArgs, PlanInput, SigningInput};

/// Arguments of `record-tests`, as they were typed.
#[derive(Debug, Default, Args)]
pub struct RecordTestsArgs {
    #[command(flatten)]
    pub plan: PlanInput,
    #[command(flatten)]
    pub artifacts: ArtifactsInput,
    /// Name of this leg of the tests, such as `k3s-1.31`
    #[arg(long, value_name = "NAME")]
    pub leg: Option<String>,
    /// How the tests ended: `success` or `failure`; default: `success`
    #[arg(long, value_name = "RESULT")]
    pub result: Option<String>,
    /// Page that shows how the tests ran; default: the page of the workflow run
    #[arg(long, value_name = "URL")]
    pub details_url: Option<String>,
    /// What the tests ran with, as `NAME=VALUE`, one per line, such as `k3s=v1.31.4+k3s1`: a part of the signed result
    #[arg(long, value_name = "SETTINGS", action = ArgAction::Append)]
    pub test_configuration: Vec<String>,
    #[command(flatten)]
    pub sigstore: SigningInput,
    #[command(flatten)]
    pub common: CommonArgs,
}
