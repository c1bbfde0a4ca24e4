//! Routes of the REST API: which handler answers which path.
//! <https://docs.github.com/en/rest>

mod actions;
mod apps;
pub(crate) mod assets;
mod attestations;
mod checks;
mod comments;
mod commits;
mod compare;
mod contents;
mod git_data;
mod issues;
pub(crate) mod merges;
mod notes;
pub(crate) mod objects;
mod page;
mod publishing;
pub(crate) mod pull_files;
pub(crate) mod pull_writes;
pub(crate) mod pulls;
mod refs;
mod release_body;
pub(crate) mod releases;
mod repositories;
mod reviews;
mod rules;
mod rulesets;
mod statuses;
mod suites;
mod tags;
mod users;
mod workflows;

use crate::github::call::ApiCall;
use crate::github::error::{ApiError, ApiResult};
use crate::github::model::{GitHubWorld, GitRepository};
use crate::text;
use crate::transport::Reply;
use http::Method;
use http::header::LOCATION;
use serde_json::json;

pub(crate) fn route(call: &ApiCall, world: &mut GitHubWorld) -> ApiResult {
    let segments = call.request.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (&call.request.method, segments.as_slice()) {
        (_, path) if apps::is_one(path) => apps::route(call, world, path),
        _ if call.app.is_some() => {
            Err(ApiError::new(403, "Resource not accessible by integration"))
        }
        (&Method::GET | &Method::HEAD, ["orgs" | "users", owner, "attestations", digest]) => {
            attestations::of_owner(call, world, owner, digest)
        }
        (&Method::GET | &Method::HEAD, path) if !matches!(path, ["repos" | "repositories", ..]) => {
            users::read(call, world, path)
        }
        (_, ["repos", owner, name, rest @ ..]) => {
            let full_name = format!("{owner}/{name}");
            if let Some(now) = world.find_renamed(&full_name) {
                return Ok(moved(call, now, rest));
            }
            in_repository(call, world.find_mut(&full_name), rest)
        }
        // `Link` headers use this form: their addresses are to be followed, not built.
        (_, ["repositories", id, rest @ ..]) => {
            let found = world
                .repositories
                .values_mut()
                .find(|found| found.id.to_string() == **id);
            in_repository(call, found, rest)
        }
        _ => Err(ApiError::not_found()),
    }
}

/// 301 for reads; writes get 307, which keeps method and body.
/// <https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api>
fn moved(call: &ApiCall, now: &GitRepository, rest: &[&str]) -> Reply {
    let (status, message) = if call.request.is_read() {
        (301, "Moved Permanently")
    } else {
        (307, "Temporary Redirect")
    };
    let mut path = vec![
        call.state.urls.api.clone(),
        "repositories".to_owned(),
        now.id.to_string(),
    ];
    path.extend(rest.iter().map(|part| text::percent_encode(part)));
    let mut url = path.join("/");
    if !call.request.query.is_empty() {
        url = format!("{url}?{}", call.request.query);
    }
    Reply::json(status, &json!({ "message": message, "url": url })).with(LOCATION, url)
}

fn in_repository(call: &ApiCall, found: Option<&mut GitRepository>, rest: &[&str]) -> ApiResult {
    let repository = found
        .filter(|repository| call.sees(repository))
        .ok_or_else(ApiError::not_found)?;
    match call.request.method {
        Method::GET | Method::HEAD => read(call, repository, rest),
        // A token without access to a public repository may still read it.
        _ if call
            .token
            .as_ref()
            .is_some_and(|token| !token.reaches(&repository.full_name())) =>
        {
            Err(ApiError::new(403, "Resource not accessible by integration"))
        }
        _ => write(call, repository, rest),
    }
}

fn read(call: &ApiCall, repository: &GitRepository, rest: &[&str]) -> ApiResult {
    match rest {
        [] => Ok(repositories::get(call, repository)),
        ["branches"] => repositories::branches(call, repository),
        ["branches", name @ ..] => repositories::branch(call, repository, &name.join("/")),
        ["immutable-releases"] => repositories::immutable_releases(call, repository),
        ["rules", "branches", name @ ..] => Ok(repositories::rules(repository, &name.join("/"))),
        ["rulesets"] => rulesets::list(call, repository),
        ["rulesets", id] => rulesets::get(call, repository, id),
        ["contents", path @ ..] => contents::get(call, repository, &path.join("/")),
        ["readme"] => contents::get(call, repository, "README.md"),
        [kind @ ("tarball" | "zipball"), name @ ..] => {
            contents::archive(call, repository, kind, &name.join("/"))
        }
        ["tags"] => tags::list(call, repository),
        ["git", path @ ..] => read_git(call, repository, path),
        ["commits"] => commits::list(call, repository),
        ["commits", name @ .., "check-runs"] => checks::list(call, repository, &name.join("/")),
        ["commits", name @ .., "check-suites"] => suites::list(call, repository, &name.join("/")),
        ["commits", name @ .., "status"] => statuses::combined(call, repository, &name.join("/")),
        ["commits", name @ .., "statuses"] | ["statuses", name @ ..] => {
            statuses::list(call, repository, &name.join("/"))
        }
        ["commits", sha, "pulls"] => pulls::of_commit(call, repository, sha),
        ["commits", name @ ..] => commits::get(call, repository, &name.join("/")),
        ["compare", names @ ..] => compare::compare(call, repository, &names.join("/")),
        ["pulls"] => pulls::list(call, repository),
        ["pulls", number] => pulls::get(call, repository, number),
        ["pulls", number, "commits"] => pulls::commits(call, repository, number),
        ["pulls", number, "files"] => pulls::files(call, repository, number),
        ["pulls", number, "merge"] => pulls::is_merged(repository, number),
        ["pulls", number, "reviews"] => reviews::list(call, repository, number),
        ["pulls", number, "requested_reviewers"] => reviews::requested(call, repository, number),
        ["issues", path @ ..] => issues::read(call, repository, path),
        ["releases", path @ ..] => read_releases(call, repository, path),
        ["attestations", digest] => attestations::list(call, repository, digest),
        ["check-runs", id] => checks::get(call, repository, id),
        ["check-suites", id] => suites::get(call, repository, id),
        ["check-suites", id, "check-runs"] => checks::of_suite(call, repository, id),
        ["actions", "runs"] => actions::list(call, repository, None),
        ["actions", "runs", id] => actions::get(call, repository, id),
        ["actions", "runs", id, "jobs"] => actions::jobs(call, repository, id),
        ["actions", "runs", id, "pending_deployments"] => {
            actions::pending_deployments(call, repository, id)
        }
        ["actions", "jobs", id, "logs"] => actions::log(call, repository, id),
        ["actions", "workflows"] => workflows::list(call, repository),
        ["actions", "workflows", name] => workflows::get(call, repository, name),
        ["actions", "workflows", name, "runs"] => workflows::runs(call, repository, name),
        _ => Err(ApiError::not_found()),
    }
}

fn read_git(call: &ApiCall, repository: &GitRepository, rest: &[&str]) -> ApiResult {
    match rest {
        ["ref", name @ ..] => refs::get(call, repository, &name.join("/")),
        ["refs", name @ ..] => refs::get_or_match(call, repository, &name.join("/")),
        ["matching-refs", name @ ..] => Ok(refs::matching(call, repository, &name.join("/"))),
        ["tags", sha] => tags::get(call, repository, sha),
        ["commits", sha] => commits::git_commit(call, repository, sha),
        ["blobs", sha] => git_data::blob(call, repository, sha),
        ["trees", name @ ..] => git_data::tree(call, repository, &name.join("/")),
        _ => Err(ApiError::not_found()),
    }
}

fn read_releases(call: &ApiCall, repository: &GitRepository, rest: &[&str]) -> ApiResult {
    match rest {
        [] => releases::list(call, repository),
        ["latest"] => releases::latest(call, repository),
        ["tags", tag @ ..] => releases::by_tag(call, repository, &tag.join("/")),
        ["assets", id] => assets::get(call, repository, id),
        [id] => releases::get(call, repository, id),
        [id, "assets"] => assets::list(call, repository, id),
        _ => Err(ApiError::not_found()),
    }
}

fn write(call: &ApiCall, repository: &mut GitRepository, rest: &[&str]) -> ApiResult {
    match (&call.request.method, rest) {
        (_, ["releases", path @ ..]) => write_releases(call, repository, path),
        (_, ["git", path @ ..]) => write_git(call, repository, path),
        (_, ["issues", path @ ..]) => issues::write(call, repository, path),
        (_, ["pulls", path @ ..]) => write_pulls(call, repository, path),
        (&Method::POST, ["check-runs"]) => checks::create(call, repository),
        (&Method::PATCH, ["check-runs", id]) => checks::update(call, repository, id),
        (&Method::POST, ["attestations"]) => attestations::create(call, repository),
        (&Method::POST, ["statuses", sha]) => statuses::create(call, repository, sha),
        (&Method::POST, ["actions", "workflows", name, "dispatches"]) => {
            workflows::dispatch(call, repository, name)
        }
        (&Method::PUT, ["immutable-releases"]) => {
            repositories::set_immutable_releases(call, repository, true)
        }
        (&Method::DELETE, ["immutable-releases"]) => {
            repositories::set_immutable_releases(call, repository, false)
        }
        _ => Err(ApiError::not_found()),
    }
}

fn write_pulls(call: &ApiCall, repository: &mut GitRepository, rest: &[&str]) -> ApiResult {
    match (&call.request.method, rest) {
        (&Method::POST, []) => pull_writes::create(call, repository),
        (&Method::PATCH, [number]) => pull_writes::update(call, repository, number),
        (&Method::PUT, [number, "merge"]) => merges::merge(call, repository, number),
        (&Method::PUT, [number, "update-branch"]) => {
            pull_writes::update_branch(call, repository, number)
        }
        (&Method::POST, [number, "reviews"]) => reviews::create(call, repository, number),
        (&Method::PUT, [number, "reviews", id, "dismissals"]) => {
            reviews::dismiss(call, repository, number, id)
        }
        (&Method::POST, [number, "requested_reviewers"]) => {
            reviews::request(call, repository, number, true)
        }
        (&Method::DELETE, [number, "requested_reviewers"]) => {
            reviews::request(call, repository, number, false)
        }
        _ => Err(ApiError::not_found()),
    }
}

fn write_git(call: &ApiCall, repository: &mut GitRepository, rest: &[&str]) -> ApiResult {
    match (&call.request.method, rest) {
        (&Method::POST, ["refs"]) => refs::create(call, repository),
        (&Method::PATCH, ["refs", name @ ..]) => refs::update(call, repository, &name.join("/")),
        (&Method::DELETE, ["refs", name @ ..]) => refs::delete(call, repository, &name.join("/")),
        (&Method::POST, ["tags"]) => tags::create(call, repository),
        (&Method::POST, ["blobs"]) => git_data::create_blob(call, repository),
        (&Method::POST, ["trees"]) => git_data::create_tree(call, repository),
        (&Method::POST, ["commits"]) => git_data::create_commit(call, repository),
        _ => Err(ApiError::not_found()),
    }
}

fn write_releases(call: &ApiCall, repository: &mut GitRepository, rest: &[&str]) -> ApiResult {
    match (&call.request.method, rest) {
        (&Method::POST, []) => releases::create(call, repository),
        (&Method::POST, ["generate-notes"]) => notes::generate(call, repository),
        (&Method::PATCH, ["assets", id]) => assets::update(call, repository, id),
        (&Method::DELETE, ["assets", id]) => assets::delete(call, repository, id),
        (&Method::PATCH, [id]) => releases::update(call, repository, id),
        (&Method::DELETE, [id]) => releases::delete(call, repository, id),
        _ => Err(ApiError::not_found()),
    }
}
