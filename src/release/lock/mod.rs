//! The lock of a tag: a phase that makes, changes or deletes the tag's release runs as [`Locked`], and writes only while it
//! holds the lock.
//!
//! The lock is a reference, which GitHub creates only where there is none
//! (<https://docs.github.com/en/rest/git/refs#create-a-reference>), so that of many runs one succeeds. A lock outlives its
//! owner only if that was killed; then it is taken over, and nothing is done until the last write of the former owner is
//! visible.
//!
//! Looks at the lock, and why there are no more of them: the first request for it needs none, since GitHub refuses a second
//! reference. The answer that it was created is believed for [`BELIEVED_FOR`]. It is read again after that, before what cannot
//! be undone, before it is deleted, and whenever an answer was lost or somebody else holds it.

#[cfg(test)]
mod tests;

use std::time::Duration;

use async_trait::async_trait;

use crate::domain::{Code, Diagnostic};
use crate::domain::{CommitSha, Lock, LockOwner, Moment, SeenLock, Tag};
use crate::protocol::{Action, AfterRefusal, Phase, PhaseId, PhaseReport, ReleaseFacts};
use crate::protocol::{Cause, LockClaim, LockRequest, NewLock, Reader, ServiceError};
use crate::protocol::{Step, WaitTime, Waiting};

/// A lock whose owner's state is unknown is taken over at this age: twice the usual limit of a phase.
const ABANDONED_AFTER: Duration = Duration::from_mins(10);
/// How long a former owner's last write may take to be visible in lists.
const VISIBLE_AFTER: Duration = Duration::from_secs(15);
/// How long a proof that this process holds the lock is good for the writes of a step that begins within this time. A run that
/// takes the lock over, because this one seems to have ended, writes nothing for [`VISIBLE_AFTER`], so that it sees them.
const BELIEVED_FOR: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_secs(5);

/// A phase that needs the lock of a tag.
#[async_trait]
pub trait NeedsLock: Phase {
    fn tag(&self) -> &Tag;

    /// The commit of the release that the phase acts upon; the lock points at it.
    fn commit(&self) -> Option<&CommitSha>;

    /// How the phase handles the lock of another owner when it has nothing to do itself.
    fn when_done(&self) -> WhenDone {
        WhenDone::LeaveToOwner
    }

    /// Completes actions with data that only they need. The data is read while the lock is held.
    ///
    /// # Errors
    ///
    /// As [`Phase::step`].
    async fn complete(
        &mut self,
        _reader: Reader<'_>,
        actions: Vec<Action>,
    ) -> Result<Vec<Action>, ServiceError> {
        Ok(actions)
    }
}

/// How a phase that is done handles the lock of another owner. The lock of an owner that has ended is taken over in any
/// case, so that it is not left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenDone {
    /// The phase is done, regardless of the owner's actions.
    LeaveToOwner,
    /// The phase waits: the owner's actions may require new actions of this phase.
    WaitForOwner,
}

/// A phase that changes something only while it holds the lock of its tag: what it then does was decided from a read that
/// began when the lock was held. The lock is released at the end, whether the phase ended well or not.
///
/// The rules of a repository may refuse such references. Then the phase continues without a lock, and adds a warning.
pub struct Locked<P> {
    phase: P,
    lock: TagLock,
}

impl<P: NeedsLock> Locked<P> {
    pub fn new(phase: P, owner: LockOwner) -> Self {
        let lock = TagLock::new(phase.tag().clone(), owner);
        Self { phase, lock }
    }
}

#[async_trait]
impl<P: NeedsLock> Phase for Locked<P> {
    fn id(&self) -> PhaseId {
        self.phase.id()
    }

    async fn step(&mut self, reader: Reader<'_>) -> Result<Step, ServiceError> {
        match self.phase.step(reader).await? {
            Step::Act(actions) => {
                let before = self.lock.before(reader, self.phase.commit(), &actions);
                if let Some(first) = before.await? {
                    return Ok(first);
                }
                Ok(Step::Act(self.phase.complete(reader, actions).await?))
            }
            Step::Done(report) => {
                let first = self.lock.when_done(reader, self.phase.when_done()).await?;
                Ok(first.unwrap_or_else(|| Step::Done(self.lock.warn(report))))
            }
            step => Ok(step),
        }
    }

    fn answered(&mut self, action: &Action, answer: &Result<(), ServiceError>, sent: Moment) {
        self.lock.answered(action, answer, sent);
        self.phase.answered(action, answer, sent);
    }

    fn refused(&mut self, action: &Action, refusal: &ServiceError) -> AfterRefusal {
        if self.lock.note_refusal(action, refusal) {
            AfterRefusal::Continue
        } else {
            self.phase.refused(action, refusal)
        }
    }

    fn known(&self) -> ReleaseFacts {
        self.phase.known()
    }

    fn later(&self, foreseen: &[Action]) -> Vec<String> {
        self.phase.later(foreseen)
    }

    async fn clean_up(&mut self, reader: Reader<'_>) -> Result<Vec<Action>, ServiceError> {
        self.lock.release(reader).await
    }
}

struct TagLock {
    tag: Tag,
    me: LockOwner,
    /// Distinguishes the attempts to take the lock: a request that lost against another owner may be sent again.
    attempt: u32,
    /// Whether this process ever asked for the lock, and so may hold it.
    asked: bool,
    /// When it was last certain that this process holds the lock.
    held: Option<Moment>,
    /// Why the service refuses locks entirely.
    refusal: Option<String>,
}

impl TagLock {
    fn new(tag: Tag, me: LockOwner) -> Self {
        Self {
            tag,
            me,
            attempt: 0,
            asked: false,
            held: None,
            refusal: None,
        }
    }

    /// The step before the actions; `None` if they may be carried out.
    async fn before(
        &mut self,
        reader: Reader<'_>,
        commit: Option<&CommitSha>,
        actions: &[Action],
    ) -> Result<Option<Step>, ServiceError> {
        let Some(commit) = commit.filter(|_| self.refusal.is_none()) else {
            return Ok(None);
        };
        if self.is_believed(reader.now) && !actions.iter().any(Action::is_final) {
            return Ok(None);
        }
        let decision = if self.asked {
            let seen = reader.github.lock(&self.tag).await?;
            self.decide(reader, seen.as_ref()).await?
        } else {
            LockDecision::Take(None)
        };
        if matches!(decision, LockDecision::Mine) {
            self.held = Some(reader.now);
        }
        let purpose = actions.iter().map(ToString::to_string).collect::<Vec<_>>();
        let wanted = WantedLock {
            commit: commit.clone(),
            purpose: purpose.join(", then "),
        };
        Ok(self.obtain(decision, wanted))
    }

    /// The step before the end of a phase that has nothing to do: a former owner's last write may not be visible yet.
    async fn when_done(
        &mut self,
        reader: Reader<'_>,
        when_done: WhenDone,
    ) -> Result<Option<Step>, ServiceError> {
        if self.refusal.is_some() || self.is_believed(reader.now) {
            return Ok(None);
        }
        let Some(seen) = reader.github.lock(&self.tag).await? else {
            return Ok(None);
        };
        let decision = self.decide(reader, Some(&seen)).await?;
        let is_abandoned = matches!(
            decision,
            LockDecision::Take(_) | LockDecision::AwaitVisibility(_)
        );
        if when_done == WhenDone::LeaveToOwner && !is_abandoned {
            return Ok(None);
        }
        let Some(commit) = seen.commit else {
            return Ok(Some(Step::Blocked(vec![unreadable(&self.tag)])));
        };
        let wanted = WantedLock {
            commit,
            purpose: "see what it left".to_owned(),
        };
        Ok(self.obtain(decision, wanted))
    }

    fn is_believed(&self, now: Moment) -> bool {
        self.held
            .is_some_and(|since| now.since(since) < BELIEVED_FOR)
    }

    /// Believes the answer to a request for the lock.
    fn answered(&mut self, action: &Action, answer: &Result<(), ServiceError>, sent: Moment) {
        let Action::TakeLock(request) = action else {
            return;
        };
        match answer {
            Ok(()) if request.lock.claim == LockClaim::CreateIfAbsent => self.held = Some(sent),
            // Somebody else was first, and may have released it by the next look: then it is asked for again.
            Err(error) if matches!(error.cause, Cause::Conflict { .. }) => self.attempt += 1,
            _ => {}
        }
    }

    fn obtain(&mut self, decision: LockDecision, wanted: WantedLock) -> Option<Step> {
        match decision {
            LockDecision::Mine => None,
            LockDecision::Take(from) => {
                self.asked = true;
                Some(Step::Act(vec![Action::TakeLock(LockRequest {
                    lock: NewLock {
                        tag: self.tag.clone(),
                        commit: wanted.commit,
                        owner: self.me.clone(),
                        claim: LockClaim::of(from.as_ref()),
                    },
                    from,
                    attempt: self.attempt,
                    purpose: wanted.purpose,
                })]))
            }
            LockDecision::AwaitVisibility(left) => Some(wait(format!(
                "the last write of the lock's former owner: visible in {} s at the latest",
                left.as_secs()
            ))),
            LockDecision::Held(theirs) => {
                self.attempt += 1;
                Some(wait(format!(
                    "the lock of {}: held by {}",
                    self.tag, theirs.owner
                )))
            }
            LockDecision::Unreadable => Some(Step::Blocked(vec![unreadable(&self.tag)])),
        }
    }

    /// Reads the state of the lock owner's run, where it can be known.
    async fn decide(
        &self,
        reader: Reader<'_>,
        seen: Option<&SeenLock>,
    ) -> Result<LockDecision, ServiceError> {
        let owner = seen.and_then(|seen| Some(&seen.lock.as_ref()?.owner));
        let ended = match owner {
            Some(LockOwner {
                repository: Some(repository),
                run: Some(run),
                attempt,
                ..
            }) if *run != self.me.run.unwrap_or_default() => {
                reader
                    .github
                    .run_is_over(repository, *run, *attempt)
                    .await?
            }
            _ => None,
        };
        Ok(decide(&self.me, seen, ended))
    }

    /// Releases the lock, if it is our own. One that was taken over so recently that the former owner's last write may not be
    /// visible yet is left behind: whoever takes it over next waits for that write as well.
    async fn release(&self, reader: Reader<'_>) -> Result<Vec<Action>, ServiceError> {
        if !self.asked {
            return Ok(vec![]);
        }
        let seen = reader.github.lock(&self.tag).await?;
        let is_mine = seen
            .is_some_and(|seen| matches!(decide(&self.me, Some(&seen), None), LockDecision::Mine));
        let release = Action::ReleaseLock {
            tag: self.tag.clone(),
        };
        Ok(is_mine.then_some(release).into_iter().collect())
    }

    /// Whether the lock was refused permanently.
    fn note_refusal(&mut self, action: &Action, refusal: &ServiceError) -> bool {
        let refused = matches!(action, Action::TakeLock(_))
            && matches!(refusal.cause, Cause::Denied { .. } | Cause::Refused { .. });
        if refused {
            self.refusal = Some(refusal.to_string());
        }
        refused
    }

    /// Adds a warning to the report if the phase had to work without a lock.
    fn warn(&self, mut report: PhaseReport) -> PhaseReport {
        if let Some(why) = &self.refusal {
            report.warnings.push(Diagnostic::warning(
                Code::LockRefused,
                format!("worked without the lock of {}: {why}", self.tag),
                format!(
                    "do not start two runs for {} at once, or let a ruleset allow {}",
                    self.tag,
                    Lock::reference(&self.tag)
                ),
            ));
        }
        report
    }
}

/// The data of the lock to take.
struct WantedLock {
    /// The commit that it points at.
    commit: CommitSha,
    /// The purpose, for people.
    purpose: String,
}

fn wait(on: String) -> Step {
    Step::Wait(Waiting {
        on: vec![on],
        poll_after: POLL,
        time: WaitTime::Counted,
    })
}

fn unreadable(tag: &Tag) -> Diagnostic {
    let reference = Lock::reference(tag);
    Diagnostic::error(
        Code::LockUnreadable,
        format!("{reference} exists, and does not say whose lock it is"),
        format!("if no release of {tag} is being made, delete it: git push origin :{reference}"),
    )
}

#[derive(Debug, PartialEq)]
enum LockDecision {
    /// This process holds it.
    Mine,
    /// The lock of an owner that has ended, if any.
    Take(Option<Lock>),
    /// This process took it over so recently that the former owner's last write may not be visible yet.
    AwaitVisibility(Duration),
    Held(Lock),
    Unreadable,
}

/// `ended` says whether the owner's run has ended, if known.
fn decide(me: &LockOwner, seen: Option<&SeenLock>, ended: Option<bool>) -> LockDecision {
    let Some(seen) = seen else {
        return LockDecision::Take(None);
    };
    let Some(lock) = &seen.lock else {
        return LockDecision::Unreadable;
    };
    if lock.owner == *me {
        return match VISIBLE_AFTER.checked_sub(seen.age) {
            Some(left) if lock.taken_over && !left.is_zero() => LockDecision::AwaitVisibility(left),
            _ => LockDecision::Mine,
        };
    }
    let earlier_attempt = lock.owner.run.is_some()
        && lock.owner.run == me.run
        && lock.owner.repository == me.repository
        && lock.owner.attempt < me.attempt;
    if earlier_attempt || ended.unwrap_or(seen.age >= ABANDONED_AFTER) {
        LockDecision::Take(Some(lock.clone()))
    } else {
        LockDecision::Held(lock.clone())
    }
}
