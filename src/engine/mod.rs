//! Looks, lets the phase decide, acts, and looks again, until the phase says that it is done.

use crate::domain::Diagnostic;
use crate::protocol::{Action, Phase, PhaseId, PhaseReport, Step, Waiting};

mod apply;
mod event;
#[cfg(test)]
mod tests;

use std::time::Duration;

use futures_util::future::{Either, select};

use crate::domain::{Deadline, Moment};
use crate::protocol::{Cause, Clock, Interrupt, Reader, ServiceError, Writer};

pub use event::{Event, Observer};

/// How long GitHub may take to show in its lists what it has just confirmed: up to several seconds were seen.
const SETTLE: Duration = Duration::from_secs(2);
/// How many looks in a row may show nothing of what was sent.
const QUIET_LOOKS: u32 = 8;
/// The shortest pause of a wait, kept for its first seconds and after every change.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// A look comes late by at most this part of the time without a change, until the pause reaches the phase's own.
const LATE_BY: u32 = 20;
/// How often what must not outlive a phase is tried to be undone.
const LEAVING: u32 = 4;

pub struct Engine<'a> {
    pub reader: Reader<'a>,
    /// `None` is a dry run: there is nothing to touch the world with.
    pub writer: Option<Writer<'a>>,
    pub clock: &'a dyn Clock,
    pub interrupt: &'a dyn Interrupt,
    pub observer: &'a dyn Observer,
    pub deadline: Deadline,
}

/// How a phase ended well.
#[derive(Debug, PartialEq)]
pub enum Outcome {
    /// It is so. `acted` is empty where there was nothing to do.
    Settled {
        evidence: PhaseReport,
        acted: Vec<Action>,
    },
    /// Dry run: what would be done next.
    Would(Vec<Action>),
}

/// Why a phase stopped.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    #[error(transparent)]
    Port(#[from] ServiceError),
    #[error("blocked")]
    Blocked { findings: Vec<Diagnostic> },
    #[error("gave up after {}", humantime::format_duration(*.allowed))]
    TimedOut { on: Vec<String>, allowed: Duration },
    /// What was confirmed stays invisible: a defect here, or of the service.
    #[error("confirmed, and still not to be seen: {}", join(.actions))]
    Unsettled { actions: Vec<Action> },
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

/// How the work ended well.
enum Done {
    So(PhaseReport),
    Would(Vec<Action>),
}

/// What this run has sent, and whether an answer came back.
struct Sent {
    action: Action,
    answered: bool,
}

impl Engine<'_> {
    pub async fn settle(&self, phase: &mut dyn Phase) -> Result<Outcome, Stop> {
        let mut sent = Vec::new();
        let ended = self.work(phase, &mut sent).await;
        if let Some(writer) = self.writer {
            let unseen = ended.is_err() && sent.iter().any(|sent| !sent.action.is_lock());
            self.leave(phase, writer, unseen).await;
        }
        ended.map(|done| match done {
            Done::So(evidence) => Outcome::Settled {
                evidence,
                acted: sent.into_iter().map(|sent| sent.action).collect(),
            },
            Done::Would(actions) => Outcome::Would(actions),
        })
    }

    async fn work(&self, phase: &mut dyn Phase, sent: &mut Vec<Sent>) -> Result<Done, Stop> {
        let id = phase.id();
        self.observer.see(&Event::Started {
            phase: id,
            deadline: self.deadline,
        });
        let mut quiet = 0;
        let mut pause = Pause::default();
        loop {
            let reader = Reader {
                now: self.clock.now(),
                ..self.reader
            };
            match self.unless_interrupted(phase.step(reader)).await?? {
                Step::Done(evidence) => return Ok(Done::So(evidence)),
                Step::Blocked(findings) => {
                    return Err(Stop::Blocked { findings });
                }
                Step::Wait(waiting) => self.wait(id, waiting, &mut pause).await?,
                Step::Act(actions) => {
                    let Some(writer) = self.writer else {
                        return Ok(Done::Would(actions));
                    };
                    let fresh: Vec<_> = actions
                        .iter()
                        .filter(|action| !sent.iter().any(|s| s.action == **action))
                        .cloned()
                        .collect();
                    if fresh.is_empty() {
                        quiet += 1;
                        self.not_yet_visible(&actions, sent, &mut quiet).await?;
                    } else {
                        quiet = 0;
                        self.act(phase, writer, fresh, sent).await?;
                    }
                }
            }
        }
    }

    async fn wait(&self, phase: PhaseId, waiting: Waiting, pause: &mut Pause) -> Result<(), Stop> {
        let now = self.clock.now();
        if self.deadline.passed(now) {
            return Err(Stop::TimedOut {
                on: waiting.on,
                allowed: self.deadline.allowed(),
            });
        }
        let next = pause.next(&waiting, now);
        self.observer.see(&Event::Waiting {
            phase,
            on: &waiting.on,
            now,
            left: self.deadline.left(now),
        });
        self.sleep_until(self.deadline.clamp(now, next)).await
    }

    /// Carries actions out one by one. Where the answer to one was lost, the rest waits for another look.
    async fn act(
        &self,
        phase: &mut dyn Phase,
        writer: Writer<'_>,
        actions: Vec<Action>,
        sent: &mut Vec<Sent>,
    ) -> Result<(), Stop> {
        for action in actions {
            if self.interrupt.raised() {
                return Err(Stop::Cancelled);
            }
            match self.apply(phase.id(), writer, &action).await {
                Ok(()) => sent.push(Sent {
                    action,
                    answered: true,
                }),
                Err(error) => match error.cause {
                    Cause::Unknown { .. } | Cause::Conflict { .. } => {
                        sent.push(Sent {
                            action,
                            answered: false,
                        });
                        return Ok(());
                    }
                    _ if phase.continues_after_refusal(&action, &error) => return Ok(()),
                    _ => {
                        return Err(match phase.explain(&action, &error) {
                            Some(finding) => Stop::Blocked {
                                findings: vec![finding],
                            },
                            None => error.into(),
                        });
                    }
                },
            }
        }
        Ok(())
    }

    async fn apply(
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
            answer: answer.as_ref().err(),
        });
        answer
    }

    /// Undoes what must not outlive the phase. No interrupt stops it, and how it goes does not change how the phase ended.
    /// While something that was sent is `unseen`, nobody else is to go on as if it had not been.
    async fn leave(&self, phase: &mut dyn Phase, writer: Writer<'_>, mut unseen: bool) {
        for _ in 0..LEAVING {
            let actions = phase.leave(self.reader).await;
            if matches!(&actions, Ok(actions) if actions.is_empty()) {
                return;
            }
            if std::mem::take(&mut unseen) {
                self.rest(SETTLE * QUIET_LOOKS).await;
            }
            let mut left = actions.is_ok();
            for action in actions.unwrap_or_default() {
                left &= self.apply(phase.id(), writer, &action).await.is_ok();
            }
            if left {
                return;
            }
            self.rest(SETTLE).await;
        }
    }

    async fn rest(&self, pause: Duration) {
        self.clock.sleep_until(self.clock.now().plus(pause)).await;
    }

    /// Everything that is missing was already sent. Services show a write late, so it is looked for again for a while;
    /// only what never had an answer is then taken as not landed, and may be sent once more.
    async fn not_yet_visible(
        &self,
        missing: &[Action],
        sent: &mut Vec<Sent>,
        quiet: &mut u32,
    ) -> Result<(), Stop> {
        let now = self.clock.now();
        let unsettled = || Stop::Unsettled {
            actions: missing.to_vec(),
        };
        if self.deadline.passed(now) {
            return Err(unsettled());
        }
        if *quiet <= QUIET_LOOKS {
            return self.sleep_until(self.deadline.clamp(now, SETTLE)).await;
        }
        let before = sent.len();
        sent.retain(|s| s.answered || !missing.contains(&s.action));
        *quiet = 0;
        if sent.len() == before {
            Err(unsettled())
        } else {
            Ok(())
        }
    }

    async fn sleep_until(&self, at: Moment) -> Result<(), Stop> {
        self.unless_interrupted(self.clock.sleep_until(at)).await
    }

    /// Only for what changes nothing: a look or a pause may be dropped half-way.
    async fn unless_interrupted<T>(&self, work: impl Future<Output = T>) -> Result<T, Stop> {
        if self.interrupt.raised() {
            return Err(Stop::Cancelled);
        }
        match select(std::pin::pin!(work), self.interrupt.wait()).await {
            Either::Left((done, _)) => Ok(done),
            Either::Right(((), _)) => Err(Stop::Cancelled),
        }
    }
}

/// Quick looks at first and after every change, then slower ones. Artifacts of one build come close together: who has seen
/// one of them looks often for the others.
#[derive(Default)]
struct Pause {
    unchanged: Option<(Vec<String>, Moment)>,
}

impl Pause {
    fn next(&mut self, waiting: &Waiting, now: Moment) -> Duration {
        let since = match &self.unchanged {
            Some((on, since)) if *on == waiting.on => *since,
            _ => now,
        };
        self.unchanged = Some((waiting.on.clone(), since));
        let pause = now.since(since) / LATE_BY;
        pause.max(FIRST_PAUSE).min(waiting.every)
    }
}
