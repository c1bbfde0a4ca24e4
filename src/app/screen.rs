//! The terminal that the program writes to, and the line that it shows there while it waits.

use std::io::{self, IsTerminal as _, Stderr, Write, stderr, stdout};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};

use super::App;
use crate::protocol::{Clock as _, Interrupt as _, PendingRequests};
use crate::report::{ConsoleLog, Now, Screen};
use crate::settings::ScreenVariables;

/// How often the line is brought up to date.
const PERIOD: Duration = Duration::from_secs(1);

/// The screen that the log is written to.
pub(super) fn of_log(variables: &ScreenVariables) -> Screen {
    let terminal = stderr().is_terminal();
    Screen {
        colors: variables.colors(terminal),
        width: if terminal { width(variables) } else { None },
        live: terminal && !variables.is_dumb(),
    }
}

/// The screen for texts on standard output, which have no colours.
pub(super) fn of_help(variables: &ScreenVariables) -> Screen {
    Screen {
        width: if stdout().is_terminal() {
            width(variables)
        } else {
            None
        },
        ..Screen::default()
    }
}

/// The screen for results on standard output; `None` where that is no terminal.
pub(super) fn of_results(variables: &ScreenVariables) -> Option<Screen> {
    stdout().is_terminal().then(|| Screen {
        colors: variables.colors(true),
        ..of_help(variables)
    })
}

/// `COLUMNS`, or what the terminal says.
fn width(variables: &ScreenVariables) -> Option<usize> {
    variables
        .columns
        .filter(|columns| *columns > 0)
        .or_else(measured)
}

/// The lines of the terminal that the log is written to, if it is one that tells.
pub(super) fn height() -> Option<usize> {
    let (lines, _) = console::Term::stderr().size_checked()?;
    Some(lines.into())
}

fn measured() -> Option<usize> {
    let size = console::Term::stderr().size_checked();
    let (_, columns) = size.or_else(|| console::Term::stdout().size_checked())?;
    Some(columns.into())
}

/// What is left to do takes a few seconds at most.
const STOPPING: &str = "interrupted: the answer to what was sent is awaited, and a lock is released; Ctrl-C again ends at once";

impl App<'_> {
    /// Does some work and shows meanwhile, on a terminal, what it waits for.
    pub(super) async fn showing<T>(
        &self,
        requests: &dyn PendingRequests,
        work: impl Future<Output = T>,
    ) -> T {
        let signals = self.supervisor.signals();
        let showing = async {
            let mut told = false;
            loop {
                self.clock.passed(self.clock.now().plus(PERIOD)).await;
                let now = Now {
                    moment: self.clock.now(),
                    wall: self.clock.wall(),
                };
                self.log.show_present(now, &requests.pending());
                if signals.raised() && !told && self.context.runner.is_none() {
                    told = true;
                    self.log.line(STOPPING);
                }
            }
        };
        let ended = match select(pin!(work), pin!(showing)).await {
            Either::Left((ended, _)) => ended,
            Either::Right((never, _)) => never,
        };
        self.log.hide_present();
        ended
    }
}

/// Lines of another source, which must not stand behind the line that is shown in place.
pub(super) struct LogLines(pub(super) Arc<ConsoleLog<Stderr>>);

impl Write for LogLines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_through(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
