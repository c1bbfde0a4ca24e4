//! Time and interruption, given from outside so that tests own both.

use std::time::SystemTime;

use async_trait::async_trait;

use crate::domain::Moment;

/// A clock, and sleep by it.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The time since the clock was started.
    fn now(&self) -> Moment;
    /// The time of day, for what is compared with a server's clock or shown to people.
    fn wall(&self) -> SystemTime;
    async fn sleep_until(&self, at: Moment);
}

/// A request to stop: SIGINT or SIGTERM, as a cancelled job sends them.
#[async_trait]
pub trait Interrupt: Send + Sync {
    fn raised(&self) -> bool;
    /// Ends when the request comes, which may be never.
    async fn wait(&self);
}
