//! Reading registries: manifests and blobs, compared with the digest that was asked for.

use std::sync::LazyLock;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt as _;
use oci_client::manifest::{
    IMAGE_MANIFEST_LIST_MEDIA_TYPE, IMAGE_MANIFEST_MEDIA_TYPE, OCI_IMAGE_INDEX_MEDIA_TYPE,
    OCI_IMAGE_MEDIA_TYPE,
};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, StatusCode};
use serde::Deserialize;

use super::Registries;
use super::answered::Answered;
use super::client::RegistryClient;
use super::download::{self, BlobSize};
use super::failure::RequestFailure;
use super::request::{RegistryRequest, RepositoryAccess, content_length, digest_header, endpoint};
use super::retry::retried;
use crate::domain::{Digest, ImageRef, ImageRepository, PinnedImage};
use crate::protocol::{
    Cause, RefusedAttestation, RegistryReader, SeenManifest, SeenReferrers, ServiceError,
};

/// The size that the specification asks registries to take at least ("Pushing Manifests").
pub(super) const MANIFEST_LIMIT: u64 = 4 << 20;

/// All types that an image may have. A registry answers 404 for an image of a type that is not accepted.
const MANIFEST_TYPES: [&str; 4] = [
    OCI_IMAGE_INDEX_MEDIA_TYPE,
    OCI_IMAGE_MEDIA_TYPE,
    IMAGE_MANIFEST_LIST_MEDIA_TYPE,
    IMAGE_MANIFEST_MEDIA_TYPE,
];

static ACCEPT: LazyLock<HeaderValue> = LazyLock::new(|| {
    HeaderValue::try_from(MANIFEST_TYPES.join(", ")).unwrap_or(HeaderValue::from_static("*/*"))
});

#[async_trait]
impl RegistryReader for Registries {
    async fn resolve(&self, image: &ImageRef) -> Result<Option<SeenManifest>, ServiceError> {
        let client = &*self.client;
        retried(client.clock(), || client.resolve(image))
            .await
            .map_err(|cause| ServiceError::new(format!("look up {image}"), cause))
    }

    async fn anyone_may_pull(&self, image: &ImageRef) -> Result<bool, ServiceError> {
        let pulled = self.may_be_pulled_by_anyone(image).await;
        pulled.map_err(|cause| ServiceError::new(format!("look up {image} anonymously"), cause))
    }

    async fn push_refusal(
        &self,
        repository: &ImageRepository,
    ) -> Result<Option<String>, ServiceError> {
        let refusal = self.refusal_of_push(repository).await;
        refusal.map_err(|cause| {
            ServiceError::new(format!("ask whether {repository} may be pushed to"), cause)
        })
    }

    async fn manifest(&self, image: &PinnedImage) -> Result<Option<Bytes>, ServiceError> {
        let named = ImageRef::from(image.clone());
        if let Some(bytes) = self.cache.get(image.digest) {
            // The bytes are known; whether they still exist is asked without reading them again.
            return Ok(self.resolve(&named).await?.map(|_| bytes));
        }
        let client = &*self.client;
        let got = retried(client.clock(), || client.get_manifest(&named)).await;
        let got =
            got.map_err(|cause| ServiceError::new(format!("read the manifest {image}"), cause))?;
        Ok(got.map(|(_, bytes)| {
            self.cache.put(image.digest, &bytes);
            bytes
        }))
    }

    async fn has_blob(
        &self,
        repository: &ImageRepository,
        digest: Digest,
    ) -> Result<bool, ServiceError> {
        if self.cache.was_pushed(repository, digest) {
            return Ok(true);
        }
        let client = &*self.client;
        retried(client.clock(), || {
            client.has_blob(repository, digest, RepositoryAccess::Pull)
        })
        .await
        .map_err(|cause| {
            ServiceError::new(format!("look for the blob {repository}@{digest}"), cause)
        })
    }

    fn expect_blobs(&self, repository: &ImageRepository, digests: &[Digest]) {
        let unknown = digests.iter().copied();
        let unknown: Vec<_> = unknown
            .filter(|digest| self.cache.get(*digest).is_none())
            .collect();
        self.expected.set(&self.client, repository, &unknown);
    }

    async fn blob(
        &self,
        repository: &ImageRepository,
        digest: Digest,
        limit: u64,
    ) -> Result<Bytes, ServiceError> {
        // As with a manifest. Where it is missing now, reading it fails with the registry's message.
        if let Some(bytes) = self.cache.get(digest)
            && self.has_blob(repository, digest).await?
        {
            return within(limit, bytes).map_err(|cause| {
                ServiceError::new(format!("read the blob {repository}@{digest}"), cause)
            });
        }
        let size = BlobSize::AtMost(limit);
        let sent_ahead = self.expected.take(repository, digest);
        let mut pieces = download::open(&self.client, repository, digest, size, sent_ahead);
        let mut whole = BytesMut::new();
        while let Some(piece) = pieces.try_next().await? {
            whole.extend_from_slice(&piece);
        }
        let whole = whole.freeze();
        self.cache.put(digest, &whole);
        Ok(whole)
    }

    async fn referrers(&self, image: &PinnedImage) -> Result<SeenReferrers, ServiceError> {
        let listed = self.listed_referrers(image).await;
        listed.map_err(|cause| ServiceError::new(format!("list the referrers of {image}"), cause))
    }

    async fn referred_bundle(
        &self,
        image: &PinnedImage,
        referrer: Digest,
    ) -> Result<Result<Bytes, RefusedAttestation>, ServiceError> {
        let bundle = self.bundle_of_referrer(image, referrer).await;
        let doing = || format!("read the referrer {referrer} of {image}");
        bundle.map_err(|cause| ServiceError::new(doing(), cause))
    }
}

/// The bytes, unless they exceed the limit of this caller.
fn within(limit: u64, bytes: Bytes) -> Result<Bytes, Cause> {
    if bytes.len() as u64 <= limit {
        return Ok(bytes);
    }
    Err(Cause::Broken {
        detail: format!(
            "has {} bytes, more than the {limit} that are allowed",
            bytes.len()
        ),
    })
}

impl RegistryClient {
    /// HEAD gives digest, type and size without a body, and Docker Hub does not count it as a pull.
    pub(super) async fn resolve(
        &self,
        image: &ImageRef,
    ) -> Result<Option<SeenManifest>, RequestFailure> {
        let repository = image.repository();
        let url = endpoint(repository, &format!("manifests/{}", image.reference()))?;
        let request =
            RegistryRequest::read(Method::HEAD, repository, url).accepting(ACCEPT.clone());
        let response = self.send(&request).await?;
        let headers = response.headers();
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            StatusCode::METHOD_NOT_ALLOWED => return self.resolve_by_get(image).await,
            _ => return Err(self.refused(repository, response).await),
        }
        // The specification makes the header with the digest a SHOULD only.
        let (Some(digest), Some(media_type)) = (digest_header(headers), media_type(headers)) else {
            return self.resolve_by_get(image).await;
        };
        if let Some(pin) = image.digest().filter(|pin| *pin != digest) {
            return Err(RequestFailure::broken(format!(
                "answered with {digest}, asked for {pin}"
            )));
        }
        Ok(Some(SeenManifest {
            digest,
            media_type,
            size: content_length(headers),
        }))
    }

    async fn resolve_by_get(
        &self,
        image: &ImageRef,
    ) -> Result<Option<SeenManifest>, RequestFailure> {
        let got = self.get_manifest(image).await?;
        Ok(got.map(|(media_type, bytes)| SeenManifest {
            digest: Digest::of(&bytes),
            media_type,
            size: Some(bytes.len() as u64),
        }))
    }

    /// Type and bytes. The digest is computed from the bytes; the header with it is not used.
    pub(super) async fn get_manifest(
        &self,
        image: &ImageRef,
    ) -> Result<Option<(String, Bytes)>, RequestFailure> {
        let repository = image.repository();
        let url = endpoint(repository, &format!("manifests/{}", image.reference()))?;
        let request = RegistryRequest::read(Method::GET, repository, url).accepting(ACCEPT.clone());
        let response = self.send(&request).await?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            _ => return Err(self.refused(repository, response).await),
        }
        let answered = Answered::of(&response);
        let bytes = self.transport.body(response, MANIFEST_LIMIT).await?;
        if let Some(page) = answered.page(&bytes) {
            return Err(RequestFailure::broken(page));
        }
        let digest = Digest::of(&bytes);
        if let Some(pin) = image.digest().filter(|pin| *pin != digest) {
            return Err(RequestFailure::broken(format!(
                "its bytes are {digest}, not {pin}"
            )));
        }
        let media_type = media_type(&answered.headers)
            .or_else(|| own_media_type(&bytes))
            .ok_or_else(|| {
                RequestFailure::broken("neither its headers nor its bytes tell what it is")
            })?;
        Ok(Some((media_type, bytes)))
    }

    /// Whether the repository has a blob, asked with the given rights.
    pub(super) async fn has_blob(
        &self,
        repository: &ImageRepository,
        digest: Digest,
        access: RepositoryAccess,
    ) -> Result<bool, RequestFailure> {
        let url = endpoint(repository, &format!("blobs/{digest}"))?;
        let mut request = RegistryRequest::read(Method::HEAD, repository, url);
        request.access = access;
        let response = self.send(&request).await?;
        match response.status() {
            StatusCode::OK => Ok(true),
            StatusCode::NOT_FOUND => Ok(false),
            _ => Err(self.refused(repository, response).await),
        }
    }
}

/// The type in the header, where it is one of a manifest.
fn media_type(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let essence = text.split(';').next().unwrap_or(text).trim();
    MANIFEST_TYPES
        .contains(&essence)
        .then(|| essence.to_owned())
}

/// The type in the manifest itself, for registries that send `application/json` or similar.
fn own_media_type(bytes: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct TypedManifest {
        #[serde(rename = "mediaType")]
        media_type: String,
    }
    serde_json::from_slice::<TypedManifest>(bytes)
        .ok()
        .map(|manifest| manifest.media_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_names_the_types_of_manifests_and_indexes() {
        assert_eq!(
            *ACCEPT,
            "application/vnd.oci.image.index.v1+json, \
             application/vnd.oci.image.manifest.v1+json, \
             application/vnd.docker.distribution.manifest.list.v2+json, \
             application/vnd.docker.distribution.manifest.v2+json"
        );
    }
}
