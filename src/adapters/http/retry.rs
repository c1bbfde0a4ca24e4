//! When a request is sent again: one back-off, one limit of attempts and of waiting, and one reader of `Retry-After`.

use std::hash::{BuildHasher as _, RandomState};
use std::time::{Duration, SystemTime};

use reqwest::header::{HeaderMap, RETRY_AFTER};

use crate::domain::{Deadline, Moment};

pub(crate) const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The limits of one call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RetryPolicy {
    /// How often a request is sent at most.
    pub(crate) attempts: u32,
    /// The longest time from the first attempt to the start of the last one, regardless of `Retry-After`.
    pub(crate) patience: Duration,
}

/// The failed attempts of one call.
#[derive(Debug)]
pub(crate) struct Retry {
    policy: RetryPolicy,
    failed: u32,
    deadline: Deadline,
    random: Random,
}

impl Retry {
    pub(crate) fn new(policy: RetryPolicy, now: Moment, random: Random) -> Self {
        Self {
            policy,
            failed: 0,
            deadline: Deadline::after(now, policy.patience),
            random,
        }
    }

    /// How many attempts have failed.
    pub(crate) fn failed(&self) -> u32 {
        self.failed
    }

    /// How long the call may still wait.
    pub(crate) fn left(&self, now: Moment) -> Duration {
        self.deadline.left(now)
    }

    /// Counts a failed attempt. Returns how long to wait before the next one: what the server `asked` for, but at least
    /// [`FIRST_WAIT`] (its clock may be behind ours), or a back-off.
    /// `None` when there is no next attempt.
    pub(crate) fn failed_at(&mut self, now: Moment, asked: Option<Duration>) -> Option<Duration> {
        self.failed += 1;
        let wait = match asked {
            Some(asked) => asked.max(FIRST_WAIT),
            None => back_off(self.failed, self.random.next()),
        };
        (self.failed < self.policy.attempts && wait <= self.left(now)).then_some(wait)
    }
}

/// Doubles with each failed attempt up to [`LONGEST_WAIT`], less a random part of up to a half, so that clients that
/// failed together do not come back together.
fn back_off(failed: u32, random: u64) -> Duration {
    let full = doubled(FIRST_WAIT, failed).min(LONGEST_WAIT);
    full.saturating_sub(jitter(full / 2, random))
}

/// `first` after one failed attempt, twice as much after two, and so on.
pub(crate) fn doubled(first: Duration, failed: u32) -> Duration {
    first.saturating_mul(2_u32.saturating_pow(failed.saturating_sub(1)))
}

/// A random part of `whole`, from nothing to all of it.
pub(crate) fn jitter(whole: Duration, random: u64) -> Duration {
    let thousandths = u32::try_from(random % 1001).unwrap_or_default();
    whole / 1000 * thousandths
}

/// `Retry-After`: a number of seconds or a date ([RFC 9110, section 10.2.3]). A date in the past is no wait. `None` where
/// the header is missing or neither of them.
///
/// [RFC 9110, section 10.2.3]: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = httpdate::parse_http_date(value).ok()?;
    Some(at.duration_since(now).unwrap_or_default())
}

/// Numbers that spread waits; not for secrets
/// ([SplitMix64](https://prng.di.unimi.it/splitmix64.c)).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// The same seed gives the same numbers.
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// Other numbers each time.
    pub(crate) fn unseeded() -> Self {
        Self(RandomState::new().hash_one(0))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = self.0;
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn retry(attempts: u32, patience: u64) -> Retry {
        let policy = RetryPolicy {
            attempts,
            patience: secs(patience),
        };
        Retry::new(policy, Moment::at(secs(100)), Random::seeded(1))
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + secs(784_111_777);
        for (text, seconds) in [
            ("0", Some(0)),
            (" 120 ", Some(120)),
            ("Sun, 06 Nov 1994 08:49:47 GMT", Some(10)),
            ("Sun, 06 Nov 1994 08:49:27 GMT", Some(0)),
            ("Sunday, 06-Nov-94 08:49:47 GMT", Some(10)),
            ("Sun, 06 anF 1994 08:49:27 GMT", None),
            ("soon", None),
            ("-1", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]);
            assert_eq!(retry_after(&headers, now), seconds.map(secs), "{text}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }

    #[test]
    fn back_off_grows_to_a_bound() {
        let mut random = Random::seeded(1);
        for failed in 1..40 {
            let wait = back_off(failed, random.next());
            assert!(wait >= FIRST_WAIT / 2 && wait <= LONGEST_WAIT, "{wait:?}");
        }
        assert!(back_off(5, u64::MAX) > back_off(1, 0));
        assert_ne!(back_off(1, 0), back_off(1, 500));
    }

    #[test]
    fn retries_end_with_the_attempts() {
        let mut retry = retry(3, 1000);
        let now = Moment::at(secs(100));
        assert!(retry.failed_at(now, None).is_some());
        assert_eq!(retry.failed_at(now, Some(secs(7))), Some(secs(7)));
        assert_eq!(retry.failed_at(now, None), None);
        assert_eq!(retry.failed(), 3);
    }

    #[test]
    fn retries_end_when_the_wait_exceeds_the_time_left() {
        let mut retry = retry(9, 60);
        let now = |second| Moment::at(secs(second));
        assert_eq!(retry.failed_at(now(100), Some(secs(60))), Some(secs(60)));
        assert_eq!(retry.failed_at(now(150), Some(secs(11))), None);
        assert_eq!(retry.failed_at(now(150), Some(secs(10))), Some(secs(10)));
    }
}
