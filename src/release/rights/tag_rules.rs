//! Whether rulesets let the token create the tag.
//!
//! GitHub compares names with patterns as Ruby's `File.fnmatch` does with `FNM_PATHNAME`
//! (<https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/creating-rulesets-for-a-repository#using-fnmatch-syntax>).

use std::collections::BTreeSet;

use super::remedies::with_yaml;
use crate::domain::{Code, Diagnostic, ReleaseToken};
use crate::plan::Wanted;
use crate::protocol::SeenTagRuleset;

/// What is known of the creation of the tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TagRules {
    Allow,
    Restrict,
    Unknown,
}

/// The strictest of all rulesets.
pub(super) fn rules_for(
    rulesets: Option<&[SeenTagRuleset]>,
    wanted: &Wanted,
) -> (TagRules, Option<SeenTagRuleset>) {
    let Some(rulesets) = rulesets else {
        return (TagRules::Unknown, None);
    };
    let name = wanted.tag.to_ref();
    let mut unknown = None;
    for ruleset in rulesets.iter().filter(|one| one.restricts_creation) {
        match (is_for(ruleset, &name), ruleset.may_bypass) {
            (Some(false), _) | (_, Some(true)) => {}
            (Some(true), Some(false)) => return (TagRules::Restrict, Some(ruleset.clone())),
            _ => unknown = Some(ruleset.clone()),
        }
    }
    match unknown {
        Some(ruleset) => (TagRules::Unknown, Some(ruleset)),
        None => (TagRules::Allow, None),
    }
}

/// An error where the tag cannot be created for certain, a warning where another token creates it, or where GitHub does not tell.
pub(super) fn finding(
    (rules, ruleset): &(TagRules, Option<SeenTagRuleset>),
    wanted: &Wanted,
    token: ReleaseToken,
) -> Option<Diagnostic> {
    let ruleset = ruleset.as_ref()?;
    let page = ruleset.url.as_deref().unwrap_or("Settings, Rules");
    let seen = format!(
        "the ruleset {:?} restricts the creation of {}",
        ruleset.name,
        wanted.tag.to_ref()
    );
    let help = help(page);
    let is_certain = *rules == TagRules::Restrict && token == ReleaseToken::OfWorkflowRun;
    let finding = if is_certain {
        let seen = format!("{seen}, and this token may not bypass it");
        Diagnostic::error(Code::TagCreationRestricted, seen, help)
    } else {
        let seen = format!("{seen}: the token of `draft` has to be on its bypass list");
        Diagnostic::warning(Code::TagCreationRestricted, seen, help)
    };
    Some(finding)
}

/// What GitHub says of a reference that a ruleset restricts, and of the name of an immutable release that was deleted
/// (<https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/available-rules-for-rulesets#restrict-creations>).
const RESTRICTED: &str = "creations being restricted";

/// The refusal to create the tag, where it is that of a ruleset.
pub(crate) fn refused_tag(wanted: &Wanted, message: &str) -> Option<Diagnostic> {
    message.contains(RESTRICTED).then(|| {
        let seen = format!(
            "the rules of {} restrict the creation of {}, and this token may not bypass them",
            wanted.repository,
            wanted.tag.to_ref()
        );
        Diagnostic::error(
            Code::TagCreationRestricted,
            seen,
            help("Settings, Rules, or those of the organization"),
        )
    })
}

fn help(page: &str) -> String {
    let sentence = format!(
        "let a GitHub App create the tag, and add it to the bypass list of the ruleset ({page})"
    );
    with_yaml(Code::TagCreationRestricted, sentence)
}

/// Whether a ruleset is for a reference; `None` where a pattern is beyond what is read here.
fn is_for(ruleset: &SeenTagRuleset, name: &str) -> Option<bool> {
    let any = |patterns: &[String]| {
        let fits: Vec<_> = patterns.iter().map(|one| matches(one, name)).collect();
        if fits.contains(&Some(true)) {
            Some(true)
        } else if fits.contains(&None) {
            None
        } else {
            Some(false)
        }
    };
    match (any(&ruleset.include), any(&ruleset.exclude)) {
        (Some(false), _) | (_, Some(true)) => Some(false),
        (Some(true), Some(false)) => Some(true),
        _ => None,
    }
}

/// Whether a pattern matches a whole name; `None` for patterns with classes, choices or escapes.
pub(super) fn matches(pattern: &str, name: &str) -> Option<bool> {
    match pattern {
        "~ALL" => Some(true),
        _ if pattern.starts_with('~') => Some(false),
        _ if pattern.contains(['[', '{', '\\']) => None,
        _ => Some(fits(pattern, name)),
    }
}

/// Reads the pattern once, with every place of the name that what was read may lead to: patterns come from the repository, and trying
/// their stars one after another would take time without end.
fn fits(pattern: &str, name: &str) -> bool {
    let mut places = BTreeSet::from([0]);
    let mut pattern = pattern;
    while let Some(next) = pattern.chars().next() {
        let mut after = BTreeSet::new();
        for &place in &places {
            let left = name.get(place..).unwrap_or_default();
            if pattern.starts_with("**/") {
                after.insert(place);
                after.extend(left.match_indices('/').map(|(at, _)| place + at + 1));
            } else if next == '*' {
                let folder = left.find('/').unwrap_or(left.len());
                after.extend((place..=place + folder).filter(|at| name.is_char_boundary(*at)));
            } else {
                let first = left.chars().next();
                let is_any = next == '?' && first != Some('/');
                after.extend(
                    first
                        .filter(|first| is_any || *first == next)
                        .map(|first| place + first.len_utf8()),
                );
            }
        }
        places = after;
        let read = if pattern.starts_with("**/") {
            3
        } else {
            next.len_utf8()
        };
        pattern = pattern.get(read..).unwrap_or_default();
    }
    places.contains(&name.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::example_wanted;

    #[test]
    fn patterns_match_as_those_of_rulesets_do() {
        for (pattern, name, expected) in [
            ("refs/tags/*", "refs/tags/v1.2.0", Some(true)),
            ("refs/tags/v*", "refs/tags/1.2.0", Some(false)),
            ("refs/tags/*", "refs/tags/api/v1.2.0", Some(false)),
            ("refs/tags/**/*", "refs/tags/api/v1.2.0", Some(true)),
            ("refs/tags/**/*", "refs/tags/v1.2.0", Some(true)),
            ("refs/tags/v?.2.0", "refs/tags/v1.2.0", Some(true)),
            ("refs/tags/v?", "refs/tags/v/", Some(false)),
            ("refs/tags/v1.2.0", "refs/tags/v1.2.0", Some(true)),
            ("refs/tags/v1.2.0", "refs/tags/v1.2.0-rc1", Some(false)),
            ("~ALL", "refs/tags/v1.2.0", Some(true)),
            ("~DEFAULT_BRANCH", "refs/tags/v1.2.0", Some(false)),
            ("refs/tags/v[0-9]*", "refs/tags/v1.2.0", None),
            ("refs/**/v*-*", "refs/tags/a/v1.2.0-rc1", Some(true)),
            (
                "*a".repeat(40).as_str(),
                "a".repeat(250).as_str(),
                Some(true),
            ),
            (
                format!("{}b", "*a".repeat(40)).as_str(),
                "a".repeat(250).as_str(),
                Some(false),
            ),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    fn ruleset(include: &str, exclude: Option<&str>, may_bypass: Option<bool>) -> SeenTagRuleset {
        SeenTagRuleset {
            name: "release tags".into(),
            url: None,
            include: vec![include.into()],
            exclude: exclude.into_iter().map(str::to_owned).collect(),
            restricts_creation: true,
            may_bypass,
        }
    }

    #[test]
    fn strictest_ruleset_decides_and_unknown_is_never_allowed() {
        let wanted = example_wanted();
        let of = |rulesets: &[SeenTagRuleset]| rules_for(Some(rulesets), &wanted).0;
        let all = "refs/tags/*";
        assert_eq!(of(&[]), TagRules::Allow);
        assert_eq!(of(&[ruleset(all, None, Some(false))]), TagRules::Restrict);
        assert_eq!(of(&[ruleset(all, None, Some(true))]), TagRules::Allow);
        assert_eq!(of(&[ruleset(all, None, None)]), TagRules::Unknown);
        assert_eq!(
            of(&[ruleset(all, Some("refs/tags/v*"), Some(false))]),
            TagRules::Allow
        );
        assert_eq!(
            of(&[ruleset("refs/tags/[v]*", None, Some(false))]),
            TagRules::Unknown
        );
        assert_eq!(
            of(&[ruleset(all, None, None), ruleset("~ALL", None, Some(false)),]),
            TagRules::Restrict
        );
        assert_eq!(rules_for(None, &wanted).0, TagRules::Unknown);
        let other = SeenTagRuleset {
            restricts_creation: false,
            ..ruleset(all, None, Some(false))
        };
        assert_eq!(of(&[other]), TagRules::Allow);
    }

    #[test]
    fn only_the_run_s_own_token_is_refused() {
        let wanted = example_wanted();
        let finding = |may_bypass, token| {
            let rules = rules_for(Some(&[ruleset("refs/tags/*", None, may_bypass)]), &wanted);
            finding(&rules, &wanted, token).map(|finding| finding.is_error())
        };
        assert_eq!(
            finding(Some(false), ReleaseToken::OfWorkflowRun),
            Some(true)
        );
        assert_eq!(finding(Some(false), ReleaseToken::Other), Some(false));
        assert_eq!(finding(None, ReleaseToken::OfWorkflowRun), Some(false));
        assert_eq!(finding(Some(true), ReleaseToken::OfWorkflowRun), None);
    }
}
