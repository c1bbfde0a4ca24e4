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
    /// Ends when a moment is reached, as the time limit of work that goes on meanwhile. A clock of tests that jumps ahead
    /// for whoever sleeps must not jump for a limit.
    async fn passed(&self, at: Moment) {
        self.sleep_until(at).await;
    }
}

/// The requests that services have not answered in full, for the message when time is over.
pub trait PendingRequests: Send + Sync {
    /// Such as `GET registry.example/v2/a/b/manifests/1.2.0`, oldest first.
    fn pending(&self) -> Vec<String>;
}

/// A request to stop: SIGINT or SIGTERM, as a cancelled job sends them.
#[async_trait]
pub trait Interrupt: Send + Sync {
    fn raised(&self) -> bool;
    /// Ends when the request comes, which may be never.
    async fn wait(&self);
}

/// Hides a secret, which was not known when the program started, in everything that is printed from then on.
pub trait SecretMask: Send + Sync {
    fn mask(&self, secret: &str);
}

impl std::fmt::Debug for dyn SecretMask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretMask")
    }
}
