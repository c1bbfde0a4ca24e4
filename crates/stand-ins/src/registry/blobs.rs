//! Blobs: whole, in ranges, or by way of another host.
//! <https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-blobs>

use super::House;
use super::refusal::{Answer, Refusal};
use crate::lock;
use crate::text::stable_hex;
use crate::wire::{Reply, Request};
use http::Method;
use http::header::{
    ACCEPT_RANGES, AUTHORIZATION, CONTENT_RANGE, CONTENT_TYPE, ETAG, LOCATION, RANGE,
};
use std::path::PathBuf;

pub(crate) fn get(house: &House, request: &Request, name: &str, digest: &str) -> Answer {
    let store = lock(&house.store);
    let held = store
        .repositories
        .get(name)
        .is_some_and(|found| found.blobs.contains(digest));
    if !held {
        return Err(Refusal::blob_unknown());
    }
    if house.options.redirect_blobs && request.method == Method::GET {
        let url = format!(
            "http://{}/blobs/{digest}?sig={}",
            house.storage,
            signature(digest)
        );
        return Ok(Reply::status(307).with(LOCATION, url));
    }
    let path = store.path(digest);
    drop(store);
    file(house, request, path, digest)
}

fn signature(digest: &str) -> String {
    stable_hex(&format!("{digest} storage"), 32)
}

fn file(house: &House, request: &Request, path: PathBuf, digest: &str) -> Answer {
    let length = std::fs::metadata(&path)
        .map_err(|_| Refusal::blob_unknown())?
        .len();
    let reply = Reply::status(200)
        .with(CONTENT_TYPE, "application/octet-stream")
        .with(ETAG, format!("\"{digest}\""))
        .set("docker-content-digest", digest);
    if !house.options.ranges {
        return Ok(reply.file(path, 0, length));
    }
    let reply = reply.with(ACCEPT_RANGES, "bytes");
    let Some((from, to)) = request
        .header(RANGE)
        .and_then(|range| stretch(range, length))
    else {
        return Ok(reply.file(path, 0, length));
    };
    if from >= length || to < from {
        return Ok(Refusal::new(416, "RANGE_INVALID", "invalid range")
            .reply()
            .with(CONTENT_RANGE, format!("bytes */{length}")));
    }
    let part = Reply {
        status: http::StatusCode::PARTIAL_CONTENT,
        ..reply
    };
    let range = format!("bytes {from}-{to}/{length}");
    Ok(part
        .with(CONTENT_RANGE, range)
        .file(path, from, to - from + 1))
}

/// First and last byte of `bytes=a-b`, `bytes=a-` or `bytes=-n`; anything else is no range.
fn stretch(range: &str, length: u64) -> Option<(u64, u64)> {
    let (from, to) = range.strip_prefix("bytes=")?.split_once('-')?;
    let end = length.saturating_sub(1);
    if from.is_empty() {
        return Some((length.saturating_sub(to.parse().ok()?), end));
    }
    let to = if to.is_empty() {
        end
    } else {
        to.parse::<u64>().ok()?.min(end)
    };
    Some((from.parse().ok()?, to))
}

pub(crate) fn delete(house: &House, name: &str, digest: &str) -> Answer {
    let mut store = lock(&house.store);
    let repository = store
        .repositories
        .get_mut(name)
        .ok_or_else(Refusal::name_unknown)?;
    if !repository.blobs.remove(digest) {
        return Err(Refusal::blob_unknown());
    }
    store.keep().map_err(|error| Refusal::broken(&error))?;
    Ok(Reply::status(202))
}

/// The other host: its URL is all the proof it wants, and credentials beside it are refused.
pub(crate) fn storage(house: &House, request: &Request) -> Reply {
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
    let path = lock(&house.store).path(digest);
    file(house, request, path, digest).unwrap_or_else(Refusal::reply)
}
