//! Which versions may follow the published ones, and which branches they may come from.

use std::fmt;
use std::str::FromStr;

use super::{Code, Diagnostic, Version};

/// Which versions may follow those that are published under tags of the same format, with or without `v`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VersionPolicy {
    /// The next one: a patch, or the first version of a new minor or major version.
    Increment,
    /// Every higher one.
    Newer,
    #[default]
    Any,
}

/// Whether versions with a pre-release part may be released.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PrereleaseRule {
    #[default]
    Allowed,
    Refused,
}

/// Where the first version of a minor or major version comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MinorsFrom {
    /// From the branches of the patterns, as every version.
    #[default]
    Patterns,
    /// From the default branch only.
    DefaultBranch,
}

/// All rules for a version. Without any, every version may be released from every commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VersionRules {
    pub policy: VersionPolicy,
    pub prereleases: PrereleaseRule,
    /// The branches that a version may come from; without any, from every commit.
    pub branches: Vec<BranchPattern>,
    pub minors_from: MinorsFrom,
}

impl VersionRules {
    /// The names of the branches of which one must have the commit of this version; empty where none has to. A pre-release
    /// comes from where its version comes from.
    pub fn branches_of(&self, version: &Version, default_branch: &str) -> Vec<String> {
        if self.minors_from == MinorsFrom::DefaultBranch && version.patch() == 0 {
            return vec![default_branch.to_owned()];
        }
        let mut names: Vec<String> = Vec::new();
        for name in self.branches.iter().map(|pattern| pattern.of(version)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}

/// The name of a branch with `{major}`, `{minor}` and `{patch}` in it, such as `release-{major}.{minor}`, or without any, such as
/// `main`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchPattern(String);

impl BranchPattern {
    /// The name of the branch for a version.
    pub fn of(&self, version: &Version) -> String {
        self.0
            .replace("{major}", &version.major().to_string())
            .replace("{minor}", &version.minor().to_string())
            .replace("{patch}", &version.patch().to_string())
    }
}

impl FromStr for BranchPattern {
    type Err = Diagnostic;

    /// Refuses what can be no name of a branch (`git check-ref-format`).
    fn from_str(text: &str) -> Result<Self, Diagnostic> {
        let pattern = Self(text.to_owned());
        let name = pattern.of(&Version::of(1, 2, 3));
        let why = if name.contains(['{', '}']) {
            "has other braces than {major}, {minor} and {patch}"
        } else if name.is_empty()
            || name.starts_with(['-', '/'])
            || name.starts_with("refs/")
            || name.ends_with(['/', '.'])
            || name.contains("..")
            || name.contains("//")
            || name
                .contains(|c: char| c.is_whitespace() || c.is_control() || "~^:?*[\\".contains(c))
        {
            "is not the name of a branch"
        } else {
            return Ok(pattern);
        };
        let help = "write names of branches, one a line, such as release-{major}.{minor} or main";
        let code = Code::BranchPatternInvalid;
        Err(Diagnostic::value(code, "branch-pattern", text, why, help))
    }
}

impl fmt::Display for BranchPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(patterns: &[&str], minors_from: MinorsFrom) -> VersionRules {
        VersionRules {
            branches: patterns.iter().map(|text| text.parse().unwrap()).collect(),
            minors_from,
            ..VersionRules::default()
        }
    }

    #[test]
    fn branches_follow_from_the_version() {
        let branches = |rules: &VersionRules, version: &str| {
            rules
                .branches_of(&version.parse().unwrap(), "trunk")
                .join(" ")
        };
        let both = ["release-{major}.{minor}", "main", "release-1.2"];
        let patterns = rules(&both, MinorsFrom::Patterns);
        let minors = rules(&both, MinorsFrom::DefaultBranch);
        for (version, by_pattern, with_minors) in [
            ("1.2.3", "release-1.2 main", "release-1.2 main"),
            ("1.2.3-rc.1", "release-1.2 main", "release-1.2 main"),
            ("1.3.0", "release-1.3 main release-1.2", "trunk"),
            ("2.0.0-rc.1", "release-2.0 main release-1.2", "trunk"),
        ] {
            assert_eq!(branches(&patterns, version), by_pattern);
            assert_eq!(branches(&minors, version), with_minors);
        }
        let exact = rules(&["v{major}/{minor}/{patch}"], MinorsFrom::Patterns);
        assert_eq!(branches(&exact, "10.20.30"), "v10/20/30");
        assert_eq!(branches(&VersionRules::default(), "1.2.3"), "");
    }

    #[test]
    fn patterns_that_name_no_branch_are_refused() {
        for text in [
            "release-{version}",
            "release-{major",
            "{}",
            "a b",
            "-x",
            "/x",
            "x/",
            "x.",
            "a..b",
            "a//b",
            "a~1",
            "a*",
            "a\\b",
            "refs/heads/main",
            "a\u{7}",
        ] {
            let refused = text.parse::<BranchPattern>().unwrap_err();
            assert_eq!(refused.code, Code::BranchPatternInvalid, "{text}");
        }
        let refused = "release-{version}".parse::<BranchPattern>().unwrap_err();
        assert_eq!(
            refused.seen,
            "branch-pattern \"release-{version}\" has other braces than {major}, {minor} and {patch}"
        );
    }
}
