//! When a request to GitHub may go, and what its answer means for the next one.
//!
//! What is kept to, and why: [rate limits], [best practices].
//!
//! - A read is repeated when no usable answer came; a write is sent once, unless GitHub said that it refused it unread.
//! - `Retry-After` decides first, then the reset time of a used-up quota, then a wait that doubles.
//! - Writes are spaced, and all requests stay below the secondary limits, so that those are never met.
//!
//! [rate limits]: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
//! [best practices]: https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api

mod retry_policy;
mod throttle;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::domain::Moment;
use crate::protocol::{Cause, Clock};
use retry_policy::{Next, judge};
use throttle::Throttle;

/// What a request is to GitHub's limits, and whether it may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// GET.
    Read,
    /// POST that changes nothing.
    Ask,
    /// A query over GraphQL, which has a quota of its own.
    Query,
    /// PATCH or DELETE.
    Change,
    /// POST of something new.
    Create,
    /// POST of an asset, which has been seen to count as two creations.
    Upload,
}

impl Kind {
    fn writes(self) -> bool {
        matches!(self, Self::Change | Self::Create | Self::Upload)
    }
}

/// What of an answer says when the next request may go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signals {
    pub status: u16,
    /// `Retry-After`, where it is a number of seconds.
    pub retry_after: Option<Duration>,
    /// `X-RateLimit-Remaining`.
    pub remaining: Option<u64>,
    /// `X-RateLimit-Reset`: seconds since 1970.
    pub reset: Option<u64>,
    /// The body says that a limit was met.
    pub says_limited: bool,
}

#[derive(Clone, Debug)]
pub struct Policy {
    /// How often a read is sent at most, and a write that limits refuse.
    pub attempts: u32,
    /// How long one call may wait in all. GitHub's longest quota is one of an hour.
    pub patience: Duration,
    /// Spreads what several runs do at the same time; any number.
    pub seed: u64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            attempts: 5,
            patience: Duration::from_mins(65),
            seed: 1,
        }
    }
}

pub struct RateLimiter {
    clock: Arc<dyn Clock>,
    policy: Policy,
    state: Mutex<State>,
}

struct State {
    pace: Throttle,
    random: u64,
}

impl RateLimiter {
    pub fn new(policy: Policy, clock: Arc<dyn Clock>) -> Self {
        let state = Mutex::new(State {
            pace: Throttle::default(),
            random: policy.seed,
        });
        Self {
            clock,
            policy,
            state,
        }
    }

    /// Sends a request when its turn has come, again where that is right, and answers with the last answer, whatever its
    /// status. `send` gives the answer with its signals, or the words for why there was none.
    pub async fn send<T, F>(&self, kind: Kind, mut send: impl FnMut() -> F) -> Result<T, Cause>
    where
        F: Future<Output = Result<(Signals, T), String>>,
    {
        let give_up = self.clock.now().plus(self.policy.patience);
        let mut attempt = 1;
        loop {
            self.turn(kind, give_up).await?;
            let outcome = send().await;
            let signals = outcome.as_ref().ok().map(|(signals, _)| *signals);
            let next = self.learn(kind, attempt, signals);
            let now = self.clock.now();
            let last = attempt >= self.policy.attempts;
            match next {
                Next::Limited { why, wait, .. } if last || now.plus(wait) > give_up => {
                    return Err(self.limited(why, wait));
                }
                Next::Limited { why, wait, .. } => self.rest(why, wait).await,
                Next::Again { wait } if !last && now.plus(wait) <= give_up => {
                    self.rest("no usable answer", wait).await;
                }
                Next::Again { .. } | Next::Take => {
                    return match outcome {
                        Ok((_, answer)) => Ok(answer),
                        Err(detail) if attempt == 1 => Err(Cause::Unknown { detail }),
                        Err(detail) => Err(Cause::Unknown {
                            detail: format!("{detail}, the last of {attempt} times"),
                        }),
                    };
                }
            }
            attempt += 1;
        }
    }

    fn learn(&self, kind: Kind, attempt: u32, signals: Option<Signals>) -> Next {
        let (now, wall) = (self.clock.now(), self.clock.wall());
        let mut state = self.state();
        let random = state.random();
        let next = judge(kind, attempt, signals, wall, random);
        if let Some(signals) = signals {
            state.pace.learn(now, wall, kind, signals);
        }
        if let Next::Limited {
            wait, quota: false, ..
        } = next
        {
            state.pace.hold(now.plus(wait));
        }
        next
    }

    /// Waits until a request may go, and counts it as gone.
    async fn turn(&self, kind: Kind, give_up: Moment) -> Result<(), Cause> {
        loop {
            let now = self.clock.now();
            let (at, why) = {
                let mut state = self.state();
                let (at, why) = state.pace.earliest(now, kind);
                if at <= now {
                    state.pace.sent(now, kind);
                    return Ok(());
                }
                (at, why)
            };
            if at > give_up {
                return Err(self.limited(why, at.since(now)));
            }
            self.rest(why, at.since(now)).await;
        }
    }

    async fn rest(&self, why: &str, wait: Duration) {
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
        // Beyond this it is no time that GitHub means, and perhaps none that can be written.
        const FAR: Duration = Duration::from_hours(24 * 365);
        let time = self
            .clock
            .wall()
            .checked_add(wait)
            .filter(|_| wait < FAR)
            .filter(|time| time.duration_since(SystemTime::UNIX_EPOCH).is_ok());
        time.map_or_else(
            || "a time unknown".to_owned(),
            |time| humantime::format_rfc3339_seconds(time).to_string(),
        )
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// [SplitMix64](https://prng.di.unimi.it/splitmix64.c): spreading waits needs no better numbers.
    fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = self.random;
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests;
