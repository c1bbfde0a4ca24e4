//! The arguments of `rehearse`.

use clap::Args;

/// Arguments of `rehearse`, as they were typed.
#[derive(Debug, Default, Args)]
pub struct RehearseArgs {
    /// Version to rehearse, such as `v1.2.0`; default: the one in `--module-config`
    #[arg(value_name = "VERSION")]
    pub version: Option<String>,
    /// Rendered manifest of your module, instead of the example's
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<String>,
    /// Default custom resource of your module
    #[arg(long, value_name = "FILE")]
    pub default_cr: Option<String>,
    /// Image in the manifest that is the manager's, with or without its tag, where that is not clear; `none` for a module without a manager
    #[arg(long, value_name = "IMAGE")]
    pub image: Option<String>,
    /// Workflow of your repository that releases with btp-release-action: its inputs are used, and the files that they name
    #[arg(long, value_name = "FILE")]
    pub workflow: Option<String>,
    /// Configuration of your module, in the format of modulectl or of the Kyma CLI: names, manifest and default custom resource come from it
    #[arg(long, value_name = "FILE")]
    pub module_config: Option<String>,
    /// Which tool's module is released: `modulectl-3`, `kyma-cli-2` or `both`; default: the workflow's, or `modulectl-3`
    #[arg(long, value_name = "FORM")]
    pub module_form: Option<String>,
    /// When the tag is created: `draft` or `publish`; default: the workflow's, or `draft`
    #[arg(long, value_name = "WHEN")]
    pub tag_when: Option<String>,
    /// Push the images to this registry, such as `localhost:5000`, instead of the stand-in
    #[arg(long, value_name = "HOST:PORT")]
    pub registry: Option<String>,
    /// Keep the state of the stand-ins in this folder, for another rehearsal to continue with
    #[arg(long, value_name = "FOLDER")]
    pub state: Option<String>,
    /// Keep everything that the rehearsal made, and say where: without `--state`, in a new folder for temporary files
    #[arg(long)]
    pub keep: bool,
    /// How the unit tests end: `pass` or `fail`
    #[arg(long, value_name = "HOW", default_value = "pass")]
    pub unit_tests: String,
    /// How the E2E tests end: `pass`, `fail`, or `forged` for a commit status that somebody wrote without testing
    #[arg(long, value_name = "HOW", default_value = "pass")]
    pub e2e: String,
    /// What the builders do: `build`, `fail`, or `never` to let the wait reach its deadline
    #[arg(long, value_name = "WHAT", default_value = "build")]
    pub builder: String,
}
