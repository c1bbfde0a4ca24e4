//! The repository itself, its branches and its settings.
//! <https://docs.github.com/en/rest/repos/repos>

use super::page::Page;
use super::{commits, objects, rulesets};
use crate::fields;
use crate::github::call::ApiCall;
use crate::github::error::{ApiError, ApiResult};
use crate::github::model::{GitRepository, Level, Right, TokenKind};
use crate::transport::Reply;
use serde_json::{Value, json};

pub(crate) fn get(call: &ApiCall, repository: &GitRepository) -> Reply {
    let mut body = objects::repository(call, repository);
    if call.may_push() {
        let settings = &repository.merge_settings;
        for (field, on) in [
            ("allow_merge_commit", settings.allows("merge")),
            ("allow_squash_merge", settings.allows("squash")),
            ("allow_rebase_merge", settings.allows("rebase")),
            ("allow_auto_merge", settings.auto_merge),
            ("delete_branch_on_merge", settings.delete_branch_on_merge),
        ] {
            fields::set(&mut body, field, on);
        }
    }
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
                "protected": is_protected(repository, name),
            })
        })
        .collect();
    Ok(page.linked(Reply::json(200, &json!(views))))
}

/// Whether a rule binds those who change the branch.
fn is_protected(repository: &GitRepository, branch: &str) -> bool {
    let name = format!("refs/heads/{branch}");
    repository.rules_on(&name, "").next().is_some()
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
            "protected": is_protected(repository, name),
            "protection": protection(repository, name),
            "protection_url": objects::address(call, repository, &format!("/branches/{name}/protection")),
        }),
    ))
}

/// What whoever may read a branch sees of its protection: the rules of the older kind, which are in no list of rules.
/// <https://docs.github.com/en/rest/branches/branches#get-a-branch>
fn protection(repository: &GitRepository, branch: &str) -> Value {
    let name = format!("refs/heads/{branch}");
    let rules = repository.rules_on(&name, "").filter(|rule| rule.classic);
    let rules: Vec<_> = rules.collect();
    let contexts = rules.iter().flat_map(|rule| &rule.required_checks);
    let contexts: Vec<&String> = contexts.collect();
    let level = if contexts.is_empty() {
        "off"
    } else {
        "non_admins"
    };
    let checks = contexts
        .iter()
        .map(|name| json!({ "context": name, "app_id": null }));
    json!({
        "enabled": !rules.is_empty(),
        "required_status_checks": {
            "enforcement_level": level,
            "contexts": contexts,
            "checks": checks.collect::<Vec<_>>(),
        },
    })
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

/// Rules of a branch. Rules of tags, those of protected branches of the older kind, and names burned by immutable releases do
/// not show here.
/// <https://docs.github.com/en/rest/repos/rules>
pub(crate) fn rules(repository: &GitRepository, branch: &str) -> Reply {
    let name = format!("refs/heads/{branch}");
    let all = repository.rules.iter().enumerate();
    let matching = all.filter(|(_, rule)| crate::text::glob(&rule.refs, &name) && !rule.classic);
    let source =
        json!({ "ruleset_source_type": "Repository", "ruleset_source": repository.full_name() });
    let types: Vec<Value> = matching
        .flat_map(|(at, rule)| {
            let of_rule = rulesets::types(rule).into_iter();
            of_rule.map(move |found| (at, found))
        })
        .map(|(at, mut found)| {
            for (field, value) in source.as_object().into_iter().flatten() {
                fields::set(&mut found, field, value.clone());
            }
            fields::set(&mut found, "ruleset_id", at + 1);
            found
        })
        .collect();
    Reply::json(200, &json!(types))
}
