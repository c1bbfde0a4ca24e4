//! How often and how long a read is repeated, and how long is waited in between.

use std::hash::{BuildHasher as _, RandomState};
use std::time::{Duration, SystemTime};

use super::failure::Failure;
use crate::domain::Deadline;
use crate::protocol::{Cause, Clock};

const ATTEMPTS: u32 = 6;
/// Longest time that the waits of one read may add up to, whatever the server asks for.
const PATIENCE: Duration = Duration::from_mins(2);
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(16);

/// The attempts at one thing. Progress starts it anew.
pub(super) struct Retry {
    failed: u32,
    deadline: Deadline,
}

impl Retry {
    pub(super) fn new(clock: &dyn Clock) -> Self {
        Self {
            failed: 0,
            deadline: Deadline::after(clock.now(), PATIENCE),
        }
    }

    /// Returns when it is time for another attempt, or with the cause when there will be none.
    pub(super) async fn after(&mut self, clock: &dyn Clock, failure: Failure) -> Result<(), Cause> {
        self.failed += 1;
        if matches!(failure, Failure::Lasting(_)) || self.failed >= ATTEMPTS {
            return Err(failure.into());
        }
        let wait = failure.wait().unwrap_or_else(|| back_off(self.failed));
        let now = clock.now();
        if wait > self.deadline.left(now) {
            return Err(too_long(failure, wait));
        }
        tracing::info!("trying again in {wait:.1?}: {}", failure.detail());
        clock.sleep_until(now.plus(wait)).await;
        Ok(())
    }
}

fn too_long(failure: Failure, wait: Duration) -> Cause {
    match failure {
        Failure::Limited { detail, .. } => Cause::Limited {
            detail: format!("{detail} (asks to wait {} s)", wait.as_secs()),
        },
        other => other.into(),
    }
}

/// Doubles, and differs between those who failed together.
fn back_off(failed: u32) -> Duration {
    let full = FIRST_WAIT
        .saturating_mul(2_u32.saturating_pow(failed.saturating_sub(1)))
        .min(LONGEST_WAIT);
    let dice = u32::try_from(RandomState::new().hash_one(failed) % 1000).unwrap_or(0);
    full / 2 + full * dice / 2000
}

/// `Retry-After`: seconds, or a date (RFC 9110 §10.2.3).
pub(super) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = http_date(value)?;
    Some(at.duration_since(now).unwrap_or(Duration::ZERO))
}

/// The one form of date that servers may generate, `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7).
fn http_date(text: &str) -> Option<SystemTime> {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let (_, date) = text.split_once(", ")?;
    let mut parts = date.split(' ');
    let (day, month, year, time) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let month = MONTHS
        .find(month)
        .filter(|at| month.len() == 3 && at % 3 == 0)?
        / 3
        + 1;
    let written = format!("{year}-{month:02}-{day}T{time}Z");
    humantime::parse_rfc3339(&written).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        for (text, seconds) in [
            ("0", Some(0)),
            (" 120 ", Some(120)),
            ("Sun, 06 Nov 1994 08:49:47 GMT", Some(10)),
            ("Sun, 06 Nov 1994 08:49:27 GMT", Some(0)),
            ("Sun, 06 anF 1994 08:49:27 GMT", None),
            ("soon", None),
            ("-1", None),
        ] {
            assert_eq!(
                retry_after(text, now),
                seconds.map(Duration::from_secs),
                "{text}"
            );
        }
    }

    #[test]
    fn back_off_grows_to_a_bound() {
        for failed in 1..40 {
            let wait = back_off(failed);
            assert!(wait >= FIRST_WAIT / 2 && wait <= LONGEST_WAIT, "{wait:?}");
        }
        assert!(back_off(5) > back_off(1));
    }
}
