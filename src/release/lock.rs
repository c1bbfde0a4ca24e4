//! The lock of a tag, for phases that make or delete its release: whoever writes holds it.
//!
//! It is a reference, which GitHub creates only where there is none
//! (<https://docs.github.com/en/rest/git/refs#create-a-reference>), so that of many runs one succeeds. A lock outlives its
//! owner only if that was killed; then it is taken over, and nothing is done until what the dead one did last is visible.

use std::time::Duration;

use crate::domain::{Code, Diagnostic};
use crate::domain::{CommitSha, Lock, LockOwner, SeenLock, Tag};
use crate::protocol::{Action, PhaseReport, Step, Waiting};
use crate::protocol::{Cause, Reader, ServiceError};

/// A lock whose owner cannot be asked about is taken over when it is so old: twice as long as a phase usually may take.
const STALE: Duration = Duration::from_mins(10);
/// How long a dead owner's last write may take to be visible in lists.
const SETTLE: Duration = Duration::from_secs(15);

pub(crate) struct TagLock {
    tag: Tag,
    me: LockOwner,
    /// Tells apart the times that the lock was asked for: a request that lost against another owner may be sent anew.
    claim: u32,
    asked: bool,
    /// Why there is no lock to be had.
    refused: Option<String>,
}

impl TagLock {
    pub(crate) fn new(tag: Tag, me: LockOwner) -> Self {
        Self {
            tag,
            me,
            claim: 0,
            asked: false,
            refused: None,
        }
    }

    /// `None` where the way is free, or what comes first.
    pub(crate) async fn pass(
        &mut self,
        reader: Reader<'_>,
        commit: &CommitSha,
        purpose: &[Action],
    ) -> Result<Option<Step>, ServiceError> {
        if self.refused.is_some() {
            return Ok(None);
        }
        let seen = reader.github.lock(&self.tag).await?;
        let purpose = purpose.iter().map(ToString::to_string).collect::<Vec<_>>();
        self.go(reader, seen, commit, purpose.join(", then ")).await
    }

    /// The same where there is nothing to do: what a dead owner did last may not be visible yet, and its lock is to go.
    pub(crate) async fn pass_dead(
        &mut self,
        reader: Reader<'_>,
    ) -> Result<Option<Step>, ServiceError> {
        let seen = reader.github.lock(&self.tag).await?;
        let Some(commit) = seen.as_ref().and_then(|seen| seen.commit.clone()) else {
            return Ok(seen.map(|_| Step::Blocked(vec![unreadable(&self.tag)])));
        };
        let purpose = "see what it left".to_owned();
        self.go(reader, seen, &commit, purpose).await
    }

    /// The same for who is done: a dead owner's lock goes, so that nobody finds it later; a living one's is its own affair.
    /// PhaseReport tells where it went without a lock.
    pub(crate) async fn done(
        &mut self,
        reader: Reader<'_>,
        mut evidence: PhaseReport,
    ) -> Result<Step, ServiceError> {
        let seen = reader.github.lock(&self.tag).await?;
        let over = self.is_over(reader, seen.as_ref()).await?;
        let first = match decide(&self.me, seen.as_ref(), over) {
            LockDecision::Take(Some(_)) | LockDecision::Settle(_) => self.pass_dead(reader).await?,
            _ => None,
        };
        evidence.warnings.extend(self.warning());
        Ok(first.unwrap_or(Step::Done(evidence)))
    }

    async fn go(
        &mut self,
        reader: Reader<'_>,
        seen: Option<SeenLock>,
        commit: &CommitSha,
        purpose: String,
    ) -> Result<Option<Step>, ServiceError> {
        let over = self.is_over(reader, seen.as_ref()).await?;
        let way = decide(&self.me, seen.as_ref(), over);
        let take = |from: Option<Lock>, claim| Action::TakeLock {
            tag: self.tag.clone(),
            commit: commit.clone(),
            owner: self.me.clone(),
            from,
            claim,
            purpose,
        };
        Ok(match way {
            LockDecision::Free => None,
            LockDecision::Take(from) => {
                self.asked = true;
                Some(Step::Act(vec![take(from, self.claim)]))
            }
            LockDecision::Settle(left) => Some(wait(format!(
                "what the lock's former owner did last: visible in {} s at the latest",
                left.as_secs()
            ))),
            LockDecision::Held(theirs) => {
                self.claim += 1;
                Some(wait(format!(
                    "the lock of {}: held by {}",
                    self.tag, theirs.owner
                )))
            }
            LockDecision::Unknown => Some(Step::Blocked(vec![unreadable(&self.tag)])),
        })
    }

    /// Whether the lock's owner has ended, where that can be told.
    async fn is_over(
        &self,
        reader: Reader<'_>,
        seen: Option<&SeenLock>,
    ) -> Result<Option<bool>, ServiceError> {
        let owner = seen.and_then(|seen| Some(&seen.lock.as_ref()?.owner));
        match owner {
            Some(LockOwner {
                repository: Some(repository),
                run: Some(run),
                attempt,
                ..
            }) if *run != self.me.run.unwrap_or_default() => {
                reader.github.run_is_over(repository, *run, *attempt).await
            }
            _ => Ok(None),
        }
    }

    /// The lock, if there is one that stands in nobody's way but ours.
    pub(crate) async fn leave(&self, reader: Reader<'_>) -> Result<Vec<Action>, ServiceError> {
        if !self.asked {
            return Ok(vec![]);
        }
        let seen = reader.github.lock(&self.tag).await?;
        let is_mine = seen
            .and_then(|seen| seen.lock)
            .is_some_and(|lock| lock.owner == self.me);
        let release = Action::ReleaseLock {
            tag: self.tag.clone(),
        };
        Ok(is_mine.then_some(release).into_iter().collect())
    }

    /// Rules of a repository may refuse such references. Then it goes without, and duplicates are dealt with afterwards.
    pub(crate) fn continues_after_refusal(
        &mut self,
        action: &Action,
        refusal: &ServiceError,
    ) -> bool {
        let refused = matches!(action, Action::TakeLock { .. })
            && matches!(refusal.cause, Cause::Denied { .. } | Cause::Refused { .. });
        if refused {
            self.refused = Some(refusal.to_string());
        }
        refused
    }

    fn warning(&self) -> Option<Diagnostic> {
        self.refused.as_ref().map(|why| {
            Diagnostic::error(
                Code::LockRefused,
                format!("worked without the lock of {}: {why}", self.tag),
                format!(
                    "do not start two runs for {} at once, or let a ruleset allow {}",
                    self.tag,
                    Lock::reference(&self.tag)
                ),
            )
        })
    }
}

fn wait(on: String) -> Step {
    Step::Wait(Waiting {
        on: vec![on],
        every: Duration::from_secs(5),
    })
}

fn unreadable(tag: &Tag) -> Diagnostic {
    let reference = Lock::reference(tag);
    Diagnostic::error(
        Code::LockUnreadable,
        format!("{reference} is there, and does not say whose it is"),
        format!("if no release of {tag} is being made, delete it: git push origin :{reference}"),
    )
}

#[derive(Debug, PartialEq)]
enum LockDecision {
    Free,
    /// From a dead owner, where there is one.
    Take(Option<Lock>),
    /// Ours, and younger than what its dead owner may have left.
    Settle(Duration),
    Held(Lock),
    Unknown,
}

/// `over` tells whether the owner's run has ended, where that is known.
fn decide(me: &LockOwner, seen: Option<&SeenLock>, over: Option<bool>) -> LockDecision {
    let Some(seen) = seen else {
        return LockDecision::Take(None);
    };
    let Some(lock) = &seen.lock else {
        return LockDecision::Unknown;
    };
    if lock.owner == *me {
        return match SETTLE.checked_sub(seen.age) {
            Some(left) if lock.taken_over && !left.is_zero() => LockDecision::Settle(left),
            _ => LockDecision::Free,
        };
    }
    let earlier_attempt = lock.owner.run.is_some()
        && lock.owner.run == me.run
        && lock.owner.repository == me.repository
        && lock.owner.attempt < me.attempt;
    if earlier_attempt || over.unwrap_or(seen.age >= STALE) {
        LockDecision::Take(Some(lock.clone()))
    } else {
        LockDecision::Held(lock.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(run: Option<u64>, attempt: u64, process: &str) -> LockOwner {
        LockOwner {
            repository: Some("kyma-project/btp-manager".parse().unwrap()),
            run,
            attempt,
            process: process.into(),
        }
    }

    fn held(owner: LockOwner, taken_over: bool, age: u64) -> SeenLock {
        SeenLock {
            lock: Some(Lock {
                owner,
                since: 0,
                taken_over,
            }),
            age: Duration::from_secs(age),
            commit: None,
        }
    }

    #[test]
    fn every_lock_and_what_follows() {
        let me = owner(Some(17), 2, "me");
        let word = |seen: Option<SeenLock>, over| match decide(&me, seen.as_ref(), over) {
            LockDecision::Free => "free".to_owned(),
            LockDecision::Take(from) => format!("take from {}", from.is_some()),
            LockDecision::Settle(left) => format!("settle {}", left.as_secs()),
            LockDecision::Held(_) => "held".into(),
            LockDecision::Unknown => "unknown".into(),
        };
        let other = || owner(Some(16), 1, "a");
        let local = || owner(None, 1, "b");
        let unreadable = SeenLock {
            lock: None,
            ..held(local(), false, 9_999)
        };
        for (seen, over, expected) in [
            (None, None, "take from false"),
            (Some(held(me.clone(), false, 0)), None, "free"),
            (Some(held(me.clone(), true, 5)), None, "settle 10"),
            (Some(held(me.clone(), true, 15)), None, "free"),
            (Some(held(other(), false, 0)), Some(true), "take from true"),
            (Some(held(other(), false, 9_999)), Some(false), "held"),
            (Some(held(other(), false, 599)), None, "held"),
            (Some(held(other(), false, 600)), None, "take from true"),
            (Some(held(local(), false, 599)), None, "held"),
            (Some(held(local(), false, 600)), None, "take from true"),
            (
                Some(held(owner(Some(17), 1, "c"), false, 0)),
                None,
                "take from true",
            ),
            (Some(held(owner(Some(17), 2, "c"), false, 0)), None, "held"),
            (
                Some(held(owner(Some(17), 2, "c"), false, 600)),
                None,
                "take from true",
            ),
            (Some(unreadable), None, "unknown"),
        ] {
            let told = format!("{seen:?} {over:?}");
            assert_eq!(word(seen, over), expected, "{told}");
        }
    }
}
