//! Reads, lets the phase decide, acts, and reads again, until the phase is done.

use crate::domain::Diagnostic;
use crate::protocol::{Action, AfterRefusal, Phase, PhaseId, PhaseReport, PhaseView};
use crate::protocol::{Step, WaitTime, Waiting};

mod apply;
mod event;
mod limit;
mod poll;
#[cfg(test)]
mod tests;
mod uncounted;

use std::time::Duration;

use crate::domain::{Deadline, Moment};
use crate::protocol::{Cause, Clock, Interrupt, PendingRequests, Reader, ServiceError, Writer};

pub use event::{Event, Observer};
use limit::{Applied, CutShort};
use poll::PollInterval;
use uncounted::UncountedTime;

/// How long to wait before reading again what was confirmed and is not visible yet: GitHub's lists were seen to lag by
/// several seconds.
const VISIBILITY_PAUSE: Duration = Duration::from_secs(2);
/// The largest number of consecutive reads that may not show a sent write.
const MAX_UNCHANGED_READS: u32 = 8;
/// The number of attempts of the clean-up after a phase.
const CLEAN_UP_ATTEMPTS: u32 = 4;
/// How long the last read may take that begins when the deadline has passed.
pub const LAST_READ: Duration = Duration::from_secs(5);

/// Runs a phase against the services.
pub struct Engine<'a> {
    pub reader: Reader<'a>,
    /// `None` is a dry run, which cannot change anything.
    pub writer: Option<Writer<'a>>,
    pub clock: &'a dyn Clock,
    pub interrupt: &'a dyn Interrupt,
    pub requests: &'a dyn PendingRequests,
    pub observer: &'a dyn Observer,
    pub deadline: Deadline,
}

/// The result of a phase that succeeded.
#[derive(Debug, PartialEq)]
pub enum Outcome {
    Done {
        report: PhaseReport,
        /// The changes that were made; empty if there was nothing to do.
        actions: Vec<Action>,
    },
    /// The first changes that would be made without the dry run, after the lock.
    DryRun(Vec<Action>),
}

/// Why a phase stopped.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    #[error(transparent)]
    Service(#[from] ServiceError),
    #[error("blocked")]
    Blocked { findings: Vec<Diagnostic> },
    #[error("gave up after {}", humantime::format_duration(*.allowed))]
    TimedOut { on: Vec<String>, allowed: Duration },
    /// The time was over in the middle of reading or writing.
    #[error("no end after {}", humantime::format_duration(*.allowed))]
    TooSlow {
        /// The requests without a complete answer; none if the time was spent otherwise.
        requests: Vec<String>,
        allowed: Duration,
    },
    /// A write stays invisible. Where it was confirmed, that is a defect of this program or of the service.
    #[error("{}, and still not visible: {}", if *.was_confirmed { "confirmed" } else { "sent without an answer" }, join(.actions))]
    NotVisible {
        actions: Vec<Action>,
        was_confirmed: bool,
    },
    #[error("interrupted")]
    Cancelled,
}

fn join(actions: &[Action]) -> String {
    actions
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

/// Notes what a dry run would do. Answers whether to go on as if it was done, which shows nothing but that the lock is held.
fn foresee(
    phase: &mut dyn Phase,
    actions: Vec<Action>,
    foreseen: &mut Vec<Action>,
    now: Moment,
) -> bool {
    let new = actions.into_iter().filter(|one| !foreseen.contains(one));
    let new: Vec<_> = new.collect();
    let is_lock = |action: &Action| matches!(action, Action::TakeLock(_));
    let goes_on = !new.is_empty() && new.iter().all(is_lock);
    if goes_on {
        for action in &new {
            phase.answered(action, &Ok(()), now);
        }
    }
    foreseen.extend(new);
    goes_on
}

/// The result of a loop that succeeded.
enum LoopEnd {
    Done(PhaseReport),
    DryRun(Vec<Action>),
}

/// A write that this run has sent.
struct Sent {
    action: Action,
    confirmation: Confirmation,
}

/// Whether a service confirmed what was sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Confirmation {
    Received,
    /// It may have been carried out or not.
    Unknown,
}

impl Engine<'_> {
    /// Runs a phase to its end, and cleans up after it.
    ///
    /// # Errors
    ///
    /// Why the phase stopped before it was done.
    pub async fn run(mut self, phase: &mut dyn Phase) -> Result<Outcome, Stop> {
        let mut sent = Vec::new();
        let ended = self.work(phase, &mut sent).await;
        if let Some(writer) = self.writer {
            let is_seen_late = |sent: &Sent| !sent.action.is_lock() && !sent.action.is_local();
            let delay = if ended.is_err() && sent.iter().any(is_seen_late) {
                VISIBILITY_PAUSE * MAX_UNCHANGED_READS
            } else {
                Duration::ZERO
            };
            self.clean_up_in_time(delay, self.clean_up(phase, writer, delay))
                .await;
        }
        ended.map(|ended| match ended {
            LoopEnd::Done(report) => Outcome::Done {
                report,
                actions: sent.into_iter().map(|sent| sent.action).collect(),
            },
            LoopEnd::DryRun(actions) => Outcome::DryRun(actions),
        })
    }

    async fn work(&mut self, phase: &mut dyn Phase, sent: &mut Vec<Sent>) -> Result<LoopEnd, Stop> {
        let id = phase.id();
        self.observer.see(&Event::Started {
            phase: id,
            deadline: self.deadline,
        });
        let mut unchanged_reads = 0;
        let mut interval = PollInterval::default();
        let mut waited_for = Vec::new();
        let mut uncounted = UncountedTime::default();
        let mut foreseen = Vec::new();
        loop {
            let now = self.clock.now();
            self.deadline = self.deadline.postponed(uncounted.until(now));
            let reader = Reader { now, ..self.reader };
            let until = if self.deadline.passed(now) || uncounted.runs() {
                self.deadline.moment().max(now.plus(LAST_READ))
            } else {
                self.deadline.moment()
            };
            let step = self.unless_cut_short(until, phase.step(reader)).await;
            let step = step.map_err(|cut| self.stop(cut, &waited_for))??;
            self.deadline = self
                .deadline
                .postponed(uncounted.after(&step, self.clock.now()));
            match step {
                Step::Done(report) => return Ok(LoopEnd::Done(report)),
                Step::Blocked(findings) => {
                    return Err(Stop::Blocked { findings });
                }
                Step::Wait(waiting) => {
                    waited_for.clone_from(&waiting.on);
                    let most = uncounted.left();
                    let shown = (id, phase.view());
                    self.wait(shown, waiting, &mut interval, most).await?;
                }
                Step::Act(actions) => {
                    let Some(writer) = self.writer else {
                        if foresee(phase, actions, &mut foreseen, now) {
                            continue;
                        }
                        return Ok(LoopEnd::DryRun(foreseen));
                    };
                    let unsent: Vec<_> = actions
                        .iter()
                        .filter(|action| !sent.iter().any(|s| s.action == **action))
                        .cloned()
                        .collect();
                    // Nothing final is sent before what precedes it is seen.
                    let is_early =
                        unsent.len() < actions.len() && actions.iter().any(Action::is_final);
                    if unsent.is_empty() || is_early {
                        unchanged_reads += 1;
                        self.not_yet_visible(&actions, sent, &mut unchanged_reads)
                            .await?;
                    } else {
                        unchanged_reads = 0;
                        self.act(phase, writer, unsent, sent, &waited_for).await?;
                        waited_for.clear();
                    }
                }
            }
        }
    }

    /// Sleeps until it is time to read again. `uncounted` is how much of it need not count, where the wait does not.
    async fn wait(
        &self,
        (phase, view): (PhaseId, Option<&PhaseView>),
        waiting: Waiting,
        interval: &mut PollInterval,
        uncounted: Duration,
    ) -> Result<(), Stop> {
        let now = self.clock.now();
        if self.deadline.passed(now) {
            return Err(Stop::TimedOut {
                on: waiting.on,
                allowed: self.deadline.allowed(),
            });
        }
        let next = interval.next(&waiting, now);
        let deadline = match waiting.time {
            WaitTime::Counted => self.deadline,
            WaitTime::Uncounted => self.deadline.postponed(uncounted),
        };
        let until = deadline.clamp(now, next);
        self.observer.see(&Event::Waiting {
            phase,
            on: &waiting.on,
            now,
            left: self.deadline.left(now),
            time: waiting.time,
            pause: until.since(now),
            view,
        });
        self.sleep_until(until).await
    }

    /// Carries actions out one by one. Where the answer to one was lost, everything is read again before the rest.
    async fn act(
        &self,
        phase: &mut dyn Phase,
        writer: Writer<'_>,
        actions: Vec<Action>,
        sent: &mut Vec<Sent>,
        waited_for: &[String],
    ) -> Result<(), Stop> {
        let now = self.clock.now();
        self.observer.see(&Event::Began {
            phase: phase.id(),
            actions: &actions,
            now,
            left: self.deadline.left(now),
        });
        for action in actions {
            if self.interrupt.raised() {
                return Err(Stop::Cancelled);
            }
            if self.deadline.passed(self.clock.now()) {
                return Err(self.stop(CutShort::TimeOver(vec![]), waited_for));
            }
            let begun = self.clock.now();
            let Applied { answer, cut } = self.apply(phase.id(), writer, &action).await;
            phase.answered(&action, &answer, begun);
            let confirmation = match &answer {
                Ok(()) => Some(Confirmation::Received),
                Err(error) => matches!(error.cause, Cause::Unknown { .. } | Cause::Conflict { .. })
                    .then_some(Confirmation::Unknown),
            };
            sent.extend(confirmation.map(|confirmation| Sent {
                action: action.clone(),
                confirmation,
            }));
            if let Some(cut) = cut {
                return Err(self.stop(cut, waited_for));
            }
            let Err(error) = answer else { continue };
            if confirmation.is_some() {
                return Ok(());
            }
            return match phase.refused(&action, &error) {
                AfterRefusal::Continue => Ok(()),
                AfterRefusal::Stop => Err(error.into()),
                AfterRefusal::Blocked(finding) => Err(Stop::Blocked {
                    findings: vec![finding],
                }),
            };
        }
        Ok(())
    }

    async fn apply(&self, phase: PhaseId, writer: Writer<'_>, action: &Action) -> Applied {
        self.observer.see(&Event::Acting { phase, action });
        let applied = self.apply_in_time(writer, action).await;
        self.observer.see(&Event::Acted {
            phase,
            action,
            now: self.clock.now(),
            answer: applied.answer.as_ref().err(),
        });
        applied
    }

    /// As [`Engine::apply`], also when the phase has to end.
    async fn clean(
        &self,
        phase: PhaseId,
        writer: Writer<'_>,
        action: &Action,
    ) -> Result<(), ServiceError> {
        self.observer.see(&Event::Acting { phase, action });
        let answer = apply::apply(writer, action).await;
        self.observer.see(&Event::Acted {
            phase,
            action,
            now: self.clock.now(),
            answer: answer.as_ref().err(),
        });
        answer
    }

    /// Removes what must not remain after the phase. It cannot be interrupted, but has a time limit, and its result does not change
    /// the phase's result. With a `delay`, a sent write is not visible yet, and no other process may continue as if it had
    /// not been sent.
    async fn clean_up(&self, phase: &mut dyn Phase, writer: Writer<'_>, mut delay: Duration) {
        for _ in 0..CLEAN_UP_ATTEMPTS {
            let actions = phase.clean_up(self.reader).await;
            if matches!(&actions, Ok(actions) if actions.is_empty()) {
                return;
            }
            self.pause(std::mem::take(&mut delay)).await;
            let mut clean = actions.is_ok();
            for action in actions.unwrap_or_default() {
                clean &= self.clean(phase.id(), writer, &action).await.is_ok();
            }
            if clean {
                return;
            }
            self.pause(VISIBILITY_PAUSE).await;
        }
    }

    async fn pause(&self, pause: Duration) {
        if !pause.is_zero() {
            self.clock.sleep_until(self.clock.now().plus(pause)).await;
        }
    }

    /// Everything that is missing was already sent. Services show a write late, so it is read again for a while; only what
    /// never had an answer is then taken as not landed, and may be sent once more.
    async fn not_yet_visible(
        &self,
        missing: &[Action],
        sent: &mut Vec<Sent>,
        unchanged_reads: &mut u32,
    ) -> Result<(), Stop> {
        let now = self.clock.now();
        let is_confirmed =
            |s: &Sent| s.confirmation == Confirmation::Received && missing.contains(&s.action);
        let was_confirmed = sent.iter().any(is_confirmed);
        let not_visible = || Stop::NotVisible {
            actions: missing.to_vec(),
            was_confirmed,
        };
        if self.deadline.passed(now) {
            return Err(not_visible());
        }
        if *unchanged_reads <= MAX_UNCHANGED_READS {
            let next = self.deadline.clamp(now, VISIBILITY_PAUSE);
            return self.sleep_until(next).await;
        }
        let before = sent.len();
        sent.retain(|s| s.confirmation == Confirmation::Received || !missing.contains(&s.action));
        *unchanged_reads = 0;
        if sent.len() == before {
            Err(not_visible())
        } else {
            Ok(())
        }
    }
}
