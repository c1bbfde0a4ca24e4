//! What `image-settings` takes.

use clap::Args;

/// Arguments of `image-settings`, as they were typed.
#[derive(Debug, Default, Args)]
pub struct ImageSettingsArgs {
    /// Repository to release, `owner/name`; default: the one that the workflow runs in or, on a terminal, that the checkout is of
    #[arg(long, value_name = "OWNER/NAME")]
    pub repository: Option<String>,
    /// Folder of the module, whose name becomes part of the default names of its images; default: `.`
    #[arg(long, value_name = "FOLDER")]
    pub directory: Option<String>,
    /// Tag of a release, such as `v1.2.0`
    #[arg(long, value_name = "TAG")]
    pub tag: Option<String>,
    /// Name the image of a commit that belongs to no release, in place of a tag's
    #[arg(long)]
    pub commit_build: bool,
    /// Commit to build with `commit-build`, by its full hash; default: the commit that the workflow runs on or, on a terminal, that is checked out
    #[arg(long, value_name = "SHA")]
    pub commit: Option<String>,
    /// How tags are made from versions, with `{version}` in it; default: the version is what follows the last `/`
    #[arg(long, value_name = "FORMAT")]
    pub tag_format: Option<String>,
    /// Image of the module's manager; `{version}` and `{tag}` are filled in, and without a tag it is the release's or, with `commit-build`, the version
    #[arg(long, value_name = "IMAGE")]
    pub binary_image: Option<String>,
}
