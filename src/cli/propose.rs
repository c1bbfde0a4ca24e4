//! The arguments of `propose`.

use clap::{ArgAction, Args};

use super::{CommonArgs, ModuleInput, PlanInput, ReleaseByVersion, TrustInput};

/// Arguments of `propose`, as they were typed.
#[derive(Debug, Default, Args)]
pub struct ProposeArgs {
    #[command(flatten)]
    pub release: ReleaseByVersion,
    #[command(flatten)]
    pub plan: PlanInput,
    /// What is proposed: `bump` (what the repository says of its version, before it is released), `submission` (the configuration of a released version, in the repository of all modules) or `promotion` (a released version in a `channel`); default: `bump`
    #[arg(long, value_name = "KIND")]
    pub kind: Option<String>,
    /// Files to change, one per line: `path=path-in-the-repository`, or a path that is the same in both
    #[arg(long, value_name = "FILES", action = ArgAction::Append)]
    pub files: Vec<String>,
    /// Values to change in YAML files of the repository, one per line: `FILE: PATH = VALUE`, such as `config/kustomization.yaml: images[name=controller].newTag = {version}`, with `{version}`, `{tag}` and `{commit}` filled in; `PATH:tag` changes the tag of an image
    #[arg(long, value_name = "EDITS", action = ArgAction::Append)]
    pub set: Vec<String>,
    #[command(flatten)]
    pub scanned: ScannedFilesInput,
    /// Commit that the release begins from, by its full hash; default: the plan's
    #[arg(long, value_name = "SHA")]
    pub commit: Option<String>,
    /// Branch that is proposed, and belongs to btp-release; `{version}` and `{tag}` are filled in; default: `release/KIND/{tag}`, of a promotion `release/promotion/CHANNEL/{tag}`
    #[arg(long, value_name = "BRANCH")]
    pub head_branch: Option<String>,
    /// Branch that the pull request is to be merged into; default: the default branch
    #[arg(long, value_name = "BRANCH")]
    pub base_branch: Option<String>,
    /// Title of the pull request and first line of its commit; `{version}`, `{tag}` and `{commit}` are filled in; default: `Prepare the release {tag}`, `Submit MODULE {version}` or `Promote MODULE {version} to CHANNEL`
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// Text of the pull request, or `@` and the path of a file with it; `{version}`, `{tag}` and `{commit}` are filled in
    #[arg(long, value_name = "TEXT")]
    pub body: Option<String>,
    /// Who merges: `none` (nobody is waited for), `wait` (a person or another program is waited for), `squash` (this step, once nothing is in the way) or `auto` (GitHub, by auto-merge or the merge queue); default: `none`
    #[arg(long, value_name = "WHO")]
    pub merge: Option<String>,
    /// What else may be merged since the commit that the release begins from: `only-ours` (nothing) or `anything`; default: `only-ours` where that commit is known and of the same repository
    #[arg(long, value_name = "RULE")]
    pub guard: Option<String>,
    #[command(flatten)]
    pub module: ModuleInput,
    /// Configuration of the module, in the format of the Kyma CLI or of modulectl
    #[arg(long, value_name = "FILE")]
    pub module_config: Option<String>,
    /// Channel that gets the version, of `propose`; of `build-module`, channel of the template, by default the one in `module-config`, or `regular`
    #[arg(long, value_name = "CHANNEL")]
    pub channel: Option<String>,
    /// Channels in the order in which they get a version, one per line or with commas, such as `fast, regular`: a promotion begins when each channel before its own has the version or a higher one. With `merge` it is waited for until `timeout`, without it is refused; default: no order
    #[arg(long, value_name = "CHANNELS", action = ArgAction::Append)]
    pub channel_order: Vec<String>,
    #[command(flatten)]
    pub module_files: ModuleFilesInput,
    #[command(flatten)]
    pub target: TargetInput,
    #[command(flatten)]
    pub trust: TrustInput,
    #[command(flatten)]
    pub common: CommonArgs,
}

/// The files of the security scanners that a bump changes, and the images that are set in them.
#[derive(Debug, Default, Args)]
pub struct ScannedFilesInput {
    /// Configuration of the security scanners, such as `sec-scanners-config.yaml`; of `propose`, the file of the repository in which a bump sets `rc-tag` and the images of the release
    #[arg(long, value_name = "FILE")]
    pub security_config: Option<String>,
    /// List of the security scanners; of `build-module`, its images are replaced by the manifest's in a copy, default: `component-config.yaml`, if it exists; of `propose`, the file of the repository in which a bump sets the images of the release
    #[arg(long, value_name = "FILE")]
    pub component_config: Option<String>,
    /// Image of the module's manager; `{version}` and `{tag}` are filled in, and its default tag is the release's or, with `commit-build`, the commit's version
    #[arg(long, value_name = "IMAGE")]
    pub binary_image: Option<String>,
    /// Further images that the release needs, one per line, in the form of `binary-image`
    #[arg(long, value_name = "IMAGES", action = ArgAction::Append)]
    pub extra_images: Vec<String>,
}

/// The files of a module in the repository of all modules.
#[derive(Debug, Default, Args)]
pub struct ModuleFilesInput {
    /// Path of the configuration with which a version is submitted, in the repository of all modules; `{module}`, `{version}` and `{tag}` are filled in; default: `modules/{module}/{version}/module-config.yaml`
    #[arg(long, value_name = "PATH")]
    pub submission_file: Option<String>,
    /// Path of the versions of the module's channels, in the repository of all modules; `{module}` is filled in; default: `modules/{module}/module-releases.yaml`
    #[arg(long, value_name = "PATH")]
    pub releases_file: Option<String>,
}

/// The repository in which a change is proposed, where it is not the one that is released.
#[derive(Debug, Default, Args)]
pub struct TargetInput {
    /// Repository in which the pull request is opened, `owner/name`, by default the one that is released; of `status`, the repository of all modules, which is read only if it is named
    #[arg(long, value_name = "OWNER/NAME")]
    pub target_repository: Option<String>,
    /// Address of the API of that repository's GitHub, such as `https://HOST/api/v3`; default: the one of the repository that is released
    #[arg(long, value_name = "URL")]
    pub target_api_url: Option<String>,
    /// App ID or client ID of a GitHub App for that repository, whose key is `target-app-private-key`
    #[arg(long, value_name = "ID")]
    pub target_app_id: Option<String>,
}
