//! How long to pause between two reads while waiting for another process.

use std::time::Duration;

use crate::domain::Moment;
use crate::protocol::Waiting;

/// The shortest pause, kept for the first seconds and after every change.
const SHORTEST: Duration = Duration::from_secs(1);
/// A change is noticed late by at most this part of the time without one, until the pause reaches the phase's own.
const LATE_BY: u32 = 20;

/// Short pauses at first and after every change, then longer ones. Artifacts of one build appear at about the same
/// time, so after one of them the others are polled often.
#[derive(Default)]
pub(super) struct PollInterval {
    unchanged: Option<(Vec<String>, Moment)>,
}

impl PollInterval {
    pub(super) fn next(&mut self, waiting: &Waiting, now: Moment) -> Duration {
        let since = match &self.unchanged {
            Some((on, since)) if *on == waiting.on => *since,
            _ => now,
        };
        self.unchanged = Some((waiting.on.clone(), since));
        let pause = now.since(since) / LATE_BY;
        pause.max(SHORTEST).min(waiting.poll_after)
    }
}
