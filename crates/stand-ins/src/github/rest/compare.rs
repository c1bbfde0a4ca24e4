//! The comparison of two commits.
//! <https://docs.github.com/en/rest/commits/commits#compare-two-commits>

use super::commits::view;
use super::objects::{address, page};
use super::page::Page;
use super::pull_files;
use crate::github::call::ApiCall;
use crate::github::error::{ApiError, ApiResult};
use crate::github::model::{GitRepository, Sha};
use crate::transport::Reply;
use serde_json::{Value, json};

/// How many commits come where no page size is asked for.
const USUAL: usize = 250;

/// The most files that are listed, on the first page.
const FILES_MAX: usize = 300;

pub(crate) fn compare(call: &ApiCall, repository: &GitRepository, names: &str) -> ApiResult {
    let (base_name, head_name) = names.split_once("...").ok_or_else(ApiError::not_found)?;
    let resolve = |name: &str| repository.resolve(name).ok_or_else(ApiError::not_found);
    let (base, head) = (resolve(base_name)?, resolve(head_name)?);
    let (before, after) = (repository.ancestors(&base), repository.ancestors(&head));
    let shared = repository.by_date(before.intersection(&after).cloned());
    let merge_base = shared.first().ok_or_else(|| {
        ApiError::new(
            404,
            format!("No common ancestor between {base_name} and {head_name}."),
        )
    })?;
    let mut ahead: Vec<Sha> = repository.by_date(after.difference(&before).cloned());
    let behind = before.difference(&after).count();
    // Oldest first, unlike every other list.
    ahead.reverse();
    let status = match (ahead.len(), behind) {
        (0, 0) => "identical",
        (_, 0) => "ahead",
        (0, _) => "behind",
        _ => "diverged",
    };
    let mut changes = repository.changes_between(merge_base, &head);
    changes.truncate(FILES_MAX);
    let found = Page::sized(call, repository, ahead, USUAL)?;
    let commits: Vec<Value> = found
        .items
        .iter()
        .map(|sha| view(call, repository, sha))
        .collect();
    let body = json!({
        "url": address(call, repository, &format!("/compare/{names}")),
        "html_url": page(call, repository, &format!("/compare/{names}")),
        "diff_url": page(call, repository, &format!("/compare/{names}.diff")),
        "patch_url": page(call, repository, &format!("/compare/{names}.patch")),
        "permalink_url": page(call, repository, &format!("/compare/{base}...{head}")),
        "base_commit": view(call, repository, &base),
        "merge_base_commit": view(call, repository, merge_base),
        "status": status,
        "ahead_by": found.total,
        "behind_by": behind,
        "total_commits": found.total,
        "commits": commits,
        "files": pull_files::views(call, repository, &head, &changes),
    });
    Ok(found.linked(Reply::json(200, &body)))
}
