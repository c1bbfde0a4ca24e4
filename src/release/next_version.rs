//! The version that the tags of a repository tell: the next patch of a minor version, the next release candidate.
//!
//! A commit that has a published patch of the branch, or a release candidate, keeps it: a run that is repeated releases the same
//! version again, also after later ones, and says so if that is published.

use crate::domain::{
    CandidateForm, Code, CommitSha, Diagnostic, NamedVersion, NextVersion, Spelling, TagFormat,
    UnknownVersion, Version,
};
use crate::protocol::{CountedReleases, GitHubReader, ServiceError};

/// The tags of a line of versions, the highest first.
struct LineTags(Vec<LineTag>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct LineTag {
    version: Version,
    spelling: Spelling,
    name: String,
}

/// What is known of the tags that have such a version as the one that is looked for.
#[derive(Debug, PartialEq, Eq)]
enum Last<'a> {
    /// This one points at the commit.
    OfCommit(&'a LineTag),
    /// The one that the next version comes after.
    Before(&'a LineTag),
    None,
}

/// Whether a release candidate has to be higher than those before, and its version not published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CandidateOrder {
    Checked,
    /// Somebody gave a reason to release it in spite of that.
    Forced,
}

/// Finds the version for a commit: one list of tags, and at most three queries about those that come into question.
pub(crate) async fn next_version(
    github: &dyn GitHubReader,
    unknown: &UnknownVersion,
    commit: &CommitSha,
    order: CandidateOrder,
) -> Result<Result<NamedVersion, Diagnostic>, ServiceError> {
    let format = unknown.format.clone().unwrap_or_else(TagFormat::plain);
    let tags = LineTags::read(&format, &github.tags(format.line()).await?);
    let taken = tags.taken(&unknown.next);
    let names: Vec<_> = taken.iter().map(|tag| tag.name.clone()).collect();
    let find = |name: Option<String>| taken.iter().find(|tag| Some(&tag.name) == name.as_ref());
    let released = async |tags: &[String]| {
        if tags.is_empty() {
            return Ok(None);
        }
        github.first_released(tags, CountedReleases::All).await
    };
    let at_commit = if names.is_empty() {
        vec![]
    } else {
        github.tags_at(commit, &names).await?
    };
    // A patch that was never published is free, whatever tags there are. A release candidate is taken by its tag.
    let (of_commit, before) = match &unknown.next {
        NextVersion::PatchOf { .. } => match released(&at_commit).await? {
            Some(tag) => (Some(tag), None),
            None => (None, released(&names).await?),
        },
        NextVersion::CandidateOf { form, .. } => {
            // One that the module may not have is passed over.
            let fits = |name: &String| {
                let tag = taken.iter().find(|tag| tag.name == *name);
                let form_of_tag = tag.and_then(|tag| CandidateForm::read(&tag.version));
                form.is_none() || form_of_tag.map(|(_, form, _)| form) == *form
            };
            (at_commit.into_iter().find(fits), names.first().cloned())
        }
    };
    let last = match (find(of_commit), find(before)) {
        (Some(tag), _) => Some(Last::OfCommit(tag)),
        (None, before) => before.map(|tag| Last::Before(tag)),
    };
    let last = last.unwrap_or(Last::None);
    if let (NextVersion::CandidateOf { version, .. }, CandidateOrder::Checked) =
        (&unknown.next, order)
        && !matches!(last, Last::OfCommit(_))
        && let Some(tag) = released(&tags.of(version)).await?
    {
        return Ok(Err(version_published(version, &tag, &format)));
    }
    Ok(tags.next(unknown, &last, order))
}

fn version_published(version: &Version, tag: &str, format: &TagFormat) -> Diagnostic {
    Diagnostic::error(
        Code::VersionPublished,
        format!(
            "{version} is published as {tag}, and a release candidate comes before its version"
        ),
        format!(
            "type the next version, such as {}, or say in `force` why this one gets another release candidate",
            format.typed(&version.next_patch())
        ),
    )
}

fn candidate_out_of_order(next: &Version, highest: &Version, format: &TagFormat) -> Diagnostic {
    let released = format.typed(&highest.without_prerelease());
    let higher = format.typed(&highest.next_prerelease());
    Diagnostic::error(
        Code::CandidateOutOfOrder,
        format!(
            "the next release candidate would be {next}, which is lower than {highest}: SemVer compares numbers behind letters as texts"
        ),
        format!(
            "leave `version-from` out and type {higher}, which is higher and from which `next-rc` goes on counting; \
             or type {released}, or say in `force` why {next} is released all the same"
        ),
    )
}

impl LineTags {
    /// The tags of a version, with and without `v`.
    fn of(&self, version: &Version) -> Vec<String> {
        let tags = self.0.iter().filter(|tag| tag.version == *version);
        tags.map(|tag| tag.name.clone()).collect()
    }

    fn read(format: &TagFormat, tags: &[String]) -> Self {
        let of_line = tags.iter().filter_map(|tag| {
            let (version, spelling) = format.version_of_line(tag)?;
            Some(LineTag {
                version,
                spelling,
                name: tag.clone(),
            })
        });
        let mut tags: Vec<_> = of_line.collect();
        tags.sort_by(|a, b| (&b.version, b.spelling).cmp(&(&a.version, a.spelling)));
        Self(tags)
    }

    /// Those of which the next one is looked for, the highest first. The numbers of release candidates count, not the order of
    /// versions: by that one, `rc10` is lower than `rc9`.
    fn taken(&self, next: &NextVersion) -> Vec<&LineTag> {
        match next {
            NextVersion::PatchOf { major, minor } => {
                let of_minor = |version: &Version| {
                    (version.major(), version.minor()) == (*major, *minor)
                        && !version.is_prerelease()
                };
                self.0.iter().filter(|tag| of_minor(&tag.version)).collect()
            }
            NextVersion::CandidateOf { version, .. } => {
                let number = |tag: &LineTag| {
                    let (base, _, number) = CandidateForm::read(&tag.version)?;
                    (base == *version).then_some(number)
                };
                let candidates = self.0.iter();
                let candidates = candidates.filter_map(|tag| Some((number(tag)?, tag)));
                let mut candidates: Vec<_> = candidates.collect();
                candidates.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
                candidates.into_iter().map(|(_, tag)| tag).collect()
            }
        }
    }

    /// The version, with its tag.
    fn next(
        &self,
        unknown: &UnknownVersion,
        last: &Last<'_>,
        order: CandidateOrder,
    ) -> Result<NamedVersion, Diagnostic> {
        let found = match last {
            Last::OfCommit(tag) | Last::Before(tag) => Some(*tag),
            Last::None => None,
        };
        let format = unknown.format.clone().unwrap_or_else(|| {
            let newest = || self.0.iter().find(|tag| !tag.version.is_prerelease());
            let spelling = found.or_else(newest).map(|tag| tag.spelling);
            TagFormat::plain().spelled(spelling.unwrap_or(Spelling::Plain))
        });
        let version = match (last, &unknown.next) {
            (Last::OfCommit(tag), _) => Some(tag.version.clone()),
            (Last::Before(tag), NextVersion::PatchOf { .. }) => Some(tag.version.next_patch()),
            (Last::None, NextVersion::PatchOf { major, minor }) => {
                Some(Version::of(*major, *minor, 0))
            }
            (Last::Before(_) | Last::None, NextVersion::CandidateOf { version, form }) => {
                let of_tag = |tag: &LineTag| CandidateForm::read(&tag.version);
                let before = found.and_then(of_tag);
                let number = before.as_ref().map_or(0, |(_, _, number)| *number);
                let of_others = || self.0.iter().find_map(of_tag);
                let usual = before.or_else(of_others).map(|(_, form, _)| form);
                let form = form.or(usual).unwrap_or_default();
                form.candidate(version, number.saturating_add(1))
            }
        };
        // The texts of these versions are made of numbers.
        let version = version.ok_or_else(impossible)?;
        if let (NextVersion::CandidateOf { .. }, CandidateOrder::Checked) = (&unknown.next, order)
            && !matches!(last, Last::OfCommit(_))
            && let taken = self.taken(&unknown.next)
            && let Some(highest) = taken.iter().map(|tag| &tag.version).max()
            && *highest > version
        {
            return Err(candidate_out_of_order(&version, highest, &format));
        }
        NamedVersion::of_version(version, format)?
            .unless_other(&unknown.next, unknown.typed.as_ref())
    }
}

fn impossible() -> Diagnostic {
    Diagnostic::error(
        Code::Bug,
        "the next version cannot be written",
        "type the version, and report this",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The next version where these tags exist, one of them is at the commit, and one is the last that was released.
    fn next(
        unknown: &UnknownVersion,
        tags: &[&str],
        of_commit: Option<&str>,
        released: Option<&str>,
    ) -> Result<String, Diagnostic> {
        let format = unknown.format.clone().unwrap_or_else(TagFormat::plain);
        let owned: Vec<_> = tags.iter().map(|&tag| tag.to_owned()).collect();
        let tags = LineTags::read(&format, &owned);
        let taken = tags.taken(&unknown.next);
        let find = |name: Option<&str>| taken.iter().find(|tag| Some(&*tag.name) == name);
        let last = match (find(of_commit), find(released), &unknown.next) {
            (Some(tag), ..) => Last::OfCommit(tag),
            (None, Some(tag), _) => Last::Before(tag),
            (None, None, NextVersion::CandidateOf { .. }) => {
                taken.first().map_or(Last::None, |tag| Last::Before(tag))
            }
            (None, None, _) => Last::None,
        };
        let found = tags.next(unknown, &last, CandidateOrder::Checked)?;
        assert_eq!(found.format.tag(&found.version).unwrap(), found.tag);
        Ok(found.tag.to_string())
    }

    fn patch_of(format: Option<&str>) -> UnknownVersion {
        UnknownVersion {
            next: NextVersion::PatchOf { major: 1, minor: 2 },
            format: format.map(|format| format.parse().unwrap()),
            typed: None,
        }
    }

    fn candidate(format: &str, form: Option<CandidateForm>) -> UnknownVersion {
        UnknownVersion {
            next: NextVersion::CandidateOf {
                version: "1.3.0".parse().unwrap(),
                form,
            },
            format: Some(format.parse().unwrap()),
            typed: None,
        }
    }

    #[test]
    fn next_patch_follows_the_highest_published_release_of_the_minor_version() {
        let tags = [
            "1.2.9",
            "1.2.10",
            "1.2.100",
            "1.3.0",
            "1.2.11-rc1",
            "junk",
            "v1.1.0",
        ];
        let of = |format, tags: &[&str], released| {
            next(&patch_of(format), tags, None, released).unwrap()
        };
        assert_eq!(
            of(None, &tags, Some("1.2.10")),
            "1.2.11",
            "1.2.100 is a stray tag"
        );
        assert_eq!(of(None, &tags, None), "1.2.0", "nothing is published");
        assert_eq!(of(None, &[], None), "1.2.0");
        let spelled = ["v1.2.9", "1.2.8", "1.1.0"];
        assert_eq!(of(None, &spelled, Some("v1.2.9")), "v1.2.10");
        assert_eq!(of(None, &spelled, Some("1.2.8")), "1.2.9");
        assert_eq!(of(None, &["v1.1.0", "1.0.0"], None), "v1.2.0");
        assert_eq!(of(Some("v{version}"), &["1.2.4"], Some("1.2.4")), "v1.2.5");
        let api = ["api/v1.2.4", "v1.2.9", "api/x/v1.2.7"];
        assert_eq!(
            of(Some("api/v{version}"), &api, Some("api/v1.2.4")),
            "api/v1.2.5"
        );
    }

    #[test]
    fn commit_that_has_a_version_keeps_it() {
        let tags = ["1.2.5", "1.2.6", "1.3.0-rc.1", "1.3.0-rc.2"];
        let patch = next(&patch_of(None), &tags, Some("1.2.5"), Some("1.2.6"));
        assert_eq!(patch.unwrap(), "1.2.5");
        let unknown = candidate("{version}", None);
        assert_eq!(
            next(&unknown, &tags, Some("1.3.0-rc.1"), None).unwrap(),
            "1.3.0-rc.1"
        );
        assert_eq!(next(&unknown, &tags, None, None).unwrap(), "1.3.0-rc.3");
    }

    #[test]
    fn release_candidates_are_counted_in_the_form_that_the_repository_has() {
        use CandidateForm::Joined;
        for (tags, form, tag) in [
            (&[][..], None, "1.3.0-rc.1"),
            (&[], Some(Joined), "1.3.0-rc1"),
            (&["1.3.0-rc1"], None, "1.3.0-rc2"),
            (&["1.3.0-rc9", "1.3.0-rc91"], None, "1.3.0-rc92"),
            (&["1.3.0-rc.9", "1.3.0-rc.10"], None, "1.3.0-rc.11"),
            (&["1.3.0-rc.1", "1.3.0-rc2"], None, "1.3.0-rc3"),
            (&["1.3.0-rc.1"], Some(Joined), "1.3.0-rc2"),
            // As in telemetry-manager: the form of the newest version.
            (&["1.2.0-rc1", "1.1.0-rc.1", "1.2.0"], None, "1.3.0-rc1"),
            (&["1.2.0-rc.1", "1.1.0-rc1"], None, "1.3.0-rc.1"),
            (
                &["1.3.0-beta.7", "1.3.0-rc", "1.3.0-rc-4"],
                None,
                "1.3.0-rc.1",
            ),
            (&["1.3.1-rc.7", "1.2.0-experimental"], None, "1.3.0-rc.1"),
        ] {
            let found = next(&candidate("{version}", form), tags, None, None);
            assert_eq!(found.unwrap(), tag, "{tags:?}");
        }
        for (tags, form, refused) in [
            (
                &["1.3.0-rc9"][..],
                None,
                "1.3.0-rc10, which is lower than 1.3.0-rc9: ",
            ),
            (
                &["1.3.0-rc9", "1.3.0-rc10"],
                None,
                "1.3.0-rc11, which is lower than 1.3.0-rc9: ",
            ),
            (&["1.3.0-rc.9"], Some(Joined), ""),
            (
                &["1.3.0-rc2", "1.3.0-rc.3"],
                None,
                "1.3.0-rc.4, which is lower than 1.3.0-rc2: ",
            ),
            (
                &["1.3.0-rc99"],
                Some(Joined),
                "1.3.0-rc100, which is lower than 1.3.0-rc99: ",
            ),
        ] {
            let found = next(&candidate("{version}", form), tags, None, None);
            match found {
                Ok(_) => assert_eq!(refused, "", "{tags:?}"),
                Err(found) => {
                    assert_eq!(found.code, Code::CandidateOutOfOrder);
                    assert!(
                        !refused.is_empty() && found.seen.contains(refused),
                        "{}",
                        found.seen
                    );
                }
            }
        }
        let listener = candidate("listener/v{version}", None);
        let tags = ["listener/v1.3.0-rc.1", "v1.3.0-rc.7"];
        assert_eq!(
            next(&listener, &tags, None, None).unwrap(),
            "listener/v1.3.0-rc.2"
        );
    }

    #[test]
    fn another_version_than_the_typed_one_is_refused() {
        let typed = |version: &str| UnknownVersion {
            typed: Some(version.parse().unwrap()),
            ..patch_of(None)
        };
        let found = |version| next(&typed(version), &["1.2.4"], None, Some("1.2.4"));
        assert_eq!(found("1.2.5").unwrap(), "1.2.5");
        assert_eq!(
            found("1.2.4").unwrap_err().seen,
            "version 1.2.4 was typed, and the next patch of 1.2 is 1.2.5"
        );
    }
}
