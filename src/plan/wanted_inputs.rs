//! What is given of a release before its version is known.

use std::collections::BTreeSet;

use super::{
    ImageInputs, Images, Names, NotesSource, OnExisting, ReferrersMode, RequiredAttestation,
    Signing, TagWhen, VersionFrom, Wanted,
};
use crate::domain::{AssetName, CommitSha, Diagnostic, InputFindings, NamedVersion, RepoSlug};

/// The values of [`Wanted`] that do not depend on the version, and what the others are made of.
#[derive(Clone, Debug)]
pub struct WantedInputs {
    pub repository: RepoSlug,
    pub commit: CommitSha,
    pub run: String,
    /// `None` leaves it to the version.
    pub prerelease: Option<bool>,
    pub make_latest: Option<bool>,
    pub on_existing: OnExisting,
    pub replace_published: Option<String>,
    pub notes: NotesSource,
    pub assets: BTreeSet<AssetName>,
    pub images: ImageInputs,
    pub tag_when: TagWhen,
    /// The message of an annotated tag, with `{version}` and `{tag}`; `None` for a lightweight one.
    pub tag_message: Option<String>,
    pub version_from: VersionFrom,
    /// Why the rules for versions may be broken.
    pub force: Option<String>,
    pub signing: Option<Signing>,
    pub require_attestations: Vec<RequiredAttestation>,
    pub referrers: Option<ReferrersMode>,
}

impl WantedInputs {
    /// The release of a version, with its images.
    pub fn of_version(self, release: NamedVersion, images: Images) -> Wanted {
        let names = Names::of(&release);
        Wanted {
            repository: self.repository,
            prerelease: self.prerelease.unwrap_or(release.version.is_prerelease()),
            tag_message: self.tag_message.map(|text| names.fill(&text)),
            require_attestations: required_by_name(self.require_attestations, names),
            version: release.version,
            tag: release.tag,
            tag_format: release.format,
            commit: self.commit,
            run: self.run,
            make_latest: self.make_latest,
            on_existing: self.on_existing,
            replace_published: self.replace_published,
            notes: self.notes,
            assets: self.assets,
            binary_image: images.binary,
            module: images.module,
            extra_images: images.extra,
            tag_when: self.tag_when,
            version_from: self.version_from,
            force: self.force,
            signing: self.signing,
            referrers: self.referrers,
            full_notes: None,
        }
    }

    /// The release of a version that was not known when the inputs were read.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the names of its images.
    pub fn named(self, release: NamedVersion) -> Result<Wanted, Vec<Diagnostic>> {
        let mut findings = InputFindings::default();
        let images = self.images.named(Names::of(&release), &mut findings);
        findings.or(Some(self.of_version(release, images)))
    }
}

/// With the names of further images filled in.
fn required_by_name(
    mut required: Vec<RequiredAttestation>,
    names: Names<'_>,
) -> Vec<RequiredAttestation> {
    for attestation in &mut required {
        attestation.image = names.fill(&attestation.image);
    }
    required
}
