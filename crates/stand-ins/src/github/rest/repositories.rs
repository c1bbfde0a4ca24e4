//! The repository itself, its branches and its settings.
//! <https://docs.github.com/en/rest/repos/repos>

use super::page::Page;
use super::{commits, objects};
use crate::fields;
use crate::github::call::ApiCall;
use crate::github::error::{ApiError, ApiResult};
use crate::github::model::{GitRepository, Level, Right, TokenKind};
use crate::transport::Reply;
use serde_json::{Value, json};

pub(crate) fn get(call: &ApiCall, repository: &GitRepository) -> Reply {
    let mut body = objects::repository(call, repository);
    if let Some(token) = &call.token {
        // The permissions of an App are not those of a user: <https://github.com/semantic-release/github/issues/182>.
        let user = token.kind != TokenKind::App;
        let permissions = json!({
            "admin": user && call.has(Right::Administration, Level::Write),
            "maintain": false,
            "push": user && call.may_push(),
            "triage": false,
            "pull": user,
        });
        fields::set(&mut body, "permissions", permissions);
    }
    Reply::json(200, &body)
}

/// Every branch with its tip, by name.
pub(crate) fn branches(call: &ApiCall, repository: &GitRepository) -> ApiResult {
    let listed = call.listed(repository).ok_or_else(ApiError::not_found)?;
    let names = listed
        .refs
        .keys()
        .filter_map(|name| name.strip_prefix("refs/heads/"));
    let found: Vec<(&str, String)> = names
        .filter_map(|name| listed.branch_tip(name).map(|tip| (name, tip)))
        .collect();
    let page = Page::new(call, repository, found)?;
    let views: Vec<Value> = page
        .items
        .iter()
        .map(|(name, tip)| {
            json!({
                "name": name,
                "commit": {
                    "sha": tip,
                    "url": objects::address(call, repository, &format!("/commits/{tip}")),
                },
                "protected": false,
            })
        })
        .collect();
    Ok(page.linked(Reply::json(200, &json!(views))))
}

pub(crate) fn branch(call: &ApiCall, repository: &GitRepository, name: &str) -> ApiResult {
    let tip = repository
        .branch_tip(name)
        .ok_or_else(|| ApiError::new(404, "Branch not found"))?;
    Ok(Reply::json(
        200,
        &json!({
            "name": name,
            "commit": commits::view(call, repository, &tip),
            "_links": {
                "self": objects::address(call, repository, &format!("/branches/{name}")),
                "html": objects::page(call, repository, &format!("/tree/{name}")),
            },
            "protected": false,
            "protection": {},
            "protection_url": objects::address(call, repository, &format!("/branches/{name}/protection")),
        }),
    ))
}

/// Only administrators may read the setting.
/// <https://docs.github.com/en/rest/repos/repos#check-if-immutable-releases-are-enabled-for-a-repository>
pub(crate) fn immutable_releases(call: &ApiCall, repository: &GitRepository) -> ApiResult {
    call.need(Right::Administration, Level::Read)?;
    if !repository.immutable_releases {
        return Err(ApiError::not_found());
    }
    Ok(Reply::json(
        200,
        &json!({ "enabled": true, "enforced_by_owner": false }),
    ))
}

pub(crate) fn set_immutable_releases(
    call: &ApiCall,
    repository: &mut GitRepository,
    on: bool,
) -> ApiResult {
    call.need(Right::Administration, Level::Write)?;
    repository.immutable_releases = on;
    Ok(Reply::status(204))
}

/// Rules of a branch. Rules of tags, and names burned by immutable releases, do not show here.
/// <https://docs.github.com/en/rest/repos/rules>
pub(crate) fn rules(repository: &GitRepository, branch: &str) -> Reply {
    let name = format!("refs/heads/{branch}");
    let matching = repository
        .rules
        .iter()
        .filter(|rule| crate::text::glob(&rule.refs, &name));
    let types = matching.flat_map(|rule| {
        [
            ("creation", rule.creation),
            ("update", rule.update),
            ("deletion", rule.deletion),
        ]
    });
    let types: Vec<Value> = types
        .filter(|(_, on)| *on)
        .map(|(name, _)| json!({ "type": name }))
        .collect();
    Reply::json(200, &json!(types))
}
