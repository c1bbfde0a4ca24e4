//! Commits, one by one and along a branch.
//! <https://docs.github.com/en/rest/commits/commits>

use super::objects::{address, page, user};
use super::page::Page;
use super::pull_files;
use crate::github::call::ApiCall;
use crate::github::error::{ApiError, ApiResult};
use crate::github::model::{Commit, GitRepository, StoredSignature};
use crate::transport::Reply;
use crate::{fields, text};
use serde_json::{Value, json};

pub(crate) fn view(call: &ApiCall, repository: &GitRepository, sha: &str) -> Value {
    let Some(commit) = repository.commits.get(sha) else {
        return Value::Null;
    };
    let person = |of: &StoredSignature| json!({ "name": of.name, "email": of.email, "date": text::rfc3339(of.date) });
    let (author, committer) = (commit.author(), commit.committer());
    let account = commit.login.as_deref().map(|login| user(call, login));
    let by_web = committer.email == "noreply@github.com";
    let committer_account = if by_web {
        Some(user(call, "web-flow"))
    } else {
        account.clone()
    };
    let parents: Vec<Value> = commit
        .parents
        .iter()
        .map(|parent| {
            json!({
                "sha": parent,
                "url": address(call, repository, &format!("/commits/{parent}")),
                "html_url": page(call, repository, &format!("/commit/{parent}")),
            })
        })
        .collect();
    let tree = repository.tree_of(sha);
    json!({
        "sha": sha,
        "node_id": text::stable_hex(&format!("node {sha}"), 24),
        "commit": {
            "author": person(&author),
            "committer": person(&committer),
            "message": commit.message,
            "tree": { "sha": tree, "url": address(call, repository, &format!("/git/trees/{tree}")) },
            "url": address(call, repository, &format!("/git/commits/{sha}")),
            "comment_count": 0,
            "verification": verification(commit),
        },
        "url": address(call, repository, &format!("/commits/{sha}")),
        "html_url": page(call, repository, &format!("/commit/{sha}")),
        "comments_url": address(call, repository, &format!("/commits/{sha}/comments")),
        "author": account,
        "committer": committer_account,
        "parents": parents,
    })
}

/// A signature of GitHub's own, or that there is none.
/// <https://docs.github.com/en/rest/commits/commits#get-a-commit>
fn verification(commit: &Commit) -> Value {
    match commit.signature() {
        Some(signature) => json!({
            "verified": true,
            "reason": "valid",
            "signature": signature,
            "payload": commit.payload(),
            "verified_at": text::rfc3339(commit.date),
        }),
        None => json!({
            "verified": false,
            "reason": "unsigned",
            "signature": null,
            "payload": null,
            "verified_at": null,
        }),
    }
}

/// By branch, tag or SHA, with what it changed.
pub(crate) fn get(call: &ApiCall, repository: &GitRepository, name: &str) -> ApiResult {
    let sha = resolved(repository, name)?;
    let mut body = view(call, repository, &sha);
    let commit = repository.commits.get(&sha);
    if let Some(parent) = commit.and_then(|commit| commit.parents.first()) {
        let changes = repository.changes_between(parent, &sha);
        let files = pull_files::views(call, repository, &sha, &changes);
        fields::set(&mut body, "files", files);
    }
    Ok(Reply::json(200, &body))
}

/// The commit that a name resolves to; an unknown name is 422, not 404.
pub(crate) fn resolved(repository: &GitRepository, name: &str) -> Result<String, ApiError> {
    let found = repository.resolve(name);
    found.ok_or_else(|| ApiError::new(422, format!("No commit found for SHA: {name}")))
}

/// The git object: by full SHA only, without accounts.
pub(crate) fn git_commit(call: &ApiCall, repository: &GitRepository, sha: &str) -> ApiResult {
    if !repository.commits.contains_key(sha) {
        return Err(ApiError::not_found());
    }
    Ok(Reply::json(200, &git_view(call, repository, sha)))
}

/// The git object, without accounts.
pub(crate) fn git_view(call: &ApiCall, repository: &GitRepository, sha: &str) -> Value {
    let full = view(call, repository, sha);
    let mut body = fields::get(&full, "commit").clone();
    for field in ["sha", "node_id", "parents", "html_url"] {
        fields::set(&mut body, field, fields::get(&full, field).clone());
    }
    body
}

pub(crate) fn list(call: &ApiCall, repository: &GitRepository) -> ApiResult {
    let start = call
        .request
        .param("sha")
        .unwrap_or_else(|| repository.default_branch.clone());
    let start = repository.resolve(&start).ok_or_else(ApiError::not_found)?;
    let shas = repository.by_date(repository.ancestors(&start));
    let page = Page::new(call, repository, shas)?;
    let views: Vec<Value> = page
        .items
        .iter()
        .map(|sha| view(call, repository, sha))
        .collect();
    Ok(page.linked(Reply::json(200, &json!(views))))
}
