//! Who may pull and push, as GitHub's registry sees it: by package, and by the user.
//! <https://docs.github.com/en/packages/learn-github-packages/configuring-a-packages-access-control-and-visibility>

use std::collections::BTreeSet;

/// Rights beside passwords; by default everyone with a password may do everything. Only where clients need a token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packages {
    /// Whether a package that is not among the public ones is refused to clients without credentials, the same for one that does not
    /// exist.
    pub private_by_default: bool,
    /// The names of the repositories that anyone may pull.
    pub public: BTreeSet<String>,
    /// The users who may not push.
    pub pull_only: BTreeSet<String>,
    /// The users who may do nothing.
    pub denied: BTreeSet<String>,
}

impl Packages {
    /// Whether a scope such as `repository:a/b:pull` is of a repository that strangers may not see.
    pub(crate) fn hides(&self, scope: &str) -> bool {
        let name = scope
            .strip_prefix("repository:")
            .and_then(|rest| rest.rsplit_once(':'))
            .map(|(name, _)| name);
        self.private_by_default && name.is_some_and(|name| !self.public.contains(name))
    }
}
