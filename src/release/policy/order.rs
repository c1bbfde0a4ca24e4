//! Which versions may follow the published ones.

use super::{Published, or_force};
use crate::domain::{CandidateForm, Code, Diagnostic, Version, VersionPolicy};
use crate::plan::Wanted;

/// Which of its three numbers a version raises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum VersionStep {
    Patch,
    Minor,
    Major,
}

impl VersionStep {
    /// The first number in which two versions differ.
    pub(crate) fn between(published: &Version, version: &Version) -> Self {
        if published.major() != version.major() {
            Self::Major
        } else if published.minor() != version.minor() {
            Self::Minor
        } else {
            Self::Patch
        }
    }

    /// The version that follows a stable one.
    fn after(self, published: &Version) -> Version {
        let (major, minor) = (published.major(), published.minor());
        match self {
            Self::Patch => Version::of(major, minor, published.patch().saturating_add(1)),
            Self::Minor => Version::of(major, minor.saturating_add(1), 0),
            Self::Major => Version::of(major.saturating_add(1), 0, 0),
        }
    }
}

/// The versions that may come next after the highest stable one, with at least this step, the lowest first.
pub(crate) fn next_versions(highest: &Version, least: VersionStep) -> Vec<Version> {
    let steps = [VersionStep::Patch, VersionStep::Minor, VersionStep::Major];
    let allowed = steps.into_iter().filter(|step| *step >= least);
    allowed.map(|step| step.after(highest)).collect()
}

/// Why the policy does not allow the version, if it does not.
pub(super) fn finding(
    policy: VersionPolicy,
    wanted: &Wanted,
    published: &Published,
) -> Option<Diagnostic> {
    let version = &wanted.version;
    let (seen, instead) = if let Some(higher) = published.prerelease.as_ref()
        && policy != VersionPolicy::Any
        && version.is_prerelease()
        && higher >= version
    {
        (
            not_after_prerelease(version, higher),
            higher.next_prerelease(),
        )
    } else {
        let nearest = published.stable.as_ref()?;
        let version = &version.without_prerelease();
        let step = VersionStep::between(nearest, version);
        let next = next_versions(nearest, step).into_iter().next()?;
        let why = match policy {
            VersionPolicy::Increment if next != *version => ("may not follow", true),
            VersionPolicy::Newer if nearest >= version => ("is not higher than", false),
            _ => return None,
        };
        let (why, names_next) = why;
        let of = line_of(policy, step, nearest);
        let mut seen = format!(
            "{} {why} {nearest}, the highest published release{of}",
            wanted.version
        );
        if names_next {
            seen.push_str(": the next version is ");
            seen.push_str(&next.to_string());
        }
        (seen, next)
    };
    let instead = match (version.is_prerelease(), instead.is_prerelease()) {
        (true, false) => first_prerelease(&instead, version),
        _ => instead,
    };
    let instead = format!("release {}", wanted.tag_format.typed(&instead));
    Some(Diagnostic::error(
        Code::VersionOutOfOrder,
        seen,
        or_force(&instead),
    ))
}

/// The first prerelease of a version, in the form of another one: Lifecycle Manager takes no dot.
fn first_prerelease(version: &Version, like: &Version) -> Version {
    let form = CandidateForm::read(like).map(|(_, form, _)| form);
    let first = form.unwrap_or_default().candidate(version, 1);
    first.unwrap_or_else(|| version.next_prerelease())
}

/// Of which versions the nearest one is the highest.
fn line_of(policy: VersionPolicy, step: VersionStep, nearest: &Version) -> String {
    match (step, policy) {
        (VersionStep::Patch, _) => format!(" of {}.{}", nearest.major(), nearest.minor()),
        (VersionStep::Minor, VersionPolicy::Increment) => format!(" of {}.x", nearest.major()),
        _ => String::new(),
    }
}

fn not_after_prerelease(version: &Version, higher: &Version) -> String {
    let mut seen = format!(
        "{version} is not higher than {higher}, a published prerelease of the same version"
    );
    let (text, other) = (version.to_string(), higher.to_string());
    let letters = |text: &str| text.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let number = |text: &str| text.get(letters(text)..)?.parse::<u64>().ok();
    // The same letters with a higher number after them: whoever typed it meant it to be higher.
    if text.get(..letters(&text)) == other.get(..letters(&other)) && number(&text) > number(&other)
    {
        seen.push_str(": SemVer compares numbers behind letters as texts");
    }
    seen
}
