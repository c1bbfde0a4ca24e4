//! The read interfaces to GitHub, registries and files: a phase has no others.
//!
//! Every method may be repeated at will. `Ok(None)` and an empty list are *proven* absence.
//!
//! # Errors
//!
//! Every method fails with a [`ServiceError`] where the answer is not known. Implementations retry transient errors
//! themselves, so an error here is one that lasted.

use std::collections::BTreeSet;
use std::path::Path;
use std::pin::Pin;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::Stream;

use super::{
    CountedReleases, LocalFile, Notes, PullRequestReader, RefusedAttestation, ReleaseId,
    SeenAnswer, SeenAsset, SeenAttestation, SeenChanges, SeenCheck, SeenComment, SeenJob,
    SeenLayer, SeenManifest, SeenMilestone, SeenReferrers, SeenRelease, SeenRepository,
    SeenTagRuleset, SeenWorkflows, ServiceError,
};
use crate::domain::{
    CommitSha, Digest, ImageRef, ImageRepository, Moment, PinnedImage, RepoSlug, SeenLock, Tag,
};

/// A stream of bytes; ends with an error if they turn out wrong.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, ServiceError>> + Send>>;

/// The services that a phase reads from.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    /// The repository that is released.
    pub github: &'a dyn GitHubReader,
    /// The repository in which a change is proposed: the same, where no other one is named.
    pub target: &'a dyn PullRequestReader,
    pub registry: &'a dyn RegistryReader,
    pub files: &'a dyn FilesReader,
    pub verifier: &'a dyn BundleVerifier,
    /// The time at which this step began.
    pub now: Moment,
}

impl Reader<'_> {
    /// The attestations of an artifact that GitHub has, of one predicate type: each one verified, or the reason why it does not
    /// count. What they say is compared with nothing yet. In the order in which GitHub names them.
    ///
    /// # Errors
    ///
    /// As those of [`GitHubReader`].
    pub async fn attestations(
        &self,
        digest: Digest,
        predicate_type: &str,
    ) -> Result<Vec<Result<SeenAttestation, RefusedAttestation>>, ServiceError> {
        let bundles = self.github.attestations(digest, predicate_type).await?;
        let verified = bundles.iter().map(|bundle| self.verifier.verify(bundle));
        Ok(verified.collect())
    }
}

/// Verifies bundles against a trusted root. It asks nobody.
pub trait BundleVerifier: Send + Sync {
    /// The statement of a bundle.
    ///
    /// # Errors
    ///
    /// Why the bundle proves nothing.
    fn verify(&self, bundle: &Bytes) -> Result<SeenAttestation, RefusedAttestation>;
}

/// The number of answers that are remembered.
pub const MOST_ANSWERS: usize = 250;

/// The repository that is being released, on GitHub.
#[async_trait]
pub trait GitHubReader: Send + Sync {
    async fn repository(&self) -> Result<SeenRepository, ServiceError>;
    /// Whether what is published becomes immutable; `None` where the token may not know, as a workflow's own may not.
    async fn immutable_releases(&self) -> Result<Option<bool>, ServiceError>;
    /// The active rulesets for tags, of the repository and above it; `None` where the token or the server does not show them.
    async fn tag_rulesets(&self) -> Result<Option<Vec<SeenTagRuleset>>, ServiceError>;
    /// The workflow files at a commit, compared with those at the head of the default branch.
    async fn workflows(
        &self,
        commit: &CommitSha,
        default_branch: &str,
    ) -> Result<SeenWorkflows, ServiceError>;
    /// Whether the repository has this commit.
    async fn has_commit(&self, commit: &CommitSha) -> Result<bool, ServiceError>;
    /// The message of a commit.
    async fn commit_message(&self, commit: &CommitSha) -> Result<Option<String>, ServiceError>;
    /// The commit that a branch points at.
    async fn branch(&self, name: &str) -> Result<Option<CommitSha>, ServiceError>;
    /// The commit that a tag points at; annotated tags are followed.
    async fn tag(&self, tag: &Tag) -> Result<Option<CommitSha>, ServiceError>;
    /// The same as [`GitHubReader::watched_lock`] for the tag.
    async fn watched_tag(&self, tag: &Tag) -> Result<Option<CommitSha>, ServiceError> {
        self.tag(tag).await
    }
    /// Whether a tag that exists is an annotated one.
    async fn is_annotated(&self, tag: &Tag) -> Result<bool, ServiceError>;
    /// Those of these tags that point at a commit; annotated tags are followed.
    async fn tags_at(
        &self,
        commit: &CommitSha,
        tags: &[String],
    ) -> Result<Vec<String>, ServiceError>;
    /// All releases of a tag, drafts and duplicates included, lowest id first.
    async fn releases(&self, tag: &Tag) -> Result<Vec<SeenRelease>, ServiceError>;
    async fn release(&self, id: ReleaseId) -> Result<Option<SeenRelease>, ServiceError>;
    /// The names of all tags that begin like this. The list may lag behind [`GitHubReader::tag`].
    async fn tags(&self, prefix: &str) -> Result<Vec<String>, ServiceError>;
    /// The first of these tags that has a published release which counts.
    async fn first_released(
        &self,
        tags: &[String],
        counted: CountedReleases,
    ) -> Result<Option<String>, ServiceError>;
    /// Whether each of these branches has a commit; `None` for a branch that does not exist. The commit exists.
    async fn on_branches(
        &self,
        commit: &CommitSha,
        branches: &[String],
    ) -> Result<Vec<Option<bool>>, ServiceError>;
    /// The tag of the release that GitHub shows as *latest*.
    async fn latest_tag(&self) -> Result<Option<String>, ServiceError>;
    /// Notes for a release that may not exist yet; nothing is saved by asking.
    async fn notes(
        &self,
        tag: &Tag,
        commit: &CommitSha,
        previous: Option<&Tag>,
    ) -> Result<Notes, ServiceError>;
    /// What a commit has that a release has not; all up to the commit, as far as it is read, where there is no previous
    /// release. `None` if the previous release has no tag.
    async fn changes(
        &self,
        previous: Option<&Tag>,
        commit: &CommitSha,
    ) -> Result<Option<SeenChanges>, ServiceError>;
    /// Those of these accounts that had a pull request merged before the time beside them, which is in RFC 3339.
    async fn contributors(
        &self,
        before: &[(String, String)],
    ) -> Result<BTreeSet<String>, ServiceError>;
    /// The milestones whose titles contain a text, the first hundred.
    async fn milestones(&self, title: &str) -> Result<Vec<SeenMilestone>, ServiceError>;
    /// The commit statuses at a commit, the newest of each context.
    async fn statuses(&self, commit: &CommitSha) -> Result<Vec<SeenCheck>, ServiceError>;
    /// All that was checked at a commit: check runs, commit statuses and workflow runs.
    async fn checks(&self, commit: &CommitSha) -> Result<Vec<SeenCheck>, ServiceError>;
    /// A small asset's bytes, compared with its size; refused beyond `limit` bytes.
    async fn read_asset(&self, asset: &SeenAsset, limit: u64) -> Result<Bytes, ServiceError>;
    /// Whether the URL can be downloaded without credentials.
    async fn is_public(&self, url: &str) -> Result<bool, ServiceError>;
    /// The lock of a tag, as fresh as git itself.
    async fn lock(&self, tag: &Tag) -> Result<Option<SeenLock>, ServiceError>;
    /// The same for whoever looks again and again: as a list of references shows it, which may lag behind. Where nothing has
    /// changed, it costs nothing of the quota, also if there is no lock.
    async fn watched_lock(&self, tag: &Tag) -> Result<Option<SeenLock>, ServiceError> {
        self.lock(tag).await
    }
    /// Whether an attempt of a workflow's run has ended; `None` where the token may not know.
    async fn run_is_over(
        &self,
        repository: &RepoSlug,
        run: u64,
        attempt: u64,
    ) -> Result<Option<bool>, ServiceError>;
    /// The jobs of the latest attempt of a workflow's run, with those of earlier attempts that were not run again.
    async fn jobs(&self, repository: &RepoSlug, run: u64) -> Result<Vec<SeenJob>, ServiceError>;
    /// The environments whose protection rules a workflow's run waits for: approvals and timers.
    async fn pending_environments(
        &self,
        repository: &RepoSlug,
        run: u64,
    ) -> Result<Vec<String>, ServiceError>;
    /// The digest of an asset's bytes, by downloading them, compared with its size: for assets whose digest GitHub does not
    /// give.
    async fn hash_asset(&self, asset: &SeenAsset) -> Result<Digest, ServiceError>;
    /// The comments on an issue or a pull request that the token's own account wrote, the oldest first; `None` if there is no
    /// such issue or pull request. The list may lag behind.
    async fn own_comments(&self, issue: u64) -> Result<Option<Vec<SeenComment>>, ServiceError>;
    /// The bundles with statements about an artifact, of one predicate type. Nothing of them is verified.
    async fn attestations(
        &self,
        digest: Digest,
        predicate_type: &str,
    ) -> Result<Vec<Bytes>, ServiceError>;
    /// What this process has been answered so far, in order: the first [`MOST_ANSWERS`].
    fn answers(&self) -> Vec<SeenAnswer>;
}

/// Any OCI registry; which one, and with which credentials, follows from the image's name.
#[async_trait]
pub trait RegistryReader: Send + Sync {
    /// The digest that a tag or digest resolves to now. One HEAD request.
    async fn resolve(&self, image: &ImageRef) -> Result<Option<SeenManifest>, ServiceError>;
    /// Whether the image can be pulled without credentials. `false` also for one that does not exist yet, in a registry that does not tell
    /// strangers the difference.
    async fn anyone_may_pull(&self, image: &ImageRef) -> Result<bool, ServiceError>;
    /// Whether the credentials allow to push to a repository; the reason if not. An upload is begun and cancelled, without any bytes.
    async fn push_refusal(
        &self,
        repository: &ImageRepository,
    ) -> Result<Option<String>, ServiceError>;
    /// A manifest's bytes, checked against the digest. At most 4 MiB. The bytes are read once in a process; after that, one
    /// HEAD request asks whether they are still there.
    async fn manifest(&self, image: &PinnedImage) -> Result<Option<Bytes>, ServiceError>;
    /// Whether the repository holds a blob. One HEAD request, but none for a blob that this process has pushed.
    async fn has_blob(
        &self,
        repository: &ImageRepository,
        digest: Digest,
    ) -> Result<bool, ServiceError>;
    /// Sends the requests for a few blobs of a repository that will be read soon. Whoever reads one of them takes its answer.
    /// Requests that were sent so before, for blobs that are not among these, are given up.
    fn expect_blobs(&self, _repository: &ImageRepository, _digests: &[Digest]) {}
    /// A small blob's bytes, checked against the digest; refused beyond `limit` bytes. The bytes are read once in a
    /// process; after that, one HEAD request asks whether they are still there.
    async fn blob(
        &self,
        repository: &ImageRepository,
        digest: Digest,
        limit: u64,
    ) -> Result<Bytes, ServiceError>;
    /// The referrers of an image that hold bundles: one request, or two in a registry that keeps no list itself. Refused where
    /// they are [`MOST_REFERRERS`](super::MOST_REFERRERS) or more.
    async fn referrers(&self, image: &PinnedImage) -> Result<SeenReferrers, ServiceError>;
    /// The bundle of a referrer of an image; manifest and bundle are checked against their digests. What is listed may have been
    /// made by anyone who may push: one that is not as it must be is no failure, and only does not count.
    async fn referred_bundle(
        &self,
        image: &PinnedImage,
        referrer: Digest,
    ) -> Result<Result<Bytes, RefusedAttestation>, ServiceError>;
}

/// Files below the working folder.
#[async_trait]
pub trait FilesReader: Send + Sync {
    /// Size and digest of a regular file. One that this process took out of a layer is not read again, unless it was changed
    /// since.
    async fn file(&self, path: &Path) -> Result<Option<LocalFile>, ServiceError>;
    /// The layer that this process took a file out of, to this path. Otherwise a regular file of any size, read as if it were
    /// a layer.
    async fn layer(&self, path: &Path) -> Result<Option<SeenLayer>, ServiceError>;
    /// Whether an existing file is YAML with a `CustomResourceDefinition` among its objects. One document at a time is in memory.
    async fn is_raw_manifest(&self, path: &Path) -> Result<bool, ServiceError>;
    /// Whether an existing file may be executed by its owner; never where a system knows no such right.
    async fn is_executable(&self, path: &Path) -> Result<bool, ServiceError>;
    /// A file's bytes; refused beyond `limit` bytes.
    async fn read(&self, path: &Path, limit: u64) -> Result<Option<Bytes>, ServiceError>;
}
