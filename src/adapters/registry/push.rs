//! Writing to registries: each write is sent once, and a blob only where it is missing.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use reqwest::header::HeaderMap;
use reqwest::{Method, Response, StatusCode, Url};
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;

use super::download::{self, Size};
use super::failure::{Failure, Refusal};
use super::retry::Retry;
use super::transport::{Access, Body, Call, Wire, base, encrypted, endpoint, location};
use super::{Registries, digest_header};
use crate::domain::{Digest, ImageRef, Repository};
use crate::protocol::{Blob, BlobSource, ByteStream, Cause, RegistryWriter, ServiceError};

const PIECE: usize = 128 << 10;

#[async_trait]
impl RegistryWriter for Registries {
    fn open_blob(&self, repository: &Repository, digest: Digest, size: u64) -> ByteStream {
        download::open(&self.0, repository, digest, Size::Exactly(size))
    }

    async fn push_blob(&self, to: &Repository, blob: &Blob) -> Result<(), ServiceError> {
        self.0.push_blob(to, blob).await.map_err(|failure| {
            let doing = format!("upload the blob {to}@{}", blob.digest);
            ServiceError::new(doing, failure.into())
        })
    }

    async fn push_manifest(
        &self,
        to: &ImageRef,
        media_type: &str,
        bytes: Bytes,
    ) -> Result<(), ServiceError> {
        let pushed = self.0.push_manifest(to, media_type, bytes).await;
        pushed
            .map_err(|failure| ServiceError::new(format!("put the manifest {to}"), failure.into()))
    }
}

impl Wire {
    async fn push_blob(&self, to: &Repository, blob: &Blob) -> Result<(), Failure> {
        let mut retry = Retry::new(&*self.clock);
        loop {
            match self.try_has_blob(to, blob.digest, Access::push()).await {
                Ok(true) => return Ok(()),
                Ok(false) => break,
                Err(failure) => retry.after(&*self.clock, failure).await?,
            }
        }
        let session = match &blob.mount_from {
            Some(from) if from.registry() == to.registry() => {
                match self.mount(to, blob.digest, from).await? {
                    Mounted::Done => return Ok(()),
                    Mounted::Upload(session) => session,
                    Mounted::Refused => self.start_upload(to).await?,
                }
            }
            _ => self.start_upload(to).await?,
        };
        self.upload(to, blob, session).await
    }

    /// "Mounting a blob from another repository": a registry that cannot do it opens an upload instead.
    async fn mount(
        &self,
        to: &Repository,
        digest: Digest,
        from: &Repository,
    ) -> Result<Mounted, Failure> {
        let mut url = endpoint(to, "blobs/uploads/")?;
        url.query_pairs_mut()
            .append_pair("mount", &digest.to_string())
            .append_pair("from", from.path());
        let mut call = write(Method::POST, to, url, None);
        call.access = Access::Push {
            mount_from: Some(from.clone()),
        };
        let response = self.write(&call).await?;
        match response.status() {
            StatusCode::CREATED => Ok(Mounted::Done),
            StatusCode::ACCEPTED => Ok(Mounted::Upload(session(to, &response)?)),
            // No right to read there, or no such repository: then it is uploaded as if nothing had been offered.
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => {
                Ok(Mounted::Refused)
            }
            _ => Err(self.refused(to, response).await),
        }
    }

    async fn start_upload(&self, to: &Repository) -> Result<Url, Failure> {
        let call = write(Method::POST, to, endpoint(to, "blobs/uploads/")?, None);
        let response = self.write(&call).await?;
        match response.status() {
            StatusCode::ACCEPTED => session(to, &response),
            _ => Err(self.refused(to, response).await),
        }
    }

    /// "POST then PUT": all bytes in one request. The registry compares them with the digest.
    async fn upload(&self, to: &Repository, blob: &Blob, mut url: Url) -> Result<(), Failure> {
        url.query_pairs_mut()
            .append_pair("digest", &blob.digest.to_string());
        let body = Body {
            bytes: &blob.bytes,
            size: blob.size,
            media_type: "application/octet-stream",
        };
        let response = self.write(&write(Method::PUT, to, url, Some(body))).await?;
        if response.status().is_success() {
            return Ok(());
        }
        let refusal = self.refusal(response).await;
        // The session is gone, and the bytes with it.
        if matches!(refusal.status.as_u16(), 404 | 416) {
            return Err(again(refusal, "the upload was lost"));
        }
        Err(refusal.sort(&self.credentials.whom(to.registry())))
    }

    async fn push_manifest(
        &self,
        to: &ImageRef,
        media_type: &str,
        bytes: Bytes,
    ) -> Result<(), Failure> {
        let digest = Digest::of(&bytes);
        if let Some(pin) = to.digest().filter(|pin| *pin != digest) {
            return Err(Failure::broken(format!(
                "its bytes are {digest}, not {pin}"
            )));
        }
        let repository = to.repository();
        let url = endpoint(repository, &format!("manifests/{}", to.reference()))?;
        let size = bytes.len() as u64;
        let source = BlobSource::Memory(bytes);
        let body = Body {
            bytes: &source,
            size,
            media_type,
        };
        let response = self
            .write(&write(Method::PUT, repository, url, Some(body)))
            .await?;
        if response.status().is_success() {
            return match digest_header(response.headers()) {
                Some(stored) if stored != digest => Err(Failure::broken(format!(
                    "the registry stored {stored} instead of {digest}"
                ))),
                _ => Ok(()),
            };
        }
        let refusal = self.refusal(response).await;
        // A registry that collects blobs eagerly may have dropped one since it was seen.
        if ["MANIFEST_BLOB_UNKNOWN", "BLOB_UNKNOWN"]
            .iter()
            .any(|code| refusal.words.has(code))
        {
            return Err(again(refusal, "a blob of it is not there, upload it again"));
        }
        Err(refusal.sort(&self.credentials.whom(repository.registry())))
    }

    /// Sends a write once. Only a rate limit is waited for, since it says that nothing was done.
    async fn write(&self, call: &Call<'_>) -> Result<Response, Failure> {
        let mut retry = Retry::new(&*self.clock);
        loop {
            let response = self.send(call).await?;
            if response.status() != StatusCode::TOO_MANY_REQUESTS {
                return Ok(response);
            }
            let failure = self.refused(call.repository, response).await;
            retry.after(&*self.clock, failure).await?;
        }
    }
}

enum Mounted {
    Done,
    Upload(Url),
    Refused,
}

fn write<'a>(
    method: Method,
    repository: &'a Repository,
    url: Url,
    body: Option<Body<'a>>,
) -> Call<'a> {
    Call {
        repository,
        access: Access::push(),
        method,
        url,
        headers: HeaderMap::new(),
        body,
    }
}

/// Where the bytes go: `Location`, or the session's name in a registry that gives no more than that.
fn session(to: &Repository, response: &Response) -> Result<Url, Failure> {
    if let Some(url) = location(response) {
        return encrypted(url, &base(to)?);
    }
    let id = response.headers().get("docker-upload-uuid");
    match id.and_then(|id| id.to_str().ok()) {
        Some(id) => endpoint(to, &format!("blobs/uploads/{id}")),
        None => Err(Failure::broken("the registry does not say where to upload")),
    }
}

/// A refusal that another look and another upload can cure.
fn again(refusal: Refusal, why: &str) -> Failure {
    Failure::Lasting(Cause::Conflict {
        status: refusal.status.as_u16(),
        message: format!("{why}: {}", refusal.words.text),
        request_id: refusal.request_id,
    })
}

/// The bytes of a request; `pulse` counts them as they are taken.
pub(super) async fn payload(
    body: &Body<'_>,
    pulse: &Arc<AtomicU64>,
) -> Result<reqwest::Body, Failure> {
    match body.bytes {
        BlobSource::Memory(bytes) if bytes.len() as u64 == body.size => Ok(bytes.clone().into()),
        BlobSource::Memory(bytes) => Err(size_changed(body.size, bytes.len() as u64)),
        BlobSource::File(path) => {
            let file = open(path, body.size).await?;
            let pulse = Arc::clone(pulse);
            Ok(reqwest::Body::wrap_stream(stream::try_unfold(
                file,
                move |mut file| {
                    let pulse = Arc::clone(&pulse);
                    async move {
                        let mut piece = BytesMut::with_capacity(PIECE);
                        let read = file.read_buf(&mut piece).await?;
                        pulse.fetch_add(read as u64, Ordering::Relaxed);
                        Ok::<_, std::io::Error>((read > 0).then(|| (piece.freeze(), file)))
                    }
                },
            )))
        }
    }
}

async fn open(path: &Path, size: u64) -> Result<File, Failure> {
    let unread = |e: std::io::Error| Failure::broken(format!("read {}: {e}", path.display()));
    let mut file = File::open(path).await.map_err(unread)?;
    file.set_max_buf_size(PIECE);
    let length = file.metadata().await.map_err(unread)?.len();
    if length == size {
        Ok(file)
    } else {
        Err(size_changed(size, length))
    }
}

fn size_changed(wanted: u64, seen: u64) -> Failure {
    Failure::broken(format!("has {seen} bytes, not {wanted}"))
}
