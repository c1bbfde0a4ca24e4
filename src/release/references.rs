//! Findings and actions that several phases share.

use crate::domain::{Code, Diagnostic};
use crate::domain::{CommitSha, Digest, Tag};
use crate::plan::{EVIDENCE, Mark, ReleasePlan, TagWhen, Wanted};
use crate::protocol::Action;
use crate::protocol::{ReleaseKind, SeenRelease};
use ocm_module::read::ExpectedModule;

/// The one release of the plan that carries our mark, draft or published; anything else is said.
pub(crate) fn our_release<'a>(
    plan: &ReleasePlan,
    releases: &'a [SeenRelease],
) -> Result<(&'a SeenRelease, Mark), Diagnostic> {
    match releases {
        [] => Err(Diagnostic::error(
            Code::DraftMissing,
            format!(
                "{} has no release called {}",
                plan.wanted.repository, plan.wanted.tag
            ),
            "run the phase `draft` first; where it has run, the token may not see drafts: that takes `contents: write`",
        )),
        [one] => match Mark::find(&one.body) {
            None if has_lost_mark(plan, one) => Err(mark_lost(plan, one)),
            None => Err(foreign(plan, one)),
            Some(mark) if mark.commit != plan.wanted.commit => Err(of_another_commit(plan, &mark)),
            Some(mark) => Ok((one, mark)),
        },
        many => Err(duplicates(&plan.wanted.tag, many)),
    }
}

/// What the module image of this release is expected to contain.
pub(crate) fn expected_module(plan: &ReleasePlan) -> Option<ExpectedModule<'_>> {
    plan.wanted.module.as_ref().map(|planned| ExpectedModule {
        component: planned.name.as_str(),
        version: &plan.wanted.version,
        commit: &plan.wanted.commit,
    })
}

pub(crate) fn of_another_commit(plan: &ReleasePlan, mark: &Mark) -> Diagnostic {
    Diagnostic::error(
        Code::DraftOfAnotherCommit,
        format!("the release {} was made for {}", plan.wanted.tag, mark.commit.short()),
        format!(
            "run again with `commit: {}` to continue it, or with `on-existing: replace` to start again",
            mark.commit
        ),
    )
    .wanted(format!("a release of {}", plan.wanted.commit.short()))
}

pub(crate) fn foreign(plan: &ReleasePlan, release: &SeenRelease) -> Diagnostic {
    let (code, kind) = match release.kind() {
        ReleaseKind::Draft => (Code::DraftForeign, "draft"),
        ReleaseKind::Published => (Code::ReleaseForeign, "published release"),
    };
    Diagnostic::error(
        code,
        format!(
            "{} already has a {kind} (id {}) that btp-release did not make",
            plan.wanted.tag, release.id
        ),
        format!(
            "delete it by hand if it is not wanted ({}), or release another version, such as {}",
            release.url,
            plan.wanted.next_version()
        ),
    )
}

/// Whether a release without our mark is a draft as [`ReleasePlan`] has it made: called after the tag, and with the commit's full
/// hash as its target, which people hardly ever give.
pub(crate) fn has_lost_mark(plan: &ReleasePlan, release: &SeenRelease) -> bool {
    let wanted = &plan.wanted;
    release.draft && release.name == wanted.tag.as_str() && release.target == wanted.commit.as_str()
}

pub(crate) fn mark_lost(plan: &ReleasePlan, draft: &SeenRelease) -> Diagnostic {
    let wanted = &plan.wanted;
    Diagnostic::error(
        Code::DraftMarkLost,
        format!(
            "the draft {} (id {}) is as btp-release makes it, but its text has no mark of btp-release any more: somebody replaced the whole text, such as with `gh release edit --notes`",
            wanted.tag, draft.id
        ),
        format!(
            "put the mark back, then run again: btp-release discard {} --adopt --repository {}\n\
             or delete the draft by hand ({}), and run again",
            wanted.typed(),
            wanted.repository,
            draft.url
        ),
    )
}

pub(crate) fn duplicates(tag: &Tag, releases: &[SeenRelease]) -> Diagnostic {
    let ids: Vec<_> = releases.iter().map(|r| r.id.to_string()).collect();
    Diagnostic::error(
        Code::ReleaseDuplicates,
        format!(
            "{tag} has {} releases: ids {}",
            releases.len(),
            ids.join(", ")
        ),
        "delete all but one by hand, and run again",
    )
}

pub(crate) fn tag_elsewhere(
    wanted: &Wanted,
    at: &CommitSha,
    releases: &[SeenRelease],
) -> Diagnostic {
    let (tag, typed) = (&wanted.tag, wanted.typed());
    let next = format!("release another version, such as {}", wanted.next_version());
    let help = match releases {
        [one] if one.draft && Mark::find(&one.body).is_some_and(|m| m.commit == *at) => format!(
            "run again with `commit: {at}` to continue the draft that exists, or `btp-release discard {typed}` to delete it"
        ),
        [] => format!(
            "delete the tag if it is a mistake (git push origin :{}), or {next}",
            tag.to_ref()
        ),
        _ => next,
    };
    Diagnostic::error(
        Code::TagElsewhere,
        format!("the tag {tag} points at {}", at.short()),
        help,
    )
    .wanted(wanted.commit.short())
}

/// The plan's tag does not exist. GitHub would create it on publishing, but no builder would have been started by it.
pub(crate) fn tag_missing(plan: &ReleasePlan) -> Diagnostic {
    Diagnostic::error(
        Code::TagMissing,
        format!("the tag {} does not exist", plan.wanted.tag),
        "run the phase `draft` again: it creates the tag, which starts the builders",
    )
}

/// The tag that somebody pushed to start the release does not exist: it is theirs to create.
pub(crate) fn pushed_tag_missing(wanted: &Wanted) -> Diagnostic {
    let (tag, commit) = (&wanted.tag, &wanted.commit);
    Diagnostic::error(
        Code::TagMissing,
        format!("the tag {tag}, on which the workflow runs, does not exist any more"),
        format!(
            "to release it after all, push it again: git push origin {commit}:{}",
            tag.to_ref()
        ),
    )
}

/// One line of the table of artifacts in a release's text.
pub(crate) fn row(name: &str, digest: Digest) -> String {
    format!("| `{name}` | `{digest}` |")
}

/// The line of a table that is too long for a release's text: the evidence has the digests.
pub(crate) fn row_of_many(artifacts: usize) -> String {
    format!("| {artifacts} artifacts | in `{EVIDENCE}` |")
}

/// Whether the tag was created with a release of ours. With `tag-when: publish` that is once the draft has its evidence: a tag
/// that is there before is somebody else's.
pub(crate) fn tag_is_ours(release: &SeenRelease, mark: &Mark, at: &CommitSha) -> bool {
    let has_evidence = || release.assets.iter().any(|asset| asset.name == EVIDENCE);
    let may_be_ours = mark.tag_when == TagWhen::Draft || !release.draft || has_evidence();
    *at == mark.commit && !mark.tag_was_there && may_be_ours
}

/// The tag goes first: as long as the release exists, its mark shows whether the tag is ours.
pub(crate) fn delete_release(
    tag: &Tag,
    at: Option<&CommitSha>,
    ours: &SeenRelease,
    mark: &Mark,
) -> Vec<Action> {
    let ours_at = |at: &&CommitSha| tag_is_ours(ours, mark, at);
    let tag_first = at.filter(ours_at).map(|at| Action::DeleteTag {
        tag: tag.clone(),
        commit: at.clone(),
    });
    let release = Action::DeleteRelease {
        release: ours.id,
        tag: tag.clone(),
        kind: ours.kind(),
    };
    tag_first.into_iter().chain([release]).collect()
}
