//! What happens to an existing release of the same name and to its tag: decided here for every case, for `plan` and `draft`
//! alike. The table in `docs/replace.md` is generated from it.

use std::fmt;

use super::references::{
    duplicates, foreign, has_lost_mark, mark_lost, of_another_commit, pushed_tag_missing,
    tag_elsewhere, tag_is_ours,
};
use crate::domain::CommitSha;
use crate::domain::{Code, Diagnostic};
use crate::plan::{Mark, OnExisting, ReleasePlan, VersionFrom};
use crate::protocol::Action;
use crate::protocol::{ReleaseKind, SeenRelease};

/// The requested handling of an existing release, by the inputs `on-existing` and `replace-published`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplacePolicy {
    Resume,
    Fail,
    Replace,
    /// `on-existing: replace` with a reason to replace what is published, too.
    ReplacePublished,
}

/// The existing state of the release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExistingRelease {
    Nothing,
    /// The draft of this run, perhaps of an earlier attempt.
    DraftOfThisRun,
    /// Several that were created at once without a lock: all but the first are of this plan, and have no assets.
    EmptyDuplicates,
    /// A draft with our mark, of an earlier run.
    Draft,
    DraftOfAnotherCommit,
    /// A draft as ours are, of this commit, whose text has no mark any more.
    DraftWithoutMark,
    ForeignDraft,
    SeveralReleases,
    /// Published by this run.
    PublishedByThisRun,
    Published,
    PublishedOfAnotherCommit,
    ForeignPublished,
    Immutable,
    ImmutableOfAnotherCommit,
    /// The tag's name belonged to an immutable release, and GitHub never gives it again. Nothing shows that before a draft is
    /// created.
    ReservedTagName,
}

/// The position of the tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagState {
    Absent,
    /// At the commit of this release.
    AtCommit,
    /// At the commit of the existing release, which is another one, and created together with it.
    AtReplacedCommit,
    Elsewhere,
}

/// The decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Create,
    Resume,
    /// Delete what exists, and create it again.
    Replace,
    /// Delete all but the first, and resume that one.
    DeleteDuplicates,
    Done,
    Refuse(Code),
}

impl ReplacePolicy {
    pub const ALL: [Self; 4] = [
        Self::Resume,
        Self::Fail,
        Self::Replace,
        Self::ReplacePublished,
    ];

    fn of(plan: &ReleasePlan) -> Self {
        match (plan.wanted.on_existing, &plan.wanted.replace_published) {
            (OnExisting::Resume, _) => Self::Resume,
            (OnExisting::Fail, _) => Self::Fail,
            (OnExisting::Replace, None) => Self::Replace,
            (OnExisting::Replace, Some(_)) => Self::ReplacePublished,
        }
    }

    fn replaces(self) -> bool {
        matches!(self, Self::Replace | Self::ReplacePublished)
    }
}

impl ExistingRelease {
    pub const ALL: [Self; 15] = [
        Self::Nothing,
        Self::DraftOfThisRun,
        Self::EmptyDuplicates,
        Self::Draft,
        Self::DraftOfAnotherCommit,
        Self::DraftWithoutMark,
        Self::ForeignDraft,
        Self::SeveralReleases,
        Self::PublishedByThisRun,
        Self::Published,
        Self::PublishedOfAnotherCommit,
        Self::ForeignPublished,
        Self::Immutable,
        Self::ImmutableOfAnotherCommit,
        Self::ReservedTagName,
    ];

    fn is_of_another_commit(self) -> bool {
        matches!(
            self,
            Self::DraftOfAnotherCommit
                | Self::PublishedOfAnotherCommit
                | Self::ImmutableOfAnotherCommit
        )
    }

    /// The possible positions of the tag for this existing release.
    pub fn tags(self) -> impl Iterator<Item = TagState> {
        let all = [
            TagState::Absent,
            TagState::AtCommit,
            TagState::AtReplacedCommit,
            TagState::Elsewhere,
        ];
        all.into_iter()
            .filter(move |tag| *tag != TagState::AtReplacedCommit || self.is_of_another_commit())
    }
}

/// The whole decision.
pub fn decision(policy: ReplacePolicy, existing: ExistingRelease, tag: TagState) -> Decision {
    use Decision::{Create, DeleteDuplicates, Done, Refuse, Replace, Resume};
    let at_commit = tag == TagState::AtCommit;
    let elsewhere = matches!(tag, TagState::Elsewhere | TagState::AtReplacedCommit);
    let unless_elsewhere = |decision| {
        if elsewhere {
            Refuse(Code::TagElsewhere)
        } else {
            decision
        }
    };
    // A tag that was created with what is replaced is deleted with it. Any other tag stays, and then nothing can be replaced.
    let replace = match tag {
        TagState::Elsewhere => Refuse(Code::TagElsewhere),
        _ => Replace,
    };
    let done_or = |code| if at_commit { Done } else { Refuse(code) };
    match existing {
        ExistingRelease::DraftOfThisRun => unless_elsewhere(Resume),
        ExistingRelease::EmptyDuplicates => unless_elsewhere(DeleteDuplicates),
        ExistingRelease::PublishedByThisRun => done_or(Code::AlreadyPublished),
        ExistingRelease::Nothing | ExistingRelease::ReservedTagName if elsewhere => {
            Refuse(Code::TagElsewhere)
        }
        ExistingRelease::Nothing | ExistingRelease::ReservedTagName
            if policy == ReplacePolicy::Fail && at_commit =>
        {
            Refuse(Code::ReleaseExists)
        }
        ExistingRelease::Nothing => Create,
        ExistingRelease::ReservedTagName => Refuse(Code::TagReserved),
        _ if policy == ReplacePolicy::Fail => Refuse(Code::ReleaseExists),
        ExistingRelease::DraftWithoutMark => Refuse(Code::DraftMarkLost),
        ExistingRelease::ForeignDraft => Refuse(Code::DraftForeign),
        ExistingRelease::ForeignPublished => Refuse(Code::ReleaseForeign),
        ExistingRelease::SeveralReleases => Refuse(Code::ReleaseDuplicates),
        ExistingRelease::Draft | ExistingRelease::DraftOfAnotherCommit if policy.replaces() => {
            replace
        }
        ExistingRelease::Draft => unless_elsewhere(Resume),
        ExistingRelease::DraftOfAnotherCommit => {
            unless_elsewhere(Refuse(Code::DraftOfAnotherCommit))
        }
        ExistingRelease::Published | ExistingRelease::PublishedOfAnotherCommit
            if policy == ReplacePolicy::ReplacePublished =>
        {
            replace
        }
        ExistingRelease::Published => done_or(Code::AlreadyPublished),
        ExistingRelease::PublishedOfAnotherCommit => Refuse(Code::AlreadyPublished),
        ExistingRelease::Immutable if policy != ReplacePolicy::ReplacePublished => {
            done_or(Code::ReleaseImmutable)
        }
        ExistingRelease::Immutable | ExistingRelease::ImmutableOfAnotherCommit => {
            Refuse(Code::ReleaseImmutable)
        }
    }
}

/// A decision with the case that it applies to.
pub(crate) enum Resolution<'a> {
    Create,
    Resume(&'a SeenRelease, Mark),
    Replace(&'a SeenRelease, Mark),
    DeleteDuplicates(Vec<Action>),
    Done(&'a SeenRelease),
    Refuse(Diagnostic),
}

pub(crate) fn resolve<'a>(
    plan: &ReleasePlan,
    tag: Option<&CommitSha>,
    releases: &'a [SeenRelease],
) -> Resolution<'a> {
    let ours = match releases {
        [one] => Mark::find(&one.body).map(|mark| (one, mark)),
        _ => None,
    };
    let duplicates_to_delete = empty_duplicates(plan, releases);
    let existing = match releases {
        [] => ExistingRelease::Nothing,
        [one] => existing_release(plan, one, ours.as_ref().map(|(_, mark)| mark)),
        _ if duplicates_to_delete.is_some() => ExistingRelease::EmptyDuplicates,
        _ => ExistingRelease::SeveralReleases,
    };
    let was_created_with_it =
        |at: &CommitSha| matches!(&ours, Some((release, mark)) if tag_is_ours(release, mark, at));
    let is_given = plan.wanted.version_from == VersionFrom::Ref;
    let tag_state = match tag {
        None => TagState::Absent,
        // A tag that somebody pushed to start the release is no release that exists.
        Some(at) if *at == plan.wanted.commit && is_given && releases.is_empty() => {
            TagState::Absent
        }
        Some(at) if *at == plan.wanted.commit => TagState::AtCommit,
        Some(at) if was_created_with_it(at) => TagState::AtReplacedCommit,
        Some(_) => TagState::Elsewhere,
    };
    match (
        decision(ReplacePolicy::of(plan), existing, tag_state),
        ours,
        duplicates_to_delete,
    ) {
        (Decision::Create | Decision::Resume | Decision::Replace, ..)
            if is_given && tag.is_none() =>
        {
            Resolution::Refuse(pushed_tag_missing(&plan.wanted))
        }
        (Decision::Create, _, _) => Resolution::Create,
        (Decision::Resume, Some((draft, mark)), _) => Resolution::Resume(draft, mark),
        (Decision::Replace, Some((release, mark)), _) => Resolution::Replace(release, mark),
        (Decision::Done, Some((release, _)), _) => Resolution::Done(release),
        (Decision::DeleteDuplicates, _, Some(actions)) => Resolution::DeleteDuplicates(actions),
        (Decision::Refuse(code), _, _) => Resolution::Refuse(refusal(code, plan, tag, releases)),
        _ => Resolution::Refuse(duplicates(&plan.wanted.tag, releases)),
    }
}

fn existing_release(
    plan: &ReleasePlan,
    release: &SeenRelease,
    mark: Option<&Mark>,
) -> ExistingRelease {
    let Some(mark) = mark else {
        return match release.kind() {
            ReleaseKind::Draft if has_lost_mark(plan, release) => ExistingRelease::DraftWithoutMark,
            ReleaseKind::Draft => ExistingRelease::ForeignDraft,
            ReleaseKind::Published => ExistingRelease::ForeignPublished,
        };
    };
    let same_commit = mark.commit == plan.wanted.commit;
    match (release.draft, release.immutable, same_commit) {
        (true, ..) if same_commit && mark.run == plan.wanted.run => ExistingRelease::DraftOfThisRun,
        (false, ..) if same_commit && mark.run == plan.wanted.run => {
            ExistingRelease::PublishedByThisRun
        }
        (true, _, true) => ExistingRelease::Draft,
        (true, _, false) => ExistingRelease::DraftOfAnotherCommit,
        (false, true, true) => ExistingRelease::Immutable,
        (false, true, false) => ExistingRelease::ImmutableOfAnotherCommit,
        (false, false, true) => ExistingRelease::Published,
        (false, false, false) => ExistingRelease::PublishedOfAnotherCommit,
    }
}

/// Two runs that created drafts at once, without a lock, both keep the one with the lowest id. What is deleted is of this plan,
/// and has no assets.
fn empty_duplicates(plan: &ReleasePlan, releases: &[SeenRelease]) -> Option<Vec<Action>> {
    let (lowest, others) = releases.split_first()?;
    Mark::find(&lowest.body).filter(|mark| mark.commit == plan.wanted.commit)?;
    let delete = |draft: &SeenRelease| {
        let ours = Mark::find(&draft.body).is_some_and(|mark| mark.plan == plan.digest());
        (draft.draft && draft.assets.is_empty() && ours).then(|| Action::DeleteRelease {
            release: draft.id,
            tag: plan.wanted.tag.clone(),
            kind: ReleaseKind::Draft,
        })
    };
    others.iter().map(delete).collect()
}

fn refusal(
    code: Code,
    plan: &ReleasePlan,
    tag: Option<&CommitSha>,
    releases: &[SeenRelease],
) -> Diagnostic {
    let next = format!(
        "release another version, such as {}",
        plan.wanted.next_version()
    );
    let mark = releases.first().and_then(|one| Mark::find(&one.body));
    match (code, releases, mark, tag) {
        (Code::DraftForeign | Code::ReleaseForeign, [one], ..) => foreign(plan, one),
        (Code::DraftMarkLost, [one], ..) => mark_lost(plan, one),
        (Code::DraftOfAnotherCommit, _, Some(mark), _) => of_another_commit(plan, &mark),
        (Code::TagElsewhere, _, _, Some(at)) => tag_elsewhere(&plan.wanted, at, releases),
        (Code::ReleaseExists, ..) => Diagnostic::error(
            Code::ReleaseExists,
            format!(
                "{} already has {}",
                plan.wanted.tag,
                what_exists(tag, releases)
            ),
            format!("set `on-existing: resume` to continue it, or {next}"),
        ),
        (Code::ReleaseImmutable, [one], ..) => Diagnostic::error(
            Code::ReleaseImmutable,
            format!(
                "{} is published and immutable ({}): GitHub lets nobody replace it",
                plan.wanted.tag, one.url
            ),
            next,
        ),
        (Code::AlreadyPublished, [one], Some(mark), _) => {
            let now = match tag {
                None => "has no tag any more".to_owned(),
                Some(at) => format!("has its tag at {}", at.short()),
            };
            Diagnostic::error(
                Code::AlreadyPublished,
                format!(
                    "{} is published ({}), of {}, and {now}",
                    plan.wanted.tag,
                    one.url,
                    mark.commit.short()
                ),
                format!(
                    "{next}; to replace what is published, set `on-existing: replace` and give the reason as `replace-published`"
                ),
            )
            .wanted(format!("a release of {}", plan.wanted.commit.short()))
        }
        _ => duplicates(&plan.wanted.tag, releases),
    }
}

fn what_exists(tag: Option<&CommitSha>, releases: &[SeenRelease]) -> String {
    let tag = tag.map(|at| format!("a tag at {}", at.short()));
    let releases = releases
        .iter()
        .map(|r| format!("a {} release (id {})", r.kind(), r.id));
    tag.into_iter()
        .chain(releases)
        .collect::<Vec<_>>()
        .join(", ")
}

impl fmt::Display for ReplacePolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resume => "`resume`",
            Self::Fail => "`fail`",
            Self::Replace => "`replace`",
            Self::ReplacePublished => "`replace` with `replace-published`",
        })
    }
}

impl fmt::Display for ExistingRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "nothing",
            Self::DraftOfThisRun => "this run's own draft",
            Self::EmptyDuplicates => "two drafts, the later one of this plan and empty",
            Self::Draft => "our draft",
            Self::DraftOfAnotherCommit => "our draft of another commit",
            Self::DraftWithoutMark => "our draft, without its mark",
            Self::ForeignDraft => "a foreign draft",
            Self::SeveralReleases => "two drafts",
            Self::PublishedByThisRun => "published by this run",
            Self::Published => "published",
            Self::PublishedOfAnotherCommit => "published, of another commit",
            Self::ForeignPublished => "published by somebody else",
            Self::Immutable => "published and immutable",
            Self::ImmutableOfAnotherCommit => "published and immutable, of another commit",
            Self::ReservedTagName => "reserved tag name",
        })
    }
}

impl fmt::Display for TagState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "absent",
            Self::AtCommit => "at our commit",
            Self::AtReplacedCommit => "at its commit, made with it",
            Self::Elsewhere => "elsewhere",
        })
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create => f.write_str("create"),
            Self::Resume => f.write_str("go on"),
            Self::Replace => f.write_str("**replace**"),
            Self::DeleteDuplicates => f.write_str("delete the later one, go on"),
            Self::Done => f.write_str("done already"),
            Self::Refuse(code) => write!(f, "`{code}`"),
        }
    }
}
