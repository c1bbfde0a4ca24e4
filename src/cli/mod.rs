//! What was typed, on a command line or as the inputs of a step: kept as text, with no meaning given to it yet.
//!
//! The descriptions below are the documentation: `--help`, `docs/inputs.md` and `action.yml` are made of them.

mod check_pods;
mod download_asset;
mod image_settings;
mod local;
mod registry_login;
mod release_settings;
mod step;
mod step_command;

use clap::{ArgAction, Args, Parser, Subcommand};

pub use check_pods::CheckPodsArgs;
pub use download_asset::DownloadAssetArgs;
pub use image_settings::ImageSettingsArgs;
pub use local::InspectModuleArgs;
#[cfg(feature = "rehearse")]
pub use local::RehearseArgs;
pub use registry_login::RegistryLoginArgs;
pub use release_settings::ReleaseSettingsArgs;
pub use step::{SECRET_INPUTS, arguments_of_step};
pub use step_command::StepCommand;

/// Releases Kyma modules: what is published is what was tagged, built and tested.
#[derive(Debug, Parser)]
#[command(name = "btp-release", version, disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one in a process")]
pub enum Command {
    #[command(flatten)]
    Phase(PhaseArgs),
    #[command(flatten)]
    Step(StepCommand),
    /// Show what a module image is made of: layers, sources and images; needs no token for GitHub
    InspectModule(InspectModuleArgs),
    /// Run a whole release on this machine, against stand-ins for GitHub and the registry
    #[cfg(feature = "rehearse")]
    Rehearse(RehearseArgs),
}

#[derive(Debug, Subcommand)]
pub enum PhaseArgs {
    /// Check the version, the repository and the rights, and work the whole release out; writes nothing
    Plan(PlanArgs),
    /// Create the draft release, then the tag, which starts the builders
    Draft(DraftArgs),
    /// Make and push the module image, and write the files of the release
    BuildModule(BuildModuleArgs),
    /// Bring files into the draft as assets, by content
    Upload(UploadArgs),
    /// Wait for the assets and images, and find out their digests
    Await(AwaitArgs),
    /// Unpack the module image, by digest, into a folder
    FetchModule(FetchModuleArgs),
    /// Record how a leg of the tests ended, for exactly the artifacts that it tested
    RecordTests(RecordTestsArgs),
    /// Read every promise again, and publish the release
    Publish(PublishArgs),
    /// Check a published release against its evidence and the world
    Verify(VerifyArgs),
    /// Delete our own draft and tag
    Discard(DiscardArgs),
}

impl PhaseArgs {
    pub fn common(&self) -> &CommonArgs {
        match self {
            Self::Plan(args) => &args.common,
            Self::Draft(args) => &args.common,
            Self::BuildModule(args) => &args.common,
            Self::Upload(args) => &args.common,
            Self::Await(args) => &args.common,
            Self::FetchModule(args) => &args.common,
            Self::RecordTests(args) => &args.common,
            Self::Publish(args) => &args.common,
            Self::Verify(args) => &args.common,
            Self::Discard(args) => &args.common,
        }
    }
}

/// What every phase takes.
#[derive(Debug, Default, Args)]
pub struct CommonArgs {
    /// Repository to release, `owner/name`; default: the one that the workflow runs in
    #[arg(long, value_name = "OWNER/NAME")]
    pub repository: Option<String>,
    /// Longest time that this phase may take, such as `20m` or `90s`; default: `20m` for `await`, `5m` for the others
    #[arg(long, value_name = "DURATION")]
    pub timeout: Option<String>,
    /// Look and decide as always, and change nothing: say what would be done next
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub registry: RegistryArgs,
    /// Log every request
    #[arg(long)]
    pub verbose: bool,
}

/// Who we are at the images' registry.
#[derive(Debug, Default, Args)]
pub struct RegistryArgs {
    /// User name at the images' registry; the password comes from the input `registry-password` or the variable `REGISTRY_PASSWORD`
    #[arg(long, value_name = "NAME")]
    pub registry_username: Option<String>,
    /// Docker `config.json` with credentials for registries, such as `docker login` writes it
    #[arg(long, value_name = "FILE")]
    pub registry_config: Option<String>,
}

#[derive(Debug, Default, Args)]
pub struct PlanArgs {
    /// Version to release, such as `v1.2.0`: the tag and the release are called exactly so
    #[arg(value_name = "VERSION")]
    pub version: Option<String>,
    /// How tags are made from versions, with `{version}` in it, such as `api/v{version}`; default: as the version was typed
    #[arg(long, value_name = "FORMAT")]
    pub tag_format: Option<String>,
    /// Commit to release, by its full hash; default: the one that the workflow runs on
    #[arg(long, value_name = "SHA")]
    pub commit: Option<String>,
    /// Release that the notes start from; default: the highest published one below this version
    #[arg(long, value_name = "TAG")]
    pub previous_tag: Option<String>,
    /// Whether this is a prerelease: `auto` (by the version), `true` or `false`
    #[arg(long, value_name = "WHEN")]
    pub prerelease: Option<String>,
    /// Whether GitHub shows this release as the latest: `auto` (if none is higher by then), `true` or `false`
    #[arg(long, value_name = "WHEN")]
    pub make_latest: Option<String>,
    /// What to do with our own draft of an earlier run: `resume`, `fail` or `replace`
    #[arg(long, value_name = "POLICY")]
    pub on_existing: Option<String>,
    /// Reason to replace a published release of ours that is not immutable; takes `on-existing: replace`, and is recorded in the evidence
    #[arg(long, value_name = "REASON")]
    pub replace_published: Option<String>,
    /// Branch onto which nothing may be merged until the release is published
    #[arg(long, value_name = "BRANCH")]
    pub guard_branch: Option<String>,
    /// File with the release notes; default: GitHub generates them
    #[arg(long, value_name = "FILE")]
    pub notes_file: Option<String>,
    /// Names of all assets that the published release has, one a line
    #[arg(long, value_name = "NAMES", action = ArgAction::Append)]
    pub assets: Vec<String>,
    /// Image of the module's manager; `{version}` and `{tag}` are filled in, and without a tag it is the release's
    #[arg(long, value_name = "IMAGE")]
    pub binary_image: Option<String>,
    /// Further images that the release needs, one a line, written like `binary-image`
    #[arg(long, value_name = "IMAGES", action = ArgAction::Append)]
    pub extra_images: Vec<String>,
    /// Module as an OCM component, such as `kyma.project.io/module/btp-operator`
    #[arg(long, value_name = "NAME")]
    pub module_name: Option<String>,
    /// Registry and path below which module images lie, such as `registry.example/kyma-project/prod/unsigned`
    #[arg(long, value_name = "REPOSITORY")]
    pub module_registry: Option<String>,
    /// Tag of the module image; default: `v{version}`
    #[arg(long, value_name = "TAG")]
    pub module_tag: Option<String>,
    #[command(flatten)]
    pub common: CommonArgs,
}

/// The plan that the later phases take.
#[derive(Debug, Default, Args)]
pub struct PlanInput {
    /// Output `plan` of the phase `plan`, or `@` and the path of a file with it
    #[arg(long, value_name = "JSON")]
    pub plan: Option<String>,
}

#[derive(Debug, Default, Args)]
pub struct DraftArgs {
    #[command(flatten)]
    pub plan: PlanInput,
    #[command(flatten)]
    pub common: CommonArgs,
}

#[derive(Debug, Default, Args)]
pub struct BuildModuleArgs {
    #[command(flatten)]
    pub plan: PlanInput,
    /// Rendered manifest of the module, such as `kustomize build` prints it
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<String>,
    /// Default custom resource of the module
    #[arg(long, value_name = "FILE")]
    pub default_cr: Option<String>,
    /// Configuration of the module, as the Kyma CLI or modulectl takes it
    #[arg(long, value_name = "FILE")]
    pub module_config: Option<String>,
    /// Configuration of the security scanners, such as `sec-scanners-config.yaml`
    #[arg(long, value_name = "FILE")]
    pub security_config: Option<String>,
    /// Channel that the template is for; default: the one of `module-config`, or `regular`
    #[arg(long, value_name = "CHANNEL")]
    pub channel: Option<String>,
    /// Form of the component descriptor: `2023` (Kyma CLI 2.15) or `local-blob` (today's); default: `2023`
    #[arg(long, value_name = "FORM")]
    pub descriptor_style: Option<String>,
    /// Form of the template: `v1beta1` (with a target), `v1beta2`, `of-config` (Kyma CLI 2.20, repeats `module-config`) or `today` (only with `local-blob`); default: `v1beta2`, and `today` with `local-blob`
    #[arg(long, value_name = "FORM")]
    pub template_form: Option<String>,
    /// Folder for the files of the release; default: `module-release`
    #[arg(long, value_name = "FOLDER")]
    pub output_dir: Option<String>,
    /// Write the component version as an OCM archive (CTF) as well: a folder, or one file where this ends in `.tgz`
    #[arg(long, value_name = "PATH")]
    pub ctf: Option<String>,
    /// Write files only, and ask no registry for anything: with `ctf`, all of the module is in the archive
    #[arg(long)]
    pub no_push: bool,
    /// Repository of the same registry that may hold the module's layers already, such as the module's below another prefix: what is there is mounted instead of being sent
    #[arg(long, value_name = "REPOSITORY")]
    pub mount_from: Option<String>,
    #[command(flatten)]
    pub common: CommonArgs,
}

#[derive(Debug, Default, Args)]
pub struct UploadArgs {
    #[command(flatten)]
    pub plan: PlanInput,
    /// Files to upload, one a line: a path, or `path=name` where the asset is called otherwise
    #[arg(long, value_name = "FILES", action = ArgAction::Append)]
    pub files: Vec<String>,
    #[command(flatten)]
    pub common: CommonArgs,
}

#[derive(Debug, Default, Args)]
pub struct AwaitArgs {
    #[command(flatten)]
    pub plan: PlanInput,
    /// Longest pause between two looks; default: `10s`
    #[arg(long, value_name = "DURATION")]
    pub await_interval: Option<String>,
    #[command(flatten)]
    pub builders: BuildersInput,
    /// How long each of `builder-checks` may take to appear; default: `3m`
    #[arg(long, value_name = "DURATION")]
    pub builder_start_timeout: Option<String>,
    /// Platforms that every container image must have, one a line, such as `linux/amd64`; default: those that it has
    #[arg(long, value_name = "PLATFORMS", action = ArgAction::Append)]
    pub image_platforms: Vec<String>,
    #[command(flatten)]
    pub common: CommonArgs,
}

/// Who makes the artifacts.
#[derive(Debug, Default, Args)]
pub struct BuildersInput {
    /// Check runs, commit statuses or workflows that make the artifacts, one a line, `*` for any characters: a wait ends when one of them failed, and the evidence names their runs
    #[arg(long, value_name = "NAMES", action = ArgAction::Append)]
    pub builder_checks: Vec<String>,
}

/// The digests that the later phases take.
#[derive(Debug, Default, Args)]
pub struct ArtifactsInput {
    /// Output `artifacts` of the phase `await`, or `@` and the path of a file with it
    #[arg(long, value_name = "JSON")]
    pub artifacts: Option<String>,
}

#[derive(Debug, Default, Args)]
pub struct FetchModuleArgs {
    #[command(flatten)]
    pub plan: PlanInput,
    #[command(flatten)]
    pub artifacts: ArtifactsInput,
    /// Module image by digest, in place of the one among the artifacts
    #[arg(long, value_name = "IMAGE@DIGEST")]
    pub module_image: Option<String>,
    /// Folder to unpack into, below the working folder; default: `module`
    #[arg(long, value_name = "FOLDER")]
    pub module_dir: Option<String>,
    #[command(flatten)]
    pub common: CommonArgs,
}

#[derive(Debug, Default, Args)]
pub struct RecordTestsArgs {
    #[command(flatten)]
    pub plan: PlanInput,
    #[command(flatten)]
    pub artifacts: ArtifactsInput,
    /// Name of the leg, such as `k3s-1.31`
    #[arg(long, value_name = "NAME")]
    pub leg: Option<String>,
    /// How the tests ended: `success` or `failure`; default: `success`
    #[arg(long, value_name = "RESULT")]
    pub result: Option<String>,
    #[command(flatten)]
    pub common: CommonArgs,
}

#[derive(Debug, Default, Args)]
pub struct VerifyArgs {
    /// Version that was published, such as `v1.2.0`
    #[arg(value_name = "VERSION")]
    pub version: Option<String>,
    /// How tags are made from versions, with `{version}` in it; default: as the version was typed
    #[arg(long, value_name = "FORMAT")]
    pub tag_format: Option<String>,
    #[command(flatten)]
    pub common: CommonArgs,
}

#[derive(Debug, Default, Args)]
pub struct PublishArgs {
    #[command(flatten)]
    pub plan: PlanInput,
    #[command(flatten)]
    pub artifacts: ArtifactsInput,
    /// Results of the jobs before this one: `${{ toJSON(needs) }}`; `none` says that no test is asked for
    #[arg(long, value_name = "JSON")]
    pub needs: Option<String>,
    /// Jobs that may be skipped, one a line
    #[arg(long, value_name = "JOBS", action = ArgAction::Append)]
    pub optional_jobs: Vec<String>,
    /// Legs of the tests that must have recorded a verdict with `record-tests`: their names, one a line, or their number
    #[arg(long, value_name = "LEGS", action = ArgAction::Append)]
    pub test_legs: Vec<String>,
    /// Checks at the commit that must be green, one a line, `*` for any characters; `name=neutral,skipped` takes these for green as well
    #[arg(long, value_name = "CHECKS", action = ArgAction::Append)]
    pub required_checks: Vec<String>,
    #[command(flatten)]
    pub builders: BuildersInput,
    #[command(flatten)]
    pub common: CommonArgs,
}

#[derive(Debug, Default, Args)]
pub struct DiscardArgs {
    /// Version whose draft and tag are deleted, such as `v1.2.0`
    #[arg(value_name = "VERSION")]
    pub version: Option<String>,
    /// How tags are made from versions, with `{version}` in it; default: as the version was typed
    #[arg(long, value_name = "FORMAT")]
    pub tag_format: Option<String>,
    #[command(flatten)]
    pub common: CommonArgs,
}
