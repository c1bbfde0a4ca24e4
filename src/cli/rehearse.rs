//! The arguments of `rehearse`.

use clap::Args;

/// Arguments of `rehearse`, as they were typed.
#[derive(Debug, Default, Args)]
pub struct RehearseArgs {
    /// Version to rehearse, such as `v1.2.0`
    #[arg(value_name = "VERSION")]
    pub version: String,
    /// Rendered manifest of your module, instead of the example's
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<String>,
    /// Default custom resource of your module, instead of the example's
    #[arg(long, value_name = "FILE")]
    pub default_cr: Option<String>,
    /// Which tool's module is released: `modulectl-3`, `kyma-cli-2` or `both`
    #[arg(long, value_name = "FORM", default_value = "modulectl-3")]
    pub module_form: String,
    /// When the tag is created: `draft` or `publish`
    #[arg(long, value_name = "WHEN", default_value = "draft")]
    pub tag_when: String,
    /// Push the images to this registry, such as `localhost:5000`, instead of the stand-in
    #[arg(long, value_name = "HOST:PORT")]
    pub registry: Option<String>,
    /// Keep the state of the stand-ins in this folder, for another rehearsal to continue with
    #[arg(long, value_name = "FOLDER")]
    pub state: Option<String>,
    /// How the unit tests end: `pass` or `fail`
    #[arg(long, value_name = "HOW", default_value = "pass")]
    pub unit_tests: String,
    /// How the E2E tests end: `pass` or `fail`
    #[arg(long, value_name = "HOW", default_value = "pass")]
    pub e2e: String,
    /// What the builders do: `build`, or `never` to let the wait reach its deadline
    #[arg(long, value_name = "WHAT", default_value = "build")]
    pub builder: String,
}
