//! Versions with and without `v`: what exists in the other spelling, and whether this release has the one of the release before.

use super::state::PlanState;
use crate::domain::{Code, Diagnostic, Spelling};
use crate::plan::{ReleasePlan, Wanted};
use crate::release::other_releases::other_spelling;

/// `v1.2.0` and `1.2.0` are one version, which is released once. A tag alone of the other spelling does not matter if it names
/// this commit, nor does anything that came after this release was published.
pub(super) fn version_exists(wanted: &Wanted, seen: &PlanState) -> Option<Diagnostic> {
    let (tag, other) = seen.respelled.as_ref()?;
    let next = format!("release another version, such as {}", wanted.next_version());
    let (what, help) = match (other.releases.first(), &other.tag) {
        _ if seen.release.is_published() => return None,
        (Some(release), _) => {
            let spelling = wanted.tag_format.spelling().other();
            (
                format!("a {} release ({})", release.kind(), release.url),
                format!(
                    "to continue that one, {}; otherwise {next}",
                    respell(wanted, spelling)
                ),
            )
        }
        (None, Some(at)) if *at != wanted.commit => (
            format!("a tag at {}", at.short()),
            format!(
                "delete that tag if it is a mistake (git push origin :{}), or {next}",
                tag.to_ref()
            ),
        ),
        (None, _) => return None,
    };
    let seen = format!("{} exists as {tag}, which has {what}", wanted.version);
    Some(Diagnostic::error(Code::VersionExists, seen, help))
}

pub(super) fn spelling_differs(plan: &ReleasePlan) -> Option<Diagnostic> {
    let (wanted, previous) = (&plan.wanted, plan.previous_tag.as_ref()?);
    let spelling = other_spelling(wanted, previous)?;
    let seen = format!(
        "{} is {}, and {previous}, the release before, is {spelling}",
        wanted.tag,
        spelling.other()
    );
    let help = format!("if that is a slip, {}", respell(wanted, spelling));
    Some(Diagnostic::warning(Code::SpellingDiffers, seen, help))
}

/// What to type for the same version with another spelling.
fn respell(wanted: &Wanted, spelling: Spelling) -> String {
    let format = wanted.tag_format.spelled(spelling);
    let typed = format.typed(&wanted.version);
    if wanted.tag_format.typed(&wanted.version) == wanted.tag.as_str() {
        format!("type {typed} (with a `tag-format`: {format})")
    } else {
        format!("set `tag-format: {format}`")
    }
}
