//! The rate-limit signals of a GitHub response.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The parts of an answer that decide when the next request may be sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LimitSignals {
    pub status: u16,
    /// `Retry-After`.
    pub retry_after: Option<Duration>,
    /// `X-RateLimit-Remaining`.
    pub remaining: Option<u64>,
    /// `X-RateLimit-Reset`: seconds since 1970.
    pub reset: Option<u64>,
    /// The message says that a limit was reached.
    pub says_limited: bool,
}

impl LimitSignals {
    /// How long until a used-up quota is filled again; `None` where it is not used up. One second is added, as the two
    /// clocks may differ by a second.
    pub(super) fn until_reset(&self, wall: SystemTime) -> Option<Duration> {
        if self.remaining != Some(0) {
            return None;
        }
        let now = wall.duration_since(UNIX_EPOCH).unwrap_or_default();
        let reset = Duration::from_secs(self.reset?);
        Some(
            reset
                .saturating_sub(now)
                .saturating_add(Duration::from_secs(1)),
        )
    }
}
