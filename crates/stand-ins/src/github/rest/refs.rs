//! Git refs of any namespace: read, create if absent, move, delete.
//! <https://docs.github.com/en/rest/git/refs>

use super::objects::address;
use super::rules;
use crate::github::call::ApiCall;
use crate::github::error::{ApiError, ApiResult};
use crate::github::event::GitHubEvent;
use crate::github::model::{GitRepository, Level, ObjectKind, Right};
use crate::text;
use crate::transport::Reply;
use http::header::LOCATION;
use serde_json::{Value, json};

fn view(call: &ApiCall, repository: &GitRepository, name: &str, sha: &str) -> Value {
    let kind = repository.object(sha).map_or("commit", ObjectKind::name);
    json!({
        "ref": name,
        "node_id": text::stable_hex(&format!("{} {name}", repository.id), 24),
        "url": address(call, repository, &format!("/git/{name}")),
        "object": {
            "sha": sha,
            "type": kind,
            "url": address(call, repository, &format!("/git/{kind}s/{sha}")),
        },
    })
}

/// One ref by its name without `refs/`; it is as fresh as git itself.
pub(crate) fn get(call: &ApiCall, repository: &GitRepository, name: &str) -> ApiResult {
    let name = format!("refs/{name}");
    let sha = repository.refs.get(&name).ok_or_else(ApiError::not_found)?;
    Ok(Reply::json(200, &view(call, repository, &name, sha)))
}

/// The older form of [`get`] and [`matching`] in one, which is still served: a ref of that very name as an
/// object, else all that begin so as a list.
pub(crate) fn get_or_match(call: &ApiCall, repository: &GitRepository, name: &str) -> ApiResult {
    if repository.refs.contains_key(&format!("refs/{name}")) {
        return get(call, repository, name);
    }
    let prefix = format!("refs/{name}");
    if repository
        .refs
        .keys()
        .any(|found| found.starts_with(&prefix))
    {
        return Ok(matching(call, repository, name));
    }
    Err(ApiError::not_found())
}

/// All refs that begin so; none is no error.
pub(crate) fn matching(call: &ApiCall, repository: &GitRepository, prefix: &str) -> Reply {
    let prefix = format!("refs/{prefix}");
    let refs = call.listed(repository).map(|listed| &listed.refs);
    let found = refs
        .into_iter()
        .flatten()
        .filter(|(name, _)| name.starts_with(&prefix));
    let views: Vec<Value> = found
        .map(|(name, sha)| view(call, repository, name, sha))
        .collect();
    Reply::json(200, &json!(views))
}

/// Creates a ref if none of that name exists: atomic, and therefore usable as a lock.
pub(crate) fn create(call: &ApiCall, repository: &mut GitRepository) -> ApiResult {
    call.need(Right::Contents, Level::Write)?;
    let (name, sha) = (call.required("ref")?, call.required("sha")?);
    let well_formed = name
        .strip_prefix("refs/")
        .is_some_and(|rest| rest.contains('/') && text::is_ref_name(rest));
    if !well_formed {
        return Err(ApiError::new(
            422,
            "Reference name must start with 'refs/' and contain at least two slashes.",
        ));
    }
    if !text::is_sha(&sha) {
        return Err(ApiError::new(
            422,
            "The sha parameter must be exactly 40 characters and contain only [0-9a-f].",
        ));
    }
    if repository.object(&sha).is_none() {
        return Err(ApiError::new(422, "Object does not exist"));
    }
    if repository.refs.contains_key(&name) {
        return Err(ApiError::new(422, "Reference already exists"));
    }
    rules::may_create(call, repository, &name)
        .map_err(|violation| ApiError::new(422, violation))?;
    rules::check_workflows(call, repository, &sha)?;
    repository.refs.insert(name.clone(), sha.clone());
    if let (Some(tag), Some(commit)) = (name.strip_prefix("refs/tags/"), repository.peel(&sha)) {
        rules::tag_created(call, repository, tag, &commit);
    }
    let view = view(call, repository, &name, &sha);
    let location = address(call, repository, &format!("/git/{name}"));
    Ok(Reply::json(201, &view).with(LOCATION, location))
}

pub(crate) fn update(call: &ApiCall, repository: &mut GitRepository, name: &str) -> ApiResult {
    call.need(Right::Contents, Level::Write)?;
    let name = format!("refs/{name}");
    let sha = call.required("sha")?;
    let before = repository
        .refs
        .get(&name)
        .ok_or_else(|| ApiError::new(422, "Reference does not exist"))?;
    if repository.object(&sha).is_none() {
        return Err(ApiError::new(422, "Object does not exist"));
    }
    let forward = repository.peel(&sha).zip(repository.peel(before));
    let forward = forward.is_some_and(|(new, old)| repository.ancestors(&new).contains(&old));
    if !forward && !call.flag("force")?.unwrap_or_default() {
        return Err(ApiError::new(422, "Update is not a fast forward"));
    }
    rules::guard(
        call,
        repository,
        &name,
        |rule| rule.update,
        "update",
        "updates",
    )?;
    if rules::frozen(repository, &name) {
        return Err(rules::violation("update", "updates"));
    }
    rules::may_push(call, repository, &name, &sha)?;
    rules::check_workflows(call, repository, &sha)?;
    repository.refs.insert(name.clone(), sha.clone());
    Ok(Reply::json(200, &view(call, repository, &name, &sha)))
}

pub(crate) fn delete(call: &ApiCall, repository: &mut GitRepository, name: &str) -> ApiResult {
    call.need(Right::Contents, Level::Write)?;
    let name = format!("refs/{name}");
    if !repository.refs.contains_key(&name) {
        return Err(ApiError::new(422, "Reference does not exist"));
    }
    rules::guard(
        call,
        repository,
        &name,
        |rule| rule.deletion,
        "delete",
        "deletions",
    )?;
    if rules::frozen(repository, &name) {
        return Err(rules::violation("delete", "deletions"));
    }
    repository.refs.remove(&name);
    if let Some(tag) = name.strip_prefix("refs/tags/") {
        repository.withdraw_releases_of(tag);
        call.emit(GitHubEvent::TagDeleted {
            repository: repository.full_name(),
            tag: tag.to_owned(),
        });
    }
    Ok(Reply::status(204))
}
