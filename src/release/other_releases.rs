//! The releases before and after a version, found among the tags: a repository may have thousands of releases, of which one or
//! two matter.

use crate::domain::Tag;
use crate::plan::Wanted;
use crate::protocol::{GitHubReader, ServiceError};

/// The tags of the same format with another version.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct OtherTags {
    /// Of lower versions, the highest first.
    lower: Vec<String>,
    /// Of higher versions, the highest first.
    higher: Vec<String>,
}

impl OtherTags {
    pub(crate) fn of(wanted: &Wanted, tags: &[String]) -> Self {
        let mut versions: Vec<_> = tags
            .iter()
            .filter_map(|tag| Some((wanted.tag_format.version(tag)?, tag)))
            .collect();
        versions.sort_unstable();
        let mut others = Self::default();
        for (version, tag) in versions.into_iter().rev() {
            match version.cmp(&wanted.version) {
                std::cmp::Ordering::Less => others.lower.push(tag.clone()),
                std::cmp::Ordering::Equal => {}
                std::cmp::Ordering::Greater => others.higher.push(tag.clone()),
            }
        }
        others
    }

    /// The highest release before this one, by the order of versions, within the same tag format. Neither the newest nor the
    /// nearest in history: both are wrong for a patch of an older line.
    pub(crate) async fn previous(
        &self,
        github: &dyn GitHubReader,
    ) -> Result<Option<Tag>, ServiceError> {
        if self.lower.is_empty() {
            return Ok(None);
        }
        let found = github.first_released(&self.lower).await?;
        Ok(found.and_then(|tag| tag.parse().ok()))
    }

    /// Whether a higher version has been released.
    pub(crate) async fn higher_is_released(
        &self,
        github: &dyn GitHubReader,
    ) -> Result<bool, ServiceError> {
        if self.higher.is_empty() {
            return Ok(false);
        }
        let found = github.first_released(&self.higher).await?;
        Ok(found.is_some())
    }
}

/// Whether a higher version of the same format has been released, which decides whether this one becomes the latest. `false`
/// without a look where the plan itself says.
pub(crate) async fn higher_is_released(
    github: &dyn GitHubReader,
    wanted: &Wanted,
) -> Result<bool, ServiceError> {
    if wanted.prerelease || wanted.make_latest.is_some() {
        return Ok(false);
    }
    let tags = github.tags(wanted.tag_format.prefix()).await?;
    OtherTags::of(wanted, &tags)
        .higher_is_released(github)
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::example_wanted;

    #[test]
    fn tags_of_the_format_are_ordered_by_version() {
        let names = [
            "v1.0.0",
            "v1.10.0",
            "v1.1.9",
            "v1.2.0",
            "v2.0.0-rc1",
            "1.1.10",
            "v1.1.10",
            "junk",
            "v1.2.0-rc1",
        ];
        let tags = names.map(String::from);
        let expected = OtherTags {
            lower: ["v1.2.0-rc1", "v1.1.10", "v1.1.9", "v1.0.0"]
                .map(String::from)
                .into(),
            higher: ["v2.0.0-rc1", "v1.10.0"].map(String::from).into(),
        };
        assert_eq!(
            OtherTags::of(&example_wanted(), &tags),
            expected,
            "neither the newest first nor of another format"
        );
    }
}
