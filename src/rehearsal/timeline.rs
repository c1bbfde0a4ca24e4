//! What happens and when: plain lines in a log, and on a terminal also who is at work now.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::adapters::system_clock::SystemClock;
use crate::protocol::Clock as _;

pub(super) struct Timeline {
    clock: SystemClock,
    live: Option<MultiProgress>,
}

/// Someone at work, shown until it is dropped.
pub(super) struct Busy(Option<ProgressBar>);

impl Drop for Busy {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

impl Timeline {
    pub(super) fn start() -> Self {
        Self {
            clock: SystemClock::start(),
            live: std::io::stderr().is_terminal().then(MultiProgress::new),
        }
    }

    pub(super) fn say(&self, who: &str, what: &str) {
        let seconds = self.clock.now().since_start().as_secs_f32();
        let told = format!("{seconds:6.1} s  {who:<14} {what}");
        match &self.live {
            // A timeline that cannot be shown must not stop the rehearsal.
            Some(live) => drop(live.println(told)),
            None => drop(writeln!(std::io::stderr(), "{told}")),
        }
    }

    pub(super) fn busy(&self, who: &str) -> Busy {
        Busy(self.live.as_ref().map(|live| {
            let bar = live.add(ProgressBar::new_spinner());
            if let Ok(style) = ProgressStyle::with_template("  {elapsed:>6}  {spinner} {msg}") {
                bar.set_style(style);
            }
            bar.set_message(who.to_owned());
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        }))
    }
}
