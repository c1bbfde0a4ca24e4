//! SIGINT and SIGTERM. As PID 1 of a container a process has no default action for them, so both are handled here.
//! A cancelled job gets SIGINT, then SIGTERM after 7.5 s, and is killed 2.5 s later
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation>).

use std::io;

use async_trait::async_trait;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::protocol::Interrupt;

/// The signals to stop that the process has received. Clones are of the same process.
#[derive(Clone, Debug)]
pub struct Signals {
    received: watch::Receiver<ReceivedSignals>,
}

#[derive(Clone, Copy, Debug, Default)]
struct ReceivedSignals {
    any: bool,
    interrupts: usize,
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
        let (count, received) = watch::channel(ReceivedSignals::default());
        tokio::spawn(async move {
            loop {
                let interrupts = tokio::select! {
                    _ = interrupt.recv() => 1,
                    _ = terminate.recv() => 0,
                };
                count.send_modify(|received| {
                    received.any = true;
                    received.interrupts += interrupts;
                });
            }
        });
        Ok(Self { received })
    }

    /// Ends at the second SIGINT: who presses Ctrl-C again does not want to wait for the clean-up. A runner sends only one.
    pub async fn interrupted_again(&self) {
        self.wait_until(|received| received.interrupts > 1).await;
    }

    async fn wait_until(&self, reached: fn(&ReceivedSignals) -> bool) {
        let mut received = self.received.clone();
        if received.wait_for(reached).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait]
impl Interrupt for Signals {
    fn raised(&self) -> bool {
        self.received.borrow().any
    }

    async fn wait(&self) {
        self.wait_until(|received| received.any).await;
    }
}
