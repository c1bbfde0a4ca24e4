//! Rules of rulesets and of protected branches.
//! <https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets>

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What is demanded of those who change refs that match.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch that GitHub has as well"
)]
pub struct Rule {
    /// The name of its ruleset.
    pub name: String,
    /// `refs/tags/*`; `*` matches any text.
    pub refs: String,
    pub enforcement: Enforcement,
    pub creation: bool,
    pub update: bool,
    pub deletion: bool,
    /// Changes come by pull request, with what that needs.
    pub pull_request: Option<StoredReviewRule>,
    /// Names of check runs and contexts of statuses that have to be successful at the head.
    pub required_checks: Vec<String>,
    /// Whether the head has to hold the tip of the base as well.
    pub up_to_date: bool,
    /// Changes come by the merge queue, which merges so: `merge`, `squash` or `rebase`.
    pub merge_queue: Option<String>,
    pub linear_history: bool,
    /// Whether it is a branch protection rule of the older kind, which is in no list of rulesets and has messages of
    /// another form.
    pub classic: bool,
    /// Logins that the rule does not bind.
    pub bypass: BTreeSet<String>,
}

/// Whether a ruleset binds anyone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Enforcement {
    #[default]
    Active,
    /// It is only tried out.
    Evaluate,
}

/// What a pull request needs by a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredReviewRule {
    pub approvals: usize,
    /// Whether the owners in `CODEOWNERS` of what is changed have to approve.
    pub code_owners: bool,
    /// Whether a push makes older approvals void.
    pub dismiss_stale: bool,
    /// The ways to merge that the rule leaves; empty: all of the repository.
    pub methods: Vec<String>,
}
