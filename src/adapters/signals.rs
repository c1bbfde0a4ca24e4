//! SIGINT and SIGTERM. As PID 1 of a container a process has no default action for them, so both are handled here.
//! A cancelled job gets SIGINT, then SIGTERM after 7.5 s, and is killed 2.5 s later
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation>).

use std::io;

use async_trait::async_trait;
#[cfg(unix)]
use tokio::signal::unix::{Signal as InterruptSignal, Signal as TerminateSignal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlC as InterruptSignal, CtrlClose as TerminateSignal};
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
        let mut signals = StopSignals::listen()?;
        let (count, received) = watch::channel(ReceivedSignals::default());
        tokio::spawn(async move {
            loop {
                let is_interrupt = signals.is_next_interrupt().await;
                count.send_modify(|received| {
                    received.any = true;
                    received.interrupts += usize::from(is_interrupt);
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

/// What tells the process to stop: SIGINT and SIGTERM or, on Windows, Ctrl-C and that its window is closed.
struct StopSignals {
    interrupt: InterruptSignal,
    terminate: TerminateSignal,
}

impl StopSignals {
    #[cfg(unix)]
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    #[cfg(windows)]
    fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: tokio::signal::windows::ctrl_c()?,
            terminate: tokio::signal::windows::ctrl_close()?,
        })
    }

    /// Waits for the next signal, and says whether it is what Ctrl-C sends.
    async fn is_next_interrupt(&mut self) -> bool {
        tokio::select! {
            _ = self.interrupt.recv() => true,
            _ = self.terminate.recv() => false,
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
