//! The arguments of `build-module`.

use clap::Args;

use super::{CommonArgs, ModuleInput, PlanInput};

/// Arguments of `build-module`, as they were typed.
#[derive(Debug, Default, Args)]
pub struct BuildModuleArgs {
    #[command(flatten)]
    pub plan: PlanInput,
    /// Build a commit that belongs to no release, in place of a plan's: its version is `0.0.0-main-` and the first 12 digits of the hash, whatever `module-config` says. Takes `module-name` and `module-registry`
    #[arg(long)]
    pub commit_build: bool,
    /// Commit to build with `commit-build`, by its full hash; default: the commit that the workflow runs on or, on a terminal, that is checked out
    #[arg(long, value_name = "SHA")]
    pub commit: Option<String>,
    /// With `commit-build`: image of the module's manager, which the manifest has to run; `{version}` is filled in, and its default tag is the commit's version
    #[arg(long, value_name = "IMAGE")]
    pub binary_image: Option<String>,
    #[command(flatten)]
    pub module: ModuleInput,
    /// Rendered manifest of the module, as `kustomize build` prints it
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<String>,
    /// Default custom resource of the module
    #[arg(long, value_name = "FILE")]
    pub default_cr: Option<String>,
    /// Configuration of the module, in the format of the Kyma CLI or of modulectl
    #[arg(long, value_name = "FILE")]
    pub module_config: Option<String>,
    /// Configuration of the security scanners, such as `sec-scanners-config.yaml`; of `propose`, the file of the repository in which a bump sets `rc-tag` and the images of the release
    #[arg(long, value_name = "FILE")]
    pub security_config: Option<String>,
    /// Channels for a `ModuleReleaseMeta`: a file like Kyma's `module-releases.yaml`, or pairs such as `fast={version} regular=1.1.0`
    #[arg(long, value_name = "FILE|PAIRS")]
    pub release_meta: Option<String>,
    /// List of the security scanners; of `build-module`, its images are replaced by the manifest's in a copy, default: `component-config.yaml`, if it exists; of `propose`, the file of the repository in which a bump sets the images of the release
    #[arg(long, value_name = "FILE")]
    pub component_config: Option<String>,
    /// Channel that gets the version, of `propose`; of `build-module`, channel of the template, by default the one in `module-config`, or `regular`
    #[arg(long, value_name = "CHANNEL")]
    pub channel: Option<String>,
    /// Which tool's module is built: the plan's `module-form`, which it must not contradict; default: the plan's
    #[arg(long, value_name = "FORM")]
    pub module_form: Option<String>,
    /// Namespace of the templates; `none` leaves it to the command that applies them, as modulectl does; default: `kcp-system`, the only one that Lifecycle Manager reads, or with `descriptor-style` or `template-form` the one that their tool writes
    #[arg(long, value_name = "NAMESPACE")]
    pub module_namespace: Option<String>,
    /// Form of the component descriptor, for those who know: `modulectl-3` (local blobs, as modulectl 3 and the `ocm` command write it) or `kyma-cli-2` (as Kyma CLI 2.15 writes it); it has to be the one of the plan's module image; default: the one of the plan's `module-form`
    #[arg(long, value_name = "FORM")]
    pub descriptor_style: Option<String>,
    /// Form of the template, for those who know: `modulectl-3`, `v1beta1` (with a target), `v1beta2` or `kyma-cli-2-config` (as Kyma CLI 2.20 writes it from `module-config`); with `module-form: both`, that of the template of the Kyma CLI 2; default: `modulectl-3`, or `v1beta2` for `kyma-cli-2`
    #[arg(long, value_name = "FORM")]
    pub template_form: Option<String>,
    /// Folder for the files that are written; default: `module-release`
    #[arg(long, value_name = "FOLDER")]
    pub output_dir: Option<String>,
    /// Also write the component version as an OCM archive (CTF): to a folder, or to one file if the path ends in `.tgz`
    #[arg(long, value_name = "PATH")]
    pub ctf: Option<String>,
    /// Write files only and send nothing to a registry; with `ctf`, the archive holds the whole module
    #[arg(long)]
    pub no_push: bool,
    /// Add their digests to the images of the plan in the manifest and in the component descriptor: `repo:tag@sha256:…`. An image that does not exist yet is waited for until `timeout`
    #[arg(long)]
    pub pin_images: bool,
    /// Repository of the same registry that may already have layers of the module, such as the one for development builds: layers that it has are mounted instead of uploaded
    #[arg(long, value_name = "REPOSITORY")]
    pub mount_from: Option<String>,
    #[command(flatten)]
    pub common: CommonArgs,
}
