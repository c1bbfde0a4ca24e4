//! Time as the release knows it: how long since the start, and until when a wait may go on.

use std::time::Duration;

/// A point in time, counted from an arbitrary start that one clock shares with itself only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(Duration);

impl Moment {
    pub fn at(since_start: Duration) -> Self {
        Self(since_start)
    }

    pub fn since_start(self) -> Duration {
        self.0
    }

    /// Zero where `earlier` is in fact later.
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    #[must_use]
    pub fn plus(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(wait))
    }
}

/// The moment after which a wait ends. Every wait is given one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    at: Moment,
    allowed: Duration,
}

impl Deadline {
    pub fn after(now: Moment, allowed: Duration) -> Self {
        Self {
            at: now.plus(allowed),
            allowed,
        }
    }

    pub fn passed(self, now: Moment) -> bool {
        now >= self.at
    }

    pub fn left(self, now: Moment) -> Duration {
        self.at.since(now)
    }

    /// How long was allowed in all, to say it when it has passed.
    pub fn allowed(self) -> Duration {
        self.allowed
    }

    /// The earlier of `now + wait` and the deadline.
    #[must_use]
    pub fn clamp(self, now: Moment, wait: Duration) -> Moment {
        now.plus(wait).min(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_never_outlasts_its_deadline() {
        let start = Moment::at(Duration::from_secs(5));
        let deadline = Deadline::after(start, Duration::from_secs(30));
        assert_eq!(
            deadline.clamp(start, Duration::from_mins(1)),
            start.plus(Duration::from_secs(30))
        );
        assert_eq!(
            deadline.clamp(start, Duration::from_secs(10)),
            start.plus(Duration::from_secs(10))
        );
        assert!(!deadline.passed(start.plus(Duration::from_secs(29))));
        assert!(deadline.passed(start.plus(Duration::from_secs(30))));
        assert_eq!(
            deadline.left(start.plus(Duration::from_mins(1))),
            Duration::ZERO
        );
    }
}
