//! Services that the engine's tests do not speak to.

use super::*;

pub(super) struct Nothing;

#[async_trait]
impl GitHubLook for Nothing {
    fn answers(&self) -> Vec<SeenAnswer> {
        unreachable!()
    }
    async fn repository(&self) -> Result<SeenRepository, PortError> {
        unreachable!()
    }
    async fn immutable_releases(&self) -> Result<Option<bool>, PortError> {
        unreachable!()
    }
    async fn has_commit(&self, _: &CommitSha) -> Result<bool, PortError> {
        unreachable!()
    }
    async fn branch(&self, _: &str) -> Result<Option<CommitSha>, PortError> {
        unreachable!()
    }
    async fn tag(&self, _: &Tag) -> Result<Option<CommitSha>, PortError> {
        unreachable!()
    }
    async fn releases(&self, _: &Tag) -> Result<Vec<SeenRelease>, PortError> {
        unreachable!()
    }
    async fn release(&self, _: ReleaseId) -> Result<Option<SeenRelease>, PortError> {
        unreachable!()
    }
    async fn published_tags(&self) -> Result<Vec<String>, PortError> {
        unreachable!()
    }
    async fn latest_tag(&self) -> Result<Option<String>, PortError> {
        unreachable!()
    }
    async fn notes(&self, _: &Tag, _: &CommitSha, _: Option<&Tag>) -> Result<Notes, PortError> {
        unreachable!()
    }
    async fn statuses(&self, _: &CommitSha) -> Result<Vec<SeenCheck>, PortError> {
        unreachable!()
    }
    async fn checks(&self, _: &CommitSha) -> Result<Vec<SeenCheck>, PortError> {
        unreachable!()
    }
    async fn read_asset(&self, _: AssetId, _: u64) -> Result<Bytes, PortError> {
        unreachable!()
    }
    async fn is_public(&self, _: &str) -> Result<bool, PortError> {
        unreachable!()
    }
    async fn lock(&self, _: &Tag) -> Result<Option<SeenLock>, PortError> {
        unreachable!()
    }
    async fn run_is_over(&self, _: &RepoSlug, _: u64, _: u64) -> Result<Option<bool>, PortError> {
        unreachable!()
    }
    async fn hash_asset(&self, _: AssetId) -> Result<Digest, PortError> {
        unreachable!()
    }
}

#[async_trait]
impl GitHubHands for Nothing {
    async fn create_draft(&self, _: &NewDraft) -> Result<ReleaseId, PortError> {
        unreachable!()
    }
    async fn edit_draft(&self, _: ReleaseId, _: &Tag, _: &str) -> Result<(), PortError> {
        unreachable!()
    }
    async fn create_tag(&self, _: &Tag, _: &CommitSha) -> Result<(), PortError> {
        unreachable!()
    }
    async fn upload_asset(
        &self,
        _: ReleaseId,
        _: &AssetName,
        _: &LocalFile,
    ) -> Result<AssetId, PortError> {
        unreachable!()
    }
    async fn rename_asset(&self, _: AssetId, _: &AssetName) -> Result<(), PortError> {
        unreachable!()
    }
    async fn delete_asset(&self, _: AssetId) -> Result<(), PortError> {
        unreachable!()
    }
    async fn set_status(&self, _: &NewStatus) -> Result<(), PortError> {
        unreachable!()
    }
    async fn publish(&self, _: &Publication) -> Result<(), PortError> {
        unreachable!()
    }
    async fn delete_release(&self, _: ReleaseId) -> Result<(), PortError> {
        unreachable!()
    }
    async fn delete_tag(&self, _: &Tag) -> Result<(), PortError> {
        unreachable!()
    }
    async fn take_lock(
        &self,
        _: &Tag,
        _: &CommitSha,
        _: &LockOwner,
        _: bool,
    ) -> Result<(), PortError> {
        unreachable!()
    }
    async fn release_lock(&self, _: &Tag) -> Result<(), PortError> {
        unreachable!()
    }
}

#[async_trait]
impl RegistryLook for Nothing {
    async fn resolve(&self, _: &ImageRef) -> Result<Option<SeenManifest>, PortError> {
        unreachable!()
    }
    async fn manifest(&self, _: &PinnedImage) -> Result<Option<Bytes>, PortError> {
        unreachable!()
    }
    async fn has_blob(&self, _: &Repository, _: Digest) -> Result<bool, PortError> {
        unreachable!()
    }
    async fn blob(&self, _: &Repository, _: Digest, _: u64) -> Result<Bytes, PortError> {
        unreachable!()
    }
}

#[async_trait]
impl RegistryHands for Nothing {
    fn open_blob(&self, _: &Repository, _: Digest, _: u64) -> ByteStream {
        unreachable!()
    }
    async fn push_blob(&self, _: &Repository, _: &Blob) -> Result<(), PortError> {
        unreachable!()
    }
    async fn push_manifest(&self, _: &ImageRef, _: &str, _: Bytes) -> Result<(), PortError> {
        unreachable!()
    }
}
