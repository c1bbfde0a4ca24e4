//! The inputs that say which version may be released, and from where.

use super::input_parser::{Choices, InputParser};
use super::lines;
use crate::cli::VersionRulesInput;
use crate::domain::{Code, Diagnostic, MinorsFrom, PrereleaseRule, VersionPolicy, VersionRules};

const POLICIES: [(&str, VersionPolicy); 3] = [
    ("increment", VersionPolicy::Increment),
    ("newer", VersionPolicy::Newer),
    ("any", VersionPolicy::Any),
];

const PRERELEASES: [(&str, PrereleaseRule); 2] = [
    ("true", PrereleaseRule::Allowed),
    ("false", PrereleaseRule::Refused),
];

/// The rules; what is wrong with them is kept by the parser.
pub(super) fn version_rules(
    parser: &mut InputParser<'_>,
    input: &VersionRulesInput,
) -> VersionRules {
    let policy = input.version_policy.as_deref();
    let policy = parser.choice("version-policy", policy, &Choices::of(&POLICIES));
    let prereleases = input.allow_prerelease.as_deref();
    let prereleases = parser.choice("allow-prerelease", prereleases, &Choices::of(&PRERELEASES));
    let branches = lines(&input.branch_pattern)
        .filter_map(|pattern| parser.take("branch-pattern", pattern.parse()))
        .collect();
    if input.minor_from_main && lines(&input.branch_pattern).next().is_none() {
        parser.missing(
            "branch-pattern",
            "`minor-from-main` needs it for the patches: branch-pattern: release-{major}.{minor}",
        );
    }
    VersionRules {
        policy: policy.unwrap_or_default(),
        prereleases: prereleases.unwrap_or_default(),
        branches,
        minors_from: if input.minor_from_main {
            MinorsFrom::DefaultBranch
        } else {
            MinorsFrom::Patterns
        },
    }
}

/// The reason that is typed for `input`, `force` or `replace-published`; `None` also for a text that is none.
pub(super) fn reason(
    parser: &mut InputParser<'_>,
    input: &str,
    typed: Option<&str>,
) -> Option<String> {
    let reason = typed?.trim();
    if reason.is_empty() {
        parser.missing(input, "say the reason in a few words");
        return None;
    }
    // What an input of the type boolean gives: with `false` every release would have a reason.
    if reason.eq_ignore_ascii_case("true") || reason.eq_ignore_ascii_case("false") {
        let no_reason = Diagnostic::error(
            Code::InputMissing,
            format!("`{reason}` is no reason"),
            format!(
                "say it in a few words, or leave `{input}` out: it is a text, and not a boolean"
            ),
        );
        return parser.take(input, Err(no_reason));
    }
    bounded(parser, input, reason, MOST_OF_REASON)
}

/// The longest name of a branch, in bytes: of no file that git keeps a reference in may the name be longer.
const LONGEST_BRANCH: usize = 255;

/// The name of a branch that exists, which may be any that git takes (<https://git-scm.com/docs/git-check-ref-format>); `None` also for a
/// text that is none.
pub(super) fn existing_branch(
    parser: &mut InputParser<'_>,
    input: &str,
    typed: Option<&str>,
) -> Option<String> {
    let name = typed?.trim();
    let is_wrong = |c: char| c.is_control() || c.is_whitespace() || "~^:?*[\\".contains(c);
    if !name.is_empty() && name.len() <= LONGEST_BRANCH && !name.contains(is_wrong) {
        return Some(name.to_owned());
    }
    let invalid = Diagnostic::value(
        Code::BranchInvalid,
        "branch",
        name,
        "is no name of a branch",
        format!(
            "name a branch that exists, without refs/heads/, such as main, or leave `{input}` out"
        ),
    );
    parser.take(input, Err(invalid))
}

/// The most characters of a reason.
const MOST_OF_REASON: usize = 1_000;

/// A text of a few lines; `None` where it is too long, or has control characters other than line ends and tabs.
pub(super) fn bounded(
    parser: &mut InputParser<'_>,
    input: &str,
    text: &str,
    most: usize,
) -> Option<String> {
    let chars = text.chars().count();
    let is_control = |c: &char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    let found = if chars > most {
        Some((
            format!("has {chars} characters, and may have {most}"),
            "say it in fewer words, and link to the rest",
        ))
    } else {
        let control = text.chars().find(is_control);
        control.map(|c| {
            let seen = format!("contains the control character U+{:04X}", u32::from(c));
            (
                seen,
                "leave control characters out; line ends and tabs are fine",
            )
        })
    };
    match found {
        None => Some(text.to_owned()),
        Some((seen, help)) => {
            let invalid = Diagnostic::error(Code::TextInvalid, seen, help);
            parser.take(input, Err(invalid))
        }
    }
}
