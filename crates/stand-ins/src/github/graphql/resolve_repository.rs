//! Fields of a repository: releases, refs, pull requests, issues.
//! <https://docs.github.com/en/graphql/reference/objects#repository>

use super::connection;
use super::document::{RequestedField, words};
use super::object::{FieldError, FieldResult, Object, ResolveContext, Resolved};
use super::resolve_pulls::state_of;
use super::{resolve_files, resolve_milestones};
use crate::fields;
use crate::github::model::{GitRepository, Level, Right, StoredRelease};
use crate::github::rest::objects::{REPOSITORY_DATE, node_id, page};
use crate::github::rest::releases::is_visible;
use crate::text::rfc3339;
use serde_json::{Value, json};

pub(crate) fn repository<'a>(
    context: &ResolveContext<'a>,
    repository: &'a GitRepository,
    field: &RequestedField,
) -> FieldResult<'a> {
    let call = context.call;
    let full_name = repository.full_name();
    let reference = |name: String| {
        let known = repository.refs.contains_key(&name);
        Resolved::maybe(known.then_some(Object::Ref(repository, name)))
    };
    Ok(Some(match field.name.as_str() {
        "id" => json!(node_id("R", repository.id)).into(),
        "databaseId" => json!(repository.id).into(),
        "name" => json!(repository.name).into(),
        "nameWithOwner" => json!(full_name).into(),
        "owner" => Object::actor(&repository.owner).into(),
        "url" => json!(page(call, repository, "")).into(),
        "sshUrl" => json!(format!("{}.git", page(call, repository, ""))).into(),
        "resourcePath" => json!(format!("/{full_name}")).into(),
        "description" | "homepageUrl" | "parent" => Value::Null.into(),
        "isPrivate" => json!(repository.private).into(),
        "visibility" if repository.private => json!("PRIVATE").into(),
        "visibility" => json!("PUBLIC").into(),
        "isEmpty" => json!(repository.commits.is_empty()).into(),
        "isFork" | "isArchived" | "hasWikiEnabled" => json!(false).into(),
        "hasIssuesEnabled" => json!(true).into(),
        "mergeCommitAllowed" => json!(repository.merge_settings.allows("merge")).into(),
        "rebaseMergeAllowed" => json!(repository.merge_settings.allows("rebase")).into(),
        "squashMergeAllowed" => json!(repository.merge_settings.allows("squash")).into(),
        "autoMergeAllowed" => json!(repository.merge_settings.auto_merge).into(),
        "deleteBranchOnMerge" => json!(repository.merge_settings.delete_branch_on_merge).into(),
        "stargazerCount" => json!(0).into(),
        "createdAt" | "updatedAt" | "pushedAt" => json!(rfc3339(REPOSITORY_DATE)).into(),
        "viewerPermission" if call.has(Right::Administration, Level::Write) => {
            json!("ADMIN").into()
        }
        "viewerPermission" if call.may_push() => json!("WRITE").into(),
        "viewerPermission" => json!("READ").into(),
        "defaultBranchRef" => reference(format!("refs/heads/{}", repository.default_branch)),
        "ref" => reference(full_ref(field.text("qualifiedName"))),
        "refs" => refs(repository, field)?.into(),
        "object" => Resolved::maybe(object(repository, field)),
        "release" => {
            let found = release_of(context, repository, field.text("tagName"));
            Resolved::maybe(found.map(|release| Object::Release(repository, release)))
        }
        "releases" => releases(context, repository, field)?.into(),
        "latestRelease" => {
            let latest = repository.latest_release();
            Resolved::maybe(latest.map(|release| Object::Release(repository, release)))
        }
        "milestones" => return resolve_milestones::milestones(repository, field),
        "pullRequest" => numbered(repository, field, &["PullRequest"])?.into(),
        "issue" => numbered(repository, field, &["Issue"])?.into(),
        "issueOrPullRequest" => numbered(repository, field, &["Issue", "PullRequest"])?.into(),
        "pullRequests" => pulls(repository, field)?.into(),
        "issues" => issues(repository, field)?.into(),
        _ => return Ok(None),
    }))
}

/// A published release hides its drafts, and one draft hides the others.
fn release_of<'a>(
    context: &ResolveContext<'a>,
    repository: &'a GitRepository,
    tag: &str,
) -> Option<&'a StoredRelease> {
    let found = repository.releases_of(tag);
    let published = found.iter().find(|release| !release.draft);
    published
        .or_else(|| found.iter().find(|found| is_visible(context.call, found)))
        .copied()
}

fn releases<'a>(
    context: &ResolveContext<'a>,
    repository: &'a GitRepository,
    field: &RequestedField,
) -> Result<Object<'a>, String> {
    let mut found: Vec<&StoredRelease> = repository
        .releases
        .values()
        .filter(|release| is_visible(context.call, release))
        .collect();
    let order = field.arguments.get("orderBy");
    let by_name = order.is_some_and(|order| fields::text(order, "field") == "NAME");
    if by_name {
        found.sort_by_key(|release| release.name.clone());
    } else {
        found.sort_by_key(|release| (release.created_at, release.id));
    }
    if order.is_none_or(descending) {
        found.reverse();
    }
    let all = found.into_iter();
    let all = all.map(|release| Object::Release(repository, release));
    connection::new("ReleaseConnection", "ReleaseEdge", all.collect(), field)
}

/// `main` and `v1.0.0` are found as a branch or a tag, as GitHub does.
fn full_ref(name: &str) -> String {
    if name.starts_with("refs/") {
        name.to_owned()
    } else if name.starts_with("tags/") || name.starts_with("heads/") {
        format!("refs/{name}")
    } else {
        format!("refs/heads/{name}")
    }
}

fn refs<'a>(repository: &'a GitRepository, field: &RequestedField) -> Result<Object<'a>, String> {
    let (prefix, part) = (field.text("refPrefix"), field.text("query"));
    let names = repository.refs.keys();
    let names = names.filter(|name| {
        name.strip_prefix(prefix)
            .is_some_and(|rest| rest.contains(part))
    });
    let all = names.map(|name| Object::Ref(repository, name.clone()));
    connection::new("RefConnection", "RefEdge", all.collect(), field)
}

/// By id, or by an expression that names a ref or a commit.
fn object<'a>(repository: &'a GitRepository, field: &RequestedField) -> Option<Object<'a>> {
    if let Some(oid) = field.optional_text("oid") {
        return Object::git_object(repository, oid);
    }
    let expression = field.text("expression");
    match expression.split_once(':') {
        Some((commit, path)) => {
            let commit = repository.resolve(commit)?;
            resolve_files::file_or_folder(repository, &commit, path)
        }
        None => Object::commit(repository, &repository.resolve(expression)?),
    }
}

fn numbered<'a>(
    repository: &'a GitRepository,
    field: &RequestedField,
    kinds: &[&str],
) -> Result<Object<'a>, FieldError> {
    let number = field.number("number").unwrap_or_default();
    let pull = repository.pulls.get(&number);
    let pull = pull.map(|pull| Object::Pull(repository, number, pull));
    let issue = repository.issues.get(&number);
    let issue = issue.map(|issue| Object::Issue(repository, number, issue));
    let found = pull
        .or(issue)
        .filter(|found| kinds.contains(&found.type_name()));
    found.ok_or_else(|| {
        let what = match kinds {
            [kind] => (*kind).to_owned(),
            _ => "an issue or pull request".to_owned(),
        };
        FieldError::not_found(format!(
            "Could not resolve to {what} with the number of {number}."
        ))
    })
}

fn pulls<'a>(repository: &'a GitRepository, field: &RequestedField) -> Result<Object<'a>, String> {
    let states = field.words("states");
    let base = field.optional_text("baseRefName");
    let head = field.optional_text("headRefName");
    let labels = field.words("labels");
    let mut found: Vec<Object> = repository
        .pulls
        .iter()
        .filter(|(_, pull)| {
            states
                .as_ref()
                .is_none_or(|of| of.contains(&state_of(pull)))
        })
        .filter(|(_, pull)| base.is_none_or(|base| base == pull.base))
        .filter(|(_, pull)| head.is_none_or(|head| head == pull.head))
        .filter(|(_, pull)| labelled(labels.as_deref(), &pull.labels))
        .map(|(number, pull)| Object::Pull(repository, *number, pull))
        .collect();
    newest_first(&mut found, field);
    connection::new("PullRequestConnection", "PullRequestEdge", found, field)
}

fn issues<'a>(repository: &'a GitRepository, field: &RequestedField) -> Result<Object<'a>, String> {
    let filter = field.arguments.get("filterBy");
    let filtered = |name: &str| words(filter?.get(name)?);
    let states = field.words("states").or_else(|| filtered("states"));
    let (labels, more) = (field.words("labels"), filtered("labels"));
    let mut found: Vec<Object> = repository
        .issues
        .iter()
        .filter(|(_, issue)| {
            let state = issue.state.to_uppercase();
            states
                .as_ref()
                .is_none_or(|of| of.contains(&state.as_str()))
        })
        .filter(|(_, issue)| labelled(labels.as_deref(), &issue.labels))
        .filter(|(_, issue)| labelled(more.as_deref(), &issue.labels))
        .map(|(number, issue)| Object::Issue(repository, *number, issue))
        .collect();
    newest_first(&mut found, field);
    connection::new("IssueConnection", "IssueEdge", found, field)
}

/// Whether the item has one of the labels, if labels are given.
fn labelled(wanted: Option<&[&str]>, labels: &[String]) -> bool {
    wanted.is_none_or(|wanted| labels.iter().any(|label| wanted.contains(&label.as_str())))
}

fn descending(order: &Value) -> bool {
    fields::text(order, "direction") == "DESC"
}

/// Numbers rise with time, so that the order is that of numbers whichever date is named.
fn newest_first(found: &mut [Object], field: &RequestedField) {
    let order = field.arguments.get("orderBy");
    if order.is_some_and(descending) {
        found.reverse();
    }
}
