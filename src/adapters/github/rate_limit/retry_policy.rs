//! What an answer, or none, means for a request: take it, or send it again after a while.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{Kind, Signals};

/// The least wait after a secondary limit that names none
/// ([Exceeding the rate limit](https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit)).
const SECONDARY: Duration = Duration::from_mins(1);
const FIRST_BACK_OFF: Duration = Duration::from_secs(1);
const LONGEST_BACK_OFF: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing is gained by sending it again, or it must not be sent again.
    Take,
    /// A read that was not answered.
    Again { wait: Duration },
    /// Refused unread, writes too.
    Limited {
        wait: Duration,
        /// Of one kind's quota only, not of everything that the token does.
        quota: bool,
        why: &'static str,
    },
}

/// `signals` is `None` where no answer came; `attempt` counts from 1; `random` is any number.
pub(super) fn judge(
    kind: Kind,
    attempt: u32,
    signals: Option<Signals>,
    wall: SystemTime,
    random: u64,
) -> Next {
    let Some(signals) = signals else {
        return repeat(kind, back_off(attempt, random));
    };
    match signals.status {
        429 => limited(attempt, signals, wall, random),
        403 if signals.says_limited
            || signals.retry_after.is_some()
            || signals.remaining == Some(0) =>
        {
            limited(attempt, signals, wall, random)
        }
        408 | 500..=599 => repeat(
            kind,
            signals.retry_after.unwrap_or(back_off(attempt, random)),
        ),
        _ => Next::Take,
    }
}

/// After an answer that tells nothing, a write may have landed: whoever sent it must look first.
fn repeat(kind: Kind, wait: Duration) -> Next {
    if kind.writes() {
        Next::Take
    } else {
        Next::Again { wait }
    }
}

fn limited(attempt: u32, signals: Signals, wall: SystemTime, random: u64) -> Next {
    if let Some(wait) = signals.retry_after {
        let why = "GitHub asks to wait (Retry-After)";
        return Next::Limited {
            wait,
            quota: false,
            why,
        };
    }
    if let Some(wait) = until_reset(signals, wall) {
        let why = "the token's quota of requests is used up";
        return Next::Limited {
            wait,
            quota: true,
            why,
        };
    }
    let doubled = SECONDARY.saturating_mul(doubling(attempt));
    Next::Limited {
        wait: doubled.saturating_add(part(doubled / 10, random)),
        quota: false,
        why: "GitHub's secondary rate limit was met",
    }
}

/// How long until a used-up quota is filled again. One second more, as the two clocks need not agree to the second.
pub(super) fn until_reset(signals: Signals, wall: SystemTime) -> Option<Duration> {
    if signals.remaining != Some(0) {
        return None;
    }
    let now = wall.duration_since(UNIX_EPOCH).unwrap_or_default();
    let reset = Duration::from_secs(signals.reset?);
    Some(
        reset
            .saturating_sub(now)
            .saturating_add(Duration::from_secs(1)),
    )
}

/// Doubles from one second on, less a random part of up to a half.
fn back_off(attempt: u32, random: u64) -> Duration {
    let full = FIRST_BACK_OFF
        .saturating_mul(doubling(attempt))
        .min(LONGEST_BACK_OFF);
    full.saturating_sub(part(full / 2, random))
}

fn doubling(attempt: u32) -> u32 {
    2_u32.saturating_pow(attempt.saturating_sub(1))
}

/// A random part of a duration.
fn part(whole: Duration, random: u64) -> Duration {
    let thousandth = u32::try_from(random % 1001).unwrap_or_default();
    whole / 1000 * thousandth
}
