//! Routes of the registry API: which handler answers which path.
//! <https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#endpoints>

use super::error::{RegistryError, RegistryResult};
use super::state::RegistryServerState;
use super::{auth, blobs, manifests, referrers, uploads};
use crate::server::{self, Dropped};
use crate::transport::{HttpRequest, Reply};
use http::Method;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;

/// The most a manifest may weigh.
const MANIFEST_MAX: usize = 4 << 20;

pub(crate) async fn serve(
    state: &RegistryServerState,
    request: &HttpRequest,
    body: Incoming,
) -> Result<Reply, Dropped> {
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
    if let Err(reply) = auth::admit(state, request, name.as_deref()) {
        server::drain(body).await?;
        return Ok(*reply);
    }
    let name = name.unwrap_or_default();
    let rest = path.get(name.split('/').count()..).unwrap_or_default();
    let read = request.is_read();
    let answer: RegistryResult = match (&request.method, rest) {
        (_, []) if read => Ok(Reply::json(200, &serde_json::json!({}))),
        (&Method::PUT, ["manifests", reference]) => match whole(body).await? {
            Some(bytes) => manifests::put(state, request, &name, reference, &bytes),
            None => Err(RegistryError::new(
                413,
                "SIZE_INVALID",
                "manifest too large",
            )),
        },
        (_, ["blobs", "uploads", ..]) => {
            return uploads::serve(state, request, &name, rest, body).await;
        }
        (_, ["manifests", reference]) if read => manifests::get(state, request, &name, reference),
        (&Method::DELETE, ["manifests", reference]) => manifests::delete(state, &name, reference),
        (_, ["tags", "list"]) if read => manifests::tags(state, request, &name),
        (_, ["referrers", digest]) if read => referrers::list(state, request, &name, digest),
        (_, ["blobs", digest]) if read => blobs::get(state, request, &name, digest),
        (&Method::DELETE, ["blobs", digest]) => blobs::delete(state, &name, digest),
        _ => Err(RegistryError::unsupported()),
    };
    Ok(answer.unwrap_or_else(RegistryError::reply))
}

/// A body of bounded size; `None`: too large.
async fn whole(body: Incoming) -> Result<Option<bytes::Bytes>, Dropped> {
    match Limited::new(body, MANIFEST_MAX).collect().await {
        Ok(collected) => Ok(Some(collected.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => Ok(None),
        Err(_) => Err(Dropped),
    }
}
