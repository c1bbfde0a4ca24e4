//! The version being released.

use std::fmt;
use std::str::FromStr;

use crate::{Diagnostic, FormatCode};

/// A version by [Semantic Versioning 2.0](https://semver.org), without a leading `v` and without build metadata.
///
/// Build metadata is refused because `+` may not stand in an image tag
/// ([OCI distribution, "Pulling manifests"](https://github.com/opencontainers/distribution-spec/blob/main/spec.md)).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version(semver::Version);

impl Version {
    /// Whether it has a pre-release part, such as `-rc1`.
    pub fn is_prerelease(&self) -> bool {
        !self.0.pre.is_empty()
    }

    /// The first number.
    pub fn major(&self) -> u64 {
        self.0.major
    }

    /// The second number.
    pub fn minor(&self) -> u64 {
        self.0.minor
    }

    /// The third number.
    pub fn patch(&self) -> u64 {
        self.0.patch
    }

    /// A version of three numbers, without a pre-release part.
    pub fn of(major: u64, minor: u64, patch: u64) -> Self {
        Self(semver::Version::new(major, minor, patch))
    }

    /// The version that a pre-release leads to: the same without its pre-release part.
    #[must_use]
    pub fn without_prerelease(&self) -> Self {
        Self::of(self.0.major, self.0.minor, self.0.patch)
    }

    /// A pre-release that is higher than this one, of the same version: `rc.3` after `rc.2`, `rc.1` of a version without a
    /// pre-release part. Where raising the last number would not do, because it stands behind letters and is compared as a text
    /// (`rc10` is lower than `rc9`), another digit is added, since Lifecycle Manager takes no dot: `rc91`.
    #[must_use]
    pub fn next_prerelease(&self) -> Self {
        let text = self.0.pre.as_str();
        let letters = text.trim_end_matches(|c: char| c.is_ascii_digit());
        let number = text
            .get(letters.len()..)
            .and_then(|digits| digits.parse::<u64>().ok());
        let raised = number.map(|number| format!("{letters}{}", number.saturating_add(1)));
        let is_joined = number.is_some() && letters.ends_with(|c: char| c.is_ascii_alphabetic());
        let more = match text {
            "" => "rc.1".to_owned(),
            text if is_joined => format!("{text}1"),
            text => format!("{text}.1"),
        };
        let pre = |text: &String| semver::Prerelease::new(text).ok();
        let with = |pre| {
            Self(semver::Version {
                pre,
                ..self.0.clone()
            })
        };
        let raised = raised
            .as_ref()
            .and_then(pre)
            .map(with)
            .filter(|raised| raised > self);
        raised
            .or_else(|| pre(&more).map(with))
            .unwrap_or_else(|| self.clone())
    }

    /// The version that follows with only the patch number raised.
    #[must_use]
    pub fn next_patch(&self) -> Self {
        let patch = if self.is_prerelease() {
            self.0.patch
        } else {
            self.0.patch.saturating_add(1)
        };
        Self(semver::Version::new(self.0.major, self.0.minor, patch))
    }

    /// Parses a version that was typed with a prefix, which has been taken off: messages show it again.
    ///
    /// # Errors
    ///
    /// [`FormatCode::VersionInvalid`], with the version that was probably meant.
    pub fn after(prefix: &str, text: &str) -> Result<Self, Diagnostic> {
        let invalid = |why: String, help: String| {
            let typed = format!("{prefix}{text}");
            Diagnostic::value(FormatCode::VersionInvalid, "version", typed, why, help)
        };
        if text.is_empty() {
            return Err(invalid(
                "is empty".into(),
                "type a version such as v1.2.0".into(),
            ));
        }
        let parsed = semver::Version::parse(text).map_err(|error| {
            let examples = || format!("1.2.0 or {prefix}1.3.0-rc1");
            let meant = nearest(text).unwrap_or_else(examples);
            invalid(
                format!("is not a semantic version: {error}"),
                format!("use MAJOR.MINOR.PATCH without leading zeros, such as {prefix}{meant}"),
            )
        })?;
        if !parsed.build.is_empty() {
            let mut plain = parsed.clone();
            plain.build = semver::BuildMetadata::EMPTY;
            return Err(invalid(
                format!(
                    "has build metadata (+{}), which an image tag cannot hold",
                    parsed.build
                ),
                format!("use {prefix}{plain}"),
            ));
        }
        Ok(Self(parsed))
    }
}

impl FromStr for Version {
    type Err = Diagnostic;

    fn from_str(text: &str) -> Result<Self, Diagnostic> {
        Self::after("", text)
    }
}

/// The version that was probably meant: missing numbers as 0, leading zeros and a `v` dropped.
fn nearest(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches(['v', 'V']);
    let (numbers, rest) = match text.find(['-', '+']) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let mut parts = numbers
        .split('.')
        .map(|part| part.parse::<u64>().ok())
        .collect::<Option<Vec<_>>>()?;
    parts.resize(3, 0);
    let guess = parts
        .iter()
        .map(u64::to_string)
        .collect::<Vec<_>>()
        .join(".")
        + rest;
    semver::Version::parse(&guess).ok().map(|_| guess)
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

super::serde_as_text!(Version);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_versions_are_refused_with_help() {
        for (text, help) in [
            ("", "v1.2.0"),
            ("1.2", "1.2.0"),
            ("01.2.3", "1.2.3"),
            ("v1.2.3", "1.2.3"),
            ("1.2.0+build", "use 1.2.0"),
            ("1.2.3.4", "1.2.3"),
            ("1.2.3_1", "1.2.0 or 1.3.0-rc1"),
            (" 1.2.3", "1.2.3"),
            ("１.2.3", "1.2.0 or"),
            ("99999999999999999999.0.0", "1.2.0 or"),
        ] {
            let error = text.parse::<Version>().unwrap_err();
            assert_eq!(error.code, FormatCode::VersionInvalid, "{text}");
            assert!(error.help.contains(help), "{text}: {}", error.help);
        }
    }

    #[test]
    fn versions_are_ordered_as_semver_says() {
        let sorted = ["1.2.3-rc1", "1.2.3-rc.1.x", "1.2.3", "1.10.0"];
        let mut versions: Vec<Version> = sorted.iter().rev().map(|v| v.parse().unwrap()).collect();
        versions.sort();
        assert_eq!(versions.last().unwrap().to_string(), "1.10.0");
        assert_eq!(versions[2].to_string(), "1.2.3");
        assert!(versions[0].is_prerelease() && !versions[2].is_prerelease());
    }

    #[test]
    fn next_prerelease_is_higher_and_of_the_same_version() {
        for (version, next) in [
            ("1.3.0", "1.3.0-rc.1"),
            ("1.3.0-rc.1", "1.3.0-rc.2"),
            ("1.3.0-rc.9", "1.3.0-rc.10"),
            ("1.3.0-rc1", "1.3.0-rc2"),
            ("1.3.0-rc9", "1.3.0-rc91"),
            ("1.3.0-rc91", "1.3.0-rc92"),
            ("1.3.0-rc99", "1.3.0-rc991"),
            ("1.3.0-alpha.b9", "1.3.0-alpha.b91"),
            ("1.3.0-rc10", "1.3.0-rc11"),
            ("1.3.0-rc", "1.3.0-rc.1"),
            ("1.3.0-0", "1.3.0-1"),
            ("1.3.0-alpha.beta", "1.3.0-alpha.beta.1"),
            (
                "1.3.0-rc.18446744073709551615",
                "1.3.0-rc.18446744073709551615.1",
            ),
        ] {
            let version: Version = version.parse().unwrap();
            let seen = version.next_prerelease();
            assert_eq!(seen.to_string(), next);
            assert!(seen > version || !version.is_prerelease());
            assert_eq!(seen.without_prerelease(), version.without_prerelease());
        }
    }

    #[test]
    fn next_patch_of_a_prerelease_is_its_release() {
        let next = |v: &str| v.parse::<Version>().unwrap().next_patch().to_string();
        assert_eq!(next("1.2.3"), "1.2.4");
        assert_eq!(next("1.3.0-rc1"), "1.3.0");
    }
}
