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
    /// Legs whose jobs have ended, one per line, as `LEG=JOB` with the name of the job as GitHub shows it, without those of the calling jobs before it; `LEG` alone if the job is called so. This job signs their results: it takes from GitHub how each job of the run ended, and refuses a leg whose commit status says anything else; takes the place of `leg` and `result`
    #[arg(long, value_name = "LEGS", action = ArgAction::Append)]
    pub legs: Vec<String>,
    /// Only set the commit status of the leg: a job that runs nothing of the module signs the result, with `legs`
    #[arg(long)]
    pub status_only: bool,
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
