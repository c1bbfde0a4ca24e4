//! What `release-settings` takes.

use clap::{ArgAction, Args};

use super::BuildersInput;

/// Arguments of `release-settings`, as they were typed.
#[derive(Debug, Default, Args)]
pub struct ReleaseSettingsArgs {
    /// Repository to release, `owner/name`; default: the one that the workflow runs in or, on a terminal, that the checkout is of
    #[arg(long, value_name = "OWNER/NAME")]
    pub repository: Option<String>,
    /// Folder of the module, whose name becomes part of the default names of its images; default: `.`
    #[arg(long, value_name = "FOLDER")]
    pub directory: Option<String>,
    /// Who builds: `called` (jobs of create-release.yaml), `caller` (the caller's own jobs), `tag` (workflows that the tag starts) or `external` (builders outside, such as Prow); default: `called`
    #[arg(long, value_name = "WHO")]
    pub builders: Option<String>,
    /// Whether there is a token whose tag starts workflows, a GitHub App's or a bot's; `builders: tag` needs one
    #[arg(long)]
    pub has_release_token: bool,
    /// When the tag is made: `draft` or `publish`; `builders: tag` and `external` need it with the draft
    #[arg(long, value_name = "WHEN")]
    pub tag_when: Option<String>,
    #[command(flatten)]
    pub builder_checks: BuildersInput,
    /// How tags are made from versions, with `{version}` in it, such as `api/v{version}`; default: as the version was typed
    #[arg(long, value_name = "FORMAT")]
    pub tag_format: Option<String>,
    /// Image of the module's manager; `none` for a release without one
    #[arg(long, value_name = "IMAGE")]
    pub binary_image: Option<String>,
    /// Further images that the release needs, one per line
    #[arg(long, value_name = "IMAGES", action = ArgAction::Append)]
    pub extra_images: Vec<String>,
    /// Job or person that builds the extra images; `builders: called` builds none of them
    #[arg(long, value_name = "WHO")]
    pub extra_images_builder: Option<String>,
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
    /// Files that are uploaded beside the module's own, one per line: a path, or `path=name`. Their names are assets of the release
    #[arg(long, value_name = "FILES", action = ArgAction::Append)]
    pub files: Vec<String>,
    /// Command that makes the files; it has a job of its own
    #[arg(long, value_name = "COMMAND")]
    pub assets_command: Option<String>,
    /// Platforms that the image is built for, one per line or with commas; default: `linux/amd64,linux/arm64`
    #[arg(long, value_name = "PLATFORMS", action = ArgAction::Append)]
    pub image_platforms: Vec<String>,
}
