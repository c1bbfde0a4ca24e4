//! GraphQL: `repository { release(tagName:) }`, which returns drafts, and one of them only.
//! <https://docs.github.com/en/graphql/reference/objects#release>

use super::call::{self, Call};
use super::graphql_query::{Field, parse};
use super::refusal::{Answer, Refusal};
use super::releases;
use super::shapes::{address, node_id, page};
use super::world::{Asset, Release, Repository, World};
use crate::fields;
use crate::text::rfc3339;
use crate::wire::Reply;
use serde_json::{Map, Value, json};

pub(crate) fn answer(call: &Call, world: &World) -> Answer {
    if call.token.is_none() {
        return Err(Refusal::new(
            401,
            "This endpoint requires you to be authenticated.",
        ));
    }
    let query = fields::text(&call.body, "query");
    let mut errors = Vec::new();
    let data = parse(query, fields::get(&call.body, "variables")).and_then(|fields| {
        let mut data = Map::new();
        for field in &fields {
            let value = match field.name.as_str() {
                "repository" => repository(call, world, field, &mut errors)?,
                "rateLimit" => scalars(field, "RateLimit", |name| match name {
                    "cost" => Some(json!(1)),
                    _ => None,
                })?,
                "viewer" => scalars(field, "User", |name| {
                    (name == "login").then(|| json!(call.token.as_ref().map(|token| &token.login)))
                })?,
                other => return Err(undefined("Query", other)),
            };
            data.insert(field.alias.clone(), value);
        }
        Ok(Value::Object(data))
    });
    // Errors come with status 200, in a form of their own.
    let body = match data {
        Err(message) => json!({ "errors": [{ "message": message }] }),
        Ok(data) if errors.is_empty() => json!({ "data": data }),
        Ok(data) => json!({ "data": data, "errors": errors }),
    };
    Ok(Reply::json(200, &body))
}

fn undefined(kind: &str, field: &str) -> String {
    format!("Field '{field}' doesn't exist on type '{kind}'")
}

fn argument<'a>(field: &'a Field, name: &str) -> &'a str {
    field
        .arguments
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Fields without fields of their own.
fn scalars(field: &Field, kind: &str, of: impl Fn(&str) -> Option<Value>) -> Result<Value, String> {
    let mut object = Map::new();
    for inner in &field.fields {
        let value = of(&inner.name).ok_or_else(|| undefined(kind, &inner.name))?;
        object.insert(inner.alias.clone(), value);
    }
    Ok(Value::Object(object))
}

fn repository(
    call: &Call,
    world: &World,
    field: &Field,
    errors: &mut Vec<Value>,
) -> Result<Value, String> {
    let full_name = format!("{}/{}", argument(field, "owner"), argument(field, "name"));
    let world = call.past.unwrap_or(world);
    let found = world.repositories.get(&full_name);
    let Some(found) = found.filter(|found| call::visible(found, call.token.as_ref())) else {
        errors.push(json!({
            "type": "NOT_FOUND",
            "path": [field.alias],
            "message": format!("Could not resolve to a Repository with the name '{full_name}'."),
        }));
        return Ok(Value::Null);
    };
    let mut object = Map::new();
    for inner in &field.fields {
        let value = match inner.name.as_str() {
            "release" => match by_tag(call, found, argument(inner, "tagName")) {
                Some(found_release) => release(call, found, found_release, inner)?,
                None => Value::Null,
            },
            "releases" => releases_of(call, found, inner)?,
            "latestRelease" => match releases::latest_of(found) {
                Some(latest) => release(call, found, latest, inner)?,
                None => Value::Null,
            },
            "id" => json!(node_id("R", found.id)),
            "databaseId" => json!(found.id),
            "name" => json!(found.name),
            "nameWithOwner" => json!(full_name),
            "isPrivate" => json!(found.private),
            "defaultBranchRef" => scalars(inner, "Ref", |name| {
                (name == "name").then(|| json!(found.default_branch))
            })?,
            other => return Err(undefined("Repository", other)),
        };
        object.insert(inner.alias.clone(), value);
    }
    Ok(Value::Object(object))
}

/// A published release hides its drafts, and one draft hides the others.
fn by_tag<'a>(call: &Call, repository: &'a Repository, tag: &str) -> Option<&'a Release> {
    let found = repository.releases_of(tag);
    let published = found.iter().find(|release| !release.draft);
    published
        .or_else(|| found.iter().find(|release| releases::shown(call, release)))
        .copied()
}

fn releases_of(call: &Call, repository: &Repository, field: &Field) -> Result<Value, String> {
    let first = field
        .arguments
        .get("first")
        .and_then(Value::as_u64)
        .unwrap_or(100)
        .min(100);
    let all = repository
        .releases
        .values()
        .rev()
        .filter(|found| releases::shown(call, found));
    let total = all.clone().count();
    let mut object = Map::new();
    for inner in &field.fields {
        let value = match inner.name.as_str() {
            "nodes" => {
                let nodes = all.clone().take(usize::try_from(first).unwrap_or(100));
                nodes
                    .map(|found| release(call, repository, found, inner))
                    .collect::<Result<_, _>>()?
            }
            "totalCount" => json!(total),
            other => return Err(undefined("ReleaseConnection", other)),
        };
        object.insert(inner.alias.clone(), value);
    }
    Ok(Value::Object(object))
}

fn release(
    call: &Call,
    repository: &Repository,
    found: &Release,
    field: &Field,
) -> Result<Value, String> {
    let latest = releases::latest_of(repository).is_some_and(|latest| latest.id == found.id);
    let mut object = Map::new();
    for inner in &field.fields {
        let value = match inner.name.as_str() {
            "id" => json!(node_id("RE", found.id)),
            "databaseId" => json!(found.id),
            "tagName" => json!(found.tag_name),
            "name" => json!(found.name),
            "description" => json!(found.body),
            "isDraft" => json!(found.draft),
            "isPrerelease" => json!(found.prerelease),
            "isImmutable" | "immutable" => json!(found.immutable),
            "isLatest" => json!(latest),
            "url" => json!(found.html_url(call, repository)),
            "resourcePath" => json!(format!(
                "/{}/releases/tag/{}",
                repository.full_name(),
                found.slug()
            )),
            "createdAt" => json!(rfc3339(found.created_at)),
            "updatedAt" => json!(rfc3339(found.updated_at)),
            "publishedAt" => json!(found.published_at.map(rfc3339)),
            "tagCommit" => match repository.tag_commit(&found.tag_name) {
                Some(sha) => scalars(inner, "Commit", |name| (name == "oid").then(|| json!(sha)))?,
                None => Value::Null,
            },
            "author" => scalars(inner, "User", |name| {
                (name == "login").then(|| json!(found.author))
            })?,
            "releaseAssets" => assets(call, repository, found, inner)?,
            other => return Err(undefined("Release", other)),
        };
        object.insert(inner.alias.clone(), value);
    }
    Ok(Value::Object(object))
}

fn assets(
    call: &Call,
    repository: &Repository,
    release: &Release,
    field: &Field,
) -> Result<Value, String> {
    let first = field
        .arguments
        .get("first")
        .and_then(Value::as_u64)
        .unwrap_or(100)
        .min(100);
    let shown = release
        .assets
        .iter()
        .take(usize::try_from(first).unwrap_or(100));
    let mut object = Map::new();
    for inner in &field.fields {
        let value = match inner.name.as_str() {
            "nodes" => shown
                .clone()
                .map(|asset| {
                    scalars(inner, "ReleaseAsset", |name| {
                        of_asset(call, repository, release, asset, name)
                    })
                })
                .collect::<Result<_, _>>()?,
            "totalCount" => json!(release.assets.len()),
            other => return Err(undefined("ReleaseAssetConnection", other)),
        };
        object.insert(inner.alias.clone(), value);
    }
    Ok(Value::Object(object))
}

fn of_asset(
    call: &Call,
    repository: &Repository,
    release: &Release,
    asset: &Asset,
    name: &str,
) -> Option<Value> {
    let path = format!("/releases/download/{}/{}", release.slug(), asset.name);
    Some(match name {
        "id" => json!(node_id("RA", asset.id)),
        "name" => json!(asset.name),
        "size" => json!(asset.size),
        "digest" => json!(asset.digest(call)),
        "contentType" => json!(asset.content_type),
        "downloadUrl" => json!(page(call, repository, &path)),
        "url" => json!(address(
            call,
            repository,
            &format!("/releases/assets/{}", asset.id)
        )),
        _ => return None,
    })
}
