//! The time of waits that does not count against the deadline.

use std::time::Duration;

use crate::domain::Moment;
use crate::protocol::{Step, WaitTime};

/// The most time of a phase that does not count: GitHub itself gives up a deployment that nobody approves within 30 days
/// (<https://docs.github.com/en/actions/managing-workflow-runs-and-deployments/managing-deployments/reviewing-deployments>). The
/// time limit of the job ends most waits earlier, by a signal.
pub(super) const MOST: Duration = Duration::from_hours(30 * 24);

/// How much time did not count so far. It runs from one wait that does not count to the next one, the reads between them included.
#[derive(Default)]
pub(super) struct UncountedTime {
    since: Option<Moment>,
    total: Duration,
}

impl UncountedTime {
    /// Whether time runs that does not count.
    pub(super) fn runs(&self) -> bool {
        self.since.is_some()
    }

    /// How much more time need not count.
    pub(super) fn left(&self) -> Duration {
        MOST.saturating_sub(self.total)
    }

    /// The time up to now that was not asked for before and does not count.
    pub(super) fn until(&mut self, now: Moment) -> Duration {
        let Some(since) = self.since else {
            return Duration::ZERO;
        };
        let by = now.since(since).min(self.left());
        self.total += by;
        self.since = Some(now);
        by
    }

    /// The same after a step: what it took to read counts, unless the phase still waits for the same decision.
    pub(super) fn after(&mut self, step: &Step, now: Moment) -> Duration {
        match step {
            Step::Wait(waiting) if waiting.time == WaitTime::Uncounted => {
                let by = self.until(now);
                self.since = Some(now);
                by
            }
            _ => {
                self.since = None;
                Duration::ZERO
            }
        }
    }
}
