//! The releases before and after a version, found among the tags: a repository may have thousands of releases, of which one or
//! two matter.

use std::cmp::Ordering;

use crate::domain::{Spelling, Tag};
use crate::plan::Wanted;
use crate::protocol::{CountedReleases, GitHubReader, ServiceError};

/// The tags of the same line of versions: those of the tag format, with and without `v`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct OtherTags {
    /// Of lower versions, the highest first.
    lower: Vec<String>,
    /// Of higher versions, the highest first.
    higher: Vec<String>,
    /// Of this version in the other spelling.
    respelled: Option<String>,
}

impl OtherTags {
    /// Lists the tags that begin with the text of the line, and sorts them.
    pub(crate) async fn list(
        github: &dyn GitHubReader,
        wanted: &Wanted,
    ) -> Result<(Self, Vec<String>), ServiceError> {
        let tags = github.tags(wanted.tag_format.line()).await?;
        Ok((Self::of(wanted, &tags), tags))
    }

    fn of(wanted: &Wanted, tags: &[String]) -> Self {
        let own = wanted.tag_format.spelling();
        let line = tags.iter().filter_map(|tag| {
            let (version, spelling) = wanted.tag_format.version_of_line(tag)?;
            // Of two tags of one version, the one with the spelling of this release comes first.
            Some((version, spelling == own, tag))
        });
        let mut versions: Vec<_> = line.collect();
        versions.sort_unstable();
        let mut others = Self::default();
        for (version, has_own_spelling, tag) in versions.into_iter().rev() {
            match version.cmp(&wanted.version) {
                Ordering::Less => others.lower.push(tag.clone()),
                Ordering::Equal if has_own_spelling => {}
                Ordering::Equal => others.respelled = Some(tag.clone()),
                Ordering::Greater => others.higher.push(tag.clone()),
            }
        }
        others
    }

    /// The tag of this version in the other spelling, if there is one.
    pub(crate) fn respelled(&self) -> Option<Tag> {
        self.respelled.as_deref()?.parse().ok()
    }

    /// The highest release before this one, by the order of versions, of the same line with or without `v`. Neither the newest nor
    /// the nearest in history: both are wrong for a patch of an older minor version.
    pub(crate) async fn previous(
        &self,
        github: &dyn GitHubReader,
        wanted: &Wanted,
    ) -> Result<Option<Tag>, ServiceError> {
        let (tags, counted) = self.before(wanted);
        if tags.is_empty() {
            return Ok(None);
        }
        let found = github.first_released(&tags, counted).await?;
        Ok(found.and_then(|tag| tag.parse().ok()))
    }

    /// The tags of which one may be the previous release: what is stable follows what is stable, and a prerelease follows
    /// whatever was released last. So the notes of 1.3.0 tell everything since 1.2.x, and those of 1.3.0-rc.2 what is new since
    /// 1.3.0-rc.1. A release is stable if neither its version nor GitHub says that it is a prerelease.
    fn before(&self, wanted: &Wanted) -> (Vec<String>, CountedReleases) {
        if wanted.prerelease || wanted.version.is_prerelease() {
            return (self.lower.clone(), CountedReleases::All);
        }
        let is_stable = |tag: &&String| {
            let version = wanted.tag_format.version_of_line(tag);
            version.is_some_and(|(version, _)| !version.is_prerelease())
        };
        let stable = self.lower.iter().filter(is_stable).cloned().collect();
        (stable, CountedReleases::NoPrereleases)
    }

    /// Whether a higher version has been released.
    pub(crate) async fn higher_is_released(
        &self,
        github: &dyn GitHubReader,
    ) -> Result<bool, ServiceError> {
        if self.higher.is_empty() {
            return Ok(false);
        }
        let counted = CountedReleases::NoPrereleases;
        let found = github.first_released(&self.higher, counted).await?;
        Ok(found.is_some())
    }
}

/// Whether a higher version of the same line, with or without `v`, has been released, which decides whether this one becomes the latest. `false`
/// without a look where the plan itself says.
pub(crate) async fn higher_is_released(
    github: &dyn GitHubReader,
    wanted: &Wanted,
) -> Result<bool, ServiceError> {
    if wanted.prerelease || wanted.make_latest.is_some() {
        return Ok(false);
    }
    let (others, _) = OtherTags::list(github, wanted).await?;
    others.higher_is_released(github).await
}

/// The spelling of another release's tag, where it is not the one of this release.
pub(crate) fn other_spelling(wanted: &Wanted, tag: &Tag) -> Option<Spelling> {
    let (_, spelling) = wanted.tag_format.version_of_line(tag.as_str())?;
    (spelling != wanted.tag_format.spelling()).then_some(spelling)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::example_wanted;

    fn sorted(format: &str, names: &[&str]) -> OtherTags {
        let mut wanted = example_wanted();
        wanted.tag_format = format.parse().unwrap();
        let tags: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
        OtherTags::of(&wanted, &tags)
    }

    fn others(lower: &[&str], higher: &[&str], respelled: Option<&str>) -> OtherTags {
        let owned = |tags: &[&str]| tags.iter().map(|&tag| tag.to_owned()).collect();
        OtherTags {
            lower: owned(lower),
            higher: owned(higher),
            respelled: respelled.map(str::to_owned),
        }
    }

    #[test]
    fn tags_of_the_line_are_ordered_by_version() {
        let names = [
            "v1.0.0",
            "v1.10.0",
            "v1.1.9",
            "v1.2.0",
            "v2.0.0-rc1",
            "api/v1.1.11",
            "v1.1.10",
            "junk",
            "v1.2.0-rc1",
        ];
        assert_eq!(
            sorted("v{version}", &names),
            others(
                &["v1.2.0-rc1", "v1.1.10", "v1.1.9", "v1.0.0"],
                &["v2.0.0-rc1", "v1.10.0"],
                None
            ),
            "neither the newest first nor of another format"
        );
    }

    #[test]
    fn stable_release_follows_a_stable_one_and_a_prerelease_any() {
        let names = [
            "v1.2.0",
            "1.2.1-rc.1",
            "v1.2.1-rc.2",
            "v1.1.9",
            "v1.2.1",
            "v1.2.2-main-940aa64",
        ];
        let before = |version: &str, prerelease: bool| {
            let mut wanted = example_wanted();
            wanted.version = version.parse().unwrap();
            wanted.prerelease = prerelease;
            let tags: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
            let (tags, counted) = OtherTags::of(&wanted, &tags).before(&wanted);
            (tags.join(" "), counted)
        };
        let (all, stable) = (CountedReleases::All, CountedReleases::NoPrereleases);
        let with_prereleases = "v1.2.1-rc.2 1.2.1-rc.1 v1.2.0 v1.1.9";
        for (version, prerelease, tags, counted) in [
            ("1.2.1", false, "v1.2.0 v1.1.9", stable),
            ("1.2.1-rc.3", true, with_prereleases, all),
            ("1.2.1-rc.3", false, with_prereleases, all),
            ("1.2.1", true, with_prereleases, all),
            ("1.2.1-rc.2", true, "1.2.1-rc.1 v1.2.0 v1.1.9", all),
            ("1.2.3", false, "v1.2.1 v1.2.0 v1.1.9", stable),
            ("1.1.9", false, "", stable),
        ] {
            assert_eq!(
                before(version, prerelease),
                (tags.to_owned(), counted),
                "{version}"
            );
        }
    }

    #[test]
    fn tags_with_and_without_v_are_one_line() {
        let names = [
            "0.9.0", "v0.9.0", "1.1.0", "v1.3.0", "1.3.0", "1.2.0", "v1.1.5",
        ];
        assert_eq!(
            sorted("v{version}", &names),
            others(
                &["v1.1.5", "1.1.0", "v0.9.0", "0.9.0"],
                &["v1.3.0", "1.3.0"],
                Some("1.2.0")
            )
        );
        assert_eq!(
            sorted("{version}", &names),
            others(
                &["v1.1.5", "1.1.0", "0.9.0", "v0.9.0"],
                &["1.3.0", "v1.3.0"],
                None
            )
        );
        let api = [
            "api/1.1.0",
            "api/v1.3.0",
            "api/v1.2.0",
            "v1.1.9",
            "api/x/v1.1.8",
        ];
        assert_eq!(
            sorted("api/{version}", &api),
            others(&["api/1.1.0"], &["api/v1.3.0"], Some("api/v1.2.0"))
        );
    }
}
