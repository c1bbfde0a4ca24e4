//! Every error code, with its exit code and its meaning. `docs/errors.md` is generated from this table.

use std::fmt;

use ocm_module::FormatCode;

use super::Exit;

macro_rules! codes {
    ($($variant:ident $text:literal $exit:ident $meaning:literal)+) => {
        /// An error or a warning, by a stable name that scripts may rely on.
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

            /// When the code is used, in one sentence. The message itself names the case and the remedy.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$variant => $meaning,)+
                    Self::Format(code) => code.meaning(),
                }
            }

            /// The exit code of the process if this is the first error. A refused phase ends with [`Exit::Blocked`] for
            /// every code, and `plan` with [`Exit::Preflight`].
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
    TagInvalid "tag-invalid" Usage "Git or GitHub would not accept the tag's name."
    TagFormatInvalid "tag-format-invalid" Usage "The tag format does not contain `{version}` exactly once, or the tag does not match it."
    RepositoryInvalid "repository-invalid" Usage "The repository is not written owner/name."
    AssetNameInvalid "asset-name-invalid" Usage "GitHub would rewrite the asset's name on upload."
    AssetNameReserved "asset-name-reserved" Usage "An asset has a name that btp-release uses itself."
    ExpectedDigestsUnreadable "expected-digests-unreadable" Usage "The input `expected-digests` is not a JSON object of images and their digests."
    ExpectedImageUnknown "expected-image-unknown" Usage "The input `expected-digests` names an image that the plan does not have."
    ExpectedDigestInvalid "expected-digest-invalid" Usage "A value of the input `expected-digests` is empty, is no digest, or contradicts another one."
    OnExistingInvalid "on-existing-invalid" Usage "`on-existing` is not `resume`, `fail` or `replace`."
    ChoiceInvalid "choice-invalid" Usage "An input takes one of a few words and contains another."
    BooleanInvalid "boolean-invalid" Usage "An input takes `true` or `false` and contains something else."
    PatternInvalid "pattern-invalid" Usage "The name of a check is empty, or a signer is named without its host and owner."
    DurationInvalid "duration-invalid" Usage "A duration cannot be read, is zero, or is longer than a job may run."
    FileUnreadable "file-unreadable" Usage "A file or folder that an input names cannot be read."
    FileUnwritable "file-unwritable" Usage "The file that `output` names cannot be written."
    PathOutside "path-outside" Usage "An input names a path that leads out of the working folder."
    InputMissing "input-missing" Usage "An input that this phase or command needs is missing."
    InputsExclusive "inputs-exclusive" Usage "Two inputs were given that exclude each other, such as `plan` and `commit-build`."
    ExtraImagesUnbuilt "extra-images-unbuilt" Usage "Images are awaited that no named job or person builds."
    InputNotForPhase "input-not-for-phase" Usage "An input was given that this phase or command does not take."
    PhaseUnknown "phase-unknown" Usage "The input `phase` is not the name of a phase."
    CommandUnknown "command-unknown" Usage "The input `command` is not the name of a command."
    PlanUnreadable "plan-unreadable" Usage "The plan, or what it was refused for, is not the output of the phase `plan`."
    PlanSchema "plan-schema" Usage "The plan was made by another version of the action."
    PlanRepository "plan-repository" Usage "The plan is for another repository than the run."
    ArtifactsUnreadable "artifacts-unreadable" Usage "The artifacts are not the output of the phase `await`."
    PodsUnreadable "pods-unreadable" Usage "The pods are not a list of pods as JSON, or are too many."
    NeedsContradict "needs-contradict" Usage "Two jobs under `needs` have different plans or artifacts."
    NeedsUnreadable "needs-unreadable" Usage "The job results are not the context `needs`."
    UrlInvalid "url-invalid" Usage "An address in an input or in the environment cannot be used."
    TokenInvalid "token-invalid" Usage "A token contains a space, a line end or another character that no token has."
    BuildParametersInvalid "build-parameters-invalid" Usage "`build-parameters` is not a JSON object, or is too long."
    SbomInvalid "sbom-invalid" Usage "The file that `sbom` names does not exist, is too large, or is neither SPDX nor CycloneDX as JSON."
    PullRequestInvalid "pull-request-invalid" Usage "The input `comment` is not the number of a pull request."
    AppIdInvalid "app-id-invalid" Usage "`app-id` is neither the App ID nor the client ID of a GitHub App."
    AppKeyInvalid "app-key-invalid" Usage "`app-private-key` is neither an RSA private key as PEM nor the path of a file with one."
    ModuleTagDiffers "module-tag-differs" Usage "`module-tag` is not the tag that `module-form` gives the module image."
    MountElsewhere "mount-elsewhere" Usage "`mount-from` is in another registry than the module image."
    CertificatesUnusable "certificates-unusable" Usage "The file of additional certificates cannot be read or contains none."
    DockerConfigInvalid "docker-config-invalid" Usage "The Docker `config.json` cannot be read."
    BranchPatternInvalid "branch-pattern-invalid" Usage "A line of `branch-pattern` is not the name of a branch."
    BranchInvalid "branch-invalid" Usage "The name of a branch is none that git and GitHub accept."
    RepositoryPathInvalid "repository-path-invalid" Usage "A path in a repository leads out of it, or into `.git`."
    EditInvalid "edit-invalid" Usage "A line of the input `set` is not written `FILE: PATH = VALUE`."
    FileExists "file-exists" Usage "`init` would write a file that exists."
    NothingToRelease "nothing-to-release" Usage "`init` finds nothing in the folder that a release could build or publish."
    FolderUnclear "folder-unclear" Usage "Several folders of the repository could be the module's, and `init` was not told which."
    CommitMissing "commit-missing" Preflight "The repository does not contain the commit."
    TokenReadOnly "token-read-only" Preflight "The token may not write to the repository."
    BranchMissing "branch-missing" Preflight "The branch to guard does not exist."
    NotesTooLong "notes-too-long" Preflight "The release notes are longer than GitHub accepts."
    VersionExists "version-exists" Preflight "The version exists under a tag with the other spelling, with or without `v`."
    SpellingDiffers "spelling-differs" Done "A warning: the release before has its version spelled differently, with or without `v`."
    PreviousTagMissing "previous-tag-missing" Preflight "The tag of the previous release does not exist."
    VersionOutOfOrder "version-out-of-order" Preflight "`version-policy` does not allow the version after the published ones."
    PrereleaseRefused "prerelease-refused" Preflight "The version is a prerelease, and `allow-prerelease` is `false`."
    BranchWrong "branch-wrong" Preflight "The commit is on none of the branches that the version may come from, by `branch-pattern` and `minor-from-main`."
    FeatureInPatch "feature-in-patch" Preflight "A pull request with one of `feature-labels` was merged since the previous release, and only the patch number is raised."
    LabelsInvalid "labels-invalid" Preflight "A pull request since the previous release does not have exactly one label of the categories in `.github/release.yml`."
    LabelsUnchecked "labels-unchecked" Done "A warning: a first release has more commits than are read, and the labels of older pull requests were not validated."
    ReleaseConfigInvalid "release-config-invalid" Preflight "`.github/release.yml` is not what GitHub reads it as."
    ReleaseConfigMissing "release-config-missing" Preflight "Labels are to be checked, and `.github/release.yml` names none."
    MilestoneMissing "milestone-missing" Preflight "No milestone is named as the version or the tag."
    MilestoneOpen "milestone-open" Preflight "The milestone of the release is open, or has open issues or pull requests."
    PlanTooLarge "plan-too-large" Preflight "The plan is larger than an environment variable may be, in which it is passed on."
    TextInvalid "text-invalid" Usage "A text in an input is too long, has control characters, or is not UTF-8."
    CandidateOutOfOrder "candidate-out-of-order" Preflight "The next release candidate would be lower than the one before it, by the order of versions."
    VersionPublished "version-published" Preflight "A release candidate is asked for of a version that is published."
    ImageUnchecked "image-unchecked" Done "A warning: `existing-image` is `warn`, and the registry does not tell whether an image is there already."
    RefUnusable "ref-unusable" Usage "`version-from` takes the version from the tag or the branch that the workflow runs on, and that one names none."
    VersionDiffers "version-differs" Usage "A version was typed, and it is not the one that `version-from` gives."
    TagLightweight "tag-lightweight" Done "A warning: the tag is to be annotated, and a lightweight one exists at the commit."
    TagCreationRestricted "tag-creation-restricted" Blocked "A ruleset restricts the creation of the tag, and does not let the token bypass it."
    TagStartsNothing "tag-starts-nothing" Usage "Workflows wait for the tag, and the run's own token would create it, which starts none."
    ReleaseStartsNothing "release-starts-nothing" Done "A warning: workflows wait for the published release, and the run's own token would publish it, which starts none."
    WorkflowsDiffer "workflows-differ" Done "A warning: the commit's workflow files are not those of the default branch, and only a token with `workflows: write` may name it as the target of a draft."
    RunsDropped "runs-dropped" Done "A warning: the `concurrency` of the workflow cancels releases that wait or run."
    IdTokenMissing "id-token-missing" Preflight "The job may not ask GitHub for an identity token, which attesting takes."
    RegistryDenied "registry-denied" Denied "The registry does not let these credentials pull or push an image of the release."
    ImagePrivate "image-private" Done "A warning: these credentials can pull an image of the release, and nobody can without any."
    ImageExists "image-exists" Preflight "An image is there already under the tag of a release that begins."
    ReleaseExists "release-exists" Preflight "`on-existing` is `fail`, and the tag or the release exists."
    TagElsewhere "tag-elsewhere" Blocked "The tag points to another commit than the one that is released."
    TagMissing "tag-missing" Blocked "The tag does not exist, and publishing would make GitHub create one."
    TagLeft "tag-left" Done "A warning: with `tag-when: publish`, the release is refused after its tag was created."
    TargetDiffers "target-differs" Blocked "The target of the draft, which GitHub tags where the tag is missing, is not the commit of the release."
    DraftMissing "draft-missing" Blocked "The tag has no release that this token can see."
    DraftForeign "draft-foreign" Blocked "The tag has a draft that btp-release did not make."
    DraftMarkLost "draft-mark-lost" Blocked "The tag has a draft as btp-release makes them, whose text lost the mark of btp-release."
    ReleaseForeign "release-foreign" Blocked "The tag has a published release that btp-release did not make."
    ReleaseDuplicates "release-duplicates" Blocked "The tag has several releases."
    DraftOfAnotherCommit "draft-of-another-commit" Blocked "Our draft was made for another commit."
    DraftOfAnotherPlan "draft-of-another-plan" Blocked "Another run has taken over our draft."
    AlreadyPublished "already-published" Blocked "The release is published and is not changed any more."
    ReleaseImmutable "release-immutable" Blocked "The release is published and immutable, and is not as planned or should be replaced."
    PublishedDiffers "published-differs" Blocked "The published release is not as planned."
    TagReserved "tag-reserved" Blocked "The tag's name belonged to an immutable release that was deleted, and stays reserved."
    LockUnreadable "lock-unreadable" Blocked "The reference that locks the release exists and does not name its owner."
    LockRefused "lock-refused" Done "A warning: the rules of the repository refuse the lock, so two runs at once may create two drafts."
    AssetUnplanned "asset-unplanned" Blocked "A file or an asset exists that the plan does not name."
    AssetDiffers "asset-differs" Blocked "An asset is missing or incomplete, or has other bytes than `await` saw."
    AssetHidden "asset-hidden" Blocked "The release is published, and one of its assets cannot be downloaded."
    AssetsTooMany "assets-too-many" Blocked "The release would have more assets than GitHub accepts."
    FileMissing "file-missing" Blocked "A file to upload or to propose does not exist."
    FileEmpty "file-empty" Blocked "A file to upload is empty."
    FileTooLarge "file-too-large" Blocked "A file to upload is larger than GitHub accepts."
    CommentRefused "comment-refused" Done "A warning: GitHub does not take the comment on the pull request, or the token may not write it."
    ImageDiffers "image-differs" Blocked "The tag of an image does not resolve to the digest that `await`, or `attest-build` a moment before, saw."
    BranchMoved "branch-moved" Blocked "The guarded branch got new commits during the release."
    RepositoryPathOccupied "repository-path-occupied" Blocked "A file is to be changed where the repository has a folder, a symbolic link or a submodule."
    BranchForeign "branch-foreign" Blocked "The branch of a proposal exists, and btp-release did not make it."
    BranchKept "branch-kept" Done "A warning: the branch of a merged pull request cannot be deleted."
    PullRequestForeign "pull-request-foreign" Blocked "The branch of a proposal has an open pull request that btp-release did not open."
    PullRequestClosed "pull-request-closed" Blocked "The pull request with this change was closed without being merged."
    PullRequestsOff "pull-requests-off" Denied "The repository does not let workflows open pull requests."
    ChangeReverted "change-reverted" Blocked "The change was merged, and its files are as they were before: somebody reverted it."
    ChangeSuperseded "change-superseded" Done "A warning: the base branch has other content by now than the merge that `propose` hands on."
    ProposalReplaced "proposal-replaced" Blocked "Another run proposes another change for the same version at the same time."
    MergedElsewhere "merged-elsewhere" Blocked "The base branch got other commits than the proposed change since the release began."
    MergeQueueRequired "merge-queue-required" Blocked "The base branch is merged into by a merge queue only."
    MergeWithdrawn "merge-withdrawn" Blocked "The pull request was taken out of the merge queue, or auto-merge was disabled."
    AutoMergeOff "auto-merge-off" Blocked "The repository does not allow auto-merge, and the pull request cannot be merged yet."
    JobsMissing "jobs-missing" Blocked "The publishing job needs no other job."
    JobNotSuccessful "job-not-successful" Blocked "A job that the publishing job needs did not succeed."
    ImageIncomplete "image-incomplete" Blocked "An image names parts that do not exist, or lacks a platform."
    ApprovalsUnreadable "approvals-unreadable" Denied "The token may not read whether the run waits for an approval, so that this time counts."
    ImageUnexpected "image-unexpected" Blocked "The tag of an image shows another digest than the one that its builder says it built."
    ImageOfAnotherBuild "image-of-another-build" Blocked "An image is labelled with another commit, version or repository, or existed before the draft."
    ManifestDiffers "manifest-differs" Blocked "`rendered.yaml` does not use the binary image of the release."
    BuilderFailed "builder-failed" Blocked "A build that makes the artifacts failed."
    BuilderNeverStarted "builder-never-started" Blocked "A build that makes the artifacts did not start in time."
    VerdictMissing "verdict-missing" Blocked "A leg of the tests recorded no verdict."
    VerdictFailed "verdict-failed" Blocked "A leg of the tests failed."
    VerdictOfOtherBytes "verdict-of-other-bytes" Blocked "A leg of the tests ran with other artifacts or in another run."
    VerdictContradicts "verdict-contradicts" Blocked "The verdict of a leg of the tests is not how GitHub says that its job ended."
    LegJobUnclear "leg-job-unclear" Blocked "No job of the run, or more than one, has the name that the job of a leg of the tests should have."
    LegJobNotRun "leg-job-not-run" Blocked "The job of a leg of the tests neither succeeded nor failed, or is of a later attempt of the run."
    RequiredAttestationInvalid "required-attestation-invalid" Usage "A line of the input `require-attestations` cannot be read, or names an image that the release does not have."
    AttestationMissing "attestation-missing" Blocked "The result of a leg of the tests is not signed, or an image lacks an attestation that the plan requires, or its provenance where an earlier run built it."
    ReferrerRefused "referrer-refused" Blocked "The registry of an image refuses what is signed about the release as referrers, and the plan requires them."
    ReferrerMissing "referrer-missing" Blocked "An image of a published release lacks a referrer with the signed evidence, the signed verdict or the signed result of a leg of the tests."
    AttestationContradicts "attestation-contradicts" Blocked "Two signed results of one run say different things of the same leg of the tests."
    CheckMissing "check-missing" Blocked "A required check has never run for the commit."
    CheckNotGreen "check-not-green" Blocked "A required check did not succeed."
    PodImageDiffers "pod-image-differs" Blocked "A pod runs other bytes of an image of the release than were awaited."
    PodNotStarted "pod-not-started" Blocked "A pod uses an image of the release and does not report its digest yet."
    PodVolumeUnknown "pod-volume-unknown" Blocked "A pod has an image of the release as a volume, by tag, and its node does not report the digest."
    ImageNotRunning "image-not-running" Blocked "No pod runs the binary image of the release."
    ReleaseMissing "release-missing" Blocked "The tag has no published release."
    AssetMissing "asset-missing" Blocked "The release has no complete asset of this name."
    EvidenceMissing "evidence-missing" Blocked "No published release with evidence exists."
    EvidenceUnreadable "evidence-unreadable" Blocked "The evidence of a release cannot be read."
    EvidenceDiffers "evidence-differs" Blocked "A published release does not match its evidence."
    ComponentMisnamed "component-misnamed" Blocked "The release's module is not under the name by which Lifecycle Manager looks it up, or is another one."
    ComponentUnknown "component-unknown" Blocked "Nothing says in which registry the component of a version is looked up."
    ComponentDiffers "component-differs" Blocked "What is in the registry under the component's name is not what was released."
    SubmissionMissing "submission-missing" Blocked "The submission of a version that is to be promoted is not merged."
    SubmissionDiffers "submission-differs" Blocked "A version is submitted already, with another configuration."
    SubmissionFileMissing "submission-file-missing" Blocked "The configuration of a submission names a file that is no asset of the release, or a file that is submitted is none."
    ModuleUnplanned "module-unplanned" Blocked "The plan names no module."
    ModuleMissing "module-missing" Blocked "The module image is not in the registry."
    ModuleUnclear "module-unclear" Blocked "The image does not tell which of its layers is the module."
    ModuleTagTaken "module-tag-taken" Blocked "The tag of the module image is in use for other bytes."
    ModuleImageDiffers "module-image-differs" Blocked "The form of the component descriptor is not the one that the plan's module image has."
    FileByUrl "file-by-url" Blocked "The module configuration names a file by URL, and no input gives it by path."
    ManifestUnnamed "manifest-unnamed" Blocked "No input names the rendered manifest."
    ServiceRefused "service-refused" Blocked "GitHub or a registry refused a request and would refuse it again."
    ContentBroken "content-broken" Blocked "A response or a file is unreadable, too large, or has another digest than it should."
    ResultUnwritable "result-unwritable" Blocked "Standard output, or a file of the runner for outputs and the job summary, cannot be written."
    AttestationUnsigned "attestation-unsigned" Blocked "An attestation holds no signature."
    AttestationUnreadable "attestation-unreadable" Blocked "An attestation is not a Sigstore bundle v0.3 with one signature over an in-toto statement."
    AttestationSignatureInvalid "attestation-signature-invalid" Blocked "The signature of an attestation does not belong to what it says and to its certificate."
    AttestationCertificateUntrusted "attestation-certificate-untrusted" Blocked "The certificate of an attestation is not from an authority that is trusted, or is not in its log."
    AttestationCertificateExpired "attestation-certificate-expired" Blocked "Nothing proves that an attestation was signed while its certificate was valid."
    AttestationTimestampInvalid "attestation-timestamp-invalid" Blocked "The timestamp of an attestation was altered, or is from an authority that is not trusted."
    AttestationLogEntryInvalid "attestation-log-entry-invalid" Blocked "The log entry of an attestation is missing, was altered, or is from a log that is not trusted."
    AttestationOfOtherSigner "attestation-of-other-signer" Blocked "An attestation was signed by another workflow, or for another repository or commit."
    AttestationOfOtherBytes "attestation-of-other-bytes" Blocked "An attestation is about other artifacts."
    AttestationOfOtherContent "attestation-of-other-content" Blocked "The predicate of an attestation is of another type, or says something else."
    AttestationOfOtherRun "attestation-of-other-run" Blocked "An attestation was signed by another run."
    TrustedRootInvalid "trusted-root-invalid" Usage "The trusted root is no file `trusted_root.json`, or holds a key or a certificate that cannot be used."
    SigningConfigurationInvalid "signing-configuration-invalid" Usage "The signing configuration is no file `signing_config.v0.2.json`, or names no services that are in use."
    SigningImpossible "signing-impossible" Denied "The runner gives no identity to sign with."
    DeadlinePassed "deadline-passed" Deadline "What was awaited did not arrive in time."
    AccessDenied "access-denied" Denied "The token or the registry's credentials are wrong or lack a permission."
    AppKeyRefused "app-key-refused" Denied "GitHub knows no App with this `app-id`, or the key is not one of its keys."
    AppNotInstalled "app-not-installed" Denied "The GitHub App is not installed on the repository, or its installation is suspended."
    AppPermissionMissing "app-permission-missing" Denied "The installation of the GitHub App lacks a permission that the phase needs."
    AppClockDiffers "app-clock-differs" Denied "The clock of this machine differs so much from GitHub's that no token of the App can be made."
    ServiceUnavailable "service-unavailable" Unavailable "A service gave no usable response within the time that was allowed."
    CertificateRefused "certificate-refused" Unavailable "The certificate of a service is not accepted, for instance because its authority is not known here."
    ServiceLimited "service-limited" Unavailable "A rate limit lasts longer than was allowed."
    NotVisible "not-visible" Unavailable "A service does not show a change that it confirmed, or whose answer was lost."
    Cancelled "cancelled" Cancelled "The run was interrupted."
    Bug "bug" Bug "Something happened that should be impossible."
}

impl Code {
    /// Every code, in the order of the documentation.
    pub fn all() -> impl Iterator<Item = Self> {
        let format = FormatCode::ALL.iter().copied().map(Self::Format);
        Self::OWN.iter().copied().chain(format)
    }
}

/// Whether the code is about the value of an input, and not about a module's content.
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
