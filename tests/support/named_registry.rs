//! A registry whose address is another one than in the names of its images.

use btp_release::adapters::registry::Registries;
use btp_release::domain::{Digest, ImageRef, ImageRepository, PinnedImage};
use btp_release::protocol::{
    Blob, ByteStream, RefusedAttestation, RegistryReader, RegistryWriter, SeenManifest,
    SeenReferrers, ServiceError,
};
use bytes::Bytes;

/// The registry under a host name that is the same in every run, regardless of the port: published data contains it.
pub(crate) struct NamedRegistry {
    pub(crate) registries: Registries,
    pub(crate) name: String,
    pub(crate) address: String,
}

impl NamedRegistry {
    fn at<T: std::str::FromStr<Err: std::fmt::Debug>>(&self, name: &impl ToString) -> T {
        let name = name.to_string();
        let path = name.strip_prefix(&self.name).unwrap_or(&name);
        let address = if path == name { "" } else { &self.address };
        format!("{address}{path}").parse().unwrap()
    }
}

#[async_trait::async_trait]
impl RegistryReader for NamedRegistry {
    async fn resolve(&self, image: &ImageRef) -> Result<Option<SeenManifest>, ServiceError> {
        self.registries.resolve(&self.at(image)).await
    }
    async fn anyone_may_pull(&self, image: &ImageRef) -> Result<bool, ServiceError> {
        self.registries.anyone_may_pull(&self.at(image)).await
    }
    async fn push_refusal(&self, to: &ImageRepository) -> Result<Option<String>, ServiceError> {
        self.registries.push_refusal(&self.at(to)).await
    }
    async fn manifest(&self, image: &PinnedImage) -> Result<Option<Bytes>, ServiceError> {
        self.registries.manifest(&self.at(image)).await
    }
    async fn has_blob(&self, from: &ImageRepository, digest: Digest) -> Result<bool, ServiceError> {
        self.registries.has_blob(&self.at(from), digest).await
    }
    async fn blob(
        &self,
        from: &ImageRepository,
        digest: Digest,
        limit: u64,
    ) -> Result<Bytes, ServiceError> {
        self.registries.blob(&self.at(from), digest, limit).await
    }
    async fn referrers(&self, image: &PinnedImage) -> Result<SeenReferrers, ServiceError> {
        self.registries.referrers(&self.at(image)).await
    }
    async fn referred_bundle(
        &self,
        image: &PinnedImage,
        referrer: Digest,
    ) -> Result<Result<Bytes, RefusedAttestation>, ServiceError> {
        let image = self.at(image);
        self.registries.referred_bundle(&image, referrer).await
    }
}

#[async_trait::async_trait]
impl RegistryWriter for NamedRegistry {
    fn open_blob(&self, from: &ImageRepository, digest: Digest, size: u64) -> ByteStream {
        self.registries.open_blob(&self.at(from), digest, size)
    }
    async fn push_blob(&self, to: &ImageRepository, blob: &Blob) -> Result<(), ServiceError> {
        let mut blob = blob.clone();
        blob.mount_from = blob.mount_from.map(|from| self.at(&from));
        self.registries.push_blob(&self.at(to), &blob).await
    }
    async fn push_manifest(
        &self,
        to: &ImageRef,
        kind: &str,
        bytes: Bytes,
    ) -> Result<(), ServiceError> {
        self.registries
            .push_manifest(&self.at(to), kind, bytes)
            .await
    }
}
