//! Commits, one by one and along a branch.
//! <https://docs.github.com/en/rest/commits/commits>

use super::objects::{address, page, user};
use super::page::Page;
use crate::github::call::ApiCall;
use crate::github::error::{ApiError, ApiResult};
use crate::github::model::GitRepository;
use crate::transport::Reply;
use crate::{fields, text};
use serde_json::{Value, json};

pub(crate) fn view(call: &ApiCall, repository: &GitRepository, sha: &str) -> Value {
    let Some(commit) = repository.commits.get(sha) else {
        return Value::Null;
    };
    let name = commit.login.as_deref().unwrap_or("Somebody Unknown");
    let signature = json!({
        "name": name,
        "email": format!("{}@example.com", name.to_lowercase().replace(' ', ".")),
        "date": text::rfc3339(commit.date),
    });
    let account = commit.login.as_deref().map(|login| user(call, login));
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
    let tree = text::stable_hex(&format!("tree {sha}"), 40);
    json!({
        "sha": sha,
        "node_id": text::stable_hex(&format!("node {sha}"), 24),
        "commit": {
            "author": signature,
            "committer": signature,
            "message": commit.message,
            "tree": { "sha": tree, "url": address(call, repository, &format!("/git/trees/{tree}")) },
            "url": address(call, repository, &format!("/git/commits/{sha}")),
            "comment_count": 0,
        },
        "url": address(call, repository, &format!("/commits/{sha}")),
        "html_url": page(call, repository, &format!("/commit/{sha}")),
        "comments_url": address(call, repository, &format!("/commits/{sha}/comments")),
        "author": account,
        "committer": account,
        "parents": parents,
    })
}

/// By branch, tag or SHA.
pub(crate) fn get(call: &ApiCall, repository: &GitRepository, name: &str) -> ApiResult {
    let sha = resolved(repository, name)?;
    Ok(Reply::json(200, &view(call, repository, &sha)))
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
    let full = view(call, repository, sha);
    let mut body = fields::get(&full, "commit").clone();
    for field in ["sha", "parents", "html_url"] {
        fields::set(&mut body, field, fields::get(&full, field).clone());
    }
    Ok(Reply::json(200, &body))
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
