//! Runs the program on a thread of its own, so that the process also ends in time when that thread is busy computing.
//!
//! The program handles signals and its deadline wherever it awaits something. While it computes, as when it parses a hostile
//! file, it does not; then the first thread ends the process without it. A lock that it holds then is taken over by the next run.

use std::io;
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::signals::Signals;
use crate::protocol::Interrupt as _;

/// How long the program may take to notice a signal, or that its time is over.
const NOTICE: Duration = Duration::from_secs(1);
/// How long files that are being unpacked or written may take to be given up when the program has ended.
const GIVE_UP: Duration = Duration::from_secs(1);
/// As much as the first thread of a process usually has.
const STACK: usize = 8 << 20;

/// What the program knows of its supervisor.
#[derive(Clone)]
pub struct Supervisor {
    signals: Signals,
    limit: watch::Sender<Option<Limit>>,
}

#[derive(Clone, Copy, Debug)]
struct Limit {
    at: Instant,
    allowed: Duration,
}

/// How the program ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Ended<T> {
    /// By itself, with a result.
    Finished(T),
    /// It panicked.
    Panicked,
    /// It did not notice a signal, or it was interrupted again.
    Interrupted,
    /// It did not notice that its time was over.
    TimeOver(Duration),
}

impl Supervisor {
    /// The signals to stop. Whoever takes them has to end soon after one.
    pub fn signals(&self) -> Signals {
        self.signals.clone()
    }

    /// Sets how long the program may run from now on.
    #[expect(
        clippy::disallowed_methods,
        reason = "the process ends in real time, whatever the program's clock says"
    )]
    pub fn limit(&self, allowed: Duration) {
        let at = Instant::now().checked_add(allowed);
        self.limit.send_replace(at.map(|at| Limit { at, allowed }));
    }

    /// Lets the program run at least this long from now on. What was allowed stays as it was.
    #[expect(
        clippy::disallowed_methods,
        reason = "the process ends in real time, whatever the program's clock says"
    )]
    pub fn extend(&self, left: Duration) {
        let until = Instant::now().checked_add(left);
        self.limit.send_modify(|limit| {
            if let (Some(limit), Some(until)) = (limit, until) {
                limit.at = limit.at.max(until);
            }
        });
    }

    /// Ends when the program has to end, with what it ends with if it does not notice.
    async fn end<T>(&self) -> Ended<T> {
        let mut limit = self.limit.subscribe();
        loop {
            let set = *limit.borrow_and_update();
            let over = async {
                match set {
                    Some(Limit { at, allowed }) => {
                        sleep_until(at).await;
                        allowed
                    }
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.signals.wait() => return Ended::Interrupted,
                allowed = over => return Ended::TimeOver(allowed),
                _ = limit.changed() => {}
            }
        }
    }
}

/// Runs a program to its end, or until it does not end although it has to.
///
/// # Errors
///
/// The system has no thread or no signal handler for it.
pub fn supervise<T, F>(
    program: impl FnOnce(Supervisor) -> F + Send + 'static,
) -> io::Result<Ended<T>>
where
    T: Send + 'static,
    F: Future<Output = T>,
{
    let (first, second) = (runtime()?, runtime()?);
    first.block_on(async {
        let supervisor = Supervisor {
            signals: Signals::listen()?,
            limit: watch::Sender::new(None),
        };
        let inside = supervisor.clone();
        let (notice, noticed) = oneshot::channel();
        let (finish, finished) = oneshot::channel();
        thread::Builder::new().stack_size(STACK).spawn(move || {
            let result = second.block_on(async {
                let watched = inside.clone();
                // Where nothing is being computed, this task runs as well as the program itself.
                tokio::spawn(async move {
                    watched.end::<T>().await;
                    notice.send(())
                });
                program(inside).await
            });
            second.shutdown_timeout(GIVE_UP);
            // Nobody waits for it if the process ends anyway.
            let _ = finish.send(result);
        })?;
        tokio::select! {
            result = finished => Ok(result.map_or(Ended::Panicked, Ended::Finished)),
            ended = unnoticed(&supervisor, noticed) => Ok(ended),
            () = supervisor.signals.interrupted_again() => Ok(Ended::Interrupted),
        }
    })
}

async fn unnoticed<T>(supervisor: &Supervisor, noticed: oneshot::Receiver<()>) -> Ended<T> {
    let ended = supervisor.end().await;
    match timeout(NOTICE, noticed).await {
        Err(_) => ended,
        // It ends by itself.
        Ok(_) => std::future::pending().await,
    }
}

fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn program_that_awaits_ends_by_itself() {
        let ended = supervise(|supervisor| async move {
            supervisor.limit(Duration::ZERO);
            supervisor.end::<()>().await
        });
        let Ok(Ended::Finished(Ended::TimeOver(Duration::ZERO))) = ended else {
            panic!("{ended:?}");
        };
    }

    #[test]
    fn an_extended_limit_is_never_earlier() {
        let ended = supervise(|supervisor| async move {
            supervisor.limit(Duration::from_hours(1));
            let at = |supervisor: &Supervisor| supervisor.limit.borrow().unwrap().at;
            let first = at(&supervisor);
            supervisor.extend(Duration::ZERO);
            let same = at(&supervisor) == first;
            supervisor.extend(Duration::from_hours(2));
            same && at(&supervisor) > first
        });
        let Ok(Ended::Finished(true)) = ended else {
            panic!("{ended:?}");
        };
    }

    #[test]
    fn program_that_computes_is_left_when_its_time_is_over() {
        let (_open, endless) = mpsc::channel::<()>();
        let ended = supervise(move |supervisor| async move {
            supervisor.limit(Duration::ZERO);
            endless.recv()
        });
        let Ok(Ended::TimeOver(Duration::ZERO)) = ended else {
            panic!("{ended:?}");
        };
    }

    #[test]
    fn panic_of_the_program_is_told() {
        let ended = supervise(|_| async { panic!("a defect") });
        let Ok(Ended::<()>::Panicked) = ended else {
            panic!("{ended:?}");
        };
    }
}
