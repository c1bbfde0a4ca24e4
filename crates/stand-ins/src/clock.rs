//! The servers' clock: real time for rehearsals, set by the test in tests.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// 2026-01-01T00:00:00Z, where a manual clock starts, so that dates in answers are the same in every run.
const MANUAL_EPOCH: u64 = 1_767_225_600;

/// Time since an arbitrary start. Clones show the same time.
#[derive(Clone, Debug)]
pub struct ServerClock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// `None`: time moves by [`ServerClock::advance`] only.
    started: Option<Instant>,
    epoch: u64,
    advanced: watch::Sender<Duration>,
}

impl ServerClock {
    /// Time goes by itself.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock everyone else is to be given"
    )]
    pub fn real() -> ServerClock {
        let epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs();
        ServerClock::new(Some(Instant::now()), epoch)
    }

    /// Time does not advance until [`ServerClock::advance`] is called.
    pub fn manual() -> ServerClock {
        ServerClock::new(None, MANUAL_EPOCH)
    }

    fn new(started: Option<Instant>, epoch: u64) -> ServerClock {
        ServerClock(Arc::new(Inner {
            started,
            epoch,
            advanced: watch::Sender::new(Duration::ZERO),
        }))
    }

    /// Moves the time forward; a real clock jumps ahead by it.
    pub fn advance(&self, by: Duration) {
        self.0.advanced.send_modify(|advanced| *advanced += by);
    }

    /// How long this clock has been going.
    pub fn now(&self) -> Duration {
        self.0
            .started
            .map(|started| started.elapsed())
            .unwrap_or_default()
            + *self.0.advanced.borrow()
    }

    /// Seconds since 1970, as in `X-RateLimit-Reset`.
    pub fn unix(&self) -> u64 {
        self.0.epoch + self.now().as_secs()
    }

    /// Returns once `length` has passed on this clock.
    pub async fn sleep(&self, length: Duration) {
        let until = self.now() + length;
        let mut advanced = self.0.advanced.subscribe();
        while self.now() < until {
            let moved = advanced.changed();
            if self.0.started.is_some() {
                // Waits for the time itself, or for a call that advances it.
                let _ = tokio::time::timeout(until.saturating_sub(self.now()), moved).await;
            } else if moved.await.is_err() {
                return;
            }
        }
    }
}

impl Default for ServerClock {
    fn default() -> ServerClock {
        ServerClock::real()
    }
}
