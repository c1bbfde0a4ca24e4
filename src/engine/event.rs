//! The events of a run, for the log, the job summary and the rehearsal's timeline.

use std::time::Duration;

use crate::domain::{Deadline, Moment};
use crate::protocol::ServiceError;
use crate::protocol::{Action, PhaseId, PhaseView, WaitTime};

/// Something that happened while a phase ran, for whoever reports it.
#[derive(Debug)]
pub enum Event<'a> {
    Started {
        phase: PhaseId,
        deadline: Deadline,
    },
    Waiting {
        phase: PhaseId,
        on: &'a [String],
        now: Moment,
        left: Duration,
        /// Whether `left` becomes less meanwhile.
        time: WaitTime,
        /// The time until it is read again.
        pause: Duration,
        /// What is shown in place of `on`.
        view: Option<&'a PhaseView>,
    },
    /// Actions are about to be carried out, one by one.
    Began {
        phase: PhaseId,
        actions: &'a [Action],
        now: Moment,
        left: Duration,
    },
    Acting {
        phase: PhaseId,
        action: &'a Action,
    },
    Acted {
        phase: PhaseId,
        action: &'a Action,
        now: Moment,
        /// Why it did not clearly succeed, if so.
        answer: Option<&'a ServiceError>,
    },
}

/// Receives every event, in order.
pub trait Observer: Send + Sync {
    fn see(&self, event: &Event<'_>);
}
