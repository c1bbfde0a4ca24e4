//! Commands for the steps between the phases: what a workflow decides, apart from the programs that it runs.
//!
//! A step calls them by the input `command`, in place of `phase`; on a command line they are subcommands like the phases.

use clap::Subcommand;

use super::{
    CheckPodsArgs, DownloadAssetArgs, FinishSettingsArgs, ImageSettingsArgs, RegistryLoginArgs,
    ReleaseSettingsArgs,
};

/// A command that a step may call.
#[derive(Debug, Subcommand)]
pub enum StepCommand {
    /// Fill in what the caller of a workflow left out: images, module, assets, checks of the builders, jobs that may be skipped
    ReleaseSettings(Box<ReleaseSettingsArgs>),
    /// Collect what the second half of a release needs from the outputs of the jobs before it: plan, artifacts, legs of the tests
    FinishSettings(FinishSettingsArgs),
    /// Work out the version and the name of the image that a tag is built as
    ImageSettings(ImageSettingsArgs),
    /// Write a Docker `config.json` with the credentials for the registries of a release, and for no other
    RegistryLogin(RegistryLoginArgs),
    /// Download an asset of a published release, and check its digest
    DownloadAsset(DownloadAssetArgs),
    /// Compare the images of running pods with the digests that were awaited
    CheckPods(CheckPodsArgs),
}

impl StepCommand {
    /// The name that it is called by.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ReleaseSettings(_) => "release-settings",
            Self::FinishSettings(_) => "finish-settings",
            Self::ImageSettings(_) => "image-settings",
            Self::RegistryLogin(_) => "registry-login",
            Self::DownloadAsset(_) => "download-asset",
            Self::CheckPods(_) => "check-pods",
        }
    }
}
