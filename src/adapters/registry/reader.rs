//! Reading registries: manifests and blobs, every byte of them checked.

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt as _;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use reqwest::{Method, StatusCode};
use serde::Deserialize;

use super::download::{self, Size};
use super::failure::Failure;
use super::retry::Retry;
use super::transport::{Access, Call, Wire, endpoint};
use super::{Registries, digest_header};
use crate::domain::{Digest, ImageRef, PinnedImage, Repository};
use crate::protocol::{RegistryReader, SeenManifest, ServiceError};

/// The size that the specification asks registries to take at least ("Pushing Manifests").
const MANIFEST_LIMIT: u64 = 4 << 20;

#[async_trait]
impl RegistryReader for Registries {
    async fn resolve(&self, image: &ImageRef) -> Result<Option<SeenManifest>, ServiceError> {
        let wire = &*self.0;
        let mut retry = Retry::new(&*wire.clock);
        loop {
            match wire.try_resolve(image).await {
                Ok(seen) => return Ok(seen),
                Err(failure) => retry
                    .after(&*wire.clock, failure)
                    .await
                    .map_err(|cause| ServiceError::new(format!("look up {image}"), cause))?,
            }
        }
    }

    async fn manifest(&self, image: &PinnedImage) -> Result<Option<Bytes>, ServiceError> {
        let wire = &*self.0;
        let named = ImageRef::from(image.clone());
        let mut retry = Retry::new(&*wire.clock);
        loop {
            match wire.get_manifest(&named).await {
                Ok(got) => return Ok(got.map(|(_, bytes)| bytes)),
                Err(failure) => retry.after(&*wire.clock, failure).await.map_err(|cause| {
                    ServiceError::new(format!("read the manifest {image}"), cause)
                })?,
            }
        }
    }

    async fn has_blob(
        &self,
        repository: &Repository,
        digest: Digest,
    ) -> Result<bool, ServiceError> {
        let wire = &*self.0;
        let mut retry = Retry::new(&*wire.clock);
        loop {
            match wire.try_has_blob(repository, digest, Access::Pull).await {
                Ok(there) => return Ok(there),
                Err(failure) => retry.after(&*wire.clock, failure).await.map_err(|cause| {
                    ServiceError::new(format!("look for the blob {repository}@{digest}"), cause)
                })?,
            }
        }
    }

    async fn blob(
        &self,
        repository: &Repository,
        digest: Digest,
        limit: u64,
    ) -> Result<Bytes, ServiceError> {
        download::open(&self.0, repository, digest, Size::AtMost(limit))
            .try_fold(BytesMut::new(), |mut whole, piece| async move {
                whole.extend_from_slice(&piece);
                Ok(whole)
            })
            .await
            .map(BytesMut::freeze)
    }
}

impl Wire {
    /// HEAD tells digest, type and size without counting as a pull (Docker Hub's rate limit) and without a body.
    async fn try_resolve(&self, image: &ImageRef) -> Result<Option<SeenManifest>, Failure> {
        let repository = image.repository();
        let url = endpoint(repository, &format!("manifests/{}", image.reference()))?;
        let call = Call::read(Method::HEAD, repository, url).accepting(ACCEPTED);
        let response = self.send(&call).await?;
        let headers = response.headers();
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            StatusCode::METHOD_NOT_ALLOWED => return self.resolve_by_get(image).await,
            _ => return Err(self.refused(repository, response).await),
        }
        // The specification makes the digest a SHOULD only.
        let (Some(digest), Some(media_type)) = (digest_header(headers), media_type(headers)) else {
            return self.resolve_by_get(image).await;
        };
        if let Some(pin) = image.digest().filter(|pin| *pin != digest) {
            return Err(Failure::broken(format!(
                "answered with {digest}, asked for {pin}"
            )));
        }
        Ok(Some(SeenManifest {
            digest,
            media_type,
            size: content_length(headers),
        }))
    }

    async fn resolve_by_get(&self, image: &ImageRef) -> Result<Option<SeenManifest>, Failure> {
        let got = self.get_manifest(image).await?;
        Ok(got.map(|(media_type, bytes)| SeenManifest {
            digest: Digest::of(&bytes),
            media_type,
            size: Some(bytes.len() as u64),
        }))
    }

    /// Type and bytes. The bytes decide: what a header says of their digest is not asked.
    async fn get_manifest(&self, image: &ImageRef) -> Result<Option<(String, Bytes)>, Failure> {
        let repository = image.repository();
        let url = endpoint(repository, &format!("manifests/{}", image.reference()))?;
        let call = Call::read(Method::GET, repository, url).accepting(ACCEPTED);
        let response = self.send(&call).await?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            _ => return Err(self.refused(repository, response).await),
        }
        let headers = response.headers().clone();
        let bytes = self.body(response, MANIFEST_LIMIT).await?;
        let digest = Digest::of(&bytes);
        if let Some(pin) = image.digest().filter(|pin| *pin != digest) {
            return Err(Failure::broken(format!(
                "its bytes are {digest}, not {pin}"
            )));
        }
        let media_type = media_type(&headers)
            .or_else(|| own_media_type(&bytes))
            .ok_or_else(|| Failure::broken("neither its headers nor its bytes tell what it is"))?;
        Ok(Some((media_type, bytes)))
    }

    pub(super) async fn try_has_blob(
        &self,
        repository: &Repository,
        digest: Digest,
        access: Access,
    ) -> Result<bool, Failure> {
        let url = endpoint(repository, &format!("blobs/{digest}"))?;
        let mut call = Call::read(Method::HEAD, repository, url);
        call.access = access;
        let response = self.send(&call).await?;
        match response.status() {
            StatusCode::OK => Ok(true),
            StatusCode::NOT_FOUND => Ok(false),
            _ => Err(self.refused(repository, response).await),
        }
    }
}

/// All that an image may be. A registry answers 404 for what is there in a form that is not listed.
const ACCEPTED: &str = "application/vnd.oci.image.index.v1+json, \
    application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.docker.distribution.manifest.v2+json";

fn media_type(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let essence = text.split(';').next().unwrap_or(text).trim();
    ACCEPTED
        .split(", ")
        .any(|known| known == essence)
        .then(|| essence.to_owned())
}

/// What a manifest says of itself, for registries that call it `application/json` or the like.
fn own_media_type(bytes: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Manifest {
        #[serde(rename = "mediaType")]
        media_type: String,
    }
    serde_json::from_slice::<Manifest>(bytes)
        .ok()
        .map(|manifest| manifest.media_type)
}

/// From the header itself: the client's own idea of the length is that of the body, which a HEAD has not.
fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_exactly_the_types_of_manifests_and_indexes() {
        use oci_client::manifest as known;
        assert_eq!(
            ACCEPTED.split(", ").collect::<Vec<_>>(),
            [
                known::OCI_IMAGE_INDEX_MEDIA_TYPE,
                known::OCI_IMAGE_MEDIA_TYPE,
                known::IMAGE_MANIFEST_LIST_MEDIA_TYPE,
                known::IMAGE_MANIFEST_MEDIA_TYPE,
            ]
        );
    }
}
