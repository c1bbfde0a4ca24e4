//! Writing to registries: each write is sent once, and a blob only where it is missing.

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream;
use reqwest::{Method, Response, StatusCode, Url};

use super::Registries;
use super::client::RegistryClient;
use super::download::{self, BlobSize};
use super::failure::{Refusal, RequestFailure};
use super::request::{
    Payload, RegistryRequest, RepositoryAccess, base, digest_header, endpoint, location, secured,
};
use super::retry::{Attempts, retried};
use crate::domain::{Digest, ImageRef, ImageRepository};
use crate::protocol::{Blob, BlobSource, ByteStream, Cause, RegistryWriter, ServiceError};

#[async_trait]
impl RegistryWriter for Registries {
    fn open_blob(&self, repository: &ImageRepository, digest: Digest, size: u64) -> ByteStream {
        let known = self.cache.get(digest);
        if let Some(bytes) = known.filter(|bytes| bytes.len() as u64 == size) {
            return Box::pin(stream::once(async { Ok(bytes) }));
        }
        let size = BlobSize::Exactly(size);
        let sent_ahead = self.expected.take(repository, digest);
        download::open(&self.client, repository, digest, size, sent_ahead)
    }

    async fn push_blob(&self, to: &ImageRepository, blob: &Blob) -> Result<(), ServiceError> {
        let pushed = self.client.push_blob(to, blob).await;
        pushed.map_err(|failure| {
            let doing = format!("upload the blob {to}@{}", blob.digest);
            ServiceError::new(doing, failure.into())
        })?;
        self.cache.pushed(to, blob.digest);
        Ok(())
    }

    async fn push_manifest(
        &self,
        to: &ImageRef,
        media_type: &str,
        bytes: Bytes,
    ) -> Result<(), ServiceError> {
        let failure = match self.client.push_manifest(to, media_type, bytes).await {
            Ok(()) => return Ok(()),
            Err(ManifestFailure::BlobMissing(failure)) => {
                self.cache.forget_pushed(to.repository());
                failure
            }
            Err(ManifestFailure::Other(failure)) => failure,
        };
        let doing = format!("put the manifest {to}");
        Err(ServiceError::new(doing, failure.into()))
    }
}

/// Why a manifest was not stored.
enum ManifestFailure {
    BlobMissing(RequestFailure),
    Other(RequestFailure),
}

impl From<RequestFailure> for ManifestFailure {
    fn from(failure: RequestFailure) -> Self {
        Self::Other(failure)
    }
}

impl RegistryClient {
    async fn push_blob(&self, to: &ImageRepository, blob: &Blob) -> Result<(), RequestFailure> {
        let from = blob.mount_from.as_ref();
        let from = from.filter(|from| from.registry() == to.registry());
        if from.is_some() {
            let there = retried(self.clock(), || {
                self.has_blob(to, blob.digest, RepositoryAccess::push())
            });
            if there.await? {
                return Ok(());
            }
        }
        // Mounted from its own repository, a blob that is there is found by the request that otherwise begins its upload.
        let session = match self.mount(to, blob.digest, from.unwrap_or(to)).await? {
            Mount::Done => return Ok(()),
            Mount::Upload(session) => session,
            Mount::Refused => self.start_upload(to).await?,
        };
        self.upload(to, blob, session).await
    }

    /// "Mounting a blob from another repository": a registry that cannot do it opens an upload instead.
    async fn mount(
        &self,
        to: &ImageRepository,
        digest: Digest,
        from: &ImageRepository,
    ) -> Result<Mount, RequestFailure> {
        let mut url = endpoint(to, "blobs/uploads/")?;
        url.query_pairs_mut()
            .append_pair("mount", &digest.to_string())
            .append_pair("from", from.path());
        let mut request = RegistryRequest::write(Method::POST, to, url, None);
        request.access = RepositoryAccess::Push {
            mount_from: (from != to).then(|| from.clone()),
        };
        let response = self.write(&request).await?;
        match response.status() {
            StatusCode::CREATED => Ok(Mount::Done),
            StatusCode::ACCEPTED => Ok(Mount::Upload(session(to, &response)?)),
            // No permission to read that repository, or it does not exist, as this one before its first push; and not every
            // registry mounts. The blob is uploaded instead: what is wrong with that, its own answer says.
            StatusCode::BAD_REQUEST
            | StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::NOT_FOUND
            | StatusCode::METHOD_NOT_ALLOWED => Ok(Mount::Refused),
            _ => Err(self.refused(to, response).await),
        }
    }

    async fn start_upload(&self, to: &ImageRepository) -> Result<Url, RequestFailure> {
        let url = endpoint(to, "blobs/uploads/")?;
        let request = RegistryRequest::write(Method::POST, to, url, None);
        let response = self.write(&request).await?;
        match response.status() {
            StatusCode::ACCEPTED => session(to, &response),
            _ => Err(self.refused(to, response).await),
        }
    }

    /// "POST then PUT": all bytes in one request. The registry compares them with the digest.
    async fn upload(
        &self,
        to: &ImageRepository,
        blob: &Blob,
        mut url: Url,
    ) -> Result<(), RequestFailure> {
        url.query_pairs_mut()
            .append_pair("digest", &blob.digest.to_string());
        let payload = Payload {
            source: &blob.bytes,
            size: blob.size,
            media_type: "application/octet-stream",
        };
        let request = RegistryRequest::write(Method::PUT, to, url, Some(payload));
        let response = self.write(&request).await?;
        if response.status().is_success() {
            return Ok(());
        }
        let refusal = self.transport.refusal(response).await;
        // The upload session has ended, and its bytes are lost.
        if matches!(refusal.status.as_u16(), 404 | 416) {
            return Err(look_again(refusal, "the upload was lost"));
        }
        Err(refusal.classify(to, &self.identity_at(to)))
    }

    async fn push_manifest(
        &self,
        to: &ImageRef,
        media_type: &str,
        bytes: Bytes,
    ) -> Result<(), ManifestFailure> {
        let digest = Digest::of(&bytes);
        if let Some(pin) = to.digest().filter(|pin| *pin != digest) {
            return Err(
                RequestFailure::broken(format!("its bytes are {digest}, not {pin}")).into(),
            );
        }
        let repository = to.repository();
        let url = endpoint(repository, &format!("manifests/{}", to.reference()))?;
        let size = bytes.len() as u64;
        let source = BlobSource::Memory(bytes);
        let payload = Payload {
            source: &source,
            size,
            media_type,
        };
        let request = RegistryRequest::write(Method::PUT, repository, url, Some(payload));
        let response = self.write(&request).await?;
        if response.status().is_success() {
            return match digest_header(response.headers()) {
                Some(stored) if stored != digest => Err(RequestFailure::broken(format!(
                    "the registry stored {stored} instead of {digest}"
                ))
                .into()),
                _ => Ok(()),
            };
        }
        let refusal = self.transport.refusal(response).await;
        // A registry that collects unused blobs eagerly may have deleted one since it was seen.
        if refusal.has_code(&["MANIFEST_BLOB_UNKNOWN", "BLOB_UNKNOWN"]) {
            let why = "a blob of it is not there, upload it again";
            return Err(ManifestFailure::BlobMissing(look_again(refusal, why)));
        }
        Err(refusal
            .classify(repository, &self.identity_at(repository))
            .into())
    }

    /// Sends a write once. It waits only for a rate limit, since a limited request was not carried out.
    async fn write(&self, request: &RegistryRequest<'_>) -> Result<Response, RequestFailure> {
        let mut attempts = Attempts::new(self.clock());
        loop {
            let response = self.send(request).await?;
            if response.status() != StatusCode::TOO_MANY_REQUESTS {
                return Ok(response);
            }
            let failure = self.refused(request.repository, response).await;
            attempts.wait(self.clock(), failure).await?;
        }
    }
}

/// How a registry answered the request to mount a blob.
enum Mount {
    Done,
    Upload(Url),
    Refused,
}

/// Where the bytes go: `Location`, or the session's name in a registry that gives no more than that.
fn session(to: &ImageRepository, response: &Response) -> Result<Url, RequestFailure> {
    if let Some(url) = location(response) {
        return secured(url, &base(to)?);
    }
    let id = response.headers().get("docker-upload-uuid");
    match id.and_then(|id| id.to_str().ok()) {
        Some(id) => endpoint(to, &format!("blobs/uploads/{id}")),
        None => Err(RequestFailure::broken(
            "the registry does not say where to upload",
        )),
    }
}

/// A refusal after which the caller can read again and upload again.
fn look_again(refusal: Refusal, why: &str) -> RequestFailure {
    RequestFailure::Lasting(Cause::Conflict {
        status: refusal.status.as_u16(),
        message: format!("{why}: {}", refusal.message),
        request_id: refusal.request_id,
    })
}
