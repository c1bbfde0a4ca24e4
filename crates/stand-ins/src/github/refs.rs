//! References of any namespace: created only if absent, moved, deleted, and guarded by rulesets.
//! <https://docs.github.com/en/rest/git/refs>

use super::Event;
use super::call::Call;
use super::refusal::{Answer, Refusal};
use super::releases;
use super::shapes::address;
use super::tokens::{Level, Right};
use super::world::{Repository, Rule, Sha};
use crate::text;
use crate::wire::Reply;
use http::header::LOCATION;
use serde_json::{Value, json};

fn view(call: &Call, repository: &Repository, name: &str, sha: &str) -> Value {
    let kind = repository
        .object(sha)
        .map_or("commit", super::world::ObjectKind::name);
    json!({
        "ref": name,
        "node_id": text::stable_hex(&format!("{} {name}", repository.id), 24),
        "url": address(call, repository, &format!("/git/{name}")),
        "object": {
            "sha": sha,
            "type": kind,
            "url": address(call, repository, &format!("/git/{kind}s/{sha}")),
        },
    })
}

/// One ref by its name without `refs/`; it is as fresh as git itself.
pub(crate) fn get(call: &Call, repository: &Repository, name: &str) -> Answer {
    let name = format!("refs/{name}");
    let sha = repository.refs.get(&name).ok_or_else(Refusal::not_found)?;
    Ok(Reply::json(200, &view(call, repository, &name, sha)))
}

/// All refs that begin so; none is no error.
pub(crate) fn matching(call: &Call, repository: &Repository, prefix: &str) -> Reply {
    let prefix = format!("refs/{prefix}");
    let refs = call.listed(repository).map(|listed| &listed.refs);
    let found = refs
        .into_iter()
        .flatten()
        .filter(|(name, _)| name.starts_with(&prefix));
    let views: Vec<Value> = found
        .map(|(name, sha)| view(call, repository, name, sha))
        .collect();
    Reply::json(200, &json!(views))
}

/// The one call that says atomically whether a name was free.
pub(crate) fn create(call: &Call, repository: &mut Repository) -> Answer {
    call.need(Right::Contents, Level::Write)?;
    let (name, sha) = (call.required("ref")?, call.required("sha")?);
    let well_formed = name
        .strip_prefix("refs/")
        .is_some_and(|rest| rest.contains('/') && super::release_body::is_ref_name(rest));
    if !well_formed {
        return Err(Refusal::new(
            422,
            "Reference name must start with 'refs/' and contain at least two slashes.",
        ));
    }
    if !text::is_sha(&sha) {
        return Err(Refusal::new(
            422,
            "The sha parameter must be exactly 40 characters and contain only [0-9a-f].",
        ));
    }
    if repository.object(&sha).is_none() {
        return Err(Refusal::new(422, "Object does not exist"));
    }
    if repository.refs.contains_key(&name) {
        return Err(Refusal::new(422, "Reference already exists"));
    }
    may_create(call, repository, &name).map_err(|violation| Refusal::new(422, violation))?;
    check_workflows(call, repository, &sha)?;
    repository.refs.insert(name.clone(), sha.clone());
    if let (Some(tag), Some(commit)) = (name.strip_prefix("refs/tags/"), repository.peel(&sha)) {
        tag_created(call, repository, tag, &commit);
    }
    let view = view(call, repository, &name, &sha);
    let location = address(call, repository, &format!("/git/{name}"));
    Ok(Reply::json(201, &view).with(LOCATION, location))
}

pub(crate) fn update(call: &Call, repository: &mut Repository, name: &str) -> Answer {
    call.need(Right::Contents, Level::Write)?;
    let name = format!("refs/{name}");
    let sha = call.required("sha")?;
    let before = repository
        .refs
        .get(&name)
        .ok_or_else(|| Refusal::new(422, "Reference does not exist"))?;
    if repository.object(&sha).is_none() {
        return Err(Refusal::new(422, "Object does not exist"));
    }
    let forward = repository.peel(&sha).zip(repository.peel(before));
    let forward = forward.is_some_and(|(new, old)| repository.ancestors(&new).contains(&old));
    if !forward && !call.flag("force")?.unwrap_or_default() {
        return Err(Refusal::new(422, "Update is not a fast forward"));
    }
    guard(
        call,
        repository,
        &name,
        |rule| rule.update,
        "update",
        "updates",
    )?;
    if frozen(repository, &name) {
        return Err(violation("update", "updates"));
    }
    check_workflows(call, repository, &sha)?;
    repository.refs.insert(name.clone(), sha.clone());
    Ok(Reply::json(200, &view(call, repository, &name, &sha)))
}

pub(crate) fn delete(call: &Call, repository: &mut Repository, name: &str) -> Answer {
    call.need(Right::Contents, Level::Write)?;
    let name = format!("refs/{name}");
    if !repository.refs.contains_key(&name) {
        return Err(Refusal::new(422, "Reference does not exist"));
    }
    guard(
        call,
        repository,
        &name,
        |rule| rule.deletion,
        "delete",
        "deletions",
    )?;
    if frozen(repository, &name) {
        return Err(violation("delete", "deletions"));
    }
    repository.refs.remove(&name);
    if let Some(tag) = name.strip_prefix("refs/tags/") {
        releases::unpublish(repository, tag);
        call.emit(Event::TagDeleted {
            repository: repository.full_name(),
            tag: tag.to_owned(),
        });
    }
    Ok(Reply::status(204))
}

pub(crate) fn tag_created(call: &Call, repository: &Repository, tag: &str, commit: &Sha) {
    if let Some(token) = &call.token {
        call.emit(Event::TagCreated {
            repository: repository.full_name(),
            tag: tag.to_owned(),
            commit: commit.clone(),
            by: token.kind,
        });
    }
}

/// Whether rules let this ref come to be. A name burned by an immutable release is refused in the very
/// words of a ruleset, although no ruleset shows it.
pub(crate) fn may_create(call: &Call, repository: &Repository, name: &str) -> Result<(), String> {
    let burned = name
        .strip_prefix("refs/tags/")
        .is_some_and(|tag| repository.reserved_tags.contains(tag));
    if burned || bound(call, repository, name, |rule| rule.creation) {
        return Err(words("create", "creations"));
    }
    Ok(())
}

fn guard(
    call: &Call,
    repository: &Repository,
    name: &str,
    of: impl Fn(&Rule) -> bool,
    verb: &str,
    noun: &str,
) -> Result<(), Refusal> {
    if bound(call, repository, name, of) {
        Err(violation(verb, noun))
    } else {
        Ok(())
    }
}

fn violation(verb: &str, noun: &str) -> Refusal {
    Refusal::new(422, words(verb, noun))
}

fn words(verb: &str, noun: &str) -> String {
    format!(
        "Repository rule violations found\n\nCannot {verb} ref due to {noun} being restricted.\n\n"
    )
}

fn bound(call: &Call, repository: &Repository, name: &str, of: impl Fn(&Rule) -> bool) -> bool {
    let login = call
        .token
        .as_ref()
        .map(|token| token.login.as_str())
        .unwrap_or_default();
    repository
        .rules
        .iter()
        .any(|rule| of(rule) && text::glob(&rule.refs, name) && !rule.bypass.contains(login))
}

/// The tag of an immutable release stays where it is.
fn frozen(repository: &Repository, name: &str) -> bool {
    name.strip_prefix("refs/tags/").is_some_and(|tag| {
        repository
            .releases_of(tag)
            .iter()
            .any(|release| release.immutable)
    })
}

/// A SHA that some ref already reaches passes; one that brings other workflow files than all of those
/// takes the right `workflows`, which a job's token never has.
fn check_workflows(call: &Call, repository: &Repository, sha: &str) -> Result<(), Refusal> {
    let Some((token, commit)) = call.token.as_ref().zip(repository.peel(sha)) else {
        return Ok(());
    };
    let tips = repository
        .refs
        .values()
        .filter_map(|tip| repository.peel(tip));
    let reached = repository.reachable(tips);
    let workflows = |sha: &str| {
        repository
            .commits
            .get(sha)
            .map(|commit| commit.workflows.as_str())
    };
    let known = reached.contains(&commit)
        || reached
            .iter()
            .any(|reached| workflows(reached) == workflows(&commit));
    if token.rights.workflows == Level::Write || known {
        return Ok(());
    }
    let accepted = "contents=write; contents=write,workflows=write".to_owned();
    Err(Refusal::forbidden(token.kind, accepted))
}
