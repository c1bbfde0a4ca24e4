//! The repository itself, its branches, its settings, and how much of the rate limit is left.
//! <https://docs.github.com/en/rest/repos/repos>

use super::call::Call;
use super::refusal::{Answer, Refusal};
use super::shapes;
use super::tokens::{Level, Right};
use super::world::Repository;
use crate::wire::Reply;
use crate::{fields, lock};
use serde_json::{Value, json};

pub(crate) fn get(call: &Call, repository: &Repository) -> Reply {
    let mut body = shapes::repository(call, repository);
    if call.token.is_some() {
        let permissions = json!({
            "admin": call.has(Right::Administration, Level::Write),
            "maintain": false,
            "push": call.may_push(),
            "triage": false,
            "pull": true,
        });
        fields::set(&mut body, "permissions", permissions);
    }
    Reply::json(200, &body)
}

pub(crate) fn branch(call: &Call, repository: &Repository, name: &str) -> Answer {
    let tip = repository
        .branch_tip(name)
        .ok_or_else(|| Refusal::new(404, "Branch not found"))?;
    Ok(Reply::json(
        200,
        &json!({
            "name": name,
            "commit": super::commits::view(call, repository, &tip),
            "_links": {
                "self": shapes::address(call, repository, &format!("/branches/{name}")),
                "html": shapes::page(call, repository, &format!("/tree/{name}")),
            },
            "protected": false,
            "protection": {},
            "protection_url": shapes::address(call, repository, &format!("/branches/{name}/protection")),
        }),
    ))
}

/// The setting is told to administrators only.
/// <https://docs.github.com/en/rest/repos/repos#check-if-immutable-releases-are-enabled-for-a-repository>
pub(crate) fn immutable_releases(call: &Call, repository: &Repository) -> Answer {
    call.need(Right::Administration, Level::Read)?;
    if !repository.immutable_releases {
        return Err(Refusal::not_found());
    }
    Ok(Reply::json(
        200,
        &json!({ "enabled": true, "enforced_by_owner": false }),
    ))
}

pub(crate) fn set_immutable_releases(call: &Call, repository: &mut Repository, on: bool) -> Answer {
    call.need(Right::Administration, Level::Write)?;
    repository.immutable_releases = on;
    Ok(Reply::status(204))
}

/// Rules of a branch. Rules of tags, and names burned by immutable releases, do not show here.
/// <https://docs.github.com/en/rest/repos/rules>
pub(crate) fn rules(repository: &Repository, branch: &str) -> Reply {
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

pub(crate) fn rate_limit(call: &Call) -> Reply {
    let caller = call
        .request
        .credentials()
        .map_or("anonymous", |(_, secret)| secret)
        .to_owned();
    let kind = call.token.as_ref().map(|token| token.kind);
    let mut limiter = lock(&call.hub.limiter);
    let mut quota = |resource| {
        let quota = limiter.quota(&caller, kind, resource, &call.hub.desk.clock);
        json!({
            "limit": quota.limit,
            "used": quota.used,
            "remaining": quota.remaining(),
            "reset": quota.reset,
        })
    };
    let (core, graphql) = (quota("core"), quota("graphql"));
    Reply::json(
        200,
        &json!({ "resources": { "core": core, "graphql": graphql, "search": core }, "rate": core }),
    )
}
