//! Which handler answers which path.

use super::call::{self, Call};
use super::refusal::{Answer, Refusal};
use super::world::{Repository, World};
use super::{
    actions, assets, checks, commits, compare, graphql, notes, pulls, refs, releases, repositories,
    statuses, tags,
};
use crate::text;
use crate::wire::Reply;
use http::Method;
use http::header::LOCATION;
use serde_json::json;

pub(crate) fn route(call: &Call, world: &mut World) -> Answer {
    let segments = call.request.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (&call.request.method, segments.as_slice()) {
        (&Method::GET, ["rate_limit"]) => Ok(repositories::rate_limit(call)),
        (&Method::POST, ["graphql"]) => graphql::answer(call, world),
        (_, ["repos", owner, name, rest @ ..]) => {
            let full_name = format!("{owner}/{name}");
            if let Some(now) = world
                .renamed
                .get(&full_name)
                .and_then(|now| world.repositories.get(now))
            {
                return Ok(moved(call, now, rest));
            }
            in_repository(call, world.repositories.get_mut(&full_name), rest)
        }
        // `Link` headers use this form: their addresses are to be followed, not built.
        (_, ["repositories", id, rest @ ..]) => {
            let found = world
                .repositories
                .values_mut()
                .find(|found| found.id.to_string() == **id);
            in_repository(call, found, rest)
        }
        _ => Err(Refusal::not_found()),
    }
}

/// 301 for reads; writes get 307, which keeps method and body.
/// <https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api>
fn moved(call: &Call, now: &Repository, rest: &[&str]) -> Reply {
    let (status, message) = if call.request.is_read() {
        (301, "Moved Permanently")
    } else {
        (307, "Temporary Redirect")
    };
    let mut path = vec![
        call.hub.urls.api.clone(),
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

fn in_repository(call: &Call, found: Option<&mut Repository>, rest: &[&str]) -> Answer {
    let repository = found
        .filter(|repository| call::visible(repository, call.token.as_ref()))
        .ok_or_else(Refusal::not_found)?;
    match call.request.method {
        Method::GET | Method::HEAD => read(call, repository, rest),
        // A token that does not reach a public repository may look at it, no more.
        _ if call
            .token
            .as_ref()
            .is_some_and(|token| !token.reaches(&repository.full_name())) =>
        {
            Err(Refusal::new(403, "Resource not accessible by integration"))
        }
        _ => write(call, repository, rest),
    }
}

fn read(call: &Call, repository: &Repository, rest: &[&str]) -> Answer {
    match rest {
        [] => Ok(repositories::get(call, repository)),
        ["branches", name @ ..] => repositories::branch(call, repository, &name.join("/")),
        ["immutable-releases"] => repositories::immutable_releases(call, repository),
        ["rules", "branches", name @ ..] => Ok(repositories::rules(repository, &name.join("/"))),
        ["tags"] => tags::list(call, repository),
        ["git", "ref", name @ ..] => refs::get(call, repository, &name.join("/")),
        ["git", "matching-refs", name @ ..] => {
            Ok(refs::matching(call, repository, &name.join("/")))
        }
        ["git", "tags", sha] => tags::get(call, repository, sha),
        ["git", "commits", sha] => commits::git_commit(call, repository, sha),
        ["commits"] => commits::list(call, repository),
        ["commits", name @ .., "check-runs"] => checks::list(call, repository, &name.join("/")),
        ["commits", name @ .., "status"] => statuses::combined(call, repository, &name.join("/")),
        ["commits", name @ .., "statuses"] => statuses::list(call, repository, &name.join("/")),
        ["commits", sha, "pulls"] => pulls::of_commit(call, repository, sha),
        ["commits", name @ ..] => commits::get(call, repository, &name.join("/")),
        ["compare", names @ ..] => compare::compare(call, repository, &names.join("/")),
        ["pulls"] => pulls::list(call, repository),
        ["pulls", number] => pulls::get(call, repository, number),
        ["issues", number, "labels"] => pulls::labels(call, repository, number),
        ["releases"] => releases::list(call, repository),
        ["releases", "latest"] => releases::latest(call, repository),
        ["releases", "tags", tag @ ..] => releases::by_tag(call, repository, &tag.join("/")),
        ["releases", "assets", id] => assets::get(call, repository, id),
        ["releases", id] => releases::get(call, repository, id),
        ["releases", id, "assets"] => assets::list(call, repository, id),
        ["check-runs", id] => checks::get(call, repository, id),
        ["actions", "runs"] => actions::list(call, repository),
        ["actions", "runs", id] => actions::get(call, repository, id),
        ["actions", "runs", id, "jobs"] => actions::jobs(call, repository, id),
        _ => Err(Refusal::not_found()),
    }
}

fn write(call: &Call, repository: &mut Repository, rest: &[&str]) -> Answer {
    match (&call.request.method, rest) {
        (&Method::POST, ["releases"]) => releases::create(call, repository),
        (&Method::POST, ["releases", "generate-notes"]) => notes::generate(call, repository),
        (&Method::PATCH, ["releases", "assets", id]) => assets::update(call, repository, id),
        (&Method::DELETE, ["releases", "assets", id]) => assets::delete(call, repository, id),
        (&Method::PATCH, ["releases", id]) => releases::update(call, repository, id),
        (&Method::DELETE, ["releases", id]) => releases::delete(call, repository, id),
        (&Method::POST, ["git", "refs"]) => refs::create(call, repository),
        (&Method::PATCH, ["git", "refs", name @ ..]) => {
            refs::update(call, repository, &name.join("/"))
        }
        (&Method::DELETE, ["git", "refs", name @ ..]) => {
            refs::delete(call, repository, &name.join("/"))
        }
        (&Method::POST, ["git", "tags"]) => tags::create(call, repository),
        (&Method::POST, ["check-runs"]) => checks::create(call, repository),
        (&Method::PATCH, ["check-runs", id]) => checks::update(call, repository, id),
        (&Method::POST, ["statuses", sha]) => statuses::create(call, repository, sha),
        (&Method::PUT, ["immutable-releases"]) => {
            repositories::set_immutable_releases(call, repository, true)
        }
        (&Method::DELETE, ["immutable-releases"]) => {
            repositories::set_immutable_releases(call, repository, false)
        }
        _ => Err(Refusal::not_found()),
    }
}
