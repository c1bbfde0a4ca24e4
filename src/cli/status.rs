//! The arguments of `status`.

use clap::{ArgAction, Args};

use super::{BuildersInput, CommonArgs, ModuleInput, PlanInput, TrustInput};

/// Arguments of `status`, as they were typed.
#[derive(Debug, Default, Args)]
pub struct StatusArgs {
    #[command(flatten)]
    pub release: super::ReleaseByVersion,
    #[command(flatten)]
    pub plan: PlanInput,
    /// Names of all assets that the published release has, one per line
    #[arg(long, value_name = "NAMES", action = ArgAction::Append)]
    pub assets: Vec<String>,
    /// Image of the module's manager; `{version}` and `{tag}` are filled in, and its default tag is the release's
    #[arg(long, value_name = "IMAGE")]
    pub binary_image: Option<String>,
    /// Further images that the release needs, one per line, in the form of `binary-image`
    #[arg(long, value_name = "IMAGES", action = ArgAction::Append)]
    pub extra_images: Vec<String>,
    #[command(flatten)]
    pub module: ModuleInput,
    /// Which tool's module the release has: `modulectl-3`, `kyma-cli-2` or `both`; default: `modulectl-3`
    #[arg(long, value_name = "FORM")]
    pub module_form: Option<String>,
    /// Tag of the module image, which the form sets
    #[arg(long, value_name = "TAG")]
    pub module_tag: Option<String>,
    /// Platforms that every container image must have, one per line, such as `linux/amd64`; default: the platforms that it lists
    #[arg(long, value_name = "PLATFORMS", action = ArgAction::Append)]
    pub image_platforms: Vec<String>,
    #[command(flatten)]
    pub builders: BuildersInput,
    /// Checks of the commit that must have succeeded, one per line, with `*` for any characters; `name=neutral,skipped` accepts these results as well
    #[arg(long, value_name = "CHECKS", action = ArgAction::Append)]
    pub required_checks: Vec<String>,
    /// Legs of the tests that must have recorded a success with `record-tests`: their names, one per line, or their number
    #[arg(long, value_name = "LEGS", action = ArgAction::Append)]
    pub test_legs: Vec<String>,
    /// Look again and again until the release is published: a terminal shows the newest state in place, elsewhere what is new is printed
    #[arg(long)]
    pub watch: bool,
    /// Longest pause between two looks with `watch`; default: `10s`
    #[arg(long, value_name = "DURATION")]
    pub await_interval: Option<String>,
    #[command(flatten)]
    pub trust: TrustInput,
    #[command(flatten)]
    pub common: CommonArgs,
}
