//! Git's database: blobs and trees, and new commits.
//! <https://docs.github.com/en/rest/git>

use super::commits;
use super::objects::{address, node_id};
use crate::fields;
use crate::github::call::ApiCall;
use crate::github::error::{ApiError, ApiResult};
use crate::github::model::{
    Commit, CommittedFile, CommittedFiles, FOLDER, GitRepository, Level, Right, StoredObject,
    StoredSignature, TokenKind, kind_of, signature, web,
};
use crate::text;
use crate::transport::Reply;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use serde_json::{Value, json};

/// The largest blob that is given, in bytes.
const BLOB_MAX: usize = 100 << 20;

/// The largest content that is taken, in bytes.
const INPUT_MAX: usize = 40 << 20;

const MODES: [&str; 5] = ["100644", "100755", "040000", "160000", "120000"];

fn blob_url(call: &ApiCall, repository: &GitRepository, sha: &str) -> String {
    address(call, repository, &format!("/git/blobs/{sha}"))
}

/// The content in Base64, or as it is for the media type `raw`.
pub(crate) fn blob(call: &ApiCall, repository: &GitRepository, sha: &str) -> ApiResult {
    call.may_read(repository, Right::Contents)?;
    let bytes = repository.blob(sha).ok_or_else(ApiError::not_found)?;
    if bytes.len() > BLOB_MAX {
        let message = "The requested blob is too large to fetch via the API, but you can always clone the repository via Git \
                       in order to get it.";
        return Err(ApiError::new(403, message));
    }
    let accept = call.request.header(ACCEPT).unwrap_or_default();
    if accept.contains("raw") {
        return Ok(Reply::status(200)
            .with(
                CONTENT_TYPE,
                "application/vnd.github.raw+json; charset=utf-8",
            )
            .bytes(bytes.to_vec()));
    }
    let body = json!({
        "sha": sha,
        "node_id": node_id("B", repository.id),
        "size": bytes.len(),
        "url": blob_url(call, repository, sha),
        "content": encoded(&bytes),
        "encoding": "base64",
    });
    Ok(Reply::json(200, &body))
}

/// Base64 in lines of 60 characters, as in all bodies.
pub(crate) fn encoded(bytes: &[u8]) -> String {
    const LINE: usize = 60;
    let encoded = STANDARD.encode(bytes);
    let mut lines = String::with_capacity(encoded.len() + encoded.len() / LINE + 1);
    for (at, digit) in encoded.chars().enumerate() {
        if at > 0 && at % LINE == 0 {
            lines.push('\n');
        }
        lines.push(digit);
    }
    lines.push('\n');
    lines
}

pub(crate) fn create_blob(call: &ApiCall, repository: &mut GitRepository) -> ApiResult {
    call.need(Right::Contents, Level::Write)?;
    let content = call.required("content")?;
    let encoding = call
        .one_of("encoding", &["utf-8", "base64"])?
        .unwrap_or_else(|| "utf-8".to_owned());
    let bytes = if encoding == "base64" {
        let plain: String = content.split_whitespace().collect();
        let invalid = || ApiError::new(422, "content is not valid Base64");
        STANDARD.decode(plain).map_err(|_| invalid())?
    } else {
        content.into_bytes()
    };
    if bytes.len() > INPUT_MAX {
        let message = "Sorry, your input was too large to process. Consider creating the blob in a local clone of the repository \
                       and then pushing it to GitHub.";
        let error = json!({ "resource": "Blob", "field": "data", "code": "too_large" });
        return Err(ApiError::new(422, message).with_errors(vec![error]));
    }
    let sha = repository.store_blob(&bytes);
    let url = blob_url(call, repository, &sha);
    Ok(Reply::json(201, &json!({ "sha": sha, "url": url })).with(LOCATION, url))
}

/// By the id of a tree or a commit, or by a ref; with all folders where `recursive` is given, whatever its value.
pub(crate) fn tree(call: &ApiCall, repository: &GitRepository, name: &str) -> ApiResult {
    call.may_read(repository, Right::Contents)?;
    let sha = tree_id(repository, name).ok_or_else(ApiError::not_found)?;
    let recursive = call.request.param("recursive").is_some();
    Ok(Reply::json(
        200,
        &tree_view(call, repository, &sha, recursive),
    ))
}

/// The tree that a name stands for.
fn tree_id(repository: &GitRepository, name: &str) -> Option<String> {
    if let Some(StoredObject::Tree(_)) = repository.git_object(name) {
        return Some(name.to_owned());
    }
    let commit = repository.resolve(name)?;
    Some(repository.tree_of(&commit))
}

fn tree_view(call: &ApiCall, repository: &GitRepository, sha: &str, recursive: bool) -> Value {
    let mut entries = Vec::new();
    add_entries(call, repository, sha, "", recursive, &mut entries);
    let most = call.state.options.tree_entries_max;
    let truncated = entries.len() > most;
    entries.truncate(most);
    json!({
        "sha": sha,
        "url": address(call, repository, &format!("/git/trees/{sha}")),
        "tree": entries,
        "truncated": truncated,
    })
}

fn add_entries(
    call: &ApiCall,
    repository: &GitRepository,
    sha: &str,
    inside: &str,
    recursive: bool,
    entries: &mut Vec<Value>,
) {
    let Some(StoredObject::Tree(found)) = repository.git_object(sha) else {
        return;
    };
    for entry in found {
        let (kind, path) = (entry.kind(), format!("{inside}{}", entry.name));
        let mut view = json!({
            "path": path,
            "mode": entry.mode,
            "type": kind,
            "sha": entry.sha,
            "url": address(call, repository, &format!("/git/{kind}s/{}", entry.sha)),
        });
        if let Some(bytes) = repository.blob(&entry.sha) {
            fields::set(&mut view, "size", bytes.len());
        }
        entries.push(view);
        if recursive && kind == "tree" {
            let below = format!("{path}/");
            add_entries(call, repository, &entry.sha, &below, recursive, entries);
        }
    }
}

fn bad_object() -> ApiError {
    ApiError::new(422, "GitRPC::BadObjectState")
}

/// Entries replace those of `base_tree`; one whose `sha` is `null` is deleted.
pub(crate) fn create_tree(call: &ApiCall, repository: &mut GitRepository) -> ApiResult {
    call.need(Right::Contents, Level::Write)?;
    let entries = fields::get(&call.body, "tree").as_array().cloned();
    let entries = entries.ok_or_else(|| ApiError::form("\"tree\" wasn't supplied."))?;
    let mut files = match call.text("base_tree")? {
        Some(base) => {
            let base = tree_id(repository, &base).ok_or_else(ApiError::not_found)?;
            repository.flat(&base).ok_or_else(ApiError::not_found)?
        }
        None if entries.is_empty() => return Err(ApiError::new(422, "Invalid tree info")),
        None => CommittedFiles::new(),
    };
    for entry in &entries {
        add_entry(repository, &mut files, entry)?;
    }
    let sha = repository.store_files(&files);
    let view = tree_view(call, repository, &sha, false);
    let location = address(call, repository, &format!("/git/trees/{sha}"));
    Ok(Reply::json(201, &view).with(LOCATION, location))
}

fn add_entry(
    repository: &mut GitRepository,
    files: &mut CommittedFiles,
    entry: &Value,
) -> Result<(), ApiError> {
    let path = fields::text(entry, "path").to_owned();
    let malformed =
        |part: &str| part.is_empty() || part == "." || part == ".." || part.contains('\0');
    if path.split('/').any(malformed) {
        return Err(ApiError::new(
            422,
            "tree.path contains a malformed path component",
        ));
    }
    let mode = fields::text(entry, "mode").to_owned();
    if !MODES.contains(&mode.as_str()) {
        return Err(ApiError::new(
            422,
            "Must supply a valid tree.mode. Valid modes: 100644, 100755, 040000, 160000, 120000",
        ));
    }
    let (sha, content) = (entry.get("sha"), entry.get("content"));
    let below = format!("{path}/");
    let replace = |files: &mut CommittedFiles| {
        // A file takes the place of a folder of its name, and a folder that of a file.
        let before = files.len();
        files.retain(|known, _| *known != path && !known.starts_with(&below));
        let mut above = path.as_str();
        while let Some((folder, _)) = above.rsplit_once('/') {
            files.remove(folder);
            above = folder;
        }
        before != files.len()
    };
    match (sha, content) {
        (Some(_), Some(_)) | (None, None) => Err(ApiError::new(
            422,
            "Must supply either tree.sha or tree.content.",
        )),
        (None, Some(content)) => {
            let text = content.as_str().ok_or_else(bad_object)?;
            let sha = repository.store_blob(text.as_bytes());
            replace(files);
            files.insert(path, CommittedFile { mode, sha });
            Ok(())
        }
        (Some(Value::Null), None) => {
            if replace(files) {
                Ok(())
            } else {
                Err(bad_object())
            }
        }
        (Some(sha), None) if mode == FOLDER => {
            let inside = repository.flat(sha.as_str().unwrap_or_default());
            let inside = inside.ok_or_else(bad_object)?;
            replace(files);
            files.extend(
                inside
                    .into_iter()
                    .map(|(name, file)| (format!("{below}{name}"), file)),
            );
            Ok(())
        }
        (Some(sha), None) => {
            let sha = sha.as_str().unwrap_or_default().to_owned();
            if kind_of(&mode) == "blob" && repository.blob(&sha).is_none() {
                let message = format!("tree.sha {sha} is not a valid blob");
                return Err(ApiError::new(422, message));
            }
            replace(files);
            files.insert(path, CommittedFile { mode, sha });
            Ok(())
        }
    }
}

/// A commit that is made by an App or a job, and names neither author nor committer, is signed by GitHub.
/// <https://docs.github.com/en/authentication/managing-commit-signature-verification/about-commit-signature-verification>
pub(crate) fn create_commit(call: &ApiCall, repository: &mut GitRepository) -> ApiResult {
    let token = call.need(Right::Contents, Level::Write)?.clone();
    let (message, tree) = (call.required("message")?, call.required("tree")?);
    if !matches!(repository.git_object(&tree), Some(StoredObject::Tree(_))) {
        return Err(ApiError::new(422, "Tree SHA does not exist"));
    }
    let sent = fields::get(&call.body, "parents").as_array();
    let mut parents = Vec::new();
    for parent in sent.into_iter().flatten() {
        let parent = parent.as_str().unwrap_or_default().to_owned();
        if !repository.commits.contains_key(&parent) {
            return Err(ApiError::new(
                422,
                "Parent SHA does not exist or is not a commit object",
            ));
        }
        parents.push(parent);
    }
    let own = signature(&token.login, call.now());
    let author = person(call, "author")?;
    let committer = person(call, "committer")?;
    let named = author.is_some() || committer.is_some();
    let verified = token.kind != TokenKind::Pat && !named;
    let login = match &author {
        Some(author) => author
            .email
            .strip_suffix("@users.noreply.github.com")
            .map(str::to_owned),
        None => Some(token.login.clone()),
    };
    let author = author.unwrap_or(own);
    let committer = match committer {
        Some(committer) => committer,
        None if verified => web(call.now()),
        None => author.clone(),
    };
    let sha = repository.store_commit(Commit {
        parents,
        message,
        login,
        date: committer.date,
        tree,
        signed_by: Some(Box::new([author, committer])),
        verified,
        ..Commit::default()
    });
    let view = commits::git_view(call, repository, &sha);
    let location = fields::text(&view, "url").to_owned();
    Ok(Reply::json(201, &view).with(LOCATION, location))
}

/// The author or the committer of the body, if it names one.
fn person(call: &ApiCall, field: &str) -> Result<Option<StoredSignature>, ApiError> {
    let sent = fields::get(&call.body, field);
    if sent.is_null() {
        return Ok(None);
    }
    let (name, email) = (fields::text(sent, "name"), fields::text(sent, "email"));
    if name.is_empty() || email.is_empty() {
        return Err(ApiError::form(format!(
            "For 'properties/{field}', {sent} is missing required keys."
        )));
    }
    let date = match fields::get(sent, "date").as_str() {
        Some(date) => text::parse_rfc3339(date)
            .ok_or_else(|| ApiError::form(format!("{date} is not a valid date.")))?,
        None => call.now(),
    };
    Ok(Some(StoredSignature {
        name: name.to_owned(),
        email: email.to_owned(),
        date,
    }))
}
