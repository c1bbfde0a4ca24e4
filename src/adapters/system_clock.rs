//! The machine's own time.

use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;

use crate::domain::Moment;
use crate::protocol::Clock;

pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that others take"
    )]
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
        reason = "this is the clock that others take"
    )]
    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that others take"
    )]
    async fn sleep_until(&self, at: Moment) {
        tokio::time::sleep(at.since(self.now()).max(Duration::ZERO)).await;
    }
}
