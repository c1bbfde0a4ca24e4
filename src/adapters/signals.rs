//! SIGINT and SIGTERM. As PID 1 of a container a process has no default action for them, so both are handled here.
//! A cancelled job gets SIGINT, then SIGTERM after 7.5 s, and is killed 2.5 s later
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation>).

use std::io;

use async_trait::async_trait;
use tokio::sync::watch;

use crate::protocol::Interrupt;

/// Whether the process has received a signal to stop. Clones are of the same process.
#[derive(Clone, Debug)]
pub struct Signals {
    raised: watch::Receiver<bool>,
}

impl Signals {
    /// Handles the signals from now on. Must be called within a tokio runtime, which has to run as long as
    /// they are to be noticed.
    ///
    /// # Errors
    ///
    /// When the system refuses the handlers.
    pub fn listen() -> io::Result<Self> {
        let stop = stop()?;
        let (raise, raised) = watch::channel(false);
        tokio::spawn(async move {
            stop.await;
            // When the process is about to end, the receiver no longer exists.
            let _ = raise.send(true);
        });
        Ok(Self { raised })
    }
}

/// Is ready when the process is told to stop.
#[cfg(unix)]
fn stop() -> io::Result<impl Future<Output = ()> + Send> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Is ready when the process is told to stop: by Ctrl-C, or because its window is closed.
#[cfg(windows)]
fn stop() -> io::Result<impl Future<Output = ()> + Send> {
    use tokio::signal::windows::{ctrl_c, ctrl_close};

    let mut interrupt = ctrl_c()?;
    let mut close = ctrl_close()?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = close.recv() => {}
        }
    })
}

#[async_trait]
impl Interrupt for Signals {
    fn raised(&self) -> bool {
        *self.raised.borrow()
    }

    async fn wait(&self) {
        let mut raised = self.raised.clone();
        if raised.wait_for(|raised| *raised).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
