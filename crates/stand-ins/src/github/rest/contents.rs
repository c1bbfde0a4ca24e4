//! Files of a repository, one by one and packed.
//! <https://docs.github.com/en/rest/repos/contents>

use super::objects::{address, page};
use crate::github::archive::Format;
use crate::github::call::ApiCall;
use crate::github::error::{ApiError, ApiResult};
use crate::github::model::GitRepository;
use crate::github::storage;
use crate::text::{percent_decode, percent_encode, stable_hex};
use crate::transport::Reply;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Base64 is broken into lines of this length.
const LINE: usize = 60;

/// A file, or the entries of a folder. The ref has to exist; files are the same at every commit.
pub(crate) fn get(call: &ApiCall, repository: &GitRepository, path: &str) -> ApiResult {
    // Some clients escape the slashes of a path twice, and GitHub understands them.
    let path = &percent_decode(path);
    let reference = reference(call, repository)?;
    if let Some(text) = repository.files.get(path) {
        return Ok(file(call, repository, path, text, &reference));
    }
    let inside = if path.is_empty() {
        String::new()
    } else {
        format!("{path}/")
    };
    let below = repository
        .files
        .keys()
        .filter_map(|file| file.strip_prefix(&inside));
    let entries: BTreeSet<(&str, bool)> = below
        .map(|rest| match rest.split_once('/') {
            Some((folder, _)) => (folder, true),
            None => (rest, false),
        })
        .collect();
    if entries.is_empty() && !path.is_empty() {
        return Err(ApiError::not_found());
    }
    let views: Vec<Value> = entries
        .into_iter()
        .map(|(name, folder)| {
            let path = format!("{inside}{name}");
            if folder {
                entry(call, repository, &path, "dir", 0, &reference)
            } else {
                let size = repository.files.get(&path).map_or(0, String::len);
                entry(call, repository, &path, "file", size, &reference)
            }
        })
        .collect();
    Ok(Reply::json(200, &json!(views)))
}

fn reference(call: &ApiCall, repository: &GitRepository) -> Result<String, ApiError> {
    let name = call
        .request
        .param("ref")
        .unwrap_or_else(|| repository.default_branch.clone());
    if repository.resolve(&name).is_none() {
        return Err(ApiError::new(
            404,
            format!("No commit found for the ref {name}"),
        ));
    }
    Ok(name)
}

/// The raw text for the media type `raw`, else an object that holds it in Base64.
fn file(
    call: &ApiCall,
    repository: &GitRepository,
    path: &str,
    text: &str,
    reference: &str,
) -> Reply {
    let accept = call.request.header(ACCEPT).unwrap_or_default();
    if accept.contains(".raw") {
        return Reply::status(200)
            .with(
                CONTENT_TYPE,
                "application/vnd.github.raw+json; charset=utf-8",
            )
            .bytes(text.to_owned());
    }
    let encoded = STANDARD.encode(text);
    let mut lines = String::with_capacity(encoded.len() + encoded.len() / LINE + 1);
    for (at, digit) in encoded.chars().enumerate() {
        if at > 0 && at % LINE == 0 {
            lines.push('\n');
        }
        lines.push(digit);
    }
    lines.push('\n');
    let mut body = entry(call, repository, path, "file", text.len(), reference);
    crate::fields::set(&mut body, "encoding", "base64");
    crate::fields::set(&mut body, "content", lines);
    Reply::json(200, &body)
}

fn entry(
    call: &ApiCall,
    repository: &GitRepository,
    path: &str,
    kind: &str,
    size: usize,
    reference: &str,
) -> Value {
    let encoded = percent_encode(path);
    let url = address(
        call,
        repository,
        &format!("/contents/{encoded}?ref={reference}"),
    );
    let sha = stable_hex(&format!("blob {path} {size}"), 40);
    let git = address(call, repository, &format!("/git/blobs/{sha}"));
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
