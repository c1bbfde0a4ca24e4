//! What is done with the events of a phase.

use std::io::Stderr;

use super::watch::JsonLines;
use crate::adapters::supervisor::Supervisor;
use crate::engine::{Event, LAST_READ, Observer};
use crate::protocol::WaitTime;
use crate::report::ConsoleLog;

/// Logs what happens, and lets the process live as long as its phase may.
pub(super) struct LogAndLimit<'a> {
    pub(super) log: &'a ConsoleLog<Stderr>,
    pub(super) supervisor: &'a Supervisor,
    pub(super) json: &'a JsonLines<'a>,
}

impl Observer for LogAndLimit<'_> {
    fn see(&self, event: &Event<'_>) {
        if let Event::Waiting {
            time: WaitTime::Uncounted,
            left,
            pause,
            ..
        } = event
        {
            self.supervisor
                .extend(left.saturating_add(*pause) + LAST_READ);
        }
        if let Event::Waiting {
            view: Some(view), ..
        } = event
        {
            self.json.show(view);
        }
        self.log.see(event);
    }
}
