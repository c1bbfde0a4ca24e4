//! Resolves a field of an object, by the resolver of the object's type.

use super::document::RequestedField;
use super::object::{FieldError, FieldResult, Object, ResolveContext, Resolved};
use super::{
    connection, introspection, resolve_compare, resolve_git, resolve_issues, resolve_milestones,
    resolve_pulls, resolve_releases, resolve_repository, resolve_search,
};
use crate::github::rest::objects::{id_of, node_id};
use crate::github::rest::pulls::database_id;
use crate::sync::lock;
use crate::text::rfc3339;
use serde_json::{Value, json};

pub(crate) fn resolve<'a>(
    context: &ResolveContext<'a>,
    object: &Object<'a>,
    field: &RequestedField,
) -> Result<Resolved<'a>, FieldError> {
    let name = field.name.as_str();
    let resolved = match object {
        Object::Query => query(context, field)?,
        Object::Repository(repository) => {
            resolve_repository::repository(context, repository, field)?
        }
        Object::Release(repository, release) => {
            resolve_releases::release(context, repository, release, field)?
        }
        Object::Asset(repository, release, asset) => {
            resolve_releases::asset(context, repository, release, asset, name)
        }
        Object::Ref(repository, full_name) => resolve_git::reference(repository, full_name, field),
        Object::Tag(repository, sha) => resolve_git::tag(context, repository, sha, name),
        Object::Commit(repository, sha, commit) => {
            resolve_git::commit(context, repository, sha, commit, field)?
        }
        Object::Pull(repository, number, pull) => {
            resolve_pulls::pull(context, repository, *number, pull, field)?
        }
        Object::Review(repository, review) => resolve_pulls::review(repository, review, name),
        Object::Payload(_, repository, number, pull, client) => match name {
            "clientMutationId" => Some(client.clone().into()),
            "mergeQueueEntry" => resolve_pulls::pull(context, repository, *number, pull, field)?,
            "actor" => {
                let token = context.call.token.as_ref();
                Some(Resolved::maybe(
                    token.map(|token| Object::actor(&token.login)),
                ))
            }
            _ => Some(Object::Pull(repository, *number, pull).into()),
        },
        Object::Comparison(repository, base, head) => {
            resolve_compare::comparison(repository, base, head, field)?
        }
        Object::PullCommit(repository, sha) => match name {
            "id" => Some(json!(node_id("PRC", id_of(sha))).into()),
            _ => Some(Resolved::maybe(Object::commit(repository, sha))),
        },
        Object::GitActor(who, login, date) => {
            resolve_git::git_actor(who, login.as_deref(), *date, name)
        }
        Object::Issue(repository, number, issue) => {
            resolve_issues::issue(context, repository, *number, issue, field)?
        }
        Object::Label(repository, label) => resolve_issues::label(context, repository, label, name),
        Object::Milestone(repository, number, milestone) => {
            resolve_milestones::milestone(context, repository, *number, milestone, field)?
        }
        Object::Actor(login) => actor(context, login, name),
        Object::Connection(connection) => connection::resolve(connection, name),
        Object::Edge(_, cursor, node) => match name {
            "cursor" => Some(json!(cursor).into()),
            _ => Some(Resolved::Object((**node).clone())),
        },
        Object::Json(_, value) => value.get(name).cloned().map(Resolved::Value),
    };
    resolved.ok_or_else(|| {
        let of_type = object.type_name();
        format!("The stand-in has no answer for '{name}' of '{of_type}'").into()
    })
}

fn query<'a>(context: &ResolveContext<'a>, field: &RequestedField) -> FieldResult<'a> {
    let token = context.call.token.as_ref();
    Ok(Some(match field.name.as_str() {
        "repository" => {
            let full_name = format!("{}/{}", field.text("owner"), field.text("name"));
            let world = context.world;
            let found = world
                .find(&full_name)
                .or_else(|| world.find_renamed(&full_name));
            match found.filter(|found| context.call.sees(found)) {
                Some(found) => Object::Repository(found).into(),
                None => {
                    return Err(FieldError::not_found(format!(
                        "Could not resolve to a Repository with the name '{full_name}'."
                    )));
                }
            }
        }
        "viewer" => Resolved::maybe(token.map(|token| viewer(context, &token.login))),
        "user" => Object::actor(field.text("login")).into(),
        "search" => resolve_search::search(context, field.text("query")),
        "rateLimit" => rate_limit(context),
        "node" => Resolved::maybe(node(context, field.text("id"))),
        "__schema" => introspection::schema().into(),
        "__type" => introspection::of_type(field.text("name")),
        _ => return Ok(None),
    }))
}

/// A repository or a pull request by its opaque id.
fn node<'a>(context: &ResolveContext<'a>, id: &str) -> Option<Object<'a>> {
    let all = context.world.repositories.values();
    let mut seen = all.filter(|repository| context.call.sees(repository));
    seen.find_map(|repository| {
        if node_id("R", repository.id) == id {
            return Some(Object::Repository(repository));
        }
        let mut pulls = repository.pulls.iter();
        let found =
            pulls.find(|(number, _)| node_id("PR", database_id(repository, **number)) == id);
        found.map(|(number, pull)| Object::Pull(repository, *number, pull))
    })
}

/// A `User`, also where it is a bot, and then with `[bot]` at the end of its login.
fn viewer<'a>(context: &ResolveContext<'a>, login: &str) -> Object<'a> {
    let web = &context.call.state.urls.web;
    let user = json!({
        "login": login,
        "id": node_id("U", id_of(login)),
        "databaseId": id_of(login),
        "name": null,
        "avatarUrl": format!("{web}/avatars/{login}"),
        "resourcePath": format!("/{login}"),
        "url": format!("{web}/{login}"),
    });
    Object::Json("User", user)
}

fn rate_limit<'a>(context: &ResolveContext<'a>) -> Resolved<'a> {
    let call = context.call;
    let kind = call.token.as_ref().map(|token| token.kind);
    let clock = &call.state.shared.clock;
    let quota = lock(&call.state.limiter).quota(call.caller, kind, "graphql", clock);
    Object::Json(
        "RateLimit",
        json!({
            "cost": 1,
            "nodeCount": 0,
            "limit": quota.limit,
            "used": quota.used,
            "remaining": quota.remaining(),
            "resetAt": rfc3339(quota.reset),
        }),
    )
    .into()
}

/// The login of a bot has no `[bot]` at its end, other than in REST.
fn actor<'a>(context: &ResolveContext<'a>, login: &str, field: &str) -> Option<Resolved<'a>> {
    let web = &context.call.state.urls.web;
    let plain = login.trim_end_matches("[bot]");
    let page = if plain == login {
        format!("/{plain}")
    } else {
        format!("/apps/{plain}")
    };
    let value = match field {
        "login" => json!(plain),
        "id" => json!(node_id("U", id_of(login))),
        "databaseId" => json!(id_of(login)),
        "name" => Value::Null,
        "avatarUrl" => json!(format!("{web}/avatars/{plain}")),
        "resourcePath" => json!(page),
        "url" => json!(format!("{web}{page}")),
        _ => return None,
    };
    Some(value.into())
}
