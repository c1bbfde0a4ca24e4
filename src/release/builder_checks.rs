//! The checks of the builders, which make the artifacts.

use std::collections::BTreeSet;

use crate::domain::NamePattern;
use crate::protocol::SeenCheck;

/// The checks that one name or pattern means.
pub(crate) fn matching<'a>(
    pattern: &'a NamePattern,
    checks: &'a [SeenCheck],
) -> impl Iterator<Item = &'a SeenCheck> {
    checks.iter().filter(|check| pattern.matches(&check.name))
}

/// One line for each builder: its state, or that it has not started.
pub(crate) fn lines(builders: &[NamePattern], checks: &[SeenCheck]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let lines = builders.iter().flat_map(|pattern| {
        let mut found: Vec<String> = matching(pattern, checks)
            .map(|check| format!("builder {}: {}", check.name, check.state))
            .collect();
        if found.is_empty() {
            found.push(format!("builder {pattern}: not started"));
        }
        found
    });
    // Several patterns may match the same builder.
    lines.filter(|line| seen.insert(line.clone())).collect()
}
