//! The name of a repository on GitHub.

use std::fmt;
use std::str::FromStr;

use super::{Code, Diagnostic};

/// `owner/name`, as `GITHUB_REPOSITORY` gives it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RepoSlug {
    owner: String,
    name: String,
}

impl RepoSlug {
    /// The user or the organization.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// The name without its owner.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether both name the same repository: GitHub ignores the case of owner and name.
    pub fn is_same(&self, other: &Self) -> bool {
        self.owner.eq_ignore_ascii_case(&other.owner) && self.name.eq_ignore_ascii_case(&other.name)
    }
}

impl FromStr for RepoSlug {
    type Err = Diagnostic;

    fn from_str(text: &str) -> Result<Self, Diagnostic> {
        let part = |part: &str| {
            !matches!(part, "" | "." | "..")
                && part
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        };
        match text.split_once('/') {
            Some((owner, name)) if part(owner) && part(name) => Ok(Self {
                owner: owner.to_owned(),
                name: name.to_owned(),
            }),
            _ => Err(Diagnostic::value(
                Code::RepositoryInvalid,
                "repository",
                text,
                "is not owner/name",
                "write it as on GitHub, such as kyma-project/btp-manager",
            )),
        }
    }
}

impl fmt::Display for RepoSlug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

super::serde_as_text!(RepoSlug);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_accepts_owner_and_name_only() {
        assert_eq!(
            "kyma-project/btp-manager"
                .parse::<RepoSlug>()
                .unwrap()
                .name(),
            "btp-manager"
        );
        for text in [
            "btp-manager",
            "a/b/c",
            "a/..",
            "/b",
            "a/",
            "a/b?x",
            "https://github.com/a/b",
        ] {
            assert_eq!(
                text.parse::<RepoSlug>().unwrap_err().code,
                Code::RepositoryInvalid
            );
        }
    }
}
