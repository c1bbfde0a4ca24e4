//! Pushing blobs: at once, in chunks, or by mounting what another repository has.
//! <https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-blobs>

use super::error::{RegistryError, RegistryResult};
use super::state::RegistryServerState;
use super::store::is_digest;
use super::upload_sessions::UploadSession;
use crate::server::{self, Dropped};
use crate::sync::lock;
use crate::text::{hex, stable_hex};
use crate::transport::{HttpRequest, Reply};
use http::Method;
use http::header::{CONTENT_RANGE, LOCATION, RANGE};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use sha2::{Digest, Sha256};
use std::io;
use tokio::io::AsyncWriteExt;

pub(crate) async fn serve(
    state: &RegistryServerState,
    request: &HttpRequest,
    name: &str,
    rest: &[&str],
    body: Incoming,
) -> Result<Reply, Dropped> {
    let unknown = || {
        RegistryError::new(
            404,
            "BLOB_UPLOAD_UNKNOWN",
            "blob upload unknown to registry",
        )
    };
    let id = rest.get(2).copied().unwrap_or_default();
    let answer = match (&request.method, id) {
        (&Method::POST, "") => return begin(state, request, name, body).await,
        (&Method::PATCH | &Method::PUT, _) => {
            let found = lock(&state.uploads)
                .open
                .get(id)
                .filter(|upload| upload.name == name)
                .cloned();
            match found {
                Some(upload) => return more(state, request, id, upload, body).await,
                None => Err(unknown()),
            }
        }
        (&Method::GET, _) => {
            let size = lock(&state.uploads).open.get(id).map(|upload| upload.size);
            size.map(|size| progress(state, 204, name, id, size))
                .ok_or_else(unknown)
        }
        (&Method::DELETE, _) => {
            let gone = lock(&state.uploads)
                .open
                .remove(id)
                .map(|_| Reply::status(204));
            gone.ok_or_else(unknown)
        }
        _ => Err(RegistryError::unsupported()),
    };
    server::drain(body).await?;
    Ok(answer.unwrap_or_else(RegistryError::reply))
}

async fn begin(
    state: &RegistryServerState,
    request: &HttpRequest,
    name: &str,
    body: Incoming,
) -> Result<Reply, Dropped> {
    if let Some(digest) = request.param("mount") {
        server::drain(body).await?;
        let mounted = mount(state, request, name, &digest)
            .unwrap_or_else(|error| Some(RegistryError::broken(&error).reply()));
        if let Some(reply) = mounted {
            return Ok(reply);
        }
        let (id, _) = open(state, name);
        return Ok(progress(state, 202, name, &id, 0));
    }
    let (id, upload) = open(state, name);
    if request.param("digest").is_some() {
        return more(state, request, &id, upload, body).await;
    }
    server::drain(body).await?;
    Ok(progress(state, 202, name, &id, 0))
}

/// Takes a blob over from another repository; `None`: it does not have it.
fn mount(
    state: &RegistryServerState,
    request: &HttpRequest,
    name: &str,
    digest: &str,
) -> io::Result<Option<Reply>> {
    let mut store = lock(&state.store);
    let from = request.param("from").unwrap_or_default();
    if !store
        .repositories
        .get(&from)
        .is_some_and(|found| found.blobs.contains(digest))
    {
        return Ok(None);
    }
    store
        .repositories
        .entry(name.to_owned())
        .or_default()
        .blobs
        .insert(digest.to_owned());
    store.keep()?;
    Ok(Some(created(name, digest)))
}

fn created(name: &str, digest: &str) -> Reply {
    Reply::status(201)
        .with(LOCATION, format!("/v2/{name}/blobs/{digest}"))
        .set("docker-content-digest", digest)
}

fn open(state: &RegistryServerState, name: &str) -> (String, UploadSession) {
    let mut uploads = lock(&state.uploads);
    uploads.begun += 1;
    let id = stable_hex(&format!("upload {} at {}", uploads.begun, state.host), 32);
    let path = lock(&state.store).upload_path(&id);
    let upload = UploadSession {
        name: name.to_owned(),
        path,
        size: 0,
        sum: Sha256::new(),
    };
    uploads.open.insert(id.clone(), upload.clone());
    (id, upload)
}

/// The address for the next request. The query is part of it: a client must add to it, not replace it.
fn progress(state: &RegistryServerState, status: u16, name: &str, id: &str, size: u64) -> Reply {
    let address = format!(
        "http://{}/v2/{name}/blobs/uploads/{id}?_state={size}",
        state.host
    );
    Reply::status(status)
        .with(LOCATION, address)
        .with(RANGE, format!("0-{}", size.saturating_sub(1)))
        .set("docker-upload-uuid", id)
}

/// Adds the body to what has come so far; with PUT, or with a digest at the start, that was all.
async fn more(
    state: &RegistryServerState,
    request: &HttpRequest,
    id: &str,
    mut upload: UploadSession,
    body: Incoming,
) -> Result<Reply, Dropped> {
    let from = request
        .header(CONTENT_RANGE)
        .and_then(|range| range.split('-').next()?.parse().ok());
    if from.is_some_and(|from: u64| from != upload.size) {
        server::drain(body).await?;
        return Ok(progress(state, 416, &upload.name, id, upload.size));
    }
    let received = receive(&mut upload, body).await;
    lock(&state.uploads)
        .open
        .insert(id.to_owned(), upload.clone());
    match received {
        // The received bytes are kept; a client may ask for their number, and continue.
        Ok(false) => return Err(Dropped),
        Err(error) => return Ok(RegistryError::broken(&error).reply()),
        Ok(true) => {}
    }
    if request.method == Method::PATCH {
        return Ok(progress(state, 202, &upload.name, id, upload.size));
    }
    Ok(finish(state, request, id, &upload).unwrap_or_else(RegistryError::reply))
}

/// Streams a body to the upload's file; whether it came to its end.
async fn receive(upload: &mut UploadSession, mut body: Incoming) -> io::Result<bool> {
    let options = tokio::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(&upload.path)
        .await?;
    let mut file = tokio::io::BufWriter::new(options);
    let mut whole = true;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            whole = false;
            break;
        };
        if let Some(piece) = frame.data_ref() {
            upload.sum.update(piece);
            upload.size += piece.len() as u64;
            file.write_all(piece).await?;
        }
    }
    file.flush().await?;
    Ok(whole)
}

fn finish(
    state: &RegistryServerState,
    request: &HttpRequest,
    id: &str,
    upload: &UploadSession,
) -> RegistryResult {
    lock(&state.uploads).open.remove(id);
    let digest = request.param("digest").unwrap_or_default();
    let found = format!("sha256:{}", hex(&upload.sum.clone().finalize()));
    if !is_digest(&digest) || digest != found {
        // The upload session has ended, so the file is no longer used.
        let _ = std::fs::remove_file(&upload.path);
        return Err(RegistryError::digest_invalid());
    }
    let mut store = lock(&state.store);
    let kept = std::fs::rename(&upload.path, store.path(&digest));
    store
        .repositories
        .entry(upload.name.clone())
        .or_default()
        .blobs
        .insert(digest.clone());
    kept.and_then(|()| store.keep())
        .map_err(|error| RegistryError::broken(&error))?;
    Ok(created(&upload.name, &digest))
}
