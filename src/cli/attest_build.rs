//! The arguments of `attest-build`.

use clap::Args;

use super::{CommonArgs, PlanInput, SigningInput};

/// Arguments of `attest-build`, as they were typed.
#[derive(Debug, Default, Args)]
pub struct AttestBuildArgs {
    #[command(flatten)]
    pub plan: PlanInput,
    /// Image that was built: `binary`, `module`, or a further image as in `extra-images`
    #[arg(long, value_name = "NAME")]
    pub image: Option<String>,
    /// Digest that the build pushed: another one under the image's tag is refused; default: the one that the tag shows twice
    #[arg(long, value_name = "DIGEST")]
    pub digest: Option<String>,
    /// The build found the image and did not build it: nothing is signed, and the provenance of the run that built it has to exist
    #[arg(long)]
    pub already_built: bool,
    /// What the caller chose for the build, as a JSON object of at most 64 KiB, such as `{"dockerfile": "Dockerfile"}`: a part of the signed provenance
    #[arg(long, value_name = "JSON")]
    pub build_parameters: Option<String>,
    /// Workflow that has the job of this step, with its ref: `${{ job.workflow_ref }}`; it is the builder that the provenance names; default: the workflow that was started
    #[arg(long, value_name = "WORKFLOW")]
    pub job_workflow: Option<String>,
    /// Attempt of the run in which the build ran; default: this one
    #[arg(long, value_name = "NUMBER")]
    pub build_attempt: Option<String>,
    /// Bill of materials that the build wrote: a file with SPDX or CycloneDX as JSON, of at most 8 MiB; it is signed as it is, and none is made
    #[arg(long, value_name = "FILE")]
    pub sbom: Option<String>,
    #[command(flatten)]
    pub sigstore: SigningInput,
    #[command(flatten)]
    pub common: CommonArgs,
}
