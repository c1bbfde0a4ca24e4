//! What the rules of a branch require of a pull request into it, and of a push to it.
//! <https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-protected-branches/about-protected-branches>

use super::pulls::{Pull, StoredReview};
use super::rule::{Enforcement, Rule};
use super::world::GitRepository;
use crate::text::glob;
use std::collections::{BTreeMap, BTreeSet};

/// Where the owners of files are named; the first that exists counts.
const CODEOWNERS: [&str; 3] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];

/// A requirement that a pull request does not meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum UnmetRequirement {
    /// A check by name, and what it is: `expected`, `in progress` or `failing`.
    Check(String, &'static str),
    Approvals(usize),
    ChangesRequested,
    CodeOwner(String),
    Behind,
}

impl UnmetRequirement {
    /// The words of GitHub's answer.
    pub(crate) fn message(&self) -> String {
        match self {
            UnmetRequirement::Check(name, state) => {
                format!("Required status check \"{name}\" is {state}.")
            }
            UnmetRequirement::Approvals(count) => {
                let plural = if *count == 1 { " is" } else { "s are" };
                format!(
                    "At least {count} approving review{plural} required by reviewers with write access."
                )
            }
            UnmetRequirement::ChangesRequested => {
                "Changes have been requested by reviewers with write access.".to_owned()
            }
            UnmetRequirement::CodeOwner(owner) => {
                format!("Waiting on code owner review from {owner}.")
            }
            UnmetRequirement::Behind => {
                "Head branch is out of date. Review and try the merge again.".to_owned()
            }
        }
    }
}

impl GitRepository {
    /// The rules that bind a login on a ref.
    pub(crate) fn rules_on<'a>(
        &'a self,
        name: &'a str,
        login: &'a str,
    ) -> impl Iterator<Item = &'a Rule> {
        self.rules.iter().filter(move |rule| {
            let binds = rule.enforcement == Enforcement::Active && !rule.bypass.contains(login);
            binds && glob(&rule.refs, name)
        })
    }

    /// What is missing until that login may merge.
    pub(crate) fn unmet(&self, pull: &Pull, login: &str) -> Vec<UnmetRequirement> {
        let name = format!("refs/heads/{}", pull.base);
        let rules: Vec<&Rule> = self.rules_on(&name, login).collect();
        let (base, head) = (self.base_of(pull), self.head_of(pull));
        let mut unmet = self.unmet_checks(&head, rules.iter().copied());
        let reviews = rules.iter().filter_map(|rule| rule.pull_request.as_ref());
        let reviews: Vec<_> = reviews.collect();
        let needed = reviews.iter().map(|rule| rule.approvals).max();
        let (approved, refused) = verdicts(&pull.reviews);
        if refused && needed.is_some() {
            unmet.push(UnmetRequirement::ChangesRequested);
        }
        if let Some(needed) = needed.filter(|needed| approved.len() < *needed) {
            unmet.push(UnmetRequirement::Approvals(needed));
        }
        if reviews.iter().any(|rule| rule.code_owners) {
            unmet.extend(self.missing_owners(pull, &approved));
        }
        let up_to_date = rules.iter().any(|rule| rule.up_to_date);
        if up_to_date && !self.ancestors(&head).contains(&base) {
            unmet.push(UnmetRequirement::Behind);
        }
        unmet
    }

    /// The checks that these rules require and a commit does not have.
    pub(crate) fn unmet_checks<'a>(
        &self,
        sha: &str,
        rules: impl Iterator<Item = &'a Rule>,
    ) -> Vec<UnmetRequirement> {
        let checks = self.checks_of(sha);
        let wanted: BTreeSet<&String> =
            rules.flat_map(|rule| rule.required_checks.iter()).collect();
        let states = wanted.into_iter().map(|name| {
            let found = checks.get(name.as_str());
            (name, found.map_or("expected", |state| state.words()))
        });
        states
            .filter(|(_, state)| *state != "successful")
            .map(|(name, state)| UnmetRequirement::Check(name.clone(), state))
            .collect()
    }

    /// Whether a check of a commit failed or runs.
    pub(crate) fn is_unstable(&self, sha: &str) -> bool {
        let checks = self.checks_of(sha);
        checks.values().any(|state| *state != CheckVerdict::Success)
    }

    /// The newest of each name: check runs and statuses.
    pub(crate) fn checks_of(&self, sha: &str) -> BTreeMap<&str, CheckVerdict> {
        let statuses = self.statuses.iter().filter(|status| status.sha == sha);
        let mut found: BTreeMap<&str, CheckVerdict> = statuses
            .map(|status| (status.context.as_str(), CheckVerdict::of(&status.state)))
            .collect();
        for run in self.check_runs.iter().filter(|run| run.head_sha == sha) {
            let state = run.conclusion.as_deref().map(CheckVerdict::of);
            found.insert(&run.name, state.unwrap_or(CheckVerdict::Pending));
        }
        found
    }

    /// Owners of changed files none of whom approved.
    fn missing_owners(&self, pull: &Pull, approved: &BTreeSet<&str>) -> Vec<UnmetRequirement> {
        let texts = CODEOWNERS.iter();
        let mut texts = texts.filter_map(|path| self.file_at(&self.base_of(pull), path));
        let Some(text) = texts.next() else {
            return Vec::new();
        };
        let text = String::from_utf8_lossy(&text).into_owned();
        let mut missing = BTreeSet::new();
        for change in self.changes_of(pull) {
            let owners = owners(&text, &change.path);
            let is_approved = owners
                .iter()
                .any(|owner| approved.contains(owner.trim_start_matches('@')));
            if !owners.is_empty() && !is_approved {
                missing.insert(owners.join(" and/or "));
            }
        }
        missing
            .into_iter()
            .map(UnmetRequirement::CodeOwner)
            .collect()
    }

    /// Whether a push makes older approvals void.
    pub(crate) fn dismisses_stale(&self, number: u64) -> bool {
        let Some(pull) = self.pulls.get(&number) else {
            return false;
        };
        let name = format!("refs/heads/{}", pull.base);
        self.rules_on(&name, "").any(|rule| {
            let reviews = rule.pull_request.as_ref();
            reviews.is_some_and(|reviews| reviews.dismiss_stale)
        })
    }

    /// How the queue of the base merges; `None`: there is no queue.
    pub(crate) fn queue_method(&self, pull: &Pull) -> Option<String> {
        let name = format!("refs/heads/{}", pull.base);
        let mut rules = self.rules_on(&name, "");
        rules.find_map(|rule| rule.merge_queue.clone())
    }

    /// Whether a way to merge is left by the settings and by the rules.
    pub(crate) fn allows_method(&self, pull: &Pull, method: &str, login: &str) -> bool {
        let name = format!("refs/heads/{}", pull.base);
        let by_rules = self.rules_on(&name, login).all(|rule| {
            let methods = rule.pull_request.as_ref().map(|rule| &rule.methods);
            let left = methods.is_none_or(|methods| {
                methods.is_empty() || methods.iter().any(|left| left == method)
            });
            left && !(rule.linear_history && method == "merge")
        });
        by_rules && self.merge_settings.allows(method)
    }

    /// `APPROVED`, `CHANGES_REQUESTED` or `REVIEW_REQUIRED` where a review is required.
    pub(crate) fn review_decision(&self, pull: &Pull) -> Option<&'static str> {
        let name = format!("refs/heads/{}", pull.base);
        let mut rules = self.rules_on(&name, "");
        rules.find(|rule| rule.pull_request.is_some())?;
        let unmet = self.unmet(pull, "");
        let has = |wanted: fn(&UnmetRequirement) -> bool| unmet.iter().any(wanted);
        Some(match () {
            () if has(|one| *one == UnmetRequirement::ChangesRequested) => "CHANGES_REQUESTED",
            () if has(|one| {
                matches!(
                    one,
                    UnmetRequirement::Approvals(_) | UnmetRequirement::CodeOwner(_)
                )
            }) =>
            {
                "REVIEW_REQUIRED"
            }
            () => "APPROVED",
        })
    }
}

/// What a check or a status says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CheckVerdict {
    Success,
    Pending,
    Failure,
}

impl CheckVerdict {
    fn of(state: &str) -> CheckVerdict {
        match state {
            "success" | "neutral" | "skipped" => CheckVerdict::Success,
            "pending" => CheckVerdict::Pending,
            _ => CheckVerdict::Failure,
        }
    }

    fn words(self) -> &'static str {
        match self {
            CheckVerdict::Success => "successful",
            CheckVerdict::Pending => "in progress",
            CheckVerdict::Failure => "failing",
        }
    }
}

/// Who approved, and whether anyone still wants changes.
fn verdicts(reviews: &[StoredReview]) -> (BTreeSet<&str>, bool) {
    let counted = reviews.iter().filter(|review| review.state != "COMMENTED");
    let last: BTreeMap<&str, &str> = counted
        .map(|review| (review.login.as_str(), review.state.as_str()))
        .collect();
    let refused = last.values().any(|state| *state == "CHANGES_REQUESTED");
    let approved = last.into_iter().filter(|(_, state)| *state == "APPROVED");
    (approved.map(|(login, _)| login).collect(), refused)
}

/// Those of the last line whose pattern fits: `*`, `*.ext`, `/folder/` or a path.
/// <https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners>
fn owners<'a>(text: &'a str, path: &str) -> Vec<&'a str> {
    let mut found = Vec::new();
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split_whitespace();
        let Some(pattern) = words.next() else {
            continue;
        };
        let anchored = pattern.trim_start_matches('/');
        let fits = match anchored {
            "*" => true,
            folder if folder.ends_with('/') => path.starts_with(folder),
            glob_pattern if glob_pattern.contains('*') => glob(glob_pattern, path),
            exact => path == exact || path.ends_with(&format!("/{exact}")),
        };
        if fits {
            found = words.collect();
        }
    }
    found
}
