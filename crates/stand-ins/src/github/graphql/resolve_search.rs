//! The search for issues and pull requests, as far as counting merged pull requests of an author needs it.
//! <https://docs.github.com/en/search-github/searching-on-github/searching-issues-and-pull-requests>

use super::object::{Object, ResolveContext, Resolved};
use crate::github::model::Pull;
use crate::text::rfc3339;
use serde_json::json;

pub(crate) fn search<'a>(context: &ResolveContext<'a>, query: &str) -> Resolved<'a> {
    let words: Vec<(&str, &str)> = query
        .split_whitespace()
        .filter_map(|word| word.split_once(':'))
        .collect();
    let of = |name: &str| words.iter().find(|(word, _)| *word == name);
    let repository = of("repo").and_then(|(_, name)| context.world.find(name));
    let repository = repository.filter(|found| context.call.sees(found));
    let pulls = repository
        .into_iter()
        .flat_map(|found| found.pulls.values());
    let count = pulls
        .filter(|pull| words.iter().all(|word| fits(pull, *word)))
        .count();
    Object::Json("SearchResultItemConnection", json!({ "issueCount": count })).into()
}

/// Whether a pull request fits a qualifier. A qualifier that is not known finds nothing.
fn fits(pull: &Pull, (name, value): (&str, &str)) -> bool {
    match (name, value) {
        ("repo", _) | ("is", "pr") => true,
        ("is", "merged") => pull.merged_at.is_some(),
        ("author", login) => match login.strip_prefix("app/") {
            Some(app) => pull.login.eq_ignore_ascii_case(&format!("{app}[bot]")),
            None => pull.login.eq_ignore_ascii_case(login),
        },
        ("merged", date) => match (date.strip_prefix('<'), pull.merged_at) {
            (Some(before), Some(merged)) => rfc3339(merged).as_str() < before,
            _ => false,
        },
        _ => false,
    }
}
