//! A log of events with their times; on a terminal, also a spinner for each running job.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::adapters::system_clock::SystemClock;
use crate::protocol::Clock as _;

/// Lines with the seconds since the start.
pub(super) struct Timeline {
    clock: SystemClock,
    /// `None` where standard error is no terminal.
    spinners: Option<MultiProgress>,
}

/// Shown until it is dropped, and on terminals only.
pub(super) struct Spinner(Option<ProgressBar>);

impl Drop for Spinner {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

impl Timeline {
    /// Starts the time.
    pub(super) fn start() -> Self {
        Self {
            clock: SystemClock::start(),
            spinners: std::io::stderr().is_terminal().then(MultiProgress::new),
        }
    }

    /// Adds a line: the seconds since the start, the actor, and the event.
    pub(super) fn log(&self, who: &str, what: &str) {
        let seconds = self.clock.now().since_start().as_secs_f32();
        let line = format!("{seconds:6.1} s  {who:<14} {what}");
        match &self.spinners {
            // A line that cannot be shown must not stop the rehearsal.
            Some(spinners) => drop(spinners.println(line)),
            None => drop(writeln!(std::io::stderr(), "{line}")),
        }
    }

    /// Shows that a job is running, until the result is dropped.
    pub(super) fn spinner(&self, who: &str) -> Spinner {
        Spinner(self.spinners.as_ref().map(|spinners| {
            let bar = spinners.add(ProgressBar::new_spinner());
            if let Ok(style) = ProgressStyle::with_template("  {elapsed:>6}  {spinner} {msg}") {
                bar.set_style(style);
            }
            bar.set_message(who.to_owned());
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        }))
    }
}
