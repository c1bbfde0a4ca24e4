//! The ways in which a single request is interrupted.

use std::sync::Arc;

use stand_ins::{EventLog, Fault, Faults};
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
