//! Every error code there is, with its exit code and meaning: `docs/errors.md` is made of it.

use std::fmt;

use ocm_module::FormatCode;

use super::Exit;

macro_rules! codes {
    ($($variant:ident $text:literal $exit:ident $meaning:literal)+) => {
        /// Why a phase stopped or what it warns of, by a stable name that scripts may rely on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $meaning] $variant,)+
            /// Something is wrong with the module, its files or a value that names it.
            Format(FormatCode),
        }

        impl Code {
            /// The codes of this crate; [`Code::all`] has those of the module format as well.
            const OWN: &[Self] = &[$(Self::$variant),+];

            /// The code in kebab case, as logs and documentation show it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Format(code) => code.as_str(),
                }
            }

            /// When the code is used, in one sentence. The message itself tells the case and the remedy.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$variant => $meaning,)+
                    Self::Format(code) => code.meaning(),
                }
            }

            /// What the process ends with.
            pub fn exit(self) -> Exit {
                match self {
                    $(Self::$variant => Exit::$exit,)+
                    Self::Format(code) if is_value(code) => Exit::Usage,
                    Self::Format(_) => Exit::Blocked,
                }
            }
        }
    };
}

codes! {
    TagInvalid "tag-invalid" Usage "The tag's name is one that git or GitHub would not take."
    TagFormatInvalid "tag-format-invalid" Usage "The tag format does not hold `{version}` exactly once."
    RepositoryInvalid "repository-invalid" Usage "The repository is not written owner/name."
    AssetNameInvalid "asset-name-invalid" Usage "GitHub would rewrite the asset's name on upload."
    OnExistingInvalid "on-existing-invalid" Usage "`on-existing` is none of resume, fail and replace."
    ChoiceInvalid "choice-invalid" Usage "An input takes one of a few words, and holds another."
    BooleanInvalid "boolean-invalid" Usage "An input takes true or false, and holds something else."
    PatternInvalid "pattern-invalid" Usage "The name of a check is empty."
    DurationInvalid "duration-invalid" Usage "A duration cannot be read, is zero, or is longer than a job may run."
    FileUnreadable "file-unreadable" Usage "A file that an input names cannot be read."
    InputMissing "input-missing" Usage "An input that this phase needs is not given."
    InputNotForPhase "input-not-for-phase" Usage "An input is given that this phase does not take."
    PhaseUnknown "phase-unknown" Usage "The input `phase` names no phase."
    PlanUnreadable "plan-unreadable" Usage "The plan is not what the phase `plan` gave out."
    PlanSchema "plan-schema" Usage "The plan was made by another version of the action."
    PlanRepository "plan-repository" Usage "The plan is for another repository than the run."
    ArtifactsUnreadable "artifacts-unreadable" Usage "The artifacts are not what the phase `await` gave out."
    NeedsUnreadable "needs-unreadable" Usage "The job results are not the context `needs`."
    UrlInvalid "url-invalid" Usage "An address that the runner or the reader gave cannot be used."
    MountElsewhere "mount-elsewhere" Usage "`mount-from` names a repository of another registry than the module image's."
    CertificatesUnusable "certificates-unusable" Usage "The file of additional certificates cannot be read, or holds none."
    DockerConfigInvalid "docker-config-invalid" Usage "The Docker `config.json` cannot be read."
    CommitMissing "commit-missing" Preflight "The repository does not have the commit."
    TokenReadOnly "token-read-only" Preflight "The token may not write to the repository."
    BranchMissing "branch-missing" Preflight "The branch to guard does not exist."
    NotesTooLong "notes-too-long" Preflight "The release notes are longer than GitHub takes."
    ReleaseExists "release-exists" Preflight "`on-existing: fail` is set, and a tag or release is there."
    TagElsewhere "tag-elsewhere" Blocked "The tag points at another commit than the one being released."
    TagMissing "tag-missing" Blocked "The tag is not there, and publishing would make GitHub create one."
    DraftMissing "draft-missing" Blocked "There is no release of the tag that this token may see."
    DraftForeign "draft-foreign" Blocked "There is a draft of the tag that btp-release did not make."
    ReleaseForeign "release-foreign" Blocked "There is a published release of the tag that btp-release did not make."
    ReleaseDuplicates "release-duplicates" Blocked "There are several releases of one tag."
    DraftOfAnotherCommit "draft-of-another-commit" Blocked "Our draft was made for another commit."
    DraftOfAnotherPlan "draft-of-another-plan" Blocked "Our draft was taken up by another run meanwhile."
    AlreadyPublished "already-published" Blocked "The release is published, and is not changed any more."
    ReleaseImmutable "release-immutable" Blocked "The release is published and immutable, and is not as planned or was to be replaced."
    PublishedDiffers "published-differs" Blocked "The published release is not as planned."
    TagReserved "tag-reserved" Blocked "The tag's name belonged to an immutable release that was deleted, and stays reserved."
    LockUnreadable "lock-unreadable" Blocked "The reference that is the lock of the release is there, and does not say whose it is."
    LockRefused "lock-refused" Done "A warning: the repository's rules refuse the lock, so that two runs at once may make two drafts."
    AssetUnplanned "asset-unplanned" Blocked "There is a file or an asset that the plan does not name."
    AssetDiffers "asset-differs" Blocked "An asset is missing, unfinished, or not the bytes that were awaited."
    AssetHidden "asset-hidden" Blocked "The release is published, and an asset of it cannot be downloaded."
    AssetsTooMany "assets-too-many" Blocked "There would be more assets than GitHub takes."
    FileMissing "file-missing" Blocked "A file to upload is not there."
    FileEmpty "file-empty" Blocked "A file to upload is empty."
    FileTooLarge "file-too-large" Blocked "A file to upload is larger than GitHub takes."
    ImageDiffers "image-differs" Blocked "An image's tag does not resolve to the digest that was awaited."
    BranchMoved "branch-moved" Blocked "Something was merged onto the guarded branch during the release."
    JobsMissing "jobs-missing" Blocked "The publishing job depends on no other job."
    JobNotSuccessful "job-not-successful" Blocked "A job before the publishing one did not succeed."
    ImageIncomplete "image-incomplete" Blocked "Not all that an image names is there, or a platform is missing."
    ImageOfAnotherBuild "image-of-another-build" Blocked "An image says of itself that it is of another commit, version or repository, or was there before."
    TemplateDiffers "template-differs" Blocked "The template does not lead to the module image that was tested."
    ManifestDiffers "manifest-differs" Blocked "`rendered.yaml` does not run the release's binary image."
    BuilderFailed "builder-failed" Blocked "A build that makes the artifacts failed."
    BuilderNeverStarted "builder-never-started" Blocked "A build that makes the artifacts did not begin in its time."
    VerdictMissing "verdict-missing" Blocked "A leg of the tests has not said how it ended."
    VerdictFailed "verdict-failed" Blocked "A leg of the tests failed."
    VerdictOfOtherBytes "verdict-of-other-bytes" Blocked "A leg tested other artifacts, or in another run."
    CheckMissing "check-missing" Blocked "A required check has never run at the commit."
    CheckNotGreen "check-not-green" Blocked "A required check is not green."
    EvidenceMissing "evidence-missing" Blocked "There is no published release with evidence to verify."
    EvidenceUnreadable "evidence-unreadable" Blocked "The evidence of a release cannot be read."
    EvidenceDiffers "evidence-differs" Blocked "A published release is not as its evidence says."
    ModuleUnplanned "module-unplanned" Blocked "The plan names no module."
    ModuleMissing "module-missing" Blocked "The module image is not in the registry."
    ModuleUnclear "module-unclear" Blocked "The image does not tell which of its parts is the module."
    ModuleDiffers "module-differs" Blocked "The module image is of another component, version or commit."
    ModuleDigestDiffers "module-digest-differs" Blocked "The component descriptor names other bytes for a resource than its layer has."
    ModuleTagTaken "module-tag-taken" Blocked "The module image's tag names other bytes already."
    ModuleImageDiffers "module-image-differs" Blocked "The form of descriptor asks for another tag than the plan awaits."
    FileByUrl "file-by-url" Blocked "The module configuration names a file on a server, and none is given by path."
    ManifestUnnamed "manifest-unnamed" Blocked "No input names the rendered manifest."
    ServiceRefused "service-refused" Blocked "GitHub or a registry refused a request, and would refuse it again."
    ContentBroken "content-broken" Blocked "An answer or a file is unreadable, too large, or has another digest than named."
    DeadlinePassed "deadline-passed" Deadline "What was waited for did not come in time."
    AccessDenied "access-denied" Denied "The token or the registry's credentials lack a right, or are wrong."
    ServiceUnavailable "service-unavailable" Unavailable "A service gave no usable answer for as long as was allowed."
    ServiceLimited "service-limited" Unavailable "A rate limit lasts longer than was allowed."
    NotVisible "not-visible" Unavailable "What a service confirmed stays invisible in its own answers."
    Cancelled "cancelled" Cancelled "The run was interrupted."
    Bug "bug" Bug "Something happened that should not be possible."
}

impl Code {
    /// Every code, in the order of the documentation.
    pub fn all() -> impl Iterator<Item = Self> {
        let format = FormatCode::ALL.iter().copied().map(Self::Format);
        Self::OWN.iter().copied().chain(format)
    }
}

/// Whether the code is about a value that somebody typed, and not about a module's content.
fn is_value(code: FormatCode) -> bool {
    matches!(
        code,
        FormatCode::VersionInvalid
            | FormatCode::CommitInvalid
            | FormatCode::ImageInvalid
            | FormatCode::ImageTagInvalid
            | FormatCode::ImageNotPinned
            | FormatCode::DigestInvalid
            | FormatCode::ComponentNameInvalid
            | FormatCode::RegistryInvalid
    )
}

impl From<FormatCode> for Code {
    fn from(code: FormatCode) -> Self {
        Self::Format(code)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
