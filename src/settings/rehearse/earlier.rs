//! The versions that a repository has released before.

use crate::domain::{TagFormat, Version};

/// The tags of up to two versions below this one, the newest first, so that there is something to release after.
pub(super) fn earlier_tags(version: &Version, format: &TagFormat) -> Vec<String> {
    let first = below(version);
    let second = first.as_ref().and_then(below);
    let tags = [first, second].into_iter().flatten();
    tags.filter_map(|version| Some(format.tag(&version).ok()?.as_str().to_owned()))
        .collect()
}

/// The version that this one comes after, if there has to be one: 1.1.0 for 1.2.0 and for its prereleases.
pub(super) fn below(version: &Version) -> Option<Version> {
    let text = version.to_string();
    let core = text.split(['-', '+']).next()?;
    let mut numbers = core.split('.').map(str::parse::<u64>);
    let mut next = || numbers.next()?.ok();
    let lower = match (next()?, next()?, next()?) {
        (major, minor, patch @ 1..) => (major, minor, patch - 1),
        (major, minor @ 1.., 0) => (major, minor - 1, 0),
        (major @ 2.., 0, 0) => (major - 1, 0, 0),
        _ => return None,
    };
    let (major, minor, patch) = lower;
    (lower != (0, 0, 0))
        .then(|| format!("{major}.{minor}.{patch}").parse().ok())
        .flatten()
}
