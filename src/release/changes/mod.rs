//! Which pull requests and commits a release brings, in which order, and what their labels and the milestone have to be.

mod config;
mod features;
mod labels;
mod milestone;

use std::collections::{HashMap, HashSet};

use crate::protocol::{SeenChanges, SeenCommit, SeenPull};

pub(crate) use config::ReleaseConfig;
pub(crate) use features::check_features;
pub(crate) use labels::{check_labels, labels_unchecked};
pub(crate) use milestone::check_milestone;

/// How many of those that something is wrong with are told one by one: all of any usual release. Outputs and job summaries have limits
/// of their own.
const MOST_TOLD: usize = 1_000;

/// What a release brings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    /// The newest first.
    pub(crate) commits: Vec<SeenCommit>,
    /// In the order in which they were merged.
    pub(crate) pulls: Vec<SeenPull>,
    /// Whether these are all.
    pub(crate) is_complete: bool,
}

impl Changes {
    /// What was merged into the branch that is released. A pull request counts by the commit that it was merged as: that is on
    /// the way back from `head` along first parents. One that was merged into another branch, and came with a merge of that
    /// branch, counts only if the other branch is the default branch.
    pub(crate) fn of(seen: SeenChanges, head: &str, default_branch: &str) -> Self {
        let parents: HashMap<_, _> = seen
            .commits
            .iter()
            .map(|commit| (commit.sha.as_str(), commit.parent.as_deref()))
            .collect();
        let mut line = HashSet::new();
        let mut at = Some(head);
        while let Some(sha) = at.filter(|sha| parents.contains_key(sha)) {
            // Hashes make no circles, but what a server names may.
            if !line.insert(sha) {
                break;
            }
            at = parents.get(sha).copied().flatten();
        }
        let belongs = |pull: &SeenPull| match pull.merge_commit.as_deref() {
            Some(merge) if line.contains(merge) => true,
            Some(merge) => pull.base == default_branch && parents.contains_key(merge),
            // GitHub does not say as what it was merged, only that a commit here belongs to it.
            None => pull.base == default_branch,
        };
        let mut pulls = seen.pulls;
        pulls.retain(belongs);
        pulls.sort_by(|a, b| (&a.merged_at, a.number).cmp(&(&b.merged_at, b.number)));
        let mut commits = seen.commits;
        commits.sort_by(|a, b| b.date.cmp(&a.date));
        Self {
            commits,
            pulls,
            is_complete: seen.is_complete,
        }
    }

    /// The first pull request here of each author, with the time at which it was merged. Whoever had none merged before that
    /// time contributed for the first time.
    pub(crate) fn first_pulls(&self) -> Vec<(String, String)> {
        let mut seen = HashSet::new();
        let firsts = self.pulls.iter().filter_map(|pull| {
            let login = pull.login.as_ref().filter(|login| is_login(login))?;
            let is_first = seen.insert(login.to_ascii_lowercase());
            is_first.then(|| (login.clone(), pull.merged_at.clone()))
        });
        firsts.collect()
    }
}

/// Whether a text can be the name of an account, so that it can stand in a search and be mentioned.
pub(crate) fn is_login(text: &str) -> bool {
    let name = text.strip_suffix("[bot]").unwrap_or(text);
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    !name.is_empty() && name.chars().all(fine)
}

/// The first of them, one a line, and how many more there are.
fn told(items: &[String]) -> String {
    let mut told = String::new();
    for item in items.iter().take(MOST_TOLD) {
        told.push_str("\n  ");
        told.push_str(item);
    }
    if let Some(more @ 1..) = items.len().checked_sub(MOST_TOLD) {
        told.push_str("\n  and ");
        told.push_str(&more.to_string());
        told.push_str(" more");
    }
    told
}
