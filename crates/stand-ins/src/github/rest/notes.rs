//! Generated release notes. Nothing is saved, and still `contents: write` is needed.
//! <https://docs.github.com/en/repositories/releasing-projects-on-github/automatically-generated-release-notes>

use super::objects::page;
use crate::github::call::ApiCall;
use crate::github::error::{ApiError, ApiResult};
use crate::github::model::{GitRepository, Level, Pull, Right, Sha};
use crate::transport::Reply;
use serde_json::json;
use std::collections::BTreeSet;

pub(crate) struct NotesText {
    pub(crate) name: String,
    pub(crate) body: String,
}

pub(crate) fn generate(call: &ApiCall, repository: &GitRepository) -> ApiResult {
    call.need(Right::Contents, Level::Write)?;
    let tag = call.required("tag_name")?;
    let target = call
        .text("target_commitish")?
        .unwrap_or_else(|| repository.default_branch.clone());
    let previous = call.text("previous_tag_name")?;
    let notes = compose(call, repository, &tag, &target, previous.as_deref())?;
    Ok(Reply::json(
        200,
        &json!({ "name": notes.name, "body": notes.body }),
    ))
}

pub(crate) fn compose(
    call: &ApiCall,
    repository: &GitRepository,
    tag: &str,
    target: &str,
    previous: Option<&str>,
) -> Result<NotesText, ApiError> {
    let invalid =
        |field: &str| ApiError::custom("Release", field, &format!("Invalid {field} parameter"));
    // The target counts only while the tag is missing.
    let head = repository
        .tag_commit(tag)
        .or_else(|| repository.resolve(target));
    let head = head.ok_or_else(|| invalid("target_commitish"))?;
    let after = repository.ancestors(&head);
    let base = match previous {
        Some(name) => {
            let commit = repository
                .tag_commit(name)
                .ok_or_else(|| invalid("previous_tag_name"))?;
            Some((name.to_owned(), commit))
        }
        None => newest_ancestor_tag(repository, tag, &after),
    };
    let before = base
        .as_ref()
        .map(|(_, commit)| repository.ancestors(commit))
        .unwrap_or_default();
    let pulls = merged(repository, &after.difference(&before).cloned().collect());
    let mut lines = changes(call, repository, &pulls, &merged(repository, &before));
    let span = match &base {
        Some((name, _)) => format!("/compare/{name}...{tag}"),
        None => format!("/commits/{tag}"),
    };
    lines.push(format!(
        "**Full Changelog**: {}",
        page(call, repository, &span)
    ));
    Ok(NotesText {
        name: tag.to_owned(),
        body: lines.join("\n"),
    })
}

/// The merged pull requests, and the first ones of new contributors.
fn changes(
    call: &ApiCall,
    repository: &GitRepository,
    pulls: &[(u64, &Pull)],
    earlier: &[(u64, &Pull)],
) -> Vec<String> {
    if pulls.is_empty() {
        return Vec::new();
    }
    let url = |number: &u64| page(call, repository, &format!("/pull/{number}"));
    let mut lines = vec!["## What's Changed".to_owned()];
    lines.extend(
        pulls.iter().map(|(number, pull)| {
            format!("* {} by @{} in {}", pull.title, pull.login, url(number))
        }),
    );
    lines.push(String::new());
    let mut known: BTreeSet<&str> = earlier
        .iter()
        .map(|(_, pull)| pull.login.as_str())
        .collect();
    let mut new = pulls.to_vec();
    new.retain(|(_, pull)| known.insert(&pull.login));
    if !new.is_empty() {
        lines.push("## New Contributors".to_owned());
        lines.extend(new.iter().map(|(number, pull)| {
            format!(
                "* @{} made their first contribution in {}",
                pull.login,
                url(number)
            )
        }));
        lines.push(String::new());
    }
    lines
}

/// The newest tag, other than the one itself, on the way back from the target. On a release branch
/// whose tags are elsewhere that is an old one, or none.
fn newest_ancestor_tag(
    repository: &GitRepository,
    tag: &str,
    ancestors: &BTreeSet<Sha>,
) -> Option<(String, Sha)> {
    let names = repository
        .refs
        .keys()
        .filter_map(|name| name.strip_prefix("refs/tags/"));
    let tags = names.filter(|name| *name != tag).filter_map(|name| {
        let commit = repository
            .tag_commit(name)
            .filter(|commit| ancestors.contains(commit))?;
        Some((name.to_owned(), commit))
    });
    tags.max_by_key(|(_, commit)| repository.commits.get(commit).map(|commit| commit.date))
}

fn merged<'a>(repository: &'a GitRepository, commits: &BTreeSet<Sha>) -> Vec<(u64, &'a Pull)> {
    let brought = |pull: &Pull| {
        pull.merge_commit
            .as_ref()
            .is_some_and(|sha| commits.contains(sha))
    };
    let pulls = repository.pulls.iter().filter(|(_, pull)| brought(pull));
    pulls.map(|(number, pull)| (*number, pull)).collect()
}
