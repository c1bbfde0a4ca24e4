//! Retries of reads from registries.

use std::time::Duration;

use super::failure::RequestFailure;
use crate::adapters::http::{Random, Retry, RetryPolicy};
use crate::protocol::{Cause, Clock};

const POLICY: RetryPolicy = RetryPolicy {
    attempts: 6,
    patience: Duration::from_mins(2),
};

/// The attempts at one read.
pub(super) struct Attempts(Retry);

impl Attempts {
    pub(super) fn new(clock: &dyn Clock) -> Self {
        Self(Retry::new(POLICY, clock.now(), Random::unseeded()))
    }

    /// Returns when it is time for another attempt.
    ///
    /// # Errors
    ///
    /// With the cause when no further attempt is made.
    pub(super) async fn wait(
        &mut self,
        clock: &dyn Clock,
        failure: RequestFailure,
    ) -> Result<(), Cause> {
        if matches!(failure, RequestFailure::Lasting(_)) {
            return Err(failure.into());
        }
        let asked = failure.asked_wait();
        let Some(wait) = self.0.failed_at(clock.now(), asked) else {
            return Err(failure.into());
        };
        tracing::info!("trying again in {wait:.1?}: {}", failure.detail());
        clock.sleep_until(clock.now().plus(wait)).await;
        Ok(())
    }
}

/// Repeats a read until it succeeds or no other attempt is allowed.
pub(super) async fn retried<T, F>(
    clock: &dyn Clock,
    mut attempt: impl FnMut() -> F + Send,
) -> Result<T, Cause>
where
    F: Future<Output = Result<T, RequestFailure>> + Send,
{
    let mut attempts = Attempts::new(clock);
    loop {
        match attempt().await {
            Ok(value) => return Ok(value),
            Err(failure) => attempts.wait(clock, failure).await?,
        }
    }
}
