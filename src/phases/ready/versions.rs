//! The versions that may come next, by what is published.

use crate::domain::{Tag, TagFormat, Version};
use crate::plan::Wanted;
use crate::protocol::{CountedReleases, GitHubReader, ServiceError};
use crate::release::other_releases::OtherTags;
use crate::release::policy::published::stable_tags;
use crate::release::policy::{VersionStep, next_versions};

/// A version that could be released next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PossibleVersion {
    pub(super) version: Version,
    pub(super) tag: Tag,
    pub(super) tag_format: TagFormat,
    /// `patch`, `minor`, `major` or, where nothing is published, `first`.
    pub(super) kind: &'static str,
}

/// The candidates, and the release that they follow.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FoundVersions {
    pub(super) last: Option<Tag>,
    /// The lowest first.
    pub(super) candidates: Vec<PossibleVersion>,
}

/// Without a format, tags are made as that of the last release was. With a line, major and minor version, only a patch of it comes
/// next.
pub(super) async fn see(
    github: &dyn GitHubReader,
    tags: &[String],
    format: Option<&TagFormat>,
    line: Option<(u64, u64)>,
) -> Result<FoundVersions, ServiceError> {
    let plain = TagFormat::plain();
    let known = format.unwrap_or(&plain);
    let mut of_line = stable_tags(known, tags, |_| 0);
    of_line.retain(|tag| {
        let version = known.version_of_line(tag);
        version.is_some_and(|(version, _)| is_of(&version, line))
    });
    let last = if of_line.is_empty() {
        None
    } else {
        github
            .first_released(&of_line, CountedReleases::All)
            .await?
    };
    let seen = last.as_deref().and_then(|tag| known.version_of_line(tag));
    let spelled = seen.as_ref().map(|(_, spelling)| plain.spelled(*spelling));
    let format = format.or(spelled.as_ref()).unwrap_or(&plain);
    let published = seen.as_ref().map(|(version, _)| version);
    Ok(FoundVersions {
        candidates: candidates(published, line, format),
        last: last.and_then(|tag| tag.parse().ok()),
    })
}

/// Whether a version is of a line; all are of none.
fn is_of(version: &Version, line: Option<(u64, u64)>) -> bool {
    line.is_none_or(|line| line == (version.major(), version.minor()))
}

/// The release before a version.
pub(super) async fn previous(
    github: &dyn GitHubReader,
    wanted: &Wanted,
    tags: &[String],
) -> Result<Option<Tag>, ServiceError> {
    OtherTags::of(wanted, tags).previous(github, wanted).await
}

/// What may follow a published version.
fn candidates(
    published: Option<&Version>,
    line: Option<(u64, u64)>,
    format: &TagFormat,
) -> Vec<PossibleVersion> {
    let numbers = match (published, line) {
        (Some(last), Some(_)) => vec![("patch", last.next_patch())],
        (Some(last), None) => {
            let steps = ["patch", "minor", "major"];
            let versions = next_versions(last, VersionStep::Patch);
            steps.into_iter().zip(versions).collect()
        }
        (None, Some((major, minor))) => vec![("first", Version::of(major, minor, 0))],
        (None, None) => vec![
            ("first", Version::of(0, 1, 0)),
            ("first", Version::of(1, 0, 0)),
        ],
    };
    let candidate = |(kind, version): (&'static str, Version)| {
        Some(PossibleVersion {
            tag: format.tag(&version).ok()?,
            version,
            tag_format: format.clone(),
            kind,
        })
    };
    numbers.into_iter().filter_map(candidate).collect()
}

/// The major and minor version that a release branch is for, such as `release-1.2` or `1.2.x`; `None` for the default branch and
/// for branches that are called otherwise.
pub(super) fn line_of_branch(branch: &str, default_branch: &str) -> Option<(u64, u64)> {
    if branch == default_branch {
        return None;
    }
    let name = branch.strip_suffix(".x").unwrap_or(branch);
    let (rest, minor) = name.rsplit_once('.')?;
    let letters = rest.trim_end_matches(|c: char| c.is_ascii_digit());
    let major = rest.get(letters.len()..)?;
    if letters.ends_with('.') {
        return None;
    }
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn release_branches_name_their_minor_version() {
        for (branch, minor) in [
            ("release-1.2", Some((1, 2))),
            ("release/1.20", Some((1, 20))),
            ("release-v10.2.x", Some((10, 2))),
            ("1.2", Some((1, 2))),
            ("main", None),
            ("release-1", None),
            ("release-1.2.3", None),
            ("release-.2", None),
            ("release-1.x", None),
            ("fix-1.2-again", None),
            ("trunk-1.2", None),
        ] {
            assert_eq!(line_of_branch(branch, "trunk-1.2"), minor, "{branch}");
        }
    }

    #[test]
    fn next_versions_follow_the_published_one_of_the_branch() {
        let format: TagFormat = "api/v{version}".parse().unwrap();
        let version = |text: &str| text.parse::<Version>().unwrap();
        for (published, line, expected) in [
            (
                Some("1.2.3"),
                None,
                "patch api/v1.2.4, minor api/v1.3.0, major api/v2.0.0",
            ),
            (Some("1.2.3"), Some((1, 2)), "patch api/v1.2.4"),
            (None, Some((1, 3)), "first api/v1.3.0"),
            (None, None, "first api/v0.1.0, first api/v1.0.0"),
        ] {
            let published = published.map(version);
            let found = candidates(published.as_ref(), line, &format);
            let words: Vec<_> = found
                .iter()
                .map(|c| format!("{} {}", c.kind, c.tag))
                .collect();
            assert_eq!(words.join(", "), expected);
        }
    }
}
