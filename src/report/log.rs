//! The log: one line when something happens, and a sign of life each minute of a wait.

use std::io::Write;
use std::sync::Mutex;
use std::time::Duration;

use super::asset_progress::AssetProgress;
use super::details::{details, headline};
use super::{Failure, commands};
use crate::domain::{Diagnostic, Moment, Severity};
use crate::engine::{Event, Observer, Outcome};
use crate::protocol::{Action, Cause, Effect, PhaseId, SecretMask, ServiceError, WaitTime};

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
    state: Mutex<LogState<W>>,
}

struct LogState<W> {
    writer: W,
    /// The lines of a wait that were printed last, and when.
    wait: Option<(Vec<String>, Moment)>,
    /// Of uploads that are too many for a line each.
    uploads: Option<AssetProgress>,
}

impl<W: Write + Send> ConsoleLog<W> {
    /// Writes to `writer`, usually standard error.
    pub fn new(writer: W, format: LogFormat) -> Self {
        Self {
            format,
            state: Mutex::new(LogState {
                writer,
                wait: None,
                uploads: None,
            }),
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
    pub fn succeeded(&self, phase: PhaseId, outcome: &Outcome) {
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
                for action in actions {
                    self.line(&format!("{phase}: would {action}"));
                }
                self.line(&format!("{phase}: dry run, nothing was changed"));
            }
        }
        self.end_group();
    }

    /// Prints all errors and warnings of a failure.
    pub fn failed(&self, failure: &Failure) {
        self.end_group();
        for diagnostic in failure.diagnostics() {
            self.diagnostic(failure.title(), diagnostic);
        }
    }

    fn diagnostic(&self, title: &str, diagnostic: &Diagnostic) {
        let (code, headline) = (diagnostic.code, headline(diagnostic));
        let details: Vec<_> = details(diagnostic).collect();
        let severity = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        self.line(&format!("{severity}[{code}] {title}: {headline}"));
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

    /// One line, which the runner never interprets as a command.
    pub fn line(&self, line: &str) {
        match self.format {
            LogFormat::Text => self.print(line),
            LogFormat::WorkflowCommands => self.print(&commands::plain(line)),
        }
    }

    fn end_group(&self) {
        if self.format == LogFormat::WorkflowCommands {
            self.print(commands::END_GROUP);
        }
    }

    fn print(&self, text: &str) {
        if let Ok(mut state) = self.state.lock() {
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
    /// last of them, all.
    fn changed_lines(&self, on: &[String], now: Moment) -> Vec<String> {
        let Ok(mut state) = self.state.lock() else {
            return vec![];
        };
        let (last, at) = state.wait.take().unwrap_or_default();
        let unchanged = last == on;
        if unchanged && now.since(at) < HEARTBEAT {
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

impl<W: Write + Send> Observer for ConsoleLog<W> {
    fn see(&self, event: &Event<'_>) {
        match event {
            Event::Started { phase, .. } if self.format == LogFormat::WorkflowCommands => {
                self.print(&commands::group(phase.as_str()));
            }
            Event::Started { .. } | Event::Acting { .. } => {}
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
mod tests {
    use super::*;
    use crate::domain::Code;
    use crate::protocol::PhaseReport;
    use ocm_module::Position;

    #[derive(Clone, Default)]
    struct Buffer(std::sync::Arc<Mutex<Vec<u8>>>);

    impl Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn wait_prints_changes_and_everything_each_minute() {
        let buffer = Buffer::default();
        let log = ConsoleLog::new(buffer.clone(), LogFormat::Text);
        let wait = |seconds: u64, on: &[&str]| {
            let on: Vec<String> = on.iter().map(|&l| l.into()).collect();
            let now = Moment::at(Duration::from_secs(seconds));
            let left = Duration::from_mins(20)
                .checked_sub(Duration::from_secs(seconds))
                .unwrap();
            log.see(&Event::Waiting {
                phase: PhaseId::Await,
                on: &on,
                now,
                left,
                time: WaitTime::Counted,
                pause: Duration::from_secs(1),
            });
        };
        wait(0, &["asset a: absent", "asset b: absent"]);
        wait(10, &["asset a: absent", "asset b: absent"]);
        wait(20, &["asset b: incomplete"]);
        wait(79, &["asset b: incomplete"]);
        wait(80, &["asset b: incomplete"]);
        let text = String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "await: waiting for 2, 20m left",
                "  asset a: absent",
                "  asset b: absent",
                "await: waiting for 1, 19m 40s left",
                "  asset a: ready",
                "  asset b: incomplete",
                "await: waiting for 1, 18m 40s left",
                "  asset b: incomplete",
            ]
        );
    }

    #[test]
    fn nothing_to_do_is_said_of_phases_that_write() {
        let said = |phase: PhaseId| {
            let buffer = Buffer::default();
            let outcome = Outcome::Done {
                report: PhaseReport::new("v1.2.0 is as it was published"),
                actions: vec![],
            };
            ConsoleLog::new(buffer.clone(), LogFormat::Text).succeeded(phase, &outcome);
            String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap()
        };
        let verified = "verify: done: v1.2.0 is as it was published\n";
        assert_eq!(said(PhaseId::Verify), verified);
        let published = "publish: nothing to do: v1.2.0 is as it was published\n";
        assert_eq!(said(PhaseId::Publish), published);
    }

    #[test]
    fn diagnostic_is_printed_and_annotated_with_all_its_parts() {
        let buffer = Buffer::default();
        let log = ConsoleLog::new(buffer.clone(), LogFormat::WorkflowCommands);
        let position = Position { line: 3, column: 1 };
        let diagnostic = Diagnostic::error(Code::ManifestDiffers, "runs x", "build it\nagain")
            .wanted("y")
            .at("rendered.yaml", Some(position));
        log.failed(&Failure::new("publish", vec![diagnostic]));
        let text = String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "::endgroup::",
                "error[manifest-differs] publish: rendered.yaml:3:1: runs x",
                "  wanted: y",
                "  help: build it",
                "  help: again",
                "::error file=rendered.yaml,line=3,col=1,title=publish%3A manifest-differs::\
                 rendered.yaml:3:1: runs x%0Awanted: y%0Ahelp: build it%0Ahelp: again",
            ]
        );
    }
}
