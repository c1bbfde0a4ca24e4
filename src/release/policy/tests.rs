//! The order of versions compared with what the rules say in words, for many sets of published releases.

use super::order::finding;
use super::published::{prerelease_tags, tags_by_distance};
use super::*;
use crate::domain::{TagFormat, Version, VersionPolicy};
use crate::plan::tests::example_wanted;

const PUBLISHED: [&str; 9] = [
    "1.0.0",
    "1.0.1",
    "1.2.0",
    "2.0.0",
    "2.0.1-rc.2",
    "2.1.0-rc.1",
    "2.1.0-rc.10",
    "3.0.0-rc.1",
    "0.1.0",
];
const VERSIONS: [&str; 22] = [
    "0.1.1",
    "0.2.0",
    "0.0.9",
    "1.0.0-rc.1",
    "1.0.2",
    "1.0.3",
    "1.1.0",
    "1.2.1-rc.1",
    "1.2.1",
    "1.3.0",
    "1.3.1",
    "2.0.1-rc.1",
    "2.0.1-rc.3",
    "2.0.1",
    "2.1.0-rc.2",
    "2.1.0-rc.11",
    "2.1.0",
    "2.1.1",
    "3.0.0-rc.1.1",
    "3.0.0",
    "3.0.1",
    "4.0.0",
];

fn versions(of: &[&str]) -> Vec<Version> {
    of.iter().map(|version| version.parse().unwrap()).collect()
}

/// The version of the first tag.
fn first_of(format: &TagFormat, tags: &[String]) -> Option<Version> {
    Some(format.version_of_line(tags.first()?)?.0)
}

/// The rule in words, over all published releases.
fn is_allowed(policy: VersionPolicy, version: &Version, published: &[Version]) -> bool {
    let (prereleases, stable): (Vec<&Version>, Vec<&Version>) =
        published.iter().partition(|other| other.is_prerelease());
    let core = version.without_prerelease();
    let is_highest_prerelease = prereleases
        .iter()
        .filter(|other| other.without_prerelease() == core)
        .all(|other| *other < version);
    if policy == VersionPolicy::Any || version.is_prerelease() && !is_highest_prerelease {
        return policy == VersionPolicy::Any;
    }
    let highest = |belongs: &dyn Fn(&Version) -> bool| {
        stable.iter().copied().filter(|other| belongs(other)).max()
    };
    let of_minor = highest(&|other| (other.major(), other.minor()) == (core.major(), core.minor()));
    let of_major = highest(&|other| other.major() == core.major());
    let of_all = highest(&|_| true);
    match (policy, of_minor, of_major, of_all) {
        (_, _, _, None) | (VersionPolicy::Any, ..) => true,
        (VersionPolicy::Newer, of_minor, _, Some(of_all)) => core > *of_minor.unwrap_or(of_all),
        (VersionPolicy::Increment, Some(last), ..) => core.patch() == last.patch() + 1,
        (VersionPolicy::Increment, None, Some(last), _) => {
            core == Version::of(last.major(), last.minor() + 1, 0)
        }
        (VersionPolicy::Increment, None, None, Some(last)) => {
            core == Version::of(last.major() + 1, 0, 0)
        }
    }
}

#[test]
fn nearest_release_decides_as_all_of_them_would() {
    let mut decided = [0, 0];
    for set in 0..1 << PUBLISHED.len() {
        let chosen = PUBLISHED
            .iter()
            .enumerate()
            .filter(|(nth, _)| set >> nth & 1 == 1);
        let names: Vec<_> = chosen.map(|(_, name)| (*name).to_owned()).collect();
        let published = versions(&names.iter().map(String::as_str).collect::<Vec<_>>());
        for version in versions(&VERSIONS) {
            let mut wanted = example_wanted();
            wanted.version = version;
            for policy in [
                VersionPolicy::Increment,
                VersionPolicy::Newer,
                VersionPolicy::Any,
            ] {
                // Every tag of these has a release, so that the first one counts.
                let seen = Published {
                    stable: first_of(
                        &wanted.tag_format,
                        &tags_by_distance(policy, &wanted, &names),
                    ),
                    prerelease: first_of(&wanted.tag_format, &prerelease_tags(&wanted, &names)),
                };
                let allowed = is_allowed(policy, &wanted.version, &published);
                let found = finding(policy, &wanted, &seen);
                assert_eq!(
                    found.is_none(),
                    allowed,
                    "{policy:?} {} after {names:?}: {found:?}",
                    wanted.version
                );
                decided[usize::from(allowed)] += 1;
            }
        }
    }
    assert!(decided.iter().all(|count| *count > 1_000), "{decided:?}");
}

#[test]
fn next_versions_begin_with_the_least_step() {
    let after = |highest: &str, least| {
        let next = next_versions(&highest.parse().unwrap(), least);
        next.iter()
            .map(Version::to_string)
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(after("1.2.3", VersionStep::Patch), "1.2.4 1.3.0 2.0.0");
    assert_eq!(after("1.2.3", VersionStep::Minor), "1.3.0 2.0.0");
    assert_eq!(after("0.0.9", VersionStep::Major), "1.0.0");
}

#[test]
fn forced_finding_is_a_warning_with_its_reason() {
    let finding = Diagnostic::error(Code::BranchWrong, "seen", "help");
    let warning = forced(finding, "agreed");
    assert_eq!(warning.severity, Severity::Warning);
    assert_eq!(
        (warning.code, warning.seen.as_str()),
        (Code::BranchWrong, "seen")
    );
    assert!(warning.help.ends_with(": agreed"), "{}", warning.help);
}
