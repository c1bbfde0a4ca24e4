//! Bytes for everyone: the web host's public downloads, and the storage host that signed URLs lead to.
//! <https://docs.github.com/en/repositories/releasing-projects-on-github/linking-to-releases>

use super::world::{Asset, Repository};
use super::{Hub, releases};
use crate::lock;
use crate::text::stable_hex;
use crate::wire::{Reply, Request};
use http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION};

/// How long a signed URL is good for, in seconds.
const SIGNED_FOR: u64 = 300;

/// `/{owner}/{repo}/releases/download/{tag}/{name}` and `/releases/latest/download/{name}`: published
/// releases of public repositories, no drafts.
pub(crate) fn web(hub: &Hub, request: &Request) -> Reply {
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let world = lock(&hub.world);
    let repository = |owner: &str, name: &str| {
        world
            .repositories
            .get(&format!("{owner}/{name}"))
            .filter(|found| !found.private)
    };
    let found = match segments.as_slice() {
        [owner, name, "releases", "download", tag @ .., file] => {
            repository(owner, name).and_then(|found| published(found, &tag.join("/"), file))
        }
        [owner, name, "releases", "latest", "download", file] => repository(owner, name)
            .and_then(releases::latest_of)
            .and_then(|release| release.assets.iter().find(|asset| asset.name == **file)),
        _ => None,
    };
    match found.and_then(|asset| signed(hub, asset)) {
        Some(url) => Reply::status(302).with(LOCATION, url),
        None => Reply::status(404)
            .with(CONTENT_TYPE, "text/html")
            .bytes("Not Found"),
    }
}

fn published<'a>(repository: &'a Repository, tag: &str, file: &str) -> Option<&'a Asset> {
    let mut releases = repository.releases.values();
    let release = releases.find(|release| !release.draft && release.tag_name == tag)?;
    release.assets.iter().find(|asset| asset.name == file)
}

/// Where the bytes of an asset can be fetched without a token for a while; a starter has none.
pub(crate) fn signed(hub: &Hub, asset: &Asset) -> Option<String> {
    let content = asset.content.as_ref()?;
    let until = hub.desk.clock.unix() + SIGNED_FOR;
    let signature = signature(content, until);
    Some(format!(
        "{}/release-asset/{content}?se={until}&sig={signature}",
        hub.urls.storage
    ))
}

fn signature(content: &str, until: u64) -> String {
    stable_hex(&format!("{content} {until} storage"), 32)
}

/// The URL is all the proof it wants: with an `Authorization` beside it, it refuses, as S3 and Azure do.
pub(crate) fn storage(hub: &Hub, request: &Request) -> Reply {
    if request.headers.contains_key(AUTHORIZATION) {
        let message = "<Error><Code>InvalidArgument</Code><Message>Only one auth mechanism allowed</Message></Error>";
        return Reply::status(400)
            .with(CONTENT_TYPE, "application/xml")
            .bytes(message);
    }
    let content = request.path.rsplit('/').next().unwrap_or_default();
    let until = request
        .param("se")
        .and_then(|until| until.parse().ok())
        .unwrap_or_default();
    let valid = request
        .param("sig")
        .is_some_and(|sent| sent == signature(content, until));
    if !valid || hub.desk.clock.unix() > until {
        let message = "<Error><Code>AuthenticationFailed</Code></Error>";
        return Reply::status(403)
            .with(CONTENT_TYPE, "application/xml")
            .bytes(message);
    }
    let path = lock(&hub.world).blobs.path(content);
    let length = path
        .as_ref()
        .ok()
        .and_then(|path| std::fs::metadata(path).ok())
        .map(|file| file.len());
    match (path, length) {
        (Ok(path), Some(length)) => Reply::status(200)
            .with(CONTENT_TYPE, "application/octet-stream")
            .file(path, 0, length),
        _ => Reply::status(404),
    }
}
