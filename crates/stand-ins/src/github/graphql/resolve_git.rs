//! Fields of refs, commits and annotated tags.
//! <https://docs.github.com/en/graphql/reference/objects#commit>

use super::document::RequestedField;
use super::object::{FieldResult, Object, ResolveContext, Resolved};
use super::{connection, resolve_checks, resolve_compare};
use crate::github::model::{Commit, GitRepository};
use crate::github::rest::objects::page;
use crate::text::{rfc3339, stable_hex};
use serde_json::json;

pub(crate) fn reference<'a>(
    repository: &'a GitRepository,
    full_name: &str,
    field: &RequestedField,
) -> Option<Resolved<'a>> {
    // `refs/heads/` and `main`.
    let at = full_name.match_indices('/').nth(1).map(|(at, _)| at + 1);
    let (prefix, name) = full_name.split_at(at.unwrap_or_default());
    Some(match field.name.as_str() {
        "compare" => {
            let base = repository.commit_of_ref(full_name);
            let head = repository.resolve(field.text("headRef"));
            let both = base.zip(head);
            Resolved::maybe(both.map(|(base, head)| Object::Comparison(repository, base, head)))
        }
        "id" => json!(stable_hex(&format!("{} {full_name}", repository.id), 24)).into(),
        "name" => json!(name).into(),
        "prefix" => json!(prefix).into(),
        "repository" => Object::Repository(repository).into(),
        "target" => {
            let sha = repository.refs.get(full_name);
            Resolved::maybe(sha.and_then(|sha| Object::git_object(repository, sha)))
        }
        _ => return None,
    })
}

/// What commits and tags have in common.
fn git_object<'a>(
    context: &ResolveContext<'a>,
    repository: &'a GitRepository,
    sha: &str,
    field: &str,
) -> Option<Resolved<'a>> {
    let url = page(context.call, repository, &format!("/commit/{sha}"));
    Some(match field {
        "id" => json!(stable_hex(&format!("node {sha}"), 24)).into(),
        "oid" => json!(sha).into(),
        "abbreviatedOid" => json!(sha.get(..7)).into(),
        "commitUrl" | "url" => json!(url).into(),
        "repository" => Object::Repository(repository).into(),
        _ => return None,
    })
}

pub(crate) fn tag<'a>(
    context: &ResolveContext<'a>,
    repository: &'a GitRepository,
    sha: &str,
    field: &str,
) -> Option<Resolved<'a>> {
    let tag = repository.tag_objects.get(sha)?;
    Some(match field {
        "name" => json!(tag.tag).into(),
        "message" => json!(tag.message).into(),
        "target" => Resolved::maybe(Object::git_object(repository, &tag.object)),
        "tagger" => Object::GitActor(tag.tagger.clone(), None, tag.date).into(),
        _ => return git_object(context, repository, sha, field),
    })
}

pub(crate) fn git_actor<'a>(
    name: &str,
    login: Option<&str>,
    date: u64,
    field: &str,
) -> Option<Resolved<'a>> {
    let email = name.to_lowercase().replace(' ', ".");
    Some(match field {
        "name" => json!(name).into(),
        "email" => json!(format!("{email}@example.com")).into(),
        "date" => json!(rfc3339(date)).into(),
        "user" => Resolved::maybe(login.map(Object::actor)),
        _ => return None,
    })
}

pub(crate) fn commit<'a>(
    context: &ResolveContext<'a>,
    repository: &'a GitRepository,
    sha: &str,
    commit: &'a Commit,
    field: &RequestedField,
) -> FieldResult<'a> {
    let (headline, text) = commit
        .message
        .split_once('\n')
        .unwrap_or((&commit.message, ""));
    let commits = |shas: Vec<String>| -> Vec<Object<'a>> {
        let found = shas.iter();
        found
            .filter_map(|sha| Object::commit(repository, sha))
            .collect()
    };
    Ok(Some(match field.name.as_str() {
        "message" => json!(commit.message).into(),
        "statusCheckRollup" => resolve_checks::rollup(repository, sha),
        "messageHeadline" => json!(headline).into(),
        "messageBody" => json!(text.trim_start()).into(),
        "committedDate" | "authoredDate" => json!(rfc3339(commit.date)).into(),
        "author" | "committer" => {
            let login = commit.login.as_deref();
            let name = login.unwrap_or("Somebody Unknown").to_owned();
            Object::GitActor(name, commit.login.clone(), commit.date).into()
        }
        "authors" => {
            let all = resolve_compare::authors(commit);
            connection::new("GitActorConnection", "GitActorEdge", all, field)?.into()
        }
        "parents" => {
            let parents = commits(commit.parents.clone());
            connection::new("CommitConnection", "CommitEdge", parents, field)?.into()
        }
        "history" => {
            let found = commits(history(repository, sha, field));
            connection::new("CommitHistoryConnection", "CommitEdge", found, field)?.into()
        }
        "associatedPullRequests" => {
            let pulls = repository.pulls.iter();
            let merged = pulls.filter(|(_, pull)| resolve_compare::brings(repository, pull, sha));
            let all = merged.map(|(number, pull)| Object::Pull(repository, *number, pull));
            connection::new(
                "PullRequestConnection",
                "PullRequestEdge",
                all.collect(),
                field,
            )?
            .into()
        }
        name => return Ok(git_object(context, repository, sha, name)),
    }))
}

/// The commit and those before it, newest first, within the dates. With a path: all of them if the path is
/// there, since files are the same at every commit.
fn history(repository: &GitRepository, sha: &str, field: &RequestedField) -> Vec<String> {
    let dated = |argument: &str, fits: &dyn Fn(&str, &str) -> bool, commit: &Commit| {
        field
            .optional_text(argument)
            .is_none_or(|limit| fits(&rfc3339(commit.date), limit))
    };
    let path = field.optional_text("path").unwrap_or_default();
    let touched = path.is_empty() || repository.files.keys().any(|file| file.starts_with(path));
    let mut found = repository.by_date(repository.ancestors(sha));
    found.retain(|sha| {
        repository.commits.get(sha).is_some_and(|commit| {
            touched
                && dated("since", &|date, limit| date >= limit, commit)
                && dated("until", &|date, limit| date <= limit, commit)
        })
    });
    found
}
