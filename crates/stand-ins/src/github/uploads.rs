//! The uploads host: one raw body is one asset.
//! <https://docs.github.com/en/rest/releases/assets#upload-a-release-asset>

use super::authentication::{self, Caller};
use super::call::ApiCall;
use super::error::{ApiError, ApiResult};
use super::event::GitHubEvent;
use super::model::{GitRepository, Level, Right, StoredAsset};
use super::response;
use super::rest::assets::stored_name;
use super::rest::releases::is_visible;
use super::state::GitHubServerState;
use crate::faults::Fault;
use crate::server::{self, Dropped};
use crate::sync::lock;
use crate::text;
use crate::transport::{HttpRequest, Reply};
use http::Method;
use http::header::CONTENT_TYPE;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::io::Write;
use tempfile::NamedTempFile;

/// A body that came in whole.
struct Received {
    file: NamedTempFile,
    content: String,
    size: u64,
}

pub(crate) async fn serve(
    state: &GitHubServerState,
    request: &HttpRequest,
    body: Incoming,
    faults: &[Fault],
) -> Result<Reply, Dropped> {
    let caller = match authentication::authenticate(state, request) {
        Ok(caller) => caller,
        Err(reply) => {
            server::drain(body).await?;
            return Ok(response::sign(request, *reply));
        }
    };
    let key = caller.key.clone();
    let kind = caller.token.as_ref().map(|token| token.kind);
    let entered = lock(&state.limiter).enter(&key, kind, request, &state.shared.clock);
    let quota = match entered {
        Ok(quota) => quota,
        Err(reply) => {
            server::drain(body).await?;
            return Ok(response::sign(request, *reply));
        }
    };
    let reply = upload(state, request, caller, body, faults).await;
    lock(&state.limiter).leave(&key);
    let reply = reply?;
    let landed = reply.status.is_success();
    state.shared.log.update(request.number, |entry| {
        entry.cost = quota.cost;
        entry.landed |= landed;
    });
    Ok(response::sign(request, quota.on(reply)))
}

async fn upload(
    state: &GitHubServerState,
    request: &HttpRequest,
    caller: Caller,
    body: Incoming,
    faults: &[Fault],
) -> Result<Reply, Dropped> {
    // Neither chunked nor empty bodies are taken.
    let Some(declared) = request.content_length().filter(|length| *length > 0) else {
        server::drain(body).await?;
        return Ok(ApiError::new(400, "Bad Content-Length").reply(request));
    };
    let call = ApiCall {
        state,
        request,
        body: Value::Null,
        caller: &caller.key,
        token: caller.token.clone(),
        app: None,
        past: None,
    };
    if let Err(error) = with_release(&call, |repository, id| {
        check(&call, repository, id, declared)
    }) {
        // A body that is refused for its size is not read to its end.
        if declared < state.options.asset_size_limit {
            server::drain(body).await?;
        }
        return Ok(error.reply(request));
    }
    let truncated = faults
        .iter()
        .any(|fault| matches!(fault, Fault::StarterAsset));
    let received = receive(state, body).await;
    match received {
        Ok(received) if received.size == declared && !truncated => {
            let kept = with_release(&call, |repository, id| {
                check(&call, repository, id, declared)?;
                keep(&call, repository, id, declared, Some(received))
            });
            Ok(kept.unwrap_or_else(|error| error.reply(request)))
        }
        // What did not arrive whole stays as an empty asset that has the name and blocks it.
        received => {
            let _ = with_release(&call, |repository, id| {
                keep(&call, repository, id, declared, None)
            });
            state
                .shared
                .log
                .update(request.number, |entry| entry.landed = true);
            match received {
                Ok(_) => Ok(ApiError::new(502, "Server Error").reply(request)),
                Err(_) => Err(Dropped),
            }
        }
    }
}

/// Streams the body to a file and sums it up on the way.
async fn receive(state: &GitHubServerState, mut body: Incoming) -> std::io::Result<Received> {
    let blobs = lock(&state.world).blobs.clone();
    let mut file = blobs.incoming()?;
    let (mut sum, mut size) = (Sha256::new(), 0);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(std::io::Error::other)?;
        if let Some(piece) = frame.data_ref() {
            sum.update(piece);
            size += piece.len() as u64;
            file.write_all(piece)?;
        }
    }
    Ok(Received {
        file,
        content: text::hex(&sum.finalize()),
        size,
    })
}

/// Finds the release that the path names, and lets `act` have it.
fn with_release(
    call: &ApiCall,
    act: impl FnOnce(&mut GitRepository, u64) -> ApiResult,
) -> ApiResult {
    let segments = call.request.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let (&Method::POST, ["repos", owner, name, "releases", id, "assets"]) =
        (&call.request.method, segments.as_slice())
    else {
        return Err(ApiError::not_found());
    };
    let now = call.state.shared.clock.now();
    let mut world = lock(&call.state.world);
    lock(&call.state.replica).note(now, &world);
    let repository = world.find_mut(&format!("{owner}/{name}"));
    let repository = repository.filter(|found| call.sees(found));
    let repository = repository.ok_or_else(ApiError::not_found)?;
    call.need(Right::Contents, Level::Write)?;
    let id = id.parse().map_err(|_| ApiError::not_found())?;
    let answer = act(repository, id);
    lock(&call.state.replica).note(now, &world);
    answer
}

fn check(call: &ApiCall, repository: &GitRepository, id: u64, declared: u64) -> ApiResult {
    let release = repository
        .releases
        .get(&id)
        .filter(|found| is_visible(call, found));
    let release = release.ok_or_else(ApiError::not_found)?;
    let options = &call.state.options;
    let name = call.request.param("name").filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| ApiError::field("ReleaseAsset", "missing_field", "name"))?;
    if release.immutable {
        return Err(ApiError::new(
            422,
            "Cannot upload assets to an immutable release.",
        ));
    }
    if declared >= options.asset_size_limit {
        let message = format!("size must be less than {}", options.asset_size_limit);
        return Err(ApiError::custom("ReleaseAsset", "size", &message));
    }
    if release.assets.len() >= options.assets_max {
        let message = format!("file_count limited to {} assets", options.assets_max);
        return Err(ApiError::custom("ReleaseAsset", "file_count", &message));
    }
    if release
        .assets
        .iter()
        .any(|asset| asset.name == stored_name(&name))
    {
        return Err(ApiError::field("ReleaseAsset", "already_exists", "name"));
    }
    Ok(Reply::status(201))
}

fn keep(
    call: &ApiCall,
    repository: &mut GitRepository,
    id: u64,
    declared: u64,
    received: Option<Received>,
) -> ApiResult {
    let content = received.map(store).transpose();
    let content = content.map_err(|error| ApiError::internal(&error))?;
    let now = call.now();
    let asset = StoredAsset {
        id: repository.new_id(),
        name: stored_name(&call.request.param("name").unwrap_or_default()),
        label: call.request.param("label"),
        content_type: call
            .request
            .header(CONTENT_TYPE)
            .unwrap_or("application/octet-stream")
            .to_owned(),
        state: if content.is_some() {
            "uploaded"
        } else {
            "starter"
        }
        .to_owned(),
        size: declared,
        content,
        uploader: call
            .token
            .as_ref()
            .map(|token| token.login.clone())
            .unwrap_or_default(),
        created_at: now,
        updated_at: now,
    };
    let release = repository
        .releases
        .get_mut(&id)
        .ok_or_else(ApiError::not_found)?;
    release.assets.push(asset.clone());
    let release = release.clone();
    if asset.state == "uploaded" {
        call.emit(GitHubEvent::AssetUploaded {
            repository: repository.full_name(),
            release: id,
            name: asset.name.clone(),
        });
    }
    Ok(Reply::json(201, &asset.view(call, repository, &release)))
}

fn store(received: Received) -> std::io::Result<String> {
    // The state is locked by the caller; the folder is derived from the file's own path.
    let folder = received
        .file
        .path()
        .parent()
        .map(std::path::Path::to_owned)
        .unwrap_or_default();
    received.file.persist(folder.join(&received.content))?;
    Ok(received.content)
}
