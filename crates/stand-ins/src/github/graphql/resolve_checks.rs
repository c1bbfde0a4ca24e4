//! All checks and statuses of a commit in one.
//! <https://docs.github.com/en/graphql/reference/objects#statuscheckrollup>

use super::nodes::list;
use super::object::{Object, Resolved};
use crate::github::model::{CheckVerdict, GitRepository};
use crate::text::rfc3339;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// `null` where there is neither a check nor a status.
pub(crate) fn rollup<'a>(repository: &GitRepository, sha: &str) -> Resolved<'a> {
    let checks = repository.checks_of(sha);
    if checks.is_empty() {
        return Value::Null.into();
    }
    let has = |state: CheckVerdict| checks.values().any(|found| *found == state);
    let state = match () {
        () if has(CheckVerdict::Failure) => "FAILURE",
        () if has(CheckVerdict::Pending) => "PENDING",
        () => "SUCCESS",
    };
    let contexts = list(contexts(repository, sha).into_iter());
    Object::Json(
        "StatusCheckRollup",
        json!({ "state": state, "contexts": contexts }),
    )
    .into()
}

/// The newest run and the newest status of each name.
fn contexts(repository: &GitRepository, sha: &str) -> Vec<Value> {
    let is_required = |name: &str| {
        let mut rules = repository.rules.iter();
        rules.any(|rule| rule.required_checks.iter().any(|wanted| wanted == name))
    };
    let runs = repository.check_runs.iter();
    let newest: BTreeMap<&str, Value> = runs
        .filter(|run| run.head_sha == sha)
        .map(|run| {
            let view = json!({
                "__typename": "CheckRun",
                "name": run.name,
                "status": run.status.to_uppercase(),
                "conclusion": run.conclusion.as_ref().map(|conclusion| conclusion.to_uppercase()),
                "startedAt": rfc3339(run.started_at),
                "completedAt": run.completed_at.map(rfc3339),
                "detailsUrl": run.details_url,
                "isRequired": is_required(&run.name),
                "checkSuite": null,
            });
            (run.name.as_str(), view)
        })
        .collect();
    let statuses = repository.statuses.iter();
    let statuses: BTreeMap<&str, Value> = statuses
        .filter(|status| status.sha == sha)
        .map(|status| {
            let view = json!({
                "__typename": "StatusContext",
                "context": status.context,
                "state": status.state.to_uppercase(),
                "description": status.description,
                "targetUrl": status.target_url,
                "createdAt": rfc3339(status.created_at),
                "isRequired": is_required(&status.context),
            });
            (status.context.as_str(), view)
        })
        .collect();
    newest.into_values().chain(statuses.into_values()).collect()
}
