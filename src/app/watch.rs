//! A phase that is watched: the objects on standard output, and the ends of a watch.

use std::io::{Write, stdout};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;

use super::json_result::{JsonResult, printable};
use crate::adapters::signals::Signals;
use crate::protocol::{Interrupt, PhaseView};
use crate::settings::Context;

/// Writes one object a line whenever it has changed. Once nobody reads any more, the phase is interrupted.
pub(super) struct JsonLines<'a> {
    last: Mutex<String>,
    is_closed: AtomicBool,
    signals: Signals,
    result: JsonResult,
    context: &'a Context,
}

impl<'a> JsonLines<'a> {
    /// `result` takes note that the form of the view is the answer.
    pub(super) fn new(signals: Signals, result: JsonResult, context: &'a Context) -> Self {
        Self {
            last: Mutex::default(),
            is_closed: AtomicBool::new(false),
            signals,
            result,
            context,
        }
    }

    /// Writes the object of a view, unless it was the last one.
    pub(super) fn show(&self, view: &PhaseView) {
        let PhaseView::Json(json) = view else {
            return;
        };
        let Ok(mut last) = self.last.lock() else {
            return;
        };
        if *last != *json {
            last.clone_from(json);
            self.result.answered();
            let json = printable(json.clone(), self.context);
            let mut out = stdout();
            let written = writeln!(out, "{json}").and_then(|()| out.flush());
            if written.is_err() {
                self.is_closed.store(true, Ordering::Relaxed);
            }
        }
    }

    /// Whether whoever reads the output has had enough of it.
    pub(super) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl Interrupt for JsonLines<'_> {
    fn raised(&self) -> bool {
        self.is_closed() || self.signals.raised()
    }

    async fn wait(&self) {
        if !self.is_closed() {
            self.signals.wait().await;
        }
    }
}
