//! What becomes of a release of the same name that is there already, and of its tag: decided here for every case, for `plan`
//! and `draft` alike. `docs/replace.md` is made of it.

use std::fmt;

use super::references::{duplicates, foreign, of_another_commit, tag_elsewhere};
use crate::domain::CommitSha;
use crate::domain::{Code, Diagnostic};
use crate::plan::{Mark, OnExisting, ReleasePlan};
use crate::protocol::Action;
use crate::protocol::SeenRelease;

/// What the inputs `on-existing` and `replace-published` ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplacePolicy {
    Resume,
    Fail,
    Replace,
    /// `on-existing: replace` with a reason to replace what is published, too.
    ReplacePublished,
}

/// What there is of the release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExistingRelease {
    Nothing,
    /// This run's own draft, be it of an earlier attempt.
    Begun,
    /// Two at once, without a lock: those but the first are this plan's own, and empty.
    Surplus,
    /// A draft with our mark, of an earlier run.
    Draft,
    DraftOfAnotherCommit,
    ForeignDraft,
    Several,
    /// Published by this very run.
    Finished,
    Published,
    PublishedOfAnotherCommit,
    ForeignPublished,
    Immutable,
    ImmutableOfAnotherCommit,
    /// The tag's name is one that an immutable release has used up. Nobody sees that before asking for a draft.
    Reserved,
}

/// Where the tag is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagState {
    Absent,
    /// At the commit of this release.
    Here,
    /// At the other commit of the release that is there, and made with it.
    Theirs,
    Elsewhere,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Create,
    GoOn,
    /// Delete what is there, and create anew.
    Replace,
    /// Delete what is surplus, and go on with the first.
    DropSurplus,
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
        match (plan.on_existing, &plan.replace_published) {
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
    pub const ALL: [Self; 14] = [
        Self::Nothing,
        Self::Begun,
        Self::Surplus,
        Self::Draft,
        Self::DraftOfAnotherCommit,
        Self::ForeignDraft,
        Self::Several,
        Self::Finished,
        Self::Published,
        Self::PublishedOfAnotherCommit,
        Self::ForeignPublished,
        Self::Immutable,
        Self::ImmutableOfAnotherCommit,
        Self::Reserved,
    ];

    fn is_of_another_commit(self) -> bool {
        matches!(
            self,
            Self::DraftOfAnotherCommit
                | Self::PublishedOfAnotherCommit
                | Self::ImmutableOfAnotherCommit
        )
    }

    /// The places where a tag can be beside it.
    pub fn tags(self) -> impl Iterator<Item = TagState> {
        let all = [
            TagState::Absent,
            TagState::Here,
            TagState::Theirs,
            TagState::Elsewhere,
        ];
        all.into_iter()
            .filter(move |tag| *tag != TagState::Theirs || self.is_of_another_commit())
    }
}

/// The whole decision.
pub fn decision(policy: ReplacePolicy, there: ExistingRelease, tag: TagState) -> Decision {
    use Decision::{Create, Done, DropSurplus, GoOn, Refuse, Replace};
    let is_here = tag == TagState::Here;
    let elsewhere = matches!(tag, TagState::Elsewhere | TagState::Theirs);
    let unless_elsewhere = |decision| {
        if elsewhere {
            Refuse(Code::TagElsewhere)
        } else {
            decision
        }
    };
    // A tag that came with what is replaced goes with it; any other elsewhere stays, and so nothing can be replaced.
    let replace = match tag {
        TagState::Elsewhere => Refuse(Code::TagElsewhere),
        _ => Replace,
    };
    let done_or = |code| if is_here { Done } else { Refuse(code) };
    match there {
        ExistingRelease::Begun => unless_elsewhere(GoOn),
        ExistingRelease::Surplus => unless_elsewhere(DropSurplus),
        ExistingRelease::Finished => done_or(Code::AlreadyPublished),
        ExistingRelease::Nothing | ExistingRelease::Reserved if elsewhere => {
            Refuse(Code::TagElsewhere)
        }
        ExistingRelease::Nothing | ExistingRelease::Reserved
            if policy == ReplacePolicy::Fail && is_here =>
        {
            Refuse(Code::ReleaseExists)
        }
        ExistingRelease::Nothing => Create,
        ExistingRelease::Reserved => Refuse(Code::TagReserved),
        _ if policy == ReplacePolicy::Fail => Refuse(Code::ReleaseExists),
        ExistingRelease::ForeignDraft => Refuse(Code::DraftForeign),
        ExistingRelease::ForeignPublished => Refuse(Code::ReleaseForeign),
        ExistingRelease::Several => Refuse(Code::ReleaseDuplicates),
        ExistingRelease::Draft | ExistingRelease::DraftOfAnotherCommit if policy.replaces() => {
            replace
        }
        ExistingRelease::Draft => unless_elsewhere(GoOn),
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

/// The same with what it is about.
pub(crate) enum Resolution<'a> {
    Create,
    GoOn(&'a SeenRelease, Mark),
    Replace(&'a SeenRelease, Mark),
    DropSurplus(Vec<Action>),
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
    let surplus = surplus(plan, releases);
    let there = match releases {
        [] => ExistingRelease::Nothing,
        [one] => existing_release(plan, one, ours.as_ref().map(|(_, mark)| mark)),
        _ if surplus.is_some() => ExistingRelease::Surplus,
        _ => ExistingRelease::Several,
    };
    let is_theirs = |at: &CommitSha| matches!(&ours, Some((_, mark)) if mark.commit == *at && !mark.tag_was_there);
    let tag_is = match tag {
        None => TagState::Absent,
        Some(at) if *at == plan.commit => TagState::Here,
        Some(at) if is_theirs(at) => TagState::Theirs,
        Some(_) => TagState::Elsewhere,
    };
    match (
        decision(ReplacePolicy::of(plan), there, tag_is),
        ours,
        surplus,
    ) {
        (Decision::Create, _, _) => Resolution::Create,
        (Decision::GoOn, Some((draft, mark)), _) => Resolution::GoOn(draft, mark),
        (Decision::Replace, Some((release, mark)), _) => Resolution::Replace(release, mark),
        (Decision::Done, Some((release, _)), _) => Resolution::Done(release),
        (Decision::DropSurplus, _, Some(actions)) => Resolution::DropSurplus(actions),
        (Decision::Refuse(code), _, _) => Resolution::Refuse(refusal(code, plan, tag, releases)),
        _ => Resolution::Refuse(duplicates(plan, releases)),
    }
}

fn existing_release(
    plan: &ReleasePlan,
    release: &SeenRelease,
    mark: Option<&Mark>,
) -> ExistingRelease {
    let Some(mark) = mark else {
        return if release.draft {
            ExistingRelease::ForeignDraft
        } else {
            ExistingRelease::ForeignPublished
        };
    };
    let same_commit = mark.commit == plan.commit;
    match (release.draft, release.immutable, same_commit) {
        (true, ..) if same_commit && mark.run == plan.run => ExistingRelease::Begun,
        (false, ..) if same_commit && mark.run == plan.run => ExistingRelease::Finished,
        (true, _, true) => ExistingRelease::Draft,
        (true, _, false) => ExistingRelease::DraftOfAnotherCommit,
        (false, true, true) => ExistingRelease::Immutable,
        (false, true, false) => ExistingRelease::ImmutableOfAnotherCommit,
        (false, false, true) => ExistingRelease::Published,
        (false, false, false) => ExistingRelease::PublishedOfAnotherCommit,
    }
}

/// Two that made drafts at once, without a lock, agree by the lowest id. What is deleted is this plan's own, and empty.
fn surplus(plan: &ReleasePlan, releases: &[SeenRelease]) -> Option<Vec<Action>> {
    let (lowest, others) = releases.split_first()?;
    Mark::find(&lowest.body).filter(|mark| mark.commit == plan.commit)?;
    let delete = |draft: &SeenRelease| {
        let ours = Mark::find(&draft.body).is_some_and(|mark| mark.plan == plan.digest());
        (draft.draft && draft.assets.is_empty() && ours).then(|| Action::DeleteRelease {
            release: draft.id,
            tag: plan.tag.clone(),
            published: false,
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
        plan.version.next_patch()
    );
    let mark = releases.first().and_then(|one| Mark::find(&one.body));
    match (code, releases, mark, tag) {
        (Code::DraftForeign | Code::ReleaseForeign, [one], ..) => foreign(plan, one),
        (Code::DraftOfAnotherCommit, _, Some(mark), _) => of_another_commit(plan, &mark),
        (Code::TagElsewhere, _, _, Some(at)) => {
            tag_elsewhere(&plan.tag, &plan.version, &plan.commit, at, releases)
        }
        (Code::ReleaseExists, ..) => Diagnostic::error(
            Code::ReleaseExists,
            format!("{} already has {}", plan.tag, what_exists(tag, releases)),
            format!("set `on-existing: resume` to go on with it, or {next}"),
        ),
        (Code::ReleaseImmutable, [one], ..) => Diagnostic::error(
            Code::ReleaseImmutable,
            format!(
                "{} is published and immutable ({}): GitHub lets nobody replace it",
                plan.tag, one.url
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
                    "{} is published ({}), of {}, and {now}; this release is of {}",
                    plan.tag,
                    one.url,
                    mark.commit.short(),
                    plan.commit.short()
                ),
                format!(
                    "{next}; to replace what is published, set `on-existing: replace` and give the reason as `replace-published`"
                ),
            )
        }
        _ => duplicates(plan, releases),
    }
}

fn what_exists(tag: Option<&CommitSha>, releases: &[SeenRelease]) -> String {
    let tag = tag.map(|at| format!("a tag at {}", at.short()));
    let releases = releases.iter().map(|r| {
        let kind = if r.draft {
            "a draft release"
        } else {
            "a published release"
        };
        format!("{kind} (id {})", r.id)
    });
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
            Self::Begun => "this run's own draft",
            Self::Surplus => "two drafts, the later one of this plan and empty",
            Self::Draft => "our draft",
            Self::DraftOfAnotherCommit => "our draft of another commit",
            Self::ForeignDraft => "a foreign draft",
            Self::Several => "two drafts",
            Self::Finished => "published by this run",
            Self::Published => "published",
            Self::PublishedOfAnotherCommit => "published, of another commit",
            Self::ForeignPublished => "published by somebody else",
            Self::Immutable => "published and immutable",
            Self::ImmutableOfAnotherCommit => "published and immutable, of another commit",
            Self::Reserved => "reserved tag name",
        })
    }
}

impl fmt::Display for TagState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "absent",
            Self::Here => "at our commit",
            Self::Theirs => "at its commit, made with it",
            Self::Elsewhere => "elsewhere",
        })
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create => f.write_str("create"),
            Self::GoOn => f.write_str("go on"),
            Self::Replace => f.write_str("**replace**"),
            Self::DropSurplus => f.write_str("delete the later one, go on"),
            Self::Done => f.write_str("done already"),
            Self::Refuse(code) => write!(f, "`{code}`"),
        }
    }
}
