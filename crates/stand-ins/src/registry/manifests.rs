//! Manifests and tags.
//! <https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests>

use super::error::{RegistryError, RegistryResult};
use super::state::RegistryServerState;
use super::store::{Store, digest_of, is_digest};
use crate::fields;
use crate::transport::{HttpRequest, Reply};
use crate::{sync::lock, text};
use http::header::{ACCEPT, CONTENT_TYPE, ETAG, LINK, LOCATION};
use serde_json::{Value, json};

pub(crate) fn get(
    state: &RegistryServerState,
    request: &HttpRequest,
    name: &str,
    reference: &str,
) -> RegistryResult {
    let store = lock(&state.store);
    let digest = store
        .resolve(name, reference)
        .ok_or_else(RegistryError::manifest_unknown)?;
    let manifest = store
        .repositories
        .get(name)
        .and_then(|found| found.manifests.get(&digest));
    let manifest = manifest.ok_or_else(RegistryError::manifest_unknown)?;
    if state.options.strict_accept && !accepts(request, &manifest.media_type) {
        let message = format!(
            "{} found, but the Accept header does not name it",
            manifest.media_type
        );
        return Err(RegistryError::new(404, "MANIFEST_UNKNOWN", message));
    }
    let reply = Reply::status(200)
        .with(CONTENT_TYPE, &manifest.media_type)
        .with(ETAG, format!("\"{digest}\""))
        .set("docker-content-digest", &digest);
    let bytes = store
        .bytes(&digest)
        .map_err(|error| RegistryError::broken(&error))?;
    Ok(reply.bytes(bytes))
}

/// Requires the exact media type, as docker-registry does: `*/*` does not match.
fn accepts(request: &HttpRequest, media_type: &str) -> bool {
    let lines = request
        .headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|line| line.to_str().ok());
    let mut types = lines.flat_map(|line| line.split(','));
    types.any(|named| named.split(';').next().unwrap_or_default().trim() == media_type)
}

pub(crate) fn put(
    state: &RegistryServerState,
    request: &HttpRequest,
    name: &str,
    reference: &str,
    bytes: &[u8],
) -> RegistryResult {
    let invalid = || RegistryError::new(400, "MANIFEST_INVALID", "manifest invalid");
    let content: Value = serde_json::from_slice(bytes).map_err(|_| invalid())?;
    let media_type = request.header(CONTENT_TYPE).unwrap_or_default().to_owned();
    let stated = fields::text(&content, "mediaType");
    if media_type.is_empty() || (!stated.is_empty() && stated != media_type) {
        return Err(invalid());
    }
    if reference.contains(':') && reference != digest_of(bytes) {
        return Err(RegistryError::digest_invalid());
    }
    let mut store = lock(&state.store);
    check_references(state, &store, name, &content)?;
    let digest = store.put_manifest(name, reference, &media_type, bytes);
    let digest = digest.map_err(|error| RegistryError::broken(&error))?;
    let reply = Reply::status(201)
        .with(LOCATION, format!("/v2/{name}/manifests/{digest}"))
        .set("docker-content-digest", &digest);
    let subject = fields::text(fields::get(&content, "subject"), "digest");
    if state.options.referrers && !subject.is_empty() {
        return Ok(reply.set("oci-subject", subject));
    }
    Ok(reply)
}

/// What a manifest names must have been pushed before it.
fn check_references(
    state: &RegistryServerState,
    store: &Store,
    name: &str,
    content: &Value,
) -> Result<(), RegistryError> {
    let list = |field: &str| {
        fields::get(content, field)
            .as_array()
            .cloned()
            .unwrap_or_default()
    };
    let mut blobs = list("layers");
    blobs.extend(content.get("config").cloned());
    let held = store.repositories.get(name);
    // Layers with URLs are fetched from those URLs.
    let missing = blobs
        .iter()
        .filter(|blob| blob.get("urls").is_none())
        .find(|blob| !held.is_some_and(|held| held.blobs.contains(fields::text(blob, "digest"))));
    let child = list("manifests").into_iter().find(|child| {
        !held.is_some_and(|held| held.manifests.contains_key(fields::text(child, "digest")))
    });
    let child = child
        .as_ref()
        .filter(|_| !state.options.index_before_children);
    match missing.or(child) {
        None => Ok(()),
        Some(missing) => {
            let message = format!(
                "unknown to the repository: {}",
                fields::text(missing, "digest")
            );
            Err(RegistryError::new(400, "MANIFEST_BLOB_UNKNOWN", message))
        }
    }
}

/// A tag goes alone; a digest goes with its tags.
pub(crate) fn delete(state: &RegistryServerState, name: &str, reference: &str) -> RegistryResult {
    let mut store = lock(&state.store);
    let repository = store
        .repositories
        .get_mut(name)
        .ok_or_else(RegistryError::name_unknown)?;
    if is_digest(reference) {
        repository
            .manifests
            .remove(reference)
            .ok_or_else(RegistryError::manifest_unknown)?;
        repository.tags.retain(|_, digest| digest != reference);
    } else {
        repository
            .tags
            .remove(reference)
            .ok_or_else(RegistryError::manifest_unknown)?;
    }
    store
        .keep()
        .map_err(|error| RegistryError::broken(&error))?;
    Ok(Reply::status(202))
}

/// Tags in order, `n` at a time, after `last`.
pub(crate) fn tags(
    state: &RegistryServerState,
    request: &HttpRequest,
    name: &str,
) -> RegistryResult {
    let store = lock(&state.store);
    let repository = store
        .repositories
        .get(name)
        .ok_or_else(RegistryError::name_unknown)?;
    let last = request.param("last");
    let most = state.options.page_size_max;
    let size = request
        .param("n")
        .and_then(|n| n.parse::<usize>().ok())
        .map_or(most, |n| n.min(most));
    let mut after = repository
        .tags
        .keys()
        .filter(|tag| last.as_ref().is_none_or(|last| *tag > last));
    let page: Vec<&String> = after.by_ref().take(size).collect();
    let reply = Reply::json(200, &json!({ "name": name, "tags": page }));
    match page.last().filter(|_| after.next().is_some()) {
        Some(last) => {
            let last = text::percent_encode(last);
            Ok(reply.with(
                LINK,
                format!("</v2/{name}/tags/list?last={last}&n={size}>; rel=\"next\""),
            ))
        }
        None => Ok(reply),
    }
}
