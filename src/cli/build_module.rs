//! The arguments of `build-module`.

use clap::Args;

use super::{CommonArgs, PlanInput};

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
