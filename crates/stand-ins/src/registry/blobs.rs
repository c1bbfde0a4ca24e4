//! Blobs: served whole, in ranges, or by a redirect to another host.
//! <https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-blobs>

use super::error::{RegistryError, RegistryResult};
use super::state::RegistryServerState;
use crate::range::{self, ByteRange};
use crate::sync::lock;
use crate::text::stable_hex;
use crate::transport::{HttpRequest, Reply};
use http::Method;
use http::header::{
    ACCEPT_RANGES, AUTHORIZATION, CONTENT_RANGE, CONTENT_TYPE, ETAG, LOCATION, RANGE,
};
use std::path::PathBuf;

pub(crate) fn get(
    state: &RegistryServerState,
    request: &HttpRequest,
    name: &str,
    digest: &str,
) -> RegistryResult {
    let store = lock(&state.store);
    let held = store
        .repositories
        .get(name)
        .is_some_and(|found| found.blobs.contains(digest));
    if !held {
        return Err(RegistryError::blob_unknown());
    }
    if state.options.redirect_blobs && request.method == Method::GET {
        let url = format!(
            "http://{}/blobs/{digest}?sig={}",
            state.storage,
            signature(digest)
        );
        return Ok(Reply::status(307).with(LOCATION, url));
    }
    let path = store.path(digest);
    drop(store);
    file(state, request, path, digest)
}

fn signature(digest: &str) -> String {
    stable_hex(&format!("{digest} storage"), 32)
}

fn file(
    state: &RegistryServerState,
    request: &HttpRequest,
    path: PathBuf,
    digest: &str,
) -> RegistryResult {
    let length = std::fs::metadata(&path)
        .map_err(|_| RegistryError::blob_unknown())?
        .len();
    let reply = Reply::status(200)
        .with(CONTENT_TYPE, "application/octet-stream")
        .with(ETAG, format!("\"{digest}\""))
        .set("docker-content-digest", digest);
    if !state.options.ranges {
        return Ok(reply.file(path, 0, length));
    }
    let reply = reply.with(ACCEPT_RANGES, "bytes");
    match range::requested(request.header(RANGE), length) {
        ByteRange::Whole => Ok(reply.file(path, 0, length)),
        ByteRange::Unsatisfiable => Ok(RegistryError::new(416, "RANGE_INVALID", "invalid range")
            .reply()
            .with(CONTENT_RANGE, format!("bytes */{length}"))),
        ByteRange::Part { first, last } => Ok(Reply {
            status: http::StatusCode::PARTIAL_CONTENT,
            ..reply
        }
        .with(CONTENT_RANGE, format!("bytes {first}-{last}/{length}"))
        .file(path, first, last - first + 1)),
    }
}

pub(crate) fn delete(state: &RegistryServerState, name: &str, digest: &str) -> RegistryResult {
    let mut store = lock(&state.store);
    let repository = store
        .repositories
        .get_mut(name)
        .ok_or_else(RegistryError::name_unknown)?;
    if !repository.blobs.remove(digest) {
        return Err(RegistryError::blob_unknown());
    }
    store
        .keep()
        .map_err(|error| RegistryError::broken(&error))?;
    Ok(Reply::status(202))
}

/// The other host: the signature in the URL is enough, and a request with credentials is refused.
pub(crate) fn storage(state: &RegistryServerState, request: &HttpRequest) -> Reply {
    if request.headers.contains_key(AUTHORIZATION) {
        return Reply::status(400).bytes("<Error><Code>InvalidArgument</Code></Error>");
    }
    let digest = request.path.rsplit('/').next().unwrap_or_default();
    if request
        .param("sig")
        .is_none_or(|sent| sent != signature(digest))
    {
        return Reply::status(403).bytes("<Error><Code>AccessDenied</Code></Error>");
    }
    let path = lock(&state.store).path(digest);
    file(state, request, path, digest).unwrap_or_else(RegistryError::reply)
}
