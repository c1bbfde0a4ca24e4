//! Whether an answer, or a missing one, is taken or the request is sent again.

use std::time::{Duration, SystemTime};

use super::request_kind::RequestKind;
use super::signals::LimitSignals;
use crate::adapters::http::{FIRST_WAIT, doubled, jitter};

/// The least wait after a secondary limit that names none
/// ([Exceeding the rate limit](https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit)).
const SECONDARY_LIMIT_WAIT: Duration = Duration::from_mins(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RetryDecision {
    /// Another attempt would gain nothing, or must not be made.
    Take,
    /// A read that was not answered.
    Retry {
        /// The wait that GitHub requested.
        wait: Option<Duration>,
    },
    /// GitHub refused the request without acting on it, which holds for writes as well.
    Limited {
        wait: Duration,
        scope: LimitScope,
        why: &'static str,
    },
}

/// Which requests a limit holds back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LimitScope {
    /// Those of one quota: REST's or GraphQL's.
    Quota,
    /// Everything that the token does.
    Token,
}

/// `signals` is `None` where no answer came; `attempt` counts from 1; `random` is any number.
pub(super) fn decide(
    kind: RequestKind,
    attempt: u32,
    signals: Option<LimitSignals>,
    wall: SystemTime,
    random: u64,
) -> RetryDecision {
    let Some(signals) = signals else {
        return retry_read(kind, None);
    };
    match signals.status {
        429 => limited(attempt, signals, wall, random),
        403 if signals.says_limited
            || signals.retry_after.is_some()
            || signals.remaining == Some(0) =>
        {
            limited(attempt, signals, wall, random)
        }
        408 | 500..=599 => retry_read(kind, signals.retry_after),
        _ => RetryDecision::Take,
    }
}

/// After an answer without a result, a write may have been carried out: the caller must read first.
fn retry_read(kind: RequestKind, wait: Option<Duration>) -> RetryDecision {
    if kind.writes() {
        RetryDecision::Take
    } else {
        RetryDecision::Retry { wait }
    }
}

fn limited(attempt: u32, signals: LimitSignals, wall: SystemTime, random: u64) -> RetryDecision {
    if let Some(wait) = signals.retry_after {
        return RetryDecision::Limited {
            // A date that has passed by our clock still asks for a pause.
            wait: wait.max(FIRST_WAIT),
            scope: LimitScope::Token,
            why: "GitHub asks to wait (Retry-After)",
        };
    }
    if let Some(wait) = signals.until_reset(wall) {
        return RetryDecision::Limited {
            wait,
            scope: LimitScope::Quota,
            why: "the token's quota of requests is used up",
        };
    }
    let wait = doubled(SECONDARY_LIMIT_WAIT, attempt);
    RetryDecision::Limited {
        wait: wait.saturating_add(jitter(wait / 10, random)),
        scope: LimitScope::Token,
        why: "GitHub's secondary rate limit was met",
    }
}
