//! The lines about requests and waits, which adapters give to `tracing`.

use std::sync::Arc;

use super::{App, screen};

/// What is logged beside the events of a phase.
#[derive(Clone, Copy)]
pub(super) enum RequestLog {
    /// Long waits for a service, which would look as if nothing happened.
    Waits,
    /// Every request as well.
    Requests,
}

impl App<'_> {
    pub(super) fn log_requests(&self, which: RequestLog) {
        use tracing_subscriber::filter::{LevelFilter, Targets};
        use tracing_subscriber::prelude::*;
        let level = match which {
            RequestLog::Waits => LevelFilter::WARN,
            RequestLog::Requests => LevelFilter::DEBUG,
        };
        let ours = Targets::new().with_target("btp_release", level);
        let log = Arc::clone(&self.log);
        let lines = tracing_subscriber::fmt::layer()
            .with_writer(move || screen::LogLines(Arc::clone(&log)))
            .with_ansi(false)
            .without_time();
        // A second call in one process, as in tests, changes nothing.
        let _ = tracing_subscriber::registry()
            .with(lines.with_filter(ours))
            .try_init();
    }
}
