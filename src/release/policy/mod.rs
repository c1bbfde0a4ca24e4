//! Whether a version may follow the published ones, and whether its commit is on a branch that it may come from.

mod branches;
mod order;
pub(crate) mod published;
#[cfg(test)]
mod tests;

use crate::domain::{Code, CommitSha, Diagnostic, PrereleaseRule, Severity, VersionRules};
use crate::plan::Wanted;
use crate::protocol::{GitHubReader, ServiceError};

pub(crate) use order::{VersionStep, next_versions};
use published::Published;

/// What was read for the rules of a version, as far as they ask for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SeenForRules {
    published: Published,
    /// The branches that the version may come from, and whether they have the commit; `None` for one that does not exist.
    branches: Vec<(String, Option<bool>)>,
}

impl SeenForRules {
    /// `tags` are those of the version's line. The commit is given if it exists.
    pub(crate) async fn see(
        github: &dyn GitHubReader,
        rules: &VersionRules,
        wanted: &Wanted,
        tags: &[String],
        commit: Option<&CommitSha>,
        default_branch: &str,
    ) -> Result<Self, ServiceError> {
        let published = Published::see(github, rules.policy, wanted, tags).await?;
        let names = rules.branches_of(&wanted.version, default_branch);
        let has = match commit {
            Some(commit) if !names.is_empty() => github.on_branches(commit, &names).await?,
            _ => Vec::new(),
        };
        Ok(Self {
            published,
            branches: names.into_iter().zip(has).collect(),
        })
    }

    /// Every rule that the version breaks.
    pub(crate) fn findings(&self, rules: &VersionRules, wanted: &Wanted) -> Vec<Diagnostic> {
        let prerelease = match rules.prereleases {
            PrereleaseRule::Refused if wanted.version.is_prerelease() => {
                let released = wanted.version.without_prerelease();
                Some(Diagnostic::error(
                    Code::PrereleaseRefused,
                    format!(
                        "{} is a prerelease, and `allow-prerelease` is false",
                        wanted.version
                    ),
                    format!("release {}", or_force(&wanted.tag_format.typed(&released))),
                ))
            }
            _ => None,
        };
        let order = order::finding(rules.policy, wanted, &self.published);
        let branch = branches::finding(rules, wanted, &self.branches);
        [prerelease, order, branch].into_iter().flatten().collect()
    }
}

/// The same as a warning, where somebody gave a reason to release in spite of it.
pub(crate) fn forced(finding: Diagnostic, reason: &str) -> Diagnostic {
    Diagnostic {
        severity: Severity::Warning,
        help: format!("it is released all the same, because of `force`: {reason}"),
        ..finding
    }
}

/// The way around what a rule refuses.
const OR_FORCE: &str = ", or say in `force` why this one is released all the same";

/// What to do instead, and the way around.
pub(crate) fn or_force(instead: &str) -> String {
    format!("{instead}{OR_FORCE}")
}

/// The same without the way around, where something else refuses the version that `force` does not help against.
pub(crate) fn without_force(finding: Diagnostic) -> Diagnostic {
    let help = finding.help.strip_suffix(OR_FORCE).map(str::to_owned);
    Diagnostic {
        help: help.unwrap_or(finding.help),
        ..finding
    }
}
