//! Points in time, and until when a wait may last.

use std::time::Duration;

/// A point in time, as the duration since an arbitrary start. Only moments of the same clock can be compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(Duration);

impl Moment {
    /// The moment at this duration after the clock's start.
    pub fn at(since_start: Duration) -> Self {
        Self(since_start)
    }

    /// The duration since the clock's start.
    pub fn since_start(self) -> Duration {
        self.0
    }

    /// The duration since another moment; zero if that is later.
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// The moment after a duration.
    #[must_use]
    pub fn plus(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(wait))
    }
}

/// The moment at which a wait ends without success. Every wait has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    at: Moment,
    allowed: Duration,
}

impl Deadline {
    /// The moment `allowed` after `now`.
    pub fn after(now: Moment, allowed: Duration) -> Self {
        Self {
            at: now.plus(allowed),
            allowed,
        }
    }

    /// The same deadline, later by this time.
    #[must_use]
    pub fn postponed(self, by: Duration) -> Self {
        Self {
            at: self.at.plus(by),
            ..self
        }
    }

    /// The moment itself.
    pub fn moment(self) -> Moment {
        self.at
    }

    /// Whether it is reached.
    pub fn passed(self, now: Moment) -> bool {
        now >= self.at
    }

    /// The time until then; zero once it is reached.
    pub fn left(self, now: Moment) -> Duration {
        self.at.since(now)
    }

    /// The whole time that was allowed, for messages.
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
    fn clamp_ends_a_wait_at_the_deadline() {
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
        let later = deadline.postponed(Duration::from_secs(10));
        assert_eq!(later.left(start), Duration::from_secs(40));
        assert_eq!(later.allowed(), Duration::from_secs(30));
    }
}
