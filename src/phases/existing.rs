//! What becomes of a release of the same name that is there already, and of its tag: decided here for every case, for `plan`
//! and `draft` alike. `docs/replace.md` is made of it.

use std::fmt;

use super::Action;
use super::shared::{duplicates, foreign, of_another_commit, tag_elsewhere};
use crate::domain::CommitSha;
use crate::domain::{Code, Diagnostic};
use crate::plan::{Mark, OnExisting, ReleasePlan};
use crate::ports::SeenRelease;

/// What the inputs `on-existing` and `replace-published` ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    Resume,
    Fail,
    Replace,
    /// `on-existing: replace` with a reason to replace what is published, too.
    ReplacePublished,
}

/// What there is of the release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum There {
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
pub enum TagIs {
    Absent,
    /// At the commit of this release.
    Here,
    /// At the other commit of the release that is there, and made with it.
    Theirs,
    Elsewhere,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    Create,
    GoOn,
    /// Delete what is there, and create anew.
    Replace,
    /// Delete what is surplus, and go on with the first.
    DropSurplus,
    Done,
    Refuse(Code),
}

impl Policy {
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

impl There {
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
    pub fn tags(self) -> impl Iterator<Item = TagIs> {
        let all = [TagIs::Absent, TagIs::Here, TagIs::Theirs, TagIs::Elsewhere];
        all.into_iter()
            .filter(move |tag| *tag != TagIs::Theirs || self.is_of_another_commit())
    }
}

/// The whole decision.
pub fn course(policy: Policy, there: There, tag: TagIs) -> Course {
    use Course::{Create, Done, DropSurplus, GoOn, Refuse, Replace};
    let is_here = tag == TagIs::Here;
    let elsewhere = matches!(tag, TagIs::Elsewhere | TagIs::Theirs);
    let unless_elsewhere = |course| {
        if elsewhere {
            Refuse(Code::TagElsewhere)
        } else {
            course
        }
    };
    // A tag that came with what is replaced goes with it; any other elsewhere stays, and so nothing can be replaced.
    let replace = match tag {
        TagIs::Elsewhere => Refuse(Code::TagElsewhere),
        _ => Replace,
    };
    let done_or = |code| if is_here { Done } else { Refuse(code) };
    match there {
        There::Begun => unless_elsewhere(GoOn),
        There::Surplus => unless_elsewhere(DropSurplus),
        There::Finished => done_or(Code::AlreadyPublished),
        There::Nothing | There::Reserved if elsewhere => Refuse(Code::TagElsewhere),
        There::Nothing | There::Reserved if policy == Policy::Fail && is_here => {
            Refuse(Code::ReleaseExists)
        }
        There::Nothing => Create,
        There::Reserved => Refuse(Code::TagReserved),
        _ if policy == Policy::Fail => Refuse(Code::ReleaseExists),
        There::ForeignDraft => Refuse(Code::DraftForeign),
        There::ForeignPublished => Refuse(Code::ReleaseForeign),
        There::Several => Refuse(Code::ReleaseDuplicates),
        There::Draft | There::DraftOfAnotherCommit if policy.replaces() => replace,
        There::Draft => unless_elsewhere(GoOn),
        There::DraftOfAnotherCommit => unless_elsewhere(Refuse(Code::DraftOfAnotherCommit)),
        There::Published | There::PublishedOfAnotherCommit
            if policy == Policy::ReplacePublished =>
        {
            replace
        }
        There::Published => done_or(Code::AlreadyPublished),
        There::PublishedOfAnotherCommit => Refuse(Code::AlreadyPublished),
        There::Immutable if policy != Policy::ReplacePublished => done_or(Code::ReleaseImmutable),
        There::Immutable | There::ImmutableOfAnotherCommit => Refuse(Code::ReleaseImmutable),
    }
}

/// The same with what it is about.
pub(super) enum Way<'a> {
    Create,
    GoOn(&'a SeenRelease, Mark),
    Replace(&'a SeenRelease, Mark),
    DropSurplus(Vec<Action>),
    Done(&'a SeenRelease),
    Refuse(Diagnostic),
}

pub(super) fn way<'a>(
    plan: &ReleasePlan,
    tag: Option<&CommitSha>,
    releases: &'a [SeenRelease],
) -> Way<'a> {
    let ours = match releases {
        [one] => Mark::find(&one.body).map(|mark| (one, mark)),
        _ => None,
    };
    let surplus = surplus(plan, releases);
    let there = match releases {
        [] => There::Nothing,
        [one] => there(plan, one, ours.as_ref().map(|(_, mark)| mark)),
        _ if surplus.is_some() => There::Surplus,
        _ => There::Several,
    };
    let is_theirs = |at: &CommitSha| matches!(&ours, Some((_, mark)) if mark.commit == *at && !mark.tag_was_there);
    let tag_is = match tag {
        None => TagIs::Absent,
        Some(at) if *at == plan.commit => TagIs::Here,
        Some(at) if is_theirs(at) => TagIs::Theirs,
        Some(_) => TagIs::Elsewhere,
    };
    match (course(Policy::of(plan), there, tag_is), ours, surplus) {
        (Course::Create, _, _) => Way::Create,
        (Course::GoOn, Some((draft, mark)), _) => Way::GoOn(draft, mark),
        (Course::Replace, Some((release, mark)), _) => Way::Replace(release, mark),
        (Course::Done, Some((release, _)), _) => Way::Done(release),
        (Course::DropSurplus, _, Some(actions)) => Way::DropSurplus(actions),
        (Course::Refuse(code), _, _) => Way::Refuse(refusal(code, plan, tag, releases)),
        _ => Way::Refuse(duplicates(plan, releases)),
    }
}

fn there(plan: &ReleasePlan, release: &SeenRelease, mark: Option<&Mark>) -> There {
    let Some(mark) = mark else {
        return if release.draft {
            There::ForeignDraft
        } else {
            There::ForeignPublished
        };
    };
    let same_commit = mark.commit == plan.commit;
    match (release.draft, release.immutable, same_commit) {
        (true, ..) if same_commit && mark.run == plan.run => There::Begun,
        (false, ..) if same_commit && mark.run == plan.run => There::Finished,
        (true, _, true) => There::Draft,
        (true, _, false) => There::DraftOfAnotherCommit,
        (false, true, true) => There::Immutable,
        (false, true, false) => There::ImmutableOfAnotherCommit,
        (false, false, true) => There::Published,
        (false, false, false) => There::PublishedOfAnotherCommit,
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

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resume => "`resume`",
            Self::Fail => "`fail`",
            Self::Replace => "`replace`",
            Self::ReplacePublished => "`replace` with `replace-published`",
        })
    }
}

impl fmt::Display for There {
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

impl fmt::Display for TagIs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "absent",
            Self::Here => "at our commit",
            Self::Theirs => "at its commit, made with it",
            Self::Elsewhere => "elsewhere",
        })
    }
}

impl fmt::Display for Course {
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
