//! Releases: list, get, create, update, delete.
//! <https://docs.github.com/en/rest/releases/releases>

use super::page::Page;
use super::release_body::ReleaseInput;
use super::{notes, publishing};
use crate::fields;
use crate::github::call::ApiCall;
use crate::github::error::{ApiError, ApiResult};
use crate::github::event::GitHubEvent;
use crate::github::model::{GitRepository, Level, Right, StoredRelease, untagged_name};
use crate::github::options::Untagged;
use crate::transport::Reply;
use serde_json::{Value, json};
use std::cmp::Reverse;

pub(crate) fn list(call: &ApiCall, repository: &GitRepository) -> ApiResult {
    let mut releases: Vec<&StoredRelease> = call
        .listed(repository)
        .map(|listed| {
            listed
                .releases
                .values()
                .filter(|found| is_visible(call, found))
                .collect()
        })
        .unwrap_or_default();
    releases.sort_by_key(|release| (Reverse(release.created_at), Reverse(release.id)));
    let page = Page::new(call, repository, releases)?;
    let views: Vec<Value> = page
        .items
        .iter()
        .map(|release| release.view(call, repository))
        .collect();
    Ok(page.linked(Reply::json(200, &json!(views))))
}

/// Drafts are visible to callers with push access only.
pub(crate) fn is_visible(call: &ApiCall, release: &StoredRelease) -> bool {
    !release.draft || call.may_push()
}

pub(crate) fn get(call: &ApiCall, repository: &GitRepository, id: &str) -> ApiResult {
    let release = id
        .parse()
        .ok()
        .and_then(|id: u64| repository.releases.get(&id));
    let release = release
        .filter(|found| is_visible(call, found))
        .ok_or_else(ApiError::not_found)?;
    Ok(Reply::json(200, &release.view(call, repository)))
}

/// Published releases only, for every caller.
pub(crate) fn by_tag(call: &ApiCall, repository: &GitRepository, tag: &str) -> ApiResult {
    let listed = call.listed(repository).ok_or_else(ApiError::not_found)?;
    let mut found = listed
        .releases
        .values()
        .filter(|release| !release.draft && release.tag_name == tag);
    let release = found.next().ok_or_else(ApiError::not_found)?;
    Ok(Reply::json(200, &release.view(call, repository)))
}

pub(crate) fn latest(call: &ApiCall, repository: &GitRepository) -> ApiResult {
    let listed = call.listed(repository).ok_or_else(ApiError::not_found)?;
    let release = listed.latest_release().ok_or_else(ApiError::not_found)?;
    Ok(Reply::json(200, &release.view(call, repository)))
}

pub(crate) fn create(call: &ApiCall, repository: &mut GitRepository) -> ApiResult {
    let login = call.need(Right::Contents, Level::Write)?.login.clone();
    let input = ReleaseInput::read(call)?;
    call.required("tag_name")?;
    let id = repository.new_id();
    let now = call.now();
    let mut release = StoredRelease {
        id,
        author: login,
        created_at: now,
        updated_at: now,
        draft: true,
        untagged: untagged_name(id, now),
        target_commitish: repository.default_branch.clone(),
        ..StoredRelease::default()
    };
    let publish = !input.draft.unwrap_or_default();
    apply(&mut release, &input);
    publishing::check_target(call, repository, &release)?;
    if repository.reserved_tags.contains(&release.tag_name) && !publish {
        return Err(ApiError::custom(
            "Release",
            "tag_name",
            publishing::RESERVED,
        ));
    }
    if input.generate_notes {
        let generated = notes::compose(
            call,
            repository,
            &release.tag_name,
            &release.target_commitish,
            None,
        )?;
        release.body = Some([release.body.unwrap_or_default(), generated.body].concat());
        release.name.get_or_insert(generated.name);
    }
    if publish {
        publishing::publish(call, repository, &mut release, input.make_latest)?;
    } else {
        call.emit(GitHubEvent::DraftCreated {
            repository: repository.full_name(),
            release: id,
            tag: release.tag_name.clone(),
        });
    }
    let view = release.view(call, repository);
    repository.releases.insert(id, release);
    let location = fields::text(&view, "url").to_owned();
    Ok(Reply::json(201, &view).with(http::header::LOCATION, location))
}

pub(crate) fn update(call: &ApiCall, repository: &mut GitRepository, id: &str) -> ApiResult {
    call.need(Right::Contents, Level::Write)?;
    let id = id.parse::<u64>().map_err(|_| ApiError::not_found())?;
    let before = repository
        .releases
        .get(&id)
        .cloned()
        .ok_or_else(ApiError::not_found)?;
    let input = ReleaseInput::read(call)?;
    let mut release = before.clone();
    apply(&mut release, &input);
    release.updated_at = call.now();
    if before.immutable {
        check_frozen(&before, &release, &input)?;
    }
    if loses_tag(call, &before, &input) {
        release.tag_name.clone_from(&release.untagged);
    }
    if release.tag_name != before.tag_name || release.target_commitish != before.target_commitish {
        publishing::check_target(call, repository, &release)?;
    }
    match (before.draft, input.draft) {
        (true, Some(false)) => {
            publishing::publish(call, repository, &mut release, input.make_latest)?
        }
        (false, Some(true)) => release.withdraw(),
        (true, _) => {}
        (false, _) => {
            if release.tag_name != before.tag_name {
                publishing::check_unique(repository, &release)?;
                publishing::ensure_tag(call, repository, &release)?;
            }
            publishing::pin(repository, &release, input.make_latest);
        }
    }
    let view = release.view(call, repository);
    repository.releases.insert(id, release);
    Ok(Reply::json(200, &view))
}

/// Whether an update moves a draft from its tag to `untagged-…`.
fn loses_tag(call: &ApiCall, before: &StoredRelease, input: &ReleaseInput) -> bool {
    let publishes = input.draft == Some(false);
    let moved = match call.state.options.untagged {
        Untagged::Never => false,
        Untagged::Edits => !publishes,
        Untagged::EditsAndPublishing => true,
    };
    moved && before.draft && input.tag_name.is_none()
}

pub(crate) fn delete(call: &ApiCall, repository: &mut GitRepository, id: &str) -> ApiResult {
    call.need(Right::Contents, Level::Write)?;
    let id = id.parse::<u64>().map_err(|_| ApiError::not_found())?;
    let release = repository
        .releases
        .remove(&id)
        .ok_or_else(ApiError::not_found)?;
    if release.immutable {
        repository.reserved_tags.insert(release.tag_name);
    }
    if repository.latest == Some(id) {
        repository.latest = None;
    }
    call.emit(GitHubEvent::ReleaseDeleted {
        repository: repository.full_name(),
        release: id,
    });
    Ok(Reply::status(204))
}

fn apply(release: &mut StoredRelease, input: &ReleaseInput) {
    if let Some(tag) = &input.tag_name {
        release.tag_name.clone_from(tag);
    }
    if let Some(target) = &input.target_commitish {
        release.target_commitish.clone_from(target);
    }
    if input.name.is_some() {
        release.name.clone_from(&input.name);
    }
    if input.body.is_some() {
        release.body.clone_from(&input.body);
    }
    release.prerelease = input.prerelease.unwrap_or(release.prerelease);
}

/// Name, text, `prerelease` and `make_latest` stay open; the rest is frozen, but may be repeated.
/// <https://docs.github.com/en/code-security/concepts/supply-chain-security/immutable-releases>
fn check_frozen(
    before: &StoredRelease,
    after: &StoredRelease,
    input: &ReleaseInput,
) -> Result<(), ApiError> {
    let frozen = [
        ("tag_name", before.tag_name != after.tag_name),
        (
            "target_commitish",
            before.target_commitish != after.target_commitish,
        ),
        ("draft", input.draft == Some(true)),
    ];
    match frozen.iter().find(|(_, changed)| *changed) {
        None => Ok(()),
        Some((field, _)) => {
            let message = format!("{field} cannot be changed when release is immutable");
            Err(ApiError::custom("Release", field, &message))
        }
    }
}
