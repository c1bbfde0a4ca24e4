//! The storage host of signed URLs: bytes of assets and source archives.
//! <https://docs.github.com/en/rest/releases/assets#get-a-release-asset>

use super::archive::{self, Format};
use super::model::StoredAsset;
use super::state::GitHubServerState;
use crate::range::{self, ByteRange};
use crate::sync::lock;
use crate::text::stable_hex;
use crate::transport::{HttpRequest, Reply};
use http::StatusCode;
use http::header::{
    ACCEPT_RANGES, AUTHORIZATION, CONTENT_DISPOSITION, CONTENT_RANGE, CONTENT_TYPE, RANGE,
};
use std::path::PathBuf;

/// How long a signed URL is good for, in seconds.
const SIGNED_FOR: u64 = 300;

/// Where the bytes of an asset can be fetched without a token for a while; a starter has none.
pub(crate) fn signed_url(state: &GitHubServerState, asset: &StoredAsset) -> Option<String> {
    let content = asset.content.as_ref()?;
    let query = proof(state, content);
    Some(format!(
        "{}/release-asset/{content}?{query}",
        state.urls.storage
    ))
}

/// The same for the log of a job.
pub(crate) fn log_url(state: &GitHubServerState, job: u64) -> String {
    let query = proof(state, &format!("log {job}"));
    format!("{}/job-log/{job}?{query}", state.urls.storage)
}

/// The same for the bundle of an attestation.
pub(crate) fn attestation_url(state: &GitHubServerState, id: u64) -> String {
    let query = proof(state, &format!("attestation {id}"));
    format!("{}/attestation/{id}.json.sn?{query}", state.urls.storage)
}

/// The same for the source code at a ref, given by its full name.
pub(crate) fn archive_url(
    state: &GitHubServerState,
    full_name: &str,
    reference: &str,
    format: Format,
) -> String {
    let subject = format!("{full_name}/{reference}");
    let query = proof(state, &subject);
    format!(
        "{}/{full_name}/{}/{reference}?{query}",
        state.urls.storage,
        format.legacy_name()
    )
}

/// The signature in the query of a signed URL, valid for a limited time.
fn proof(state: &GitHubServerState, subject: &str) -> String {
    let until = state.shared.clock.unix() + SIGNED_FOR;
    format!("se={until}&sig={}", signature(subject, until))
}

fn signature(subject: &str, until: u64) -> String {
    stable_hex(&format!("{subject} {until} storage"), 32)
}

fn is_proven(state: &GitHubServerState, request: &HttpRequest, subject: &str) -> bool {
    let until = request.param("se").and_then(|until| until.parse().ok());
    until.is_some_and(|until| {
        state.shared.clock.unix() <= until
            && request.param("sig") == Some(signature(subject, until))
    })
}

/// The signature in the URL is enough; a request with `Authorization` is refused, as S3 and Azure do.
pub(crate) fn serve(state: &GitHubServerState, request: &HttpRequest) -> Reply {
    if request.headers.contains_key(AUTHORIZATION) {
        let message = "<Error><Code>InvalidArgument</Code><Message>Only one auth mechanism allowed</Message></Error>";
        return xml(400, message);
    }
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["release-asset", content] if is_proven(state, request, content) => {
            match lock(&state.world).blobs.path(content) {
                Ok(path) => file(request, path),
                Err(_) => Reply::status(404),
            }
        }
        ["job-log", job] if is_proven(state, request, &format!("log {job}")) => log(state, job),
        ["attestation", name] => {
            let id = name.strip_suffix(".json.sn").unwrap_or(name);
            if is_proven(state, request, &format!("attestation {id}")) {
                bundle(state, id)
            } else {
                xml(403, "<Error><Code>AuthenticationFailed</Code></Error>")
            }
        }
        ["release-asset" | "job-log", _] => {
            xml(403, "<Error><Code>AuthenticationFailed</Code></Error>")
        }
        [owner, name, format, reference @ ..] => {
            let full_name = format!("{owner}/{name}");
            archive(state, request, &full_name, &reference.join("/"), format)
        }
        _ => Reply::status(404),
    }
}

fn log(state: &GitHubServerState, id: &str) -> Reply {
    let world = lock(&state.world);
    let repositories = world.repositories.values();
    let mut jobs = repositories
        .flat_map(|repository| repository.runs.values())
        .flat_map(|run| &run.jobs);
    match jobs.find(|job| job.id.to_string() == id) {
        Some(job) => Reply::status(200)
            .with(CONTENT_TYPE, "text/plain")
            .bytes(job.log.clone().unwrap_or_default()),
        None => Reply::status(404),
    }
}

/// Bundles are compressed: <https://github.com/google/snappy/blob/1.2.2/format_description.txt>.
fn bundle(state: &GitHubServerState, id: &str) -> Reply {
    let world = lock(&state.world);
    let repositories = world.repositories.values();
    let mut all = repositories.flat_map(|repository| &repository.attestations);
    match all.find(|one| one.id.to_string() == id) {
        Some(found) => {
            match snap::raw::Encoder::new().compress_vec(found.bundle.to_string().as_bytes()) {
                Ok(block) => Reply::status(200)
                    .with(CONTENT_TYPE, "application/x-snappy")
                    .bytes(block),
                Err(_) => Reply::status(500),
            }
        }
        None => Reply::status(404),
    }
}

fn xml(status: u16, message: &'static str) -> Reply {
    Reply::status(status)
        .with(CONTENT_TYPE, "application/xml")
        .bytes(message)
}

/// A file, or the range of it that was asked for.
fn file(request: &HttpRequest, path: PathBuf) -> Reply {
    let Ok(length) = std::fs::metadata(&path).map(|file| file.len()) else {
        return Reply::status(404);
    };
    let reply = Reply::status(200)
        .with(CONTENT_TYPE, "application/octet-stream")
        .with(ACCEPT_RANGES, "bytes");
    match range::requested(request.header(RANGE), length) {
        ByteRange::Whole => reply.file(path, 0, length),
        ByteRange::Unsatisfiable => {
            Reply::status(416).with(CONTENT_RANGE, format!("bytes */{length}"))
        }
        ByteRange::Part { first, last } => Reply {
            status: StatusCode::PARTIAL_CONTENT,
            ..reply
        }
        .with(CONTENT_RANGE, format!("bytes {first}-{last}/{length}"))
        .file(path, first, last - first + 1),
    }
}

/// Archives of public repositories need no proof.
fn archive(
    state: &GitHubServerState,
    request: &HttpRequest,
    full_name: &str,
    reference: &str,
    format: &str,
) -> Reply {
    let world = lock(&state.world);
    let proven = is_proven(state, request, &format!("{full_name}/{reference}"));
    let found = Format::named(format).zip(world.find(full_name));
    let found = found.filter(|(_, repository)| proven || !repository.private);
    let packed = found.and_then(|(format, repository)| {
        let commit = repository.resolve(reference)?;
        archive::pack(repository, &commit, format).ok()
    });
    match packed {
        None => Reply::status(404),
        Some(packed) => Reply::status(200)
            .with(CONTENT_TYPE, packed.content_type)
            .with(
                CONTENT_DISPOSITION,
                format!("attachment; filename={}", packed.file_name),
            )
            .bytes(packed.bytes),
    }
}
