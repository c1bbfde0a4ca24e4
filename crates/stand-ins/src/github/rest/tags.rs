//! Annotated tag objects, and the list of tags.
//! <https://docs.github.com/en/rest/git/tags>

use super::objects::address;
use super::page::Page;
use crate::github::call::ApiCall;
use crate::github::error::{ApiError, ApiResult};
use crate::github::model::{GitRepository, Level, ObjectKind, Right, Sha, StoredTag};
use crate::transport::Reply;
use crate::{fields, text};
use http::header::LOCATION;
use serde_json::{Value, json};

fn view(call: &ApiCall, repository: &GitRepository, sha: &str, tag: &StoredTag) -> Value {
    let kind = repository
        .object(&tag.object)
        .map_or("commit", ObjectKind::name);
    json!({
        "node_id": text::stable_hex(sha, 24),
        "sha": sha,
        "url": address(call, repository, &format!("/git/tags/{sha}")),
        "tag": tag.tag,
        "message": tag.message,
        "tagger": {
            "name": tag.tagger,
            "email": format!("{}@users.noreply.github.com", tag.tagger),
            "date": text::rfc3339(tag.date),
        },
        "object": {
            "sha": tag.object,
            "type": kind,
            "url": address(call, repository, &format!("/git/{kind}s/{}", tag.object)),
        },
        "verification": { "verified": false, "reason": "unsigned", "signature": null, "verified_at": null, "payload": null },
    })
}

pub(crate) fn get(call: &ApiCall, repository: &GitRepository, sha: &str) -> ApiResult {
    let tag = repository
        .tag_objects
        .get(sha)
        .ok_or_else(ApiError::not_found)?;
    Ok(Reply::json(200, &view(call, repository, sha, tag)))
}

/// Makes the object only; a ref has to be made for it.
pub(crate) fn create(call: &ApiCall, repository: &mut GitRepository) -> ApiResult {
    let login = call.need(Right::Contents, Level::Write)?.login.clone();
    let object = call.required("object")?;
    call.required("type")?;
    if repository.object(&object).is_none() {
        return Err(ApiError::new(422, "Could not verify object"));
    }
    let tagger = fields::get(fields::get(&call.body, "tagger"), "name")
        .as_str()
        .unwrap_or(&login)
        .to_owned();
    let tag = StoredTag {
        tag: call.required("tag")?,
        message: call.required("message")?,
        object,
        tagger,
        date: call.now(),
    };
    let sha = tag.sha();
    let view = view(call, repository, &sha, &tag);
    repository.tag_objects.insert(sha, tag);
    let location = fields::text(&view, "url").to_owned();
    Ok(Reply::json(201, &view).with(LOCATION, location))
}

/// Tags with the commits they point at, last name first.
pub(crate) fn list(call: &ApiCall, repository: &GitRepository) -> ApiResult {
    let listed = call.listed(repository).ok_or_else(ApiError::not_found)?;
    let names = listed
        .refs
        .keys()
        .rev()
        .filter_map(|name| name.strip_prefix("refs/tags/"));
    let tags: Vec<(&str, Sha)> = names
        .filter_map(|name| listed.tag_commit(name).map(|commit| (name, commit)))
        .collect();
    let page = Page::new(call, repository, tags)?;
    let views: Vec<Value> = page
        .items
        .iter()
        .map(|(name, sha)| {
            json!({
                "name": name,
                "commit": { "sha": sha, "url": address(call, repository, &format!("/commits/{sha}")) },
                "zipball_url": address(call, repository, &format!("/zipball/refs/tags/{name}")),
                "tarball_url": address(call, repository, &format!("/tarball/refs/tags/{name}")),
                "node_id": text::stable_hex(&format!("{} {name}", repository.id), 24),
            })
        })
        .collect();
    Ok(page.linked(Reply::json(200, &json!(views))))
}
