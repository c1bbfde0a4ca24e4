//! The checks that a branch requires of what is merged into it: by rulesets, and by branch protection rules of the older kind.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::adapters::github::GitHub;
use crate::adapters::github::client::ALL_PAGES;
use crate::domain::BranchName;
use crate::protocol::Cause;

/// <https://docs.github.com/en/rest/repos/rules#get-rules-for-a-branch>. It has no rules of branch protection.
#[derive(Deserialize)]
struct RuleOfBranch {
    #[serde(default)]
    parameters: Option<RuleParameters>,
}

#[derive(Deserialize)]
struct RuleParameters {
    /// Of the type `required_status_checks` only.
    #[serde(default)]
    required_status_checks: Vec<RequiredContext>,
}

#[derive(Deserialize)]
struct RequiredContext {
    context: String,
}

/// <https://docs.github.com/en/rest/branches/branches#get-a-branch>: a part of its protection that needs no administrator.
#[derive(Deserialize)]
struct ProtectedBranch {
    #[serde(default)]
    protection: BranchProtection,
}

#[derive(Default, Deserialize)]
struct BranchProtection {
    #[serde(default)]
    required_status_checks: RequiredContexts,
}

#[derive(Default, Deserialize)]
struct RequiredContexts {
    #[serde(default)]
    contexts: Vec<String>,
}

impl GitHub {
    /// Their names; `None` if neither kind of rule may be read.
    pub(super) async fn see_required_checks(
        &self,
        branch: &BranchName,
    ) -> Result<Option<BTreeSet<String>>, Cause> {
        let rules = self.url(&["rules", "branches", branch.as_str()]);
        let rules = self.client.list::<RuleOfBranch>(rules, ALL_PAGES).await;
        let rules = readable(rules)?.map(|rules| {
            let parameters = rules.into_iter().filter_map(|rule| rule.parameters);
            let required = parameters.flat_map(|it| it.required_status_checks);
            required.map(|check| check.context).collect::<BTreeSet<_>>()
        });
        let protected = self.url(&["branches", branch.as_str()]);
        let protected = self.client.get::<ProtectedBranch>(protected).await;
        let protected = readable(protected)?;
        let protected = protected.map(|it| it.protection.required_status_checks.contexts);
        Ok(match (rules, protected) {
            (None, None) => None,
            (rules, protected) => {
                let mut required = rules.unwrap_or_default();
                required.extend(protected.unwrap_or_default());
                Some(required)
            }
        })
    }
}

/// Private repositories of some plans have no rules, and tokens may lack the right to read them: both only help to explain a wait.
fn readable<T>(read: Result<T, Cause>) -> Result<Option<T>, Cause> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(Cause::Denied {
            status: 403 | 404, ..
        }) => Ok(None),
        Err(cause) => Err(cause),
    }
}
