//! Files of a repository, one by one and packed.
//! <https://docs.github.com/en/rest/repos/contents>

use super::git_data::encoded;
use super::objects::{address, page};
use crate::github::archive::Format;
use crate::github::call::ApiCall;
use crate::github::error::{ApiError, ApiResult};
use crate::github::model::{GitRepository, Right, StoredObject};
use crate::github::storage;
use crate::text::{percent_decode, percent_encode};
use crate::transport::Reply;
use http::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use serde_json::{Value, json};

/// The most bytes that an object holds.
/// <https://docs.github.com/en/rest/repos/contents#get-repository-content>
const INLINE_MAX: usize = 1 << 20;

/// The most bytes that are given at all.
const RAW_MAX: usize = 100 << 20;

/// The most entries of a folder.
const ENTRIES_MAX: usize = 1000;

/// A file, or the entries of a folder, at a ref.
pub(crate) fn get(call: &ApiCall, repository: &GitRepository, path: &str) -> ApiResult {
    call.may_read(repository, Right::Contents)?;
    // Some clients escape the slashes of a path twice, and GitHub understands them.
    let decoded = percent_decode(path);
    let path = decoded.trim_matches('/');
    let (reference, commit) = reference(call, repository)?;
    let files = repository.files_at(&commit);
    if let Some(found) = files.get(path) {
        return file(call, repository, path, &found.sha, &reference);
    }
    let tree = folder(repository, &repository.tree_of(&commit), path);
    let Some(StoredObject::Tree(entries)) = tree else {
        return Err(ApiError::not_found());
    };
    let views: Vec<Value> = entries
        .iter()
        .take(ENTRIES_MAX)
        .map(|found| {
            let path = format!("{path}/{}", found.name);
            let (kind, size) = match repository.blob(&found.sha) {
                Some(bytes) => ("file", bytes.len()),
                None => ("dir", 0),
            };
            let path = path.trim_start_matches('/');
            entry(call, repository, path, (kind, &found.sha), size, &reference)
        })
        .collect();
    Ok(Reply::json(200, &json!(views)))
}

/// The tree of a folder.
fn folder(repository: &GitRepository, root: &str, path: &str) -> Option<StoredObject> {
    let mut tree = repository.git_object(root)?;
    for part in path.split('/').filter(|part| !part.is_empty()) {
        let StoredObject::Tree(entries) = tree else {
            return None;
        };
        let next = entries.iter().find(|entry| entry.name == part)?;
        tree = repository.git_object(&next.sha)?;
    }
    Some(tree)
}

/// The ref that was asked for, or the default branch, and its commit.
fn reference(call: &ApiCall, repository: &GitRepository) -> Result<(String, String), ApiError> {
    let name = call
        .request
        .param("ref")
        .unwrap_or_else(|| repository.default_branch.clone());
    match repository.resolve(&name) {
        Some(commit) => Ok((name, commit)),
        None => Err(ApiError::new(
            404,
            format!("No commit found for the ref {name}"),
        )),
    }
}

/// The raw bytes for the media type `raw`, else an object that holds them in Base64, unless there are too many for it.
fn file(
    call: &ApiCall,
    repository: &GitRepository,
    path: &str,
    sha: &str,
    reference: &str,
) -> ApiResult {
    let bytes = repository.blob(sha).ok_or_else(ApiError::not_found)?;
    if bytes.len() > RAW_MAX {
        let message = "This API returns blobs up to 100 MB in size. The requested blob is too large to fetch via the API.";
        let error = json!({ "resource": "Blob", "field": "data", "code": "too_large" });
        return Err(ApiError::new(403, message).with_errors(vec![error]));
    }
    let accept = call.request.header(ACCEPT).unwrap_or_default();
    if accept.contains(".raw") {
        return Ok(Reply::status(200)
            .with(
                CONTENT_TYPE,
                "application/vnd.github.raw+json; charset=utf-8",
            )
            .bytes(bytes.to_vec()));
    }
    let (encoding, content) = if bytes.len() > INLINE_MAX {
        ("none", String::new())
    } else {
        ("base64", encoded(&bytes))
    };
    let found = ("file", sha);
    let mut body = entry(call, repository, path, found, bytes.len(), reference);
    crate::fields::set(&mut body, "encoding", encoding);
    crate::fields::set(&mut body, "content", content);
    Ok(Reply::json(200, &body))
}

fn entry(
    call: &ApiCall,
    repository: &GitRepository,
    path: &str,
    (kind, sha): (&str, &str),
    size: usize,
    reference: &str,
) -> Value {
    let encoded = percent_encode(path);
    let url = address(
        call,
        repository,
        &format!("/contents/{encoded}?ref={reference}"),
    );
    let kind_in_git = if kind == "dir" { "trees" } else { "blobs" };
    let git = address(call, repository, &format!("/git/{kind_in_git}/{sha}"));
    let html = page(call, repository, &format!("/blob/{reference}/{encoded}"));
    json!({
        "name": path.rsplit('/').next().unwrap_or(path),
        "path": path,
        "sha": sha,
        "size": size,
        "type": kind,
        "url": url,
        "git_url": git,
        "html_url": html,
        "download_url": null,
        "_links": { "self": url, "git": git, "html": html },
    })
}

/// Sends the caller to the storage host; without a ref to the archive of the default branch.
pub(crate) fn archive(
    call: &ApiCall,
    repository: &GitRepository,
    kind: &str,
    name: &str,
) -> ApiResult {
    let name = if name.is_empty() {
        &repository.default_branch
    } else {
        name
    };
    let reference = repository.resolve(name).and(Some(name));
    let reference = reference.ok_or_else(ApiError::not_found)?;
    let format = if kind == "zipball" {
        Format::Zipball
    } else {
        Format::Tarball
    };
    let url = storage::archive_url(call.state, &repository.full_name(), reference, format);
    Ok(Reply::status(302).with(LOCATION, url))
}
