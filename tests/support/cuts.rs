//! The ways in which a single request is interrupted.

use std::sync::Arc;

use stand_ins::{Category, EventLog, Fault, Faults, LogEntry};
use tokio::sync::Notify;

/// The fault of one request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cut {
    ConnectionBefore,
    AnswerLost,
    /// The connection ends within the body of the answer, where that has one.
    AnswerTruncated,
    Status(u16),
    StatusAfter(u16),
    KilledBefore,
    KilledAfter,
}

pub(crate) const CUTS: [Cut; 7] = [
    Cut::ConnectionBefore,
    Cut::AnswerLost,
    Cut::AnswerTruncated,
    Cut::Status(500),
    Cut::StatusAfter(500),
    Cut::KilledBefore,
    Cut::KilledAfter,
];

impl Cut {
    /// `kill` is called where the process is to be killed; its request is then never answered.
    pub(crate) fn faults(self, kill: impl Fn() + Send + Sync + 'static) -> Vec<Fault> {
        match self {
            Self::ConnectionBefore => vec![Fault::ConnectionCutBefore],
            Self::AnswerLost => vec![Fault::AnswerLost],
            Self::AnswerTruncated => vec![Fault::CutAt(1)],
            Self::Status(status) => vec![Fault::Status(status)],
            Self::StatusAfter(status) => vec![Fault::StatusAfter(status)],
            Self::KilledBefore => vec![Fault::call(move |_| kill()), Fault::Hang],
            Self::KilledAfter => vec![Fault::call_after(move |_| kill()), Fault::HangAfter],
        }
    }

    /// Whether a case is tried: without `WHOLE_MATRICES` the cuts after each write took effect, one other cut of most writes, and one
    /// cut of every fourth read.
    pub(crate) fn is_tried(self, request: &LogEntry, nth: u64, kind: u64) -> bool {
        let is_write = request.category == Category::Write;
        let is_after = matches!(
            self,
            Self::AnswerLost | Self::StatusAfter(_) | Self::KilledAfter
        );
        let every = match (is_write, is_after) {
            (true, true) => 1,
            (true, false) => 4,
            (false, _) => 4 * CUTS.len() as u64,
        };
        whole_matrices() || (nth + kind).is_multiple_of(every)
    }

    /// Plans it for the `request`th request from now on, counted from 1, and notifies `killed` where the process is to be killed.
    pub(crate) fn plan(self, log: &EventLog, faults: &Faults, request: u64, killed: &Arc<Notify>) {
        let kill = Arc::clone(killed);
        let number = log.last() + request;
        for fault in self.faults(move || kill.notify_one()) {
            faults.at(number, fault);
        }
    }
}

/// Whether all cases of a matrix are to be tried, and not only as many as take a few seconds.
#[expect(
    clippy::disallowed_methods,
    reason = "a switch for whoever runs the test"
)]
pub(crate) fn whole_matrices() -> bool {
    std::env::var("WHOLE_MATRICES").is_ok()
}
