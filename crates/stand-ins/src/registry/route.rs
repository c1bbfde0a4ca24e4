//! Which handler answers which path.
//! <https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#endpoints>

use super::refusal::{Answer, Refusal};
use super::{House, auth, blobs, manifests, uploads};
use crate::server::{self, Cut};
use crate::wire::{Reply, Request};
use http::Method;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;

/// The most a manifest may weigh.
const MANIFEST_MAX: usize = 4 << 20;

pub(crate) async fn serve(house: &House, request: &Request, body: Incoming) -> Result<Reply, Cut> {
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let Some((&"v2", path)) = segments.split_first() else {
        server::drain(body).await?;
        return Ok(Reply::status(404));
    };
    let name = path
        .iter()
        .position(|part| ["manifests", "blobs", "tags", "referrers"].contains(part));
    let name = name
        .and_then(|at| path.get(..at))
        .map(|name| name.join("/"));
    if let Err(reply) = auth::admit(house, request, name.as_deref()) {
        server::drain(body).await?;
        return Ok(*reply);
    }
    let name = name.unwrap_or_default();
    let rest = path.get(name.split('/').count()..).unwrap_or_default();
    let read = request.is_read();
    let answer: Answer = match (&request.method, rest) {
        (_, []) if read => Ok(Reply::json(200, &serde_json::json!({}))),
        (&Method::PUT, ["manifests", reference]) => match whole(body).await? {
            Some(bytes) => manifests::put(house, request, &name, reference, &bytes),
            None => Err(Refusal::new(413, "SIZE_INVALID", "manifest too large")),
        },
        (_, ["blobs", "uploads", ..]) => {
            return uploads::serve(house, request, &name, rest, body).await;
        }
        (_, ["manifests", reference]) if read => manifests::get(house, request, &name, reference),
        (&Method::DELETE, ["manifests", reference]) => manifests::delete(house, &name, reference),
        (_, ["tags", "list"]) if read => manifests::tags(house, request, &name),
        (_, ["referrers", digest]) if read => manifests::referrers(house, request, &name, digest),
        (_, ["blobs", digest]) if read => blobs::get(house, request, &name, digest),
        (&Method::DELETE, ["blobs", digest]) => blobs::delete(house, &name, digest),
        _ => Err(Refusal::unsupported()),
    };
    Ok(answer.unwrap_or_else(Refusal::reply))
}

/// A body of bounded size; `None`: too large.
async fn whole(body: Incoming) -> Result<Option<bytes::Bytes>, Cut> {
    match Limited::new(body, MANIFEST_MAX).collect().await {
        Ok(collected) => Ok(Some(collected.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => Ok(None),
        Err(_) => Err(Cut),
    }
}
