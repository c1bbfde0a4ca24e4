//! Check runs.
//! <https://docs.github.com/en/rest/checks/runs>

use super::call::Call;
use super::commits::resolved;
use super::pages::Page;
use super::refusal::{Answer, Refusal};
use super::shapes::{address, app, page};
use super::tokens::{Level, Right};
use super::world::{CheckRun, Repository};
use crate::fields;
use crate::text::{rfc3339, stable_hex};
use crate::wire::Reply;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn view(call: &Call, repository: &Repository, run: &CheckRun) -> Value {
    let own = address(call, repository, &format!("/check-runs/{}", run.id));
    let mut output = json!({
        "title": null,
        "summary": null,
        "text": null,
        "annotations_count": 0,
        "annotations_url": format!("{own}/annotations"),
    });
    for (field, sent) in run.output.as_object().into_iter().flatten() {
        fields::set(&mut output, field, sent.clone());
    }
    json!({
        "id": run.id,
        "node_id": stable_hex(&format!("check {}", run.id), 24),
        "name": run.name,
        "head_sha": run.head_sha,
        "external_id": run.external_id,
        "url": own,
        "html_url": page(call, repository, &format!("/runs/{}", run.id)),
        "details_url": run.details_url,
        "status": run.status,
        "conclusion": run.conclusion,
        "started_at": rfc3339(run.started_at),
        "completed_at": run.completed_at.map(rfc3339),
        "output": output,
        "check_suite": { "id": run.suite },
        "app": app(call, &run.app),
        "pull_requests": [],
    })
}

pub(crate) fn get(call: &Call, repository: &Repository, id: &str) -> Answer {
    let found = repository
        .check_runs
        .iter()
        .find(|run| run.id.to_string() == id);
    let run = found.ok_or_else(Refusal::not_found)?;
    Ok(Reply::json(200, &view(call, repository, run)))
}

/// `filter=latest`, the default, keeps one run of a name per suite, so the same name may still come
/// more than once.
pub(crate) fn list(call: &Call, repository: &Repository, name: &str) -> Answer {
    let sha = resolved(repository, name)?;
    let listed = call.listed(repository).ok_or_else(Refusal::not_found)?;
    let wanted = |field: &str, value: &str| {
        call.request
            .param(field)
            .is_none_or(|wanted| wanted == value)
    };
    let mut found: Vec<&CheckRun> = listed
        .check_runs
        .iter()
        .filter(|run| {
            run.head_sha == sha && wanted("check_name", &run.name) && wanted("status", &run.status)
        })
        .collect();
    if call.request.param("filter").as_deref() != Some("all") {
        let latest: BTreeMap<(u64, &str), u64> = found
            .iter()
            .map(|run| ((run.suite, run.name.as_str()), run.id))
            .collect();
        found.retain(|run| latest.get(&(run.suite, run.name.as_str())) == Some(&run.id));
    }
    found.reverse();
    let page = Page::new(call, repository, found)?;
    let views: Vec<Value> = page
        .items
        .iter()
        .map(|run| view(call, repository, run))
        .collect();
    let body = json!({ "total_count": page.total, "check_runs": views });
    Ok(page.linked(Reply::json(200, &body)))
}

pub(crate) fn create(call: &Call, repository: &mut Repository) -> Answer {
    let app = call
        .need(Right::Checks, Level::Write)?
        .login
        .trim_end_matches("[bot]")
        .to_owned();
    let (name, head_sha) = (call.required("name")?, call.required("head_sha")?);
    if !repository.commits.contains_key(&head_sha) {
        return Err(Refusal::new(
            422,
            format!("No commit found for SHA: {head_sha}"),
        ));
    }
    let id = repository.new_id();
    // All runs of an app for a commit are of one suite.
    let suite = repository
        .check_runs
        .iter()
        .find(|run| run.app == app && run.head_sha == head_sha);
    let mut run = CheckRun {
        id,
        name,
        suite: suite.map_or(id, |run| run.suite),
        head_sha,
        app,
        status: "queued".to_owned(),
        started_at: call.now(),
        ..CheckRun::default()
    };
    change(call, &mut run)?;
    let view = view(call, repository, &run);
    repository.check_runs.push(run);
    Ok(Reply::json(201, &view))
}

pub(crate) fn update(call: &Call, repository: &mut Repository, id: &str) -> Answer {
    call.need(Right::Checks, Level::Write)?;
    let found = repository
        .check_runs
        .iter_mut()
        .find(|run| run.id.to_string() == id);
    let run = found.ok_or_else(Refusal::not_found)?;
    change(call, run)?;
    let run = run.clone();
    Ok(Reply::json(200, &view(call, repository, &run)))
}

fn change(call: &Call, run: &mut CheckRun) -> Result<(), Refusal> {
    if let Some(status) = call.text("status")? {
        run.status = status;
    }
    if let Some(conclusion) = call.text("conclusion")? {
        run.conclusion = Some(conclusion);
        "completed".clone_into(&mut run.status);
        run.completed_at = Some(call.now());
    }
    run.details_url = call.text("details_url")?.or(run.details_url.take());
    run.external_id = call.text("external_id")?.or(run.external_id.take());
    let output = fields::get(&call.body, "output");
    if output.is_object() {
        run.output = output.clone();
    }
    Ok(())
}
