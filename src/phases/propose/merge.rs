//! What keeps an open pull request from being merged, and what is done about it.

use std::time::Duration;

use super::decide::WantedProposal;
use crate::domain::{Code, CommitSha, Diagnostic, Moment};
use crate::protocol::{
    Action, CheckState, MergeStatus, Mergeable, NewMerge, PullRequestAction, PullRequestState,
    ReviewState, SeenMergeState, SeenProposal, SeenPullCheck, Step, WaitTime, Waiting,
};

/// The longest pause between two looks.
const POLL: Duration = Duration::from_secs(10);
/// The same for what GitHub works out in a moment.
const SOON: Duration = Duration::from_secs(2);
/// How long a merge that GitHub refused is not asked for again.
const HELD: Duration = Duration::from_secs(20);
/// How many checks are named.
const MOST_NAMED: usize = 10;

/// Who merges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MergeMode {
    /// Nobody is waited for.
    #[default]
    None,
    /// A person, or another program.
    Wait,
    /// This run, by squashing, once nothing is in the way.
    Squash,
    /// GitHub: by auto-merge, or by the merge queue where the base branch has one.
    Auto,
}

/// One thing that keeps a pull request from being merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum InTheWay {
    /// GitHub works it out.
    Unknown,
    Draft,
    Queued(String),
    Running(Vec<String>),
    Failed(Vec<String>),
    ReviewMissing,
    ChangesRequested,
    Conflict,
    Behind,
    /// By a rule that none of the above explains.
    Rule,
}

impl InTheWay {
    /// The line of a wait, after the number of the pull request.
    fn line(&self) -> String {
        match self {
            Self::Unknown => "GitHub works out whether it can be merged".to_owned(),
            Self::Draft => "a draft, which somebody has to mark as ready for review".to_owned(),
            Self::Queued(place) => format!("in the merge queue, {place}"),
            Self::Running(names) => format!("checks are not over: {}", named(names)),
            Self::Failed(names) => format!("checks failed: {}", named(names)),
            Self::ReviewMissing => "a review is missing, not counted".to_owned(),
            Self::ChangesRequested => "changes were requested, not counted".to_owned(),
            Self::Conflict => "conflicts with its base branch".to_owned(),
            Self::Behind => "behind its base branch".to_owned(),
            Self::Rule => {
                "blocked by a rule of its base branch, such as a required check that has not begun"
                    .to_owned()
            }
        }
    }

    /// Whether a person has to decide.
    fn is_for_a_person(&self) -> bool {
        matches!(
            self,
            Self::Draft | Self::ReviewMissing | Self::ChangesRequested
        )
    }
}

fn named(names: &[String]) -> String {
    let shown: Vec<_> = names.iter().take(MOST_NAMED).map(String::as_str).collect();
    match names.len().saturating_sub(MOST_NAMED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// All that is in the way of a merge. Where no rule requires a check, all of them count for a merge of our own.
pub(super) fn in_the_way(seen: &SeenMergeState, mode: MergeMode) -> Vec<InTheWay> {
    if let Some(place) = &seen.queue {
        let state = place.state.to_lowercase().replace('_', " ");
        return vec![InTheWay::Queued(format!(
            "at position {}, {state}",
            place.position
        ))];
    }
    let mut found = Vec::new();
    if seen.is_draft || seen.status == MergeStatus::Draft {
        found.push(InTheWay::Draft);
    }
    let is_any_required = seen.checks.iter().any(|check| check.is_required);
    let counts =
        |check: &&SeenPullCheck| check.is_required || !is_any_required && mode == MergeMode::Squash;
    let names = |state: CheckState| -> Vec<String> {
        let checks = seen.checks.iter().filter(counts);
        let checks = checks.filter(|check| check.state == state);
        checks.map(|check| check.name.clone()).collect()
    };
    let (failed, running) = (names(CheckState::Failure), names(CheckState::Pending));
    if !failed.is_empty() {
        found.push(InTheWay::Failed(failed));
    }
    if !running.is_empty() {
        found.push(InTheWay::Running(running));
    }
    match seen.review {
        ReviewState::ChangesRequested => found.push(InTheWay::ChangesRequested),
        ReviewState::Required => found.push(InTheWay::ReviewMissing),
        ReviewState::NotRequired | ReviewState::Approved => {}
    }
    match (seen.mergeable, seen.status) {
        (Mergeable::Conflicting, _) | (_, MergeStatus::Dirty) => found.push(InTheWay::Conflict),
        (_, MergeStatus::Behind) => found.push(InTheWay::Behind),
        (_, MergeStatus::Blocked) if found.is_empty() => found.push(InTheWay::Rule),
        (Mergeable::Unknown, _) | (_, MergeStatus::Unknown) if found.is_empty() => {
            found.push(InTheWay::Unknown);
        }
        _ => {}
    }
    found
}

/// What this run remembers of a merge.
#[derive(Clone, Debug, Default)]
pub(super) struct MergeMemory {
    /// The head that was seen in the queue.
    queued: Option<CommitSha>,
    /// The head for which auto-merge was seen to be enabled.
    automatic: Option<CommitSha>,
    /// GitHub's words for refusing to merge a head, and when that was.
    held: Option<(CommitSha, String, Moment)>,
}

impl MergeMemory {
    /// GitHub refused a merge of this head, and may take it later.
    pub(super) fn hold(&mut self, head: &CommitSha, why: String, now: Moment) {
        self.held = Some((head.clone(), why, now));
    }

    fn see(&mut self, seen: &SeenMergeState) {
        if seen.queue.is_some() {
            self.queued = Some(seen.head.clone());
        }
        if seen.has_auto_merge {
            self.automatic = Some(seen.head.clone());
        }
    }

    /// Whether the head was in the queue, or was to be merged by GitHub, and is not any more.
    fn was_withdrawn(&self, seen: &SeenMergeState) -> bool {
        let is_head = |known: &Option<CommitSha>| known.as_ref() == Some(&seen.head);
        seen.queue.is_none()
            && (is_head(&self.queued) || is_head(&self.automatic) && !seen.has_auto_merge)
    }

    fn held(&self, seen: &SeenMergeState, now: Moment) -> Option<&str> {
        let (head, why, since) = self.held.as_ref()?;
        (*head == seen.head && now.since(*since) < HELD).then_some(why)
    }
}

/// What is known beside the state of the pull request.
pub(super) struct MergeContext<'a> {
    pub(super) wanted: &'a WantedProposal,
    pub(super) mode: MergeMode,
    pub(super) pull: &'a SeenProposal,
    /// The head of our branch, which was read as it is wanted.
    pub(super) head: &'a CommitSha,
    /// Whether the branch stands on the head of its base branch.
    pub(super) is_on_head: bool,
    pub(super) allows_auto_merge: Option<bool>,
    pub(super) now: Moment,
}

/// What follows.
#[derive(Debug, PartialEq)]
pub(super) enum MergeCourse {
    /// Merged as this commit.
    Merged(CommitSha),
    /// The commit has to be made anew on the head of the base branch.
    Renew,
    Step(Step),
}

/// Decides about an open pull request whose branch is as wanted.
pub(super) fn decide(
    context: &MergeContext<'_>,
    seen: &SeenMergeState,
    memory: &mut MergeMemory,
) -> MergeCourse {
    memory.see(seen);
    match (seen.state, &seen.merge_commit) {
        (PullRequestState::Merged, Some(commit)) => return MergeCourse::Merged(commit.clone()),
        (PullRequestState::Closed, _) => {
            return blocked(super::decide::closed_pull(context.wanted, context.pull));
        }
        (PullRequestState::Merged, None) => {
            return context.wait(
                &["merged, and GitHub does not show the commit yet".into()],
                SOON,
            );
        }
        (PullRequestState::Open, _) => {}
    }
    if seen.head != *context.head {
        let line = format!("GitHub does not show its head {} yet", context.head.short());
        return context.wait(&[line], SOON);
    }
    if memory.was_withdrawn(seen) {
        return blocked(context.withdrawn());
    }
    let found = in_the_way(seen, context.mode);
    for one in &found {
        match one {
            InTheWay::Failed(names) => return blocked(context.failed(names)),
            InTheWay::Conflict | InTheWay::Behind if !context.is_on_head => {
                return MergeCourse::Renew;
            }
            _ => {}
        }
    }
    if let Some(why) = memory.held(seen, context.now) {
        return context.wait(&[format!("GitHub does not merge it: {why}")], SOON);
    }
    match context.mode {
        MergeMode::Squash if found.is_empty() => context.squash(seen),
        MergeMode::Auto => context.auto(seen, &found),
        MergeMode::None | MergeMode::Wait | MergeMode::Squash => context.wait_for(&found),
    }
}

/// A wait for what GitHub shows in a moment.
pub(super) fn soon(line: String) -> Step {
    Step::Wait(Waiting {
        on: vec![line],
        poll_after: SOON,
        time: WaitTime::Counted,
    })
}

impl MergeContext<'_> {
    fn squash(&self, seen: &SeenMergeState) -> MergeCourse {
        if seen.has_queue {
            return blocked(Diagnostic::error(
                Code::MergeQueueRequired,
                format!(
                    "{} is merged into by a merge queue only, and `merge: squash` would pass it by",
                    self.pull.base
                ),
                "give `merge: auto`, which adds the pull request to the queue",
            ));
        }
        act(PullRequestAction::Merge(self.merge(seen)))
    }

    fn auto(&self, seen: &SeenMergeState, found: &[InTheWay]) -> MergeCourse {
        let merge = self.merge(seen);
        let is_computed = !found.contains(&InTheWay::Unknown);
        match found {
            [] if seen.has_queue => act(PullRequestAction::Enqueue(merge)),
            [] => act(PullRequestAction::Merge(merge)),
            _ if seen.queue.is_some() || seen.has_auto_merge || !is_computed => {
                self.wait_for(found)
            }
            _ if self.allows_auto_merge == Some(false) && seen.has_queue => self.wait_for(found),
            _ if self.allows_auto_merge == Some(false) => blocked(self.no_auto_merge(found)),
            _ => act(PullRequestAction::MergeWhenReady(merge)),
        }
    }

    fn merge(&self, seen: &SeenMergeState) -> NewMerge {
        NewMerge {
            number: self.pull.number,
            node: seen.node.clone(),
            head: self.head.clone(),
        }
    }

    fn wait_for(&self, found: &[InTheWay]) -> MergeCourse {
        if found.is_empty() {
            return self.wait(&["ready to be merged".into()], POLL);
        }
        let lines: Vec<_> = found.iter().map(InTheWay::line).collect();
        let poll = if found == [InTheWay::Unknown] {
            SOON
        } else {
            POLL
        };
        let course = self.wait(&lines, poll);
        // While anything else is awaited as well, the time counts.
        match course {
            MergeCourse::Step(Step::Wait(waiting))
                if found.iter().all(InTheWay::is_for_a_person) =>
            {
                MergeCourse::Step(Step::Wait(Waiting {
                    time: WaitTime::Uncounted,
                    ..waiting
                }))
            }
            course => course,
        }
    }

    fn wait(&self, lines: &[String], poll_after: Duration) -> MergeCourse {
        let number = self.pull.number;
        MergeCourse::Step(Step::Wait(Waiting {
            on: lines
                .iter()
                .map(|line| format!("#{number}: {line}"))
                .collect(),
            poll_after,
            time: WaitTime::Counted,
        }))
    }

    fn failed(&self, names: &[String]) -> Diagnostic {
        Diagnostic::error(
            Code::CheckNotGreen,
            format!("#{}: checks failed: {}", self.pull.number, named(names)),
            format!(
                "run them again, or put right what they found, on {}; then run this job again",
                self.pull.url
            ),
        )
    }

    fn withdrawn(&self) -> Diagnostic {
        Diagnostic::error(
            Code::MergeWithdrawn,
            format!(
                "#{} was in the merge queue or had auto-merge enabled, and has not any more",
                self.pull.number
            ),
            format!(
                "see on {} who took it out, or which check failed in the queue; then run this job again",
                self.pull.url
            ),
        )
    }

    fn no_auto_merge(&self, found: &[InTheWay]) -> Diagnostic {
        let lines: Vec<_> = found.iter().map(InTheWay::line).collect();
        Diagnostic::error(
            Code::AutoMergeOff,
            format!(
                "#{} cannot be merged yet ({}), and the repository does not allow auto-merge",
                self.pull.number,
                lines.join("; ")
            ),
            "check *Allow auto-merge* under *Settings, General, Pull Requests* of the repository, or give `merge: squash` or `merge: wait`",
        )
    }
}

/// Whether a step merges, or has GitHub merge.
pub(super) fn is_merge(step: &Step) -> bool {
    let Step::Act(actions) = step else {
        return false;
    };
    let merges = |action: &Action| {
        matches!(
            action,
            Action::PullRequest(
                PullRequestAction::Merge(_)
                    | PullRequestAction::MergeWhenReady(_)
                    | PullRequestAction::Enqueue(_)
            )
        )
    };
    actions.iter().any(merges)
}

fn act(action: PullRequestAction) -> MergeCourse {
    MergeCourse::Step(Step::Act(vec![Action::PullRequest(action)]))
}

fn blocked(finding: Diagnostic) -> MergeCourse {
    MergeCourse::Step(Step::Blocked(vec![finding]))
}
