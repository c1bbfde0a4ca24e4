//! What `release-settings` takes.

use clap::{ArgAction, Args};

use super::BuildersInput;

/// Arguments of `release-settings`, as they were typed.
#[derive(Debug, Default, Args)]
pub struct ReleaseSettingsArgs {
    /// Repository to release, `owner/name`; default: the one that the workflow runs in
    #[arg(long, value_name = "OWNER/NAME")]
    pub repository: Option<String>,
    /// Folder of the module, whose name becomes part of the default names of its images; default: `.`
    #[arg(long, value_name = "FOLDER")]
    pub directory: Option<String>,
    /// Who builds: `called` (jobs of the same run), `tag` (workflows that the tag starts) or `external` (builders outside, such as Prow); default: `called`
    #[arg(long, value_name = "WHO")]
    pub builders: Option<String>,
    /// Whether there is a token whose tag starts workflows, a GitHub App's or a bot's; `builders: tag` needs one
    #[arg(long)]
    pub has_release_token: bool,
    #[command(flatten)]
    pub builder_checks: BuildersInput,
    /// How tags are made from versions, with `{version}` in it, such as `api/v{version}`; default: as the version was typed
    #[arg(long, value_name = "FORMAT")]
    pub tag_format: Option<String>,
    /// Image of the module's manager; `none` for a release without one
    #[arg(long, value_name = "IMAGE")]
    pub binary_image: Option<String>,
    /// Whether the release has a module image: `true` or `false`; default: `true`
    #[arg(long, value_name = "WHETHER")]
    pub module: Option<String>,
    /// Module as an OCM component, such as `kyma.project.io/module/btp-operator`
    #[arg(long, value_name = "NAME")]
    pub module_name: Option<String>,
    /// Registry and path below which module images lie, such as `registry.example/kyma-project/prod/unsigned`
    #[arg(long, value_name = "REPOSITORY")]
    pub module_registry: Option<String>,
    /// Which tool's module the release has: `modulectl-3`, `kyma-cli-2` or `both`; default: `modulectl-3`
    #[arg(long, value_name = "FORM")]
    pub module_form: Option<String>,
    /// Names of all assets that the published release has, one per line
    #[arg(long, value_name = "NAMES", action = ArgAction::Append)]
    pub assets: Vec<String>,
    /// Platforms that the image is built for, one per line or with commas; default: `linux/amd64,linux/arm64`
    #[arg(long, value_name = "PLATFORMS", action = ArgAction::Append)]
    pub image_platforms: Vec<String>,
}
