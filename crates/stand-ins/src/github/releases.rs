//! Releases: drafts that look-ups by tag do not see, publishing, and what immutability freezes.
//! <https://docs.github.com/en/rest/releases/releases>

use super::call::Call;
use super::pages::Page;
use super::refusal::{Answer, Refusal};
use super::release_body::{MakeLatest, Wish};
use super::tokens::{Level, Right};
use super::world::{Release, Repository, Sha};
use super::{Event, notes, refs};
use crate::wire::Reply;
use crate::{fields, text};
use serde_json::{Value, json};
use std::cmp::Reverse;

const BURNED: &str = "tag_name was used by an immutable release";

pub(crate) fn list(call: &Call, repository: &Repository) -> Answer {
    let mut releases: Vec<&Release> = call
        .listed(repository)
        .map(|listed| {
            listed
                .releases
                .values()
                .filter(|found| shown(call, found))
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

/// Drafts show themselves to those who may push, and to nobody else.
pub(crate) fn shown(call: &Call, release: &Release) -> bool {
    !release.draft || call.may_push()
}

pub(crate) fn get(call: &Call, repository: &Repository, id: &str) -> Answer {
    let release = id
        .parse()
        .ok()
        .and_then(|id: u64| repository.releases.get(&id));
    let release = release
        .filter(|found| shown(call, found))
        .ok_or_else(Refusal::not_found)?;
    Ok(Reply::json(200, &release.view(call, repository)))
}

/// Published releases only, whoever asks.
pub(crate) fn by_tag(call: &Call, repository: &Repository, tag: &str) -> Answer {
    let listed = call.listed(repository).ok_or_else(Refusal::not_found)?;
    let mut found = listed
        .releases
        .values()
        .filter(|release| !release.draft && release.tag_name == tag);
    let release = found.next().ok_or_else(Refusal::not_found)?;
    Ok(Reply::json(200, &release.view(call, repository)))
}

pub(crate) fn latest(call: &Call, repository: &Repository) -> Answer {
    let listed = call.listed(repository).ok_or_else(Refusal::not_found)?;
    let release = latest_of(listed).ok_or_else(Refusal::not_found)?;
    Ok(Reply::json(200, &release.view(call, repository)))
}

/// The pinned one, else the newest by commit date and then by version; never a draft or a prerelease.
pub(crate) fn latest_of(repository: &Repository) -> Option<&Release> {
    let fit = |release: &&Release| !release.draft && !release.prerelease;
    let pinned = repository
        .latest
        .and_then(|id| repository.releases.get(&id))
        .filter(fit);
    pinned.or_else(|| {
        let fit = repository.releases.values().filter(fit);
        fit.max_by_key(|release| (release.created_at, version_key(&release.tag_name)))
    })
}

/// Orders `v1.10.0` after `v1.9.0`.
fn version_key(tag: &str) -> Vec<u64> {
    tag.trim_start_matches('v')
        .split(['.', '-', '+'])
        .map(|part| part.parse().unwrap_or_default())
        .collect()
}

/// The name a draft has in URLs.
pub(crate) fn untagged(id: u64, salt: u64) -> String {
    format!("untagged-{}", text::stable_hex(&format!("{id} {salt}"), 20))
}

pub(crate) fn create(call: &Call, repository: &mut Repository) -> Answer {
    let login = call.need(Right::Contents, Level::Write)?.login.clone();
    let wish = Wish::read(call)?;
    call.required("tag_name")?;
    let id = repository.new_id();
    let now = call.now();
    let mut release = Release {
        id,
        author: login,
        created_at: now,
        updated_at: now,
        draft: true,
        untagged: untagged(id, now),
        target_commitish: repository.default_branch.clone(),
        ..Release::default()
    };
    let publish = !wish.draft.unwrap_or_default();
    apply(&mut release, &wish);
    check_target(call, repository, &release)?;
    if repository.reserved_tags.contains(&release.tag_name) && !publish {
        return Err(Refusal::custom("Release", "tag_name", BURNED));
    }
    if wish.generate_notes {
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
        self::publish(call, repository, &mut release, wish.make_latest)?;
    } else {
        call.emit(Event::DraftCreated {
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

pub(crate) fn update(call: &Call, repository: &mut Repository, id: &str) -> Answer {
    call.need(Right::Contents, Level::Write)?;
    let id = id.parse::<u64>().map_err(|_| Refusal::not_found())?;
    let before = repository
        .releases
        .get(&id)
        .cloned()
        .ok_or_else(Refusal::not_found)?;
    let wish = Wish::read(call)?;
    let mut release = before.clone();
    apply(&mut release, &wish);
    release.updated_at = call.now();
    if before.immutable {
        check_frozen(&before, &release, &wish)?;
    }
    if before.draft && wish.tag_name.is_none() && call.hub.options.rebind_untagged {
        release.tag_name.clone_from(&release.untagged);
    }
    if release.tag_name != before.tag_name || release.target_commitish != before.target_commitish {
        check_target(call, repository, &release)?;
    }
    match (before.draft, wish.draft) {
        (true, Some(false)) => publish(call, repository, &mut release, wish.make_latest)?,
        (false, Some(true)) => withdraw(&mut release),
        (true, _) => {}
        (false, _) => {
            if release.tag_name != before.tag_name {
                check_unique(repository, &release)?;
                ensure_tag(call, repository, &release)?;
            }
            pin(repository, &release, wish.make_latest);
        }
    }
    let view = release.view(call, repository);
    repository.releases.insert(id, release);
    Ok(Reply::json(200, &view))
}

pub(crate) fn delete(call: &Call, repository: &mut Repository, id: &str) -> Answer {
    call.need(Right::Contents, Level::Write)?;
    let id = id.parse::<u64>().map_err(|_| Refusal::not_found())?;
    let release = repository
        .releases
        .remove(&id)
        .ok_or_else(Refusal::not_found)?;
    if release.immutable {
        repository.reserved_tags.insert(release.tag_name);
    }
    if repository.latest == Some(id) {
        repository.latest = None;
    }
    call.emit(Event::ReleaseDeleted {
        repository: repository.full_name(),
        release: id,
    });
    Ok(Reply::status(204))
}

/// A published release whose tag is deleted is a draft again, and no longer the latest.
/// <https://github.com/github-release/github-release/issues/37>
pub(crate) fn unpublish(repository: &mut Repository, tag: &str) {
    for release in repository.releases.values_mut() {
        if release.tag_name == tag && !release.draft && !release.immutable {
            withdraw(release);
            if repository.latest == Some(release.id) {
                repository.latest = None;
            }
        }
    }
}

fn withdraw(release: &mut Release) {
    release.draft = true;
    release.published_at = None;
}

fn apply(release: &mut Release, wish: &Wish) {
    if let Some(tag) = &wish.tag_name {
        release.tag_name.clone_from(tag);
    }
    if let Some(target) = &wish.target_commitish {
        release.target_commitish.clone_from(target);
    }
    if wish.name.is_some() {
        release.name.clone_from(&wish.name);
    }
    if wish.body.is_some() {
        release.body.clone_from(&wish.body);
    }
    release.prerelease = wish.prerelease.unwrap_or(release.prerelease);
}

/// Name, text, `prerelease` and `make_latest` stay open; the rest is frozen, but may be repeated.
/// <https://docs.github.com/en/code-security/concepts/supply-chain-security/immutable-releases>
fn check_frozen(before: &Release, after: &Release, wish: &Wish) -> Result<(), Refusal> {
    let frozen = [
        ("tag_name", before.tag_name != after.tag_name),
        (
            "target_commitish",
            before.target_commitish != after.target_commitish,
        ),
        ("draft", wish.draft == Some(true)),
    ];
    match frozen.iter().find(|(_, changed)| *changed) {
        None => Ok(()),
        Some((field, _)) => {
            let message = format!("{field} cannot be changed when release is immutable");
            Err(Refusal::custom("Release", field, &message))
        }
    }
}

/// A target is a branch or a full SHA, and nobody looks at it once the tag exists. Where it would show
/// other workflow files than the default branch has, making the tag takes the right to change them.
fn check_target(call: &Call, repository: &Repository, release: &Release) -> Result<(), Refusal> {
    if repository.tag_commit(&release.tag_name).is_some() {
        return Ok(());
    }
    let commit = target(repository, release)?;
    let workflows = |sha: &Sha| {
        repository
            .commits
            .get(sha)
            .map(|commit| commit.workflows.clone())
    };
    let tip = repository.branch_tip(&repository.default_branch);
    match &call.token {
        Some(token)
            if token.rights.workflows < Level::Write
                && tip.as_ref().and_then(workflows) != workflows(&commit) =>
        {
            let accepted = "contents=write; contents=write,workflows=write".to_owned();
            Err(Refusal::forbidden(token.kind, accepted))
        }
        _ => Ok(()),
    }
}

fn target(repository: &Repository, release: &Release) -> Result<Sha, Refusal> {
    let name = &release.target_commitish;
    let full = || repository.commits.contains_key(name).then(|| name.clone());
    let found = repository.branch_tip(name).or_else(full);
    found.ok_or_else(|| Refusal::field("Release", "invalid", "target_commitish"))
}

fn check_unique(repository: &Repository, release: &Release) -> Result<(), Refusal> {
    let mut others = repository.releases.values();
    if others
        .any(|other| !other.draft && other.id != release.id && other.tag_name == release.tag_name)
    {
        return Err(Refusal::field("Release", "already_exists", "tag_name"));
    }
    Ok(())
}

/// Publishing makes the tag where it is missing.
fn ensure_tag(call: &Call, repository: &mut Repository, release: &Release) -> Result<Sha, Refusal> {
    if let Some(commit) = repository.tag_commit(&release.tag_name) {
        return Ok(commit);
    }
    check_target(call, repository, release)?;
    let commit = target(repository, release)?;
    let name = format!("refs/tags/{}", release.tag_name);
    if let Err(violation) = refs::may_create(call, repository, &name) {
        return Err(Refusal::validation(violation_errors(
            repository, release, &violation,
        )));
    }
    repository.refs.insert(name, commit.clone());
    refs::tag_created(call, repository, &release.tag_name, &commit);
    Ok(commit)
}

/// Refused tags come in this form through the releases API.
fn violation_errors(repository: &Repository, release: &Release, violation: &str) -> Vec<Value> {
    let custom =
        |message: &str| json!({"resource": "Release", "code": "custom", "message": message});
    let mut pre_receive = custom(&format!("pre_receive {violation}"));
    fields::set(&mut pre_receive, "field", "pre_receive");
    let mut errors = vec![pre_receive];
    if repository.reserved_tags.contains(&release.tag_name) {
        let mut burned = custom(BURNED);
        fields::set(&mut burned, "field", "tag_name");
        errors.push(burned);
    }
    errors.push(custom("Published releases must have a valid tag"));
    errors
}

fn publish(
    call: &Call,
    repository: &mut Repository,
    release: &mut Release,
    make_latest: Option<MakeLatest>,
) -> Result<(), Refusal> {
    check_unique(repository, release)?;
    if repository.reserved_tags.contains(&release.tag_name) {
        let name = format!("refs/tags/{}", release.tag_name);
        let violation = refs::may_create(call, repository, &name)
            .err()
            .unwrap_or_default();
        return Err(Refusal::validation(violation_errors(
            repository, release, &violation,
        )));
    }
    let commit = ensure_tag(call, repository, release)?;
    release.draft = false;
    release.published_at = Some(call.now());
    release.immutable = repository.immutable_releases;
    // The date of the commit, not of the publishing.
    release.created_at = repository
        .commits
        .get(&commit)
        .map_or(release.created_at, |commit| commit.date);
    pin(repository, release, make_latest.or(Some(MakeLatest::True)));
    if let Some(token) = &call.token {
        call.emit(Event::ReleasePublished {
            repository: repository.full_name(),
            release: release.id,
            tag: release.tag_name.clone(),
            by: token.kind,
        });
    }
    Ok(())
}

fn pin(repository: &mut Repository, release: &Release, make_latest: Option<MakeLatest>) {
    match make_latest {
        Some(MakeLatest::True) if !release.prerelease => repository.latest = Some(release.id),
        Some(MakeLatest::False) if repository.latest == Some(release.id) => {
            repository.latest = None;
        }
        Some(MakeLatest::Legacy) => repository.latest = None,
        _ => {}
    }
}
