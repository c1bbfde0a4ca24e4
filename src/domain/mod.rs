//! The values of a release, such as versions and tags. They are checked when they are parsed, so that a value of such a type is
//! always valid.
//!
//! Everything here is pure: no file, no network, no clock.

mod asset;
mod branch_name;
mod changes;
mod channel_name;
mod code;
mod commit_version;
mod deadline;
mod exit;
mod findings;
mod git_object;
mod github_app;
mod github_host;
mod input_findings;
mod invisible;

mod jobs;
mod lock;
mod module_files;
mod name_pattern;
mod named_version;
mod next_version;
pub mod pace;
mod program_version;
mod repo;
#[cfg(feature = "rehearse")]
mod repository_files;
mod repository_path;
mod rights;
mod signer_pattern;
mod tag;
pub(crate) mod urls;
mod version_rules;

pub use asset::{AssetName, MAX_ASSETS};
pub use branch_name::BranchName;
pub use changes::{ChangeOptions, LabelRule, LongNotes, MilestoneRule, NotesPart};
pub use channel_name::ChannelName;
pub use code::Code;
pub use commit_version::commit_version;
pub use deadline::{Deadline, Moment};
pub use exit::Exit;
pub use findings::{Finding, findings_from_json, findings_to_json};
pub use git_object::{EntryMode, ObjectId, TreeEntry};
pub use github_app::{
    AccessLevel, AppCredential, GitHubApp, GitHubCredential, PEM_BEGINS, Permission, key_invalid,
};
pub use github_host::GitHubHost;
pub use input_findings::InputFindings;
pub use invisible::hides_or_turns;
pub use jobs::JobResults;
pub use lock::{Lock, LockOwner, SeenLock};
pub use module_files::ModuleFiles;
pub use name_pattern::NamePattern;
pub use named_version::NamedVersion;
pub use next_version::{CandidateForm, NextVersion, UnknownVersion, minor_of_branch};
pub use ocm_module::values::{
    CommitSha, ComponentName, Digest, DigestHasher, ImageRef, ImageRepository, ImageTag,
    ModuleForm, PinnedImage, Version,
};
pub use ocm_module::{FormatCode, Place, Severity};
pub use program_version::PROGRAM_VERSION;
pub use repo::RepoSlug;
#[cfg(feature = "rehearse")]
pub use repository_files::RepositoryFiles;
pub use repository_path::RepositoryPath;
pub use rights::{ExistingImage, IdToken, PreflightCheck, ReleaseToken, RightsOptions};
pub use signer_pattern::SignerPattern;
pub use tag::{Spelling, Tag, TagFormat};
pub use version_rules::{BranchPattern, MinorsFrom, PrereleaseRule, VersionPolicy, VersionRules};

/// An error or a warning, with a code of the application.
pub type Diagnostic = ocm_module::Diagnostic<Code>;

/// Serialises a value as the text that it is parsed from.
macro_rules! serde_as_text {
    ($($type:ty),+) => {$(
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}
use serde_as_text;
