//! Referrers: the manifests that name another one as their subject.
//! <https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers>

use super::error::{RegistryError, RegistryResult};
use super::state::RegistryServerState;
use super::store::{Store, StoredManifest};
use crate::sync::lock;
use crate::text;
use crate::transport::{HttpRequest, Reply};
use http::header::{CONTENT_TYPE, LINK};
use serde_json::{Value, json};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// In the order of their digests, a page at a time.
pub(crate) fn list(
    state: &RegistryServerState,
    request: &HttpRequest,
    name: &str,
    digest: &str,
) -> RegistryResult {
    let options = &state.options;
    if !options.referrers {
        return Err(RegistryError::new(404, "UNSUPPORTED", "no referrers API"));
    }
    let store = lock(&state.store);
    let kind = request
        .param("artifactType")
        .filter(|_| options.referrers_filter);
    let last = request.param("last");
    let manifests = store.repositories.get(name).map(|found| &found.manifests);
    let mut found = manifests.into_iter().flatten().filter(|(at, manifest)| {
        manifest.subject.as_deref() == Some(digest)
            && (kind.is_none() || manifest.artifact_type == kind)
            && last.as_ref().is_none_or(|last| *at > last)
    });
    let page: Vec<_> = found.by_ref().take(options.page_size_max).collect();
    let entries: Vec<Value> = page
        .iter()
        .map(|(digest, manifest)| entry(&store, digest, manifest))
        .collect();
    let body = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": entries });
    let mut reply = Reply::json(200, &body).with(CONTENT_TYPE, INDEX);
    if kind.is_some() {
        reply = reply.set("oci-filters-applied", "artifactType");
    }
    if let Some((last, _)) = page.last().filter(|_| found.next().is_some()) {
        let mut next = format!(
            "/v2/{name}/referrers/{digest}?last={}",
            text::percent_encode(last)
        );
        if let Some(kind) = request.param("artifactType") {
            next = format!("{next}&artifactType={}", text::percent_encode(&kind));
        }
        reply = reply.with(LINK, format!("<{next}>; rel=\"next\""));
    }
    Ok(reply)
}

/// With the annotations of the manifest.
fn entry(store: &Store, digest: &str, manifest: &StoredManifest) -> Value {
    let mut entry = json!({
        "mediaType": manifest.media_type,
        "digest": digest,
        "size": manifest.size,
        "artifactType": manifest.artifact_type,
    });
    let content = store.bytes(digest).unwrap_or_default();
    let content: Value = serde_json::from_slice(&content).unwrap_or_default();
    if let (Some(annotations), Some(fields)) = (content.get("annotations"), entry.as_object_mut()) {
        fields.insert("annotations".to_owned(), annotations.clone());
    }
    entry
}
