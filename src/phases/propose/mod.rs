//! `propose`: one pull request with the change that a release needs, in this or another repository, and its merge.
//!
//! Nothing is cloned: the commit is made of git's own objects. Its tree is known beforehand, so that a branch is ours and as wanted
//! exactly if its commit has that tree, whoever made it and when.

mod change;
mod decide;
mod guard;
mod in_the_way;
mod merge;
mod merged;
mod module_change;
mod options;
mod order;
mod refusal;
mod released;
mod scanned_file;
mod see;
#[cfg(test)]
mod tests;
mod text;

use std::time::Duration;

use async_trait::async_trait;

use crate::domain::{BranchName, Code, CommitSha, Diagnostic, Moment};
use crate::plan::Proposal;
use crate::protocol::{
    Action, AfterRefusal, Phase, PhaseId, PhaseReport, PullRequestAction, PullRequestReader,
    Reader, ReleaseFacts, SeenProposal, SeenTarget, ServiceError, Step,
};
use change::ProposedChange;
use decide::{Course, WantedProposal, push};
use merge::{MergeContext, MergeCourse, MergeMemory};
use merged::PastMerge;
pub use options::{LocalChange, MergeGuard, MergeMode, ProposeOptions, ScalarChange};
use refusal::WriteRefusal;
use released::ReleaseGate;
pub use released::{ModuleGoal, PublishedCheck, ReleasedModule};
pub use scanned_file::{ScannedFile, ScannedFormat};
use see::{BranchContent, SeenWork};
use text::ProposalText;

/// How long GitHub may take to show a merge. Its lists were seen to lag by several seconds.
const SHOWN_AFTER: Duration = Duration::from_secs(20);

/// How long a merge or a component is waited for.
const MERGE_TIMEOUT: Duration = Duration::from_mins(30);

/// [`PhaseId::Propose`].
pub struct Propose {
    options: ProposeOptions,
    /// The change, and what is wanted of it: read once, so that a file that is written to meanwhile changes nothing.
    wanted: Option<(WantedProposal, Vec<ProposedChange>)>,
    target: Option<SeenTarget>,
    /// Whether this process has made the branch.
    has_pushed: bool,
    memory: MergeMemory,
    /// When the step began, for answers.
    now: Moment,
    warning: Option<Diagnostic>,
    /// Whether our branch, or our open pull request, was seen or made by this process.
    was_proposed: bool,
    /// Since when the base branch has the change while our pull request is not shown as merged.
    merging_since: Option<Moment>,
    /// For what is proposed of a released version only.
    gate: Option<ReleaseGate>,
}

impl Propose {
    pub fn new(options: ProposeOptions) -> Self {
        Self {
            options,
            wanted: None,
            target: None,
            has_pushed: false,
            memory: MergeMemory::default(),
            now: Moment::default(),
            warning: None,
            was_proposed: false,
            merging_since: None,
            gate: None,
        }
    }

    /// Proposes nothing of a version that is not released as it has to be.
    #[must_use]
    pub fn of_release(options: ProposeOptions, module: ReleasedModule) -> Self {
        Self {
            gate: Some(ReleaseGate::new(module)),
            ..Self::new(options)
        }
    }

    /// Reads the files of the change. The inner error is which of them are missing.
    async fn changes(
        &self,
        reader: Reader<'_>,
    ) -> Result<Result<Vec<ProposedChange>, Vec<Diagnostic>>, ServiceError> {
        let (mut changes, mut missing) = (Vec::new(), Vec::new());
        if let Some(gate) = &self.gate {
            match gate.changes(reader.files).await? {
                Ok(of_release) => changes.extend(of_release),
                Err(findings) => missing.extend(findings),
            }
        }
        match self.options.changes(reader.files).await? {
            Ok(of_options) => changes.extend(of_options),
            Err(findings) => missing.extend(findings),
        }
        Ok(if missing.is_empty() {
            Ok(changes)
        } else {
            Err(missing)
        })
    }

    fn wanted(&self, changes: &[ProposedChange]) -> WantedProposal {
        let options = &self.options;
        WantedProposal {
            proposal: Proposal {
                kind: options.kind,
                tag: options.tag.clone(),
                change: change::digest(changes),
                channel: options.channel.clone(),
            },
            head: options.head.clone(),
            text: ProposalText {
                title: options.title.clone(),
                body: options.body.clone(),
            },
        }
    }

    async fn settled_target(
        &mut self,
        target: &dyn PullRequestReader,
    ) -> Result<SeenTarget, ServiceError> {
        if let Some(known) = &self.target {
            return Ok(known.clone());
        }
        let seen = target.target().await?;
        self.target = Some(seen.clone());
        Ok(seen)
    }

    async fn propose(
        &mut self,
        target: &dyn PullRequestReader,
        wanted: &WantedProposal,
        changes: &[ProposedChange],
    ) -> Result<Step, ServiceError> {
        let settings = self.settled_target(target).await?;
        let base = match &self.options.base {
            Some(base) => base.clone(),
            None => match settings.default_branch.parse() {
                Ok(base) => base,
                Err(finding) => return Ok(Step::Blocked(vec![finding])),
            },
        };
        if base == wanted.head {
            return Ok(Step::Blocked(vec![same_branch(&base)]));
        }
        let Some(base_head) = target.head_of(&base).await? else {
            return Ok(Step::Blocked(vec![no_base(&base, &settings)]));
        };
        let base_head = target.revision(&base_head).await?;
        let (head, proposal) = (&wanted.head, &wanted.proposal);
        let seen = SeenWork::see(target, (head, &base), proposal, changes, base_head).await?;
        let seen = match seen {
            Ok(seen) => seen,
            Err(findings) => return Ok(order::not_possible(self.options.merge, findings)),
        };
        if let Some(finding) = self.replaced(wanted, &seen) {
            return Ok(Step::Blocked(vec![finding]));
        }
        let guard = &self.options.guard;
        let merged = PastMerge::see(target, &seen, proposal, changes, guard).await?;
        let course = decide::decide(wanted, &seen, merged);
        self.was_proposed |= self.has_pushed || seen.is_proposed(&wanted.proposal);
        if course == Course::Unchanged && self.was_proposed {
            // It was merged a moment ago, or somebody else has made the same change.
            let since = *self.merging_since.get_or_insert(self.now);
            if self.now.since(since) < SHOWN_AFTER {
                return Ok(merge::soon(seen.unshown_merge(&wanted.proposal)));
            }
        }
        if let (MergeGuard::OnlyOurs(began), false) =
            (&self.options.guard, matches!(course, Course::Merged(_)))
        {
            let at = &seen.resolved.on.commit;
            if let Some(finding) = guard::moved(target, &base, began, at).await? {
                return Ok(Step::Blocked(vec![finding]));
            }
        }
        match course {
            Course::Refused(finding) => Ok(Step::Blocked(vec![finding])),
            Course::Act(actions) => Ok(Step::Act(actions)),
            Course::Unchanged => Ok(Step::Done(self.unchanged(&seen))),
            // A list may show the merge before its commit.
            Course::Merged(merged) => match merged.pull.merge_commit.clone() {
                Some(commit) => {
                    let pull = &merged.pull;
                    let step = self
                        .after_merge(target, wanted, changes, &seen, pull, &commit)
                        .await?;
                    Ok(merged.noted(step))
                }
                None => {
                    self.merge(target, wanted, changes, &seen, &merged.pull)
                        .await
                }
            },
            Course::Open(pull) if self.options.merge == MergeMode::None => {
                Ok(Step::Done(self.open(&pull, &base)))
            }
            Course::Open(pull) => self.merge(target, wanted, changes, &seen, &pull).await,
        }
    }

    async fn merge(
        &mut self,
        target: &dyn PullRequestReader,
        wanted: &WantedProposal,
        changes: &[ProposedChange],
        seen: &SeenWork,
        pull: &SeenProposal,
    ) -> Result<Step, ServiceError> {
        let state = target.merge_state(pull.number).await?;
        if self.memory.needs_rules(&state, self.now) {
            let required = target.required_checks(&seen.base).await?;
            self.memory.know_rules(required, self.now);
        }
        let head = seen
            .branch
            .as_ref()
            .map_or(&pull.head, |branch| &branch.head.commit);
        let is_on_head = seen
            .branch
            .as_ref()
            .is_some_and(|branch| branch.content == BranchContent::AsWanted { is_on_head: true });
        let context = MergeContext {
            wanted,
            mode: self.options.merge,
            pull,
            head,
            is_on_head,
            allows_auto_merge: self.target.as_ref().and_then(|it| it.allows_auto_merge),
            now: self.now,
        };
        match merge::decide(&context, &state, &mut self.memory) {
            MergeCourse::Step(step) => Ok(step),
            MergeCourse::Renew => Ok(Step::Act(vec![push(wanted, seen)])),
            MergeCourse::Merged(commit) => {
                self.after_merge(target, wanted, changes, seen, pull, &commit)
                    .await
            }
        }
    }

    /// Checks what was merged, and deletes the branch unless GitHub does.
    async fn after_merge(
        &self,
        target: &dyn PullRequestReader,
        wanted: &WantedProposal,
        changes: &[ProposedChange],
        seen: &SeenWork,
        pull: &SeenProposal,
        commit: &CommitSha,
    ) -> Result<Step, ServiceError> {
        let base = &seen.base;
        if let MergeGuard::OnlyOurs(began) = &self.options.guard {
            let merged = target.revision(commit).await?;
            if let Some(finding) = guard::merged(target, base, began, &merged, changes).await? {
                return Ok(Step::Blocked(vec![finding]));
            }
        }
        let github_deletes = self
            .target
            .as_ref()
            .is_some_and(|target| target.deletes_merged_branches == Some(true));
        if let Some(branch) = &seen.branch
            && branch.head.commit == pull.head
            && branch.content != BranchContent::Foreign
            && !github_deletes
            && self.warning.is_none()
        {
            return Ok(Step::Act(vec![Action::PullRequest(
                PullRequestAction::DeleteBranch {
                    branch: wanted.head.clone(),
                    head: branch.head.commit.clone(),
                },
            )]));
        }
        let summary = format!(
            "#{} is merged into {base} as {}",
            pull.number,
            commit.short()
        );
        let report = Self::report(summary, Some(pull), "merged").with("commit", commit);
        Ok(Step::Done(PhaseReport {
            warnings: self.warning.clone().into_iter().collect(),
            ..report
        }))
    }

    /// Two runs that want different changes of one release would go on replacing each other's.
    fn replaced(&self, wanted: &WantedProposal, seen: &SeenWork) -> Option<Diagnostic> {
        let branch = seen.branch.as_ref().filter(|_| self.has_pushed)?;
        let there = Proposal::of_commit(&branch.head.message)?;
        let is_other = there.is_same_purpose(&wanted.proposal) && there != wanted.proposal;
        is_other.then(|| {
            Diagnostic::error(
                Code::ProposalReplaced,
                format!(
                    "another run moved the branch {} to another change for {}, after this one had made it",
                    wanted.head, wanted.proposal.tag
                ),
                "let one run at a time propose changes for a version: give the workflow a `concurrency` group",
            )
            .wanted(wanted.proposal.trailer())
        })
    }

    fn unchanged(&self, seen: &SeenWork) -> PhaseReport {
        let (base, commit) = (&seen.base, &seen.resolved.on.commit);
        let summary = format!(
            "{base} has the change for {} already, at {}",
            self.options.tag,
            commit.short()
        );
        Self::report(summary, None, "unchanged").with("commit", commit)
    }

    fn open(&self, pull: &SeenProposal, base: &BranchName) -> PhaseReport {
        let (number, tag) = (pull.number, &self.options.tag);
        let summary = format!("#{number} proposes the change for {tag} into {base}");
        Self::report(summary, Some(pull), "open").with("commit", "")
    }

    fn report(summary: String, pull: Option<&SeenProposal>, state: &str) -> PhaseReport {
        let number = pull.map(|pull| pull.number.to_string());
        PhaseReport::new(summary)
            .with("pull-request", number.unwrap_or_default())
            .with("pull-request-url", pull.map_or("", |pull| &pull.url))
            .with("head", pull.map_or("", |pull| pull.head.as_str()))
            .with("state", state)
    }
}

fn same_branch(base: &BranchName) -> Diagnostic {
    Diagnostic::error(
        Code::InputsExclusive,
        format!(
            "{base} is both the branch that is proposed and the one that it is to be merged into"
        ),
        "give another `head-branch`, or leave it out",
    )
}

fn no_base(base: &BranchName, target: &SeenTarget) -> Diagnostic {
    let (slug, default) = (&target.slug, &target.default_branch);
    Diagnostic::error(
        Code::BranchMissing,
        format!("{slug} has no branch {base}"),
        format!("set `base-branch` to a branch that exists, such as {default}"),
    )
}

#[async_trait]
impl Phase for Propose {
    fn id(&self) -> PhaseId {
        PhaseId::Propose
    }

    fn default_timeout(&self) -> Duration {
        match self.options.merge {
            MergeMode::None if self.gate.is_none() => self.id().default_timeout(),
            _ => MERGE_TIMEOUT,
        }
    }

    async fn step(&mut self, reader: Reader<'_>) -> Result<Step, ServiceError> {
        self.now = reader.now;
        if let Some(gate) = &mut self.gate
            && let Some(step) = gate.look(reader).await?
        {
            return Ok(step);
        }
        let (wanted, changes) = match self.wanted.take() {
            Some(known) => known,
            None => match self.changes(reader).await? {
                Ok(changes) => (self.wanted(&changes), changes),
                Err(findings) => return Ok(Step::Blocked(findings)),
            },
        };
        let step = self.propose(reader.target, &wanted, &changes).await;
        self.wanted = Some((wanted, changes));
        let step = step?;
        // What was true when the pull request was opened may be so no more.
        if let (Some(gate), true) = (&mut self.gate, merge::is_merge(&step))
            && let Some(step) = gate.look_again(reader).await?
        {
            return Ok(step);
        }
        Ok(step)
    }

    fn answered(&mut self, action: &Action, answer: &Result<(), ServiceError>, _sent: Moment) {
        if matches!(action, Action::PullRequest(PullRequestAction::Push(_))) && answer.is_ok() {
            self.has_pushed = true;
        }
    }

    fn refused(&mut self, action: &Action, refusal: &ServiceError) -> AfterRefusal {
        let Action::PullRequest(action) = action else {
            return AfterRefusal::Stop;
        };
        match refusal::of(action, refusal) {
            WriteRefusal::Final => AfterRefusal::Stop,
            WriteRefusal::Explained(finding) => AfterRefusal::Blocked(finding),
            WriteRefusal::NotYet { head, why } => {
                self.memory.hold(&head, why, self.now);
                AfterRefusal::Continue
            }
            WriteRefusal::Unimportant(warning) => {
                self.warning = Some(warning);
                AfterRefusal::Continue
            }
        }
    }

    fn known(&self) -> ReleaseFacts {
        ReleaseFacts {
            tag: Some(self.options.tag.clone()),
            ..ReleaseFacts::default()
        }
    }

    fn later(&self, foreseen: &[Action]) -> Vec<String> {
        let is_new =
            |action: &Action| matches!(action, Action::PullRequest(PullRequestAction::Open(_)));
        let words = match self.options.merge {
            MergeMode::Squash => "merge it, once nothing is in the way",
            MergeMode::Auto => "let GitHub merge it, once nothing is in the way",
            MergeMode::None | MergeMode::Wait => return vec![],
        };
        let is_new = foreseen.iter().any(is_new);
        is_new.then(|| words.to_owned()).into_iter().collect()
    }
}
