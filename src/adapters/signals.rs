//! SIGINT and SIGTERM. As PID 1 of a container a process has no default action for them, so both are handled here.
//! A cancelled job gets SIGINT, then SIGTERM after 7.5 s, and is killed 2.5 s later
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation>).

use std::io;

use async_trait::async_trait;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::protocol::Interrupt;

/// How many signals to stop the process has received. Clones are of the same process.
#[derive(Clone, Debug)]
pub struct Signals {
    received: watch::Receiver<usize>,
}

impl Signals {
    /// Handles the signals from now on. Must be called within a tokio runtime, which has to run as long as
    /// they are to be noticed.
    ///
    /// # Errors
    ///
    /// When the system refuses the handlers.
    pub fn listen() -> io::Result<Self> {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let (count, received) = watch::channel(0);
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                count.send_modify(|count| *count += 1);
            }
        });
        Ok(Self { received })
    }

    /// Ends when a second signal comes: whoever sends it does not want to wait any longer. A cancelled job's second one comes when the
    /// clean-up is over.
    pub async fn wait_for_second(&self) {
        self.wait_for(2).await;
    }

    async fn wait_for(&self, count: usize) {
        let mut received = self.received.clone();
        if received
            .wait_for(|received| *received >= count)
            .await
            .is_err()
        {
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait]
impl Interrupt for Signals {
    fn raised(&self) -> bool {
        *self.received.borrow() > 0
    }

    async fn wait(&self) {
        self.wait_for(1).await;
    }
}
