//! Versions that the tags of a repository tell: the next patch of a release branch, the next release candidate.

use std::fmt;

use super::{NamedVersion, TagFormat, Version};

/// A version that is not known before the tags of the repository are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownVersion {
    pub next: NextVersion,
    /// `None` to spell it as the versions before.
    pub format: Option<TagFormat>,
    /// The version that was typed beside, which it has to be.
    pub typed: Option<Version>,
}

impl UnknownVersion {
    /// A version as the one that is looked for, to check names with.
    pub fn example(&self) -> Option<NamedVersion> {
        let format = match &self.format {
            Some(format) => format.clone(),
            None => TagFormat::plain(),
        };
        let version = match &self.next {
            NextVersion::PatchOf { major, minor } => Some(Version::of(*major, *minor, 0)),
            NextVersion::CandidateOf { version, form } => {
                form.unwrap_or_default().candidate(version, 1)
            }
        };
        NamedVersion::of_version(version?, format).ok()
    }
}

/// Which version is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NextVersion {
    /// The next patch of a minor version.
    PatchOf { major: u64, minor: u64 },
    /// The next release candidate of a version.
    CandidateOf {
        version: Version,
        /// `None` to spell it as the release candidates before.
        form: Option<CandidateForm>,
    },
}

impl fmt::Display for NextVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PatchOf { major, minor } => write!(f, "the next patch of {major}.{minor}"),
            Self::CandidateOf { version, .. } => {
                write!(f, "the next release candidate of {version}")
            }
        }
    }
}

/// How release candidates are spelled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CandidateForm {
    /// `1.3.0-rc.1`: by the order of versions, `rc.10` comes after `rc.9`.
    #[default]
    Dotted,
    /// `1.3.0-rc1`, which Lifecycle Manager takes as the version of a module.
    Joined,
}

impl CandidateForm {
    /// The text between the version and the number.
    fn separator(self) -> &'static str {
        match self {
            Self::Dotted => "-rc.",
            Self::Joined => "-rc",
        }
    }

    /// A release candidate of a version.
    pub fn candidate(self, version: &Version, number: u64) -> Option<Version> {
        format!("{version}{}{number}", self.separator())
            .parse()
            .ok()
    }

    /// The version without its pre-release part, the form and the number of a release candidate; `None` for any other version.
    pub fn read(version: &Version) -> Option<(Version, Self, u64)> {
        let text = version.to_string();
        let found = [Self::Dotted, Self::Joined].into_iter().find_map(|form| {
            let (base, number) = text.split_once(form.separator())?;
            let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
            let number = is_number.then(|| number.parse().ok())??;
            Some((base.parse().ok()?, form, number))
        });
        found.filter(|(base, ..): &(Version, _, _)| !base.is_prerelease())
    }
}

/// The major and the minor version that a branch is for, by a pattern such as `release-{major}.{minor}`; `None` if the branch is
/// not of the pattern, or the pattern names no minor version.
pub fn minor_of_branch(branch: &str, pattern: &str) -> Option<(u64, u64)> {
    let (mut major, mut minor) = (None, None);
    let (mut branch, mut pattern) = (branch, pattern);
    while let Some(next) = pattern.chars().next() {
        let (number, rest) = if let Some(rest) = pattern.strip_prefix("{major}") {
            (&mut major, rest)
        } else if let Some(rest) = pattern.strip_prefix("{minor}") {
            (&mut minor, rest)
        } else {
            branch = branch.strip_prefix(next)?;
            pattern = pattern.strip_prefix(next)?;
            continue;
        };
        let end = branch.find(|c: char| !c.is_ascii_digit());
        let (digits, after) = branch.split_at(end.unwrap_or(branch.len()));
        let has_leading_zero = digits.len() > 1 && digits.starts_with('0');
        let seen: u64 = digits.parse().ok().filter(|_| !has_leading_zero)?;
        if number.replace(seen).is_some_and(|other| other != seen) {
            return None;
        }
        (branch, pattern) = (after, rest);
    }
    branch.is_empty().then_some((major?, minor?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_name_a_minor_version_by_their_pattern() {
        const USUAL: &str = "release-{major}.{minor}";
        for (branch, pattern, minor) in [
            ("release-1.2", USUAL, Some((1, 2))),
            ("release-10.20", USUAL, Some((10, 20))),
            ("release-1.2.3", USUAL, None),
            ("release-1.x", USUAL, None),
            ("release-01.2", USUAL, None),
            ("release-1.", USUAL, None),
            ("xrelease-1.2", USUAL, None),
            ("release-99999999999999999999.1", USUAL, None),
            ("main", USUAL, None),
            ("main", "main", None),
            ("release/v1.2", "release/v{major}.{minor}", Some((1, 2))),
            ("1.2-stable", "{major}.{minor}-stable", Some((1, 2))),
            ("r1/1.2", "r{major}/{major}.{minor}", Some((1, 2))),
            ("r1/2.2", "r{major}/{major}.{minor}", None),
            ("release-1.2.3", "release-{major}.{minor}.{patch}", None),
            ("release-1", "release-{major}", None),
        ] {
            assert_eq!(
                minor_of_branch(branch, pattern),
                minor,
                "{branch} {pattern}"
            );
        }
    }

    #[test]
    fn release_candidates_are_told_from_other_versions() {
        use CandidateForm::{Dotted, Joined};
        for (version, read) in [
            ("1.3.0-rc1", Some(("1.3.0", Joined, 1))),
            ("1.3.0-rc.12", Some(("1.3.0", Dotted, 12))),
            ("1.3.0-rc", None),
            ("1.3.0-rc.1.2", None),
            ("1.3.0-rc1a", None),
            ("1.3.0-beta-rc1", None),
            ("1.3.0-rc-1", None),
            ("1.3.0-experimental", None),
            ("1.3.0", None),
        ] {
            let seen = CandidateForm::read(&version.parse().unwrap());
            let read = read.map(|(base, form, number)| (base.parse().unwrap(), form, number));
            assert_eq!(seen, read, "{version}");
        }
    }
}
