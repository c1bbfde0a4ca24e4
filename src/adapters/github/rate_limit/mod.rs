//! When a request to GitHub may be sent, and whether it is sent again ([rate limits], [best practices]).
//!
//! - A read is repeated when no usable answer came. A write is sent once, unless GitHub said that a limit refused it.
//! - `Retry-After` decides first, then the reset time of a used-up quota, then a back-off.
//! - Writes are spaced, and all requests stay below the documented secondary limits.
//!
//! [rate limits]: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
//! [best practices]: https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api

mod request_kind;
mod retry_policy;
mod signals;
mod throttle;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

pub use request_kind::RequestKind;
pub use signals::LimitSignals;

use crate::adapters::http::{Random, Retry, RetryPolicy};
use crate::protocol::{Cause, Clock};
use retry_policy::{LimitScope, RetryDecision, decide};
use throttle::Throttle;

/// The limits of retries and waits.
#[derive(Clone, Debug)]
pub struct RateLimitPolicy {
    /// How often a read is sent at most, and a write that limits refuse.
    pub attempts: u32,
    /// The longest time that one call may wait in all. GitHub's longest quota is for one hour.
    pub patience: Duration,
    /// Spreads the waits of processes that run at the same time: a number that differs between them.
    pub seed: u64,
}

impl Default for RateLimitPolicy {
    fn default() -> Self {
        Self {
            attempts: 5,
            patience: Duration::from_mins(65),
            seed: 1,
        }
    }
}

/// Sends requests to GitHub within its limits.
pub struct RateLimiter {
    clock: Arc<dyn Clock>,
    policy: RetryPolicy,
    state: Mutex<LimiterState>,
}

struct LimiterState {
    throttle: Throttle,
    random: Random,
}

impl RateLimiter {
    pub fn new(policy: &RateLimitPolicy, clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            policy: RetryPolicy {
                attempts: policy.attempts,
                patience: policy.patience,
            },
            state: Mutex::new(LimiterState {
                throttle: Throttle::default(),
                random: Random::seeded(policy.seed),
            }),
        }
    }

    /// Sends a request when the limits allow it, and repeats it where the policy says so. Returns the last answer with
    /// any status. `send` returns an answer with its signals, or the reason why there was none: [`Cause::Unknown`] where another
    /// attempt could have one.
    ///
    /// # Errors
    ///
    /// [`Cause::Limited`] when a limit lasts longer than the policy allows, and the last reason when no answer came.
    pub async fn send<T, F>(
        &self,
        kind: RequestKind,
        mut send: impl FnMut() -> F,
    ) -> Result<T, Cause>
    where
        F: Future<Output = Result<(LimitSignals, T), Cause>>,
    {
        let random = Random::seeded(self.state().random.next());
        let mut retry = Retry::new(self.policy, self.clock.now(), random);
        loop {
            self.wait_until_allowed(kind, &retry).await?;
            let outcome = send().await;
            if let Err(cause) = &outcome
                && !matches!(cause, Cause::Unknown { .. })
            {
                return last(outcome, 1);
            }
            let signals = outcome.as_ref().ok().map(|(signals, _)| *signals);
            let now = self.clock.now();
            match self.decide(kind, retry.failed() + 1, signals) {
                RetryDecision::Limited { why, wait, .. } => {
                    if retry.failed_at(now, Some(wait)).is_none() {
                        return Err(self.limited(why, wait));
                    }
                    self.pause(why, wait).await;
                }
                RetryDecision::Retry { wait } => match retry.failed_at(now, wait) {
                    Some(wait) => self.pause("no usable answer", wait).await,
                    None => return last(outcome, retry.failed()),
                },
                RetryDecision::Take => return last(outcome, retry.failed() + 1),
            }
        }
    }

    /// Decides on an answer, and holds back the requests that its limits concern.
    fn decide(
        &self,
        kind: RequestKind,
        attempt: u32,
        signals: Option<LimitSignals>,
    ) -> RetryDecision {
        let (now, wall) = (self.clock.now(), self.clock.wall());
        let mut state = self.state();
        let random = state.random.next();
        let decision = decide(kind, attempt, signals, wall, random);
        if let Some(signals) = signals {
            state.throttle.learn(now, wall, kind, signals);
        }
        if let RetryDecision::Limited {
            wait,
            scope: LimitScope::Token,
            ..
        } = decision
        {
            state.throttle.hold(now.plus(wait));
        }
        decision
    }

    /// Waits until a request may be sent, and counts it as sent.
    async fn wait_until_allowed(&self, kind: RequestKind, retry: &Retry) -> Result<(), Cause> {
        loop {
            let now = self.clock.now();
            let (at, why) = {
                let mut state = self.state();
                let (at, why) = state.throttle.earliest(now, kind);
                if at <= now {
                    state.throttle.sent(now, kind);
                    return Ok(());
                }
                (at, why)
            };
            let wait = at.since(now);
            if wait > retry.left(now) {
                return Err(self.limited(why, wait));
            }
            self.pause(why, wait).await;
        }
    }

    async fn pause(&self, why: &str, wait: Duration) {
        if wait >= Duration::from_secs(5) {
            tracing::warn!(
                wait_s = wait.as_secs(),
                "waiting for GitHub until {}: {why}",
                self.time_after(wait)
            );
        } else {
            tracing::debug!(wait_ms = wait.as_millis(), "waiting for GitHub: {why}");
        }
        self.clock.sleep_until(self.clock.now().plus(wait)).await;
    }

    fn limited(&self, why: &str, wait: Duration) -> Cause {
        let until = self.time_after(wait);
        Cause::Limited {
            detail: format!("{why}; the next request may be sent at {until}"),
        }
    }

    fn time_after(&self, wait: Duration) -> String {
        // A later time is an error of the server, and may not even be representable.
        const FAR: Duration = Duration::from_hours(24 * 365);
        let time = self
            .clock
            .wall()
            .checked_add(wait)
            .filter(|_| wait < FAR)
            .filter(|time| time.duration_since(SystemTime::UNIX_EPOCH).is_ok());
        time.map_or_else(
            || "an unknown time".to_owned(),
            |time| humantime::format_rfc3339_seconds(time).to_string(),
        )
    }

    fn state(&self) -> MutexGuard<'_, LimiterState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The result of a call after its last attempt.
fn last<T>(outcome: Result<(LimitSignals, T), Cause>, attempts: u32) -> Result<T, Cause> {
    match outcome {
        Ok((_, answer)) => Ok(answer),
        Err(Cause::Unknown { detail }) if attempts > 1 => Err(Cause::Unknown {
            detail: format!("{detail}, the last of {attempts} times"),
        }),
        Err(cause) => Err(cause),
    }
}

#[cfg(test)]
mod tests;
