//! Services that the engine's tests do not call.

use std::collections::BTreeSet;

use super::*;
use crate::domain::{BranchName, ObjectId, TreeEntry};
use crate::protocol::{
    BundleVerifier, CommentId, CountedReleases, NewAttestation, NewMerge, NewPullRequest,
    NewRevision, PullRequestReader, PullRequestWriter, RefusedAttestation, SeenAttestation,
    SeenComment, SeenJob, SeenMergeState, SeenProposal, SeenReferrers, SeenRevision, SeenTarget,
    Signer,
};

pub(super) struct UnusedServices;

#[async_trait]
impl GitHubReader for UnusedServices {
    fn answers(&self) -> Vec<SeenAnswer> {
        unreachable!()
    }
    async fn repository(&self) -> Result<SeenRepository, ServiceError> {
        unreachable!()
    }
    async fn immutable_releases(&self) -> Result<Option<bool>, ServiceError> {
        unreachable!()
    }
    async fn tag_rulesets(&self) -> Result<Option<Vec<SeenTagRuleset>>, ServiceError> {
        unreachable!()
    }
    async fn workflows(&self, _: &CommitSha, _: &str) -> Result<SeenWorkflows, ServiceError> {
        unreachable!()
    }
    async fn has_commit(&self, _: &CommitSha) -> Result<bool, ServiceError> {
        unreachable!()
    }
    async fn commit_message(&self, _: &CommitSha) -> Result<Option<String>, ServiceError> {
        unreachable!()
    }
    async fn branch(&self, _: &str) -> Result<Option<CommitSha>, ServiceError> {
        unreachable!()
    }
    async fn tag(&self, _: &Tag) -> Result<Option<CommitSha>, ServiceError> {
        unreachable!()
    }
    async fn releases(&self, _: &Tag) -> Result<Vec<SeenRelease>, ServiceError> {
        unreachable!()
    }
    async fn release(&self, _: ReleaseId) -> Result<Option<SeenRelease>, ServiceError> {
        unreachable!()
    }
    async fn tags(&self, _: &str) -> Result<Vec<String>, ServiceError> {
        unreachable!()
    }
    async fn is_annotated(&self, _: &Tag) -> Result<bool, ServiceError> {
        unreachable!()
    }
    async fn tags_at(&self, _: &CommitSha, _: &[String]) -> Result<Vec<String>, ServiceError> {
        unreachable!()
    }
    async fn first_released(
        &self,
        _: &[String],
        _: CountedReleases,
    ) -> Result<Option<String>, ServiceError> {
        unreachable!()
    }
    async fn on_branches(
        &self,
        _: &CommitSha,
        _: &[String],
    ) -> Result<Vec<Option<bool>>, ServiceError> {
        unreachable!()
    }
    async fn latest_tag(&self) -> Result<Option<String>, ServiceError> {
        unreachable!()
    }
    async fn notes(&self, _: &Tag, _: &CommitSha, _: Option<&Tag>) -> Result<Notes, ServiceError> {
        unreachable!()
    }
    async fn changes(
        &self,
        _: Option<&Tag>,
        _: &CommitSha,
    ) -> Result<Option<SeenChanges>, ServiceError> {
        unreachable!()
    }
    async fn contributors(&self, _: &[(String, String)]) -> Result<BTreeSet<String>, ServiceError> {
        unreachable!()
    }
    async fn milestones(&self, _: &str) -> Result<Vec<SeenMilestone>, ServiceError> {
        unreachable!()
    }
    async fn attestations(&self, _: Digest, _: &str) -> Result<Vec<Bytes>, ServiceError> {
        unreachable!()
    }
    async fn own_comments(&self, _: u64) -> Result<Option<Vec<SeenComment>>, ServiceError> {
        unreachable!()
    }
    async fn statuses(&self, _: &CommitSha) -> Result<Vec<SeenCheck>, ServiceError> {
        unreachable!()
    }
    async fn checks(&self, _: &CommitSha) -> Result<Vec<SeenCheck>, ServiceError> {
        unreachable!()
    }
    async fn read_asset(&self, _: &SeenAsset, _: u64) -> Result<Bytes, ServiceError> {
        unreachable!()
    }
    async fn is_public(&self, _: &str) -> Result<bool, ServiceError> {
        unreachable!()
    }
    async fn lock(&self, _: &Tag) -> Result<Option<SeenLock>, ServiceError> {
        unreachable!()
    }
    async fn run_is_over(
        &self,
        _: &RepoSlug,
        _: u64,
        _: u64,
    ) -> Result<Option<bool>, ServiceError> {
        unreachable!()
    }
    async fn jobs(&self, _: &RepoSlug, _: u64) -> Result<Vec<SeenJob>, ServiceError> {
        unreachable!()
    }
    async fn pending_environments(
        &self,
        _: &RepoSlug,
        _: u64,
    ) -> Result<Vec<String>, ServiceError> {
        unreachable!()
    }
    async fn hash_asset(&self, _: &SeenAsset) -> Result<Digest, ServiceError> {
        unreachable!()
    }
}

#[async_trait]
impl GitHubWriter for UnusedServices {
    async fn create_draft(&self, _: &NewDraft) -> Result<ReleaseId, ServiceError> {
        unreachable!()
    }
    async fn edit_draft(&self, _: ReleaseId, _: &Tag, _: &str) -> Result<(), ServiceError> {
        unreachable!()
    }
    async fn create_tag(&self, _: &NewTag) -> Result<(), ServiceError> {
        unreachable!()
    }
    async fn upload_asset(
        &self,
        _: ReleaseId,
        _: &AssetName,
        _: &LocalFile,
    ) -> Result<AssetId, ServiceError> {
        unreachable!()
    }
    async fn rename_asset(&self, _: AssetId, _: &AssetName) -> Result<(), ServiceError> {
        unreachable!()
    }
    async fn delete_asset(&self, _: AssetId) -> Result<(), ServiceError> {
        unreachable!()
    }
    async fn set_status(&self, _: &NewStatus) -> Result<(), ServiceError> {
        unreachable!()
    }
    async fn publish(&self, _: &Publication) -> Result<(), ServiceError> {
        unreachable!()
    }
    async fn delete_release(&self, _: ReleaseId) -> Result<(), ServiceError> {
        unreachable!()
    }
    async fn delete_tag(&self, _: &Tag) -> Result<(), ServiceError> {
        unreachable!()
    }
    async fn take_lock(&self, _: &NewLock) -> Result<(), ServiceError> {
        unreachable!()
    }
    async fn release_lock(&self, _: &Tag) -> Result<(), ServiceError> {
        unreachable!()
    }
    async fn create_comment(&self, _: u64, _: &str) -> Result<CommentId, ServiceError> {
        unreachable!()
    }
    async fn edit_comment(&self, _: CommentId, _: &str) -> Result<(), ServiceError> {
        unreachable!()
    }
    async fn delete_comment(&self, _: CommentId) -> Result<(), ServiceError> {
        unreachable!()
    }
    async fn store_attestation(&self, _: &Bytes) -> Result<(), ServiceError> {
        unreachable!()
    }
}

#[async_trait]
impl RegistryReader for UnusedServices {
    async fn resolve(&self, _: &ImageRef) -> Result<Option<SeenManifest>, ServiceError> {
        unreachable!()
    }
    async fn anyone_may_pull(&self, _: &ImageRef) -> Result<bool, ServiceError> {
        unreachable!()
    }
    async fn push_refusal(&self, _: &ImageRepository) -> Result<Option<String>, ServiceError> {
        unreachable!()
    }
    async fn manifest(&self, _: &PinnedImage) -> Result<Option<Bytes>, ServiceError> {
        unreachable!()
    }
    async fn has_blob(&self, _: &ImageRepository, _: Digest) -> Result<bool, ServiceError> {
        unreachable!()
    }
    async fn blob(&self, _: &ImageRepository, _: Digest, _: u64) -> Result<Bytes, ServiceError> {
        unreachable!()
    }
    async fn referrers(&self, _: &PinnedImage) -> Result<SeenReferrers, ServiceError> {
        unreachable!()
    }
    async fn referred_bundle(
        &self,
        _: &PinnedImage,
        _: Digest,
    ) -> Result<Result<Bytes, RefusedAttestation>, ServiceError> {
        unreachable!()
    }
}

#[async_trait]
impl RegistryWriter for UnusedServices {
    fn open_blob(&self, _: &ImageRepository, _: Digest, _: u64) -> ByteStream {
        unreachable!()
    }
    async fn push_blob(&self, _: &ImageRepository, _: &Blob) -> Result<(), ServiceError> {
        unreachable!()
    }
    async fn push_manifest(&self, _: &ImageRef, _: &str, _: Bytes) -> Result<(), ServiceError> {
        unreachable!()
    }
}

impl BundleVerifier for UnusedServices {
    fn verify(&self, _: &Bytes) -> Result<SeenAttestation, RefusedAttestation> {
        unreachable!()
    }
}

#[async_trait]
impl Signer for UnusedServices {
    async fn sign(&self, _: &NewAttestation) -> Result<Bytes, ServiceError> {
        unreachable!()
    }
}

#[async_trait]
impl PullRequestReader for UnusedServices {
    async fn target(&self) -> Result<SeenTarget, ServiceError> {
        unreachable!()
    }
    async fn head_of(&self, _: &BranchName) -> Result<Option<CommitSha>, ServiceError> {
        unreachable!()
    }
    async fn revision(&self, _: &CommitSha) -> Result<SeenRevision, ServiceError> {
        unreachable!()
    }
    async fn folder(&self, _: &ObjectId) -> Result<Vec<TreeEntry>, ServiceError> {
        unreachable!()
    }
    async fn blob(&self, _: &ObjectId, _: u64) -> Result<Bytes, ServiceError> {
        unreachable!()
    }
    async fn proposals(&self, _: &BranchName) -> Result<Vec<SeenProposal>, ServiceError> {
        unreachable!()
    }
    async fn merge_state(&self, _: u64) -> Result<SeenMergeState, ServiceError> {
        unreachable!()
    }
    async fn required_checks(
        &self,
        _: &BranchName,
    ) -> Result<Option<BTreeSet<String>>, ServiceError> {
        unreachable!()
    }
    async fn has_on_branch(&self, _: &BranchName, _: &CommitSha) -> Result<bool, ServiceError> {
        unreachable!()
    }
    async fn commits_between(
        &self,
        _: &CommitSha,
        _: &CommitSha,
    ) -> Result<(Vec<String>, u64), ServiceError> {
        unreachable!()
    }
}

#[async_trait]
impl PullRequestWriter for UnusedServices {
    async fn push(&self, _: &NewRevision) -> Result<(), ServiceError> {
        unreachable!()
    }
    async fn open(&self, _: &NewPullRequest) -> Result<(), ServiceError> {
        unreachable!()
    }
    async fn edit(&self, _: u64, _: &str, _: &str) -> Result<(), ServiceError> {
        unreachable!()
    }
    async fn merge(&self, _: &NewMerge) -> Result<(), ServiceError> {
        unreachable!()
    }
    async fn merge_when_ready(&self, _: &NewMerge) -> Result<(), ServiceError> {
        unreachable!()
    }
    async fn enqueue(&self, _: &NewMerge) -> Result<(), ServiceError> {
        unreachable!()
    }
    async fn delete_branch(&self, _: &BranchName) -> Result<(), ServiceError> {
        unreachable!()
    }
}
