//! The milestone of a release.

use super::told;
use crate::domain::{Code, Diagnostic, MilestoneRule};
use crate::plan::Wanted;
use crate::protocol::SeenMilestone;

/// What is wrong with the milestones that are named as the version or the tag.
pub(crate) fn check_milestone(
    rule: MilestoneRule,
    seen: &[SeenMilestone],
    wanted: &Wanted,
    page: &str,
) -> Vec<Diagnostic> {
    if rule == MilestoneRule::Ignore {
        return Vec::new();
    }
    let version = wanted.version.to_string();
    let tag = wanted.tag.as_str();
    let is_named = |found: &&SeenMilestone| [version.as_str(), tag].contains(&found.title.trim());
    let named: Vec<_> = seen.iter().filter(is_named).collect();
    if named.is_empty() {
        let either = if version == tag {
            version
        } else {
            format!("{version} or {tag}")
        };
        return vec![Diagnostic::error(
            Code::MilestoneMissing,
            format!("{} has no milestone {either}", wanted.repository),
            format!("create it at {page}/milestones/new, or leave `milestone` out"),
        )];
    }
    let is_done = |found: &&SeenMilestone| found.is_closed && found.open == 0;
    if rule == MilestoneRule::Exists || named.iter().all(is_done) {
        return Vec::new();
    }
    let open = named.into_iter().filter(|found| !is_done(found)).map(|found| {
        let state = if found.is_closed { "closed" } else { "open" };
        let mut seen = format!(
            "the milestone {} is {state} and has {} open issues and pull requests: {}{}",
            found.title,
            found.open,
            found.url,
            told(&found.open_urls)
        );
        if found.open > found.open_urls.len() as u64 && !found.open_urls.is_empty() {
            seen.push_str("\n  and others");
        }
        Diagnostic::error(
            Code::MilestoneOpen,
            seen,
            "close what is done, move the rest to another milestone, close the milestone, and run plan again",
        )
    });
    open.collect()
}
