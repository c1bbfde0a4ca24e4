//! What was typed, on a command line or as the inputs of a step: kept as text, with no meaning given to it yet.
//!
//! Each command has a file of its own here; this one holds the list of commands and the arguments that several of them take.
//! The descriptions are the documentation: `--help`, `action.yml`, `docs/inputs.md` and `docs/outputs.md` are generated from them.

mod attest_build;
mod await_artifacts;
mod build_module;
mod check_pods;
mod command_line;
mod discard;
mod download_asset;
mod download_logs;
mod draft;
mod fetch_module;
mod finish_settings;
mod image_settings;
#[cfg(feature = "rehearse")]
mod init;
mod inspect_module;
mod plan;
mod propose;
mod publish;
mod ready;
mod record_tests;
mod reference;
mod registry_login;
#[cfg(feature = "rehearse")]
mod rehearse;
mod release_settings;
mod report;
#[cfg(feature = "rehearse")]
mod shell_files;
mod status;
mod step_command;
mod step_inputs;
mod upload;
mod verify;
mod verify_bundle;
mod version_rules;

use clap::{ArgAction, Args, Parser, Subcommand};

pub use attest_build::AttestBuildArgs;
pub use await_artifacts::AwaitArgs;
pub use build_module::BuildModuleArgs;
pub use check_pods::CheckPodsArgs;
pub use discard::DiscardArgs;
pub use download_asset::DownloadAssetArgs;
pub use download_logs::DownloadLogsArgs;
pub use draft::DraftArgs;
pub use fetch_module::FetchModuleArgs;
pub use finish_settings::FinishSettingsArgs;
pub use image_settings::ImageSettingsArgs;
#[cfg(feature = "rehearse")]
pub use init::InitArgs;
pub use inspect_module::InspectModuleArgs;
pub use plan::PlanArgs;
pub use propose::{ModuleFilesInput, ProposeArgs, ScannedFilesInput, TargetInput};
pub use publish::PublishArgs;
pub use ready::ReadyArgs;
pub use record_tests::RecordTestsArgs;
pub use reference::{
    ATTESTATIONS, OUTPUTS, OutputDescription, PERMISSIONS, PhasePermissions, READ_CONTENTS,
};
pub use registry_login::RegistryLoginArgs;
#[cfg(feature = "rehearse")]
pub use rehearse::RehearseArgs;
pub use release_settings::ReleaseSettingsArgs;
pub use report::ReportArgs;
#[cfg(feature = "rehearse")]
pub use shell_files::{CompletionsArgs, ListedCommands, ManArgs};
pub use status::StatusArgs;
pub use step_command::StepCommand;
pub use step_inputs::{SECRET_INPUTS, arguments_of_step};
pub use upload::UploadArgs;
pub use verify::VerifyArgs;
pub use verify_bundle::VerifyBundleArgs;
pub use version_rules::VersionRulesInput;

/// Releases Kyma modules: what is published is what was tagged, built and tested.
#[derive(Debug, Parser)]
#[command(name = "btp-release", version = crate::domain::PROGRAM_VERSION, disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

/// A phase of a release, a command that the workflows use between the phases, or one for people that no step may use.
#[derive(Debug, Subcommand)]
pub enum Command {
    #[command(flatten)]
    Phase(PhaseArgs),
    #[command(flatten)]
    Step(StepCommand),
    /// Show the layers, sources and images of a module image; needs no GitHub token
    InspectModule(InspectModuleArgs),
    /// Make a page about a published release of its evidence: who waited for what, and which digests were built, tested and published
    Report(ReportArgs),
    /// Look at the repository in the working folder, and write the workflow that fits; needs no network
    #[cfg(feature = "rehearse")]
    Init(InitArgs),
    /// Verify an attestation in a file: its signature, who signed it, and what it is about; asks no service
    VerifyBundle(VerifyBundleArgs),
    /// Run a whole release on this machine, against stand-ins for GitHub and the registry
    #[cfg(feature = "rehearse")]
    Rehearse(RehearseArgs),
    /// Print what a shell completes of the command line
    #[cfg(feature = "rehearse")]
    Completions(CompletionsArgs),
    /// Print the manual page, or write those of all commands
    #[cfg(feature = "rehearse")]
    Man(ManArgs),
}

/// The phases, which are both subcommands and values of the input `phase`.
#[derive(Debug, Subcommand)]
pub enum PhaseArgs {
    /// Check the version, the repository and the permissions, and work out the whole release; writes nothing
    Plan(Box<PlanArgs>),
    /// Create the draft release with its notes, then the tag, which starts the builders
    Draft(DraftArgs),
    /// Build the module image, push it or write it as an OCM archive, and write the files of the release
    BuildModule(Box<BuildModuleArgs>),
    /// Upload files to the draft release: assets with the same content are kept, incomplete ones are replaced
    Upload(UploadArgs),
    /// Sign how an image was built: its SLSA provenance and, where the build wrote one, its bill of materials
    AttestBuild(Box<AttestBuildArgs>),
    /// Wait for the assets and images, and resolve their digests
    Await(AwaitArgs),
    /// Unpack the module image, by digest, into a folder
    FetchModule(FetchModuleArgs),
    /// Record how a leg of the tests ended, for exactly the artifacts that it tested
    RecordTests(RecordTestsArgs),
    /// Check everything once more, write the evidence, and publish the release with one request
    Publish(PublishArgs),
    /// Open a pull request with the change that a release needs, in this or another repository, and see it merged
    Propose(Box<ProposeArgs>),
    /// Say which versions could be released now, what is in the way, and what was changed since the last release
    Ready(Box<ReadyArgs>),
    /// Show where a release stands: tag, draft or published release, artifacts, checks, tests, lock, and what is missing
    Status(Box<StatusArgs>),
    /// Check a published release against its evidence
    Verify(VerifyArgs),
    /// Delete the draft and the tag that btp-release made, and nothing else
    Discard(DiscardArgs),
}

/// What every phase takes.
#[derive(Debug, Default, Args)]
pub struct CommonArgs {
    /// Repository to release, `owner/name`; default: the one that the workflow runs in or, on a terminal, that the checkout is of
    #[arg(long, value_name = "OWNER/NAME")]
    pub repository: Option<String>,
    /// Longest time that this phase may take, such as `20m` or `90s`; default: `20m` for `await`, `30m` for `propose` with `merge`, `5m` for the others, and for `upload` as much more as GitHub's limits make many files take
    #[arg(long, value_name = "DURATION")]
    pub timeout: Option<String>,
    /// Change nothing: read, decide, and log what would be done next
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub registry: RegistryArgs,
    /// App ID or client ID of a GitHub App: the phase works with a token of the App, which it makes from `app-private-key` and revokes at the end; on a terminal, the variable `APP_ID`
    #[arg(long, value_name = "ID")]
    pub app_id: Option<String>,
    /// Log every request that is sent
    #[arg(long)]
    pub verbose: bool,
    /// Print the result on standard output as one JSON object of the form `btp-release-result/1`, also when the phase fails, in place of the outputs; the answers of `ready` and `status` have forms of their own
    #[arg(long)]
    pub json: bool,
}

/// The login for the registry of the images.
#[derive(Debug, Default, Args)]
pub struct RegistryArgs {
    /// User name for the registry of the images; the password comes from the input `registry-password` or the variable `REGISTRY_PASSWORD`
    #[arg(long, value_name = "NAME")]
    pub registry_username: Option<String>,
    /// Docker `config.json` with credentials for registries, as `docker login` writes it
    #[arg(long, value_name = "FILE")]
    pub registry_config: Option<String>,
}

/// A release by its version, for phases that take no plan.
#[derive(Debug, Default, Args)]
pub struct ReleaseByVersion {
    /// Version of the release, such as `v1.2.0`
    #[arg(value_name = "VERSION")]
    pub version: Option<String>,
    /// How tags are made from versions, with `{version}` in it; default: the version as it was typed
    #[arg(long, value_name = "FORMAT")]
    pub tag_format: Option<String>,
}

/// The plan that the later phases take.
#[derive(Debug, Default, Args)]
pub struct PlanInput {
    /// Output `plan` of the phase `plan`, or the path of a file with it, such as `plan --output FILE` writes; `@` before the path may be left out
    #[arg(long, value_name = "FILE")]
    pub plan: Option<String>,
}

/// Whose signatures count.
#[derive(Debug, Default, Args)]
pub struct TrustInput {
    /// File with the instances of Sigstore that are trusted (`trusted_root.json`, or several of them, each on a line, as `gh attestation trusted-root` writes them); default: the public-good instance and GitHub's
    #[arg(long, value_name = "FILE")]
    pub sigstore_trusted_root: Option<String>,
}

/// Where signatures are made, and whose count. The defaults are the public-good instance of Sigstore for public repositories, and
/// GitHub's for private ones.
#[derive(Debug, Default, Args)]
pub struct SigningInput {
    #[command(flatten)]
    pub trust: TrustInput,
    /// File with the services that sign (`signing_config.v0.2.json`); default: those of the public-good instance for a public repository, and GitHub's for a private one
    #[arg(long, value_name = "FILE")]
    pub sigstore_signing_config: Option<String>,
}

/// What a release consists of, for the phases that no plan tells it.
#[derive(Debug, Default, Args)]
pub struct ReleaseContentInput {
    /// Names of all assets that the published release has, one per line
    #[arg(long, value_name = "NAMES", action = ArgAction::Append)]
    pub assets: Vec<String>,
    /// Image of the module's manager; `{version}` and `{tag}` are filled in, and its default tag is the release's or, with `commit-build`, the commit's version
    #[arg(long, value_name = "IMAGE")]
    pub binary_image: Option<String>,
    /// Further images that the release needs, one per line, in the form of `binary-image`
    #[arg(long, value_name = "IMAGES", action = ArgAction::Append)]
    pub extra_images: Vec<String>,
    #[command(flatten)]
    pub module: ModuleInput,
    /// Which tool's module the release has: `modulectl-3` (the one that Lifecycle Manager installs today), `kyma-cli-2` (the one of 2023) or `both` (one image under the tags of both, with the templates of both); it sets descriptor, templates, names and tags together; default: `modulectl-3`
    #[arg(long, value_name = "FORM")]
    pub module_form: Option<String>,
    /// Tag of the module image, which the form sets: `{version}` for `modulectl-3` and `v{version}` for `kyma-cli-2`. Given alone it selects the form that has it, and any other is for an image that is built elsewhere
    #[arg(long, value_name = "TAG")]
    pub module_tag: Option<String>,
}

/// The names of the module image, for the phases that no plan tells them.
#[derive(Debug, Default, Args)]
pub struct ModuleInput {
    /// OCM component name of the module, such as `kyma.project.io/module/btp-operator`
    #[arg(long, value_name = "NAME")]
    pub module_name: Option<String>,
    /// Registry and path for module images, such as `registry.example/kyma-project/prod/unsigned`
    #[arg(long, value_name = "REPOSITORY")]
    pub module_registry: Option<String>,
}

/// Who makes the artifacts.
#[derive(Debug, Default, Args)]
pub struct BuildersInput {
    /// Check runs, commit statuses or workflows that make the artifacts, one per line, with `*` for any characters: the wait ends if one of them fails, and the evidence names their runs
    #[arg(long, value_name = "NAMES", action = ArgAction::Append)]
    pub builder_checks: Vec<String>,
}

/// The digests that the later phases take.
#[derive(Debug, Default, Args)]
pub struct ArtifactsInput {
    /// Output `artifacts` of the phase `await`, or the path of a file with it; `@` before the path may be left out
    #[arg(long, value_name = "FILE")]
    pub artifacts: Option<String>,
}
