//! The published releases that a version is compared with: the highest of the nearest, and no list of all. Tags without a
//! published release, and drafts, are not among them.

use std::cmp::Reverse;

use crate::domain::{TagFormat, Version, VersionPolicy};
use crate::plan::Wanted;
use crate::protocol::{CountedReleases, GitHubReader, ServiceError};

/// The published releases that a version is compared with. Whether a version is a prerelease is seen from the version, and not
/// from how GitHub shows its release: no version is released twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Published {
    /// The highest stable one of the same major and minor version. Where there is none, the highest of the same major version,
    /// and where there is none of that either, the highest of all; with [`VersionPolicy::Newer`] the highest of all at once.
    pub(crate) stable: Option<Version>,
    /// The highest prerelease of the same version.
    pub(crate) prerelease: Option<Version>,
}

impl Published {
    /// At most one query for each of both, for any number of releases: the nearest come first.
    pub(super) async fn see(
        github: &dyn GitHubReader,
        policy: VersionPolicy,
        wanted: &Wanted,
        tags: &[String],
    ) -> Result<Self, ServiceError> {
        if policy == VersionPolicy::Any {
            return Ok(Self::default());
        }
        let format = &wanted.tag_format;
        let stable = tags_by_distance(policy, wanted, tags);
        Ok(Self {
            stable: first_published(github, format, &stable).await?,
            prerelease: first_published(github, format, &prerelease_tags(wanted, tags)).await?,
        })
    }
}

/// The tags of the stable versions of which the first published one counts.
pub(super) fn tags_by_distance(
    policy: VersionPolicy,
    wanted: &Wanted,
    tags: &[String],
) -> Vec<String> {
    stable_tags(&wanted.tag_format, tags, |other| {
        distance(policy, &wanted.version, other)
    })
}

/// How near a stable release is: the nearest counts.
fn distance(policy: VersionPolicy, version: &Version, other: &Version) -> u8 {
    let same_major = other.major() == version.major();
    if same_major && other.minor() == version.minor() {
        0
    } else if same_major && policy == VersionPolicy::Increment {
        1
    } else {
        2
    }
}

/// The tags of the other stable versions of the line: the nearest first, and of them the highest. Without a distance between
/// them, the highest of all is the first.
pub(crate) fn stable_tags(
    format: &TagFormat,
    tags: &[String],
    distance: impl Fn(&Version) -> u8,
) -> Vec<String> {
    let line = tags
        .iter()
        .filter_map(|tag| Some((format.version_of_line(tag)?.0, tag)));
    let stable = line.filter(|(version, _)| !version.is_prerelease());
    let mut stable: Vec<_> = stable
        .map(|(version, tag)| (distance(&version), Reverse(version), tag))
        .collect();
    stable.sort_unstable();
    stable.into_iter().map(|(_, _, tag)| tag.clone()).collect()
}

/// The tags of the other prereleases of the wanted version, the highest first; none for a stable one, which is higher than all.
pub(super) fn prerelease_tags(wanted: &Wanted, tags: &[String]) -> Vec<String> {
    let version = &wanted.version;
    if !version.is_prerelease() {
        return Vec::new();
    }
    let line = tags
        .iter()
        .filter_map(|tag| Some((wanted.tag_format.version_of_line(tag)?.0, tag)));
    let mut same: Vec<_> = line
        .filter(|(other, _)| {
            other.is_prerelease()
                && other != version
                && other.without_prerelease() == version.without_prerelease()
        })
        .collect();
    same.sort_unstable_by(|a, b| b.cmp(a));
    same.into_iter().map(|(_, tag)| tag.clone()).collect()
}

/// The version of the first of these tags that has a published release.
pub(crate) async fn first_published(
    github: &dyn GitHubReader,
    format: &TagFormat,
    tags: &[String],
) -> Result<Option<Version>, ServiceError> {
    if tags.is_empty() {
        return Ok(None);
    }
    let tag = github.first_released(tags, CountedReleases::All).await?;
    Ok(tag.and_then(|tag| Some(format.version_of_line(&tag)?.0)))
}
