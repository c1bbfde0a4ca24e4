//! Rulesets, as anyone who may read the repository sees them.
//! <https://docs.github.com/en/rest/repos/rules#get-all-repository-rulesets>

use super::objects::{address, node_id, page};
use super::page::Page;
use crate::fields;
use crate::github::call::ApiCall;
use crate::github::error::{ApiError, ApiResult};
use crate::github::model::{GitRepository, Level, Right, Rule};
use crate::transport::Reply;
use serde_json::{Value, json};

/// What a ruleset is for: its references tell.
fn target(rule: &Rule) -> &'static str {
    if rule.refs.starts_with("refs/heads/") {
        "branch"
    } else {
        "tag"
    }
}

/// Without conditions and rules; `targets` filters.
pub(crate) fn list(call: &ApiCall, repository: &GitRepository) -> ApiResult {
    let wanted = call.request.param("targets");
    let is_wanted = |rule: &Rule| {
        let mut targets = wanted.iter().flat_map(|wanted| wanted.split(','));
        wanted.is_none() || targets.any(|one| one == target(rule))
    };
    let rules = repository.rules.iter().enumerate();
    let listed = rules.filter(|(_, rule)| !rule.classic && is_wanted(rule));
    let found: Vec<(usize, &Rule)> = listed.collect();
    let page = Page::new(call, repository, found)?;
    let views: Vec<Value> = page
        .items
        .iter()
        .map(|(at, rule)| view(call, repository, *at, rule))
        .collect();
    Ok(page.linked(Reply::json(200, &json!(views))))
}

/// One with its conditions and rules, and whether the caller may bypass it. Only those who may edit it see who else may.
pub(crate) fn get(call: &ApiCall, repository: &GitRepository, id: &str) -> ApiResult {
    let at: usize = id.parse().map_err(|_| ApiError::not_found())?;
    let place = at.checked_sub(1).ok_or_else(ApiError::not_found)?;
    let rule = repository.rules.get(place).filter(|rule| !rule.classic);
    let rule = rule.ok_or_else(ApiError::not_found)?;
    let mut body = view(call, repository, place, rule);
    let login = call.token.as_ref().map(|token| token.login.as_str());
    let may_bypass = login.is_some_and(|login| rule.bypass.contains(login));
    let conditions = json!({ "ref_name": { "include": [rule.refs], "exclude": [] } });
    let bypass = if may_bypass { "always" } else { "never" };
    fields::set(&mut body, "conditions", conditions);
    fields::set(&mut body, "rules", types(rule));
    fields::set(&mut body, "current_user_can_bypass", bypass);
    if call.has(Right::Administration, Level::Write) {
        let actors = rule.bypass.iter().zip(1_u64..);
        let actors: Vec<Value> = actors
            .map(|(_, id)| json!({ "actor_id": id, "actor_type": "Integration", "bypass_mode": "always" }))
            .collect();
        fields::set(&mut body, "bypass_actors", actors);
    }
    Ok(Reply::json(200, &body))
}

/// What a rule demands, as the API names it.
/// <https://docs.github.com/en/rest/repos/rules#get-rules-for-a-branch>
pub(crate) fn types(rule: &Rule) -> Vec<Value> {
    let kinds = [
        ("creation", rule.creation),
        ("update", rule.update),
        ("deletion", rule.deletion),
        ("required_linear_history", rule.linear_history),
    ];
    let kinds = kinds.iter().filter(|(_, on)| *on);
    let mut types: Vec<Value> = kinds.map(|(name, _)| json!({ "type": name })).collect();
    if let Some(review) = &rule.pull_request {
        let parameters = json!({
            "required_approving_review_count": review.approvals,
            "require_code_owner_review": review.code_owners,
            "dismiss_stale_reviews_on_push": review.dismiss_stale,
            "require_last_push_approval": false,
            "required_review_thread_resolution": false,
            "allowed_merge_methods": review.methods,
        });
        types.push(json!({ "type": "pull_request", "parameters": parameters }));
    }
    if rule.up_to_date || !rule.required_checks.is_empty() {
        let checks = rule.required_checks.iter();
        let checks: Vec<Value> = checks.map(|name| json!({ "context": name })).collect();
        let parameters = json!({
            "required_status_checks": checks,
            "strict_required_status_checks_policy": rule.up_to_date,
        });
        types.push(json!({ "type": "required_status_checks", "parameters": parameters }));
    }
    if let Some(method) = &rule.merge_queue {
        let parameters = json!({
            "merge_method": method.to_uppercase(),
            "grouping_strategy": "ALLGREEN",
            "max_entries_to_build": 5,
            "max_entries_to_merge": 5,
            "min_entries_to_merge": 1,
            "min_entries_to_merge_wait_minutes": 5,
            "check_response_timeout_minutes": 60,
        });
        types.push(json!({ "type": "merge_queue", "parameters": parameters }));
    }
    types
}

fn view(call: &ApiCall, repository: &GitRepository, at: usize, rule: &Rule) -> Value {
    let id = at + 1;
    json!({
        "id": id,
        "name": rule.name,
        "target": target(rule),
        "source_type": "Repository",
        "source": repository.full_name(),
        "enforcement": rule.enforcement,
        "node_id": node_id("RRS", id as u64),
        "_links": {
            "self": { "href": address(call, repository, &format!("/rulesets/{id}")) },
            "html": { "href": page(call, repository, &format!("/rules/{id}")) },
        },
    })
}
