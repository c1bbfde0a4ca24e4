//! What ends work before it is done: a signal, and the deadline.

use std::pin::{Pin, pin};
use std::time::Duration;

use futures_util::future::{Either, select};

use super::{Engine, Stop, apply};
use crate::domain::Moment;
use crate::protocol::{Action, Cause, ServiceError, Writer};

/// How long the answer to a write is still awaited when the phase has to end, so that its effect is known.
const WRITE_GRACE: Duration = Duration::from_secs(2);
/// How long the clean-up may take, within the deadline of the phase.
const CLEAN_UP_LIMIT: Duration = Duration::from_mins(2);
/// The same where the deadline has passed, or is near: what is left behind then is taken over by the next run.
const CLEAN_UP_LIMIT_LATE: Duration = Duration::from_secs(10);
/// The same from a signal on: a cancelled job is killed 10 s after its first one.
const CLEAN_UP_LIMIT_INTERRUPTED: Duration = Duration::from_secs(5);

/// Why work was ended before it was done.
pub(super) enum CutShort {
    Interrupted,
    /// With the requests that had no complete answer by then.
    TimeOver(Vec<String>),
}

/// What became of an action.
pub(super) struct Applied {
    /// [`Cause::Unknown`] where no answer was awaited to the end.
    pub(super) answer: Result<(), ServiceError>,
    /// Why the phase has to end now.
    pub(super) cut: Option<CutShort>,
}

impl Engine<'_> {
    /// Why the phase ends. `waited_for` is what it waited for before.
    pub(super) fn stop(&self, cut: CutShort, waited_for: &[String]) -> Stop {
        let allowed = self.deadline.allowed();
        match cut {
            CutShort::Interrupted => Stop::Cancelled,
            CutShort::TimeOver(requests) if waited_for.is_empty() => {
                Stop::TooSlow { requests, allowed }
            }
            CutShort::TimeOver(requests) => Stop::TimedOut {
                on: [waited_for, &requests].concat(),
                allowed,
            },
        }
    }

    pub(super) async fn sleep_until(&self, at: Moment) -> Result<(), Stop> {
        if self.interrupt.raised() {
            return Err(Stop::Cancelled);
        }
        match select(self.clock.sleep_until(at), self.interrupt.wait()).await {
            Either::Left(_) => Ok(()),
            Either::Right(_) => Err(Stop::Cancelled),
        }
    }

    /// Only for work without side effects, or whose effects vanish with it: a read may be dropped half-way.
    ///
    /// The ends are looked at first: work that is ready all the time must not outrun them.
    pub(super) async fn unless_cut_short<T>(
        &self,
        until: Moment,
        work: impl Future<Output = T>,
    ) -> Result<T, CutShort> {
        self.cut_short_at(until, pin!(work)).await
    }

    async fn cut_short_at<T>(
        &self,
        until: Moment,
        work: Pin<&mut impl Future<Output = T>>,
    ) -> Result<T, CutShort> {
        if self.interrupt.raised() {
            return Err(CutShort::Interrupted);
        }
        let ends = select(self.interrupt.wait(), self.clock.passed(until));
        match select(ends, work).await {
            Either::Left((Either::Left(_), _)) => Err(CutShort::Interrupted),
            Either::Left((Either::Right(_), _)) => Err(CutShort::TimeOver(self.requests.pending())),
            Either::Right((done, _)) => Ok(done),
        }
    }

    /// Carries out an action. When the phase has to end, one that only concerns files is dropped; a write to a service may
    /// take effect in any case, so that its answer is awaited a little longer.
    pub(super) async fn apply_in_time(&self, writer: Writer<'_>, action: &Action) -> Applied {
        let mut work = pin!(apply::apply(writer, action));
        let cut = match self
            .cut_short_at(self.deadline.moment(), work.as_mut())
            .await
        {
            Ok(answer) => return Applied { answer, cut: None },
            Err(cut) => Some(cut),
        };
        let unknown = || {
            let detail = "it was not awaited to the end".into();
            Err(ServiceError::new(
                action.to_string(),
                Cause::Unknown { detail },
            ))
        };
        if action.is_local() {
            let answer = unknown();
            return Applied { answer, cut };
        }
        let until = self.clock.now().plus(WRITE_GRACE);
        let answer = match select(self.clock.passed(until), work).await {
            Either::Left(_) => unknown(),
            Either::Right((answer, _)) => answer,
        };
        Applied { answer, cut }
    }

    /// Ends the clean-up when it takes too long, beside the wait for the visibility of writes.
    pub(super) async fn clean_up_in_time(&self, delay: Duration, work: impl Future<Output = ()>) {
        let after = |limit: Duration| self.clock.now().plus(limit.saturating_add(delay));
        let interrupted = pin!(async {
            self.interrupt.wait().await;
            self.clock.passed(after(CLEAN_UP_LIMIT_INTERRUPTED)).await;
        });
        let left = self.deadline.left(self.clock.now());
        let allowed = CLEAN_UP_LIMIT.min(left).max(CLEAN_UP_LIMIT_LATE);
        let ends = select(self.clock.passed(after(allowed)), interrupted);
        select(pin!(work), ends).await;
    }
}
