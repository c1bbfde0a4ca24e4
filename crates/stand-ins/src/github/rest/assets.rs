//! Assets of a release: list, download, rename, delete.
//! <https://docs.github.com/en/rest/releases/assets>

use super::page::Page;
use super::releases::is_visible;
use crate::github::call::ApiCall;
use crate::github::error::{ApiError, ApiResult};
use crate::github::model::{GitRepository, Level, Right, StoredAsset, StoredRelease};
use crate::github::storage;
use crate::transport::Reply;
use http::header::{ACCEPT, LOCATION};
use serde_json::{Value, json};

pub(crate) fn list(call: &ApiCall, repository: &GitRepository, id: &str) -> ApiResult {
    let id = id.parse::<u64>().map_err(|_| ApiError::not_found())?;
    // The existence of the release is visible at once; its content may lag behind.
    let release = repository
        .releases
        .get(&id)
        .filter(|found| is_visible(call, found));
    let release = release.ok_or_else(ApiError::not_found)?;
    let assets = call
        .listed(repository)
        .and_then(|listed| listed.releases.get(&id))
        .map(|listed| listed.assets.iter().collect())
        .unwrap_or_default();
    let page: Page<&StoredAsset> = Page::new(call, repository, assets)?;
    let views: Vec<Value> = page
        .items
        .iter()
        .map(|asset| asset.view(call, repository, release))
        .collect();
    Ok(page.linked(Reply::json(200, &json!(views))))
}

/// With `Accept: application/octet-stream` the bytes, by way of a signed URL on another host.
pub(crate) fn get(call: &ApiCall, repository: &GitRepository, id: &str) -> ApiResult {
    let (release, asset) = find(repository, id)?;
    if !is_visible(call, release) {
        return Err(ApiError::not_found());
    }
    if call
        .request
        .header(ACCEPT)
        .is_some_and(|accept| accept.contains("application/octet-stream"))
    {
        let url = storage::signed_url(call.state, asset).ok_or_else(ApiError::not_found)?;
        return Ok(Reply::status(302).with(LOCATION, url));
    }
    Ok(Reply::json(200, &asset.view(call, repository, release)))
}

/// Renames in place; the bytes stay.
pub(crate) fn update(call: &ApiCall, repository: &mut GitRepository, id: &str) -> ApiResult {
    call.need(Right::Contents, Level::Write)?;
    let (release, asset) = find(repository, id)?;
    if release.immutable {
        return Err(ApiError::new(
            422,
            "Cannot update asset from an immutable release",
        ));
    }
    let mut asset = asset.clone();
    if let Some(name) = call.text("name")? {
        let name = stored_name(&name);
        if release
            .assets
            .iter()
            .any(|other| other.id != asset.id && other.name == name)
        {
            return Err(ApiError::field("ReleaseAsset", "already_exists", "name"));
        }
        asset.name = name;
    }
    if let Some(label) = call.text("label")? {
        asset.label = Some(label);
    }
    if let Some(state) = call.text("state")? {
        asset.state = state;
    }
    asset.updated_at = call.now();
    let view = asset.view(call, repository, release);
    let release = release.id;
    let stored = repository
        .releases
        .get_mut(&release)
        .map(|release| release.assets.iter_mut());
    if let Some(stored) = stored.and_then(|mut assets| assets.find(|stored| stored.id == asset.id))
    {
        *stored = asset;
    }
    Ok(Reply::json(200, &view))
}

pub(crate) fn delete(call: &ApiCall, repository: &mut GitRepository, id: &str) -> ApiResult {
    call.need(Right::Contents, Level::Write)?;
    let (release, asset) = find(repository, id)?;
    if release.immutable {
        return Err(ApiError::new(
            422,
            "Cannot delete asset from an immutable release",
        ));
    }
    let (release, asset) = (release.id, asset.id);
    if let Some(release) = repository.releases.get_mut(&release) {
        release.assets.retain(|stored| stored.id != asset);
    }
    Ok(Reply::status(204))
}

fn find<'a>(
    repository: &'a GitRepository,
    id: &str,
) -> Result<(&'a StoredRelease, &'a StoredAsset), ApiError> {
    id.parse()
        .ok()
        .and_then(|id| repository.asset(id))
        .ok_or_else(ApiError::not_found)
}

/// How GitHub stores a file's name: every character except letters, digits, `-`, `_`, `+` and `@` becomes a
/// dot; runs of dots become one, and dots at the ends are dropped.
/// <https://docs.github.com/en/rest/releases/assets#upload-a-release-asset>
pub(crate) fn stored_name(name: &str) -> String {
    let kept = |c: char| c.is_ascii_alphanumeric() || "-_+@".contains(c);
    let parts: Vec<&str> = name
        .split(|c| !kept(c))
        .filter(|part| !part.is_empty())
        .collect();
    if parts.is_empty() {
        "default".to_owned()
    } else {
        parts.join(".")
    }
}
