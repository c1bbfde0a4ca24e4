//! The files that a pull request changes.
//! <https://docs.github.com/en/rest/pulls/pulls#list-pull-requests-files>

use super::objects::{address, page};
use super::page::Page;
use crate::fields;
use crate::github::call::ApiCall;
use crate::github::error::ApiResult;
use crate::github::model::{GitRepository, Pull, PullFile};
use crate::text::percent_encode;
use crate::transport::Reply;
use serde_json::{Value, json};

/// The most files that are listed.
const FILES_MAX: usize = 3000;

/// What changed in a file: one hunk from the first to the last line that differs.
struct LineChange {
    additions: usize,
    deletions: usize,
    patch: String,
}

pub(crate) fn list(call: &ApiCall, repository: &GitRepository, pull: &Pull) -> ApiResult {
    let head = repository.head_of(pull);
    let mut changes = repository.changes_of(pull);
    changes.truncate(FILES_MAX);
    let page = Page::new(call, repository, changes)?;
    let views = views(call, repository, &head, &page.items);
    Ok(page.linked(Reply::json(200, &json!(views))))
}

/// Changes that led to a commit.
pub(crate) fn views(
    call: &ApiCall,
    repository: &GitRepository,
    head: &str,
    changes: &[PullFile],
) -> Vec<Value> {
    let changes = changes.iter();
    changes
        .map(|change| view(call, repository, head, change))
        .collect()
}

fn view(call: &ApiCall, repository: &GitRepository, head: &str, change: &PullFile) -> Value {
    let lines = lines_of(repository, change);
    let path = percent_encode(&change.path);
    let status = match (&change.before, &change.after) {
        (None, _) => "added",
        (_, None) => "removed",
        _ => "modified",
    };
    let file = change.after.as_ref().or(change.before.as_ref());
    json!({
        "sha": file.map(|file| &file.sha),
        "filename": change.path,
        "status": status,
        "additions": lines.additions,
        "deletions": lines.deletions,
        "changes": lines.additions + lines.deletions,
        "blob_url": page(call, repository, &format!("/blob/{head}/{path}")),
        "raw_url": page(call, repository, &format!("/raw/{head}/{path}")),
        "contents_url": address(call, repository, &format!("/contents/{path}?ref={head}")),
        "patch": lines.patch,
    })
}

/// How much a pull request changes in all.
pub(crate) fn add_counts(repository: &GitRepository, pull: &Pull, body: &mut Value) {
    let changes = repository.changes_of(pull);
    let lines = changes.iter().map(|change| lines_of(repository, change));
    let lines: Vec<LineChange> = lines.collect();
    let additions: usize = lines.iter().map(|lines| lines.additions).sum();
    let deletions: usize = lines.iter().map(|lines| lines.deletions).sum();
    fields::set(body, "additions", additions);
    fields::set(body, "deletions", deletions);
    fields::set(body, "changed_files", changes.len());
}

/// All changes as one text, for the media type `diff`.
pub(crate) fn diff(repository: &GitRepository, pull: &Pull) -> String {
    let changes = repository.changes_of(pull);
    let texts = changes.iter().map(|change| {
        let hunk = lines_of(repository, change).patch;
        let path = &change.path;
        format!("diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n{hunk}\n")
    });
    texts.collect::<Vec<_>>().concat()
}

/// Lines added and lines removed.
pub(crate) fn counts(repository: &GitRepository, change: &PullFile) -> (usize, usize) {
    let lines = lines_of(repository, change);
    (lines.additions, lines.deletions)
}

fn lines_of(repository: &GitRepository, change: &PullFile) -> LineChange {
    let text = |file: &Option<crate::github::model::CommittedFile>| {
        let blob = file.as_ref().and_then(|file| repository.blob(&file.sha));
        String::from_utf8_lossy(&blob.unwrap_or_default()).into_owned()
    };
    let (before, after) = (text(&change.before), text(&change.after));
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let same = |pair: &(&&str, &&str)| pair.0 == pair.1;
    let start = old.iter().zip(&new).take_while(same).count();
    let most = old.len().min(new.len()) - start;
    let ends = old.iter().rev().zip(new.iter().rev()).take(most);
    let end = ends.take_while(same).count();
    let removed = old.get(start..old.len() - end).unwrap_or_default();
    let added = new.get(start..new.len() - end).unwrap_or_default();
    let mut patch = vec![format!(
        "@@ -{},{} +{},{} @@",
        start + 1,
        removed.len(),
        start + 1,
        added.len()
    )];
    patch.extend(removed.iter().map(|line| format!("-{line}")));
    patch.extend(added.iter().map(|line| format!("+{line}")));
    LineChange {
        additions: added.len(),
        deletions: removed.len(),
        patch: patch.join("\n"),
    }
}
