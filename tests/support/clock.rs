//! The clocks of the tests, and other parameters of an engine.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use btp_release::domain::Moment;
use btp_release::engine::{Event, Observer};
use btp_release::protocol::{Clock, Interrupt, PendingRequests};

/// The stand-ins' clock, advanced by every sleep.
pub(crate) struct SharedClock(pub(crate) stand_ins::ServerClock);

#[async_trait::async_trait]
impl Clock for SharedClock {
    fn now(&self) -> Moment {
        Moment::at(self.0.now())
    }
    fn wall(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.0.unix())
    }
    async fn sleep_until(&self, at: Moment) {
        self.0.advance(at.since(self.now()));
    }
    /// Never: limits race with requests over sockets, and only those of a killed process are silent.
    async fn passed(&self, _: Moment) {
        std::future::pending().await
    }
}

/// The same, with something that happens after every sleep: a person who merges, a check that ends.
pub(crate) struct EventfulClock<E> {
    pub(crate) inner: SharedClock,
    /// Is given the time after the sleep.
    pub(crate) after_sleep: E,
}

#[async_trait::async_trait]
impl<E: Fn(Moment) + Send + Sync> Clock for EventfulClock<E> {
    fn now(&self) -> Moment {
        self.inner.now()
    }
    fn wall(&self) -> SystemTime {
        self.inner.wall()
    }
    async fn sleep_until(&self, at: Moment) {
        self.inner.sleep_until(at).await;
        (self.after_sleep)(self.now());
    }
    async fn passed(&self, at: Moment) {
        self.inner.passed(at).await;
    }
}

pub(crate) struct Uninterrupted;

#[async_trait::async_trait]
impl Interrupt for Uninterrupted {
    fn raised(&self) -> bool {
        false
    }
    async fn wait(&self) {
        std::future::pending().await
    }
}

/// No request is ever pending.
pub(crate) struct NoRequests;

impl PendingRequests for NoRequests {
    fn pending(&self) -> Vec<String> {
        Vec::new()
    }
}

pub(crate) struct Silent;

impl Observer for Silent {
    fn see(&self, _: &Event<'_>) {}
}

/// Real time, many times as fast: waits are short, and an answer over a socket still comes before its time limit.
///
/// A clock that jumps would end each wait for a socket at once.
pub(crate) struct FastClock {
    start: Instant,
    speed: u32,
}

impl FastClock {
    /// Forty times as fast: the adapter takes 0.75 s of real time for silence.
    pub(crate) fn start() -> Arc<Self> {
        Self::at_speed(40)
    }

    /// Slow enough that a busy machine is not taken for a silent registry, for tests that count requests.
    pub(crate) fn start_slowly() -> Arc<Self> {
        Self::at_speed(15)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that is handed in"
    )]
    fn at_speed(speed: u32) -> Arc<Self> {
        Arc::new(Self {
            start: Instant::now(),
            speed,
        })
    }
}

#[async_trait::async_trait]
impl Clock for FastClock {
    fn now(&self) -> Moment {
        Moment::at(self.start.elapsed() * self.speed)
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_hours(500_000)
    }

    async fn sleep_until(&self, at: Moment) {
        let wait = at.since(self.now()) / self.speed;
        let _ = tokio::time::timeout(wait, std::future::pending::<()>()).await;
    }
}
