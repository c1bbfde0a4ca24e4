//! The log: one line when something happens, and a sign of life each minute of a wait.

mod view;

use std::io::Write;
use std::sync::Mutex;
use std::time::Duration;

use super::asset_progress::AssetProgress;
use super::details::{details, headline};
use super::difference::differences;
use super::left::ChangesSoFar;
use super::live::{Now, Present};
use super::preview::{foreseen, preview};
use super::screen::{Paint, Screen, printable};
use super::{Failure, commands};
use crate::domain::{Code, Diagnostic, Moment, Severity};
use crate::engine::{Event, Observer, Outcome};
use crate::protocol::{
    Action, Cause, Effect, PhaseId, ReleaseFacts, SecretMask, ServiceError, WaitTime,
};

/// How long a wait without a change may stay silent.
const HEARTBEAT: Duration = Duration::from_mins(1);

/// The reader of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// A person, or a file.
    Text,
    /// The runner, which takes some lines for
    /// [commands](https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands).
    WorkflowCommands,
}

/// Writes what happens, line by line, as it happens.
pub struct ConsoleLog<W> {
    format: LogFormat,
    screen: Screen,
    /// Of the terminal, in lines.
    height: Option<usize>,
    state: Mutex<LogState<W>>,
}

struct LogState<W> {
    writer: W,
    /// The lines of a wait that were printed last, and when.
    wait: Option<(Vec<String>, Moment)>,
    /// Of uploads that are too many for a line each.
    uploads: Option<AssetProgress>,
    changes: ChangesSoFar,
    present: Option<Present>,
    /// Whether a line is shown that the next one replaces.
    in_place: bool,
    /// How many lines of a view the next one replaces.
    view_lines: usize,
    /// The lines of the last view that was printed.
    view_texts: Vec<String>,
}

impl<W: Write + Send> ConsoleLog<W> {
    /// Writes to `writer`, usually standard error.
    pub fn new(writer: W, format: LogFormat) -> Self {
        Self {
            format,
            screen: Screen::default(),
            height: None,
            state: Mutex::new(LogState {
                writer,
                wait: None,
                uploads: None,
                changes: ChangesSoFar::default(),
                present: None,
                in_place: false,
                view_lines: 0,
                view_texts: Vec::new(),
            }),
        }
    }

    /// The same, on a terminal. It begins by taking away a line that another log of the process may show in place.
    #[must_use]
    pub fn on_screen(mut self, screen: Screen) -> Self {
        self.screen = screen;
        if let Ok(state) = self.state.get_mut() {
            state.in_place = screen.live;
        }
        self
    }

    /// The same on a terminal of so many lines.
    #[must_use]
    pub fn of_height(mut self, lines: Option<usize>) -> Self {
        self.height = lines;
        self
    }

    /// Takes note of a command that begins now, and has to end then: no event of a phase tells of it.
    pub fn began(&self, title: &'static str, now: Moment, until: Moment) {
        if let Ok(mut state) = self.state.lock() {
            state.present = Some(Present::reading(title, now, until));
        }
    }

    /// Shows what is being done, in place of the last such line; `requests` are those without an answer. On a terminal only.
    pub fn show_present(&self, now: Now, requests: &[String]) {
        let Ok(mut state) = self.state.lock() else {
            return;
        };
        let line = state.present.as_ref();
        let line = line.and_then(|present| present.line(now, requests));
        if let Some(line) = line.filter(|_| self.screen.live) {
            let line = self.screen.cut(&printable(&line).replace('\n', " "));
            let line = self.screen.painted(&line, Paint::Dim);
            state.replace_line();
            state.in_place = write!(state.writer, "{line}").is_ok();
            let _ = state.writer.flush();
        }
    }

    /// Takes the line away that is shown in place.
    pub fn hide_present(&self) {
        if let Ok(mut state) = self.state.lock() {
            state.present = None;
            state.replace_line();
        }
    }

    /// Writes bytes of another log, as they are.
    pub fn write_through(&self, bytes: &[u8]) {
        if let Ok(mut state) = self.state.lock() {
            state.replace_line();
            state.view_lines = 0;
            let _ = state.writer.write_all(bytes);
        }
    }

    /// Hides secrets, and what is derived from them, in everything that the runner prints from here on.
    pub fn mask(&self, secrets: &[String]) {
        if self.format == LogFormat::WorkflowCommands {
            for secret in secrets
                .iter()
                .flat_map(|secret| secret.lines())
                .filter(|line| !line.is_empty())
            {
                self.print(&commands::mask(secret));
            }
        }
    }

    /// The last lines of a phase that succeeded, with its warnings.
    /// `later` is what would follow the changes of a dry run.
    pub fn succeeded(&self, phase: PhaseId, outcome: &Outcome, later: &[String]) {
        match outcome {
            Outcome::Done { report, actions } => {
                for warning in &report.warnings {
                    self.diagnostic(phase.as_str(), warning);
                }
                let end = if actions.is_empty() && phase.effect() == Effect::Writes {
                    "nothing to do"
                } else {
                    "done"
                };
                self.line(&format!("{phase}: {end}: {}", report.summary));
            }
            Outcome::DryRun(actions) => {
                for line in foreseen(actions, later) {
                    self.line(&format!("{phase}: would {line}"));
                }
                for (_, difference) in differences(actions) {
                    difference
                        .lines()
                        .for_each(|line| self.line(&format!("  {line}")));
                }
                self.line(&format!("{phase}: dry run, nothing was changed"));
            }
        }
        self.end_group();
    }

    /// Prints all errors and warnings of a failure.
    pub fn failed(&self, failure: &Failure) {
        self.end_group();
        let all = failure.diagnostics();
        for (nth, diagnostic) in all.iter().enumerate() {
            // Each has an annotation; for a person, one cause is told once.
            let told = all.iter().take(nth).any(|before| before == diagnostic);
            if !told || self.format == LogFormat::WorkflowCommands {
                self.diagnostic(failure.title(), diagnostic);
            }
        }
        if all.iter().any(|d| d.code == Code::Cancelled) {
            let changes = self.state.lock().map(|state| state.changes.lines());
            for line in changes.unwrap_or_default() {
                self.line(&format!("  {line}"));
            }
        }
    }

    fn diagnostic(&self, title: &str, diagnostic: &Diagnostic) {
        let (code, headline) = (diagnostic.code, headline(diagnostic));
        let details: Vec<_> = details(diagnostic).collect();
        let severity = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let kind = format!("{severity}[{code}]");
        let first = format!("{kind} {title}: {headline}");
        match self.format {
            LogFormat::WorkflowCommands => self.line(&first),
            LogFormat::Text => {
                let first = self.screen.wrapped(&printable(&first));
                let rest = first.strip_prefix(&kind).unwrap_or_default();
                let paint = Paint::Severity(diagnostic.severity);
                self.print(&format!("{}{rest}", self.screen.painted(&kind, paint)));
            }
        }
        for line in &details {
            self.line(&format!("  {line}"));
        }
        if self.format == LogFormat::WorkflowCommands {
            let message = format!("{headline}\n{}", details.join("\n"));
            let title = format!("{title}: {code}");
            let place = diagnostic.place.as_ref();
            let severity = diagnostic.severity;
            self.print(&commands::annotation(severity, place, &title, &message));
        }
    }

    /// What is going to happen.
    pub fn preview(&self, facts: &ReleaseFacts, actions: &[Action]) {
        for line in preview(facts, actions, self.screen).lines() {
            match self.format {
                // It is printable, and may have colours.
                LogFormat::Text => self.print(line),
                LogFormat::WorkflowCommands => self.line(line),
            }
        }
    }

    /// One line, which the runner never interprets as a command.
    pub fn line(&self, line: &str) {
        match self.format {
            LogFormat::Text => self.print(&printable(line)),
            LogFormat::WorkflowCommands => self.print(&commands::plain(&printable(line))),
        }
    }

    /// One sentence, which is broken where a terminal is too narrow for it.
    pub fn sentence(&self, text: &str) {
        self.line(&self.screen.wrapped(text));
    }

    fn end_group(&self) {
        if self.format == LogFormat::WorkflowCommands {
            self.print(commands::END_GROUP);
        }
    }

    fn print(&self, text: &str) {
        if let Ok(mut state) = self.state.lock() {
            state.replace_line();
            state.view_lines = 0;
            // A log that cannot be written to must not stop a release.
            let _ = writeln!(state.writer, "{text}");
        }
    }

    /// The lines before actions are carried out.
    fn announced(&self, actions: &[Action], now: Moment, left: Duration) -> Vec<String> {
        let Ok(mut state) = self.state.lock() else {
            return vec![];
        };
        state.uploads = AssetProgress::of(actions, now);
        let uploads = state.uploads.as_ref();
        uploads.map_or_else(Vec::new, |uploads| uploads.announcement(left))
    }

    /// The line about an action that succeeded, if there is one.
    fn done(&self, action: &Action, now: Moment) -> Option<String> {
        let mut state = self.state.lock().ok()?;
        match state.uploads.as_mut() {
            Some(uploads) => uploads.succeeded(action, now),
            None => Some(format!("{action}: ok")),
        }
    }

    /// The lines of a wait that are worth printing: those that changed and what is no longer awaited, or, a minute after the
    /// last of them, all. A terminal has the line in place instead.
    fn changed_lines(&self, on: &[String], now: Moment) -> Vec<String> {
        let Ok(mut state) = self.state.lock() else {
            return vec![];
        };
        let (last, at) = state.wait.take().unwrap_or_default();
        let unchanged = last == on;
        if unchanged && (self.screen.live || now.since(at) < HEARTBEAT) {
            state.wait = Some((last, at));
            return vec![];
        }
        state.wait = Some((on.to_vec(), now));
        let changed = on
            .iter()
            .filter(|line| unchanged || !last.contains(line))
            .cloned();
        let gone = last
            .iter()
            .map(|line| awaited(line))
            .filter(|gone| !on.iter().any(|line| awaited(line) == *gone));
        gone.map(|name| format!("{name}: ready"))
            .chain(changed)
            .collect()
    }
}

/// The subject of a line about a wait, without its state.
fn awaited(line: &str) -> &str {
    line.rsplit_once(": ").map_or(line, |(name, _)| name)
}

/// The reason why an action had no clear success.
fn outcome_of_action(error: &ServiceError) -> String {
    match &error.cause {
        Cause::Unknown { detail } => format!("no response ({detail}), checking what happened"),
        Cause::Conflict { message, .. } => format!("{message}, checking what happened"),
        cause => cause.to_string(),
    }
}

impl<W: Write + Send> SecretMask for ConsoleLog<W> {
    fn mask(&self, secret: &str) {
        Self::mask(self, &[secret.to_owned()]);
    }
}

impl<W: Write> LogState<W> {
    /// Takes away the line that is shown in place.
    fn replace_line(&mut self) {
        if std::mem::take(&mut self.in_place) {
            // Back to the beginning of the line, and erase it (ECMA-48, 8.3.41).
            let _ = write!(self.writer, "\r\u{1b}[2K");
        }
    }
}

impl<W: Write + Send> Observer for ConsoleLog<W> {
    fn see(&self, event: &Event<'_>) {
        if let Ok(mut state) = self.state.lock() {
            state.changes.see(event);
            state.present = Present::after(state.present.take(), event);
        }
        match event {
            Event::Started { phase, .. } if self.format == LogFormat::WorkflowCommands => {
                self.print(&commands::group(phase.as_str()));
            }
            Event::Started { .. } | Event::Acting { .. } => {}
            Event::Waiting {
                view: Some(view), ..
            } => self.show_meanwhile(view),
            Event::Waiting {
                phase,
                on,
                now,
                left,
                time,
                ..
            } => {
                let lines = self.changed_lines(on, *now);
                if !lines.is_empty() {
                    let left = humantime::format_duration(Duration::from_secs(left.as_secs()));
                    let counted = match time {
                        WaitTime::Counted => "",
                        WaitTime::Uncounted => ", which does not run",
                    };
                    let count = on.len();
                    self.line(&format!(
                        "{phase}: waiting for {count}, {left} left{counted}"
                    ));
                }
                for line in lines {
                    self.line(&format!("  {line}"));
                }
            }
            Event::Began {
                phase,
                actions,
                now,
                left,
            } => {
                for line in self.announced(actions, *now, *left) {
                    self.line(&format!("{phase}: {line}"));
                }
            }
            Event::Acted {
                phase,
                action,
                now,
                answer: None,
            } => {
                if let Some(line) = self.done(action, *now) {
                    self.line(&format!("{phase}: {line}"));
                }
            }
            Event::Acted {
                phase,
                action,
                answer: Some(error),
                ..
            } => self.line(&format!("{phase}: {action}: {}", outcome_of_action(error))),
        }
    }
}

#[cfg(test)]
mod tests;
