//! The time of the operating system.

use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;

use crate::domain::Moment;
use crate::protocol::Clock;

/// Counts moments from its own start.
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "every other module is given this clock"
    )]
    /// A clock that starts now.
    pub fn start() -> Self {
        Self {
            start: Instant::now(),
        }
    }
}

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Moment {
        Moment::at(self.start.elapsed())
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "every other module is given this clock"
    )]
    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "every other module is given this clock"
    )]
    async fn sleep_until(&self, at: Moment) {
        tokio::time::sleep(at.since(self.now()).max(Duration::ZERO)).await;
    }
}
