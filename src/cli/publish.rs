//! The arguments of `publish`.

use clap::{ArgAction, Args};

use super::{ArtifactsInput, BuildersInput, CommonArgs, PlanInput, SigningInput};

/// Arguments of `publish`, as they were typed.
#[derive(Debug, Default, Args)]
pub struct PublishArgs {
    #[command(flatten)]
    pub plan: PlanInput,
    #[command(flatten)]
    pub artifacts: ArtifactsInput,
    /// Output `findings` of the phase `plan`, or `@` and the path of a file with it: if there is no plan, they are what is said
    #[arg(long, value_name = "JSON")]
    pub findings: Option<String>,
    /// Results of the jobs before this one: `${{ toJSON(needs) }}`; `none` if the release needs no tests
    #[arg(long, value_name = "JSON")]
    pub needs: Option<String>,
    /// Jobs that may be skipped, one per line
    #[arg(long, value_name = "JOBS", action = ArgAction::Append)]
    pub optional_jobs: Vec<String>,
    /// Legs of the tests that must have recorded a success with `record-tests`: their names, one per line, or their number
    #[arg(long, value_name = "LEGS", action = ArgAction::Append)]
    pub test_legs: Vec<String>,
    /// Checks of the commit that must have succeeded, one per line, with `*` for any characters; `name=neutral,skipped` accepts these results as well
    #[arg(long, value_name = "CHECKS", action = ArgAction::Append)]
    pub required_checks: Vec<String>,
    /// File that becomes the asset `release-logs.zip`, such as `download-logs` writes it; the evidence names it
    #[arg(long, value_name = "FILE")]
    pub logs: Option<String>,
    /// Make a page about the release of its evidence, and attach it as the asset `release-report.html`
    #[arg(long)]
    pub report: bool,
    /// Do everything but the last request: the draft is checked and complete, and a person publishes it on its page
    #[arg(long)]
    pub leave_draft: bool,
    #[command(flatten)]
    pub builders: BuildersInput,
    #[command(flatten)]
    pub sigstore: SigningInput,
    #[command(flatten)]
    pub common: CommonArgs,
}
