//! What a comparison of two commits holds, who wrote a commit, and which pull requests brought it.
//! <https://docs.github.com/en/graphql/reference/objects#comparison>

use super::connection;
use super::document::RequestedField;
use super::object::{FieldResult, Object};
use crate::github::model::{Commit, GitRepository, Pull};
use serde_json::json;

/// Of the same commits, and in the same order, as REST compares them: the oldest first.
pub(crate) fn comparison<'a>(
    repository: &'a GitRepository,
    base: &str,
    head: &str,
    field: &RequestedField,
) -> FieldResult<'a> {
    let (before, after) = (repository.ancestors(base), repository.ancestors(head));
    let behind = before.difference(&after).count();
    let mut ahead = repository.by_date(after.difference(&before).cloned());
    ahead.reverse();
    Ok(Some(match field.name.as_str() {
        "aheadBy" => json!(ahead.len()).into(),
        "behindBy" => json!(behind).into(),
        "status" => json!(match (ahead.len(), behind) {
            (0, 0) => "IDENTICAL",
            (_, 0) => "AHEAD",
            (0, _) => "BEHIND",
            _ => "DIVERGED",
        })
        .into(),
        "commits" => {
            let all = ahead.iter();
            let all = all.filter_map(|sha| Object::commit(repository, sha));
            connection::new(
                "ComparisonCommitConnection",
                "CommitEdge",
                all.collect(),
                field,
            )?
            .into()
        }
        _ => return Ok(None),
    }))
}

/// The author, and those whom the message names in lines `Co-authored-by: Name <address>`. An address of GitHub's own names the
/// account.
pub(crate) fn authors<'a>(commit: &Commit) -> Vec<Object<'a>> {
    const TRAILER: &str = "Co-authored-by: ";
    const OF_GITHUB: &str = "@users.noreply.github.com";
    let name = commit.login.as_deref().unwrap_or("Somebody Unknown");
    let mut authors = vec![Object::GitActor(
        name.to_owned(),
        commit.login.clone(),
        commit.date,
    )];
    for trailer in commit
        .message
        .lines()
        .filter_map(|line| line.strip_prefix(TRAILER))
    {
        let (name, address) = trailer.split_once(" <").unwrap_or((trailer, ""));
        let login = address.trim_end_matches('>').strip_suffix(OF_GITHUB);
        authors.push(Object::GitActor(
            name.to_owned(),
            login.map(str::to_owned),
            commit.date,
        ));
    }
    authors
}

/// Whether the commit is what the pull request was merged as, or one of those that its merge brought.
pub(crate) fn brings(repository: &GitRepository, pull: &Pull, sha: &str) -> bool {
    let Some(merge) = pull.merge_commit.as_deref() else {
        return false;
    };
    let parents = |sha: &str| repository.commits.get(sha).map(|commit| &commit.parents);
    let Some([onto, branch]) = parents(merge).map(Vec::as_slice) else {
        return merge == sha;
    };
    let mut at = branch.as_str();
    let mut found = merge == sha;
    // Branches of pull requests are short.
    for _ in 0..20 {
        found |= at == sha;
        match parents(at).and_then(|parents| parents.first()) {
            Some(next) if !found && next != onto => at = next,
            _ => break,
        }
    }
    found
}
