//! What is done about an open pull request that is to be merged.

use std::collections::BTreeSet;
use std::time::Duration;

use super::decide::WantedProposal;
use super::in_the_way::{InTheWay, in_the_way, named};
use super::options::MergeMode;
use crate::domain::{Code, CommitSha, Diagnostic, Moment};
use crate::protocol::{
    Action, MergeStatus, NewMerge, PullRequestAction, PullRequestState, SeenMergeState,
    SeenProposal, Step, WaitTime, Waiting,
};

/// The longest pause between two looks.
const POLL: Duration = Duration::from_secs(10);
/// The same for what GitHub works out in a moment.
const SOON: Duration = Duration::from_secs(2);
/// How long a merge that GitHub refused is not asked for again.
const HELD: Duration = Duration::from_secs(20);
/// After which time it is said why checks may never begin, and how long the rules of the base branch are taken to be as they were read.
const NOT_BEGUN: Duration = Duration::from_mins(3);

/// What this run remembers of a merge.
#[derive(Clone, Debug, Default)]
pub(super) struct MergeMemory {
    /// The head that was seen in the queue.
    queued: Option<CommitSha>,
    /// The head for which auto-merge was seen to be enabled.
    automatic: Option<CommitSha>,
    /// GitHub's words for refusing to merge a head, and when that was.
    held: Option<(CommitSha, String, Moment)>,
    /// What the base branch requires, and when it was read.
    required: Option<(Moment, Option<BTreeSet<String>>)>,
    /// The head whose checks have not begun, and since when.
    not_begun: Option<(CommitSha, Moment)>,
}

impl MergeMemory {
    /// GitHub refused a merge of this head, and may take it later.
    pub(super) fn hold(&mut self, head: &CommitSha, why: String, now: Moment) {
        self.held = Some((head.clone(), why, now));
    }

    /// Whether the rules of the base branch would explain more, and are to be read.
    pub(super) fn needs_rules(&self, seen: &SeenMergeState, now: Moment) -> bool {
        let is_known = |(at, _): &(Moment, _)| now.since(*at) < NOT_BEGUN;
        seen.state == PullRequestState::Open
            && seen.status == MergeStatus::Blocked
            && !self.required.as_ref().is_some_and(is_known)
    }

    /// What the base branch requires, where that may be read.
    pub(super) fn know_rules(&mut self, required: Option<BTreeSet<String>>, now: Moment) {
        self.required = Some((now, required));
    }

    fn required(&self) -> Option<&BTreeSet<String>> {
        self.required.as_ref()?.1.as_ref()
    }

    /// Whether the required checks of the head have not begun for so long that they may never.
    fn may_never_begin(&mut self, seen: &SeenMergeState, found: &[InTheWay], now: Moment) -> bool {
        let is_so = |one: &InTheWay| matches!(one, InTheWay::NotBegun(_));
        if !found.iter().any(is_so) {
            self.not_begun = None;
            return false;
        }
        let known = self.not_begun.take().filter(|(head, _)| *head == seen.head);
        let (head, since) = known.unwrap_or_else(|| (seen.head.clone(), now));
        self.not_begun = Some((head, since));
        now.since(since) >= NOT_BEGUN
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
    let found = in_the_way(seen, context.mode, memory.required());
    let may_never_begin = memory.may_never_begin(seen, &found, context.now);
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
        MergeMode::Auto => context.auto(seen, &found, may_never_begin),
        MergeMode::None | MergeMode::Wait | MergeMode::Squash => {
            context.wait_for(&found, may_never_begin)
        }
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

    fn auto(
        &self,
        seen: &SeenMergeState,
        found: &[InTheWay],
        may_never_begin: bool,
    ) -> MergeCourse {
        let merge = self.merge(seen);
        let is_computed = !found.contains(&InTheWay::Unknown);
        match found {
            [] if seen.has_queue => act(PullRequestAction::Enqueue(merge)),
            [] => act(PullRequestAction::Merge(merge)),
            _ if seen.queue.is_some() || seen.has_auto_merge || !is_computed => {
                self.wait_for(found, may_never_begin)
            }
            _ if self.allows_auto_merge == Some(false) && seen.has_queue => {
                self.wait_for(found, may_never_begin)
            }
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

    fn wait_for(&self, found: &[InTheWay], may_never_begin: bool) -> MergeCourse {
        if found.is_empty() {
            return self.wait(&["ready to be merged".into()], POLL);
        }
        let mut lines: Vec<_> = found.iter().map(InTheWay::line).collect();
        if may_never_begin {
            lines.push(self.why_none_begins());
        }
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

    /// The usual reason for which no check begins, and the remedy.
    fn why_none_begins(&self) -> String {
        let base = &self.pull.base;
        if self.pull.is_of_job {
            return "it was opened with the token of a job, so that its workflows wait for somebody to approve them on its page; where GitHub asks for no approval, close and reopen it. With `app-id` and `app-private-key` of a GitHub App (for another repository `target-app-id` and `target-app-private-key`) they begin by themselves".to_owned();
        }
        format!(
            "no workflow reports these names at its head: compare them with the names of the checks that ran for other pull requests into {base}, and correct the rule of {base} or the workflow's `on.pull_request`"
        )
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
