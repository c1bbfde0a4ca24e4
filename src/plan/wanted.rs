//! What a release is to be: the values that the inputs of `plan` give.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    EVIDENCE, FULL_NOTES, FullNotes, Mark, REQUESTS, ReferrersMode, RequiredAttestation,
    SIGNED_EVIDENCE, SIGNED_VERDICT, Signing,
};
use crate::domain::{
    AssetName, Code, CommitSha, ComponentName, Diagnostic, Digest, ImageRef, ModuleForm, RepoSlug,
    Tag, TagFormat, Version,
};

/// The wanted state only, without anything observed: every phase reads the state again.
///
/// Its fields are fields of the plan's JSON. One that is added needs `#[serde(default)]`: plans of released versions do not
/// have it (`docs/compatibility.md`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// The repository that is released.
    pub repository: RepoSlug,
    /// Without the tag format's prefix.
    pub version: Version,
    /// The tag, which is also the release's name.
    pub tag: Tag,
    /// Releases are compared (which came before, which is the latest) only with those of the same format, with or without `v`.
    pub tag_format: TagFormat,
    /// The one commit that is tagged, built and tested.
    pub commit: CommitSha,
    /// The run that made this plan, to distinguish its own draft from one that it is asked to replace.
    pub run: String,
    /// Whether GitHub is to show it as a prerelease.
    pub prerelease: bool,
    /// `None` leaves it to the order of versions, when it is published.
    pub make_latest: Option<bool>,
    /// What to do when something of this release already exists.
    pub on_existing: OnExisting,
    /// Why a published release of this name is replaced, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replace_published: Option<String>,
    /// Where the release's text comes from.
    pub notes: NotesSource,
    /// Exactly the assets that the published release has, without the evidence.
    pub assets: BTreeSet<AssetName>,
    /// The container image of the module's manager.
    pub binary_image: Option<ImageRef>,
    /// The module that is released, if any.
    pub module: Option<ModulePlan>,
    /// Further images that must exist before the release is tested.
    pub extra_images: BTreeSet<ImageRef>,
    /// When the tag is created. Plans of released versions do not have it.
    #[serde(default, skip_serializing_if = "TagWhen::is_default")]
    pub tag_when: TagWhen,
    /// Why the version is released in spite of the rules for versions that it may break. The evidence has the plan, and so this
    /// as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub force: Option<String>,
    /// The message of an annotated tag; `None` for a lightweight one. Plans of released versions do not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag_message: Option<String>,
    /// Plans of released versions do not have it.
    #[serde(default, skip_serializing_if = "VersionFrom::is_default")]
    pub version_from: VersionFrom,
    /// How the tests and the release are signed; `None` if they are not. Plans of released versions do not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing: Option<Signing>,
    /// The attestations that images must have. Plans of released versions do not have it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub require_attestations: Vec<RequiredAttestation>,
    /// Whether what is signed becomes referrers of the images; `None` if not. Plans of released versions do not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referrers: Option<ReferrersMode>,
    /// The whole text, where the release's body holds only its beginning: then [`FULL_NOTES`] is among the assets. Plans of
    /// released versions do not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_notes: Option<FullNotes>,
}

impl Wanted {
    /// The names of all assets that the published release has: the planned ones and our own.
    pub fn asset_names(&self) -> BTreeSet<&str> {
        let planned = self.assets.iter().map(AssetName::as_str);
        planned.chain(self.own_assets().iter().copied()).collect()
    }

    /// The assets that `publish` adds, without the logs.
    pub fn own_assets(&self) -> &'static [&'static str] {
        match self.signing {
            None => &[EVIDENCE],
            Some(_) => &[EVIDENCE, REQUESTS, SIGNED_EVIDENCE, SIGNED_VERDICT],
        }
    }

    /// Adds the asset with the whole text.
    #[must_use]
    pub fn with_full_notes(mut self, notes: Option<FullNotes>) -> Self {
        if notes.is_some() {
            self.assets.extend(FULL_NOTES.parse());
        }
        self.full_notes = notes;
        self
    }

    /// The digest that an asset has by the plan, where that makes the asset's bytes.
    pub fn planned_digest(&self, asset: &str) -> Option<Digest> {
        let notes = self.full_notes.as_ref().filter(|_| asset == FULL_NOTES);
        notes.map(|notes| notes.digest)
    }

    /// The version as it is typed for this release on a command line, with the tag format where the spelling does not imply it.
    pub fn typed(&self) -> String {
        let typed = self.tag_format.typed(&self.version);
        if typed == self.tag.as_str() {
            return typed;
        }
        format!("{typed} --tag-format '{}'", self.tag_format)
    }

    /// The version that could be released instead, spelled as this one was.
    pub fn next_version(&self) -> String {
        self.tag_format.typed(&self.version.next_patch())
    }
}

/// What to do when something of this release already exists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnExisting {
    /// Continue with our own draft of the same commit.
    #[default]
    Resume,
    /// Stop.
    Fail,
    /// Delete our own draft and tag of an earlier run, and start anew; what is published only with a reason.
    Replace,
}

impl std::str::FromStr for OnExisting {
    type Err = Diagnostic;

    fn from_str(text: &str) -> Result<Self, Diagnostic> {
        match text {
            "resume" => Ok(Self::Resume),
            "fail" => Ok(Self::Fail),
            "replace" => Ok(Self::Replace),
            _ => Err(Diagnostic::value(
                Code::OnExistingInvalid,
                "on-existing",
                text,
                "is not a policy",
                "use resume, fail or replace",
            )),
        }
    }
}

/// When the tag is created.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TagWhen {
    /// Right after the draft: it starts the builders.
    #[default]
    Draft,
    /// Right before the release is published: a run that fails earlier leaves no tag.
    Publish,
}

impl TagWhen {
    /// Whether it is left out of JSON.
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde passes a reference"
    )]
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Where the version comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VersionFrom {
    /// The version that was typed.
    #[default]
    Input,
    /// The tag that the workflow runs on: somebody pushed it, and without it there is no release.
    Ref,
    /// The next patch of the minor version that the branch is for.
    BranchNextPatch,
    /// The next release candidate of the version that was typed.
    NextRc,
}

impl VersionFrom {
    /// Whether it is left out of JSON.
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde passes a reference"
    )]
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Where the release's text comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotesSource {
    /// GitHub's generated notes since the previous tag.
    Generated,
    /// The text itself, in Markdown.
    Text(String),
}

impl NotesSource {
    /// GitHub refuses release texts of more than 125,000 characters with 422; our mark has to fit in as well, and what names the
    /// evidence.
    pub const MAX_CHARS: usize = 125_000 - Mark::MAX_CHARS - Self::EVIDENCE_CHARS;

    /// The largest number of characters of a table with nothing but the evidence.
    pub const EVIDENCE_CHARS: usize = 500;
}

/// The module that is released.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModulePlan {
    /// The OCM component's name.
    pub name: ComponentName,
    /// `<registry>/component-descriptors/<name>:<tag>`
    /// ([OCM specification, "OCI registry"](https://ocm.software)).
    pub image: ImageRef,
    /// Plans of released versions do not have it; what they built was in the form of the Kyma CLI 2 unless the builder was
    /// told otherwise.
    #[serde(default = "form_of_older_plans")]
    pub form: ModuleForm,
    /// The same image by its second tag, in [`ModuleForm::Both`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_image: Option<ImageRef>,
}

impl ModulePlan {
    /// The tags of the module image, by their names among the artifacts.
    pub fn images(&self) -> impl Iterator<Item = (&'static str, &ImageRef)> {
        let second = self.second_image.iter();
        let second = second.map(|image| (SECOND_MODULE_IMAGE, image));
        [(MODULE_IMAGE, &self.image)].into_iter().chain(second)
    }
}

/// The module image among the artifacts.
pub const MODULE_IMAGE: &str = "module-image";
/// The module image among the artifacts, by the tag of the Kyma CLI 2 beside that of modulectl 3.
pub const SECOND_MODULE_IMAGE: &str = "module-image-kyma-cli-2";

fn form_of_older_plans() -> ModuleForm {
    ModuleForm::KymaCli2
}
